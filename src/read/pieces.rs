//! **Pieces** of a plain input: JSON lines by the chunk, or one whole document.

use std::io::{self, BufRead, Read};
use std::path::Path;
use std::sync::Arc;

use super::chunks::{CHUNK, Chunk, Content, Input, LARGEST_PIECE, Layer, Step};
use super::sniff::Form;
use super::{Reason, Rejection};

pub(super) struct Pieces {
    path: Arc<Path>,
    input: Input,
    /// `None` where it is JSON lines.
    document: Option<Form>,
    /// The next line to be read, from 1.
    line: u64,
    /// A rejection that waits behind the chunk cut before it.
    pending: Option<Rejection>,
    done: bool,
}

impl Pieces {
    pub(super) fn document(path: &Path, input: Input, form: Form) -> Pieces {
        Pieces { path: Arc::from(path), input, document: Some(form), line: 1, pending: None, done: false }
    }

    pub(super) fn lines(path: &Path, mut input: Input) -> io::Result<Pieces> {
        const MARK: &[u8] = b"\xef\xbb\xbf";
        if input.fill_buf()?.starts_with(MARK) {
            input.consume(MARK.len());
        }
        Ok(Pieces { path: Arc::from(path), input, document: None, line: 1, pending: None, done: false })
    }

    fn whole(&mut self, form: Form) -> Result<Chunk, Rejection> {
        let mut bytes = Vec::new();
        let read = (&mut self.input).take(LARGEST_PIECE as u64 + 1).read_to_end(&mut bytes);
        read.map_err(|error| self.rejection(None, Reason::of(error)))?;
        if bytes.len() > LARGEST_PIECE {
            return Err(self.rejection(None, Reason::too_large(bytes.len())));
        }
        Ok(Chunk { path: self.path.clone(), content: Content::Document(form, bytes) })
    }

    /// Whole lines up to about [`CHUNK`] bytes.
    fn next_lines(&mut self) -> Step {
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
                    self.pending = Some(self.rejection(Some(self.line), Reason::of(error)));
                    self.done = true;
                    break;
                }
            }
        }
        if bytes.is_empty() {
            return self.pending.take().map_or(Step::End, Step::Rejected);
        }
        Step::Chunk(Chunk { path: self.path.clone(), content: Content::Lines(first_line, bytes) })
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
        let rejection = self.rejection(Some(self.line), Reason::too_large(length));
        self.line += 1;
        rejection
    }

    fn rejection(&self, line: Option<u64>, reason: Reason) -> Rejection {
        Rejection { path: self.path.to_path_buf(), line, reason }
    }
}

impl Layer for Pieces {
    fn step(&mut self) -> Step {
        if let Some(rejection) = self.pending.take() {
            return Step::Rejected(rejection);
        }
        if self.done {
            return Step::End;
        }
        match self.document {
            None => self.next_lines(),
            Some(form) => {
                self.done = true;
                self.whole(form).map_or_else(Step::Rejected, Step::Chunk)
            }
        }
    }
}
