//! **Suggesting** how a query may go on: concepts by any of their terms, and titles.
//!
//! Concepts come from the lexicon's terms, sorted once a process. Titles come from the words of the title field and not from a column
//! of whole titles: that costs the index nothing, and finds "Tingling *foot after* surgery" for `foot aft`, which no order of whole
//! titles would.

use rustc_hash::FxHashMap;
use serde::Serialize;
use tantivy::schema::IndexRecordOption;
use tantivy::{DocAddress, DocId, Term};

use crate::clinical::ConceptId;
use crate::index::{IndexError, View, analyzer, idf};
use crate::thread::ThreadId;

use super::allowed::ThreadSet;
use super::concepts::threads_with;

/// One way to go on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "serve", derive(utoipa::ToSchema))]
pub struct Suggestion {
    pub text: String,
    /// A type of concept, or `title`.
    pub r#type: &'static str,
    /// Threads about the concept; 1 for a title.
    pub threads: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub concept: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<ThreadId>,
}

/// The lexicon's terms in the order of their folded forms, ready to complete prefixes.
pub struct Completer {
    view: View,
    terms: Vec<(String, u32)>,
    written: Vec<Written>,
    rarity: std::sync::Arc<[f32]>,
}

/// A term as the lexicon writes it.
struct Written {
    term: String,
    concept: ConceptId,
    /// It is the name of the concept and not a synonym.
    is_name: bool,
}

/// Fewer letters than this begin too many titles.
const SHORTEST_OF_TITLE: usize = 3;

/// How many times commoner, as a logarithm, a concept must be by a synonym to come before one by its name: ln 8.
const AS_NAME: f32 = 2.08;

/// Titles that are read, the best by standing of those that have the words.
const TITLES_READ: usize = 12;

impl Completer {
    pub fn new(view: &View) -> Result<Completer, IndexError> {
        let terms = view.lexicon().all_terms();
        let is_name = |term: &str, concept| view.lexicon().concept(concept).name == term;
        let written: Vec<Written> =
            terms.map(|(term, concept)| Written { term: term.to_owned(), concept, is_name: is_name(term, concept) }).collect();
        let mut terms: Vec<(String, u32)> = written.iter().zip(0..).map(|(written, n)| (folded(&written.term), n)).collect();
        terms.sort_unstable();
        Ok(Completer { view: view.clone(), terms, written, rarity: view.concept_idf()? })
    }

    /// At most `count` ways to go on after a prefix: concepts that the archive has, those in most threads first, then titles, then
    /// other concepts. Nothing for a prefix without a letter or digit.
    pub fn complete(&self, prefix: &str, count: usize) -> Result<Vec<Suggestion>, IndexError> {
        let wanted = folded(prefix);
        if wanted.trim().is_empty() {
            return Ok(Vec::new());
        }
        let [met, unmet] = self.concepts(&wanted);
        let mut titles = self.titles(prefix, &wanted, count)?;
        // Where there are many of both, each has half.
        titles.truncate(count - met.len().min(count - count / 2));
        let mut suggestions = Vec::with_capacity(count);
        for (text, concept) in met.into_iter().take(count - titles.len()) {
            suggestions.push(self.of_concept(text, concept)?);
        }
        suggestions.append(&mut titles);
        for (text, concept) in unmet.into_iter().take(count - suggestions.len()) {
            suggestions.push(self.of_concept(text, concept)?);
        }
        Ok(suggestions)
    }

    /// Concepts with a term that begins so, each with that term: those that the archive has, commonest first, and the others.
    fn concepts(&self, wanted: &str) -> [Vec<(&str, ConceptId)>; 2] {
        let first = self.terms.partition_point(|(term, _)| term.as_str() < wanted);
        let beginning = self.terms[first..].iter().take_while(|(term, _)| term.starts_with(wanted));
        let mut shortest: FxHashMap<ConceptId, &Written> = FxHashMap::default();
        for &(_, n) in beginning {
            let written = &self.written[n as usize];
            let so_far = shortest.entry(written.concept).or_insert(written);
            // The name of the concept before its synonyms, a short synonym before a long one.
            let is_shorter = || (written.term.len(), &written.term) < (so_far.term.len(), &so_far.term);
            if !so_far.is_name && (written.is_name || is_shorter()) {
                *so_far = written;
            }
        }
        let unmet = idf(0, self.view.len());
        let rarity = |concept: ConceptId| self.rarity[concept.0 as usize];
        // What is called so comes before what is also called so, unless that is many times commoner.
        let in_order = |written: &Written| rarity(written.concept) - if written.is_name { AS_NAME } else { 0.0 };
        let mut concepts: Vec<(f32, &Written)> = shortest.into_values().map(|written| (in_order(written), written)).collect();
        concepts.sort_unstable_by(|(order_a, a), (order_b, b)| {
            order_a.total_cmp(order_b).then_with(|| (a.term.len(), &a.term).cmp(&(b.term.len(), &b.term)))
        });
        let concepts = concepts.into_iter().map(|(_, written)| (written.term.as_str(), written.concept));
        concepts.partition(|&(_, concept)| rarity(concept) < unmet).into()
    }

