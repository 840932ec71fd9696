//! **Concept** scores: how far what a thread says of concepts meets what is asked. Concepts are weighted here and not by BM25, which
//! divides by the average length over all threads and so crushes fields that few threads fill.

use std::sync::Arc;

use rustc_hash::FxHashMap;
use tantivy::postings::TermInfo;
use tantivy::schema::{Field, IndexRecordOption};
use tantivy::{DocId, InvertedIndexReader, Term};

use crate::clinical::{Assertion, ConceptId};
use crate::index::{ConceptUse, IndexError, Place, View};

use super::SearchWeights;
use super::accumulator::Accumulator;

/// A concept that is wanted, and how any concept that stands near it counts for it.
#[derive(Debug, Clone)]
pub struct WantedConcept {
    pub concept: ConceptId,
    /// The finding is to be absent: "no fever".
    pub denied: bool,
    /// Rarity within the index, [`idf`](crate::index::idf).
    pub idf: f32,
}

/// How a thread's concept meets a wanted one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Relation {
    Broader,
    Narrower,
    Exact,
}

/// What met one wanted concept best in one thread.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ConceptMatch {
    /// Which of the wanted concepts.
    pub wanted: usize,
    pub found: ConceptId,
    pub relation: Relation,
    pub place: Place,
    pub assertion: Assertion,
    pub score: f32,
}

/// How a thread meets one wanted concept.
#[derive(Debug, Clone, Copy, Default)]
pub struct Met {
    best: Option<ConceptMatch>,
    /// What contradicts it most: the patient has what is to be absent. Its score is below 0.
    against: Option<ConceptMatch>,
}

impl Met {
    fn both(&self) -> impl Iterator<Item = ConceptMatch> {
        self.best.into_iter().chain(self.against)
    }
}

/// Threads of the view in which the concept occurs in `field`.
pub fn threads_with(view: &View, field: Field, concept: ConceptId) -> Result<u64, IndexError> {
    let term = Term::from_field_text(field, view.lexicon().concept(concept).id);
    view.searcher().doc_freq(&term).map_err(|error| view.damaged(error))
}

/// Threads of the view that are about the concept or a narrower one.
pub fn threads_about(view: &View, concept: ConceptId) -> Result<u64, IndexError> {
    threads_with(view, view.fields().within, concept)
}

/// Calls `each` with every thread of the segment in which the concept occurs in `field`, deleted ones too.
pub fn for_each_thread_with(
    view: &View,
    segment: usize,
    field: Field,
    concept: ConceptId,
    mut each: impl FnMut(DocId),
) -> Result<(), IndexError> {
    let reader = view.searcher().segment_reader(segment as u32);
    let mut read = || -> tantivy::Result<()> {
        let inverted = reader.inverted_index(field)?;
        let term = Term::from_field_text(field, view.lexicon().concept(concept).id);
        let Some(mut block) = inverted.read_block_postings(&term, IndexRecordOption::Basic)? else { return Ok(()) };
        while block.block_len() > 0 {
            block.docs().iter().copied().for_each(&mut each);
            block.advance();
        }
        Ok(())
    };
    read().map_err(|error| view.damaged(error))
}

/// The posting lists of wanted concepts, looked up in one view.
pub(super) struct ConceptPostings<'v> {
    view: &'v View,
    lists: Vec<ConceptList>,
}

struct ConceptList {
    idf: f32,
    postings: u64,
    by_segment: Vec<Option<(Arc<InvertedIndexReader>, TermInfo)>>,
}

impl<'v> ConceptPostings<'v> {
    /// Looks the concepts up, the rarest first, until `budget` postings are to be read; the first is always among them.
    pub fn within(view: &'v View, wanted: &[WantedConcept], budget: u64) -> Result<ConceptPostings<'v>, IndexError> {
        let look_up = |wanted: &WantedConcept| -> tantivy::Result<ConceptList> {
            let concept = view.lexicon().concept(wanted.concept);
            let field = if wanted.denied { view.fields().denied_of[concept.kind as usize] } else { view.fields().within };
            let term = Term::from_field_text(field, concept.id);
            let mut list = ConceptList { idf: wanted.idf, postings: 0, by_segment: Vec::new() };
            for reader in view.searcher().segment_readers() {
                let inverted = reader.inverted_index(field)?;
                let info = inverted.get_term_info(&term)?;
                list.postings += info.as_ref().map_or(0, |info| u64::from(info.doc_freq));
                list.by_segment.push(info.map(|info| (inverted, info)));
            }
            Ok(list)
        };
        let lists: tantivy::Result<Vec<ConceptList>> = wanted.iter().map(look_up).collect();
        let mut lists = lists.map_err(|error| view.damaged(error))?;
        lists.sort_by(|a, b| b.idf.total_cmp(&a.idf));
        let mut read = 0;
        lists.retain(|list| {
            read += list.postings;
            read <= budget || read == list.postings
        });
        Ok(ConceptPostings { view, lists })
    }

    /// Adds `share` of each concept's idf to every thread of a segment that has it.
    pub fn accumulate(&self, segment: usize, share: f32, into: &mut Accumulator) -> Result<(), IndexError> {
        for list in self.lists.iter().filter(|list| list.idf * share > 0.0) {
            let Some((inverted, info)) = &list.by_segment[segment] else { continue };
            let block = inverted.read_block_postings_from_terminfo(info, IndexRecordOption::Basic);
            let mut block = block.map_err(|error| self.view.damaged(error))?;
            while block.block_len() > 0 {
                block.docs().iter().for_each(|&doc| into.add(doc, list.idf * share));
                block.advance();
            }
        }
        Ok(())
    }
}

/// Which concepts count for the wanted ones, and as what: looked up once a query, read for every candidate.
pub struct ConceptScorer<'w> {
    wanted: Vec<WantedConcept>,
    near: FxHashMap<ConceptId, Vec<(usize, Relation, u8)>>,
    weights: &'w SearchWeights,
}

