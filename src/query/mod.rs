//! **Query** turns what a person typed into an [`Ask`]: words, and the concepts that the same annotator finds in them that read
//! the archive.

mod ask;

pub use ask::{Ask, AskedConcept, AskedWord};
