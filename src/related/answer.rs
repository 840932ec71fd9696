//! The **answer** to what is related, as programs read it: the JSON of the command line and of the server.

use serde::Serialize;

use super::{Entry, Panel};

/// A panel with what it is the panel of.
#[derive(Debug, Clone, Serialize)]
#[cfg_attr(feature = "serve", derive(utoipa::ToSchema), schema(as = RelatedAnswer))]
pub struct Answer {
    /// The id of a thread in the index, or what the asker calls the question.
    pub of: String,
    /// Milliseconds that it took to read, find, rank and show.
    pub took_ms: f64,
    pub panel: Vec<Entry>,
}

impl Answer {
    pub fn new(of: impl Into<String>, panel: Panel, took_ms: f64) -> Answer {
        Answer { of: of.into(), took_ms, panel: panel.panel }
    }
}