impl<'w> ConceptScorer<'w> {
    pub fn new(view: &View, wanted: Vec<WantedConcept>, weights: &'w SearchWeights) -> ConceptScorer<'w> {
        let lexicon = view.lexicon();
        let mut near: FxHashMap<ConceptId, Vec<(usize, Relation, u8)>> = FxHashMap::default();
        for (n, want) in wanted.iter().enumerate() {
            near.entry(want.concept).or_default().push((n, Relation::Exact, 0));
            for narrower in lexicon.descendants(want.concept) {
                near.entry(narrower).or_default().push((n, Relation::Narrower, 1));
            }
            for (broader, distance) in lexicon.ancestors(want.concept) {
                near.entry(broader).or_default().push((n, Relation::Broader, distance));
            }
        }
        ConceptScorer { wanted, near, weights }
    }

    pub fn wanted(&self) -> &[WantedConcept] {
        &self.wanted
    }

    pub fn is_empty(&self) -> bool {
        self.wanted.is_empty()
    }

    /// What the matches of each wanted concept among a thread's uses add up to. `met` is work space.
    pub fn score(&self, uses: impl Iterator<Item = ConceptUse>, met: &mut Vec<Met>) -> f32 {
        self.find(uses, met);
        met.iter().flat_map(Met::both).map(|found| found.score).sum()
    }

    /// The matches of each wanted concept among a thread's uses; concepts that the thread has not are left out.
    pub fn matches(&self, uses: impl Iterator<Item = ConceptUse>) -> Vec<ConceptMatch> {
        let mut met = Vec::new();
        self.find(uses, &mut met);
        met.iter().flat_map(Met::both).collect()
    }

    fn find(&self, uses: impl Iterator<Item = ConceptUse>, met: &mut Vec<Met>) {
        met.clear();
        met.resize(self.wanted.len(), Met::default());
        // Of several uses the better one counts, whatever the order: what a thread denies in one place and has in another it has. One
        // that contradicts what is to be absent counts beside it.
        for used in uses {
            let Some(near) = self.near.get(&used.concept) else { continue };
            for &(wanted, relation, distance) in near {
                let score = self.worth(&self.wanted[wanted], relation, distance, &used);
                let found =
                    ConceptMatch { wanted, found: used.concept, relation, place: used.place, assertion: used.assertion, score };
                let Met { best, against } = &mut met[wanted];
                if score < 0.0 {
                    if against.is_none_or(|so_far| score < so_far.score) {
                        *against = Some(found);
                    }
                } else if best.is_none_or(|so_far| score > so_far.score) {
                    *best = Some(found);
                }
            }
        }
    }

    fn worth(&self, wanted: &WantedConcept, relation: Relation, distance: u8, used: &ConceptUse) -> f32 {
        let w = self.weights;
        let near = match relation {
            Relation::Exact => w.exact,
            Relation::Narrower => w.narrower,
            Relation::Broader => w.broader / f32::from(distance.max(1)),
        };
        let place = match used.place {
            Place::Title => w.place_title,
            Place::Question => w.place_question,
            Place::Answer => w.place_answer,
            _ => w.place_section,
        };
        let assertion = match (wanted.denied, used.assertion) {
            (true, Assertion::Denied) => w.present,
            (true, Assertion::Present) if contradicts(relation, used.place) => -w.contradicted,
            (true, _) => 0.0,
            (false, Assertion::Present) => w.present,
            (false, Assertion::Denied) => w.denied,
            (false, Assertion::Possible) => w.possible,
            (false, Assertion::Past) => w.past,
            (false, Assertion::Family) => w.family,
            (false, Assertion::Hypothetical) => w.hypothetical,
        };
        wanted.idf * near * place * assertion
    }
}

/// Whether what a thread has contradicts that it is to be absent: something broader does not, nor does what a doctor says beside the
/// diagnosis, which is often general.
fn contradicts(relation: Relation, place: Place) -> bool {
    relation != Relation::Broader && matches!(place, Place::Title | Place::Question | Place::Diagnosis)
}
