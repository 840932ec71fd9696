//! The **accumulator** sums what words and concepts give to the threads of one segment, and keeps the best of them.

use tantivy::{DocAddress, DocId};

/// Work space for one segment: a number a thread, and the list of those that are not zero.
#[derive(Default)]
pub struct Accumulator {
    scores: Vec<f32>,
    touched: Vec<DocId>,
}

impl Accumulator {
    /// Makes room for a segment. To clear what was touched is cheaper than to allocate.
    pub fn clear(&mut self, threads: u32) {
        for doc in self.touched.drain(..) {
            self.scores[doc as usize] = 0.0;
        }
        if self.scores.len() < threads as usize {
            self.scores.resize(threads as usize, 0.0);
        }
    }

    /// Adds to a thread's score, which must be more than 0.
    #[inline]
    pub fn add(&mut self, doc: DocId, score: f32) {
        let so_far = &mut self.scores[doc as usize];
        if *so_far == 0.0 {
            self.touched.push(doc);
        }
        *so_far += score;
    }

    /// The threads that have a score, in no order.
    pub fn touched(&self) -> &[DocId] {
        &self.touched
    }

    #[inline]
    pub fn score(&self, doc: DocId) -> f32 {
        self.scores[doc as usize]
    }
}

/// The best threads so far. Which of equal ones stay must not depend on the order in which they come: the address decides.
pub struct Best {
    most: usize,
    kept: Vec<(f32, DocAddress)>,
    /// What a thread must score to be among them.
    least: f32,
}

impl Best {
    pub fn new(most: usize) -> Best {
        Best { most, kept: Vec::with_capacity(2 * most.min(4096)), least: f32::NEG_INFINITY }
    }

    /// Whether a thread of this score may be among the best.
    #[inline]
    pub fn may_keep(&self, score: f32) -> bool {
        score >= self.least
    }

    #[inline]
    pub fn keep(&mut self, score: f32, at: DocAddress) {
        self.kept.push((score, at));
        if self.kept.len() >= 2 * self.most.max(1) {
            self.cut();
        }
    }

    fn cut(&mut self) {
        if self.kept.len() <= self.most {
            return;
        }
        if self.most == 0 {
            self.kept.clear();
            return;
        }
        self.kept.select_nth_unstable_by(self.most - 1, |a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)));
        self.least = self.kept[self.most - 1].0;
        self.kept.truncate(self.most);
    }

    /// Their addresses, in order.
    pub fn into_addresses(mut self) -> Vec<DocAddress> {
        self.cut();
        let mut addresses: Vec<DocAddress> = self.kept.into_iter().map(|(_, at)| at).collect();
        addresses.sort_unstable();
        addresses
    }
}
