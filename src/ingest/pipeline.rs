//! The **pipeline**: files in, one commit out.

use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Instant;

use crossbeam_channel::{Receiver, Sender, bounded};
use rustc_hash::{FxHashMap, FxHashSet};
use tantivy::TantivyDocument;
use xxhash_rust::xxh3::Xxh3;

use crate::index::{Index, IndexError, Origin, View, Writer, content_hash};
use crate::read::{Chunk, Reader, Reason, Rejection};
use crate::thread::ThreadId;

use super::Tally;
use super::changes::{LastState, id_hash, meet_threads_of, vanished};
use super::walk::{self, STANDARD_INPUT};

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
}

impl Default for Options {
    fn default() -> Options {
        let threads = std::thread::available_parallelism().map_or(1, usize::from);
        Options { threads, memory: 256_000_000, full: false }
    }
}

/// Counters that grow while a run goes on; another thread may watch them.
#[derive(Debug, Default)]
pub struct Progress {
    pub files: AtomicU64,
    pub bytes: AtomicU64,
    pub threads: AtomicU64,
    pub rejected: AtomicU64,
    /// Set from outside, the run stops as soon as it can, commits nothing and takes nothing out.
    pub stop: AtomicBool,
}

/// Brings the index up to date with the paths, in one commit. Every rejected input is handed to `reject` and the rest goes on.
///
/// Threads of files under these paths that are no longer there are taken out, except where a file or folder could not be read
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
    let view = index.view()?;
    let last = LastState::of(&view)?;
    let mut writer = index.writer(options.threads, options.memory)?;

    let mut run =
        Run { view: &view, last: &last, tally: Tally::default(), met: FxHashSet::default(), spared: Vec::new(), reject };
    let walked = run.feed(&writer, reader, paths, options, progress)?;
    if progress.stop.load(Ordering::Relaxed) {
        return Ok(run.tally);
    }
    run.remove_vanished(&writer, paths, &walked)?;
    let mut tally = run.tally;

    if tally.added + tally.replaced + tally.removed + tally.unchanged > walked.unchanged_threads {
        writer.commit()?;
    }
    writer.finish()?;
    tally.threads = index.view()?.len();
    tally.seconds = started.elapsed().as_secs_f64();
    Ok(tally)
}

/// What the walk found, when it is over.
#[derive(Default)]
struct Walked {
    unchanged_files: FxHashSet<String>,
    unchanged_threads: u64,
}

/// One piece of work on its way to a worker, in the order of the walk.
struct Work {
    sequence: u64,
    kind: WorkKind,
}

enum WorkKind {
    Chunk { chunk: Chunk, file: String, digest: u64 },
    Rejected(Rejection),
}

/// What a worker made of it.
struct Done {
    sequence: u64,
    bytes: u64,
    results: Vec<Result<Ready, Rejection>>,
}

/// A thread ready to be written.
struct Ready {
    id: ThreadId,
    content: u64,
    mentions: u64,
    document: TantivyDocument,
}

struct Run<'a> {
    view: &'a View,
    last: &'a LastState,
    tally: Tally,
    /// Hashed ids met in this run.
    met: FxHashSet<u64>,
    /// Files and folders that could not be read whole, as the index names them: they lose nothing.
    spared: Vec<String>,
    reject: &'a mut (dyn FnMut(Rejection) + Send),
}

