//! The **pipeline**: files in, commits out.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, Sender, bounded};
use rustc_hash::{FxHashMap, FxHashSet};
use tantivy::TantivyDocument;

use crate::index::{Index, IndexError, Origin, View, Writer, content_hash};
use crate::read::{Reader, Rejection};
use crate::thread::{Thread, ThreadId};

use super::Tally;
use super::changes::{LastState, hash, vanished};
use super::memory::give_back_large_blocks;
use super::source::{Sources, Visit, Work, file_name};

#[derive(Debug, thiserror::Error)]
pub enum IngestError {
    #[error(transparent)]
    Index(#[from] IndexError),
}

/// How a run is to be done.
#[derive(Debug, Clone)]
pub struct Options {
    /// Threads that parse and annotate, and as many that write.
    pub threads: usize,
    /// Bytes of postings that may wait to be written.
    pub memory: usize,
    /// Read every file again, changed or not.
    pub full: bool,
    /// Commit whenever so many threads were written, and not only at the end.
    pub commit_every: Option<u64>,
    /// How long a file may give nothing before it is given up; without it, for ever.
    pub patience: Option<Duration>,
}

impl Default for Options {
    fn default() -> Options {
        let threads = std::thread::available_parallelism().map_or(1, usize::from);
        Options { threads, memory: 256_000_000, full: false, commit_every: None, patience: None }
    }
}

/// Counters that grow while a run goes on; another thread may watch them.
#[derive(Debug, Default)]
pub struct Progress {
    pub files: AtomicU64,
    /// Bytes read, unpacked.
    pub bytes: AtomicU64,
    /// Bytes of the files that are behind, as they lie on disk.
    pub taken: AtomicU64,
    pub threads: AtomicU64,
    pub rejected: AtomicU64,
    /// Set from outside, the run stops as soon as it can: what it has not committed is not in, and nothing more is taken out.
    pub stop: Arc<AtomicBool>,
}

/// Brings the index up to date with the paths. Every rejected input is handed to `reject` and the rest goes on.
///
/// Readers see the state before or after a commit. A run that ends before its last commit, for whatever reason, leaves the index at an
/// earlier one, which says in the middle of which file it was made; the next run reads that file again and goes on behind it. Threads
/// of files under these paths that are no longer there are taken out at the very end, except where a file or folder could not be read
/// whole: what cannot be read loses nothing.
pub fn ingest(
    index: &Index,
    reader: &Reader,
    paths: &[PathBuf],
    options: &Options,
    progress: &Progress,
    reject: &mut (dyn FnMut(Rejection) + Send),
) -> Result<Tally, IngestError> {
    let started = Instant::now();
    give_back_large_blocks();
    // The lock comes first: nobody may commit between what is read here and what is written.
    let writer = index.writer(options.threads, options.memory)?;
    let view = index.view()?;
    let last = LastState::of(&view)?;
    let prepare = |thread: Thread, origin: Origin<'_>| {
        let annotation = index.annotator().annotate_thread(&thread);
        let (content, document) = index.document(&thread, &annotation, origin);
        let mentions = annotation.mentions().count() as u64;
        Ready { id: thread.id, content, mentions, document: Some(document) }
    };
    let mut run = Run::new(Some(&view), &last, Some(writer), options, reject);
    run.bring_up_to_date(&Inputs { reader, paths, index: index.path(), progress }, &prepare)?;
    if progress.stop.load(Ordering::Relaxed) {
        return Ok(run.tally);
    }
    let mut tally = run.finish()?;
    tally.threads = index.view()?.len();
    tally.seconds = started.elapsed().as_secs_f64();
    Ok(tally)
}

