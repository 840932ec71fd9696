//! **Candidates** are the few hundred threads that are worth ranking: those that hold the rare words and the concepts of what is asked.

use std::cell::RefCell;

use tantivy::{DocAddress, DocId};

use crate::index::{IndexError, View};

use super::accumulator::{Accumulator, Best};
use super::allowed::ThreadSet;
use super::concepts::{ConceptPostings, WantedConcept};
use super::lexical::Lexical;

/// The candidates, and what they were chosen from.
#[derive(Debug, Default)]
pub struct Selection {
    /// In order.
    pub candidates: Vec<DocAddress>,
    /// Threads that hold at least one of the rare words or concepts.
    pub matching: u64,
    /// Those threads by segment, where they were wanted.
    pub sets: Vec<ThreadSet>,
}

/// How candidates are sought.
#[derive(Debug, Clone, Copy)]
pub struct Seeking<'s> {
    /// Candidates at most.
    pub most: usize,
    /// What a thread that holds a wanted concept gains, as a share of the concept's idf.
    pub concept_share: f32,
    /// Postings of concepts that are read at most, those of the rarest first; of one concept always.
    pub concept_budget: u64,
    /// Only these, by segment; `None`: all that are not deleted.
    pub allowed: Option<&'s [ThreadSet]>,
    /// Whether the caller needs every thread that matches, and not only how many there are.
    pub sets: bool,
}

thread_local! {
    /// Four bytes a thread of the largest segment, kept between queries.
    static WORK: RefCell<Accumulator> = RefCell::default();
}

/// The best threads by about what words and concepts give.
pub fn candidates(
    view: &View,
    words: &Lexical<'_>,
    concepts: &[WantedConcept],
    seeking: Seeking<'_>,
) -> Result<Selection, IndexError> {
    let concepts = ConceptPostings::within(view, concepts, seeking.concept_budget)?;
    WORK.with_borrow_mut(|work| {
        let mut selection = Selection::default();
        let mut best = Best::new(seeking.most);
        for (segment, reader) in view.searcher().segment_readers().iter().enumerate() {
            work.clear(reader.max_doc());
            words.accumulate(segment, work)?;
            concepts.accumulate(segment, seeking.concept_share, work)?;
            let passes = |doc: DocId| match seeking.allowed {
                Some(sets) => sets[segment].contains(doc),
                None => !reader.is_deleted(doc),
            };
            let mut set = seeking.sets.then(|| ThreadSet::empty(reader.max_doc()));
            for &doc in work.touched() {
                let score = work.score(doc);
                if !passes(doc) {
                    continue;
                }
                selection.matching += 1;
                if let Some(set) = &mut set {
                    set.insert(doc);
                }
                if best.may_keep(score) {
                    best.keep(score, DocAddress::new(segment as u32, doc));
                }
            }
            selection.sets.extend(set);
        }
        selection.candidates = best.into_addresses();
        Ok(selection)
    })
}
