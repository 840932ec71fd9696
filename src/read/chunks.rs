//! A **chunk** is a piece of an input that can be parsed by itself: some lines or rows, or one page or JSON document. Cutting is cheap
//! and streams: no more than one chunk of an input is in memory at a time.
//!
//! An input may hold others, as an archive holds pages. Each open input is a **layer**, and the innermost is cut first.

use std::fs::File;
use std::io::{self, BufReader, Cursor, Read};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use super::archive::{Tar, Zip};
use super::packed;
use super::pieces::Pieces;
use super::sniff::{self, Form, SNIFFED, Shape};
use super::table::{Row, Rows, Table, Tables};
use super::{Reason, Rejection, parquet};

/// Lines and rows of about this many bytes go together.
pub(super) const CHUNK: usize = 256 << 10;

/// No page, JSON document, line or row may be longer: one thread is kilobytes, and workers hold several pieces at once.
pub(super) const LARGEST_PIECE: usize = 64 << 20;

/// How often an input may be packed over: a compressed archive of compressed files has three layers.
const MOST_LAYERS: usize = 4;

/// A piece of an input that can be parsed by itself.
#[derive(Debug, Clone)]
pub struct Chunk {
    pub(super) path: Arc<Path>,
    pub(super) content: Content,
}

#[derive(Debug, Clone)]
pub(super) enum Content {
    /// One whole document.
    Document(Form, Vec<u8>),
    /// JSON lines; the first has this number, from 1.
    Lines(u64, Vec<u8>),
    Rows(Rows),
}

impl Chunk {
    /// The input it is cut from: a file, or an entry of an archive as [`read`](super) writes it.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Bytes of the input in this chunk, unpacked.
    pub fn bytes(&self) -> usize {
        match &self.content {
            Content::Document(_, bytes) | Content::Lines(_, bytes) => bytes.len(),
            Content::Rows(rows) => rows.rows.iter().map(Row::bytes).sum(),
        }
    }
}

/// An open input that gives one thing after another.
pub(super) trait Layer: Send {
    fn step(&mut self) -> Step;

    /// Why nothing that follows in this layer can be read, where something broke that its members share.
    fn broken(&self) -> Option<Rejection> {
        None
    }
}

pub(super) enum Step {
    Chunk(Chunk),
    Rejected(Rejection),
    /// An input inside this one.
    Member(PathBuf, Box<dyn Read + Send>),
    End,
}

/// The chunks of one input, in order.
pub struct Chunks {
    tables: Arc<Tables>,
    /// The outermost first.
    layers: Vec<Box<dyn Layer>>,
    taken: Arc<AtomicU64>,
}

/// What an input comes from. Some forms are read from their end, and need a file.
pub(super) enum Source {
    File(File),
    Stream(Box<dyn Read + Send>),
}

impl Chunks {
    pub(super) fn open(path: &Path, source: Source, tables: Arc<Tables>) -> Result<Chunks, Rejection> {
        let taken = Arc::default();
        let mut chunks = Chunks { tables, layers: Vec::new(), taken };
        let layer = chunks.layer(path, source, 0)?;
        chunks.layers.push(layer);
        Ok(chunks)
    }

    /// Bytes of the input that were read so far, as they lie on disk.
    pub fn taken(&self) -> u64 {
        self.taken.load(Ordering::Relaxed)
    }

    /// `packed` says how often the input was unpacked already.
    fn layer(&self, path: &Path, source: Source, packed: usize) -> Result<Box<dyn Layer>, Rejection> {
        let reject = |reason| Rejection::of_file(path, reason);
        let (file, mut stream): (Option<Arc<File>>, Box<dyn Read + Send>) = match source {
            Source::File(file) => {
                let file = Arc::new(file);
                (Some(file.clone()), Box::new(Counted { input: file, taken: self.taken.clone() }))
            }
            Source::Stream(stream) => (None, stream),
        };
        let head = head(&mut stream).map_err(|error| reject(Reason::of(error)))?;
        let shape = sniff::shape(&head, path, &self.tables).map_err(reject)?;
        if packed > MOST_LAYERS {
            return Err(reject(Reason::TooDeep { most: MOST_LAYERS }));
        }
        let input: Box<dyn Read + Send> = Box::new(Cursor::new(head).chain(stream));
        Ok(match shape {
            Shape::Packed(packing) => {
                let input = packed::unpack(packing, input).map_err(|error| reject(Reason::of(error)))?;
                self.layer(path, Source::Stream(input), packed + 1)?
            }
            Shape::Tar => Box::new(Tar::open(path, input)),
            Shape::Zip => Box::new(Zip::open(path, file.ok_or_else(|| reject(Reason::NotSeekable { form: "zip" }))?)?),
            Shape::Parquet => {
                parquet::open(path, file.ok_or_else(|| reject(Reason::NotSeekable { form: "Parquet" }))?, &self.tables)?
            }
            Shape::Table(delimiter) => Box::new(Table::open(path, input, delimiter, &self.tables)?),
            Shape::Document(form) => Box::new(Pieces::document(path, buffered(input), form)),
            Shape::Lines => Box::new(Pieces::lines(path, buffered(input)).map_err(|error| reject(Reason::of(error)))?),
        })
    }

    /// What broke in an archive breaks the entry that was being read: it is told once, of the archive, and ends it.
    fn rejected(&mut self, rejection: Rejection) -> Rejection {
        match (0..).zip(&self.layers).find_map(|(at, layer)| Some((at, layer.broken()?))) {
            Some((at, of_archive)) => {
                self.layers.truncate(at);
                of_archive
            }
            None => rejection,
        }
    }
}

impl Iterator for Chunks {
    type Item = Result<Chunk, Rejection>;

    fn next(&mut self) -> Option<Result<Chunk, Rejection>> {
        loop {
            match self.layers.last_mut()?.step() {
                Step::Chunk(chunk) => return Some(Ok(chunk)),
                Step::Rejected(rejection) => return Some(Err(self.rejected(rejection))),
                Step::Member(path, input) => match self.layer(&path, Source::Stream(input), self.layers.len()) {
                    Ok(layer) => self.layers.push(layer),
                    Err(rejection) => return Some(Err(self.rejected(rejection))),
                },
                Step::End => _ = self.layers.pop(),
            }
        }
    }
}

pub(super) type Input = BufReader<Box<dyn Read + Send>>;

fn buffered(input: Box<dyn Read + Send>) -> Input {
    BufReader::with_capacity(SNIFFED, input)
}

/// The first bytes of an input: as many as it gives at once, but enough to know every form.
fn head(input: &mut impl Read) -> io::Result<Vec<u8>> {
    /// A tar archive is known by a word within its first block.
    const ENOUGH: usize = 512;
    let mut head = vec![0; SNIFFED];
    let mut filled = 0;
    while filled < ENOUGH {
        match input.read(&mut head[filled..]) {
            Ok(0) => break,
            Ok(n) => filled += n,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    head.truncate(filled);
    Ok(head)
}

/// Counts what passes through.
struct Counted<R> {
    input: R,
    taken: Arc<AtomicU64>,
}

impl<R: Read> Read for Counted<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let n = self.input.read(buffer)?;
        self.taken.fetch_add(n as u64, Ordering::Relaxed);
        Ok(n)
    }
}
