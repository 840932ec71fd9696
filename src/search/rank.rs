//! **Ranking**: the candidates of an ask in their final order, by one function of words, concepts and standing. An ask of demands
//! alone has no score to go by: its threads stand in the order of their standing, then of their date.

use std::cell::RefCell;

use tantivy::columnar::{Column, StrColumn};
use tantivy::{DocAddress, DocId};

use crate::index::{IndexError, Standing, View, idf};
use crate::query::Ask;
use crate::thread::ThreadId;

use super::allowed::{ThreadSet, allowed};
use super::candidates::{Candidate, candidates};
use super::concepts::{ConceptColumns, ConceptMatch, ConceptScorer, WantedConcept, threads_with};
use super::lexical::{Lexical, Scores, WeightedWord};
use super::weights::{SearchWeights, Weights};

/// Threads that are ranked in full, unless a later page is asked for.
pub const CANDIDATES: usize = 400;

/// A candidate with its final score.
#[derive(Debug, Clone)]
pub struct Ranked {
    pub at: DocAddress,
    pub id: ThreadId,
    pub score: f32,
    pub words: f32,
    pub concepts: Vec<ConceptMatch>,
}

/// The ranking of an ask, best first.
#[derive(Debug)]
pub struct Found {
    /// Threads that match, of which the best are ranked.
    pub total: u64,
    pub ranked: Vec<Ranked>,
}

/// In which order threads are shown. Equal ones stand in the order of their ids.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Order {
    #[default]
    Relevance,
    /// By date, of the `CANDIDATES` best; those without a date last.
    OldestFirst,
    NewestFirst,
}

/// How an ask is to be answered.
#[derive(Debug, Clone, Copy)]
pub(super) struct Wish {
    pub order: Order,
    /// Threads to rank, at least.
    pub depth: usize,
    /// Whether the caller needs every thread that matches, and not only how many there are.
    pub matching: bool,
}

/// The ranking of an ask by relevance, at most `CANDIDATES` deep.
pub fn find(view: &View, ask: &Ask, weights: &Weights) -> Result<Found, IndexError> {
    let wish = Wish { order: Order::Relevance, depth: CANDIDATES, matching: false };
    Ok(find_as_wished(view, ask, weights, wish)?.0)
}

/// The ranking of an ask, and where it was wished for, the threads that match by segment.
pub(super) fn find_as_wished(
    view: &View,
    ask: &Ask,
    weights: &Weights,
    wish: Wish,
) -> Result<(Found, Vec<ThreadSet>), IndexError> {
    if ask.is_empty() {
        return Ok((Found { total: 0, ranked: Vec::new() }, Vec::new()));
    }
    let sets = if ask.demands.is_empty() { None } else { Some(allowed(view, &ask.demands)?) };
    match sets {
        Some(sets) if ask.has_no_words() => Ok((list(view, &sets, &weights.search, wish)?, sets)),
        sets => find_by_words(view, ask, weights, wish, sets),
    }
}

fn find_by_words(
    view: &View,
    ask: &Ask,
    weights: &Weights,
    wish: Wish,
    sets: Option<Vec<ThreadSet>>,
) -> Result<(Found, Vec<ThreadSet>), IndexError> {
    let lexical = Lexical::new(view, &weighted_words(ask), &weights.search_words)?;
    let scorer = ConceptScorer::new(view, wanted(view, ask)?, &weights.search);
    let met: RefCell<Vec<ThreadSet>> = RefCell::default();
    if wish.matching {
        met.replace(view.searcher().segment_readers().iter().map(|reader| ThreadSet::empty(reader.max_doc())).collect());
    }
    let is_allowed = |segment: usize, doc: DocId| {
        let passes = sets.as_ref().is_none_or(|sets| sets[segment].contains(doc));
        if passes && wish.matching {
            met.borrow_mut()[segment].insert(doc);
        }
        passes
    };
    let depth = wish.depth.max(CANDIDATES);
    let selection =
        candidates(view, &lexical, scorer.wanted(), weights.search.concepts, depth, &is_allowed, &|_| Ok(Vec::new()))?;
    let (mut total, mut chosen, mut matching) = (selection.matching, selection.candidates, met.into_inner());
    if let Some(sets) = sets
        && ask.demands.iter().any(|asked| asked.demand.is_of_text())
    {
        // What is demanded of the text is an answer by itself, even where its words are too common to bring candidates.
        total = sets.iter().map(ThreadSet::len).sum();
        add_allowed(&lexical, &sets, depth, &mut chosen)?;
        matching = sets;
    }
    let mut ranked = rank(view, &chosen, &scorer, &weights.search)?;
    if wish.order != Order::Relevance {
        order_by_date(view, &mut ranked, wish.order)?;
    }
    Ok((Found { total, ranked }, matching))
}

