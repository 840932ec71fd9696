//! **Hits**: ranked candidates, and what a reader is shown of them.

use serde::Serialize;
use tantivy::DocAddress;
use tantivy::columnar::{Column, StrColumn};

use crate::clinical::{Assertion, Kind};
use crate::index::{IndexError, Standing, View, idf};
use crate::query::Ask;
use crate::thread::{Doctor, ThreadId};

use super::candidates::{Candidate, candidates};
use super::concepts::{ConceptColumns, ConceptMatch, ConceptScorer, WantedConcept, threads_with};
use super::lexical::{Lexical, WeightedWord};
use super::snippet::{Marks, Snippet, snippet};
use super::weights::{SearchWeights, Weights};

/// Threads that are ranked in full; a panel or page of results never goes deeper.
const CANDIDATES: usize = 400;

/// Which of the ranked hits to show.
#[derive(Debug, Clone)]
pub struct Options {
    /// At most so many, from 1.
    pub count: usize,
    /// Passing over so many first.
    pub from: usize,
}

impl Default for Options {
    fn default() -> Options {
        Options { count: 10, from: 0 }
    }
}

/// The answer to one ask.
#[derive(Debug)]
pub struct Hits {
    pub total: u64,
    pub hits: Vec<Hit>,
}

/// One thread that answers an ask.
#[derive(Debug, Clone, Serialize)]
pub struct Hit {
    /// From 1.
    pub rank: usize,
    pub id: ThreadId,
    pub title: String,
    pub score: f32,
    pub snippet: Snippet,
    /// Names of what the thread is about, the most often mentioned first.
    pub symptoms: Vec<String>,
    pub procedures: Vec<String>,
    pub drugs: Vec<String>,
    pub conditions: Vec<String>,
    pub investigations: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub doctor: Option<Doctor>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub published: Option<jiff::civil::Date>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
}

/// A candidate with its final score.
#[derive(Debug, Clone)]
pub struct Ranked {
    pub at: DocAddress,
    pub id: ThreadId,
    pub score: f32,
    pub words: f32,
    pub concepts: Vec<ConceptMatch>,
}

/// Finds, ranks and shows.
pub fn search(view: &View, ask: &Ask, weights: &Weights, options: &Options) -> Result<Hits, IndexError> {
    let found = find(view, ask, weights)?;
    let marks = Marks::of_ask(view, ask);
    let shown = found.ranked.iter().enumerate().skip(options.from).take(options.count);
    let hits = shown.map(|(n, ranked)| show(view, n + 1, ranked, &marks)).collect::<Result<_, _>>()?;
    Ok(Hits { total: found.total, hits })
}

/// The ranking of an ask, best first, at most [`CANDIDATES`] deep.
pub struct Found {
    pub total: u64,
    pub ranked: Vec<Ranked>,
}

/// Chooses candidates and ranks them.
pub fn find(view: &View, ask: &Ask, weights: &Weights) -> Result<Found, IndexError> {
    let words: Vec<WeightedWord> =
        ask.words.iter().map(|word| WeightedWord { stem: word.stem.clone(), weight: 1.0, title_weight: 0.0 }).collect();
    let lexical = Lexical::new(view, &words, &weights.words)?;
    let scorer = ConceptScorer::new(view, wanted(view, ask)?, &weights.search);
    let selection = candidates(view, &lexical, scorer.wanted(), weights.search.concepts, CANDIDATES, &|_, _| true)?;
    let ranked = rank(view, &selection.candidates, &scorer, &weights.search)?;
    Ok(Found { total: selection.matching, ranked })
}

/// The concepts of an ask with their rarity in this index.
fn wanted(view: &View, ask: &Ask) -> Result<Vec<WantedConcept>, IndexError> {
    ask.concepts
        .iter()
        .map(|asked| {
            let having = threads_with(view, view.fields().within, asked.concept)?;
            Ok(WantedConcept { concept: asked.concept, denied: asked.denied, idf: idf(having, view.len()) })
        })
        .collect()
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
            let standing = Standing::from_bits(columns.standing.first(doc).unwrap_or(0));
            let words = weights.words * candidate.words.all;
            let of_concepts = weights.concepts * concepts.iter().map(|found| found.score).sum::<f32>();
            let score = words + of_concepts + prior(standing, weights);
            ranked.push(Ranked { at: candidate.at, id: columns.id(view, doc)?, score, words, concepts });
        }
    }
    ranked.sort_unstable_by(|a, b| b.score.total_cmp(&a.score).then_with(|| a.id.cmp(&b.id)));
    Ok(ranked)
}

fn prior(standing: Standing, weights: &SearchWeights) -> f32 {
    let add = |holds: bool, weight: f32| if holds { weight } else { 0.0 };
    add(standing.answered, weights.answered)
        + add(standing.reviewed, weights.reviewed)
        + add(standing.structured, weights.structured)
}

struct SegmentColumns {
    concepts: ConceptColumns,
    standing: Column<u64>,
    id: StrColumn,
}

impl SegmentColumns {
    fn open(view: &View, segment: u32) -> Result<SegmentColumns, IndexError> {
        let reader = view.searcher().segment_reader(segment);
        let fast = reader.fast_fields();
        let standing = fast.u64("standing").map_err(|error| view.damaged(error))?;
        let id = fast.str("id").map_err(|error| view.damaged(error))?.ok_or_else(|| view.damaged("its threads have no ids"))?;
        Ok(SegmentColumns { concepts: ConceptColumns::open(view, reader)?, standing, id })
    }

    fn id(&self, view: &View, doc: tantivy::DocId) -> Result<ThreadId, IndexError> {
        let mut id = String::new();
        let ord = self.id.term_ords(doc).next().ok_or_else(|| view.damaged("a thread has no id"))?;
        self.id.ord_to_str(ord, &mut id).map_err(|error| view.damaged(error))?;
        Ok(ThreadId::from(id))
    }
}

/// What a reader is shown of a ranked thread.
fn show(view: &View, rank: usize, ranked: &Ranked, marks: &Marks) -> Result<Hit, IndexError> {
    let (thread, annotation) = view.annotated(ranked.at)?;
    let names = |kind: Kind| {
        let mut counts: Vec<(&str, usize)> = Vec::new();
        for (_, mention) in annotation.mentions() {
            let concept = view.lexicon().concept(mention.concept);
            if concept.kind != kind || matches!(mention.assertion, Assertion::Denied | Assertion::Family) {
                continue;
            }
            match counts.iter_mut().find(|(name, _)| *name == concept.name) {
                Some((_, count)) => *count += 1,
                None => counts.push((concept.name, 1)),
            }
        }
        counts.sort_by_key(|&(_, count)| std::cmp::Reverse(count));
        counts.into_iter().map(|(name, _)| name.to_owned()).collect::<Vec<_>>()
    };
    Ok(Hit {
        rank,
        id: ranked.id.clone(),
        title: thread.heading().to_owned(),
        score: ranked.score,
        snippet: snippet(&thread, &annotation, marks),
        symptoms: names(Kind::Symptom),
        procedures: names(Kind::Procedure),
        drugs: names(Kind::Drug),
        conditions: names(Kind::Condition),
        investigations: names(Kind::Investigation),
        doctor: thread.doctor,
        published: thread.published,
        url: thread.url,
    })
}
