//! **OBO** is the text form of open ontologies: HPO, the disease, symptom and action ontologies. Of a term its name, its exact and lay
//! synonyms, what it is a kind of, and its cross-references are read; obsolete terms are left out.

use std::collections::VecDeque;
use std::path::Path;

use rustc_hash::{FxHashMap, FxHashSet};

use super::mapping::Mapped;
use super::{Item, Lines, Terminology};
use crate::clinical::{Kind, LexiconError};

/// A `[Term]` on its way.
struct Term {
    line: usize,
    id: String,
    name: String,
    synonyms: Vec<String>,
    parents: Vec<String>,
    xrefs: Vec<String>,
    obsolete: bool,
}

pub fn read(path: &Path) -> Result<Terminology, LexiconError> {
    let mut lines = Lines::open(path)?;
    let mut terms: Vec<Term> = Vec::new();
    let mut within = false;
    while let Some(line) = lines.next()? {
        let text = line.text.trim();
        if text.starts_with('[') {
            within = text == "[Term]";
            if within {
                terms.push(Term {
                    line: line.number,
                    id: String::new(),
                    name: String::new(),
                    synonyms: Vec::new(),
                    parents: Vec::new(),
                    xrefs: Vec::new(),
                    obsolete: false,
                });
            }
            continue;
        }
        let Some(term) = terms.last_mut().filter(|_| within && !text.is_empty() && !text.starts_with('!')) else { continue };
        let Some((tag, value)) = text.split_once(':') else {
            return Err(line.error(format!("{text:?} has no colon; a line of a term is a tag, a colon and a value")));
        };
        term.take(tag, value.trim());
    }
    let error = |line, what: String| Err(LexiconError::Line { path: path.into(), line, what });
    if terms.is_empty() {
        return error(1, "has no [Term], so it is no OBO file; name an ontology in OBO form".into());
    }
    if let Some(term) = terms.iter().find(|term| term.id.is_empty() || (term.name.is_empty() && !term.obsolete)) {
        let missing = if term.id.is_empty() { "id" } else { "name" };
        return error(term.line, format!("the term has no {missing}; add a line \"{missing}: …\" or take the term out"));
    }
    let mut terminology = Terminology::new(path);
    for term in &terms {
        terminology.note(&term.id, term.line)?;
    }
    let kinds = kinds(&terms);
    for term in terms.into_iter().filter(|term| !term.obsolete) {
        let Some(&kind) = kinds.get(&term.id) else { continue };
        let mut item = Item::new(term.line, &term.id, kind, &term.name);
        (item.synonyms, item.parents) = (term.synonyms, term.parents);
        item.add_xrefs(term.xrefs.iter().map(String::as_str));
        terminology.add(item)?;
    }
    if terminology.is_empty() {
        let roots: Vec<&str> = Mapped::Obo.rows().map(|(root, _)| root).collect();
        return error(
            1,
            format!("no term lies below a root whose type is known ({}); bring a table of your own", roots.join(", ")),
        );
    }
    Ok(terminology)
}

impl Term {
    fn take(&mut self, tag: &str, value: &str) {
        match tag {
            "id" => self.id = plain(value),
            "name" => self.name = plain(value),
            "synonym" => self.synonyms.extend(synonym(value)),
            "is_a" => self.parents.push(reference(value)),
            "xref" | "alt_id" => self.xrefs.push(reference(value)),
            "is_obsolete" => self.obsolete = plain(value) == "true",
            _ => {}
        }
    }
}

/// The type of each term below a known root: that of the nearest. A root itself says nothing of a patient.
fn kinds(terms: &[Term]) -> FxHashMap<String, Kind> {
    let roots: FxHashMap<&str, Kind> = Mapped::Obo.rows().collect();
    let above: FxHashMap<&str, &[String]> = terms.iter().map(|term| (term.id.as_str(), term.parents.as_slice())).collect();
    let kind_of = |id: &str| {
        let mut way: VecDeque<&str> = above.get(id)?.iter().map(String::as_str).collect();
        let mut seen: FxHashSet<&str> = way.iter().copied().collect();
        while let Some(at) = way.pop_front() {
            if let Some(&kind) = roots.get(at) {
                return Some(kind);
            }
            let next = above.get(at).copied().unwrap_or_default();
            way.extend(next.iter().map(String::as_str).filter(|id| seen.insert(id)));
        }
        None
    };
    let below = terms.iter().filter(|term| !roots.contains_key(term.id.as_str()));
    below.filter_map(|term| Some((term.id.clone(), kind_of(&term.id)?))).collect()
}

/// A value without its comment, with escapes undone.
fn plain(value: &str) -> String {
    let mut text = String::with_capacity(value.len());
    let mut letters = value.chars();
    while let Some(letter) = letters.next() {
        match letter {
            '!' => break,
            '\\' => text.extend(letters.next().map(|escaped| if matches!(escaped, 'n' | 't' | 'W') { ' ' } else { escaped })),
            _ => text.push(letter),
        }
    }
    text.trim().to_owned()
}

/// An id, without the name or the qualifiers behind it.
fn reference(value: &str) -> String {
    plain(value.split([' ', '{']).next().unwrap_or(""))
}

/// The words of `"prickling" EXACT layperson []`, where they mean the term itself.
fn synonym(value: &str) -> Option<String> {
    let quoted = value.strip_prefix('"')?;
    let mut escaped = false;
    let end = quoted.find(|letter| {
        let ends = letter == '"' && !escaped;
        escaped = letter == '\\' && !escaped;
        ends
    })?;
    let mut says = quoted[end + 1..].split_whitespace();
    let (scope, kind) = (says.next().unwrap_or(""), says.next().unwrap_or(""));
    (scope == "EXACT" && kind != "obsolete_synonym").then(|| plain(&quoted[..end]))
}
