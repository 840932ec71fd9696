//! A **chunk** is a piece of a file that can be parsed by itself: some JSON lines, or one page or JSON document. Cutting is cheap
//! and streams: no more than one chunk of a file is in memory at a time.

use std::io::{self, BufRead, BufReader, Read};
use std::path::Path;
use std::sync::Arc;

use serde::de::IgnoredAny;

use super::{Reason, Rejection};

/// JSON lines of about this many bytes go together.
const CHUNK: usize = 256 << 10;

/// Bytes looked at to tell the form.
const SNIFFED: usize = 64 << 10;

/// No page, JSON document or line may be longer: one thread is kilobytes, and workers hold several pieces at once.
pub(super) const LARGEST_PIECE: usize = 64 << 20;

/// A piece of a file that can be parsed by itself.
#[derive(Debug, Clone)]
pub struct Chunk {
    pub(super) path: Arc<Path>,
    /// The line of the file that `bytes` begins with, from 1.
    pub(super) first_line: u64,
    pub(super) form: Form,
    pub(super) bytes: Vec<u8>,
}

impl Chunk {
    /// Bytes of the input in this chunk.
    pub fn bytes(&self) -> usize {
        self.bytes.len()
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    JsonLines,
    Json,
    Html,
    Text,
}

/// The chunks of one input, in order.
pub struct Chunks {
    path: Arc<Path>,
    input: BufReader<Box<dyn Read + Send>>,
    form: Form,
    /// The next line to be read, from 1.
    line: u64,
    /// A rejection that waits behind the chunk cut before it.
    pending: Option<Rejection>,
    done: bool,
}

impl Chunks {
    pub(super) fn open(path: &Path, input: Box<dyn Read + Send>) -> Result<Chunks, Rejection> {
        let reject = |reason| Rejection::of_file(path, reason);
        let mut input = BufReader::with_capacity(SNIFFED, input);
        let head = fill(&mut input).map_err(|error| reject(Reason::Unreadable(error.to_string())))?;
        let form = sniff(head, path).map_err(reject)?;
        let mark = if head.starts_with(b"\xef\xbb\xbf") && form == Form::JsonLines { 3 } else { 0 };
        input.consume(mark);
        Ok(Chunks { path: Arc::from(path), input, form, line: 1, pending: None, done: false })
    }

    fn whole(&mut self) -> Result<Chunk, Rejection> {
        let mut bytes = Vec::new();
        let read = (&mut self.input).take(LARGEST_PIECE as u64 + 1).read_to_end(&mut bytes);
        read.map_err(|error| self.rejection(None, Reason::Unreadable(error.to_string())))?;
        if bytes.len() > LARGEST_PIECE {
            return Err(self.rejection(None, too_large(bytes.len())));
        }
        Ok(Chunk { path: self.path.clone(), first_line: 1, form: self.form, bytes })
    }

    /// Whole lines up to about [`CHUNK`] bytes.
    fn lines(&mut self) -> Option<Result<Chunk, Rejection>> {
        let mut bytes = Vec::new();
        let first_line = self.line;
        while bytes.len() < CHUNK {
            let start = bytes.len();
            let read = (&mut self.input).take(LARGEST_PIECE as u64).read_until(b'\n', &mut bytes);
            match read {
                Ok(0) => {
                    self.done = true;
                    break;
                }
                Ok(n) if n == LARGEST_PIECE && !bytes.ends_with(b"\n") => {
                    bytes.truncate(start);
                    self.pending = Some(self.skip_line(n));
                    break;
                }
                Ok(_) => self.line += 1,
                Err(error) => {
                    bytes.truncate(start);
                    self.pending = Some(self.rejection(Some(self.line), Reason::Unreadable(error.to_string())));
                    self.done = true;
                    break;
                }
            }
        }
        if bytes.is_empty() {
            return self.pending.take().map(Err);
        }
        Some(Ok(Chunk { path: self.path.clone(), first_line, form: self.form, bytes }))
    }

    /// Passes over the rest of a line that is too long, a buffer at a time.
    fn skip_line(&mut self, already: usize) -> Rejection {
        let mut length = already;
        loop {
            match self.input.fill_buf() {
                Ok([]) | Err(_) => {
                    self.done = true;
                    break;
                }
                Ok(buffer) => {
                    let (used, ended) = match memchr::memchr(b'\n', buffer) {
                        Some(at) => (at + 1, true),
                        None => (buffer.len(), false),
                    };
                    self.input.consume(used);
                    length += used;
                    if ended {
                        break;
                    }
                }
            }
        }
        let rejection = self.rejection(Some(self.line), too_large(length));
        self.line += 1;
        rejection
    }

    fn rejection(&self, line: Option<u64>, reason: Reason) -> Rejection {
        Rejection { path: self.path.to_path_buf(), line, reason }
    }
}

impl Iterator for Chunks {
    type Item = Result<Chunk, Rejection>;

    fn next(&mut self) -> Option<Result<Chunk, Rejection>> {
        if let Some(rejection) = self.pending.take() {
            return Some(Err(rejection));
        }
        if self.done {
            return None;
        }
        if self.form == Form::JsonLines {
            return self.lines();
        }
        self.done = true;
        Some(self.whole())
    }
}

fn too_large(bytes: usize) -> Reason {
    Reason::TooLarge { megabytes: bytes as u64 >> 20, limit: LARGEST_PIECE as u64 >> 20 }
}

/// The first bytes of the input, as many as one read gives; they stay in the buffer.
fn fill(input: &mut BufReader<Box<dyn Read + Send>>) -> io::Result<&[u8]> {
    while let Err(error) = input.fill_buf() {
        if error.kind() != io::ErrorKind::Interrupted {
            return Err(error);
        }
    }
    Ok(input.buffer())
}

/// The form of an input by its first bytes; the name only decides between JSON and JSON Lines when the first line is broken.
fn sniff(head: &[u8], path: &Path) -> Result<Form, Reason> {
    let utf16 = head.starts_with(b"\xff\xfe") || head.starts_with(b"\xfe\xff");
    if utf16 {
        return Ok(Form::Text);
    }
    let text = head.strip_prefix(b"\xef\xbb\xbf").unwrap_or(head).trim_ascii_start();
    if head.is_empty() || text.is_empty() {
        return Err(Reason::Empty);
    }
    if memchr::memchr(0, head).is_some() {
        return Err(Reason::Binary);
    }
    let controls = head.iter().filter(|&&b| b < 0x20 && !matches!(b, b'\t' | b'\n' | b'\r' | 0x0c | 0x1b | 0x07)).count();
    if controls * 20 > head.len() {
        return Err(Reason::Binary);
    }
    Ok(match text[0] {
        b'[' if matches!(text[1..].trim_ascii_start().first(), Some(b'{' | b'[' | b']') | None) => Form::Json,
        b'{' => json_form(text, path),
        b'<' => Form::Html,
        _ if lines_extension(path) => Form::JsonLines,
        _ => Form::Text,
    })
}

fn json_form(text: &[u8], path: &Path) -> Form {
    let Some(end) = memchr::memchr(b'\n', text) else { return Form::JsonLines };
    let first_line_is_whole = serde_json::from_slice::<IgnoredAny>(&text[..end]).is_ok();
    let objects_begin_lines = memchr::memmem::find(text, b"\n{").is_some();
    if first_line_is_whole || objects_begin_lines || lines_extension(path) { Form::JsonLines } else { Form::Json }
}

fn lines_extension(path: &Path) -> bool {
    path.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("jsonl") || extension.eq_ignore_ascii_case("ndjson"))
}
