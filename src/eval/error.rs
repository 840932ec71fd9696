//! What can go wrong with an evaluation, each in one sentence that says what to do.

use std::path::PathBuf;

use crate::clinical::LexiconError;
use crate::index::IndexError;

#[derive(Debug, thiserror::Error)]
pub enum EvalError {
    #[error("{}: cannot be read: {reason}", .path.display())]
    Unreadable { path: PathBuf, reason: String },
    #[error("{}: cannot be written: {reason}", .path.display())]
    Unwritable { path: PathBuf, reason: String },
    #[error("{}:{line}: {met}; expected {expected}", .path.display())]
    Malformed { path: PathBuf, line: usize, met: String, expected: &'static str },
    #[error("{}: {met}; expected {expected}", .path.display())]
    Unfit { path: PathBuf, met: String, expected: String },
    #[error("unknown measure {0:?}: measures are ndcg, ndcg@10, map, mrr, recall@100, p@5, with any number after @")]
    UnknownMeasure(String),
    #[error("the weights cannot be read: {0}; the form is that of schema/ranking.toml")]
    Weights(String),
    #[error("{asked} folds of {topics} topics: take between 2 and the number of topics")]
    Folds { asked: usize, topics: usize },
    #[error(transparent)]
    Index(#[from] IndexError),
    #[error(transparent)]
    Lexicon(#[from] LexiconError),
}
