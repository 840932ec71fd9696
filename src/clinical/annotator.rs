//! The **annotator** reads texts and threads: where a concept is named, and whether the patient has it.

use super::compose::{Found, compose};
use super::matcher::Reading;
use super::spelling::correct;
use super::tokens::Tokens;
use super::{AnnotatedPart, Annotation, Assertion, Lexicon, Mention, Part, PatientFacts};
use crate::thread::Thread;

/// A lexicon and the rules of assertion, ready to read. Cheap to clone.
#[derive(Clone)]
pub struct Annotator {
    lexicon: Lexicon,
}

impl Annotator {
    pub fn new(lexicon: Lexicon) -> Annotator {
        Annotator { lexicon }
    }

    pub fn lexicon(&self) -> &Lexicon {
        &self.lexicon
    }

    /// The mentions of a text by itself, in its order; they do not overlap.
    pub fn annotate(&self, text: &str) -> Vec<Mention> {
        let tokens = Tokens::of(text);
        let reading = Reading::of(self.lexicon.view(), &tokens);
        let found = compose(&reading, reading.items());
        let mention = |found: &Found| Mention {
            start: tokens.as_slice()[found.first].start,
            end: tokens.as_slice()[found.end - 1].end,
            concept: found.concept,
            assertion: Assertion::Present,
            cue: None,
        };
        found.iter().map(mention).collect()
    }

    /// The mentions of every part of a thread, read with what the thread says of its patient.
    pub fn annotate_thread(&self, thread: &Thread) -> Annotation {
        let mut parts = Vec::new();
        let mut read = |part, text: &str| {
            let mentions = self.annotate(text);
            if !mentions.is_empty() {
                parts.push(AnnotatedPart { part, mentions });
            }
        };
        read(Part::Title, &thread.title);
        for (n, post) in (0..).zip(&thread.posts) {
            read(Part::Post(n), &post.text);
            for (m, section) in (0..).zip(&post.sections) {
                read(Part::Section(n, m), &section.text);
            }
        }
        let facts = thread.question().map(|post| self.facts(&post.text)).unwrap_or_default();
        Annotation { parts, facts }
    }

    /// What a text says of its patient.
    pub fn facts(&self, _text: &str) -> PatientFacts {
        PatientFacts::default()
    }

    /// The nearest word of a term for a misspelt word; `None` for a word that a term has, or that none is near.
    pub fn correct(&self, word: &str) -> Option<&str> {
        correct(&self.lexicon.view(), word)
    }
}
