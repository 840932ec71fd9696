//! The **rules** of assertion, as `schema/assertion.tsv` lists them: which words are a cue, of what kind, and how far it reaches.
//!
//! In: the rules, compiled by the build script, and a line of items. Out: the cues in it, found with a few steps a word.

use std::sync::LazyLock;

use super::line::Item;
use crate::clinical::Kind;
use crate::clinical::compile::cues::{ANY_WORD, BEGIN, NUMBER};
pub(super) use crate::clinical::compile::cues::{Channel, MENTION, OTHER, Reach, Rule, Rules, Says, Speaker, Symbol, is_silent};
use crate::clinical::tokens::{Class, Tokens};

static RULES: LazyLock<Rules> = LazyLock::new(|| {
    postcard::from_bytes(include_bytes!(concat!(env!("OUT_DIR"), "/assertion.rules")))
        .expect("the build script wrote the rules in this same form")
});

/// Which rules are looked for. A rule about drugs does not exist for a symptom, so that it hides none that do.
#[derive(Debug, Clone, Copy)]
pub(super) struct Sought {
    pub channel: Channel,
    pub speaker: Speaker,
    /// Of the mention; `None` for all.
    pub kind: Option<Kind>,
}

impl Rule {
    /// Whether its words may be those of a mention: "side effects include nausea" is about nausea, but "no energy" denies nothing
    /// else.
    fn may_be_mention(&self) -> bool {
        matches!(self.says, Says::Family | Says::Possible | Says::Hypothetical | Says::Supposed | Says::General | Says::Ongoing)
    }

    fn fits(&self, sought: Sought) -> bool {
        self.says.channel() == sought.channel
            && sought.kind.is_none_or(|kind| self.on & (1 << kind as u8) != 0)
            && (sought.channel == Channel::Voice
                || self.by.is_none_or(|by| (by == Speaker::Doctor) == (sought.speaker == Speaker::Doctor)))
    }
}

/// A cue's place in a line of items, and its rules: those of the longest trigger that begins there.
pub(super) struct Found<'r> {
    pub end: usize,
    rules: &'r Rules,
    nodes: [u32; MOST_NODES],
    sought: Sought,
}

/// Triggers of one length that are met at one place, told apart by the classes they are written with; more are not needed.
const MOST_NODES: usize = 4;

/// The nodes at the greatest length so far.
struct Longest {
    end: usize,
    nodes: [u32; MOST_NODES],
    met: usize,
}

impl<'r> Found<'r> {
    pub fn rules(&self) -> impl Iterator<Item = &'r Rule> {
        let (rules, sought) = (self.rules, self.sought);
        let nodes = self.nodes.into_iter().filter(|node| *node != 0);
        nodes.flat_map(|node| rules.at(node)).filter(move |rule| rule.fits(sought))
    }
}

impl Rules {
    pub fn get() -> &'static Rules {
        &RULES
    }

    pub fn symbol(&self, tokens: &Tokens, n: usize) -> Symbol {
        let token = &tokens.as_slice()[n];
        match self.words.get(&token.hash) {
            Some(&symbol) => symbol,
            None if token.class == Class::Number => NUMBER,
            None => OTHER,
        }
    }

    /// Whether a word belongs to a class of the table; an unknown class has no members.
    pub fn is_in(&self, symbol: Symbol, class: Option<Symbol>) -> bool {
        class.is_some_and(|class| self.classes_of[symbol as usize].contains(&class))
    }

    pub fn class(&self, name: &str) -> Option<Symbol> {
        self.classes.get(name).copied()
    }

    /// The longest trigger of a channel that begins with an item; `begins` when only openers stand before it in its sentence.
    pub(super) fn longest(&self, line: &[Item], at: usize, begins: bool, sought: Sought) -> Option<Found<'_>> {
        let mut longest = Longest { end: at, nodes: [0; MOST_NODES], met: 0 };
        let begins_mention = line[at].mention_to > 0 && self.begins[MENTION as usize] & (1 << sought.channel as u8) != 0;
        if begins_mention || self.begins[line[at].symbol as usize] & (1 << sought.channel as u8) != 0 {
            self.follow(0, line, at, false, sought, &mut longest);
        }
        if begins && let Some(node) = self.next(0, BEGIN) {
            self.follow(node, line, at, false, sought, &mut longest);
        }
        (longest.met > 0).then_some(Found { end: longest.end, rules: self, nodes: longest.nodes, sought })
    }

    /// Steps from a node over the items from `at` on; triggers are a few words long, so the depth is small. `held` when words of a
    /// mention were read as a trigger's.
    fn follow(&self, node: u32, line: &[Item], at: usize, held: bool, sought: Sought, longest: &mut Longest) {
        if at >= longest.end && self.at(node).iter().any(|rule| rule.fits(sought) && (!held || rule.may_be_mention())) {
            if at > longest.end {
                *longest = Longest { end: at, nodes: [0; MOST_NODES], met: 0 };
            }
            if longest.met < MOST_NODES {
                longest.nodes[longest.met] = node;
                longest.met += 1;
            }
        }
        let Some(item) = line.get(at) else { return };
        if self.onward[node as usize] == 0 {
            return;
        }
        let mut step = |symbol, to, held| {
            if let Some(next) = self.next(node, symbol) {
                self.follow(next, line, to, held, sought, longest);
            }
        };
        if item.mention_to > 0 {
            step(MENTION, item.mention_to as usize, held);
        }
        let held = held || item.in_mention;
        step(item.symbol, at + 1, held);
        self.classes_of[item.symbol as usize].iter().for_each(|&class| step(class, at + 1, held));
        if item.is_word && !item.in_mention {
            step(ANY_WORD, at + 1, held);
        }
    }
}
