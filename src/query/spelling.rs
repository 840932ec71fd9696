//! **Spelling**: a typed word that nothing knows is corrected to a word of the lexicon, and failing that to a word of the archive.
//!
//! A word that the lexicon has never becomes a word of another concept, so that one drug never becomes another; a misspelling that
//! the lexicon keeps as a synonym becomes the name. A word that the archive has stays, unless clinical reading takes it for a drug's
//! name misspelt, there as here.

use std::ops::Range;

use rustc_hash::FxHashMap;
use tantivy::query::FuzzyTermQuery;
use tantivy::schema::{Field, IndexRecordOption};
use tantivy::{DocAddress, Term};

use crate::clinical::{ConceptId, Kind};
use crate::index::{IndexError, View, analyzer};

use super::Ask;

/// Shorter words have too many neighbours.
const SHORTEST: usize = 4;

/// From this many letters on, a word may be two edits away.
const LONG: usize = 9;

/// Words of one text that are looked at; and words in a text that is still compared with the archive's vocabulary, which takes
/// longest. In a long text one lost word matters little.
const MOST: usize = 8;
const SHORT_TEXT: usize = 12;

impl Ask {
    /// Reads typed text as [`Ask::read`] does, with misspelt words corrected.
    pub fn read_corrected(text: &str, view: &View) -> Result<Ask, IndexError> {
        let ask = Ask::read(text, view.annotator());
        let corrections = corrections(view, &ask)?;
        if corrections.is_empty() {
            return Ok(ask);
        }
        let mut corrected = ask.text.clone();
        for (range, word) in corrections.into_iter().rev() {
            corrected.replace_range(range, &word);
        }
        let read = Ask::read(&corrected, view.annotator());
        Ok(Ask { text: ask.text, corrected: Some(corrected), ..read })
    }
}

/// The misspelt words in the order of the text, each with the word that takes its place.
fn corrections(view: &View, ask: &Ask) -> Result<Vec<(Range<usize>, String)>, IndexError> {
    let mut corrections = Vec::new();
    let mut looked_at = 0;
    for word in &ask.words {
        let range = word.start..word.end;
        let typed = ask.text[range.clone()].to_lowercase();
        let is_plain = typed.chars().count() >= SHORTEST && typed.chars().all(char::is_alphabetic);
        if !is_plain || looked_at >= MOST {
            continue;
        }
        let known = view.lexicon().lookup(&typed);
        if let Some(&drug) = known.iter().find(|&&concept| view.lexicon().concept(concept).kind == Kind::Drug) {
            corrections.extend(name_of_drug(view, &typed, &word.stem, drug)?.map(|name| (range, name)));
            continue;
        }
        if !known.is_empty() {
            continue;
        }
        let is_filter = ask.unknown.iter().any(|unknown| unknown.start <= range.start && range.end <= unknown.end);
        let is_drug = ask.concepts.iter().any(|asked| {
            (asked.start, asked.end) == (word.start, word.end) && view.lexicon().concept(asked.concept).kind == Kind::Drug
        });
        if !is_filter && !is_drug && threads_having(view, &word.stem)? > 0 {
            continue;
        }
        looked_at += 1;
        let correct = match view.annotator().correct(&typed) {
            Some(correct) => Some(correct.to_owned()),
            None if ask.words.len() <= SHORT_TEXT => nearest_of_archive(view, &typed, &word.stem)?,
            None => None,
        };
        corrections.extend(correct.filter(|correct| *correct != typed).map(|correct| (range, correct)));
    }
    // A filter's value names its drug however it is spelt; the person is told which name was meant.
    for range in &ask.named {
        let typed = ask.text[range.clone()].to_lowercase();
        let [word] = &analyzer::words(&typed)[..] else { continue };
        if let Some(&drug) = view.lexicon().lookup(&typed).first() {
            corrections.extend(name_of_drug(view, &typed, &word.stem, drug)?.map(|name| (range.clone(), name)));
        }
    }
    corrections.sort_by_key(|(range, _)| range.start);
    Ok(corrections)
}

