//! **Lines** of an evaluation's files, each knowing where it stands, so that an error can say so.

use std::fs;
use std::path::Path;

use super::EvalError;

/// The lines of a file that are not empty.
pub(super) struct Lines<'t> {
    path: &'t Path,
    lines: std::iter::Enumerate<std::str::Lines<'t>>,
}

/// One line and where it stands.
pub(super) struct Line<'t> {
    path: &'t Path,
    /// From 1.
    pub number: usize,
    pub text: &'t str,
}

impl<'t> Lines<'t> {
    pub fn new(path: &'t Path, text: &'t str) -> Lines<'t> {
        Lines { path, lines: text.lines().enumerate() }
    }
}

impl<'t> Iterator for Lines<'t> {
    type Item = Line<'t>;

    fn next(&mut self) -> Option<Line<'t>> {
        let (n, text) = self.lines.find(|(_, line)| !line.trim().is_empty())?;
        Some(Line { path: self.path, number: n + 1, text })
    }
}

impl<'t> Line<'t> {
    pub fn malformed(&self, met: impl Into<String>, expected: &'static str) -> EvalError {
        EvalError::Malformed { path: self.path.to_path_buf(), line: self.number, met: met.into(), expected }
    }

    /// The line's columns between white space, which must be `N`.
    pub fn columns<const N: usize>(&self, expected: &'static str) -> Result<[&'t str; N], EvalError> {
        let mut columns = [""; N];
        let mut met = 0;
        for column in self.text.split_ascii_whitespace() {
            if met < N {
                columns[met] = column;
            }
            met += 1;
        }
        if met == N { Ok(columns) } else { Err(self.malformed(format!("{met} columns"), expected)) }
    }
}

/// The text of a file, without a byte order mark; bytes that are not UTF-8 become the replacement character.
pub(super) fn read(path: &Path) -> Result<String, EvalError> {
    let bytes = fs::read(path).map_err(|error| EvalError::Unreadable { path: path.to_path_buf(), reason: error.to_string() })?;
    let text = String::from_utf8(bytes).unwrap_or_else(|error| String::from_utf8_lossy(error.as_bytes()).into_owned());
    Ok(match text.strip_prefix('\u{feff}') {
        Some(rest) => rest.to_owned(),
        None => text,
    })
}
