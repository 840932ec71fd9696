//! **Importing** reads standard terminologies that a user has and this project may not ship, next to tables in the lexicon's own form.
//!
//! In: paths of OBO, RRF, MeSH XML, listings and tables; the form is known by the name and the first lines. Out: their concepts in
//! [`Tables`], where merging joins them with the core and with each other. Nobody has held the terms of a terminology against running
//! text, so they count as not reviewed: compiling guards those that are ordinary words or acronyms.

mod lines;
mod listing;
mod mapping;
mod mesh;
mod obo;
mod rrf;
mod rxnorm;
mod umls;
mod write;

use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

use rustc_hash::{FxHashMap, FxHashSet};

use super::Kind;
use super::compile::{Entry, LexiconError, Place, Tables};
use lines::Lines;
use rrf::Release;

pub use write::{ImportError, Written, write_table};

/// Adds what stands in the files to the tables.
pub fn read(tables: &mut Tables, paths: &[PathBuf]) -> Result<(), LexiconError> {
    let mut terminologies = Vec::new();
    let mut releases = Vec::new();
    for path in paths {
        match Form::of(path)? {
            Form::Table => tables.read(path)?,
            Form::Listing => terminologies.push(listing::read(path)?),
            Form::Obo => terminologies.push(obo::read(path)?),
            Form::Mesh => terminologies.push(mesh::read(path)?),
            Form::Release(release) if releases.contains(&release) => {}
            Form::Release(release) => {
                terminologies.push(release.read()?);
                releases.push(release);
            }
        }
    }
    settle(tables, terminologies);
    Ok(())
}

/// The forms in which concepts come.
enum Form {
    /// The lexicon's own.
    Table,
    Listing,
    Obo,
    Mesh,
    Release(Release),
}

impl Form {
    fn of(path: &Path) -> Result<Form, LexiconError> {
        if let Some(release) = Release::of(path) {
            return Ok(Form::Release(release));
        }
        if path.is_dir() {
            let what = "is a folder without RXNCONSO.RRF or MRCONSO.RRF; name a file, or the folder of a release".to_owned();
            return Err(LexiconError::File { path: path.into(), what });
        }
        if path.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("rrf")) {
            let what = "is no file of a release that is known; name RXNCONSO.RRF or MRCONSO.RRF".to_owned();
            return Err(LexiconError::File { path: path.into(), what });
        }
        let mut beginning = Vec::new();
        let file = File::open(path).and_then(|file| file.take(4096).read_to_end(&mut beginning));
        file.map_err(|source| LexiconError::Unreadable { path: path.into(), source })?;
        let beginning = String::from_utf8_lossy(&beginning);
        let beginning = beginning.trim_start_matches('\u{feff}').trim_start();
        let header = beginning.lines().next().unwrap_or("");
        let is_obo = path.extension().is_some_and(|extension| extension == "obo");
        Ok(if beginning.starts_with('<') {
            Form::Mesh
        } else if is_obo || header.starts_with("format-version:") {
            Form::Obo
        } else if header.split('\t').any(|column| column.trim() == "concept_id") {
            Form::Listing
        } else {
            Form::Table
        })
    }
}

/// A concept as a terminology has it.
struct Item {
    line: usize,
    /// Its id there, such as `HP:0003401`.
    code: String,
    kind: Kind,
    name: String,
    synonyms: Vec<String>,
    /// Codes of broader concepts. One that no terminology has is of an ontology above, and says nothing here.
    parents: Vec<String>,
    /// As the lexicon's tables write them.
    xrefs: Vec<String>,
}

impl Item {
    fn new(line: usize, code: &str, kind: Kind, name: &str) -> Item {
        let mut item = Item {
            line,
            code: code.to_owned(),
            kind,
            name: name.to_owned(),
            synonyms: Vec::new(),
            parents: Vec::new(),
            xrefs: Vec::new(),
        };
        item.add_xrefs([code]);
        item
    }

    /// Takes those that mean the same, as far as is known.
    fn add_xrefs<'x>(&mut self, written: impl IntoIterator<Item = &'x str>) {
        for xref in written.into_iter().filter_map(mapping::xref) {
            if !self.xrefs.contains(&xref) {
                self.xrefs.push(xref);
            }
        }
    }

    fn id(&self) -> String {
        format!("{}:{}", self.kind, self.code)
    }
}

/// The concepts of one terminology, in the order of its file.
struct Terminology {
    path: PathBuf,
    /// A concept may stand in several places, and what is above it here may be below it there.
    of_many_trees: bool,
    items: Vec<Item>,
    lines: FxHashMap<String, usize>,
}

impl Terminology {
    fn new(path: &Path) -> Terminology {
        Terminology { path: path.into(), of_many_trees: false, items: Vec::new(), lines: FxHashMap::default() }
    }

    fn of_many_trees(path: &Path) -> Terminology {
        Terminology { of_many_trees: true, ..Terminology::new(path) }
    }

    fn is_empty(&self) -> bool {
        self.items.is_empty()
    }

    fn add(&mut self, item: Item) -> Result<(), LexiconError> {
        self.note(&item.code, item.line)?;
        self.items.push(item);
        Ok(())
    }

    /// Notes where an id stands, which it does once.
    fn note(&mut self, code: &str, line: usize) -> Result<(), LexiconError> {
        match self.lines.insert(code.to_owned(), line).filter(|&first| first != line) {
            None => Ok(()),
            Some(first) => {
                let what = format!("the id {code:?} is also in line {first}; an id stands once: take one out");
                Err(LexiconError::Line { path: self.path.clone(), line, what })
            }
        }
    }
}

/// Puts the concepts into the tables, each parent by its lasting id.
fn settle(tables: &mut Tables, terminologies: Vec<Terminology>) {
    let mut ids: FxHashMap<String, String> = FxHashMap::default();
    for item in terminologies.iter().flat_map(|terminology| &terminology.items) {
        ids.insert(item.code.clone(), item.id());
    }
    for entry in &tables.entries {
        for xref in &entry.xrefs {
            ids.entry(xref.clone()).or_insert_with(|| entry.id.clone());
        }
    }
    for terminology in terminologies {
        let file = tables.begin(&terminology.path);
        if terminology.of_many_trees {
            tables.patchworks.push(file);
        }
        for item in terminology.items {
            let mut seen = FxHashSet::default();
            let parents = item.parents.iter().filter_map(|code| ids.get(code)).filter(|id| seen.insert(id.as_str()));
            tables.entries.push(Entry {
                place: Place { file, line: item.line },
                id: item.id(),
                parents: parents.cloned().collect(),
                name: item.name,
                synonyms: item.synonyms,
                xrefs: item.xrefs,
                quality: None,
                site: None,
                concept: None,
                reviewed: false,
            });
        }
    }
}