    fn of_concept(&self, text: &str, concept: ConceptId) -> Result<Suggestion, IndexError> {
        let threads = threads_with(&self.view, self.view.fields().within, concept)?;
        let concept = self.view.lexicon().concept(concept);
        Ok(Suggestion {
            text: text.to_owned(),
            r#type: concept.kind.name(),
            threads,
            concept: Some(concept.id.to_owned()),
            id: None,
        })
    }

    /// Titles that have the prefix's words, the last one begun; those that begin with the prefix first.
    fn titles(&self, prefix: &str, wanted: &str, count: usize) -> Result<Vec<Suggestion>, IndexError> {
        let (before, begun) = wanted.rsplit_once(' ').unwrap_or(("", wanted));
        if wanted.trim().len() < SHORTEST_OF_TITLE {
            return Ok(Vec::new());
        }
        let stems: Vec<String> = analyzer::words(before).into_iter().map(|word| word.stem).collect();
        let mut candidates: Vec<(u64, DocAddress)> = Vec::new();
        for segment in 0..self.view.searcher().segment_readers().len() {
            let columns = self.view.columns(segment as u32)?;
            let set = self.threads_with_title(segment, &stems, begun).map_err(|error| self.view.damaged(error))?;
            let with_standing = set.iter().map(|doc| (columns.standing(doc).bits(), DocAddress::new(segment as u32, doc)));
            candidates.extend(with_standing);
        }
        candidates.sort_unstable_by(|a, b| b.0.cmp(&a.0).then(a.1.cmp(&b.1)));
        candidates.truncate(TITLES_READ);
        let mut found: Vec<(bool, Suggestion)> = Vec::new();
        for (_, at) in candidates {
            let thread = self.view.thread(at)?;
            let title = folded(&thread.title);
            // The index knows stems; whether the last word begins as typed, the title itself says.
            if title.split(' ').any(|word| word.starts_with(begun)) && !found.iter().any(|(_, known)| known.text == thread.title)
            {
                let text = thread.title.clone();
                found.push((
                    !title.starts_with(wanted),
                    Suggestion { text, r#type: "title", threads: 1, concept: None, id: Some(thread.id) },
                ));
            }
        }
        found.sort_by_key(|(elsewhere, _)| *elsewhere);
        Ok(found.into_iter().map(|(_, title)| title).filter(|title| title.text != prefix).take(count).collect())
    }

    fn threads_with_title(&self, segment: usize, stems: &[String], begun: &str) -> tantivy::Result<ThreadSet> {
        let reader = self.view.searcher().segment_reader(segment as u32);
        let field = self.view.fields().title;
        let inverted = reader.inverted_index(field)?;
        let threads = |infos: &[tantivy::postings::TermInfo]| -> tantivy::Result<ThreadSet> {
            let mut set = ThreadSet::empty(reader.max_doc());
            for info in infos {
                let mut block = inverted.read_block_postings_from_terminfo(info, IndexRecordOption::Basic)?;
                while block.block_len() > 0 {
                    let alive = |doc: &&DocId| !reader.is_deleted(**doc);
                    block.docs().iter().filter(alive).for_each(|&doc| set.insert(doc));
                    block.advance();
                }
            }
            Ok(set)
        };
        let mut sets: Vec<ThreadSet> = Vec::new();
        for stem in stems {
            let info = inverted.get_term_info(&Term::from_field_text(field, stem))?;
            sets.push(threads(info.as_slice())?);
        }
        if !begun.is_empty() {
            let mut infos = Vec::new();
            let mut end = begun.as_bytes().to_vec();
            end.push(0xff);
            let mut beginning = inverted.terms().range().ge(begun).lt(end).into_stream()?;
            while beginning.advance() {
                infos.push(beginning.value().clone());
            }
            // "numbne" is on the way to numbness, whose stem is numb.
            let shorter = (SHORTEST_OF_TITLE..begun.len()).rev().filter_map(|length| begun.get(..length));
            for stem in shorter {
                infos.extend(inverted.get_term_info(&Term::from_field_text(field, stem))?);
            }
            let whole = analyzer::words(begun).into_iter().next().filter(|word| !word.stem.starts_with(begun));
            if let Some(word) = whole {
                infos.extend(inverted.get_term_info(&Term::from_field_text(field, &word.stem))?);
            }
            sets.push(threads(&infos)?);
        }
        let mut sets = sets.into_iter();
        let mut all = sets.next().unwrap_or_else(|| ThreadSet::empty(reader.max_doc()));
        sets.for_each(|set| all.keep(&set));
        Ok(all)
    }
}

/// Lower case, one space between words, without apostrophes; a space at the end stays, for it ends a word.
fn folded(text: &str) -> String {
    let mut folded = String::with_capacity(text.len());
    for c in text.chars() {
        if c.is_alphanumeric() {
            folded.extend(c.to_lowercase());
        } else if !matches!(c, '\'' | '’') && !folded.is_empty() && !folded.ends_with(' ') {
            folded.push(' ');
        }
    }
    folded
}
