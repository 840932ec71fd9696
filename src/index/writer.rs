//! The **writer**: the one hand that changes an index. In: documents, and ids of threads to take out. Out: commits.

use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::time::Duration;

use tantivy::indexer::IndexWriterOptions;
use tantivy::{IndexWriter, TantivyDocument, Term};

use crate::thread::ThreadId;

use super::mapped::MappedFiles;
use super::{Fields, Index, IndexError, Settings};

/// Merges that go on at once: each holds the numbers of its threads and words in memory, and one keeps pace with what is written.
const MERGES: usize = 1;

/// How often pages of merged files are given back. A merge reads some hundreds of megabytes in a second.
const GIVE_BACK: Duration = Duration::from_millis(50);

pub struct Writer {
    tantivy: IndexWriter<TantivyDocument>,
    path: std::path::PathBuf,
    fields: Fields,
    settings: Settings,
    /// As long as this is there, pages are given back.
    _at_work: Sender<()>,
}

impl Writer {
    /// Bytes that tantivy needs for one thread at the least (15 MB and its margin).
    pub const LEAST_MEMORY: usize = 16_000_000;

    pub(super) fn open(index: &Index, threads: usize, memory: usize) -> Result<Writer, IndexError> {
        let memory = memory.max(Writer::LEAST_MEMORY * threads);
        let options = IndexWriterOptions::builder()
            .num_worker_threads(threads)
            .memory_budget_per_thread(memory / threads)
            .num_merge_threads(MERGES)
            .build();
        let tantivy = index.tantivy.writer_with_options(options).map_err(|error| IndexError::writing(&index.path, error))?;
        let settings = Settings::new(index.lexicon(), index.embedder());
        let _at_work = give_back_often(index.files.clone());
        Ok(Writer { tantivy, path: index.path.clone(), fields: index.fields.clone(), settings, _at_work })
    }

    /// Adds a document; blocks while tantivy's queue is full. Call [`Writer::remove`] first where the id may be there already.
    pub fn add(&self, document: TantivyDocument) -> Result<(), IndexError> {
        self.tantivy.add_document(document).map(drop).map_err(|error| self.failed(error))
    }

    /// Takes the thread out, if it is in.
    pub fn remove(&self, id: &ThreadId) {
        self.tantivy.delete_term(Term::from_field_text(self.fields.id, id.as_str()));
    }

    /// Makes everything since the last commit visible at once. `unfinished` are the files in the middle of which this is; `shadowed` says
    /// that some thread was met in several inputs.
    pub fn commit<'a>(&mut self, unfinished: impl IntoIterator<Item = &'a str>, shadowed: bool) -> Result<(), IndexError> {
        self.settings.shadowed = shadowed;
        self.settings.unfinished = unfinished.into_iter().map(str::to_owned).collect();
        let path = self.path.clone();
        let mut prepared = self.tantivy.prepare_commit().map_err(|error| IndexError::writing(&path, error))?;
        prepared.set_payload(&self.settings.payload());
        prepared.commit().map(drop).map_err(|error| IndexError::writing(&path, error))
    }

    /// Waits for merges under way, then lets the lock go.
    pub fn finish(self) -> Result<(), IndexError> {
        let path = self.path;
        self.tantivy.wait_merging_threads().map_err(|error| IndexError::writing(&path, error))
    }

    fn failed(&self, error: tantivy::TantivyError) -> IndexError {
        IndexError::writing(&self.path, error)
    }
}

/// Gives back the pages of an index's files again and again, until what this returns is dropped.
fn give_back_often(files: MappedFiles) -> Sender<()> {
    let (at_work, over) = channel();
    std::thread::spawn(move || {
        while let Err(RecvTimeoutError::Timeout) = over.recv_timeout(GIVE_BACK) {
            files.give_back();
        }
    });
    at_work
}
