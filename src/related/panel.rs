//! The **panel** is what stands under a thread: a few other threads worth reading, or none. In: the plain ranking. Out: entries of which
//! each is another matter: copies folded, the far ones cut off, with the passage that answers and why it is there.

use std::sync::Arc;

use serde::Serialize;

use crate::embed::Vector;
use crate::index::{ConceptUse, IndexError, View};
use crate::search::{
    Lexical, Marks, RelatedWeights, Seeking, Sketch, Snippet, WantedConcept, Weights, answering_snippet, candidates, nearest,
    vectors,
};
use crate::thread::ThreadId;

use super::features::{Features, Ranked, rank};
use super::profile::{Profile, Subject, concepts};
use super::rerank::Reranker;
use super::why::{Why, why};

/// Threads that are ranked in full.
const CANDIDATES: usize = 300;

/// Threads near by vector that are candidates whatever their words.
const NEAREST: usize = 100;

/// Concepts that bring candidates; the rest only rank.
const SEEKING_CONCEPTS: usize = 8;

/// Threads that may come into a panel, for each entry: copies and near-copies of one point take places.
const CONSIDERED: usize = 3;

/// Words that a passage is chosen for and that are marked in it: the rest of a question is what any question says.
const MARKED: usize = 16;

/// What is said of a panel without entries.
const ORPHAN: &str = "no thread in the index is close enough";

#[derive(Debug, Clone)]
pub struct Options {
    /// Entries at most.
    pub count: usize,
    /// Reads the best of the ranking again.
    pub reranker: Option<Arc<Reranker>>,
}

impl Options {
    /// The plain ranking, at most `count` long, its best read again where that is asked for.
    pub fn ranking(&self, view: &View, subject: &Subject, weights: &Weights) -> Result<Vec<Ranked>, IndexError> {
        let profile = Profile::of(view, subject, &weights.related)?;
        let lexical = Lexical::new(view, profile.words.clone(), &weights.related_words)?;
        self.rank(view, subject, &profile, &lexical, weights, self.count)
    }

    fn rank(
        &self,
        view: &View,
        subject: &Subject,
        profile: &Profile,
        lexical: &Lexical<'_>,
        weights: &Weights,
        most: usize,
    ) -> Result<Vec<Ranked>, IndexError> {
        let Some(reranker) = &self.reranker else { return rank_for(view, subject, profile, lexical, weights, most) };
        let depth = weights.rerank.depth();
        let ranked = rank_for(view, subject, profile, lexical, weights, most.max(depth))?;
        let mut ranked = reranker.read(view, subject, depth, ranked)?.ranking(&weights.rerank);
        ranked.truncate(most);
        Ok(ranked)
    }
}

impl Default for Options {
    fn default() -> Options {
        Options { count: 5, reranker: None }
    }
}

/// What stands under a thread.
#[derive(Debug, Clone)]
pub struct Panel {
    pub panel: Vec<Entry>,
    /// Why there is none.
    pub remark: Option<&'static str>,
}

/// One other thread.
#[derive(Debug, Clone, Serialize)]
#[cfg_attr(feature = "serve", derive(utoipa::ToSchema), schema(as = PanelEntryFound))]
pub struct Entry {
    /// From 1.
    pub rank: usize,
    pub id: ThreadId,
    pub title: String,
    pub score: f32,
    pub snippet: Snippet,
    pub why: Why,
    /// Ids of threads that ask the same and were folded into this entry.
    pub duplicates: Vec<ThreadId>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
    #[serde(skip)]
    #[cfg_attr(feature = "serve", schema(ignore))]
    pub features: Features,
}

/// The plain ranking, at most `most` long: best first, without cut-off, folding and diversity.
pub fn ranking(view: &View, subject: &Subject, weights: &Weights, most: usize) -> Result<Vec<Ranked>, IndexError> {
    Options { count: most, ..Options::default() }.ranking(view, subject, weights)
}

fn rank_for(
    view: &View,
    subject: &Subject,
    profile: &Profile,
    lexical: &Lexical<'_>,
    weights: &Weights,
    most: usize,
) -> Result<Vec<Ranked>, IndexError> {
    let seeking = Seeking {
        most: CANDIDATES,
        concept_share: weights.related.concepts,
        concept_budget: weights.related_words.budget(),
        allowed: None,
        sets: false,
    };
    let mut chosen = candidates(view, lexical, &seeking_concepts(view, profile)?, seeking)?.candidates;
    if weights.related.vectors != 0.0 {
        chosen.extend(nearest(view, &profile.meaning, NEAREST)?);
        chosen.sort_unstable();
        chosen.dedup();
    }
    if let Some(own) = &subject.own {
        let own = view.find(own)?;
        chosen.retain(|&at| Some(at) != own);
    }
    rank(view, profile, lexical, &chosen, &weights.related, most)
}

