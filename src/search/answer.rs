//! The **answer** to a search as programs read it: the JSON of the command line and of the server.

use serde::Serialize;

use crate::clinical::Kind;
use crate::index::View;
use crate::query::Ask;

use super::{Hit, Hits};

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
}

/// The question as it was understood.
#[derive(Debug, Clone, Serialize)]
#[cfg_attr(feature = "serve", derive(utoipa::ToSchema))]
pub struct Asked {
    pub text: String,
    pub concepts: Vec<NamedConcept>,
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

impl Answer {
    pub fn new(view: &View, ask: &Ask, hits: Hits, took_ms: f64) -> Answer {
        let concepts = ask.concepts.iter().map(|asked| NamedConcept::of(view, asked.concept)).collect();
        Answer { query: Asked { text: ask.text.clone(), concepts }, total: hits.total, took_ms, hits: hits.hits }
    }
}

impl NamedConcept {
    pub fn of(view: &View, concept: crate::clinical::ConceptId) -> NamedConcept {
        let concept = view.lexicon().concept(concept);
        NamedConcept { concept: concept.id.to_owned(), name: concept.name.to_owned(), r#type: concept.kind }
    }
}
