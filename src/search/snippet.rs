//! A **snippet** is the passage of a thread that best shows why it was found, with the matching forms marked.

use std::ops::Range;

use rustc_hash::FxHashMap;
use serde::Serialize;

use crate::clinical::{Annotation, ConceptId, Mention, Part, sentences};
use crate::index::{View, analyzer};
use crate::query::Ask;
use crate::thread::{Role, Thread};

/// Characters to aim at: two lines of a terminal or of a page's column.
const LENGTH: usize = 240;

#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "serve", derive(utoipa::ToSchema))]
pub struct Snippet {
    pub text: String,
    /// What matched, start and end in code points of `text`, end exclusive; in order, without overlap.
    #[cfg_attr(feature = "serve", schema(value_type = Vec<Vec<usize>>))]
    pub highlights: Vec<[usize; 2]>,
}

/// What is to be marked: words by stem and concepts, each with what it is worth to show.
#[derive(Debug, Clone, Default)]
pub struct Marks {
    stems: FxHashMap<String, Mark>,
    concepts: FxHashMap<ConceptId, Mark>,
}

/// One thing to be marked.
#[derive(Debug, Clone, Copy)]
struct Mark {
    worth: f32,
    /// Its own among the marks.
    number: u32,
}

impl Marks {
    pub fn of_ask(view: &View, ask: &Ask) -> Marks {
        Marks::new(
            view,
            ask.words.iter().map(|word| (word.stem.clone(), 1.0)),
            ask.asked_for().map(|(concept, _)| (concept, 2.0)),
        )
    }

    /// A concept is marked in all narrower forms too.
    pub fn new(
        view: &View,
        stems: impl IntoIterator<Item = (String, f32)>,
        concepts: impl IntoIterator<Item = (ConceptId, f32)>,
    ) -> Marks {
        let mut number = 0;
        let mut mark = |worth| {
            number += 1;
            Mark { worth, number }
        };
        let mut marks = Marks::default();
        marks.stems.extend(stems.into_iter().map(|(stem, worth)| (stem, mark(worth))));
        for (concept, worth) in concepts {
            for narrower in view.lexicon().descendants(concept) {
                marks.concepts.entry(narrower).or_insert_with(|| mark(worth * 0.8));
            }
            marks.concepts.insert(concept, mark(worth));
        }
        marks
    }
}

/// A stretch of a part's text that matches, in bytes.
#[derive(Clone)]
struct Match {
    range: Range<usize>,
    mark: Mark,
}

/// The best passage. The title is shown above every snippet, so a passage from the posts is preferred to it.
pub fn snippet(thread: &Thread, annotation: &Annotation, marks: &Marks) -> Snippet {
    best_passage(thread, annotation, marks, &[], |_| true).map_or_else(Snippet::default, |(_, snippet)| snippet)
}

/// The passage that best answers who asks the same: a doctor's, where one has anything to do with what is marked. The phrases of
/// `passed_over` are in none.
pub fn answering_snippet(
    thread: &Thread,
    annotation: &Annotation,
    marks: &Marks,
    passed_over: &[(Part, Range<usize>)],
) -> Snippet {
    match best_passage(thread, annotation, marks, passed_over, |role| role == Role::Doctor) {
        Some((worth, answer)) if worth > 0.0 => answer,
        _ => snippet(thread, annotation, marks),
    }
}

/// The best passage of the posts of some roles, with what it is worth.
fn best_passage(
    thread: &Thread,
    annotation: &Annotation,
    marks: &Marks,
    passed_over: &[(Part, Range<usize>)],
    of: impl Fn(Role) -> bool,
) -> Option<(f32, Snippet)> {
    let mut best: Option<(f32, &str, Range<usize>, Vec<Match>)> = None;
    for (part, _, text) in texts(thread).filter(|&(_, role, _)| of(role)) {
        let mentions =
            annotation.parts.iter().find(|annotated| annotated.part == part).map_or(&[][..], |annotated| &annotated.mentions);
        let matches = matches(text, mentions, marks);
        let is_passed_over = |sentence: &Range<usize>| passed_over.iter().any(|(of, range)| *of == part && range == sentence);
        for window in windows(text, is_passed_over) {
            let score = worth(&matches, &window);
            if best.as_ref().is_none_or(|(so_far, ..)| score > *so_far) {
                let inside = matches.iter().filter(|m| window.start <= m.range.start && m.range.end <= window.end);
                best = Some((score, text, window.clone(), inside.cloned().collect()));
            }
        }
    }
    best.map(|(worth, text, window, inside)| (worth, cut(text, window, &inside)))
}

