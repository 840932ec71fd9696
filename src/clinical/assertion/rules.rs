//! The **rules** of assertion, as `schema/assertion.tsv` lists them: which words are a cue, of what kind, and how far it reaches.
//!
//! In: the table, parsed once. Out: [`Rules`], a trie over words and classes of words in which the cues of a sentence are found
//! with a few steps a word.

use std::sync::LazyLock;

use rustc_hash::FxHashMap;

use super::Speaker;
use super::line::Item;
use crate::clinical::Kind;
use crate::clinical::tokens::{Class, Gap, Tokens};

/// What a rule's words say.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Says {
    /// The assertion that gives the kind its name.
    Present,
    Denied,
    Possible,
    Past,
    Family,
    Hypothetical,
    /// Possible, and a denial within does not change it: questions, and conditions about this patient.
    Asked,
    /// Hypothetical, and a denial within does not change it: "if", "in case of".
    Supposed,
    /// The sentence is about anybody: hypothetical unless a word points to the patient.
    General,
    /// The mention is the patient's own or one spoken of before: "my", "this".
    Definite,
    /// The sentence states it of the patient, so that it is not general: "you have".
    Stated,
    /// Words that hold a cue of another rule and are none.
    Pseudo,
    /// No cue reaches beyond these words.
    End,
    /// The patient, or who asks, is writing.
    Own,
    /// A doctor is writing.
    Doctor,
    /// The sentence speaks of the patient.
    Pointer,
    /// Within the name of a procedure: it is worn or goes on, and is present once begun.
    Ongoing,
}

/// Kinds that are looked for side by side: words that are taken for one channel are free for the others.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Channel {
    Cue,
    Frame,
    End,
    Voice,
    Ongoing,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Reach {
    Forward,
    Backward,
    Both,
    /// The mention within the trigger, written `#`.
    Inside,
}

#[derive(Debug, Clone, Copy)]
pub(super) struct Rule {
    pub says: Says,
    pub reach: Reach,
    /// Words from the cue to the mention; [`Rule::SENTENCE`] goes beyond ends.
    pub scope: u8,
    on: u8,
    by: Option<Speaker>,
}

impl Rule {
    pub const CLAUSE: u8 = u8::MAX - 1;
    pub const SENTENCE: u8 = u8::MAX;

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

/// Which rules are looked for. A rule about drugs does not exist for a symptom, so that it hides none that do.
#[derive(Debug, Clone, Copy)]
pub(super) struct Sought {
    pub channel: Channel,
    pub speaker: Speaker,
    /// Of the mention; `None` for all.
    pub kind: Option<Kind>,
}

impl Says {
    fn channel(self) -> Channel {
        match self {
            Says::End => Channel::End,
            Says::Own | Says::Doctor | Says::Pointer => Channel::Voice,
            Says::Ongoing => Channel::Ongoing,
            Says::General | Says::Definite | Says::Stated => Channel::Frame,
            _ => Channel::Cue,
        }
    }

