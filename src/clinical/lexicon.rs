//! The **lexicon** is what is known of concepts: their terms, what is a kind of what, and how terms are met in text.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::sync::{Arc, OnceLock};

use include_dir::{Dir, include_dir};
use xxhash_rust::xxh3::xxh3_64;

use super::compile::Tables;
use super::tokens::{Class, Tokens};
use super::{ConceptId, Kind, LexiconError};

static CORE: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/schema/lexicon");

/// Immutable and cheap to clone.
#[derive(Clone)]
pub struct Lexicon {
    inner: Arc<Inner>,
}

struct Inner {
    concepts: Vec<Row>,
    terms: HashMap<Vec<String>, Vec<ConceptId>>,
    bytes: Vec<u8>,
}

struct Row {
    id: String,
    kind: Kind,
    terms: Vec<String>,
    parents: Vec<ConceptId>,
    children: Vec<ConceptId>,
}

/// What a concept is called.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Concept<'l> {
    /// `symptom:paresthesia`
    pub id: &'l str,
    /// The preferred name: `paresthesia`.
    pub name: &'l str,
    pub kind: Kind,
}

impl Lexicon {
    /// The built-in tables.
    pub fn core() -> Lexicon {
        static LEXICON: OnceLock<Lexicon> = OnceLock::new();
        let core = || Lexicon::from_tables(&core_tables().expect("the built-in tables are well formed"));
        LEXICON.get_or_init(core).clone()
    }

    /// The built-in tables and those of the given files. A concept that two of them share is one concept.
    pub fn with_tables(extra: &[PathBuf]) -> Result<Lexicon, LexiconError> {
        let mut tables = core_tables()?;
        for path in extra {
            tables.read(path)?;
        }
        Ok(Lexicon::from_tables(&tables))
    }

    /// A compiled lexicon in a file.
    pub fn open(path: &Path) -> Result<Lexicon, LexiconError> {
        let mut tables = Tables::default();
        tables.read(path)?;
        Ok(Lexicon::from_tables(&tables))
    }

    /// The compiled form.
    pub fn bytes(&self) -> &[u8] {
        &self.inner.bytes
    }

    /// Changes whenever the content changes.
    pub fn fingerprint(&self) -> u64 {
        xxh3_64(&self.inner.bytes)
    }

