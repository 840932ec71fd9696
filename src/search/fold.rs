//! **Folding**: threads that ask the same in the same words are shown once, the others under it.

use rustc_hash::FxHashSet;
use xxhash_rust::xxh3::xxh3_64;

use crate::index::analyzer;
use crate::thread::{Role, Thread};

/// Share of word pairs in common from which two questions are the same one, posted again with a few words changed. Two people who
/// describe the same complaint share less than 0.15 in the sample archive.
const SAME: f32 = 0.5;

/// What a thread asks, made small: the hashes of its neighbouring words.
pub struct Sketch {
    pairs: FxHashSet<u64>,
}

impl Sketch {
    pub fn of(thread: &Thread) -> Sketch {
        let questions = thread.posts.iter().filter(|post| post.role == Role::Patient).map(|post| post.text.as_str());
        let mut words: Vec<u64> = Vec::new();
        for text in questions.chain([thread.title.as_str()]) {
            analyzer::for_each_word(text, |stem| words.push(xxh3_64(stem.as_bytes())));
        }
        // A question of one word has no pair; its word stands for it.
        let pairs = words.windows(2.min(words.len().max(1)));
        Sketch { pairs: pairs.map(|pair| pair.iter().fold(0, |code: u64, word| code.rotate_left(1) ^ word)).collect() }
    }

    /// Whether the two threads ask the same.
    pub fn is_like(&self, other: &Sketch) -> bool {
        let shared = self.pairs.intersection(&other.pairs).count() as f32;
        let all = (self.pairs.len() + other.pairs.len()) as f32 - shared;
        all > 0.0 && shared / all >= SAME
    }
}