    fn named(name: &str) -> Option<Says> {
        Some(match name {
            "present" => Says::Present,
            "denied" => Says::Denied,
            "possible" => Says::Possible,
            "past" => Says::Past,
            "family" => Says::Family,
            "hypothetical" => Says::Hypothetical,
            "asked" => Says::Asked,
            "supposed" => Says::Supposed,
            "general" => Says::General,
            "definite" => Says::Definite,
            "stated" => Says::Stated,
            "pseudo" => Says::Pseudo,
            "end" => Says::End,
            "own" => Says::Own,
            "doctor" => Says::Doctor,
            "pointer" => Says::Pointer,
            "ongoing" => Says::Ongoing,
            _ => return None,
        })
    }
}

/// A word of the rules, a class of words, or one of those below.
pub(super) type Symbol = u16;

/// A word of no rule.
pub(super) const OTHER: Symbol = 0;
pub(super) const MENTION: Symbol = 1;
/// The beginning of a sentence, behind words that only open it.
const BEGIN: Symbol = 2;
const ANY_WORD: Symbol = 3;
pub(super) const NUMBER: Symbol = 4;
const FIRST_FREE: Symbol = 5;

#[derive(Debug)]
pub(super) struct Rules {
    words: FxHashMap<u64, Symbol>,
    classes: FxHashMap<String, Symbol>,
    /// The classes of each symbol.
    classes_of: Vec<Vec<Symbol>>,
    /// The channels, as bits, of triggers that begin with a symbol or one of its classes.
    begins: Vec<u8>,
    edges: FxHashMap<(u32, Symbol), u32>,
    /// Of each node: the place of its first rule, or [`NONE`].
    nodes: Vec<u32>,
    /// Of each node: a bit for each symbol that leads on from it, several symbols sharing one. Most steps lead nowhere, and this tells so
    /// without a look-up.
    onward: Vec<u64>,
    /// Each with the place of the next one of its node. One list for all: there are tens of thousands of nodes, and the first
    /// text that a program reads waits for them.
    rules: Vec<(Rule, u32)>,
}

const NONE: u32 = u32::MAX;

/// Room for the nodes of the table, so that reading it moves none.
const NODES: usize = 1 << 17;

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

static RULES: LazyLock<Rules> = LazyLock::new(|| match Rules::parse(include_str!("../../../schema/assertion.tsv")) {
    Ok(rules) => rules,
    // The table is part of the program, and a test reads every row of it.
    Err(error) => panic!("schema/assertion.tsv: {error}"),
});

impl Rules {
    pub fn get() -> &'static Rules {
        &RULES
    }

    fn parse(table: &str) -> Result<Rules, String> {
        let mut rules = Rules {
            words: FxHashMap::default(),
            classes: FxHashMap::default(),
            classes_of: vec![Vec::new(); FIRST_FREE as usize],
            begins: Vec::new(),
            edges: FxHashMap::with_capacity_and_hasher(NODES, Default::default()),
            nodes: Vec::with_capacity(NODES),
            onward: Vec::with_capacity(NODES),
            rules: Vec::with_capacity(NODES),
        };
        rules.nodes.push(NONE);
        rules.onward.push(0);
        let mut lines = table.lines().zip(1..).filter(|(line, _)| line.contains('\t') || line.starts_with('@'));
        let header: Vec<&str> = lines.next().map(|(line, _)| line.split('\t').collect()).unwrap_or_default();
        let column = |name: &str| header.iter().position(|h| *h == name).ok_or_else(|| format!("line 1: no column {name:?}"));
        let columns = [column("trigger")?, column("kind")?, column("direction")?, column("scope")?, column("on")?, column("by")?];
        for (line, number) in lines {
            if let Some(class) = line.strip_prefix('@').filter(|line| !line.contains('\t')) {
                rules.add_class(class).map_err(|error| format!("line {number}: {error}"))?;
                continue;
            }
            let fields: Vec<&str> = line.split('\t').collect();
            let [trigger, says, direction, scope, on, by] = columns.map(|n| fields.get(n).copied().unwrap_or("").trim());
            let rule = Rule::parse(says, direction, scope, on, by).map_err(|error| format!("line {number}: {error}"))?;
            rules.add(trigger, rule).map_err(|error| format!("line {number}: {error}"))?;
        }
        rules.note_beginnings();
        Ok(rules)
    }

    fn add_class(&mut self, line: &str) -> Result<(), String> {
        let (name, members) = line.split_once('=').ok_or("a class is written \"@name = word word\"")?;
        let class = self.fresh();
        self.classes.insert(name.trim().to_owned(), class);
        for member in members.split_whitespace() {
            if let Some(inner) = member.strip_prefix('@') {
                let inner = *self.classes.get(inner).ok_or_else(|| format!("unknown class {member:?}"))?;
                self.classes_of.iter_mut().filter(|classes| classes.contains(&inner)).for_each(|classes| classes.push(class));
                continue;
            }
            let [word] = self.symbols(member)[..] else { return Err(format!("{member:?} is not one word")) };
            if !self.classes_of[word as usize].contains(&class) {
                self.classes_of[word as usize].push(class);
            }
        }
        Ok(())
    }

