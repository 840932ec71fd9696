//! **Sources**: the files of a walk, each opened and cut into chunks, or passed over because it did not change.
//!
//! With a time limit, files are read by a **courier**, a thread that can be left behind: a read that hangs cannot be called back.

use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use crossbeam_channel::{Receiver, RecvTimeoutError, Sender, bounded};
use xxhash_rust::xxh3::Xxh3;

use super::Progress;
use super::changes::LastState;
use super::walk::{self, STANDARD_INPUT};
use crate::read::{Chunk, Reader, Reason, Rejection, holds_entries};

/// One piece of work, in the order of the walk.
pub(super) enum Work {
    /// A chunk of the file that has this name in the index, and this digest.
    Chunk {
        chunk: Chunk,
        file: Arc<str>,
        digest: u64,
    },
    Rejected(Rejection),
    /// Files and entries that did not change, by their numbers in the last state.
    Unchanged(Vec<u32>),
}

/// Which files are read; the others are passed over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Visit {
    All,
    Changed,
    /// What this run has found unchanged, and has to look into after all.
    Unchanged,
}

/// What reading a file gives, one after the other.
enum Piece {
    /// The hash of its bytes, and whether its entries are inputs of their own. Whether to go on is asked.
    Seen(Seen),
    Chunk(Chunk),
    Rejected(Rejection),
    /// Bytes that were read, as they lie on disk.
    Taken(u64),
    End,
}

#[derive(Clone, Copy)]
struct Seen {
    digest: u64,
    size: u64,
    is_archive: bool,
}

/// Walks the paths and hands on what is to be done, until `hand_on` fails.
pub(super) struct Sources<'a, F> {
    pub reader: &'a Reader,
    pub last: &'a LastState,
    pub visit: Visit,
    /// How long a file may give nothing.
    pub patience: Option<Duration>,
    pub progress: &'a Progress,
    pub hand_on: F,
}

/// Nobody listens any more, or the run was stopped.
struct Over;

impl<F: FnMut(Work) -> bool> Sources<'_, F> {
    pub(super) fn run(&mut self, paths: &[PathBuf], index: &Path) {
        let mut courier = None;
        for found in walk::files(paths, index) {
            let done = match found {
                Ok(path) => self.file(&path, &mut courier),
                Err(rejection) => self.give(Work::Rejected(rejection)),
            };
            if done.is_err() || self.progress.stop.load(Ordering::Relaxed) {
                return;
            }
        }
    }

    fn give(&mut self, work: Work) -> Result<(), Over> {
        if (self.hand_on)(work) { Ok(()) } else { Err(Over) }
    }

    fn file(&mut self, path: &Path, courier: &mut Option<Courier>) -> Result<(), Over> {
        self.progress.files.fetch_add(1, Ordering::Relaxed);
        let mut open = Open { path, name: Arc::from(file_name(path)), digest: 0 };
        match self.patience {
            // Standard input may wait for whoever types.
            Some(patience) if path != Path::new(STANDARD_INPUT) => self.by_courier(&mut open, patience, courier),
            _ => {
                let reader = self.reader;
                let mut over = false;
                read(reader, path, &mut |piece| {
                    let going = self.piece(&mut open, piece);
                    over |= going.is_err();
                    going.unwrap_or(false)
                });
                if over { Err(Over) } else { Ok(()) }
            }
        }
    }

    /// Whether the file is to be read on.
    fn piece(&mut self, open: &mut Open<'_>, piece: Piece) -> Result<bool, Over> {
        match piece {
            Piece::Seen(seen) => {
                open.digest = seen.digest;
                let may_stand = self.visit != Visit::All && open.path != Path::new(STANDARD_INPUT);
                let unchanged = may_stand.then(|| self.last.unchanged(&open.name, seen.digest, seen.is_archive)).flatten();
                match (unchanged, self.visit) {
                    (Some(files), Visit::Changed) => {
                        self.progress.taken.fetch_add(seen.size, Ordering::Relaxed);
                        self.give(Work::Unchanged(files))?;
                        return Ok(false);
                    }
                    (None, Visit::Unchanged) => return Ok(false),
                    _ => {}
                }
            }
            Piece::Chunk(chunk) => self.give(Work::Chunk { chunk, file: open.name.clone(), digest: open.digest })?,
            Piece::Rejected(rejection) => self.give(Work::Rejected(rejection))?,
            Piece::Taken(bytes) => _ = self.progress.taken.fetch_add(bytes, Ordering::Relaxed),
            Piece::End => return Ok(false),
        }
        Ok(true)
    }

    fn by_courier(&mut self, open: &mut Open<'_>, patience: Duration, courier: &mut Option<Courier>) -> Result<(), Over> {
        let serving = courier.get_or_insert_with(|| Courier::start(self.reader.clone()));
        // A courier waits for work unless it was left behind, which takes it out of its place.
        let mut going = serving.asks.send(open.path.to_path_buf()).is_ok();
        while going {
            let piece = match courier.as_ref().map(|courier| courier.pieces.recv_timeout(patience)) {
                Some(Ok(piece)) => piece,
                Some(Err(RecvTimeoutError::Timeout)) => {
                    *courier = None;
                    let reason = Reason::TimedOut { seconds: patience.as_secs() };
                    return self.give(Work::Rejected(Rejection::of_file(open.path, reason)));
                }
                Some(Err(RecvTimeoutError::Disconnected)) | None => return Err(Over),
            };
            let (is_end, asks) = (matches!(piece, Piece::End), matches!(piece, Piece::Seen(_)));
            let go_on = self.piece(open, piece)?;
            if let (true, Some(courier)) = (asks, courier.as_ref()) {
                _ = courier.go_on.send(go_on);
            }
            going = !is_end;
        }
        Ok(())
    }
}

