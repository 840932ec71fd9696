//! A **snapshot** is a copy of the index as of one commit, made while a writer goes on. Files of an index are written once and never
//! changed, so that a copy on the same file system is made of hard links: a moment's work, and no space until the index has moved on.

use std::collections::BTreeSet;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use tantivy::directory::{Directory, META_LOCK};

use super::{Index, IndexError, META, Settings};

impl Index {
    /// Copies the last commit into a folder that is empty or not there, which is then an index like any other. It is there whole or not at
    /// all.
    pub fn snapshot(&self, into: &Path) -> Result<Index, IndexError> {
        if into.exists() && !super::is_empty_directory(into) {
            return Err(IndexError::NotEmpty(into.to_path_buf()));
        }
        let write = |error: io::Error| IndexError::Write { path: into.display().to_string(), reason: error.to_string() };
        let partial = super::beside(into, "partial");
        if partial.exists() {
            fs::remove_dir_all(&partial).map_err(write)?;
        }
        fs::create_dir_all(&partial).map_err(write)?;
        self.copy_commit(&partial)?;
        // A folder takes the place of an empty one in a single step.
        fs::rename(&partial, into).map_err(write)?;
        Index::open(into)
    }

    fn copy_commit(&self, into: &Path) -> Result<(), IndexError> {
        let damaged = |error: tantivy::TantivyError| IndexError::damaged(&self.path, error);
        // As long as this lock is held, a writer removes no file that an older commit needs.
        let _lock = self.tantivy.directory().acquire_lock(&META_LOCK).map_err(|error| IndexError::damaged(&self.path, error))?;
        let (meta, files) = loop {
            let read = || fs::read(self.path.join(META)).map_err(|error| IndexError::damaged(&self.path, error));
            let meta = read()?;
            let files: BTreeSet<PathBuf> = self.tantivy.load_metas().map_err(damaged)?.list_segment_files().into_iter().collect();
            // Between the two a writer may have committed.
            if meta == read()? {
                break (meta, files);
            }
        };
        let settings = Settings::of(&self.tantivy, &self.path)?;
        let kept = settings.files().map(PathBuf::from);
        // Not every segment has every file.
        let there = files.iter().cloned().chain(kept).filter(|file| self.path.join(file).exists());
        let copied: Vec<PathBuf> = there.collect();
        let managed: Vec<&PathBuf> = files.iter().filter(|file| copied.contains(file)).collect();
        let write = |error: io::Error| IndexError::Write { path: into.display().to_string(), reason: error.to_string() };
        for file in &copied {
            link_or_copy(&self.path.join(file), &into.join(file)).map_err(write)?;
        }
        // What tantivy may remove when it is no longer needed.
        let managed = serde_json::to_vec(&managed).expect("paths of an index are text");
        fs::write(into.join(".managed.json"), managed).map_err(write)?;
        fs::write(into.join(META), meta).map_err(write)
    }
}

fn link_or_copy(from: &Path, to: &Path) -> io::Result<()> {
    fs::hard_link(from, to).or_else(|_| fs::copy(from, to).map(drop))
}
