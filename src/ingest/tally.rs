//! The **tally**: what became of every input of a run. Nothing is lost silently; the counts add up.

use serde::Serialize;

#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Tally {
    /// Files that were read or known to be unchanged.
    pub files: u64,
    /// Files whose bytes are those of the last run; they were not parsed again.
    pub files_unchanged: u64,
    /// Bytes read.
    pub bytes: u64,
    pub added: u64,
    /// Threads whose content changed under the same id.
    pub replaced: u64,
    pub unchanged: u64,
    /// Threads that were in the index and no longer are in the archive.
    pub removed: u64,
    /// Threads met more than once in this run; the first one counts.
    pub duplicates: u64,
    /// Inputs that could not be read: files or lines.
    pub rejected: u64,
    /// Mentions found in the threads that were added or replaced.
    pub mentions: u64,
    /// Threads in the index after the run.
    pub threads: u64,
    pub seconds: f64,
    /// Nothing of it was done: it is what a run would do.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub dry_run: bool,
}
