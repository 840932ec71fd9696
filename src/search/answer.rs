//! The **answer** to a search as programs read it: the JSON of the command line and of the server.

use serde::Serialize;

use crate::clinical::{ConceptId, Kind};
use crate::index::View;
use crate::query::Ask;

use super::{Facets, Hit, Hits, Suggestion};

/// The answer to a search.
#[derive(Debug, Clone, Serialize)]
#[cfg_attr(feature = "serve", derive(utoipa::ToSchema), schema(as = SearchAnswer))]
pub struct Answer {
    pub query: Asked,
    /// Threads that match, shown or not.
    pub total: u64,
    /// Milliseconds that it took to find, rank and show.
    pub took_ms: f64,
    pub hits: Vec<Hit>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub facets: Option<Facets>,
    /// Why nothing is shown although threads match.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub remark: Option<String>,
}

/// How a query may go on.
#[derive(Debug, Clone, Serialize)]
#[cfg_attr(feature = "serve", derive(utoipa::ToSchema))]
pub struct Completion {
    /// What was typed.
    pub prefix: String,
    /// Milliseconds that it took.
    pub took_ms: f64,
    pub suggestions: Vec<Suggestion>,
}

/// The question as it was understood.
#[derive(Debug, Clone, Serialize)]
#[cfg_attr(feature = "serve", derive(utoipa::ToSchema))]
pub struct Asked {
    pub text: String,
    pub concepts: Vec<QueryConcept>,
    /// The text that was searched for instead.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub corrected: Option<String>,
    /// Parts that were left out because with them nothing is found; `total` is without them.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub dropped: Vec<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub remarks: Vec<PlacedRemark>,
}

/// A concept of the question.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "serve", derive(utoipa::ToSchema))]
pub struct QueryConcept {
    #[serde(flatten)]
    pub concept: NamedConcept,
    /// Asked for as absent: "no fever".
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub denied: bool,
}

/// A concept by all its names.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "serve", derive(utoipa::ToSchema))]
pub struct NamedConcept {
    /// Its id.
    #[cfg_attr(feature = "serve", schema(example = "symptom:paresthesia"))]
    pub concept: String,
    pub name: String,
    pub r#type: Kind,
}

/// Something that may surprise in how the question was read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "serve", derive(utoipa::ToSchema))]
pub struct PlacedRemark {
    /// In code points of the text that was read.
    pub start: usize,
    /// In code points, exclusive.
    pub end: usize,
    pub says: String,
}

impl Answer {
    pub fn new(view: &View, ask: &Ask, hits: Hits, took_ms: f64) -> Answer {
        let code_points = |bytes: usize| ask.read_text()[..bytes].chars().count();
        let remarks = ask.remarks.iter();
        let query = Asked {
            text: ask.text.clone(),
            concepts: ask
                .asked_for()
                .map(|(concept, denied)| QueryConcept { concept: NamedConcept::of(view, concept), denied })
                .collect(),
            corrected: ask.corrected.clone(),
            dropped: hits.dropped,
            remarks: remarks
                .map(|r| PlacedRemark { start: code_points(r.start), end: code_points(r.end), says: r.says.clone() })
                .collect(),
        };
        Answer { query, total: hits.total, took_ms, hits: hits.hits, facets: hits.facets, remark: hits.remark }
    }
}

impl NamedConcept {
    pub fn of(view: &View, concept: ConceptId) -> NamedConcept {
        let concept = view.lexicon().concept(concept);
        NamedConcept { concept: concept.id.to_owned(), name: concept.name.to_owned(), r#type: concept.kind }
    }
}
