//! **Checking** tables: what is wrong with them, and what a reviewer should look at, line by line.
//!
//! In: the built-in tables and any others. Out: [`Finding`]s. An error is a line that does not do what it says: an id twice, a parent
//! that is nowhere, a term of two concepts, an example that reads otherwise. A remark is a line that may be meant.

use std::fmt;
use std::path::PathBuf;

use rustc_hash::{FxHashMap, FxHashSet};

use super::compile::{Item, LexiconError, Merged, Place, Rule, TYPES, Tables, folded, merge};
use super::lexicon::core_tables;
use super::{Annotator, ConceptId, Lexicon, import};

/// Something about one line of a table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    pub path: PathBuf,
    /// From 1.
    pub line: usize,
    pub what: String,
    pub is_error: bool,
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}, line {}: {}", self.path.display(), self.line, self.what)
    }
}

/// Checks the built-in tables together with the tables of the given files.
///
/// # Errors
/// Where the tables do not even fit together; see [`Lexicon::with_tables`].
pub fn check_tables(extra: &[PathBuf]) -> Result<Vec<Finding>, LexiconError> {
    let mut tables = core_tables()?;
    import::read(&mut tables, extra)?;
    let merged = merge(&tables)?;
    let annotator = Annotator::new(Lexicon::compiled(&tables)?);
    let mut check = Check { tables: &tables, merged: &merged, annotator, findings: Vec::new() };
    check.terms();
    check.classes();
    check.guards();
    check.examples();
    check.findings.sort_by(|a, b| (&a.path, a.line).cmp(&(&b.path, b.line)));
    Ok(check.findings)
}

struct Check<'t> {
    tables: &'t Tables,
    merged: &'t Merged,
    annotator: Annotator,
    findings: Vec<Finding>,
}

impl Check<'_> {
    fn add(&mut self, place: Place, is_error: bool, what: String) {
        self.findings.push(Finding { path: self.tables.files[place.file].clone(), line: place.line, what, is_error });
    }

    /// A term of two concepts, and a term that is not read as its concept.
    fn terms(&mut self) {
        let guarded: FxHashSet<String> = self.tables.guards.iter().map(|guard| folded(&guard.term)).collect();
        let merged = self.merged;
        for (n, item) in merged.concepts.iter().enumerate() {
            for term in &item.terms {
                if guarded.contains(&folded(term)) {
                    continue;
                }
                let owners = self.annotator.lexicon().lookup(term);
                let first = owners.first().map(|owner| owner.0 as usize);
                match first.filter(|&first| first != n) {
                    Some(first) if merged.concepts[first].place.file < self.tables.core => {
                        let what = format!("{} has the term {term:?}, which is {}'s", item.id, merged.concepts[first].id);
                        self.add(item.place, item.place.file < self.tables.core, what);
                    }
                    Some(_) => {}
                    None => self.reads_as(item, n, term),
                }
            }
        }
    }

    fn reads_as(&mut self, item: &Item, n: usize, term: &str) {
        let mentions = self.annotator.annotate(term);
        if mentions.iter().any(|mention| mention.concept == ConceptId(n as u32)) {
            return;
        }
        let read: Vec<&str> = mentions.iter().map(|mention| self.annotator.lexicon().concept(mention.concept).id).collect();
        let what = format!(
            "the term {term:?} of {} is read as {}",
            item.id,
            if read.is_empty() { "nothing".into() } else { read.join(", ") }
        );
        self.add(item.place, false, what);
    }

    /// A drug that is of no class, and is none itself.
    fn classes(&mut self) {
        let merged = self.merged;
        let above: FxHashSet<u32> = merged.concepts.iter().flat_map(|item| item.parents.iter().copied()).collect();
        for (n, item) in merged.concepts.iter().enumerate() {
            if TYPES[item.kind] == "drug" && item.parents.is_empty() && !above.contains(&(n as u32)) {
                self.add(item.place, false, format!("{} has no class: no parent, and no concept below", item.id));
            }
        }
    }

    /// A guard on what is no term.
    fn guards(&mut self) {
        let merged = self.merged;
        let items = merged.concepts.iter().chain(&merged.sites).chain(&merged.qualities);
        let mut owners: FxHashMap<String, Vec<&str>> = FxHashMap::default();
        for item in items {
            for term in &item.terms[..item.reviewed] {
                owners.entry(folded(term)).or_default().push(&item.id);
            }
        }
        for guard in &self.tables.guards {
            let of = owners.get(&folded(&guard.term));
            let has_owner = of.is_some_and(|of| guard.owner.is_empty() || of.contains(&guard.owner.as_str()));
            match guard.rule {
                // These are phrases and words beside the terms.
                Rule::Stop if guard.owner.is_empty() => {}
                Rule::Ordinary if of.is_some() => {
                    self.add(guard.place, true, format!("{:?} is a term, so it is never taken for another", guard.term));
                }
                Rule::Ordinary => {}
                _ if !has_owner => {
                    let whose = if guard.owner.is_empty() { "any concept" } else { &guard.owner };
                    self.add(guard.place, true, format!("{:?} is no term of {whose}; take the guard out", guard.term));
                }
                _ => {}
            }
        }
    }

    /// Examples that read otherwise than they say.
    fn examples(&mut self) {
        let tables = self.tables;
        for guard in &tables.guards {
            self.names(guard.place, &guard.example, &guard.expected);
        }
        for spelling in &tables.spellings {
            self.names(spelling.place, &spelling.example, &spelling.expected);
        }
        for link in &tables.links {
            let mentions = self.annotator.annotate(&link.example);
            let written: Vec<&str> =
                mentions.iter().map(|mention| &link.example[mention.start as usize..mention.end as usize]).collect();
            if !written.contains(&link.expected.as_str()) {
                let what = format!("in {:?}, {:?} should be one mention; met: {written:?}", link.example, link.expected);
                self.add(link.place, true, what);
            }
        }
    }

    fn names(&mut self, place: Place, example: &str, expected: &str) {
        let lexicon = self.annotator.lexicon();
        let mentions = self.annotator.annotate(example);
        let met: Vec<&str> = mentions.iter().map(|mention| lexicon.concept(mention.concept).id).collect();
        let fits = if expected == "none" { met.is_empty() } else { met.contains(&expected) };
        if example.is_empty() || !fits {
            let what = format!("the example {example:?} should name {expected}; it names {}", met.join(", "));
            self.add(place, true, what);
        }
    }
}
