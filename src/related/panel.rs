//! The **panel** is what stands under a thread: a few other threads worth reading, or none.

use std::sync::Arc;

use serde::Serialize;

use crate::clinical::{ConceptId, Kind};
use crate::index::{ConceptUse, IndexError, View};
use crate::search::{Lexical, Marks, Snippet, WantedConcept, Weights, candidates, nearest, snippet};
use crate::thread::ThreadId;

use super::features::{Features, Ranked, rank};
use super::profile::{Profile, ProfileConcept, Stance, Subject, concepts};
use super::rerank::Reranker;

/// Threads that are ranked in full.
const CANDIDATES: usize = 300;

/// Threads near by vector that are candidates whatever their words.
const NEAREST: usize = 100;

/// Concepts that bring candidates; the rest only rank.
const SEEKING_CONCEPTS: usize = 8;

#[derive(Debug, Clone)]
pub struct Options {
    /// Entries at most.
    pub count: usize,
    /// Reads the best of the ranking again.
    pub reranker: Option<Arc<Reranker>>,
}

impl Options {
    /// The plain ranking, its best read again where that is asked for.
    pub fn ranking(&self, view: &View, subject: &Subject, weights: &Weights) -> Result<Vec<Ranked>, IndexError> {
        let ranked = ranking(view, subject, weights)?;
        match &self.reranker {
            Some(reranker) => reranker.rerank(view, subject, &weights.rerank, ranked),
            None => Ok(ranked),
        }
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
    /// Ids of threads that say the same and were folded into this entry.
    pub duplicates: Vec<ThreadId>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
    #[serde(skip)]
    #[cfg_attr(feature = "serve", schema(ignore))]
    pub features: Features,
}

/// Names of concepts that speak for and against an entry.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "serve", derive(utoipa::ToSchema))]
pub struct Why {
    /// In both.
    pub shared: Vec<String>,
    /// In the entry, broader or narrower than one of the thread.
    pub near: Vec<String>,
    /// One has it, the other has it not.
    pub conflicting: Vec<String>,
}

/// The plain ranking: best first, without cut-off, folding and diversity.
pub fn ranking(view: &View, subject: &Subject, weights: &Weights) -> Result<Vec<Ranked>, IndexError> {
    let profile = Profile::of(subject, view.embedder(), &weights.related);
    let lexical = Lexical::new(view, &profile.words, &weights.related_words)?;
    let seeking = seeking(view, &profile)?;
    let own = match &subject.own {
        Some(id) => view.find(id)?,
        None => None,
    };
    let allowed = |segment: usize, doc| own.is_none_or(|own| own != tantivy::DocAddress::new(segment as u32, doc));
    let also = |segment| match weights.related.vectors {
        0.0 => Ok(Vec::new()),
        _ => nearest(view, segment, &profile.meaning, NEAREST),
    };
    let selection = candidates(view, &lexical, &seeking, weights.related.concepts, CANDIDATES, &allowed, &also)?;
    rank(view, &profile, &selection.candidates, lexical.most(), &weights.related)
}

/// The panel of a subject, at most `options.count` entries.
pub fn panel(view: &View, subject: &Subject, weights: &Weights, options: &Options) -> Result<Panel, IndexError> {
    let ranked = options.ranking(view, subject, weights)?;
    let profile = Profile::of(subject, view.embedder(), &weights.related);
    let marks = Marks::new(
        view,
        profile.words.iter().map(|word| (word.stem.clone(), word.weight)),
        profile.concepts.iter().filter(|row| row.salience > 0.0).map(|row| (row.concept, 2.0 * row.salience)),
    );
    let mut panel = Vec::new();
    for (n, ranked) in ranked.into_iter().take(options.count).enumerate() {
        let (thread, annotation) = view.annotated(ranked.at)?;
        let of_entry = concepts(ConceptUse::of_thread(&thread, &annotation).into_iter(), &weights.related);
        panel.push(Entry {
            rank: n + 1,
            id: ranked.id,
            title: thread.heading().to_owned(),
            score: ranked.score,
            snippet: snippet(&thread, &annotation, &marks),
            why: why(view, &profile, &of_entry),
            duplicates: Vec::new(),
            url: thread.url,
            features: ranked.features,
        });
    }
    Ok(Panel { panel })
}

/// The profile's weightiest concepts, by what they would add.
fn seeking(view: &View, profile: &Profile) -> Result<Vec<WantedConcept>, IndexError> {
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

fn why(view: &View, profile: &Profile, entry: &[ProfileConcept]) -> Why {
    const MOST: usize = 6;
    let lexicon = view.lexicon();
    let name = |concept: ConceptId| lexicon.concept(concept).name.to_owned();
    let mut why = Why::default();
    let mut own: Vec<&ProfileConcept> = profile.concepts.iter().collect();
    own.sort_by(|a, b| b.salience.total_cmp(&a.salience).then(a.concept.cmp(&b.concept)));
    for row in own {
        match entry.iter().find(|other| other.concept == row.concept) {
            Some(other)
                if matches!((row.stance, other.stance), (Stance::Has, Stance::HasNot) | (Stance::HasNot, Stance::Has)) =>
            {
                why.conflicting.push(name(row.concept));
            }
            Some(other) if row.salience > 0.0 && other.salience > 0.0 => why.shared.push(name(row.concept)),
            Some(_) => {}
            None if row.salience > 0.0 && lexicon.concept(row.concept).kind != Kind::Investigation => {
                let broader: Vec<ConceptId> = lexicon.ancestors(row.concept).into_iter().map(|(id, _)| id).collect();
                let kin = entry.iter().find(|other| {
                    other.salience > 0.0
                        && (broader.contains(&other.concept)
                            || lexicon.ancestors(other.concept).iter().any(|(id, _)| *id == row.concept))
                });
                why.near.extend(kin.map(|other| name(other.concept)));
            }
            None => {}
        }
    }
    why.near.retain(|near| !why.shared.contains(near));
    for names in [&mut why.shared, &mut why.near, &mut why.conflicting] {
        let mut seen = Vec::new();
        names.retain(|name| {
            !seen.contains(name) && {
                seen.push(name.clone());
                true
            }
        });
        names.truncate(MOST);
    }
    why
}
