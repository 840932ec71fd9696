//! The **lexicon** is what is known of concepts: their terms, what is a kind of what, and how terms are met in text.
//!
//! In: the built-in tables, a user's tables, or a compiled file. Out: answers about concepts for every other room, and for the matcher
//! the [`View`] of words, terms and pairs.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use include_dir::{Dir, include_dir};
use memmap2::Mmap;
use xxhash_rust::xxh3::xxh3_64_with_seed;

use super::compile::layout::{ConceptRow, Piece, Places, Section, TermRow};
use super::compile::{Tables, compile};
use super::view::View;
use super::{ConceptId, Kind, LexiconError, import};

/// The built-in tables, for joining with others at run time.
static TABLES: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/schema/lexicon");

/// The same, compiled by the build script.
static CORE: &Aligned<[u8]> = &Aligned(*include_bytes!(concat!(env!("OUT_DIR"), "/core.lexicon")));

#[repr(C, align(16))]
struct Aligned<T: ?Sized>(T);

/// What this program knows beside tables and what changes the reading of text: a lexicon's fingerprint covers it.
const RULES: &[u8] = include_bytes!("../../schema/assertion.tsv");

/// Concepts and their terms. Immutable and cheap to clone.
#[derive(Clone)]
pub struct Lexicon {
    bytes: Bytes,
    places: Places,
}

#[derive(Clone)]
enum Bytes {
    BuiltIn(&'static [u8]),
    Compiled(Arc<[u128]>),
    Mapped(Arc<Mmap>),
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
    /// The built-in lexicon. Nothing is parsed.
    pub fn core() -> Lexicon {
        let places = Places::of(&CORE.0, false).expect("the build script compiled the built-in lexicon with this same layout");
        Lexicon { bytes: Bytes::BuiltIn(&CORE.0), places }
    }

    /// The built-in tables and those of the given files, which may also be standard terminologies: OBO, RRF, MeSH XML, listings. What
    /// the files add is joined with what is there by id, by cross-reference,
    /// or by a name that is a term of the other.
    ///
    /// # Errors
    /// A file that cannot be read or is no table, an id that stands twice in a file, a parent that is nowhere, parents that go round:
    /// with path and line.
    pub fn with_tables(extra: &[PathBuf]) -> Result<Lexicon, LexiconError> {
        if extra.is_empty() {
            return Ok(Lexicon::core());
        }
        let mut tables = core_tables()?;
        import::read(&mut tables, extra)?;
        Lexicon::compiled(&tables)
    }

    /// The tables of the given files alone, without the built-in ones.
    ///
    /// # Errors
    /// As for [`Lexicon::with_tables`].
    pub fn of_tables(files: &[PathBuf]) -> Result<Lexicon, LexiconError> {
        let mut tables = Tables::default();
        import::read(&mut tables, files)?;
        tables.core = tables.files.len();
        Lexicon::compiled(&tables)
    }

    /// A compiled lexicon in a file, read where it lies.
    ///
    /// # Errors
    /// A file that cannot be read, that is no compiled lexicon, one of another version, or a damaged one.
    pub fn open(path: &Path) -> Result<Lexicon, LexiconError> {
        let unreadable = |source| LexiconError::Unreadable { path: path.into(), source };
        let file = std::fs::File::open(path).map_err(unreadable)?;
        // SAFETY: an index's lexicon is written once under a new name and never changed in place.
        let bytes = Bytes::Mapped(Arc::new(unsafe { Mmap::map(&file) }.map_err(unreadable)?));
        let places = Places::of(bytes.get(), true).map_err(|what| LexiconError::File { path: path.into(), what })?;
        Ok(Lexicon { bytes, places })
    }

    /// A compiled lexicon of these bytes, read from somewhere under `path`.
    ///
    /// # Errors
    /// The same as of [`Lexicon::open`].
    pub fn of_compiled(bytes: &[u8], path: &Path) -> Result<Lexicon, LexiconError> {
        let mut aligned = vec![0u128; bytes.len().div_ceil(size_of::<u128>())];
        bytemuck::cast_slice_mut(&mut aligned)[..bytes.len()].copy_from_slice(bytes);
        let bytes = Bytes::Compiled(aligned.into());
        let places = Places::of(bytes.get(), true).map_err(|what| LexiconError::File { path: path.into(), what })?;
        Ok(Lexicon { bytes, places })
    }

    /// The compiled form, to be written to a file and opened again.
    pub fn bytes(&self) -> &[u8] {
        self.bytes.get()
    }

    /// Changes whenever a text could be read otherwise: with any table, guard or rule of assertion.
    pub fn fingerprint(&self) -> u64 {
        xxh3_64_with_seed(RULES, self.places.checksum)
    }

    /// How many concepts there are; their ids are the numbers below.
    pub fn len(&self) -> usize {
        self.concepts().len()
    }

    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// What a concept is called.
    ///
    /// # Panics
    /// When the id is of another lexicon and larger than any here, as in every method that takes one.
    pub fn concept(&self, id: ConceptId) -> Concept<'_> {
        let row = self.row(id);
        let kind = Kind::ALL[row.kind as usize];
        Concept { id: self.text(row.id), name: self.text(row.name), kind }
    }

