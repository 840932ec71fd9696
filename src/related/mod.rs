//! **Related** ranks the threads that a reader of one thread would want to read next. In: a thread, or text that is none yet. Out: a
//! [`Panel`], each entry with what it shares and where it contradicts.
//!
//! ```text
//! Thread or text ─ Profile ─ candidates (postings of its rare words and concepts) ─ rank (features) ─> Panel
//! ```

mod answer;
mod features;
mod panel;
mod profile;
mod renewal;
mod report;
mod rerank;
mod why;

pub use answer::Answer;
pub use features::{Features, Ranked, rank};
pub use panel::{Entry, Options, Panel, panel, ranking};
pub use profile::{Profile, ProfileConcept, Saliences, Subject};
pub use renewal::{Churn, Previous, RenewalError, hash};
pub use report::{Agreement, Hub, Report, Reporter};
pub use rerank::{Common, Reranker, Reread};
pub use why::{Cue, Side, Why};
