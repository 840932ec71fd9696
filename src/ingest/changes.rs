//! **Changes**: what the index knows of the archive's last state. The index is its own manifest: each thread's document names the
//! file it came from, the hash of that file and the hash of its own content.

use rustc_hash::{FxHashMap, FxHashSet};
use tantivy::columnar::{Column, StrColumn};
use tantivy::{DocId, SegmentReader};
use xxhash_rust::xxh3::xxh3_64;

use crate::index::{IndexError, View};
use crate::thread::ThreadId;

/// The archive as the index last saw it.
#[derive(Debug, Default)]
pub struct LastState {
    files: FxHashMap<String, FileState>,
    /// Content hash by hashed id: 16 bytes a thread, whatever the ids.
    contents: FxHashMap<u64, u64>,
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum FileState {
    Digest(u64),
    /// Its threads were written from different states of the file.
    Mixed,
}

/// The hash under which a run remembers an id.
pub fn id_hash(id: &str) -> u64 {
    xxh3_64(id.as_bytes())
}

impl LastState {
    /// Read from the columns of the last commit; no stored thread is opened.
    pub fn of(view: &View) -> Result<LastState, IndexError> {
        let mut state = LastState::default();
        for_each_thread(view, |known| {
            let of_file = state.files.entry(known.file.to_owned()).or_insert(FileState::Digest(known.digest));
            if *of_file != FileState::Digest(known.digest) {
                *of_file = FileState::Mixed;
            }
            state.contents.insert(id_hash(known.id), known.content);
        })?;
        Ok(state)
    }

    /// Whether all threads of this file were written from these very bytes.
    pub fn has_file(&self, file: &str, digest: u64) -> bool {
        self.files.get(file) == Some(&FileState::Digest(digest))
    }

    /// The content hash of a thread that is in the index.
    pub fn content(&self, id: &ThreadId) -> Option<u64> {
        self.contents.get(&id_hash(id.as_str())).copied()
    }

    pub fn is_empty(&self) -> bool {
        self.contents.is_empty()
    }
}

/// Ids in the index that this run has not met and that `gone` says have left the archive, given the file they came from.
pub fn vanished(view: &View, met: &FxHashSet<u64>, gone: impl Fn(&str) -> bool) -> Result<Vec<ThreadId>, IndexError> {
    let mut ids = Vec::new();
    for_each_thread(view, |known| {
        if !met.contains(&id_hash(known.id)) && gone(known.file) {
            ids.push(ThreadId::from(known.id));
        }
    })?;
    Ok(ids)
}

/// Marks every thread of the file as met.
pub fn meet_threads_of(view: &View, files: &FxHashSet<String>, met: &mut FxHashSet<u64>) -> Result<u64, IndexError> {
    let before = met.len();
    for_each_thread(view, |known| {
        if files.contains(known.file) {
            met.insert(id_hash(known.id));
        }
    })?;
    Ok((met.len() - before) as u64)
}

struct Known<'a> {
    id: &'a str,
    file: &'a str,
    digest: u64,
    content: u64,
}

fn for_each_thread(view: &View, mut each: impl FnMut(Known<'_>)) -> Result<(), IndexError> {
    for reader in view.searcher().segment_readers() {
        let Some(columns) = Columns::open(view, reader)? else { continue };
        let (mut id, mut file) = (String::new(), String::new());
        let mut file_ord = None;
        for doc in reader.doc_ids_alive() {
            read_text(view, &columns.id, doc, &mut id)?;
            // Neighbours mostly come from one file; its name is looked up once.
            let ord = columns.file.term_ords(doc).next();
            if ord != file_ord {
                read_text(view, &columns.file, doc, &mut file)?;
                file_ord = ord;
            }
            let digest = columns.digest.first(doc).unwrap_or(0);
            let content = columns.content.first(doc).unwrap_or(0);
            each(Known { id: &id, file: &file, digest, content });
        }
    }
    Ok(())
}

struct Columns {
    id: StrColumn,
    file: StrColumn,
    digest: Column<u64>,
    content: Column<u64>,
}

impl Columns {
    /// `None` in a segment without threads.
    fn open(view: &View, reader: &SegmentReader) -> Result<Option<Columns>, IndexError> {
        let fast = reader.fast_fields();
        let open = || -> tantivy::Result<Option<Columns>> {
            let (Some(id), Some(file)) = (fast.str("id")?, fast.str("file")?) else { return Ok(None) };
            Ok(Some(Columns { id, file, digest: fast.u64("file_digest")?, content: fast.u64("content")? }))
        };
        open().map_err(|error| view.damaged(error))
    }
}

fn read_text(view: &View, column: &StrColumn, doc: DocId, into: &mut String) -> Result<(), IndexError> {
    into.clear();
    let ord = column.term_ords(doc).next().ok_or_else(|| view.damaged("a thread has no id or origin"))?;
    column.ord_to_str(ord, into).map(drop).map_err(|error| view.damaged(error))
}
