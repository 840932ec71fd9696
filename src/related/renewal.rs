//! A **renewal** brings the panels of an archive up to date after its index has changed. In: the panels as they were, a line each, and
//! the index as it is. Out: which threads' panels can have changed; the others keep their lines.
//!
//! A panel can have changed when its thread is new or says something else, when one of its entries does or has left, or when a new or
//! changed thread may come into it. Likeness goes both ways: those are the threads that rank high for the new one.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};

use rayon::prelude::*;
use rustc_hash::{FxHashMap, FxHashSet};
use serde::{Deserialize, Serialize};
use xxhash_rust::xxh3::xxh3_64;

use crate::index::{IndexError, View};
use crate::search::Weights;

use super::{Subject, ranking};

/// Threads that rank this high for a new one may have it in their panels.
const REACH: usize = 100;

/// Panels as an earlier run printed them, by thread. Their lines stay in the file.
#[derive(Debug)]
pub struct Previous {
    path: PathBuf,
    panels: FxHashMap<u64, PreviousPanel>,
    /// Bytes of whole lines.
    length: u64,
}

#[derive(Debug, Clone)]
struct PreviousPanel {
    at: u64,
    length: u64,
    content: u64,
    /// Hashed ids of its entries and of the duplicates in them.
    entries: Vec<u64>,
}

/// What a line has to say.
#[derive(Deserialize)]
struct Line {
    of: String,
    content: String,
    panel: Vec<LineEntry>,
}

#[derive(Deserialize)]
struct LineEntry {
    id: String,
    #[serde(default)]
    duplicates: Vec<String>,
}

#[derive(Debug, thiserror::Error)]
pub enum RenewalError {
    #[error("{}: cannot be read: {reason}", .path.display())]
    Unreadable { path: PathBuf, reason: String },
    #[error("{}:{line}: is no panel of `related --all --format json`: {reason}; name the output of an earlier run", .path.display())]
    Malformed { path: PathBuf, line: usize, reason: String },
    #[error("{}: was made of another state of the index; bring it up to date with --since, or remove it", .path.display())]
    OtherState { path: PathBuf },
    #[error(transparent)]
    Index(#[from] IndexError),
}

/// How panels have changed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize)]
pub struct Churn {
    /// Threads whose panel was kept as it was.
    pub kept: usize,
    /// Threads whose panel was made again,
    pub computed: usize,
    /// how many of these are new,
    pub new: usize,
    /// and how many have other entries than before.
    pub changed: usize,
    /// Threads that had a panel and have left the index.
    pub gone: usize,
    pub entries_in: usize,
    pub entries_out: usize,
}

impl Previous {
    /// Reads the panels of an earlier run. A last line that was cut off is passed over.
    pub fn read(path: &Path) -> Result<Previous, RenewalError> {
        let unreadable = |error: io::Error| RenewalError::Unreadable { path: path.to_path_buf(), reason: error.to_string() };
        let mut input = BufReader::new(File::open(path).map_err(unreadable)?);
        let mut previous = Previous { path: path.to_path_buf(), panels: FxHashMap::default(), length: 0 };
        let mut line = Vec::new();
        for number in 1.. {
            line.clear();
            let read = input.read_until(b'\n', &mut line).map_err(unreadable)? as u64;
            if read == 0 || !line.ends_with(b"\n") {
                break;
            }
            let malformed = |reason: String| RenewalError::Malformed { path: path.to_path_buf(), line: number, reason };
            let parsed: Line = serde_json::from_slice(&line).map_err(|error| malformed(error.to_string()))?;
            let content = u64::from_str_radix(&parsed.content, 16).map_err(|error| malformed(error.to_string()))?;
            let ids = parsed.panel.iter().flat_map(|entry| std::iter::once(&entry.id).chain(&entry.duplicates));
            let panel = PreviousPanel { at: previous.length, length: read, content, entries: ids.map(|id| hash(id)).collect() };
            previous.panels.insert(hash(&parsed.of), panel);
            previous.length += read;
        }
        Ok(previous)
    }

