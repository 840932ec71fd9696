//! **Clinical reading** turns text into mentions: which concept is named, where, and with which assertion.
//!
//! In: a text or a [`Thread`](crate::thread::Thread), and a [`Lexicon`]. Out: [`Mention`]s, [`PatientFacts`], and what the lexicon
//! knows of a concept.

mod annotator;
mod compile;
mod compose;
mod concept;
mod facts;
mod lexicon;
mod matcher;
mod mention;
mod reading;
mod spelling;
mod tokens;
mod view;

use std::ops::Range;

pub use annotator::Annotator;
pub use compile::LexiconError;
pub use concept::{ConceptId, Kind};
pub use facts::{AskedFor, PatientFacts};
pub use lexicon::{Concept, Lexicon};
pub use mention::{AnnotatedPart, Annotation, Assertion, Mention, Part};
pub use reading::{ReadMention, Reading};
pub use tokens::{Class, Gap, Token, Tokens};

/// The sentences of a text, as ranges of its bytes.
pub fn sentences(text: &str) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    let mut start = 0;
    for piece in text.split_inclusive(['.', '!', '?', '\n']) {
        found.push(start..start + piece.len());
        start += piece.len();
    }
    found
}