    /// How many concepts there are.
    pub fn len(&self) -> usize {
        self.inner.concepts.len()
    }

    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// What a concept is called.
    ///
    /// # Panics
    /// When the id is of another lexicon and larger than any here.
    pub fn concept(&self, id: ConceptId) -> Concept<'_> {
        let row = self.row(id);
        Concept { id: &row.id, name: &row.terms[0], kind: row.kind }
    }

    pub fn by_id(&self, id: &str) -> Option<ConceptId> {
        let found = self.inner.concepts.binary_search_by(|row| row.id.as_str().cmp(id));
        found.ok().map(|n| ConceptId(n as u32))
    }

    /// The concepts that have this term, after folding.
    pub fn lookup(&self, term: &str) -> Vec<ConceptId> {
        self.inner.terms.get(&key(&Tokens::of(term), 0..usize::MAX)).cloned().unwrap_or_default()
    }

    pub fn parents(&self, id: ConceptId) -> impl Iterator<Item = ConceptId> {
        self.row(id).parents.iter().copied()
    }

    pub fn children(&self, id: ConceptId) -> impl Iterator<Item = ConceptId> {
        self.row(id).children.iter().copied()
    }

    /// Broader concepts with their distance from 1, nearest first.
    pub fn ancestors(&self, id: ConceptId) -> Vec<(ConceptId, u8)> {
        self.reach(id, |row| &row.parents)
    }

    /// Narrower concepts, nearest first.
    pub fn descendants(&self, id: ConceptId) -> Vec<ConceptId> {
        self.reach(id, |row| &row.children).into_iter().map(|(id, _)| id).collect()
    }

    /// The name and the synonyms, as written in the tables.
    pub fn terms(&self, id: ConceptId) -> impl Iterator<Item = &str> {
        self.row(id).terms.iter().map(String::as_str)
    }

    /// Every term with its concept.
    pub fn all_terms(&self) -> impl Iterator<Item = (&str, ConceptId)> {
        let rows = self.inner.concepts.iter().enumerate();
        rows.flat_map(|(n, row)| row.terms.iter().map(move |term| (term.as_str(), ConceptId(n as u32))))
    }

    /// The longest term that begins at a token: where it ends and its concept.
    pub(super) fn longest(&self, tokens: &Tokens<'_>, from: usize) -> Option<(usize, ConceptId)> {
        (from + 1..=tokens.len().min(from + 7)).rev().find_map(|end| {
            let word = |n: usize| tokens.as_slice()[n].class != Class::Mark;
            let owners = self.inner.terms.get(&key(tokens, from..end)).filter(|_| word(from) && word(end - 1))?;
            Some((end, owners[0]))
        })
    }

    fn row(&self, id: ConceptId) -> &Row {
        &self.inner.concepts[id.0 as usize]
    }

    fn reach<'l>(&'l self, id: ConceptId, next: impl Fn(&'l Row) -> &'l Vec<ConceptId>) -> Vec<(ConceptId, u8)> {
        let mut found: Vec<(ConceptId, u8)> = vec![(id, 0)];
        let mut at = 0;
        while at < found.len() {
            let (from, distance) = found[at];
            for &to in next(self.row(from)) {
                if !found.iter().any(|&(known, _)| known == to) {
                    found.push((to, distance.saturating_add(1)));
                }
            }
            at += 1;
        }
        found.remove(0);
        found
    }

    fn from_tables(tables: &Tables) -> Lexicon {
        let mut concepts: Vec<(Row, &[String])> = Vec::new();
        for entry in &tables.entries {
            let kind = entry.id.split(':').next().unwrap_or("");
            if let Ok(kind) = Kind::from_str(kind) {
                let terms = std::iter::once(&entry.name).chain(&entry.synonyms).cloned().collect();
                let row = Row { id: entry.id.clone(), kind, terms, parents: Vec::new(), children: Vec::new() };
                concepts.push((row, &entry.parents));
            }
        }
        concepts.sort_by(|a, b| a.0.id.cmp(&b.0.id));
        concepts.dedup_by(|a, b| a.0.id == b.0.id);
        let (mut rows, parents): (Vec<Row>, Vec<&[String]>) = concepts.into_iter().unzip();
        let mut terms: HashMap<Vec<String>, Vec<ConceptId>> = HashMap::new();
        let mut bytes = b"id\tname\tsynonyms\tparents\n".to_vec();
        for n in 0..rows.len() {
            let id = ConceptId(n as u32);
            for parent in parents[n] {
                if let Ok(above) = rows.binary_search_by(|row| row.id.cmp(parent)) {
                    rows[n].parents.push(ConceptId(above as u32));
                    rows[above].children.push(id);
                }
            }
            for term in &rows[n].terms {
                let owners = terms.entry(key(&Tokens::of(term), 0..usize::MAX)).or_default();
                if !owners.contains(&id) {
                    owners.push(id);
                }
            }
            let row = &rows[n];
            let line = format!("{}\t{}\t{}\t{}\n", row.id, row.terms[0], row.terms[1..].join("|"), parents[n].join("|"));
            bytes.extend_from_slice(line.as_bytes());
        }
        Lexicon { inner: Arc::new(Inner { concepts: rows, terms, bytes }) }
    }
}

fn core_tables() -> Result<Tables, LexiconError> {
    let mut tables = Tables::default();
    for file in CORE.files().filter(|file| file.path().extension().is_some_and(|extension| extension == "tsv")) {
        tables.add(file.path(), file.contents())?;
    }
    Ok(tables)
}

/// Folded words of a term, without marks.
fn key(tokens: &Tokens<'_>, range: std::ops::Range<usize>) -> Vec<String> {
    let range = range.start..range.end.min(tokens.len());
    let words = range.filter(|&n| tokens.as_slice()[n].class != Class::Mark);
    words.map(|n| tokens.folded(n).to_owned()).collect()
}
