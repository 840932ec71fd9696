//! The **rules** of assertion, as `schema/assertion.tsv` lists them: which words are a cue, of what kind, and how far it reaches.
//!
//! In: the rules, compiled by the build script, and a line of items. Out: the cues in it, found with a few steps a word.

use std::sync::LazyLock;

use super::line::Item;
use crate::clinical::Kind;
use crate::clinical::compile::cues::{ANY_WORD, BEGIN, NOWHERE, NUMBER};
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

/// The triggers that are met in a line, of all channels and kinds: found with one walk, asked many times.
#[derive(Default)]
pub(super) struct Met {
    ends: Vec<End>,
    /// Where the ends of the triggers that begin with each item begin.
    from: Vec<u32>,
}

/// Where a trigger ends, and the node of its rules.
struct End {
    /// Items, exclusive.
    end: u32,
    node: u32,
    /// Words of a mention were read as the trigger's.
    held: bool,
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

impl<'r> Found<'r> {
    pub fn rules(&self) -> impl Iterator<Item = &'r Rule> {
        let (rules, sought) = (self.rules, self.sought);
        let nodes = self.nodes.into_iter().filter(|node| *node != NOWHERE);
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

    /// Looks for triggers from each item of a line on; only openers stand in its sentence before item `opened`.
    pub(super) fn meet(&self, line: &[Item], opened: usize, met: &mut Met) {
        met.ends.clear();
        met.from.clear();
        for (at, item) in line.iter().enumerate() {
            met.from.push(met.ends.len() as u32);
            let first = |symbol: Symbol| self.first[symbol as usize];
            let mut begin = |symbol, to, held| self.follow(first(symbol), line, to, held, met);
            if item.mention_to > 0 {
                begin(MENTION, item.mention_to as usize, false);
            }
            begin(item.symbol, at + 1, item.in_mention);
            self.classes_of[item.symbol as usize].iter().for_each(|&class| begin(class, at + 1, item.in_mention));
            if item.is_word && !item.in_mention {
                begin(ANY_WORD, at + 1, false);
            }
            if at <= opened && first(BEGIN) != NOWHERE {
                self.onward(first(BEGIN), line, at, false, met);
            }
        }
        met.from.push(met.ends.len() as u32);
    }

    /// Notes a node that was reached with the items before `at`, and goes on.
    #[inline]
    fn follow(&self, node: u32, line: &[Item], at: usize, held: bool, met: &mut Met) {
        if node == NOWHERE {
            return;
        }
        if !self.at(node).is_empty() {
            met.ends.push(End { end: at as u32, node, held });
        }
        if self.onward[node as usize] != 0 {
            self.onward(node, line, at, held, met);
        }
    }

    /// Steps from a node over the items from `at` on; triggers are a few words long, so the depth is small.
    fn onward(&self, node: u32, line: &[Item], at: usize, held: bool, met: &mut Met) {
        let Some(item) = line.get(at) else { return };
        let mut step = |symbol, to, held| self.follow(self.next(node, symbol).unwrap_or(NOWHERE), line, to, held, met);
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

impl Met {
    /// The longest trigger of what is sought that begins with an item.
    pub(super) fn longest<'r>(&self, rules: &'r Rules, at: usize, sought: Sought) -> Option<Found<'r>> {
        let ends = &self.ends[self.from[at] as usize..self.from[at + 1] as usize];
        let mut longest = Found { end: at, rules, nodes: [NOWHERE; MOST_NODES], sought };
        let mut met = 0;
        for &End { end, node, held } in ends {
            let fits = |rule: &Rule| rule.fits(sought) && (!held || rule.may_be_mention());
            if (end as usize) < longest.end || !rules.at(node).iter().any(fits) {
                continue;
            }
            if end as usize > longest.end {
                (longest.end, longest.nodes, met) = (end as usize, [NOWHERE; MOST_NODES], 0);
            }
            if met < MOST_NODES {
                longest.nodes[met] = node;
                met += 1;
            }
        }
        (met > 0).then_some(longest)
    }
}
