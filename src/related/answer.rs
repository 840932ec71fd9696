//! The **answer** to what is related, as programs read it: the JSON of the command line and of the server.

use serde::Serialize;

use super::{Entry, Panel};

/// A panel with what it is the panel of.
#[derive(Debug, Clone, Serialize)]
#[cfg_attr(feature = "serve", derive(utoipa::ToSchema), schema(as = RelatedAnswer))]
pub struct Answer {
    /// The id of a thread in the index, or what the asker calls the question.
    pub of: String,
    /// Hash of what the thread says, in hexadecimal: by it a later `--since` knows that the thread is the same. With `--all` alone.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub content: Option<String>,
    /// Milliseconds that it took to read, find, rank and show.
    pub took_ms: f64,
    pub panel: Vec<Entry>,
    /// Why there is no entry.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub remark: Option<&'static str>,
}

impl Answer {
    pub fn new(of: impl Into<String>, panel: Panel, took_ms: f64) -> Answer {
        Answer { of: of.into(), content: None, took_ms, panel: panel.panel, remark: panel.remark }
    }
}