/// Says what [`ingest`] would do to the index, or to a new one where there is none. Writes nothing.
pub fn rehearse(
    index: Option<&Index>,
    reader: &Reader,
    paths: &[PathBuf],
    options: &Options,
    progress: &Progress,
    reject: &mut (dyn FnMut(Rejection) + Send),
) -> Result<Tally, IngestError> {
    let started = Instant::now();
    let view = index.map(Index::view).transpose()?;
    let last = view.as_ref().map(LastState::of).transpose()?.unwrap_or_default();
    let prepare =
        |thread: Thread, _: Origin<'_>| Ready { content: content_hash(&thread), mentions: 0, document: None, id: thread.id };
    let mut run = Run::new(view.as_ref(), &last, None, options, reject);
    let place = index.map_or(Path::new(""), Index::path);
    run.bring_up_to_date(&Inputs { reader, paths, index: place, progress }, &prepare)?;
    let mut tally = run.finish()?;
    tally.threads = last.threads().len() as u64 + tally.added - tally.removed;
    tally.dry_run = true;
    tally.seconds = started.elapsed().as_secs_f64();
    Ok(tally)
}

/// Where a run reads from.
struct Inputs<'a> {
    reader: &'a Reader,
    paths: &'a [PathBuf],
    /// A folder that is passed over.
    index: &'a Path,
    progress: &'a Progress,
}

/// A thread ready to be written; in a rehearsal it has no document.
struct Ready {
    id: ThreadId,
    content: u64,
    mentions: u64,
    document: Option<TantivyDocument>,
}

/// What a worker made of one piece of work.
struct Done {
    sequence: u64,
    bytes: u64,
    made: Made,
}

enum Made {
    Threads { file: Arc<str>, results: Vec<Result<Ready, Rejection>> },
    Rejected(Rejection),
    Unchanged(Vec<u32>),
}

struct Run<'a> {
    view: Option<&'a View>,
    last: &'a LastState,
    writer: Option<Writer>,
    options: &'a Options,
    tally: Tally,
    /// Which threads of the last state this run has met, by their place there.
    met: Vec<bool>,
    /// Hashed ids of the others.
    met_new: FxHashSet<u64>,
    /// Which files of the last state were met unchanged, by number. They count from then on, in the order of the walk.
    unchanged: Vec<bool>,
    /// Hashed names of files, entries and folders that could not be read whole: they lose nothing.
    spared: FxHashSet<u64>,
    /// Files that a commit before this run was made in the middle of, and that were not read again yet.
    unfinished: FxHashSet<String>,
    /// Threads written and taken out: in all, and since the last commit.
    written: u64,
    uncommitted: u64,
    reject: &'a mut (dyn FnMut(Rejection) + Send),
}

