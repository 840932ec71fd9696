//! A **line** is one sentence as the rules read it: an item a word or mark. A mention counts as one word, however many it has.

use super::rules::{Channel, Met, Rules, Sought, Speaker, Symbol, is_silent};
use crate::clinical::Mention;
use crate::clinical::tokens::{Class, Tokens};

#[derive(Debug, Clone, Copy)]
pub(super) struct Item {
    pub symbol: Symbol,
    /// A word or a number, and not a mark.
    pub is_word: bool,
    pub in_mention: bool,
    /// Where a mention begins, the item behind it; else 0.
    pub mention_to: u32,
    /// The number of the word, all words of one mention being one.
    pub at: u32,
    /// Bytes of the text.
    pub start: u32,
    pub end: u32,
}

/// Reads the tokens from byte `start` to byte `end` into `line`, and the items of each mention, end exclusive, into `places`.
/// `mentions` are those that begin within, in the order of the text.
pub(super) fn read(
    tokens: &Tokens,
    start: u32,
    end: u32,
    mentions: &[Mention],
    line: &mut Vec<Item>,
    places: &mut Vec<(u32, u32)>,
) {
    line.clear();
    places.clear();
    push(tokens, start, end, line);
    let mut from = 0;
    for mention in mentions {
        while from + 1 < line.len() && line[from].end <= mention.start {
            from += 1;
        }
        let mut to = from + 1;
        while to < line.len() && line[to].start < mention.end {
            to += 1;
        }
        places.push((from as u32, to as u32));
        line[from].mention_to = line[from].mention_to.max(to as u32);
        line[from..to].iter_mut().for_each(|item| item.in_mention = true);
    }
    let mut at = 0;
    let mut behind = 0;
    for (n, item) in line.iter_mut().enumerate() {
        if n >= behind && n > 0 {
            at += 1;
        }
        item.at = at;
        behind = behind.max(item.mention_to as usize);
    }
}

/// Whether the words of a procedure name something worn or going on: a pacemaker, physiotherapy.
pub(super) fn is_ongoing(tokens: &Tokens, mention: &Mention, (line, met): &mut (Vec<Item>, Met)) -> bool {
    line.clear();
    push(tokens, mention.start, mention.end, line);
    let rules = Rules::get();
    rules.meet(line, 0, met);
    let sought = Sought { channel: Channel::Ongoing, speaker: Speaker::Unknown, kind: None };
    (0..line.len()).any(|at| met.longest(rules, at, sought).is_some())
}

/// The items of the tokens that begin from byte `start` on and before byte `end`: at least one.
fn push(tokens: &Tokens, start: u32, end: u32, line: &mut Vec<Item>) {
    let rules = Rules::get();
    let item = |symbol, is_word, start, end| Item { symbol, is_word, in_mention: false, mention_to: 0, at: 0, start, end };
    let mut n = tokens.at_or_after(start);
    while let Some(token) = tokens.as_slice().get(n).filter(|token| token.start < end) {
        if !is_silent(tokens, n) {
            line.push(item(rules.symbol(tokens, n), token.class != Class::Mark, token.start, token.end));
        }
        n += 1;
    }
    if line.is_empty() {
        line.push(item(super::rules::OTHER, false, start, end));
    }
}