/// The words of an ask as they are scored.
pub(super) fn weighted_words(ask: &Ask) -> Vec<WeightedWord> {
    ask.words.iter().map(|word| WeightedWord { stem: word.stem.clone(), weight: 1.0, title_weight: 0.0 }).collect()
}

/// The concepts of an ask with their rarity in this index.
pub(super) fn wanted(view: &View, ask: &Ask) -> Result<Vec<WantedConcept>, IndexError> {
    ask.concepts
        .iter()
        .map(|asked| {
            let having = threads_with(view, view.fields().within, asked.concept)?;
            Ok(WantedConcept { concept: asked.concept, denied: asked.denied, idf: idf(having, view.len()) })
        })
        .collect()
}

/// Adds allowed threads that no rare word brought, up to `most` candidates.
fn add_allowed(
    lexical: &Lexical<'_>,
    sets: &[ThreadSet],
    most: usize,
    candidates: &mut Vec<Candidate>,
) -> Result<(), IndexError> {
    let known: rustc_hash::FxHashSet<DocAddress> = candidates.iter().map(|candidate| candidate.at).collect();
    for (segment, set) in sets.iter().enumerate() {
        let new = set.iter().filter(|&doc| !known.contains(&DocAddress::new(segment as u32, doc)));
        let docs: Vec<DocId> = new.take(most.saturating_sub(candidates.len())).collect();
        let mut scores = vec![Scores::default(); docs.len()];
        lexical.complete(segment, &docs, &mut scores)?;
        candidates
            .extend(docs.iter().zip(scores).map(|(&doc, words)| Candidate { at: DocAddress::new(segment as u32, doc), words }));
    }
    candidates.sort_unstable_by_key(|candidate| candidate.at);
    Ok(())
}

/// Scores every candidate and puts the best first; equal scores in the order of their ids.
fn rank(
    view: &View,
    candidates: &[Candidate],
    scorer: &ConceptScorer<'_>,
    weights: &SearchWeights,
) -> Result<Vec<Ranked>, IndexError> {
    let mut ranked = Vec::with_capacity(candidates.len());
    for of_segment in candidates.chunk_by(|a, b| a.at.segment_ord == b.at.segment_ord) {
        let columns = SegmentColumns::open(view, of_segment[0].at.segment_ord)?;
        for candidate in of_segment {
            let doc = candidate.at.doc_id;
            let concepts = if scorer.is_empty() { Vec::new() } else { scorer.matches(columns.concepts.uses(doc)) };
            let words = weights.words * candidate.words.all;
            let of_concepts = weights.concepts * concepts.iter().map(|found| found.score).sum::<f32>();
            let score = words + of_concepts + prior(columns.standing(doc), weights);
            ranked.push(Ranked { at: candidate.at, id: columns.id(view, doc)?, score, words, concepts });
        }
    }
    ranked.sort_unstable_by(|a, b| b.score.total_cmp(&a.score).then_with(|| a.id.cmp(&b.id)));
    Ok(ranked)
}

/// What a thread's standing adds to its score.
pub(super) fn prior(standing: Standing, weights: &SearchWeights) -> f32 {
    let add = |holds: bool, weight: f32| if holds { weight } else { 0.0 };
    add(standing.answered, weights.answered)
        + add(standing.reviewed, weights.reviewed)
        + add(standing.structured, weights.structured)
}

