//! A **line** is one sentence as the rules read it: an item a word or mark, and one item a mention, however many words it has.

use super::Speaker;
use super::rules::{Channel, MENTION, Rules, Sought, Symbol, is_silent};
use crate::clinical::Mention;
use crate::clinical::tokens::{Class, Tokens};

#[derive(Debug, Clone, Copy)]
pub(super) struct Item {
    pub symbol: Symbol,
    /// A word, a number or a mention, and not a mark.
    pub is_word: bool,
    /// Bytes of the text.
    pub start: u32,
    pub end: u32,
}

/// Reads the tokens from byte `start` to byte `end` into `line`, and the items of the mentions, in their order, into `places`.
/// `mentions` are those within, in the order of the text; of two that overlap, both get the item where the first begins.
pub(super) fn read(tokens: &Tokens, start: u32, end: u32, mentions: &[Mention], line: &mut Vec<Item>, places: &mut Vec<u32>) {
    let rules = Rules::get();
    line.clear();
    places.clear();
    let mut n = tokens.at_or_after(start);
    let mut waiting = mentions.iter().peekable();
    while let Some(token) = tokens.as_slice().get(n).filter(|token| token.start < end) {
        let mut reached = 0;
        while let Some(mention) = waiting.next_if(|mention| mention.start < token.end) {
            if reached == 0 {
                line.push(Item { symbol: MENTION, is_word: true, start: mention.start, end: mention.end });
            }
            reached = reached.max(mention.end);
            places.push(line.len() as u32 - 1);
        }
        if reached > 0 {
            // A mention of no letters reaches no further than its token.
            let behind = reached.max(token.end);
            while tokens.as_slice().get(n).is_some_and(|token| token.start < behind) {
                n += 1;
            }
            while waiting.next_if(|mention| mention.start < behind).is_some() {
                places.push(line.len() as u32 - 1);
            }
            continue;
        }
        if !is_silent(tokens, n) {
            let is_word = token.class != Class::Mark;
            line.push(Item { symbol: rules.symbol(tokens, n), is_word, start: token.start, end: token.end });
        }
        n += 1;
    }
    if line.is_empty() {
        line.push(Item { symbol: MENTION, is_word: true, start, end });
    }
    // A mention behind the last token, of a text that ends within it.
    places.resize(mentions.len(), line.len() as u32 - 1);
}

/// Whether the words of a procedure name something worn or going on: a pacemaker, physiotherapy.
pub(super) fn is_ongoing(tokens: &Tokens, mention: &Mention, scratch: &mut Vec<Item>) -> bool {
    let rules = Rules::get();
    scratch.clear();
    let mut n = tokens.at_or_after(mention.start);
    while let Some(token) = tokens.as_slice().get(n).filter(|token| token.start < mention.end) {
        if !is_silent(tokens, n) {
            let is_word = token.class != Class::Mark;
            scratch.push(Item { symbol: rules.symbol(tokens, n), is_word, start: token.start, end: token.end });
        }
        n += 1;
    }
    let sought = Sought { channel: Channel::Ongoing, speaker: Speaker::Unknown, kind: None };
    (0..scratch.len()).any(|at| rules.longest(scratch, at, false, sought).is_some())
}