    /// The concept with a lasting id such as `symptom:paresthesia`.
    pub fn by_id(&self, id: &str) -> Option<ConceptId> {
        let found = self.concepts().binary_search_by(|row| self.text(row.id).cmp(id));
        found.ok().map(|n| ConceptId(n as u32))
    }

    /// The concepts that have this term, however its case, hyphens, number and spelling; also where a guard keeps it from being
    /// met in text. The one whose name it is comes first.
    pub fn lookup(&self, term: &str) -> Vec<ConceptId> {
        self.view().lookup(term)
    }

    /// The next broader concepts.
    pub fn parents(&self, id: ConceptId) -> impl Iterator<Item = ConceptId> {
        self.numbers(self.row(id).parents)
    }

    /// The next narrower concepts.
    pub fn children(&self, id: ConceptId) -> impl Iterator<Item = ConceptId> {
        self.numbers(self.row(id).children)
    }

    /// Broader concepts with their distance from 1, nearest first.
    pub fn ancestors(&self, id: ConceptId) -> Vec<(ConceptId, u8)> {
        self.reach(id, |row| row.parents)
    }

    /// Narrower concepts, nearest first.
    pub fn descendants(&self, id: ConceptId) -> Vec<ConceptId> {
        self.reach(id, |row| row.children).into_iter().map(|(id, _)| id).collect()
    }

    /// The name and the synonyms, as written in the tables.
    pub fn terms(&self, id: ConceptId) -> impl Iterator<Item = &str> {
        let Piece { start, end } = self.row(id).terms;
        self.term_rows()[start as usize..end as usize].iter().map(|row| self.text(row.text))
    }

    /// Every term with its concept.
    pub fn all_terms(&self) -> impl Iterator<Item = (&str, ConceptId)> {
        self.term_rows().iter().map(|row| (self.text(row.text), ConceptId(row.concept)))
    }

    pub(super) fn view(&self) -> View<'_> {
        View::of(self.bytes.get(), &self.places)
    }

    pub(super) fn compiled(tables: &Tables) -> Result<Lexicon, LexiconError> {
        let bytes = Bytes::Compiled(compile(tables)?.into());
        let places = Places::of(bytes.get(), false).expect("what was compiled here has this layout");
        Ok(Lexicon { bytes, places })
    }

    fn concepts(&self) -> &[ConceptRow] {
        self.places.rows(self.bytes.get(), Section::Concepts)
    }

    fn row(&self, id: ConceptId) -> &ConceptRow {
        &self.concepts()[id.0 as usize]
    }

    fn term_rows(&self) -> &[TermRow] {
        self.places.rows(self.bytes.get(), Section::Terms)
    }

    fn numbers(&self, Piece { start, end }: Piece) -> impl Iterator<Item = ConceptId> {
        let numbers: &[u32] = self.places.rows(self.bytes.get(), Section::Numbers);
        numbers[start as usize..end as usize].iter().map(|&n| ConceptId(n))
    }

    fn text(&self, Piece { start, end }: Piece) -> &str {
        let text: &[u8] = self.places.rows(self.bytes.get(), Section::Text);
        std::str::from_utf8(&text[start as usize..end as usize]).unwrap_or("")
    }

    fn reach(&self, id: ConceptId, next: impl Fn(&ConceptRow) -> Piece) -> Vec<(ConceptId, u8)> {
        let mut known = rustc_hash::FxHashSet::from_iter([id]);
        let mut found: Vec<(ConceptId, u8)> = vec![(id, 0)];
        let mut at = 0;
        while let Some(&(from, distance)) = found.get(at) {
            for to in self.numbers(next(self.row(from))) {
                if known.insert(to) {
                    found.push((to, distance.saturating_add(1)));
                }
            }
            at += 1;
        }
        found.remove(0);
        found
    }
}

impl Bytes {
    fn get(&self) -> &[u8] {
        match self {
            Bytes::BuiltIn(bytes) => bytes,
            Bytes::Compiled(words) => bytemuck::cast_slice(words),
            Bytes::Mapped(map) => map,
        }
    }
}

pub(super) fn core_tables() -> Result<Tables, LexiconError> {
    Tables::core(TABLES.files().map(|file| (file.path(), file.contents())))
}
