//! **Stock phrases** are sentences that a source writes in thread after thread: greetings, disclaimers, a doctor's farewell. They say
//! nothing of any one thread. They are learnt from the archive: the index counts, for the sentences at both ends of posts, in how many
//! threads of their source they stand.
//!
//! In: a thread. Out: on the way in, the codes of its sentences; on the way out, where its stock phrases stand.

use std::ops::Range;

use tantivy::Term;
use xxhash_rust::xxh3::{xxh3_64, xxh3_64_with_seed};

use crate::clinical::{Annotation, Part, sentences};
use crate::thread::{Role, Thread};

use super::word_use::ThreadWords;
use super::{IndexError, View, analyzer};

/// A sentence that stands in fewer threads is no stock phrase: copies of one thread are a handful.
const LEAST_THREADS: u64 = 5;

/// Nor one in a smaller share of its source's threads. On two sites of 171 and 1,890 threads some 13 and 20 sentences are above it, all
/// greetings, farewells, disclaimers and "consult a physician"; at a fifth of it "drink plenty of water" would be one.
const LEAST_SHARE: f64 = 0.005;

/// Sentences of a post that are looked at: at its beginning and at its end.
const FIRST: usize = 2;
const LAST: usize = 3;

/// The codes that a thread is counted under: one for its source, and one for each sentence at an end of a post.
pub(super) fn codes(thread: &Thread, words: &ThreadWords) -> Vec<u32> {
    let source = source_of(thread);
    let of_sentences =
        ends(thread).filter_map(|(n, _, range)| code(source, |each| words.posts[n].text.stems_within(&range).for_each(each)));
    let mut codes: Vec<u32> = std::iter::once(source as u32).chain(of_sentences).collect();
    codes.sort_unstable();
    codes.dedup();
    codes
}

impl View {
    /// Where a thread has stock phrases of its source, in the order of its parts. What a patient complains of is none, however many do.
    pub fn stock_phrases(&self, thread: &Thread, annotation: &Annotation) -> Result<Vec<(Part, Range<usize>)>, IndexError> {
        let source = source_of(thread);
        let least = LEAST_THREADS.max((LEAST_SHARE * self.threads_with(source as u32)? as f64).ceil() as u64);
        let mut found = Vec::new();
        for (n, text, range) in ends(thread) {
            let Some(code) = code(source, |each| analyzer::for_each_word(&text[range.clone()], each)) else { continue };
            let part = Part::Post(n as u32);
            if self.threads_with(code)? >= least && !(is_patients(thread, part) && names_something(annotation, part, &range)) {
                found.push((part, range));
            }
        }
        Ok(found)
    }

    fn threads_with(&self, code: u32) -> Result<u64, IndexError> {
        let term = Term::from_field_u64(self.fields().sentence, u64::from(code));
        self.searcher().doc_freq(&term).map_err(|error| self.damaged(error))
    }
}

fn source_of(thread: &Thread) -> u64 {
    xxh3_64(thread.source.as_deref().unwrap_or("").as_bytes())
}

/// A sentence by its words as the index knows them, so that case, marks and common words make no difference; none where it has no
/// others. `each_word` calls what it is given with the stem of each.
fn code(source: u64, each_word: impl FnOnce(&mut dyn FnMut(&str))) -> Option<u32> {
    let mut code = source;
    each_word(&mut |stem| code = xxh3_64_with_seed(stem.as_bytes(), code));
    (code != source).then_some(code as u32)
}

/// The sentences at both ends of each post, with the post's number and text.
fn ends(thread: &Thread) -> impl Iterator<Item = (usize, &str, Range<usize>)> {
    thread.posts.iter().enumerate().flat_map(|(n, post)| {
        let mut all = sentences(&post.text);
        if all.len() > FIRST + LAST {
            all.drain(FIRST..all.len() - LAST);
        }
        all.into_iter().map(move |range| (n, post.text.as_str(), range))
    })
}

fn is_patients(thread: &Thread, part: Part) -> bool {
    matches!(part, Part::Post(n) if thread.posts[n as usize].role == Role::Patient)
}

fn names_something(annotation: &Annotation, part: Part, range: &Range<usize>) -> bool {
    let annotated = annotation.parts.iter().filter(|annotated| annotated.part == part);
    annotated.flat_map(|annotated| &annotated.mentions).any(|mention| range.contains(&(mention.start as usize)))
}
