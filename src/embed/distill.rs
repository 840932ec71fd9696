//! **Distilling** makes a table from a transformer, the teacher: one that gives a text nearly the vector that the teacher gives it.
//! Here is what is asked of it, what it reads of an archive, and what it reports; `fit` does it.

use crate::clinical::sentences;
use crate::thread::Thread;

use super::first_words;

/// A shorter sentence says too little, a longer one is cut.
const WORDS: std::ops::RangeInclusive<usize> = 3..=60;

/// How a table is distilled.
#[derive(Debug, Clone)]
pub struct Distilling {
    /// Numbers in a row.
    pub dimension: usize,
    /// Sentences that are read at most, and as many terms of the lexicon.
    pub sentences: usize,
    /// How strongly a row is held where it began: the ridge.
    pub hold: f32,
    /// Steps of conjugate gradient at most.
    pub steps: usize,
}

impl Default for Distilling {
    fn default() -> Distilling {
        Distilling { dimension: 256, sentences: 50_000, hold: 0.1, steps: 40 }
    }
}

/// What distilling is at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stage {
    /// The teacher reads tokens.
    Tokens,
    /// The teacher reads sentences and terms.
    Texts,
    /// Conjugate gradient.
    Fitting,
}

/// What came of it.
#[derive(Debug, Clone, serde::Serialize)]
pub struct Distilled {
    /// Sentences and terms that the table was fitted to.
    pub texts: usize,
    /// Sentences kept apart, on which the two measures below are taken.
    pub held_out: usize,
    pub tokens: usize,
    pub dimension: usize,
    /// Bytes of the model's files.
    pub bytes: u64,
    /// Mean cosine of the table's vector to the teacher's.
    pub cosine: f64,
    /// Of the ten sentences that the teacher finds nearest to one, the share that is among the table's ten.
    pub neighbours: f64,
}

/// What distilling reads of a thread: its title and its sentences.
pub fn sentences_of(thread: &Thread) -> Vec<String> {
    let mut found = Vec::new();
    let mut take = |text: &str| {
        let words = first_words(text, *WORDS.end());
        if WORDS.contains(&words.split_whitespace().count()) {
            found.push(words.trim().to_owned());
        }
    };
    take(&thread.title);
    for post in &thread.posts {
        for text in std::iter::once(&post.text).chain(post.sections.iter().map(|section| &section.text)) {
            sentences(text).into_iter().for_each(|range| take(&text[range]));
        }
    }
    found
}
