//! **Re-ranking** reads the best of a ranking again with a transformer, for those who have the time: some tenths of a second a thread.
//! In: a ranking. Out: the same threads, the best of them in a better order.

use std::borrow::Cow;
use std::fmt;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use rustc_hash::FxHashMap;
use xxhash_rust::xxh3::xxh3_128;

use crate::embed::{EmbedError, QUESTION_WORDS, Transformer, first_words};
use crate::index::{IndexError, View};
use crate::search::RerankWeights;
use crate::thread::Thread;

use super::features::Ranked;
use super::profile::Subject;

/// Vectors that are kept for texts that come again, as they do when many threads are asked about: about 100 MB.
const KEPT: usize = 65_536;

/// What the transformer finds in common of two threads: cosines of their titles, of their questions, the better of title to question and
/// question to title, and of title and question as one text.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Common {
    pub titles: f32,
    pub questions: f32,
    pub crossed: f32,
    pub wholes: f32,
}

impl Common {
    /// Their names, in the order of [`Common::values`].
    pub const NAMES: [&str; 4] = ["transformer_titles", "transformer_questions", "transformer_crossed", "transformer_wholes"];

    fn of([title, question, whole]: &[Arc<[f32]>; 3], [t, q, w]: &[Arc<[f32]>; 3]) -> Common {
        Common {
            titles: cosine(title, t),
            questions: cosine(question, q),
            crossed: cosine(title, q).max(cosine(question, t)),
            wholes: cosine(whole, w),
        }
    }

    pub fn values(&self) -> [f32; 4] {
        [self.titles, self.questions, self.crossed, self.wholes]
    }

    fn score(&self, weights: &RerankWeights) -> f32 {
        weights.titles * self.titles
            + weights.questions * self.questions
            + weights.crossed * self.crossed
            + weights.wholes * self.wholes
    }
}

/// A ranking whose first threads a transformer has read.
#[derive(Debug)]
pub struct Reread {
    ranked: Vec<Ranked>,
    /// Of the first threads, as many as were read.
    common: Vec<Common>,
}

impl Reread {
    /// The threads that were read.
    pub fn threads(&self) -> impl Iterator<Item = (&Ranked, &Common)> {
        self.ranked.iter().zip(&self.common)
    }

    /// Adds to the scores of the first threads what the transformer finds in common, less their mean of it, so that scores stay
    /// comparable with those of a ranking that was not read again; puts the best first.
    pub fn ranking(&self, weights: &RerankWeights) -> Vec<Ranked> {
        let mut ranked = self.ranked.clone();
        let (first, others) = ranked.split_at_mut(self.common.len());
        let common: Vec<f32> = self.common.iter().map(|common| common.score(weights)).collect();
        let mean = common.iter().sum::<f32>() / common.len().max(1) as f32;
        first.iter_mut().zip(&common).for_each(|(ranked, common)| ranked.score += common - mean);
        // The rest stay behind the first, in their own order.
        let last = first.iter().map(|ranked| ranked.score).fold(f32::INFINITY, f32::min).next_down();
        if let Some(best) = others.first().map(|ranked| ranked.score).filter(|&best| best > last) {
            others.iter_mut().for_each(|ranked| ranked.score = (ranked.score - (best - last)).min(last));
        }
        ranked.sort_by(|a, b| b.score.total_cmp(&a.score).then_with(|| a.id.cmp(&b.id)));
        ranked
    }
}

/// A transformer with the vectors that it made lately.
pub struct Reranker {
    transformer: Transformer,
    known: Mutex<FxHashMap<u128, Arc<[f32]>>>,
}

impl fmt::Debug for Reranker {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Reranker").field("transformer", &self.transformer).finish_non_exhaustive()
    }
}

impl Reranker {
    /// # Errors
    ///
    /// When the folder is not a sentence transformer, or this program was built without them.
    pub fn open(folder: &Path) -> Result<Reranker, EmbedError> {
        Ok(Reranker { transformer: Transformer::open(folder)?, known: Mutex::default() })
    }

    /// Reads the first threads of a ranking again, at most `depth` of them.
    pub fn read(&self, view: &View, subject: &Subject, depth: usize, ranked: Vec<Ranked>) -> Result<Reread, IndexError> {
        let first = ranked.iter().take(depth);
        let threads: Vec<Thread> = first.map(|ranked| view.thread(ranked.at)).collect::<Result<_, _>>()?;
        let parts: Vec<[Cow<'_, str>; 3]> = std::iter::once(&subject.thread).chain(&threads).map(parts).collect();
        let texts: Vec<&str> = parts.iter().flatten().map(Cow::as_ref).collect();
        let vectors = self.vectors(&texts)?;
        let (asked, found) = vectors.split_first_chunk().expect("the subject was read first");
        let common = found.as_chunks().0.iter().map(|found| Common::of(asked, found)).collect();
        Ok(Reread { ranked, common })
    }

    /// The transformer reads only texts that it did not read lately.
    fn vectors(&self, texts: &[&str]) -> Result<Vec<Arc<[f32]>>, EmbedError> {
        let hashes: Vec<u128> = texts.iter().map(|text| xxh3_128(text.as_bytes())).collect();
        let mut missing: FxHashMap<u128, &str> = FxHashMap::default();
        let mut at_hand: FxHashMap<u128, Arc<[f32]>> = FxHashMap::default();
        let known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        for (&hash, text) in hashes.iter().zip(texts) {
            match known.get(&hash) {
                Some(vector) => _ = at_hand.insert(hash, vector.clone()),
                None => _ = missing.insert(hash, text),
            }
        }
        drop(known);
        let (new, unread): (Vec<u128>, Vec<&str>) = missing.into_iter().unzip();
        let made = self.transformer.embed(&unread, &|_| {})?;
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if known.len() + new.len() > KEPT {
            known.clear();
        }
        for (hash, vector) in new.into_iter().zip(made) {
            let vector: Arc<[f32]> = vector.into();
            known.insert(hash, vector.clone());
            at_hand.insert(hash, vector);
        }
        Ok(hashes.iter().map(|hash| at_hand[hash].clone()).collect())
    }
}

/// What is read of a thread: its heading, the beginning of the question, and both as one text.
fn parts(thread: &Thread) -> [Cow<'_, str>; 3] {
    let heading = thread.heading();
    let question = first_words(thread.question().map_or("", |post| post.text.as_str()), QUESTION_WORDS);
    // Many a title only repeats how the question begins.
    let begins = question.trim_start().get(..heading.len()).is_some_and(|begin| begin.eq_ignore_ascii_case(heading));
    let whole = if begins { Cow::Borrowed(question) } else { Cow::Owned(format!("{heading}\n{question}")) };
    [heading.into(), question.into(), whole]
}

fn cosine(a: &[f32], b: &[f32]) -> f32 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}
