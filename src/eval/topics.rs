//! **Topics** are the questions of an evaluation: `qid<TAB>text`, a line each.

use std::fs;
use std::path::{Path, PathBuf};

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Topic {
    pub qid: String,
    pub text: String,
}

#[derive(Debug, thiserror::Error)]
pub enum EvalError {
    #[error("{}: cannot be read: {reason}", .path.display())]
    Unreadable { path: PathBuf, reason: String },
    #[error("{}:{line}: {met}; expected {expected}", .path.display())]
    Malformed { path: PathBuf, line: usize, met: String, expected: &'static str },
}

/// Reads a topics file; empty lines do not count.
pub fn read_topics(path: &Path) -> Result<Vec<Topic>, EvalError> {
    let text = read(path)?;
    let mut topics = Vec::new();
    for (n, line) in text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty()) {
        let malformed = || EvalError::Malformed {
            path: path.to_path_buf(),
            line: n + 1,
            met: "no tab between id and text".into(),
            expected: "qid, a tab, the text",
        };
        let (qid, text) = line.split_once('\t').ok_or_else(malformed)?;
        topics.push(Topic { qid: qid.trim().to_owned(), text: text.to_owned() });
    }
    Ok(topics)
}

pub(super) fn read(path: &Path) -> Result<String, EvalError> {
    let bytes = fs::read(path).map_err(|error| EvalError::Unreadable { path: path.to_path_buf(), reason: error.to_string() })?;
    Ok(String::from_utf8_lossy(&bytes).trim_start_matches('\u{feff}').to_owned())
}
