//! **Stats** say what is in an index, as the command line and the server tell programs.

use serde::Serialize;

use super::{FORMAT_VERSION, IndexError, View};

/// What is in an index.
#[derive(Debug, Clone, Serialize)]
#[cfg_attr(feature = "serve", derive(utoipa::ToSchema))]
pub struct Stats {
    pub threads: u64,
    /// Mentions of concepts over all threads.
    pub mentions: u64,
    /// Bytes on disk.
    pub bytes: u64,
    pub format_version: u64,
    pub segments: usize,
    /// Concepts of the lexicon that read the archive.
    pub concepts: usize,
    /// How many of them the archive mentions.
    pub concepts_met: usize,
    /// Fingerprint of the lexicon, in hexadecimal.
    pub lexicon: String,
    /// Name of the embedding model that made the vectors.
    pub model: String,
}

impl Stats {
    pub fn of(view: &View) -> Result<Stats, IndexError> {
        Ok(Stats {
            threads: view.len(),
            mentions: view.mentions()?,
            bytes: bytes_of(view)?,
            format_version: FORMAT_VERSION,
            segments: view.searcher().segment_readers().len(),
            concepts: view.lexicon().len(),
            concepts_met: view.concepts_met()?,
            lexicon: format!("{:016x}", view.lexicon().fingerprint()),
            model: view.embedder().name().to_owned(),
        })
    }
}

/// A file that a writer removes meanwhile counts nothing.
fn bytes_of(view: &View) -> Result<u64, IndexError> {
    let entries = std::fs::read_dir(view.index().path()).map_err(|error| view.damaged(error))?;
    Ok(entries.filter_map(|entry| entry.ok()?.metadata().ok()).map(|metadata| metadata.len()).sum())
}
