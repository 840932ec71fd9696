//! The **matcher** finds terms in tokens: at each word the longest term that begins there and whose guard lets it count.
//!
//! In: the [`Tokens`] of a text and the [`View`] of a lexicon. Out: [`Item`]s, in order and without overlap: what concept, head or site
//! each run of tokens names.

use super::compile::Role;
use super::compile::SHORTEST_RESPELT;
use super::compile::layout::{
    EntryRow, GUARD_CASE, GUARD_EXACT, GUARD_STOP, NAMES_CONCEPT, NAMES_HEAD, NAMES_NOTHING, NAMES_SITE, NONE,
};
use super::spelling::{delete_hashes, is_one_edit};
use super::tokens::{Class, Gap, Tokens};
use super::view::View;

/// How far from a term the words of its context may stand, in tokens.
const CONTEXT: usize = 12;

/// A run of tokens that names something.
#[derive(Debug, Clone, Copy)]
pub struct Item {
    /// Tokens, end exclusive.
    pub first: usize,
    pub end: usize,
    pub concept: u32,
    /// Where the term of the concept ends, which may be before the whole.
    pub concept_end: usize,
    pub head: u32,
    pub site: u32,
}

impl Item {
    /// Whether these words, together, name nothing: "don't worry".
    fn is_nothing(&self) -> bool {
        self.concept == NONE && self.head == NONE && self.site == NONE
    }
}

/// A text as the lexicon sees it.
pub struct Matcher<'r, 't> {
    pub view: View<'r>,
    pub tokens: &'r Tokens<'t>,
    words: Vec<u32>,
}

impl<'r, 't> Matcher<'r, 't> {
    pub fn of(view: View<'r>, tokens: &'r Tokens<'t>) -> Matcher<'r, 't> {
        let word = |n: usize| {
            let folded = tokens.folded_bytes(n);
            let token = &tokens.as_slice()[n];
            match view.word(folded, token.hash) {
                NONE if token.class == Class::Word && folded.len() + 1 >= SHORTEST_RESPELT => respelt(&view, folded),
                word => word,
            }
        };
        Matcher { view, tokens, words: (0..tokens.len()).map(word).collect() }
    }

    /// Everything that is named, from left to right.
    pub fn items(&self) -> Vec<Item> {
        let mut items = Vec::new();
        let mut at = 0;
        while at < self.words.len() {
            match self.longest(at) {
                Some(item) => {
                    at = item.end;
                    if !item.is_nothing() {
                        items.push(item);
                    }
                }
                None => at += 1,
            }
        }
        items
    }

    /// The bits of the [`Role`]s of a token.
    pub fn roles(&self, n: usize) -> u32 {
        match self.words[n] {
            NONE => 0,
            word => self.view.words[word as usize].roles,
        }
    }

    /// Whether a word by itself names a site.
    pub fn names_site(&self, n: usize) -> bool {
        let root = if self.words[n] == NONE { NONE } else { self.view.words[self.words[n] as usize].root };
        root != NONE && self.view.entries(root).iter().any(|entry| entry.names == NAMES_SITE)
    }

    /// The longest item that begins at a token.
    fn longest(&self, first: usize) -> Option<Item> {
        let word = self.words[first];
        if word == NONE {
            return None;
        }
        let mut node = self.view.words[word as usize].root;
        let mut end = first + 1;
        let mut found: Option<Item> = None;
        while node != NONE {
            if let Some(mut item) = self.named(node, first, end) {
                if let Some(shorter) =
                    found.filter(|shorter| item.concept == NONE && shorter.concept != NONE && !item.is_nothing())
                {
                    (item.concept, item.concept_end) = (shorter.concept, shorter.concept_end);
                }
                found = Some(item);
            }
            (node, end) = if self.view.nodes[node as usize].edges == 0 { (NONE, end) } else { self.step(node, end) };
        }
        found
    }

    /// The node after the next word of a term, and the token after that word. Hyphens and other marks of terms, articles and sides
    /// between are stepped over, and a verb before a participle: "back of my left knee", "skin is crawling".
    fn step(&self, node: u32, from: usize) -> (u32, usize) {
        /// "inflammation of - the": no term has more between two of its words.
        const MOST_BETWEEN: usize = 2;
        let tokens = self.tokens.as_slice();
        for (at, token) in tokens.iter().enumerate().skip(from).take(MOST_BETWEEN + 1) {
            if token.gap == Gap::Paragraph {
                break;
            }
            let skipped = self.behind_verb(node, at);
            if skipped != NONE {
                return (skipped, at + 2);
            }
            if self.words[at] != NONE {
                let next = self.view.next(node, self.words[at]);
                if next != NONE {
                    return (next, at + 1);
                }
            }
            if self.roles(at) & (Role::Article as u32 | Role::Side as u32) == 0 && !self.is_inside_term(at) {
                break;
            }
        }
        (NONE, from)
    }

    /// The node after a participle that follows a verb which no term has between: "skin is crawling" is "skin crawling".
    fn behind_verb(&self, node: u32, at: usize) -> u32 {
        if self.roles(at) & Role::Verb as u32 == 0 || !self.is_participle(at + 1) || self.words[at + 1] == NONE {
            return NONE;
        }
        let with_verb = self.view.next(node, self.words[at]);
        if with_verb != NONE && self.view.next(with_verb, self.words[at + 1]) != NONE {
            return NONE;
        }
        self.view.next(node, self.words[at + 1])
    }

