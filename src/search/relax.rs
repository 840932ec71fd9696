//! **Relaxing** an ask that finds nothing: which of its parts has to go so that it finds something.

use crate::index::{IndexError, View};
use crate::query::Ask;

use super::rank::find;
use super::weights::Weights;

/// Demands beyond this many go untried, the last first: each try is a search.
const MOST_TRIED: usize = 8;

/// The ask without the part whose loss brings the most threads, and what went. Where no single part is enough, demands go from
/// the last on. `None` where even the plain words find nothing.
pub(super) fn relaxed(view: &View, ask: &Ask, weights: &Weights) -> Result<Option<(Ask, Vec<String>)>, IndexError> {
    let mut left = ask.clone();
    let mut dropped: Vec<String> = Vec::new();
    let beyond = left.demands.split_off(left.demands.len().min(MOST_TRIED));
    dropped.extend(beyond.into_iter().map(|asked| asked.typed));
    if !dropped.is_empty() && find(view, &left, weights)?.total > 0 {
        return Ok(Some((left, dropped)));
    }
    while !left.demands.is_empty() {
        let mut best: Option<(u64, Ask, String)> = None;
        for (ask, part) in without_one(&left) {
            let total = find(view, &ask, weights)?.total;
            if total > best.as_ref().map_or(0, |(so_far, ..)| *so_far) {
                best = Some((total, ask, part));
            }
        }
        if let Some((_, ask, part)) = best {
            dropped.insert(0, part);
            return Ok(Some((ask, dropped)));
        }
        dropped.insert(0, left.demands.pop().map_or_else(String::new, |asked| asked.typed));
    }
    Ok(None)
}

/// The ask without each of its parts, which are its demands and all of its free words.
fn without_one(ask: &Ask) -> Vec<(Ask, String)> {
    let mut shorter: Vec<(Ask, String)> = (0..ask.demands.len())
        .map(|n| {
            let mut shorter = ask.clone();
            let typed = shorter.demands.remove(n).typed;
            (shorter, typed)
        })
        .filter(|(shorter, _)| !shorter.is_empty())
        .collect();
    if !ask.has_no_words() && !ask.demands.iter().any(|asked| asked.demand.is_of_text()) {
        let words: Vec<&str> = ask.words.iter().map(|word| &ask.read_text()[word.start..word.end]).collect();
        let mut without_words = ask.clone();
        without_words.words.clear();
        without_words.concepts.clear();
        shorter.push((without_words, words.join(" ")));
    }
    shorter
}
