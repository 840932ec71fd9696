//! The **best** of scored threads, in the one order that every ranking has: by score, equal scores by id.

use tantivy::DocAddress;

use crate::index::{IndexError, View};
use crate::thread::ThreadId;

/// A thread with its score, and what else is known of it.
#[derive(Debug, Clone)]
pub struct Scored<T> {
    pub at: DocAddress,
    pub score: f32,
    pub more: T,
}

/// The `most` best, the best first, with their ids. Ids are read only of threads that stay or may tie with one that does: each is a
/// look into a dictionary.
pub fn best<T>(view: &View, mut scored: Vec<Scored<T>>, most: usize) -> Result<Vec<(ThreadId, Scored<T>)>, IndexError> {
    if most == 0 {
        return Ok(Vec::new());
    }
    if scored.len() > most {
        let least = scored.select_nth_unstable_by(most - 1, |a, b| b.score.total_cmp(&a.score)).1.score;
        scored.retain(|thread| thread.score >= least);
    }
    let with_id = |scored: Scored<T>| Ok((view.id(scored.at)?, scored));
    let mut best: Vec<(ThreadId, Scored<T>)> = scored.into_iter().map(with_id).collect::<Result<_, IndexError>>()?;
    best.sort_unstable_by(|a, b| b.1.score.total_cmp(&a.1.score).then_with(|| a.0.cmp(&b.0)));
    best.truncate(most);
    Ok(best)
}
