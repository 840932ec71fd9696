//! The **best** of scored threads, in the one order that every ranking has: by score, equal scores by id.

use tantivy::DocAddress;

use crate::index::{IndexError, View};

/// A thread with its score, and what else is known of it.
#[derive(Debug, Clone)]
pub struct Scored<T> {
    pub at: DocAddress,
    pub score: f32,
    pub more: T,
}

/// The `most` best, the best first. Ids are read only of threads that tie, and only where the first `read` are among them: each is a
/// look into a dictionary, and beyond those nobody looks.
pub fn best<T>(view: &View, mut scored: Vec<Scored<T>>, most: usize, read: usize) -> Result<Vec<Scored<T>>, IndexError> {
    if most == 0 {
        return Ok(Vec::new());
    }
    if scored.len() > most {
        let least = scored.select_nth_unstable_by(most - 1, |a, b| b.score.total_cmp(&a.score)).1.score;
        scored.retain(|thread| thread.score >= least);
    }
    scored.sort_unstable_by(|a, b| b.score.total_cmp(&a.score).then(a.at.cmp(&b.at)));
    let mut first = 0;
    for tied in scored.chunk_by_mut(|a, b| a.score == b.score) {
        first += tied.len();
        if tied.len() == 1 || first - tied.len() >= read {
            continue;
        }
        let mut unreadable = None;
        tied.sort_by_cached_key(|thread| view.id(thread.at).map_err(|error| unreadable = Some(error)).ok());
        if let Some(error) = unreadable {
            return Err(error);
        }
    }
    scored.truncate(most);
    Ok(scored)
}
