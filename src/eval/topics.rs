//! **Topics** are the questions of an evaluation: `qid<TAB>text`, a line each.

use std::path::Path;

use super::EvalError;
use super::lines::{Lines, read};

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Topic {
    pub qid: String,
    pub text: String,
}

/// Reads a topics file; empty lines do not count.
pub fn read_topics(path: &Path) -> Result<Vec<Topic>, EvalError> {
    let text = read(path)?;
    let mut topics = Vec::new();
    for line in Lines::new(path, &text) {
        let (qid, text) = line.text.split_once('\t').ok_or_else(|| line.malformed("no tab", "qid, a tab, the text"))?;
        topics.push(Topic { qid: qid.trim().to_owned(), text: text.to_owned() });
    }
    Ok(topics)
}
