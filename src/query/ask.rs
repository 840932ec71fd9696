//! An **ask** is a typed question as search understands it. In: text and the annotator of an index. Out: words, concepts.

use rustc_hash::FxHashSet;

use crate::clinical::{Annotator, Assertion, ConceptId};
use crate::index::analyzer;

/// A typed question as search understands it.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Ask {
    /// As it was typed.
    pub text: String,
    /// In the order of the text, each once.
    pub words: Vec<AskedWord>,
    /// In the order of the text, each once.
    pub concepts: Vec<AskedConcept>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AskedWord {
    pub stem: String,
    /// Bytes of the text.
    pub start: usize,
    pub end: usize,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AskedConcept {
    pub concept: ConceptId,
    /// Asked for as absent: "no fever".
    pub denied: bool,
    /// Bytes of the text.
    pub start: usize,
    pub end: usize,
}

impl Ask {
    /// Reads typed text. Any text is an ask; one without a word finds nothing.
    pub fn read(text: &str, annotator: &Annotator) -> Ask {
        let mut seen = FxHashSet::default();
        let words = analyzer::words(text)
            .into_iter()
            .filter(|word| seen.insert(word.stem.clone()))
            .map(|word| AskedWord { stem: word.stem, start: word.start, end: word.end })
            .collect();
        let mut seen = FxHashSet::default();
        let concepts = annotator
            .annotate(text)
            .into_iter()
            .filter(|mention| seen.insert(mention.concept))
            .map(|mention| AskedConcept {
                concept: mention.concept,
                denied: mention.assertion == Assertion::Denied,
                start: mention.start as usize,
                end: mention.end as usize,
            })
            .collect();
        Ask { text: text.to_owned(), words, concepts }
    }

    pub fn is_empty(&self) -> bool {
        self.words.is_empty() && self.concepts.is_empty()
    }
}
