//! **Explaining** a score: its parts, in plain words and as numbers that add up to it.

use serde::Serialize;

use crate::clinical::Assertion;
use crate::index::{IndexError, Place, View};
use crate::query::Ask;

use super::concepts::{ConceptMatch, ConceptScorer, Relation};
use super::lexical::Lexical;
use super::rank::{Ranked, wanted, weighted_words};
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

/// The explanation of each of some ranked threads.
pub(super) fn explain(view: &View, ask: &Ask, weights: &Weights, ranked: &[&Ranked]) -> Result<Vec<Explanation>, IndexError> {
    let lexical = Lexical::new(view, weighted_words(ask, &weights.search), &weights.search_words)?;
    let scorer = ConceptScorer::new(view, wanted(view, ask)?, &weights.search);
    ranked
        .iter()
        .map(|ranked| {
            let mut parts = by_word(view, ask, &lexical, &weights.search, ranked)?;
            parts.sort_by(|a, b| b.score.total_cmp(&a.score));
            let found = scorer.matches(view.columns(ranked.at.segment_ord)?.concepts(ranked.at.doc_id));
            let mut of_concepts: Vec<ScorePart> =
                found.iter().map(|found| concept_part(view, ask, &weights.search, found)).collect();
            of_concepts.sort_by(|a, b| b.score.total_cmp(&a.score));
            parts.splice(0..0, of_concepts);
            parts.push(ScorePart { what: "words stand together".into(), score: ranked.proximity });
            parts.extend(standing_parts(view, &weights.search, ranked)?);
            parts.retain(|part| part.score != 0.0);
            let told: Vec<String> = parts.iter().map(|part| format!("{} ({:.1})", part.what, part.score)).collect();
            Ok(Explanation { text: told.join("; "), parts })
        })
        .collect()
}

/// What each word by itself gives to a thread: the sums of ranking, taken apart.
fn by_word(
    view: &View,
    ask: &Ask,
    lexical: &Lexical<'_>,
    weights: &SearchWeights,
    ranked: &Ranked,
) -> Result<Vec<ScorePart>, IndexError> {
    let parts = lexical.parts(view.columns(ranked.at.segment_ord)?, ranked.at.doc_id).into_iter();
    let told = parts.map(|(place, score)| {
        let asked = &ask.words[place];
        ScorePart { what: format!("the word {}", &ask.read_text()[asked.start..asked.end]), score: weights.words * score }
    });
    Ok(told.collect())
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
    let standing = view.columns(ranked.at.segment_ord)?.standing(ranked.at.doc_id);
    let holding = [
        (standing.answered, "answered", weights.answered),
        (standing.reviewed, "reviewed", weights.reviewed),
        (standing.structured, "answer in sections", weights.structured),
    ];
    let parts = holding.into_iter().filter(|(holds, ..)| *holds);
    Ok(parts.map(|(_, what, score)| ScorePart { what: what.into(), score }).collect())
}
