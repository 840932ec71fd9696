//! The **lines** of a file that may be larger than memory, each knowing where it stands.

use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};

use crate::clinical::LexiconError;

pub struct Lines {
    path: PathBuf,
    reader: BufReader<File>,
    line: Vec<u8>,
    number: usize,
}

/// One line without its end.
#[derive(Clone, Copy)]
pub struct Line<'l> {
    path: &'l Path,
    /// From 1.
    pub number: usize,
    pub text: &'l str,
}

impl Line<'_> {
    pub fn error(&self, what: impl Into<String>) -> LexiconError {
        LexiconError::Line { path: self.path.into(), line: self.number, what: what.into() }
    }
}

impl Lines {
    pub fn open(path: &Path) -> Result<Lines, LexiconError> {
        let file = File::open(path).map_err(|source| LexiconError::Unreadable { path: path.into(), source })?;
        Ok(Lines { path: path.into(), reader: BufReader::with_capacity(1 << 18, file), line: Vec::new(), number: 0 })
    }

    pub fn next(&mut self) -> Result<Option<Line<'_>>, LexiconError> {
        self.line.clear();
        let read = self.reader.read_until(b'\n', &mut self.line);
        if read.map_err(|source| LexiconError::Unreadable { path: self.path.clone(), source })? == 0 {
            return Ok(None);
        }
        self.number += 1;
        let line = Line { path: &self.path, number: self.number, text: "" };
        let Ok(text) = std::str::from_utf8(&self.line) else {
            return Err(line.error("is not UTF-8; save the file as UTF-8"));
        };
        let text = text.trim_end_matches(['\n', '\r']);
        Ok(Some(Line { text: if self.number == 1 { text.trim_start_matches('\u{feff}') } else { text }, ..line }))
    }
}
