//! A **word use** is how often one thread has one word in its title, its patient's posts and its doctors'. The index keeps a thread's
//! words as one number each in a column, so that ranking scores all words of a question against a candidate in one pass, whatever the
//! size of the archive: posting lists only bring candidates.

use rustc_hash::FxHashMap;
use xxhash_rust::xxh3::xxh3_64;

use crate::thread::{Post, Role, SectionKind, Thread};

use super::analyzer::Analyzed;

/// A word as the column knows it: 22 bits of its stem's hash. Two words of a question and a thread that differ meet by chance once in
/// some thousand threads (32 words against 100, over 2²² codes), and then add what one word adds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct WordCode(pub u32);

/// How often one thread has one word, by field.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WordUse {
    pub word: WordCode,
    /// In title, question, answers. Larger counts are rounded down to sixteen levels, which BM25 hardly tells apart.
    pub counts: [u8; 3],
}

/// The words of a thread, found once.
pub(super) struct ThreadWords {
    pub(super) title: Analyzed,
    /// As the thread has them.
    pub(super) posts: Vec<PostWords>,
}

pub(super) struct PostWords {
    pub(super) role: Role,
    pub(super) text: Analyzed,
    pub(super) sections: Vec<(SectionKind, Analyzed)>,
}

impl ThreadWords {
    pub(super) fn of(thread: &Thread) -> ThreadWords {
        let of_post = |post: &Post| PostWords {
            role: post.role,
            text: Analyzed::of(&post.text),
            sections: post.sections.iter().map(|section| (section.kind, Analyzed::of(&section.text))).collect(),
        };
        ThreadWords { title: Analyzed::of(&thread.title), posts: thread.posts.iter().map(of_post).collect() }
    }
}

/// What four bits say of a count.
const LEVELS: [u8; 16] = [0, 1, 2, 3, 4, 5, 6, 7, 8, 10, 12, 16, 20, 28, 40, 64];

/// What two bits can say: a title says nothing more often.
const MOST_IN_TITLE: u8 = 3;

impl WordCode {
    pub fn of(stem: &str) -> WordCode {
        WordCode(xxh3_64(stem.as_bytes()) as u32 & 0x3f_ffff)
    }
}

impl WordUse {
    /// The words of a thread's title, question and answers, by code.
    pub(super) fn of_thread(words: &ThreadWords) -> Vec<WordUse> {
        let mut counts: FxHashMap<WordCode, [u8; 3]> = FxHashMap::default();
        let mut add = |text: &Analyzed, field: usize| {
            for stem in text.stems() {
                let count = &mut counts.entry(WordCode::of(stem)).or_default()[field];
                *count = count.saturating_add(1);
            }
        };
        add(&words.title, 0);
        for post in &words.posts {
            let field = match post.role {
                Role::Patient => 1,
                Role::Doctor => 2,
            };
            add(&post.text, field);
            post.sections.iter().for_each(|(_, section)| add(section, 2));
        }
        let rounded =
            |[title, question, answers]: [u8; 3]| [title.min(MOST_IN_TITLE), LEVELS[level(question)], LEVELS[level(answers)]];
        let uses = counts.into_iter().map(|(word, counts)| WordUse { word, counts: rounded(counts) });
        let mut uses: Vec<WordUse> = uses.collect();
        uses.sort_unstable_by_key(|used| used.word);
        uses
    }

    /// Bits from the lowest: 2 title, 4 question, 4 answers, 22 word.
    pub fn pack(self) -> u64 {
        let [title, question, answers] = self.counts;
        u64::from(self.word.0) << 10 | (level(answers) as u64) << 6 | (level(question) as u64) << 2 | u64::from(title)
    }

    /// The reverse of [`WordUse::pack`].
    #[inline]
    pub fn unpack(packed: u64) -> WordUse {
        let counts = [(packed & 3) as u8, LEVELS[(packed >> 2 & 15) as usize], LEVELS[(packed >> 6 & 15) as usize]];
        WordUse { word: WordCode((packed >> 10) as u32 & 0x3f_ffff), counts }
    }
}

/// The place among the levels of the highest that is not above the count.
fn level(count: u8) -> usize {
    LEVELS.partition_point(|&level| level <= count) - 1
}