    /// Bytes of the whole lines: where a run that was cut off goes on.
    pub fn length(&self) -> u64 {
        self.length
    }

    /// Whether a thread has a panel here.
    pub fn has(&self, id: &str) -> bool {
        self.panels.contains_key(&hash(id))
    }

    /// Whether every panel here is of a thread that is in the index as it was then.
    pub fn is_of(&self, view: &View) -> Result<(), RenewalError> {
        let mut alike = 0;
        for at in view.addresses() {
            let known = self.panels.get(&hash(view.id(at)?.as_str()));
            alike += usize::from(known.is_some_and(|known| Some(known.content) == content(view, at)));
        }
        if alike == self.panels.len() { Ok(()) } else { Err(RenewalError::OtherState { path: self.path.clone() }) }
    }

    /// The threads of the view whose panels have to be made again, by hashed id, and how many threads have left.
    pub fn outdated(&self, view: &View, weights: &Weights) -> Result<(FxHashSet<u64>, usize), RenewalError> {
        let mut outdated = FxHashSet::default();
        let mut present = FxHashSet::default();
        let mut fresh = Vec::new();
        for at in view.addresses() {
            let id = hash(view.id(at)?.as_str());
            present.insert(id);
            if self.panels.get(&id).is_none_or(|known| Some(known.content) != content(view, at)) {
                outdated.insert(id);
                fresh.push(at);
            }
        }
        let reached: Vec<Vec<u64>> = fresh
            .par_iter()
            .map(|&at| {
                let (thread, annotation) = view.annotated(at)?;
                let own = Some(thread.id.clone());
                let ranked = ranking(view, &Subject { thread, annotation, own }, weights, REACH)?;
                Ok(ranked.iter().map(|ranked| hash(ranked.id.as_str())).collect())
            })
            .collect::<Result<_, IndexError>>()?;
        let stale = |entry: &u64| !present.contains(entry) || outdated.contains(entry);
        let with_stale: Vec<u64> =
            self.panels.iter().filter(|(_, panel)| panel.entries.iter().any(stale)).map(|(&id, _)| id).collect();
        outdated.extend(with_stale.into_iter().filter(|id| present.contains(id)));
        outdated.extend(reached.into_iter().flatten());
        let gone = self.panels.keys().filter(|id| !present.contains(id)).count();
        Ok((outdated, gone))
    }

    /// The line of a thread's panel as it was.
    pub fn line(&self, id: &str) -> Result<Option<Vec<u8>>, RenewalError> {
        let Some(panel) = self.panels.get(&hash(id)) else { return Ok(None) };
        let read = || -> io::Result<Vec<u8>> {
            let mut file = File::open(&self.path)?;
            file.seek(SeekFrom::Start(panel.at))?;
            let mut line = Vec::with_capacity(panel.length as usize);
            file.take(panel.length).read_to_end(&mut line)?;
            Ok(line)
        };
        read().map(Some).map_err(|error| RenewalError::Unreadable { path: self.path.clone(), reason: error.to_string() })
    }

    /// Counts what became of a panel that was made again.
    pub fn count(&self, id: &str, entries: impl Iterator<Item = impl AsRef<str>>, churn: &mut Churn) {
        churn.computed += 1;
        let now: FxHashSet<u64> = entries.map(|entry| hash(entry.as_ref())).collect();
        let Some(before) = self.panels.get(&hash(id)) else {
            churn.new += 1;
            churn.entries_in += now.len();
            return;
        };
        let before: FxHashSet<u64> = before.entries.iter().copied().collect();
        let (entered, left) = (now.difference(&before).count(), before.difference(&now).count());
        churn.changed += usize::from(entered + left > 0);
        churn.entries_in += entered;
        churn.entries_out += left;
    }
}

/// The hash under which a thread's id is remembered.
pub fn hash(id: &str) -> u64 {
    xxh3_64(id.as_bytes())
}

fn content(view: &View, at: tantivy::DocAddress) -> Option<u64> {
    view.columns(at.segment_ord).ok()?.content(at.doc_id)
}
