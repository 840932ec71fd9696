//! **Ingest** brings an index up to date with an archive. In: paths. Out: a [`Tally`] of what went in, changed, left or was
//! rejected.
//!
//! ```text
//! walk ─ sources ─> chunks ─(bounded channel)─> workers: parse, annotate, build document ─> the one writer ─> commits
//! ```
//!
//! Parsing and reading happen on all cores; the channel is bounded, so an archive of any size passes through the same memory.

mod changes;
mod memory;
mod pipeline;
mod source;
mod tally;
mod walk;

pub use pipeline::{IngestError, Options, Progress, ingest, rehearse};
pub use tally::Tally;
pub use walk::files;