/// All threads of the sets, the best `wish.depth` of them in order.
fn list(view: &View, sets: &[ThreadSet], weights: &SearchWeights, wish: Wish) -> Result<Found, IndexError> {
    let mut all: Vec<(f32, i64, DocAddress)> = Vec::new();
    for (segment, set) in sets.iter().enumerate() {
        let columns = SegmentColumns::open(view, segment as u32)?;
        all.extend(set.iter().map(|doc| {
            (prior(columns.standing(doc), weights), columns.date(doc, wish.order), DocAddress::new(segment as u32, doc))
        }));
    }
    let by_date = |a: &(f32, i64, DocAddress), b: &(f32, i64, DocAddress)| a.1.cmp(&b.1);
    let in_order = |a: &(f32, i64, DocAddress), b: &(f32, i64, DocAddress)| match wish.order {
        Order::Relevance => b.0.total_cmp(&a.0).then_with(|| by_date(a, b)),
        _ => by_date(a, b),
    };
    let total = all.len() as u64;
    if wish.depth > 0 && all.len() > wish.depth {
        let (_, &mut last, _) = all.select_nth_unstable_by(wish.depth - 1, in_order);
        // Equal ones are told apart by their ids, which are read only where they may decide.
        all.retain(|thread| in_order(thread, &last).is_le());
    }
    all.sort_unstable_by_key(|thread| thread.2);
    let mut ranked: Vec<(f32, i64, Ranked)> = Vec::with_capacity(all.len());
    for of_segment in all.chunk_by(|a, b| a.2.segment_ord == b.2.segment_ord) {
        let columns = SegmentColumns::open(view, of_segment[0].2.segment_ord)?;
        for &(score, date, at) in of_segment {
            ranked.push((score, date, Ranked { at, id: columns.id(view, at.doc_id)?, score, words: 0.0, concepts: Vec::new() }));
        }
    }
    ranked.sort_unstable_by(|a, b| in_order(&(a.0, a.1, a.2.at), &(b.0, b.1, b.2.at)).then_with(|| a.2.id.cmp(&b.2.id)));
    Ok(Found { total, ranked: ranked.into_iter().map(|(_, _, ranked)| ranked).collect() })
}

fn order_by_date(view: &View, ranked: &mut Vec<Ranked>, order: Order) -> Result<(), IndexError> {
    ranked.truncate(CANDIDATES);
    let mut dated: Vec<(i64, Ranked)> = Vec::with_capacity(ranked.len());
    for of_one in ranked.drain(..) {
        let columns = SegmentColumns::open(view, of_one.at.segment_ord)?;
        dated.push((columns.date(of_one.at.doc_id, order), of_one));
    }
    dated.sort_by(|a, b| a.0.cmp(&b.0).then_with(|| a.1.id.cmp(&b.1.id)));
    ranked.extend(dated.into_iter().map(|(_, ranked)| ranked));
    Ok(())
}

/// The ids of threads, whose addresses must be in ascending order.
pub(super) fn ids(view: &View, addresses: &[DocAddress]) -> Result<Vec<ThreadId>, IndexError> {
    let mut found = Vec::with_capacity(addresses.len());
    for of_segment in addresses.chunk_by(|a, b| a.segment_ord == b.segment_ord) {
        let columns = SegmentColumns::open(view, of_segment[0].segment_ord)?;
        for at in of_segment {
            found.push(columns.id(view, at.doc_id)?);
        }
    }
    Ok(found)
}

/// What ranking reads of a segment's threads.
pub(super) struct SegmentColumns {
    concepts: ConceptColumns,
    standing: Column<u64>,
    published: Column<i64>,
    id: StrColumn,
}

impl SegmentColumns {
    pub fn open(view: &View, segment: u32) -> Result<SegmentColumns, IndexError> {
        let reader = view.searcher().segment_reader(segment);
        let fast = reader.fast_fields();
        let standing = fast.u64("standing").map_err(|error| view.damaged(error))?;
        let published = fast.i64("published").map_err(|error| view.damaged(error))?;
        let id = fast.str("id").map_err(|error| view.damaged(error))?.ok_or_else(|| view.damaged("its threads have no ids"))?;
        Ok(SegmentColumns { concepts: ConceptColumns::open(view, reader)?, standing, published, id })
    }

    pub fn id(&self, view: &View, doc: DocId) -> Result<ThreadId, IndexError> {
        let mut id = String::new();
        let ord = self.id.term_ords(doc).next().ok_or_else(|| view.damaged("a thread has no id"))?;
        self.id.ord_to_str(ord, &mut id).map_err(|error| view.damaged(error))?;
        Ok(ThreadId::from(id))
    }

    pub fn standing(&self, doc: DocId) -> Standing {
        Standing::from_bits(self.standing.first(doc).unwrap_or(0))
    }

    /// A number that is smaller for what comes first; a thread without a date comes last.
    fn date(&self, doc: DocId, order: Order) -> i64 {
        let date = self.published.first(doc);
        date.map_or(i64::MAX, |days| if order == Order::OldestFirst { days } else { -days })
    }
}
