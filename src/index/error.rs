//! What can go wrong with an index, each in one sentence that says what to do.

use std::path::PathBuf;

use tantivy::TantivyError;
use tantivy::directory::error::{LockError, OpenDirectoryError};

use crate::clinical::LexiconError;
use crate::embed::EmbedError;

use super::FORMAT_VERSION;

#[derive(Debug, thiserror::Error)]
pub enum IndexError {
    #[error("no index at {path}: run `curbside index PATH… --index {path}` first, or name another directory with --index", path = .0.display())]
    Missing(PathBuf),
    #[error("{path} is not a curbside index (it has no readable meta.json): name an index directory with --index, or an empty or new one to make one", path = .0.display())]
    NotAnIndex(PathBuf),
    #[error("{path} was written in index format {found}, this curbside reads format {FORMAT_VERSION}: index the archive again with `curbside index PATH… --full --index {path}`", path = .path.display())]
    OtherFormat { path: PathBuf, found: u64 },
    #[error("the vectors of the index at {path} were made with an embedding model that is neither kept in it nor built into this curbside: index the archive again with `curbside index PATH… --full --index {path}`, and --model DIR where the model is your own", path = .0.display())]
    OtherModel(PathBuf),
    #[error("the lexicon that read the index at {path} is neither kept in it nor built into this curbside: index the archive again with `curbside index PATH… --full --index {path}`, and --lexicon FILE where tables are your own", path = .0.display())]
    OtherLexicon(PathBuf),
    #[error("{path} is there and not empty: name a folder that is empty or new", path = .0.display())]
    NotEmpty(PathBuf),
    #[error("another process is writing to the index at {path}: wait until it is done, then run this again", path = .0.display())]
    Locked(PathBuf),
    #[error("the index at {path} is damaged: {reason}; `curbside check` tells more, `curbside index PATH… --full` builds it anew", path = .path.display())]
    Damaged { path: PathBuf, reason: String },
    #[error("cannot write to the index at {path}: {reason}; what was committed before is intact")]
    Write { path: String, reason: String },
    #[error(transparent)]
    Lexicon(#[from] LexiconError),
    #[error(transparent)]
    Embed(#[from] EmbedError),
}

impl IndexError {
    pub(super) fn opening(path: &std::path::Path, error: TantivyError) -> IndexError {
        let path = path.to_path_buf();
        match error {
            TantivyError::LockFailure(LockError::LockBusy, _) => IndexError::Locked(path),
            TantivyError::OpenDirectoryError(OpenDirectoryError::DoesNotExist(_)) => IndexError::Missing(path),
            TantivyError::OpenDirectoryError(OpenDirectoryError::NotADirectory(_)) => IndexError::NotAnIndex(path),
            other => IndexError::Damaged { path, reason: other.to_string() },
        }
    }

    pub(super) fn damaged(path: &std::path::Path, reason: impl ToString) -> IndexError {
        IndexError::Damaged { path: path.to_path_buf(), reason: reason.to_string() }
    }

    pub(super) fn writing(path: &std::path::Path, error: TantivyError) -> IndexError {
        match error {
            TantivyError::LockFailure(LockError::LockBusy, _) => IndexError::Locked(path.to_path_buf()),
            other => IndexError::Write { path: path.display().to_string(), reason: other.to_string() },
        }
    }
}
