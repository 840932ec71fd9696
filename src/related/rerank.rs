//! **Re-ranking** reads the best of a ranking again with a transformer, for those who have the time: some tenths of a second a thread.
//! In: a ranking. Out: the same threads, the best of them in a better order.

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

    /// Adds to the scores of the first threads what the transformer finds in common, less their mean of it, so that scores stay
    /// comparable with those of a ranking that was not read again; puts the best first.
    pub fn rerank(
        &self,
        view: &View,
        subject: &Subject,
        weights: &RerankWeights,
        mut ranked: Vec<Ranked>,
    ) -> Result<Vec<Ranked>, IndexError> {
        let depth = ranked.len().min(weights.depth as usize);
        let (first, others) = ranked.split_at_mut(depth);
        let threads: Vec<Thread> = first.iter().map(|ranked| view.thread(ranked.at)).collect::<Result<_, _>>()?;
        let texts: Vec<&str> = std::iter::once(&subject.thread).chain(&threads).flat_map(parts).collect();
        let vectors = self.vectors(&texts)?;
        let (asked, found) = vectors.split_at(2);
        let (title, question) = (&asked[0], &asked[1]);
        let common = |[t, q]: &[Arc<[f32]>; 2]| {
            weights.titles * cosine(title, t)
                + weights.questions * cosine(question, q)
                + weights.crossed * cosine(title, q).max(cosine(question, t))
        };
        let common: Vec<f32> = found.as_chunks().0.iter().map(common).collect();
        let mean = common.iter().sum::<f32>() / common.len().max(1) as f32;
        first.iter_mut().zip(&common).for_each(|(ranked, common)| ranked.score += common - mean);
        // The rest stay behind the first, in their own order.
        let last = first.iter().map(|ranked| ranked.score).fold(f32::INFINITY, f32::min).next_down();
        if let Some(best) = others.first().map(|ranked| ranked.score).filter(|&best| best > last) {
            others.iter_mut().for_each(|ranked| ranked.score = (ranked.score - (best - last)).min(last));
        }
        ranked.sort_by(|a, b| b.score.total_cmp(&a.score).then_with(|| a.id.cmp(&b.id)));
        Ok(ranked)
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

/// What the table reads of a thread, too: its heading and the beginning of the question.
fn parts(thread: &Thread) -> [&str; 2] {
    let question = thread.question().map_or("", |post| post.text.as_str());
    [thread.heading(), first_words(question, QUESTION_WORDS)]
}

fn cosine(a: &[f32], b: &[f32]) -> f32 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}
