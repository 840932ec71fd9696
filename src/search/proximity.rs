//! **Proximity**: what it adds to a thread's score that words of an ask stand near each other in it, and more where they stand as they
//! were typed. Rasolofo and Savoy (2003) add, to BM25, pairs of words weighted by one over the square of their distance; so does this.
//!
//! In: the words of an ask, and threads that are ranked by words already. Out: a score of each. Positions are read of a few words in a few
//! threads, for reading them costs more than all else in ranking.

use tantivy::postings::Postings;
use tantivy::schema::IndexRecordOption;
use tantivy::{DocAddress, DocSet};

use crate::index::IndexError;

use super::lexical::Lexical;
use super::weights::SearchWeights;

/// Words whose places are looked up, the weightiest first. In a long question two words are seldom one thing.
const MOST_WORDS: usize = 6;

/// Words that stand further apart say nothing together: the window of Rasolofo and Savoy.
const WINDOW: u32 = 5;

/// Where one thread has each of the words, by word and field.
type Places = [[Vec<u32>; 3]; MOST_WORDS];

impl Lexical<'_> {
    /// The proximity of each of some threads, at least 0. `positions` are those of the words that were asked for, in the ask.
    pub fn proximity(
        &self,
        positions: &[usize],
        threads: &[DocAddress],
        weights: &SearchWeights,
    ) -> Result<Vec<f32>, IndexError> {
        let mut scores = vec![0.0; threads.len()];
        if self.words.len() < 2 || threads.is_empty() {
            return Ok(scores);
        }
        let mut in_order: Vec<usize> = (0..threads.len()).collect();
        in_order.sort_unstable_by_key(|&n| threads[n]);
        for of_segment in in_order.chunk_by(|&a, &b| threads[a].segment_ord == threads[b].segment_ord) {
            let places = self.places(of_segment, threads).map_err(|error| self.view.damaged(error))?;
            for (&n, places) in of_segment.iter().zip(&places) {
                scores[n] = self.proximity_of(places, positions, weights);
            }
        }
        Ok(scores)
    }

    fn places(&self, of_segment: &[usize], threads: &[DocAddress]) -> tantivy::Result<Vec<Places>> {
        let mut places = vec![Places::default(); of_segment.len()];
        let segment = threads[of_segment[0]].segment_ord as usize;
        for (w, word) in self.words.iter().take(MOST_WORDS).enumerate() {
            for f in 0..3 {
                let Some(info) = &word.infos[segment][f] else { continue };
                let reader = &self.readers[segment][f];
                let mut postings = reader.read_postings_from_terminfo(info, IndexRecordOption::WithFreqsAndPositions)?;
                for (n, places) in of_segment.iter().zip(&mut places) {
                    let doc = threads[*n].doc_id;
                    if postings.doc() < doc {
                        postings.seek(doc);
                    }
                    if postings.doc() == doc {
                        postings.positions(&mut places[w][f]);
                    }
                }
            }
        }
        Ok(places)
    }

    fn proximity_of(&self, places: &Places, positions: &[usize], weights: &SearchWeights) -> f32 {
        let words = &self.words[..self.words.len().min(MOST_WORDS)];
        let mut score = 0.0;
        for (a, first) in words.iter().enumerate() {
            for (b, second) in words.iter().enumerate().skip(a + 1) {
                let apart = positions[second.place] as i64 - positions[first.place] as i64;
                let (mut near, mut as_typed) = (0.0, 0.0);
                for (f, field) in self.fields.iter().enumerate() {
                    for distance in distances(&places[a][f], &places[b][f]) {
                        near += field.weight / (distance * distance) as f32;
                        as_typed += if distance == apart { field.weight } else { 0.0 };
                    }
                }
                let of_pair = weights.near * self.saturated(near) + weights.as_typed * self.saturated(as_typed);
                score += first.worth().min(second.worth()) * of_pair;
            }
        }
        score
    }
}

/// The distances, within the window, from each place of one word to those of another; negative where that stands before it.
fn distances(from: &[u32], to: &[u32]) -> impl Iterator<Item = i64> {
    let mut behind = 0;
    from.iter().flat_map(move |&place| {
        while to.get(behind).is_some_and(|&other| other + WINDOW < place) {
            behind += 1;
        }
        let within = to[behind..].iter().take_while(move |&&other| other <= place + WINDOW);
        within.map(move |&other| i64::from(other) - i64::from(place)).filter(|&distance| distance != 0)
    })
}
