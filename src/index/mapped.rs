//! **Mapped files** are an index's files as tantivy reads them: mapped, so that what is read stays with the system and not with the
//! process. A writer that merges large segments reads each of their pages once; all that it mapped would count as its memory until the
//! merge ends. [`MappedFiles::give_back`] lets go of those pages. They stay in the system's cache, and are mapped again where they are
//! read again.

use std::fmt;
use std::fs::File;
use std::io;
use std::ops::Deref;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError, Weak};

use memmap2::Mmap;
use rustc_hash::FxHashMap;
use stable_deref_trait::StableDeref;
use tantivy::directory::error::{DeleteError, LockError, OpenDirectoryError, OpenReadError, OpenWriteError};
use tantivy::directory::{
    Directory, DirectoryLock, FileHandle, Lock, MmapDirectory, OwnedBytes, WatchCallback, WatchHandle, WritePtr,
};

/// An index's directory. Copies share what they map.
#[derive(Clone)]
pub(super) struct MappedFiles {
    path: PathBuf,
    /// Does all but reading.
    directory: MmapDirectory,
    /// What may still be read, by path.
    mapped: Arc<Mutex<FxHashMap<PathBuf, Weak<Mmap>>>>,
}

impl MappedFiles {
    pub(super) fn open(path: &Path) -> Result<MappedFiles, OpenDirectoryError> {
        Ok(MappedFiles { path: path.to_owned(), directory: MmapDirectory::open(path)?, mapped: Arc::default() })
    }

    /// Lets go of every page that was read, of all files that are open.
    pub(super) fn give_back(&self) {
        let mut mapped = self.mapped.lock().unwrap_or_else(PoisonError::into_inner);
        mapped.retain(|_, file| {
            let Some(file) = file.upgrade() else { return false };
            // A system that does not take the advice keeps the pages, and nothing else is lost.
            #[cfg(unix)]
            // SAFETY: the map is of a file, shared and only read: pages that are let go are read from the file again.
            let _ = unsafe { file.unchecked_advise(memmap2::UncheckedAdvice::DontNeed) };
            drop(file);
            true
        });
    }

    fn map(&self, path: &Path) -> io::Result<Option<Arc<Mmap>>> {
        let mut mapped = self.mapped.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(map) = mapped.get(path).and_then(Weak::upgrade) {
            return Ok(Some(map));
        }
        let file = File::open(self.path.join(path))?;
        // There is no map of nothing.
        if file.metadata()?.len() == 0 {
            return Ok(None);
        }
        // SAFETY: tantivy writes a file once, before it is read, and never changes it.
        let map = Arc::new(unsafe { Mmap::map(&file)? });
        mapped.insert(path.to_owned(), Arc::downgrade(&map));
        Ok(Some(map))
    }
}

impl fmt::Debug for MappedFiles {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("MappedFiles").field(&self.path).finish()
    }
}

impl Directory for MappedFiles {
    fn get_file_handle(&self, path: &Path) -> Result<Arc<dyn FileHandle>, OpenReadError> {
        match self.map(path) {
            Ok(Some(map)) => Ok(Arc::new(OwnedBytes::new(Bytes(map)))),
            Ok(None) => Ok(Arc::new(OwnedBytes::empty())),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Err(OpenReadError::FileDoesNotExist(path.to_owned())),
            Err(error) => Err(OpenReadError::wrap_io_error(error, path.to_owned())),
        }
    }

    fn delete(&self, path: &Path) -> Result<(), DeleteError> {
        self.directory.delete(path)
    }

    fn exists(&self, path: &Path) -> Result<bool, OpenReadError> {
        self.directory.exists(path)
    }

    fn open_write(&self, path: &Path) -> Result<WritePtr, OpenWriteError> {
        self.directory.open_write(path)
    }

    fn atomic_read(&self, path: &Path) -> Result<Vec<u8>, OpenReadError> {
        self.directory.atomic_read(path)
    }

    fn atomic_write(&self, path: &Path, data: &[u8]) -> io::Result<()> {
        self.directory.atomic_write(path, data)
    }

    fn sync_directory(&self) -> io::Result<()> {
        self.directory.sync_directory()
    }

    fn acquire_lock(&self, lock: &Lock) -> Result<DirectoryLock, LockError> {
        self.directory.acquire_lock(lock)
    }

    fn watch(&self, callback: WatchCallback) -> tantivy::Result<WatchHandle> {
        self.directory.watch(callback)
    }
}

/// The bytes of a map that many may read.
struct Bytes(Arc<Mmap>);

impl Deref for Bytes {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        &self.0
    }
}

// SAFETY: a map stays where it is, whoever holds it.
unsafe impl StableDeref for Bytes {}
