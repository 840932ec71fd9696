//! **Changes**: what the index knows of the archive's last state. The index is its own manifest: each thread's document names the
//! file or archive's entry that it came from, the hash of the file and the hash of its own content; the commit names the files that
//! it was made in the middle of.

use rustc_hash::{FxHashMap, FxHashSet};
use tantivy::columnar::{Column, StrColumn};
use tantivy::{DocId, SegmentReader};
use xxhash_rust::xxh3::xxh3_64;

use crate::index::{IndexError, View};
use crate::thread::ThreadId;

/// The archive as the index last saw it: 24 bytes a thread and about 50 a file, whatever their names.
#[derive(Default)]
pub struct LastState {
    /// By the hash of their ids.
    threads: Vec<Known>,
    /// Numbers of files, by the hash of their names.
    numbers: FxHashMap<u64, u32>,
    /// By number.
    digests: Vec<Digest>,
    /// Files that a commit was made in the middle of: some of their threads may be missing.
    unfinished: FxHashSet<String>,
    /// Some thread was met in several inputs, of which only one is known.
    pub shadowed: bool,
    /// The columns that hold the names of files.
    names: Vec<StrColumn>,
}

/// A thread that is in the index.
#[derive(Debug, Clone, Copy)]
pub struct Known {
    id: u64,
    /// Hash of what it says.
    pub content: u64,
    /// The number of its file.
    pub file: u32,
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum Digest {
    Of(u64),
    /// Its threads were written from different states of the file.
    Mixed,
}

/// The hash under which a run remembers an id or a name.
pub fn hash(name: &str) -> u64 {
    xxh3_64(name.as_bytes())
}

impl LastState {
    /// Read from the columns of the last commit; no stored thread is opened.
    pub fn of(view: &View) -> Result<LastState, IndexError> {
        let settings = view.settings()?;
        let unfinished = settings.unfinished.into_iter().collect();
        let mut state = LastState { unfinished, shadowed: settings.shadowed, ..LastState::default() };
        state.threads.reserve_exact(view.len() as usize);
        for reader in view.searcher().segment_readers() {
            let Some(columns) = Columns::open(view, reader)? else { continue };
            let ids = hashes(view, &columns.id)?;
            let names = hashes(view, &columns.file)?;
            for doc in reader.doc_ids_alive() {
                let [id, name] = [(&columns.id, &ids), (&columns.file, &names)].map(|(column, hashes)| {
                    let ord = column.term_ords(doc).next()?;
                    hashes.get(ord as usize).copied()
                });
                let (Some(id), Some(name)) = (id, name) else { return Err(view.damaged("a thread has no id or origin")) };
                let digest = Digest::Of(columns.digest.first(doc).unwrap_or(0));
                let file = *state.numbers.entry(name).or_insert_with(|| {
                    state.digests.push(digest);
                    (state.digests.len() - 1) as u32
                });
                if state.digests[file as usize] != digest {
                    state.digests[file as usize] = Digest::Mixed;
                }
                state.threads.push(Known { id, content: columns.content.first(doc).unwrap_or(0), file });
            }
            state.names.push(columns.file);
        }
        state.threads.sort_unstable_by_key(|known| known.id);
        Ok(state)
    }

    /// The numbers of the file, or of its entries where it is an archive, when all their threads were written from these very bytes.
    pub fn unchanged(&self, file: &str, digest: u64, is_archive: bool) -> Option<Vec<u32>> {
        if self.unfinished.contains(file) {
            return None;
        }
        let files = match self.numbers.get(&hash(file)) {
            Some(&number) => vec![number],
            None if is_archive => self.entries(file),
            None => return None,
        };
        let same = |&number: &u32| self.digests[number as usize] == Digest::Of(digest);
        (!files.is_empty() && files.iter().all(same)).then_some(files)
    }

    /// Entries of an archive that threads came from. A name that cannot be read is a reason to read the archive again.
    fn entries(&self, archive: &str) -> Vec<u32> {
        let (first, behind) = (format!("{archive}/"), format!("{archive}0")); // 0 follows / among the characters
        let mut entries = FxHashSet::default();
        for column in &self.names {
            let Ok(mut names) = column.dictionary().range().ge(&first).lt(&behind).into_stream() else { return Vec::new() };
            while names.advance() {
                entries.extend(self.numbers.get(&xxh3_64(names.key())));
            }
        }
        entries.into_iter().collect()
    }

    /// Where the thread with this hash of an id stands in [`LastState::threads`].
    pub fn find(&self, id: u64) -> Option<usize> {
        self.threads.binary_search_by_key(&id, |known| known.id).ok()
    }

    pub fn threads(&self) -> &[Known] {
        &self.threads
    }

    /// How many files there are; their numbers are below.
    pub fn files(&self) -> usize {
        self.digests.len()
    }

    pub fn unfinished(&self) -> impl Iterator<Item = &String> {
        self.unfinished.iter()
    }
}

/// Ids in the index that `gone` says have left the archive, given the hash of the id and the file it came from.
pub fn vanished(view: &View, gone: impl Fn(u64, &str) -> bool) -> Result<Vec<ThreadId>, IndexError> {
    let mut ids = Vec::new();
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
            if gone(hash(&id), &file) {
                ids.push(ThreadId::from(id.as_str()));
            }
        }
    }
    Ok(ids)
}

/// The hashes of a column's texts, by ordinal: its dictionary is read once from end to end.
fn hashes(view: &View, column: &StrColumn) -> Result<Vec<u64>, IndexError> {
    let mut hashes = Vec::with_capacity(column.dictionary().num_terms());
    let mut terms = column.dictionary().stream().map_err(|error| view.damaged(error))?;
    while terms.advance() {
        hashes.push(xxh3_64(terms.key()));
    }
    Ok(hashes)
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
