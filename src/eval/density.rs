//! **Density**: mentions per 1,000 words of threads, the plainest measure of how much of an archive clinical reading sees.

use crate::clinical::{Annotator, Kind};
use crate::thread::Thread;

/// Sums over threads.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, serde::Serialize)]
pub struct Density {
    pub threads: usize,
    /// Runs of anything but white space, over title, posts and sections.
    pub words: usize,
    pub mentions: usize,
    /// In the order of [`Kind::ALL`].
    pub by_kind: [usize; 5],
}

impl Density {
    /// Counts one thread.
    pub fn of(annotator: &Annotator, thread: &Thread) -> Density {
        let annotation = annotator.annotate_thread(thread);
        let mut by_kind = [0; 5];
        for (_, mention) in annotation.mentions() {
            by_kind[annotator.lexicon().concept(mention.concept).kind as usize] += 1;
        }
        let posts = thread
            .posts
            .iter()
            .flat_map(|post| std::iter::once(&post.text).chain(post.sections.iter().map(|section| &section.text)));
        let words = std::iter::once(&thread.title).chain(posts).map(|text| text.split_whitespace().count()).sum();
        Density { threads: 1, words, mentions: by_kind.iter().sum(), by_kind }
    }

    pub fn plus(self, other: Density) -> Density {
        Density {
            threads: self.threads + other.threads,
            words: self.words + other.words,
            mentions: self.mentions + other.mentions,
            by_kind: std::array::from_fn(|kind| self.by_kind[kind] + other.by_kind[kind]),
        }
    }

    /// Mentions per 1,000 words, of one kind or of all.
    pub fn per_thousand(&self, kind: Option<Kind>) -> f64 {
        let mentions = kind.map_or(self.mentions, |kind| self.by_kind[kind as usize]);
        1000.0 * mentions as f64 / self.words.max(1) as f64
    }
}
