//! The **annotator** reads texts and threads: where a concept is named, and whether the patient has it.

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
        let mut mentions = Vec::new();
        let mut at = 0;
        while at < tokens.len() {
            match self.lexicon.longest(&tokens, at) {
                Some((end, concept)) => {
                    let (start, last) = (tokens.as_slice()[at].start, tokens.as_slice()[end - 1].end);
                    mentions.push(Mention { start, end: last, concept, assertion: Assertion::Present, cue: None });
                    at = end;
                }
                None => at += 1,
            }
        }
        mentions
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
    pub fn correct(&self, _word: &str) -> Option<&str> {
        None
    }
}