impl Run<'_> {
    /// Walks, reads, annotates in parallel and writes in the order of the walk.
    fn feed(
        &mut self,
        writer: &Writer,
        reader: &Reader,
        paths: &[PathBuf],
        options: &Options,
        progress: &Progress,
    ) -> Result<Walked, IngestError> {
        let (work_in, work_out) = bounded::<Work>(options.threads * 4);
        let (done_in, done_out) = bounded::<Done>(options.threads * 4);
        let index = self.view.index();
        let last = self.last;
        std::thread::scope(|scope| {
            let walker = scope.spawn(move || {
                let mut walk =
                    Walk { reader, last, full: options.full, progress, out: work_in, sequence: 0, walked: Walked::default() };
                walk.run(paths, index.path());
                walk.walked
            });
            for _ in 0..options.threads {
                let (work_out, done_in) = (work_out.clone(), done_in.clone());
                scope.spawn(move || annotate(reader, index, &work_out, &done_in));
            }
            drop((work_out, done_in));
            let written = self.write_in_order(writer, &done_out, progress);
            // With the receiver gone every sender stops, whatever went wrong.
            drop(done_out);
            let mut walked = walker.join().expect("the walk does not panic");
            written?;
            walked.unchanged_threads = meet_threads_of(self.view, &walked.unchanged_files, &mut self.met)?;
            self.tally.unchanged += walked.unchanged_threads;
            self.tally.files_unchanged = walked.unchanged_files.len() as u64;
            self.tally.files = progress.files.load(Ordering::Relaxed);
            Ok(walked)
        })
    }

    /// The order of the walk decides which of two threads with one id counts; it must not depend on which worker was faster.
    fn write_in_order(&mut self, writer: &Writer, done: &Receiver<Done>, progress: &Progress) -> Result<(), IngestError> {
        let mut waiting = FxHashMap::default();
        let mut next = 0;
        for finished in done {
            waiting.insert(finished.sequence, finished);
            while let Some(finished) = waiting.remove(&next) {
                next += 1;
                self.tally.bytes += finished.bytes;
                progress.bytes.fetch_add(finished.bytes, Ordering::Relaxed);
                for result in finished.results {
                    match result {
                        Ok(ready) => self.write(writer, ready, progress)?,
                        Err(rejection) => {
                            progress.rejected.fetch_add(1, Ordering::Relaxed);
                            self.tally.rejected += 1;
                            self.spared.push(file_name(&rejection.path));
                            (self.reject)(rejection);
                        }
                    }
                }
            }
        }
        Ok(())
    }

    fn write(&mut self, writer: &Writer, ready: Ready, progress: &Progress) -> Result<(), IngestError> {
        if !self.met.insert(id_hash(ready.id.as_str())) {
            self.tally.duplicates += 1;
            return Ok(());
        }
        match self.last.content(&ready.id) {
            None => self.tally.added += 1,
            Some(content) => {
                // A thread that stayed the same in a file that changed is written again, with the new file's hash.
                writer.remove(&ready.id);
                if content == ready.content { self.tally.unchanged += 1 } else { self.tally.replaced += 1 }
            }
        }
        self.tally.mentions += ready.mentions;
        progress.threads.fetch_add(1, Ordering::Relaxed);
        Ok(writer.add(ready.document)?)
    }

    fn remove_vanished(&mut self, writer: &Writer, paths: &[PathBuf], walked: &Walked) -> Result<(), IngestError> {
        if self.last.is_empty() {
            return Ok(());
        }
        let roots: Vec<String> = paths.iter().filter(|path| path.exists()).map(|path| file_name(path)).collect();
        let gone = |file: &str| {
            !walked.unchanged_files.contains(file)
                && roots.iter().any(|root| lies_under(file, root))
                && !self.spared.iter().any(|spared| lies_under(file, spared))
        };
        for id in vanished(self.view, &self.met, gone)? {
            writer.remove(&id);
            self.tally.removed += 1;
        }
        Ok(())
    }
}

/// The walker's side: files to chunks, unchanged files passed over.
struct Walk<'a> {
    reader: &'a Reader,
    last: &'a LastState,
    full: bool,
    progress: &'a Progress,
    out: Sender<Work>,
    sequence: u64,
    walked: Walked,
}

