//! **Ranking**: the candidates of an ask in their final order, by one function of words, concepts and standing. An ask of demands
//! alone has no score to go by: its threads stand in the order of their standing, then of their date.

use tantivy::DocAddress;

use crate::index::{IndexError, Standing, View, idf};
use crate::query::{Ask, AskedWord};
use crate::thread::ThreadId;

use super::allowed::{ThreadSet, allowed};
use super::best::{Scored, best};
use super::candidates::{Seeking, candidates};
use super::concepts::{ConceptScorer, WantedConcept, threads_with};
use super::lexical::{Lexical, WeightedWord};
use super::weights::{SearchWeights, Weights};

/// Threads that are ranked in full, unless a later page is asked for.
pub const CANDIDATES: usize = 400;

/// Of so many of the best it is read where the words stand: the first pages.
const READ_FOR_PLACES: usize = 30;

/// Copies on a page's way down that are allowed for.
const PASSED_OVER: usize = 20;

/// A candidate with its final score.
#[derive(Debug, Clone, Copy)]
pub struct Ranked {
    pub at: DocAddress,
    pub score: f32,
    pub words: f32,
    /// What it adds that words stand together; looked for in the best only.
    pub proximity: f32,
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
    let lexical = Lexical::new(view, weighted_words(ask, &weights.search), &weights.search_words)?;
    let scorer = ConceptScorer::new(view, wanted(view, ask)?, &weights.search);
    let depth = wish.depth.max(CANDIDATES);
    let seeking = Seeking {
        most: depth,
        concept_share: weights.search.concepts,
        concept_budget: weights.search_words.budget(),
        allowed: sets.as_deref(),
        sets: wish.matching,
    };
    let selection = candidates(view, &lexical, scorer.wanted(), seeking)?;
    let (mut total, mut chosen, mut matching) = (selection.matching, selection.candidates, selection.sets);
    if let Some(sets) = sets
        && ask.demands.iter().any(|asked| asked.demand.is_of_text())
    {
        // What is demanded of the text is an answer by itself, even where its words are too common to bring candidates.
        total = sets.iter().map(ThreadSet::len).sum();
        add_allowed(&sets, depth, &mut chosen);
        matching = sets;
    }
    // A page passes over copies, so that it may show what stands a little below it.
    let read = if wish.order == Order::Relevance { wish.depth.saturating_add(PASSED_OVER) } else { depth };
    let mut ranked = rank(view, &chosen, &lexical, &scorer, &weights.search, depth, read)?;
    add_proximity(view, ask, &lexical, &weights.search, &mut ranked)?;
    if wish.order != Order::Relevance {
        order_by_date(view, &mut ranked, wish.order)?;
    }
    Ok((Found { total, ranked }, matching))
}