/// The drug's name, where what was typed is that name with a slip in it and rarer in the archive.
fn name_of_drug(view: &View, typed: &str, stem: &str, drug: ConceptId) -> Result<Option<String>, IndexError> {
    let concept = view.lexicon().concept(drug);
    let name = concept.name.to_lowercase();
    let edits = strsim::osa_distance(typed, &name);
    if concept.kind != Kind::Drug || edits == 0 || edits > most_edits(typed) {
        return Ok(None);
    }
    let words = analyzer::words(&name);
    let [word] = words.as_slice() else { return Ok(None) };
    let is_commoner = word.stem == stem || threads_having(view, &word.stem)? > threads_having(view, stem)?;
    Ok(is_commoner.then_some(name))
}

/// An edit is a letter more, less or other, or two letters swapped.
fn most_edits(typed: &str) -> usize {
    if typed.chars().count() >= LONG { 2 } else { 1 }
}

fn text_fields(view: &View) -> [Field; 3] {
    [view.fields().title, view.fields().question, view.fields().answers]
}

/// Threads that have the word in the field that has it most.
fn threads_having(view: &View, stem: &str) -> Result<u64, IndexError> {
    let mut most = 0;
    for field in text_fields(view) {
        most = most.max(view.searcher().doc_freq(&Term::from_field_text(field, stem)).map_err(|error| view.damaged(error))?);
    }
    Ok(most)
}

/// The word of the archive that is fewest edits away; of equally near ones the one in most threads. The first letter is held to be
/// right, which it nearly always is.
fn nearest_of_archive(view: &View, typed: &str, stem: &str) -> Result<Option<String>, IndexError> {
    for edits in 1..=most_edits(typed) {
        let near = near_stems(view, stem, edits as u8).map_err(|error| view.damaged(error))?;
        let best = near.into_iter().max_by(|a, b| a.1.cmp(&b.1).then_with(|| b.0.cmp(&a.0)));
        if let Some((stem, _)) = best {
            return as_written(view, &stem);
        }
    }
    Ok(None)
}

/// The stems of the archive within so many edits, each with the threads that have it.
fn near_stems(view: &View, stem: &str, edits: u8) -> tantivy::Result<FxHashMap<String, u64>> {
    let mut near: FxHashMap<String, u64> = FxHashMap::default();
    let Some(&first) = stem.as_bytes().first() else { return Ok(near) };
    for field in text_fields(view) {
        for reader in view.searcher().segment_readers() {
            let automaton = FuzzyTermQuery::new(Term::from_field_text(field, stem), edits, true).automaton()?;
            let inverted = reader.inverted_index(field)?;
            let within = inverted.terms().search(automaton).ge([first]).lt([first.saturating_add(1)]);
            let mut terms = within.into_stream()?;
            while terms.advance() {
                if let Ok(term) = std::str::from_utf8(terms.key()) {
                    *near.entry(term.to_owned()).or_default() += u64::from(terms.value().doc_freq);
                }
            }
        }
    }
    Ok(near)
}

/// The index keeps stems; the first thread that has one says how the word is written.
fn as_written(view: &View, stem: &str) -> Result<Option<String>, IndexError> {
    for field in text_fields(view) {
        for (segment, reader) in view.searcher().segment_readers().iter().enumerate() {
            let inverted = reader.inverted_index(field).map_err(|error| view.damaged(error))?;
            let term = Term::from_field_text(field, stem);
            let block = inverted.read_block_postings(&term, IndexRecordOption::Basic).map_err(|error| view.damaged(error))?;
            let Some(&doc) = block.as_ref().and_then(|block| block.docs().iter().find(|&&doc| !reader.is_deleted(doc))) else {
                continue;
            };
            let thread = view.thread(DocAddress::new(segment as u32, doc))?;
            let posts = thread.posts.iter().flat_map(|post| {
                std::iter::once(post.text.as_str()).chain(post.sections.iter().map(|section| section.text.as_str()))
            });
            for text in std::iter::once(thread.title.as_str()).chain(posts) {
                let found = analyzer::words(text).into_iter().find(|word| word.stem == stem);
                if let Some(word) = found {
                    return Ok(Some(text[word.start..word.end].to_lowercase()));
                }
            }
        }
    }
    Ok(None)
}