/// The file that is being read.
struct Open<'a> {
    path: &'a Path,
    /// In the index.
    name: Arc<str>,
    digest: u64,
}

/// A thread that reads files, one after the other.
struct Courier {
    asks: Sender<PathBuf>,
    go_on: Sender<bool>,
    pieces: Receiver<Piece>,
}

impl Courier {
    fn start(reader: Reader) -> Courier {
        let (asks, asked) = bounded::<PathBuf>(1);
        let (go_on, goes_on) = bounded::<bool>(1);
        let (given, pieces) = bounded::<Piece>(1);
        std::thread::spawn(move || {
            for path in asked {
                read(&reader, &path, &mut |piece| {
                    let asks = matches!(piece, Piece::Seen(_));
                    given.send(piece).is_ok() && (!asks || goes_on.recv().unwrap_or(false))
                });
                if given.send(Piece::End).is_err() {
                    return;
                }
            }
        });
        Courier { asks, go_on, pieces }
    }
}

/// Reads a file, first for its digest and then for its chunks, as long as `give` says so.
fn read(reader: &Reader, path: &Path, give: &mut dyn FnMut(Piece) -> bool) {
    let rejected = |error: io::Error| Piece::Rejected(Rejection::of_file(path, Reason::Unreadable(error.to_string())));
    let seen = match look(path) {
        Ok(Some(seen)) => seen,
        Ok(None) => {
            give(Piece::Rejected(Rejection::of_file(path, Reason::NotAFile)));
            return;
        }
        Err(error) => {
            give(rejected(error));
            return;
        }
    };
    if !give(Piece::Seen(seen)) {
        return;
    }
    let mut chunks = match reader.open(path) {
        Ok(chunks) => chunks,
        Err(rejection) => {
            give(Piece::Rejected(rejection));
            return;
        }
    };
    let mut taken = 0;
    while let Some(chunk) = chunks.next() {
        let news = chunks.taken() - taken;
        taken += news;
        if !give(Piece::Taken(news)) || !give(chunk.map_or_else(Piece::Rejected, Piece::Chunk)) {
            return;
        }
    }
    // What is read from its end does not tell how far it is.
    give(Piece::Taken(seen.size.saturating_sub(taken)));
}

/// Hash of the file's bytes as they lie on disk; `None` for what is no regular file. A stream, which cannot be read twice, has no hash.
fn look(path: &Path) -> io::Result<Option<Seen>> {
    if path == Path::new(STANDARD_INPUT) {
        return Ok(Some(Seen { digest: 0, size: 0, is_archive: false }));
    }
    // A pipe must not be opened: that waits for somebody to write into it.
    if !std::fs::metadata(path)?.is_file() {
        return Ok(None);
    }
    let mut file = std::fs::File::open(path)?;
    let mut hasher = Xxh3::new();
    let mut buffer = vec![0; 1 << 16];
    let (mut size, mut is_archive) = (0, false);
    loop {
        match file.read(&mut buffer) {
            Ok(0) => return Ok(Some(Seen { digest: hasher.digest(), size, is_archive })),
            Ok(n) => {
                is_archive |= size == 0 && holds_entries(&buffer[..n]);
                size += n as u64;
                hasher.update(&buffer[..n]);
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
}

/// The file as the index names it: absolute, and lossless for names that are not UTF-8 (`%` and bytes that do not decode as `%XX`).
pub(super) fn file_name(path: &Path) -> String {
    let absolute = std::path::absolute(path).unwrap_or_else(|_| path.to_path_buf());
    let mut name = String::new();
    for chunk in absolute.as_os_str().as_encoded_bytes().utf8_chunks() {
        name.push_str(&chunk.valid().replace('%', "%25"));
        name.extend(chunk.invalid().iter().map(|byte| format!("%{byte:02X}")));
    }
    name
}