impl<'a> Run<'a> {
    fn new(
        view: Option<&'a View>,
        last: &'a LastState,
        writer: Option<Writer>,
        options: &'a Options,
        reject: &'a mut (dyn FnMut(Rejection) + Send),
    ) -> Run<'a> {
        Run {
            view,
            last,
            writer,
            options,
            tally: Tally::default(),
            met: vec![false; last.threads().len()],
            met_new: FxHashSet::default(),
            unchanged: vec![false; last.files()],
            spared: FxHashSet::default(),
            unfinished: last.unfinished().cloned().collect(),
            written: 0,
            uncommitted: 0,
            reject,
        }
    }

    /// The whole run but the last commit.
    fn bring_up_to_date(
        &mut self,
        inputs: &Inputs<'_>,
        prepare: &(impl Fn(Thread, Origin<'_>) -> Ready + Sync),
    ) -> Result<(), IngestError> {
        let progress = inputs.progress;
        let visit = if self.options.full { Visit::All } else { Visit::Changed };
        self.feed(inputs, visit, &|_: &Thread| true, prepare)?;
        if progress.stop.load(Ordering::Relaxed) {
            return Ok(());
        }
        self.tally.files = progress.files.load(Ordering::Relaxed);
        for (known, met) in self.last.threads().iter().zip(&mut self.met) {
            if self.unchanged[known.file as usize] && !*met {
                *met = true;
                self.tally.unchanged += 1;
            }
        }
        let mut gone = self.vanished(inputs.paths)?;
        if self.last.shadowed && !gone.is_empty() && self.unchanged.contains(&true) {
            // A file that did not change may have what another one has lost.
            let ids: FxHashSet<u64> = gone.iter().map(|id| hash(id.as_str())).collect();
            let again = Progress { stop: progress.stop.clone(), ..Progress::default() };
            let looked_for = |thread: &Thread| ids.contains(&hash(thread.id.as_str()));
            self.feed(&Inputs { progress: &again, ..*inputs }, Visit::Unchanged, &looked_for, prepare)?;
            gone.retain(|id| self.last.find(hash(id.as_str())).is_some_and(|at| !self.met[at]));
        }
        for id in gone {
            self.tally.removed += 1;
            if let Some(writer) = &self.writer {
                writer.remove(&id);
                self.written += 1;
            }
        }
        Ok(())
    }

    /// Walks, reads, annotates in parallel and writes, in the order of the walk, the threads that are `wanted`.
    fn feed(
        &mut self,
        inputs: &Inputs<'_>,
        visit: Visit,
        wanted: &(impl Fn(&Thread) -> bool + Sync),
        prepare: &(impl Fn(Thread, Origin<'_>) -> Ready + Sync),
    ) -> Result<(), IngestError> {
        let &Inputs { reader, paths, index, progress } = inputs;
        let options = self.options;
        let (work_in, work_out) = bounded::<(u64, Work)>(options.threads * 4);
        let (done_in, done_out) = bounded::<Done>(options.threads * 4);
        let last = self.last;
        std::thread::scope(|scope| {
            let mut sequence = 0;
            let hand_on = move |work| {
                sequence += 1;
                work_in.send((sequence - 1, work)).is_ok()
            };
            scope.spawn(move || {
                Sources { reader, last, visit, patience: options.patience, progress, hand_on }.run(paths, index);
            });
            for _ in 0..options.threads {
                let (work_out, done_in) = (work_out.clone(), done_in.clone());
                scope.spawn(move || work(reader, wanted, prepare, &work_out, &done_in));
            }
            drop((work_out, done_in));
            // With the receiver gone every sender stops, whatever went wrong.
            self.write_in_order(done_out, visit, progress)
        })
    }

    /// The order of the walk decides which of two threads with one id counts; it must not depend on which worker was faster.
    fn write_in_order(&mut self, done: Receiver<Done>, visit: Visit, progress: &Progress) -> Result<(), IngestError> {
        let mut waiting = FxHashMap::default();
        let mut next = 0;
        for finished in done {
            waiting.insert(finished.sequence, finished);
            while let Some(finished) = waiting.remove(&next) {
                next += 1;
                if visit != Visit::Unchanged {
                    self.tally.bytes += finished.bytes;
                }
                progress.bytes.fetch_add(finished.bytes, Ordering::Relaxed);
                match finished.made {
                    // What is looked into again was told already.
                    Made::Rejected(_) if visit == Visit::Unchanged => {}
                    Made::Rejected(rejection) => self.rejected(rejection, progress),
                    Made::Unchanged(files) => {
                        self.tally.files_unchanged += 1;
                        files.into_iter().for_each(|file| self.unchanged[file as usize] = true);
                    }
                    Made::Threads { file, results } => {
                        self.unfinished.remove(&*file);
                        for result in results {
                            match result {
                                Ok(ready) => self.write(ready, progress)?,
                                Err(_) if visit == Visit::Unchanged => {}
                                Err(rejection) => self.rejected(rejection, progress),
                            }
                        }
                        self.commit_when_due(&file)?;
                    }
                }
            }
        }
        Ok(())
    }

    fn rejected(&mut self, rejection: Rejection, progress: &Progress) {
        progress.rejected.fetch_add(1, Ordering::Relaxed);
        self.tally.rejected += 1;
        self.spared.insert(hash(&file_name(&rejection.path)));
        (self.reject)(rejection);
    }

    fn write(&mut self, ready: Ready, progress: &Progress) -> Result<(), IngestError> {
        let id = hash(ready.id.as_str());
        let known = self.last.find(id);
        let first = match known {
            Some(at) if self.met[at] || self.unchanged[self.last.threads()[at].file as usize] => false,
            Some(at) => {
                self.met[at] = true;
                true
            }
            None => self.met_new.insert(id),
        };
        if !first {
            self.tally.duplicates += 1;
            return Ok(());
        }
        match known.map(|at| self.last.threads()[at].content) {
            None => self.tally.added += 1,
            // A thread that stayed the same in a file that changed is written again, with the new file's hash.
            Some(content) if content == ready.content => self.tally.unchanged += 1,
            Some(_) => self.tally.replaced += 1,
        }
        self.tally.mentions += ready.mentions;
        progress.threads.fetch_add(1, Ordering::Relaxed);
        if let (Some(writer), Some(document)) = (&self.writer, ready.document) {
            if known.is_some() {
                writer.remove(&ready.id);
            }
            writer.add(document)?;
            self.written += 1;
            self.uncommitted += 1;
        }
        Ok(())
    }

    /// Commits in the middle of a file, and says so.
    fn commit_when_due(&mut self, file: &str) -> Result<(), IngestError> {
        let is_due = self.options.commit_every.is_some_and(|threads| self.uncommitted >= threads);
        if is_due { self.commit(Some(file)) } else { Ok(()) }
    }

    /// Commits; `within` is the file that is being read.
    fn commit(&mut self, within: Option<&str>) -> Result<(), IngestError> {
        let shadowed = self.last.shadowed || self.tally.duplicates > 0;
        if let Some(writer) = &mut self.writer {
            writer.commit(self.unfinished.iter().map(String::as_str).chain(within), shadowed)?;
        }
        self.uncommitted = 0;
        Ok(())
    }

    /// Threads that this run has not met and whose files it has read, or knows to be gone.
    fn vanished(&self, paths: &[PathBuf]) -> Result<Vec<ThreadId>, IngestError> {
        let Some(view) = self.view.filter(|_| self.met.contains(&false)) else { return Ok(Vec::new()) };
        let roots: Vec<String> = paths.iter().filter(|path| path.exists()).map(|path| file_name(path)).collect();
        let gone = |id: u64, file: &str| {
            self.last.find(id).is_some_and(|at| !self.met[at])
                && roots.iter().any(|root| lies_under(file, root))
                && !self.is_spared(file)
        };
        Ok(vanished(view, gone)?)
    }

    /// Whether the file, or a folder or archive above it, could not be read whole.
    fn is_spared(&self, file: &str) -> bool {
        let above = file.match_indices('/').map(|(end, _)| &file[..end]);
        !self.spared.is_empty() && above.chain([file]).any(|name| self.spared.contains(&hash(name)))
    }

    fn finish(mut self) -> Result<Tally, IngestError> {
        if self.written > 0 {
            self.commit(None)?;
        }
        if let Some(writer) = self.writer {
            writer.finish()?;
        }
        Ok(self.tally)
    }
}

/// A worker's loop.
fn work(
    reader: &Reader,
    wanted: &(impl Fn(&Thread) -> bool + Sync),
    prepare: &(impl Fn(Thread, Origin<'_>) -> Ready + Sync),
    work: &Receiver<(u64, Work)>,
    done: &Sender<Done>,
) {
    for (sequence, work) in work {
        let (bytes, made) = match work {
            Work::Rejected(rejection) => (0, Made::Rejected(rejection)),
            Work::Unchanged(files) => (0, Made::Unchanged(files)),
            Work::Chunk { chunk, file, digest } => {
                let name = file_name(chunk.path());
                let origin = Origin { file: &name, digest };
                let threads = reader.threads(&chunk).into_iter().filter(|read| read.as_ref().map_or(true, wanted));
                let results = threads.map(|result| result.map(|thread| prepare(thread, origin)));
                (chunk.bytes() as u64, Made::Threads { results: results.collect(), file })
            }
        };
        if done.send(Done { sequence, bytes, made }).is_err() {
            return;
        }
    }
}

fn lies_under(file: &str, root: &str) -> bool {
    file.strip_prefix(root).is_some_and(|rest| rest.is_empty() || root.ends_with('/') || rest.starts_with('/'))
}