    fn fresh(&mut self) -> Symbol {
        self.classes_of.push(Vec::new());
        (self.classes_of.len() - 1) as Symbol
    }

    /// The symbols of words as a table writes them, made where they are new.
    fn symbols(&mut self, written: &str) -> Vec<Symbol> {
        let tokens = Tokens::of(written);
        let mut symbols = Vec::new();
        for (n, token) in tokens.as_slice().iter().enumerate() {
            if is_silent(&tokens, n) {
                continue;
            }
            let symbol = match self.words.get(&token.hash) {
                Some(&known) => known,
                None => {
                    let fresh = self.fresh();
                    self.words.insert(token.hash, fresh);
                    fresh
                }
            };
            symbols.push(symbol);
        }
        symbols
    }

    fn add(&mut self, trigger: &str, rule: Rule) -> Result<(), String> {
        let mut nodes = vec![0];
        for piece in trigger.split(' ').filter(|piece| !piece.is_empty()) {
            let (piece, optional) = match piece.strip_suffix('?') {
                Some(inner) if !inner.is_empty() => (inner, true),
                _ => (piece, false),
            };
            let mut next = if optional { nodes.clone() } else { Vec::new() };
            for choice in piece.split('|') {
                let symbols = match choice {
                    "#" => vec![MENTION],
                    "^" => vec![BEGIN],
                    "_" => vec![ANY_WORD],
                    "@number" => vec![NUMBER],
                    _ => match choice.strip_prefix('@') {
                        Some(class) => vec![*self.classes.get(class).ok_or_else(|| format!("unknown class {choice:?}"))?],
                        None => self.symbols(choice),
                    },
                };
                if symbols.is_empty() {
                    return Err(format!("the trigger {trigger:?} has an empty choice"));
                }
                for &node in &nodes {
                    next.push(symbols.iter().fold(node, |node, &symbol| self.step_or_grow(node, symbol)));
                }
            }
            next.sort_unstable();
            next.dedup();
            nodes = next;
        }
        for node in nodes {
            if node == 0 {
                return Err(format!("the trigger {trigger:?} may be empty"));
            }
            let place = self.rules.len() as u32;
            let mut last = None;
            let mut at = self.nodes[node as usize];
            while at != NONE {
                (last, at) = (Some(at), self.rules[at as usize].1);
            }
            match last {
                Some(last) => self.rules[last as usize].1 = place,
                None => self.nodes[node as usize] = place,
            }
            self.rules.push((rule, NONE));
        }
        Ok(())
    }

    fn step_or_grow(&mut self, node: u32, symbol: Symbol) -> u32 {
        let fresh = self.nodes.len() as u32;
        let next = *self.edges.entry((node, symbol)).or_insert(fresh);
        if next == fresh {
            self.nodes.push(NONE);
            self.onward.push(0);
            self.onward[node as usize] |= bit(symbol);
        }
        next
    }

    /// Fills `begins`: which channels a word can begin a trigger of.
    fn note_beginnings(&mut self) {
        let mut leads = vec![0u8; self.nodes.len()];
        // Children are made after their parents, so one pass from the back sums up what each node leads to.
        let mut edges: Vec<(u32, u32)> = self.edges.iter().map(|(&(node, _), &next)| (next, node)).collect();
        edges.sort_unstable_by(|a, b| b.cmp(a));
        for (next, node) in edges {
            let here = self.at(next).fold(0, |bits, rule| bits | 1 << rule.says.channel() as u8);
            leads[next as usize] |= here;
            leads[node as usize] |= leads[next as usize];
        }
        self.begins = (0..self.classes_of.len() as Symbol)
            .map(|symbol| {
                let starts = self.edges.get(&(0, symbol)).map_or(0, |&node| leads[node as usize]);
                self.classes_of[symbol as usize]
                    .iter()
                    .fold(starts, |bits, &class| bits | self.edges.get(&(0, class)).map_or(0, |&node| leads[node as usize]))
            })
            .collect();
    }