/// The running texts of a thread with the part that each is, and who wrote it.
fn texts(thread: &Thread) -> impl Iterator<Item = (Part, Role, &str)> {
    thread.posts.iter().enumerate().flat_map(|(n, post)| {
        let n = n as u32;
        let sections = post.sections.iter().enumerate();
        let sections = sections.map(move |(m, section)| (Part::Section(n, m as u32), post.role, section.text.as_str()));
        std::iter::once((Part::Post(n), post.role, post.text.as_str())).chain(sections)
    })
}

fn matches(text: &str, mentions: &[Mention], marks: &Marks) -> Vec<Match> {
    let mut found: Vec<Match> = mentions
        .iter()
        .filter_map(|mention| {
            let mark = *marks.concepts.get(&mention.concept)?;
            Some(Match { range: mention.start as usize..mention.end as usize, mark })
        })
        .collect();
    analyzer::for_each_placed_word(text, |stem, range| {
        if let Some(&mark) = marks.stems.get(stem) {
            found.push(Match { range, mark });
        }
    });
    found.sort_by_key(|m| (m.range.start, std::cmp::Reverse(m.range.end)));
    found
}

/// Runs of whole sentences of about [`LENGTH`] bytes, none of which is passed over; a longer sentence is a window by itself.
fn windows(text: &str, is_passed_over: impl Fn(&Range<usize>) -> bool) -> Vec<Range<usize>> {
    let sentences = sentences(text);
    let mut windows = Vec::with_capacity(sentences.len());
    for run in sentences.split(is_passed_over) {
        for (n, first) in run.iter().enumerate() {
            let end = run[n..].iter().take_while(|sentence| sentence.end - first.start <= LENGTH).last();
            windows.push(first.start..end.unwrap_or(first).end);
        }
    }
    windows
}

/// Each thing counts once in a window.
fn worth(matches: &[Match], window: &Range<usize>) -> f32 {
    let mut seen: Vec<u32> = Vec::new();
    let first = matches.partition_point(|m| m.range.start < window.start);
    let inside = matches[first..].iter().take_while(|m| m.range.start < window.end).filter(|m| m.range.end <= window.end);
    let mut worth = 0.0;
    for Match { mark, .. } in inside {
        // The same thing twice does not count twice; a window holds few.
        if !seen.contains(&mark.number) {
            seen.push(mark.number);
            worth += mark.worth;
        }
    }
    worth
}

/// The passage as shown: white space in runs becomes one space, too long a sentence is cut around its first match.
fn cut(text: &str, window: Range<usize>, matches: &[Match]) -> Snippet {
    let window = shorten(text, window, matches);
    let mut snippet = Snippet::default();
    let mut length = 0;
    if window.start > 0 && !text[..window.start].trim_end().ends_with(['.', '!', '?', ':']) {
        snippet.text.push_str("… ");
        length = 2;
    }
    let mut marked: Option<(usize, usize)> = None;
    let mut next = matches.iter().peekable();
    for (at, c) in text[window.clone()].char_indices().map(|(offset, c)| (window.start + offset, c)) {
        if let Some((start, end)) = marked
            && at >= end
        {
            snippet.highlights.push([start, length]);
            marked = None;
        }
        while let Some(m) = next.peek() {
            if m.range.start > at {
                break;
            }
            let m = next.next().expect("peeked");
            if marked.is_none() && m.range.start == at && m.range.end <= window.end {
                marked = Some((length, m.range.end));
            }
        }
        if !c.is_whitespace() {
            snippet.text.push(c);
            length += 1;
        } else if !snippet.text.is_empty() && !snippet.text.ends_with(' ') {
            snippet.text.push(' ');
            length += 1;
        }
    }
    if let Some((start, _)) = marked {
        snippet.highlights.push([start, length]);
    }
    let trimmed = snippet.text.trim_end().len();
    snippet.text.truncate(trimmed);
    if window.end < text.trim_end().len() && !snippet.text.ends_with(['.', '!', '?', ':']) {
        snippet.text.push_str(" …");
    }
    snippet
}

/// A window that is too long is cut at word ends, beginning a little before its first match.
fn shorten(text: &str, window: Range<usize>, matches: &[Match]) -> Range<usize> {
    const BEFORE: usize = 60;
    if window.len() <= LENGTH + LENGTH / 4 {
        return window;
    }
    let first = matches.first().map_or(window.start, |m| m.range.start);
    let start = if first > window.start + BEFORE { word_end(text, first - BEFORE).min(first) } else { window.start };
    let end = word_end(text, (start + LENGTH).min(window.end)).min(window.end);
    start..end
}

/// The first white space from byte `at` on, or the end.
fn word_end(text: &str, mut at: usize) -> usize {
    while !text.is_char_boundary(at) {
        at += 1;
    }
    text[at..].find(char::is_whitespace).map_or(text.len(), |offset| at + offset)
}