    /// Whether a word looks like what a form of *be* stands before: "crawling", "slurred".
    fn is_participle(&self, n: usize) -> bool {
        const SHORTEST: usize = 5;
        self.tokens.as_slice().get(n).is_some_and(|token| token.gap != Gap::Paragraph) && {
            let word = self.tokens.folded_bytes(n);
            word.len() >= SHORTEST && (word.ends_with(b"ing") || word.ends_with(b"ed"))
        }
    }

    /// Whether a mark belongs into a term: the hyphen of "x-ray", the point of "h. pylori", the plus of two ingredients.
    fn is_inside_term(&self, n: usize) -> bool {
        let tokens = self.tokens.as_slice();
        let token = &tokens[n];
        let glued = token.gap == Gap::None;
        match self.tokens.written(n) {
            "-" | "\u{2010}" | "\u{2011}" => glued && tokens.get(n + 1).is_some_and(|next| next.gap == Gap::None),
            "." => glued && n > 0 && tokens[n - 1].end - tokens[n - 1].start <= 3,
            "'" | "\u{2019}" => glued,
            "+" | "/" | "&" => true,
            _ => false,
        }
    }

    fn named(&self, node: u32, first: usize, end: usize) -> Option<Item> {
        let entries = self.view.entries(node);
        if entries.is_empty() {
            return None;
        }
        let mut item = Item { first, end, concept: NONE, concept_end: end, head: NONE, site: NONE };
        for entry in entries {
            let slot = match entry.names {
                NAMES_CONCEPT => &mut item.concept,
                NAMES_HEAD => &mut item.head,
                NAMES_SITE => &mut item.site,
                NAMES_NOTHING => return Some(Item { concept: NONE, head: NONE, site: NONE, ..item }),
                _ => continue,
            };
            if *slot == NONE && self.counts(entry, first, end) {
                *slot = entry.number;
            }
        }
        // A site is not said of a site: "side" is one, whatever term has it as its rest.
        if item.site != NONE && item.head != NONE && self.view.heads[item.head as usize].free == 0 {
            item.head = NONE;
        }
        (!item.is_nothing()).then_some(item)
    }

    /// Whether the guard of a term lets it count here.
    fn counts(&self, entry: &EntryRow, first: usize, end: usize) -> bool {
        if entry.guard == NONE {
            return true;
        }
        let guard = &self.view.guards[entry.guard as usize];
        let written = self.view.text(guard.written);
        if guard.rules & GUARD_STOP != 0
            || (guard.rules & GUARD_CASE != 0 && !self.is_written(written, first, end))
            || (guard.rules & GUARD_CASE != 0 && guard.needs.start < guard.needs.end && self.is_shouted(first, end))
            || (guard.rules & GUARD_EXACT != 0 && !self.is_folded(written, first, end))
        {
            return false;
        }
        let needs = self.view.needs(guard);
        let near = first.saturating_sub(CONTEXT)..self.words.len().min(end + CONTEXT);
        needs.is_empty() || near.into_iter().any(|n| !(first..end).contains(&n) && needs.binary_search(&self.words[n]).is_ok())
    }

    /// Whether tokens stand in the text as the term is written, or so but for a plural *s*.
    fn is_written(&self, term: &[u8], first: usize, end: usize) -> bool {
        let tokens = self.tokens.as_slice();
        let written = &self.tokens.text().as_bytes()[tokens[first].start as usize..tokens[end - 1].end as usize];
        written == term || written.strip_suffix(b"s") == Some(term) || term.strip_suffix(b"s") == Some(written)
    }

    /// Whether all words around are in capitals, so that those of an acronym say nothing.
    fn is_shouted(&self, first: usize, end: usize) -> bool {
        const NEAR: usize = 3;
        let near = (first.saturating_sub(NEAR)..first).chain(end..self.words.len().min(end + NEAR));
        let mut words =
            near.filter(|&n| self.tokens.as_slice()[n].class == Class::Word).map(|n| self.tokens.written(n)).peekable();
        words.peek().is_some() && words.all(|word| !word.contains(char::is_lowercase))
    }

    fn is_folded(&self, term: &[u8], first: usize, end: usize) -> bool {
        let term = std::str::from_utf8(term).map(Tokens::of);
        let words = (first..end).filter(|&n| self.tokens.as_slice()[n].class != Class::Mark).map(|n| self.tokens.folded(n));
        term.is_ok_and(|term| {
            let marks = |n: &usize| term.as_slice()[*n].class != Class::Mark;
            words.eq((0..term.len()).filter(marks).map(|n| term.folded(n)))
        })
    }
}

/// The word of the one drug name that is one edit away from an unknown word and begins with the same letter.
fn respelt(view: &View<'_>, folded: &[u8]) -> u32 {
    let mut found = NONE;
    for hash in delete_hashes(folded) {
        for form in view.near(hash) {
            let form = &view.forms[form as usize];
            let name = view.text(form.text);
            if form.word != found && name[0] == folded[0] && is_one_edit(folded, name) {
                if found != NONE {
                    return NONE;
                }
                found = form.word;
            }
        }
    }
    found
}