/// The words of an ask as they are scored.
pub(super) fn weighted_words(ask: &Ask, weights: &SearchWeights) -> Vec<WeightedWord> {
    let is_absent = |word: &AskedWord| {
        ask.concepts.iter().any(|concept| concept.denied && concept.start <= word.start && word.end <= concept.end)
    };
    let weighted = |word: &AskedWord| WeightedWord {
        stem: word.stem.clone(),
        weight: if is_absent(word) { weights.absent_words } else { 1.0 },
        of_title: 0.0,
        of_question: 0.0,
        of_answers: 0.0,
    };
    ask.words.iter().map(weighted).collect()
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
fn add_allowed(sets: &[ThreadSet], most: usize, candidates: &mut Vec<DocAddress>) {
    let known: rustc_hash::FxHashSet<DocAddress> = candidates.iter().copied().collect();
    let all = sets.iter().enumerate().flat_map(|(segment, set)| set.iter().map(move |doc| DocAddress::new(segment as u32, doc)));
    let new = all.filter(|at| !known.contains(at)).take(most.saturating_sub(known.len()));
    candidates.extend(new);
    candidates.sort_unstable();
}

/// Scores every candidate and puts the `most` best first; equal scores in the order of their ids.
fn rank(
    view: &View,
    candidates: &[DocAddress],
    lexical: &Lexical<'_>,
    scorer: &ConceptScorer<'_>,
    weights: &SearchWeights,
    most: usize,
    read: usize,
) -> Result<Vec<Ranked>, IndexError> {
    let (mut buffer, mut met) = (Vec::new(), Vec::new());
    let mut scored = Vec::with_capacity(candidates.len());
    for &at in candidates {
        let (columns, doc) = (view.columns(at.segment_ord)?, at.doc_id);
        let words = weights.words * lexical.scores(columns, doc, &mut buffer).all;
        let of_concepts = if scorer.is_empty() { 0.0 } else { weights.concepts * scorer.score(columns.concepts(doc), &mut met) };
        let score = words + of_concepts + prior(columns.standing(doc), weights);
        scored.push(Scored { at, score, more: words });
    }
    let ranked = best(view, scored, most, read)?.into_iter();
    Ok(ranked.map(|Scored { at, score, more: words }| Ranked { at, score, words, proximity: 0.0 }).collect())
}

/// Puts the best in order anew, by what it adds that words of the ask stand together. It takes nothing away, so they stay the best.
fn add_proximity(
    view: &View,
    ask: &Ask,
    lexical: &Lexical<'_>,
    weights: &SearchWeights,
    ranked: &mut Vec<Ranked>,
) -> Result<(), IndexError> {
    let rest = ranked.split_off(ranked.len().min(READ_FOR_PLACES));
    let positions: Vec<usize> = ask.words.iter().map(|word| word.position).collect();
    let threads: Vec<DocAddress> = ranked.iter().map(|thread| thread.at).collect();
    let scores = lexical.proximity(&positions, &threads, weights)?;
    let scored = ranked.drain(..).zip(scores).map(|(thread, proximity)| Scored {
        at: thread.at,
        score: thread.score + proximity,
        more: Ranked { proximity, score: thread.score + proximity, ..thread },
    });
    let best = best(view, scored.collect(), READ_FOR_PLACES, READ_FOR_PLACES)?;
    ranked.extend(best.into_iter().map(|scored| scored.more).chain(rest));
    Ok(())
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
        let columns = view.columns(segment as u32)?;
        all.extend(set.iter().map(|doc| {
            let date = dated(columns.published(doc), wish.order);
            (prior(columns.standing(doc), weights), date, DocAddress::new(segment as u32, doc))
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
    let mut ranked: Vec<(ThreadId, f32, i64, DocAddress)> = Vec::with_capacity(all.len());
    for (score, date, at) in all {
        ranked.push((view.id(at)?, score, date, at));
    }
    ranked.sort_unstable_by(|a, b| in_order(&(a.1, a.2, a.3), &(b.1, b.2, b.3)).then_with(|| a.0.cmp(&b.0)));
    let ranked = ranked.into_iter().map(|(_, score, _, at)| Ranked { at, score, words: 0.0, proximity: 0.0 });
    Ok(Found { total, ranked: ranked.collect() })
}

fn order_by_date(view: &View, ranked: &mut Vec<Ranked>, order: Order) -> Result<(), IndexError> {
    ranked.truncate(CANDIDATES);
    let mut dates: Vec<(i64, ThreadId, Ranked)> = Vec::with_capacity(ranked.len());
    for of_one in ranked.drain(..) {
        let published = view.columns(of_one.at.segment_ord)?.published(of_one.at.doc_id);
        dates.push((dated(published, order), view.id(of_one.at)?, of_one));
    }
    dates.sort_by(|a, b| a.0.cmp(&b.0).then_with(|| a.1.cmp(&b.1)));
    ranked.extend(dates.into_iter().map(|(.., ranked)| ranked));
    Ok(())
}

/// A number that is smaller for what comes first; a thread without a date comes last.
fn dated(published: Option<i64>, order: Order) -> i64 {
    published.map_or(i64::MAX, |days| if order == Order::OldestFirst { days } else { -days })
}