    /// The rules whose trigger ends at a node.
    fn at(&self, node: u32) -> impl Iterator<Item = &Rule> {
        let rule = |place: u32| self.rules.get(place as usize);
        std::iter::successors(rule(self.nodes[node as usize]), move |(_, next)| rule(*next)).map(|(rule, _)| rule)
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
    pub fn longest(&self, line: &[Item], at: usize, begins: bool, sought: Sought) -> Option<Found<'_>> {
        let mut longest = Longest { end: at, nodes: [0; MOST_NODES], met: 0 };
        let begins_mention = line[at].mention_to > 0 && self.begins[MENTION as usize] & (1 << sought.channel as u8) != 0;
        if begins_mention || self.begins[line[at].symbol as usize] & (1 << sought.channel as u8) != 0 {
            self.follow(0, line, at, false, sought, &mut longest);
        }
        if begins && let Some(&node) = self.edges.get(&(0, BEGIN)) {
            self.follow(node, line, at, false, sought, &mut longest);
        }
        (longest.met > 0).then_some(Found { end: longest.end, rules: self, nodes: longest.nodes, sought })
    }

    /// Steps from a node over the items from `at` on; triggers are a few words long, so the depth is small. `held` when words of a
    /// mention were read as a trigger's.
    fn follow(&self, node: u32, line: &[Item], at: usize, held: bool, sought: Sought, longest: &mut Longest) {
        if at >= longest.end && self.at(node).any(|rule| rule.fits(sought) && (!held || rule.may_be_mention())) {
            if at > longest.end {
                *longest = Longest { end: at, nodes: [0; MOST_NODES], met: 0 };
            }
            if longest.met < MOST_NODES {
                longest.nodes[longest.met] = node;
                longest.met += 1;
            }
        }
        let Some(item) = line.get(at) else { return };
        let onward = self.onward[node as usize];
        if onward == 0 {
            return;
        }
        let mut step = |symbol, to, held| {
            if onward & bit(symbol) != 0
                && let Some(&next) = self.edges.get(&(node, symbol))
            {
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

/// The bit of a symbol in a node's `onward`.
fn bit(symbol: Symbol) -> u64 {
    1 << (symbol % 64)
}

/// Marks that join words or only decorate them: "follow-up" is read as "follow up".
pub(super) fn is_silent(tokens: &Tokens, n: usize) -> bool {
    let token = &tokens.as_slice()[n];
    token.class == Class::Mark
        && match tokens.written(n) {
            "-" => token.gap == Gap::None && tokens.as_slice().get(n + 1).is_some_and(|next| next.gap == Gap::None),
            "\"" | "'" | "*" | "_" | "\u{201c}" | "\u{201d}" | "\u{2018}" | "\u{2019}" => true,
            _ => false,
        }
}

impl Rule {
    fn parse(says: &str, direction: &str, scope: &str, on: &str, by: &str) -> Result<Rule, String> {
        let kind = Says::named(says).ok_or_else(|| format!("unknown kind {says:?}"))?;
        let reach = match direction {
            "forward" => Reach::Forward,
            "backward" => Reach::Backward,
            "both" | "" => Reach::Both,
            "inside" => Reach::Inside,
            _ => return Err(format!("unknown direction {direction:?}; known are forward, backward, both, inside")),
        };
        let scope = match scope {
            "" | "clause" => Rule::CLAUSE,
            "sentence" => Rule::SENTENCE,
            words => {
                words.parse().map_err(|_| format!("the scope {words:?} is neither clause, sentence nor a number of words"))?
            }
        };
        let on = match on {
            "" => u8::MAX,
            kinds => kinds.split('|').try_fold(0, |bits, kind| Ok::<u8, String>(bits | 1 << kind.parse::<Kind>()? as u8))?,
        };
        let by = match by {
            "" => None,
            "patient" => Some(Speaker::Patient),
            "doctor" => Some(Speaker::Doctor),
            _ => return Err(format!("unknown author {by:?}; known are patient, doctor")),
        };
        Ok(Rule { says: kind, reach, scope, on, by })
    }
}
