//! **Hits**: what a reader is shown of the threads that were found.

use serde::Serialize;
use tantivy::DocAddress;

use crate::clinical::{Annotation, Assertion, Kind};
use crate::index::{IndexError, View};
use crate::query::Ask;
use crate::thread::{Doctor, Thread, ThreadId};

use super::explain::{Explanation, explain};
use super::facets::{Facets, facets};
use super::fold::Sketch;
use super::rank::{CANDIDATES, Found, Order, Ranked, Wish, find_as_wished};
use super::relax::relaxed;
use super::snippet::{Marks, Snippet, snippet};
use super::weights::Weights;

/// Nobody reads on so far; a ranking by words goes no deeper. A listing by demands alone does.
const DEEPEST: usize = 10_000;

/// Which of the hits to show, and what with them.
#[derive(Debug, Clone)]
pub struct Options {
    /// At most so many, from 1.
    pub count: usize,
    /// Passing over so many first.
    pub from: usize,
    pub order: Order,
    /// Whether to count over all threads that match.
    pub facets: bool,
    /// Whether to say why each hit has its score.
    pub explain: bool,
    /// Whether an ask that finds nothing stays as it is. Otherwise a part of it is dropped.
    pub exact: bool,
}

impl Default for Options {
    fn default() -> Options {
        Options { count: 10, from: 0, order: Order::default(), facets: false, explain: false, exact: false }
    }
}

/// The answer to one ask.
#[derive(Debug, Default)]
pub struct Hits {
    /// Threads that match.
    pub total: u64,
    pub hits: Vec<Hit>,
    pub facets: Option<Facets>,
    /// Parts of the ask that were left out because with them nothing was found.
    pub dropped: Vec<String>,
    /// Why nothing is shown although threads match.
    pub remark: Option<String>,
}

/// One thread that answers an ask.
#[derive(Debug, Clone, Serialize)]
#[cfg_attr(feature = "serve", derive(utoipa::ToSchema))]
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
    /// Names of what the patient has not, of any kind.
    pub denied: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub doctor: Option<Doctor>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "serve", schema(value_type = Option<String>, format = Date))]
    pub published: Option<jiff::civil::Date>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
    /// Ids of threads that ask the same and are not shown by themselves.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub duplicates: Vec<ThreadId>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub explanation: Option<Explanation>,
    /// Where it stands in the view.
    #[serde(skip)]
    #[cfg_attr(feature = "serve", schema(ignore))]
    at: DocAddress,
}

/// Finds, ranks and shows.
pub fn search(view: &View, ask: &Ask, weights: &Weights, options: &Options) -> Result<Hits, IndexError> {
    let end = options.from.saturating_add(options.count);
    let depth = if ask.has_no_words() { end } else { end.min(DEEPEST) };
    let wish = Wish { order: options.order, depth, matching: options.facets };
    let (mut found, mut matching) = find_as_wished(view, ask, weights, wish)?;
    let mut dropped = Vec::new();
    let mut read = ask.clone();
    if found.total == 0
        && !options.exact
        && let Some((shorter, parts)) = relaxed(view, ask, weights)?
    {
        (found, matching) = find_as_wished(view, &shorter, weights, wish)?;
        (read, dropped) = (shorter, parts);
    }
    let mut hits = page(view, &read, &found, options)?;
    hits.dropped = dropped;
    if options.facets {
        hits.facets = Some(facets(view, &matching)?);
    }
    if options.explain {
        add_explanations(view, &read, weights, &found, &mut hits.hits)?;
    }
    Ok(hits)
}

/// Shows part of a ranking.
pub fn page(view: &View, ask: &Ask, found: &Found, options: &Options) -> Result<Hits, IndexError> {
    let marks = Marks::of_ask(view, ask);
    let mut hits = Hits { total: found.total, ..Hits::default() };
    // Which threads are folded depends on those before them, so a page begins with a look at the pages before it; not so far down.
    let folds = options.from < CANDIDATES;
    let mut shown: Vec<(Sketch, ThreadId)> = Vec::new();
    let mut folded: Vec<(ThreadId, ThreadId)> = Vec::new();
    let mut rank = if folds { 0 } else { options.from.min(found.ranked.len()) };
    for ranked in &found.ranked[rank..] {
        if hits.hits.len() >= options.count {
            break;
        }
        let (thread, annotation) = view.annotated(ranked.at)?;
        if folds {
            let sketch = Sketch::of(&thread);
            if let Some((_, first)) = shown.iter().find(|(earlier, _)| earlier.is_like(&sketch)) {
                folded.push((first.clone(), thread.id));
                continue;
            }
            shown.push((sketch, thread.id.clone()));
        }
        rank += 1;
        if rank > options.from {
            hits.hits.push(show(view, rank, ranked, thread, &annotation, &marks));
        }
    }
    for (first, duplicate) in folded {
        if let Some(hit) = hits.hits.iter_mut().find(|hit| hit.id == first) {
            hit.duplicates.push(duplicate);
        }
    }
    if hits.hits.is_empty() && found.total > 0 && options.count > 0 {
        let last = found.ranked.len();
        hits.remark = Some(match found.total {
            1 => "one thread matches, and it is on the first page".into(),
            total => format!("{total} threads match, of which {last} are ranked; nothing stands after hit {}", options.from),
        });
    }
    Ok(hits)
}

fn add_explanations(view: &View, ask: &Ask, weights: &Weights, found: &Found, hits: &mut [Hit]) -> Result<(), IndexError> {
    let shown: Vec<&Ranked> = hits.iter().filter_map(|hit| found.ranked.iter().find(|ranked| ranked.at == hit.at)).collect();
    for (hit, explanation) in hits.iter_mut().zip(explain(view, ask, weights, &shown)?) {
        hit.explanation = Some(explanation);
    }
    Ok(())
}

/// What a reader is shown of a ranked thread.
fn show(view: &View, rank: usize, ranked: &Ranked, thread: Thread, annotation: &Annotation, marks: &Marks) -> Hit {
    let names = |wanted: &dyn Fn(Kind, Assertion) -> bool| {
        let mut counts: Vec<(&str, usize)> = Vec::new();
        for (_, mention) in annotation.mentions() {
            let concept = view.lexicon().concept(mention.concept);
            if !wanted(concept.kind, mention.assertion) {
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
    let about =
        |wanted: Kind| names(&|kind, assertion| kind == wanted && !matches!(assertion, Assertion::Denied | Assertion::Family));
    Hit {
        rank,
        id: thread.id.clone(),
        title: thread.heading().to_owned(),
        score: ranked.score,
        snippet: snippet(&thread, annotation, marks),
        symptoms: about(Kind::Symptom),
        procedures: about(Kind::Procedure),
        drugs: about(Kind::Drug),
        conditions: about(Kind::Condition),
        investigations: about(Kind::Investigation),
        denied: names(&|_, assertion| assertion == Assertion::Denied),
        doctor: thread.doctor,
        published: thread.published,
        url: thread.url,
        duplicates: Vec::new(),
        explanation: None,
        at: ranked.at,
    }
}