/// The panel of a subject, at most `options.count` entries.
pub fn panel(view: &View, subject: &Subject, weights: &Weights, options: &Options) -> Result<Panel, IndexError> {
    let profile = Profile::of(view, subject, &weights.related)?;
    let lexical = Lexical::new(view, profile.words.clone(), &weights.related_words)?;
    let considered = options.count.saturating_mul(CONSIDERED);
    let mut ranked = options.rank(view, subject, &profile, &lexical, weights, considered)?;
    cut_off(&mut ranked, &weights.related);
    diversify(view, &mut ranked, &weights.related)?;

    let marks = Marks::new(
        view,
        lexical.weightiest(MARKED).map(|(stem, worth)| (stem.to_owned(), 2.0 * worth)),
        profile.concepts.iter().filter(|row| row.salience > 0.0).map(|row| (row.concept, 2.0 * row.salience)),
    );
    let mut panel: Vec<Entry> = Vec::new();
    let mut sketches: Vec<Sketch> = Vec::new();
    for ranked in ranked {
        // Beyond the last entry only a few are looked at for copies.
        if panel.len() == options.count {
            break;
        }
        let (thread, annotation) = view.annotated(ranked.at)?;
        let sketch = Sketch::of(&thread);
        if let Some(first) = sketches.iter().position(|earlier| earlier.is_like(&sketch)) {
            panel[first].duplicates.push(ranked.id);
            continue;
        }
        sketches.push(sketch);
        let mut of_entry = Vec::new();
        concepts(ConceptUse::of_thread(&thread, &annotation).into_iter(), &profile.saliences, &mut of_entry);
        let own = (&subject.thread, &subject.annotation);
        panel.push(Entry {
            rank: panel.len() + 1,
            id: ranked.id,
            title: thread.heading().to_owned(),
            score: ranked.score,
            snippet: answering_snippet(&thread, &annotation, &marks, &view.stock_phrases(&thread, &annotation)?),
            why: why(view.lexicon(), &profile, own, &of_entry, (&thread, &annotation)),
            duplicates: Vec::new(),
            url: thread.url,
            features: ranked.features,
        });
    }
    let remark = panel.is_empty().then_some(ORPHAN);
    Ok(Panel { panel, remark })
}

/// Cuts a ranking where its threads are no longer worth reading: below a score that says little, or far below the best.
fn cut_off(ranked: &mut Vec<Ranked>, weights: &RelatedWeights) {
    let best = ranked.first().map_or(0.0, |best| best.score);
    let least = weights.least.max(weights.least_of_best * best);
    ranked.retain(|ranked| ranked.score >= least);
}

/// Reorders so that another angle comes before the next near-copy of a point that was made (maximal marginal relevance, Carbonell and
/// Goldstein 1998): a thread loses `weights.diversity` times how near its question is to the nearest one before it.
fn diversify(view: &View, ranked: &mut Vec<Ranked>, weights: &RelatedWeights) -> Result<(), IndexError> {
    if weights.diversity == 0.0 || ranked.len() < 3 {
        return Ok(());
    }
    let mut left: Vec<(Ranked, Option<Vector>, f32)> = Vec::with_capacity(ranked.len());
    for thread in ranked.drain(..) {
        let [title, question] = vectors(view, thread.at)?;
        left.push((thread, question.or(title), 0.0));
    }
    while !left.is_empty() {
        let worth = |(thread, _, near): &(Ranked, Option<Vector>, f32)| thread.score - weights.diversity * near;
        // The first of equal ones is the better ranked.
        let next = (1..left.len()).fold(0, |best, n| if worth(&left[n]) > worth(&left[best]) { n } else { best });
        let (thread, chosen, _) = left.remove(next);
        if let Some(chosen) = chosen {
            for (_, vector, near) in &mut left {
                // What any two threads on health have in common says nothing.
                let cosine = vector.as_ref().map_or(0.0, |vector| vector.cosine(&chosen));
                *near = near.max((cosine - weights.alike_from).max(0.0));
            }
        }
        ranked.push(thread);
    }
    Ok(())
}

/// The profile's weightiest concepts, by what they would add.
fn seeking_concepts(view: &View, profile: &Profile) -> Result<Vec<WantedConcept>, IndexError> {
    let idf = view.concept_idf()?;
    let mut seeking: Vec<WantedConcept> = profile
        .concepts
        .iter()
        .filter(|row| row.salience > 0.0)
        .map(|row| WantedConcept {
            concept: row.concept,
            denied: false,
            idf: idf[row.concept.0 as usize] * row.salience.min(2.0),
        })
        .collect();
    seeking.sort_by(|a, b| b.idf.total_cmp(&a.idf).then(a.concept.cmp(&b.concept)));
    seeking.truncate(SEEKING_CONCEPTS);
    Ok(seeking)
}
