//! **Explaining** a score: its parts, in plain words and as numbers that add up to it.

use serde::Serialize;

use crate::clinical::Assertion;
use crate::index::{IndexError, Place, View};
use crate::query::Ask;

use super::concepts::{ConceptMatch, Relation};
use super::lexical::{Accumulator, Lexical};
use super::rank::{Ranked, SegmentColumns, weighted_words};
use super::weights::{SearchWeights, Weights};

/// Why a thread has its score.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
#[cfg_attr(feature = "serve", derive(utoipa::ToSchema))]
pub struct Explanation {
    /// "title says numbness (8.1); answered (0.3)"
    pub text: String,
    /// They add up to the score.
    pub parts: Vec<ScorePart>,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "serve", derive(utoipa::ToSchema))]
pub struct ScorePart {
    pub what: String,
    pub score: f32,
}

/// How far the words' scores, taken one by one, may be from their score together and still be told one by one.
const ROUNDING: f32 = 1e-5;

/// The explanation of each of some ranked threads.
pub(super) fn explain(view: &View, ask: &Ask, weights: &Weights, ranked: &[&Ranked]) -> Result<Vec<Explanation>, IndexError> {
    let of_words = by_word(view, ask, weights, ranked)?;
    ranked
        .iter()
        .zip(of_words)
        .map(|(ranked, words)| {
            let sum: f32 = words.iter().map(|part| part.score).sum();
            let mut parts = words;
            if (sum - ranked.words).abs() > ROUNDING * ranked.words.abs().max(1.0) {
                parts = vec![ScorePart { what: "words of the query".into(), score: ranked.words }];
            }
            parts.sort_by(|a, b| b.score.total_cmp(&a.score));
            let mut of_concepts: Vec<ScorePart> =
                ranked.concepts.iter().map(|found| concept_part(view, ask, &weights.search, found)).collect();
            of_concepts.sort_by(|a, b| b.score.total_cmp(&a.score));
            parts.splice(0..0, of_concepts);
            parts.extend(standing_parts(view, &weights.search, ranked)?);
            parts.retain(|part| part.score != 0.0);
            let told: Vec<String> = parts.iter().map(|part| format!("{} ({:.1})", part.what, part.score)).collect();
            Ok(Explanation { text: told.join("; "), parts })
        })
        .collect()
}

/// What each word by itself gives to each thread: the same sums as in ranking, taken apart.
fn by_word(view: &View, ask: &Ask, weights: &Weights, ranked: &[&Ranked]) -> Result<Vec<Vec<ScorePart>>, IndexError> {
    let mut parts: Vec<Vec<ScorePart>> = vec![Vec::new(); ranked.len()];
    let mut work = Accumulator::default();
    let mut segments: Vec<u32> = ranked.iter().map(|ranked| ranked.at.segment_ord).collect();
    segments.sort_unstable();
    segments.dedup();
    for (asked, word) in ask.words.iter().zip(weighted_words(ask)) {
        let lexical = Lexical::new(view, &[word], &weights.search_words)?;
        for &segment in &segments {
            lexical.accumulate(segment as usize, &mut work)?;
            for (ranked, parts) in ranked.iter().zip(&mut parts).filter(|(ranked, _)| ranked.at.segment_ord == segment) {
                let score = weights.search.words * work.score(ranked.at.doc_id).all;
                if score != 0.0 {
                    parts.push(ScorePart { what: format!("the word {}", &ask.read_text()[asked.start..asked.end]), score });
                }
            }
        }
    }
    Ok(parts)
}

fn concept_part(view: &View, ask: &Ask, weights: &SearchWeights, found: &ConceptMatch) -> ScorePart {
    let asked = &ask.concepts[found.wanted];
    let wanted = view.lexicon().concept(asked.concept).name;
    let name = view.lexicon().concept(found.found).name;
    let place = match found.place {
        Place::Title => "title says",
        Place::Question => "question says",
        Place::Answer => "answer says",
        Place::Causes => "probable causes name",
        Place::Investigations => "investigations name",
        Place::Diagnosis => "diagnosis names",
        Place::Treatment => "treatment names",
        Place::Advice => "advice names",
    };
    let relation = match found.relation {
        Relation::Exact => String::new(),
        Relation::Narrower => format!(", {name} is a kind of {wanted}"),
        Relation::Broader => format!(", {wanted} is a kind of {name}"),
    };
    let what = match (asked.denied, found.assertion) {
        (true, Assertion::Denied) => format!("denied here, as asked: {name}{relation}"),
        (true, _) => format!("asked for as denied, but {place} {name}{relation}"),
        (false, Assertion::Denied) => format!("denied here: {name}{relation}"),
        (false, Assertion::Present) => format!("{place} {name}{relation}"),
        (false, Assertion::Possible) => format!("{place} {name} as possible{relation}"),
        (false, Assertion::Past) => format!("{place} {name} as past{relation}"),
        (false, Assertion::Family) => format!("{place} {name} of a relative{relation}"),
        (false, Assertion::Hypothetical) => format!("{place} {name} in general{relation}"),
    };
    ScorePart { what, score: weights.concepts * found.score }
}

fn standing_parts(view: &View, weights: &SearchWeights, ranked: &Ranked) -> Result<Vec<ScorePart>, IndexError> {
    let standing = SegmentColumns::open(view, ranked.at.segment_ord)?.standing(ranked.at.doc_id);
    let holding = [
        (standing.answered, "answered", weights.answered),
        (standing.reviewed, "reviewed", weights.reviewed),
        (standing.structured, "answer in sections", weights.structured),
    ];
    let parts = holding.into_iter().filter(|(holds, ..)| *holds);
    Ok(parts.map(|(_, what, score)| ScorePart { what: what.into(), score }).collect())
}