impl Walk<'_> {
    fn run(&mut self, paths: &[PathBuf], index: &Path) {
        for found in walk::files(paths, index) {
            let sent = match found {
                Ok(path) => self.file(&path),
                Err(rejection) => self.send(WorkKind::Rejected(rejection)),
            };
            if sent.is_err() || self.progress.stop.load(Ordering::Relaxed) {
                return;
            }
        }
    }

    /// `Err` when nobody listens any more.
    fn file(&mut self, path: &Path) -> Result<(), ()> {
        self.progress.files.fetch_add(1, Ordering::Relaxed);
        let file = file_name(path);
        let digest = match digest_of(path) {
            Ok(digest) => digest,
            Err(error) => return self.send(WorkKind::Rejected(unreadable(path, error))),
        };
        if !self.full && path != Path::new(STANDARD_INPUT) && self.last.has_file(&file, digest) {
            self.walked.unchanged_files.insert(file);
            return Ok(());
        }
        let chunks = match self.reader.open(path) {
            Ok(chunks) => chunks,
            Err(rejection) => return self.send(WorkKind::Rejected(rejection)),
        };
        for chunk in chunks {
            self.send(match chunk {
                Ok(chunk) => WorkKind::Chunk { chunk, file: file.clone(), digest },
                Err(rejection) => WorkKind::Rejected(rejection),
            })?;
        }
        Ok(())
    }

    fn send(&mut self, kind: WorkKind) -> Result<(), ()> {
        let work = Work { sequence: self.sequence, kind };
        self.sequence += 1;
        self.out.send(work).map_err(drop)
    }
}

/// A worker's loop.
fn annotate(reader: &Reader, index: &Index, work: &Receiver<Work>, done: &Sender<Done>) {
    for Work { sequence, kind } in work {
        let (bytes, results) = match kind {
            WorkKind::Rejected(rejection) => (0, vec![Err(rejection)]),
            WorkKind::Chunk { chunk, file, digest } => {
                let origin = Origin { file: &file, digest };
                let ready = |thread: crate::thread::Thread| {
                    let annotation = index.annotator().annotate_thread(&thread);
                    Ready {
                        content: content_hash(&thread),
                        mentions: annotation.mentions().count() as u64,
                        document: index.document(&thread, &annotation, origin),
                        id: thread.id,
                    }
                };
                (chunk.bytes() as u64, reader.threads(&chunk).into_iter().map(|result| result.map(ready)).collect())
            }
        };
        if done.send(Done { sequence, bytes, results }).is_err() {
            return;
        }
    }
}

/// Hash of the file's bytes as they lie on disk; a stream, which cannot be read twice, has none.
fn digest_of(path: &Path) -> io::Result<u64> {
    if path == Path::new(STANDARD_INPUT) {
        return Ok(0);
    }
    let mut file = std::fs::File::open(path)?;
    let mut hasher = Xxh3::new();
    let mut buffer = vec![0; 1 << 18];
    loop {
        match file.read(&mut buffer) {
            Ok(0) => return Ok(hasher.digest()),
            Ok(n) => hasher.update(&buffer[..n]),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
}

fn unreadable(path: &Path, error: io::Error) -> Rejection {
    Rejection { path: path.to_path_buf(), line: None, reason: Reason::Unreadable(error.to_string()) }
}

/// The file as the index names it: absolute, and lossless for names that are not UTF-8 (`%` and bytes that do not decode as `%XX`).
fn file_name(path: &Path) -> String {
    let absolute = std::path::absolute(path).unwrap_or_else(|_| path.to_path_buf());
    let mut name = String::new();
    for chunk in absolute.as_os_str().as_encoded_bytes().utf8_chunks() {
        name.push_str(&chunk.valid().replace('%', "%25"));
        name.extend(chunk.invalid().iter().map(|byte| format!("%{byte:02X}")));
    }
    name
}

fn lies_under(file: &str, root: &str) -> bool {
    file.strip_prefix(root).is_some_and(|rest| rest.is_empty() || root.ends_with('/') || rest.starts_with('/'))
}
