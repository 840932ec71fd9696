//! **Candidates** are the few hundred threads that are worth ranking: those that hold the rare words and the concepts of what is asked.

use std::cell::RefCell;
use std::cmp::Ordering;

use tantivy::{DocAddress, DocId};

use crate::index::{IndexError, View};

use super::concepts::{WantedConcept, for_each_thread_with};
use super::lexical::{Accumulator, Lexical, Scores};

/// A thread that is worth ranking.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Candidate {
    pub at: DocAddress,
    /// Of the words; concepts are scored by ranking.
    pub words: Scores,
}

/// The candidates, and how many threads they were chosen from.
#[derive(Debug, Default)]
pub struct Selection {
    pub candidates: Vec<Candidate>,
    /// Threads that hold at least one of the rare words or concepts.
    pub matching: u64,
}

thread_local! {
    /// Eight bytes a thread of the largest segment, kept between queries: to clear what was touched is cheaper than to allocate.
    static WORK: RefCell<Accumulator> = RefCell::default();
}

/// The `most` best candidates by words, with `concept_share` of each wanted concept's idf added for a thread that holds it.
/// `allowed` says which threads pass the filters; `also` gives threads of a segment that are candidates whatever their words.
pub fn candidates(
    view: &View,
    words: &Lexical<'_>,
    concepts: &[WantedConcept],
    concept_share: f32,
    most: usize,
    allowed: &dyn Fn(usize, DocId) -> bool,
    also: &dyn Fn(usize) -> Result<Vec<DocId>, IndexError>,
) -> Result<Selection, IndexError> {
    WORK.with_borrow_mut(|work| {
        let mut selection = Selection::default();
        let mut scored: Vec<(f32, DocAddress, Scores)> = Vec::new();
        let mut others = Vec::new();
        for segment in 0..view.searcher().segment_readers().len() {
            words.accumulate(segment, work)?;
            for wanted in concepts {
                let fields = view.fields();
                let field = if wanted.denied {
                    fields.denied_of[view.lexicon().concept(wanted.concept).kind as usize]
                } else {
                    fields.within
                };
                for_each_thread_with(view, segment, field, wanted.concept, |doc| {
                    work.add_concept(doc, wanted.idf * concept_share)
                })?;
            }
            let reader = view.searcher().segment_reader(segment as u32);
            let alive = work.touched().iter().filter(|&&doc| !reader.is_deleted(doc) && allowed(segment, doc));
            let before = scored.len();
            scored.extend(alive.map(|&doc| {
                let scores = work.score(doc);
                (scores.all + scores.title + scores.focus + scores.concepts, DocAddress::new(segment as u32, doc), scores)
            }));
            selection.matching += (scored.len() - before) as u64;
            keep_best(&mut scored, most);
            let alive = also(segment)?.into_iter().filter(|&doc| !reader.is_deleted(doc) && allowed(segment, doc));
            others.extend(alive.map(|doc| Candidate { at: DocAddress::new(segment as u32, doc), words: work.score(doc) }));
        }
        selection.candidates = scored.into_iter().map(|(_, at, words)| Candidate { at, words }).chain(others).collect();
        selection.candidates.sort_unstable_by_key(|candidate| candidate.at);
        selection.candidates.dedup_by_key(|candidate| candidate.at);
        complete(words, &mut selection.candidates)?;
        Ok(selection)
    })
}

/// Keeps the best so many. Which of equal ones stay must not depend on the order: the address decides.
fn keep_best(scored: &mut Vec<(f32, DocAddress, Scores)>, most: usize) {
    if scored.len() > most {
        let by_score = |a: &(f32, DocAddress, Scores), b: &(f32, DocAddress, Scores)| -> Ordering {
            b.0.total_cmp(&a.0).then(a.1.cmp(&b.1))
        };
        scored.select_nth_unstable_by(most, by_score);
        scored.truncate(most);
    }
}

/// Adds the common words' scores; the candidates are in the order of their addresses.
fn complete(words: &Lexical<'_>, candidates: &mut [Candidate]) -> Result<(), IndexError> {
    for of_segment in candidates.chunk_by_mut(|a, b| a.at.segment_ord == b.at.segment_ord) {
        let docs: Vec<DocId> = of_segment.iter().map(|candidate| candidate.at.doc_id).collect();
        let mut scores: Vec<Scores> = of_segment.iter().map(|candidate| candidate.words).collect();
        words.complete(of_segment[0].at.segment_ord as usize, &docs, &mut scores)?;
        for (candidate, scores) in of_segment.iter_mut().zip(scores) {
            candidate.words = scores;
        }
    }
    Ok(())
}
