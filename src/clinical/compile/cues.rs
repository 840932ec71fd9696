//! The **cues** of assertion, compiled from `schema/assertion.tsv`: an automaton over words and classes of words, whose nodes carry rules.
//!
//! In: the table. Out: [`Rules`]. The build script writes them in postcard's form, so that no text waits for the table to be read.

use rustc_hash::FxHashMap;
use serde::{Deserialize, Serialize};

use super::super::tokens::{Class, Gap, Tokens};
use super::TYPES;

/// What a rule's words say.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Says {
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
pub enum Channel {
    Cue,
    Frame,
    End,
    Voice,
    Ongoing,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Reach {
    Forward,
    Backward,
    Both,
    /// The mention within the trigger, written `#`.
    Inside,
}

/// Who speaks in a sentence, as far as it is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Speaker {
    Patient,
    Doctor,
    Unknown,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Rule {
    pub says: Says,
    pub reach: Reach,
    /// Words from the cue to the mention; [`Rule::SENTENCE`] goes beyond ends.
    pub scope: u8,
    /// Kinds of concept that it is about, a bit each.
    pub on: u8,
    pub by: Option<Speaker>,
}

impl Rule {
    pub const CLAUSE: u8 = u8::MAX - 1;
    pub const SENTENCE: u8 = u8::MAX;

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
            kinds => kinds.split('|').try_fold(0, |bits, kind| match TYPES.iter().position(|known| *known == kind) {
                Some(place) => Ok(bits | 1u8 << place),
                None => Err(format!("unknown type {kind:?}")),
            })?,
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

impl Says {
    pub fn channel(self) -> Channel {
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
pub type Symbol = u16;

/// A word of no rule.
pub const OTHER: Symbol = 0;
pub const MENTION: Symbol = 1;
/// The beginning of a sentence, behind words that only open it.
pub const BEGIN: Symbol = 2;
pub const ANY_WORD: Symbol = 3;
pub const NUMBER: Symbol = 4;
const FIRST_FREE: Symbol = 5;

/// The node of no words.
pub const NOWHERE: u32 = u32::MAX;

/// The rules, as an automaton over symbols: a trie whose like branches are one.
#[derive(Debug, Default, Serialize, Deserialize)]
pub struct Rules {
    pub words: FxHashMap<u64, Symbol>,
    pub classes: FxHashMap<String, Symbol>,
    /// The classes of each symbol.
    pub classes_of: Vec<Vec<Symbol>>,
    /// Where each symbol leads from the root; [`NOWHERE`] where it begins no trigger.
    pub first: Vec<u32>,
    /// Where each symbol leads from a node, by node and symbol, and where the edges of each node begin.
    edges: Vec<(Symbol, u32)>,
    edges_from: Vec<u32>,
    /// Of each node: a bit for each symbol that leads on from it, several symbols sharing one. Most steps lead nowhere, and this tells so
    /// without a look-up.
    pub onward: Vec<u64>,
    /// The rules whose triggers end at nodes, by node, and where those of each begin.
    rules: Vec<Rule>,
    rules_from: Vec<u32>,
}

impl Rules {
    /// The rules of a table.
    pub fn parse(table: &str) -> Result<Rules, String> {
        let mut growing = Growing { nodes: 1, ..Growing::default() };
        growing.rules.classes_of = vec![Vec::new(); FIRST_FREE as usize];
        growing.read(table)?;
        Ok(growing.settled())
    }

    /// The rules whose trigger ends at a node, in the order of the table.
    pub fn at(&self, node: u32) -> &[Rule] {
        &self.rules[self.rules_from[node as usize] as usize..self.rules_from[node as usize + 1] as usize]
    }

    /// Where a symbol leads from a node.
    #[inline]
    pub fn next(&self, node: u32, symbol: Symbol) -> Option<u32> {
        if self.onward[node as usize] & bit(symbol) == 0 {
            return None;
        }
        let edges = &self.edges[self.edges_from[node as usize] as usize..self.edges_from[node as usize + 1] as usize];
        edges.binary_search_by_key(&symbol, |&(symbol, _)| symbol).ok().map(|place| edges[place].1)
    }
}

/// A node by what follows it.
#[derive(Default, Clone, PartialEq, Eq, Hash)]
struct Node {
    edges: Vec<(Symbol, u32)>,
    rules: Vec<Rule>,
}

/// A trie that grows.
#[derive(Default)]
struct Growing {
    /// Its words and classes.
    rules: Rules,
    edges: FxHashMap<(u32, Symbol), u32>,
    nodes: u32,
    /// A node and a rule whose trigger ends there.
    ends: Vec<(u32, Rule)>,
}

impl Growing {
    fn read(&mut self, table: &str) -> Result<(), String> {
        let mut lines = table.lines().zip(1..).filter(|(line, _)| line.contains('\t') || line.starts_with('@'));
        let header: Vec<&str> = lines.next().map(|(line, _)| line.split('\t').collect()).unwrap_or_default();
        let column = |name: &str| header.iter().position(|h| *h == name).ok_or_else(|| format!("line 1: no column {name:?}"));
        let columns = [column("trigger")?, column("kind")?, column("direction")?, column("scope")?, column("on")?, column("by")?];
        for (line, number) in lines {
            if let Some(class) = line.strip_prefix('@').filter(|line| !line.contains('\t')) {
                self.add_class(class).map_err(|error| format!("line {number}: {error}"))?;
                continue;
            }
            let fields: Vec<&str> = line.split('\t').collect();
            let [trigger, says, direction, scope, on, by] = columns.map(|n| fields.get(n).copied().unwrap_or("").trim());
            let rule = Rule::parse(says, direction, scope, on, by).map_err(|error| format!("line {number}: {error}"))?;
            self.add(trigger, rule).map_err(|error| format!("line {number}: {error}"))?;
        }
        Ok(())
    }

    fn add_class(&mut self, line: &str) -> Result<(), String> {
        let (name, members) = line.split_once('=').ok_or("a class is written \"@name = word word\"")?;
        let class = self.fresh();
        self.rules.classes.insert(name.trim().to_owned(), class);
        for member in members.split_whitespace() {
            if let Some(inner) = member.strip_prefix('@') {
                let inner = *self.rules.classes.get(inner).ok_or_else(|| format!("unknown class {member:?}"))?;
                self.rules
                    .classes_of
                    .iter_mut()
                    .filter(|classes| classes.contains(&inner))
                    .for_each(|classes| classes.push(class));
                continue;
            }
            let [word] = self.symbols(member)[..] else { return Err(format!("{member:?} is not one word")) };
            if !self.rules.classes_of[word as usize].contains(&class) {
                self.rules.classes_of[word as usize].push(class);
            }
        }
        Ok(())
    }

    fn fresh(&mut self) -> Symbol {
        self.rules.classes_of.push(Vec::new());
        (self.rules.classes_of.len() - 1) as Symbol
    }

    /// The symbols of words as a table writes them, made where they are new.
    fn symbols(&mut self, written: &str) -> Vec<Symbol> {
        let tokens = Tokens::of(written);
        let mut symbols = Vec::new();
        for (n, token) in tokens.as_slice().iter().enumerate() {
            if is_silent(&tokens, n) {
                continue;
            }
            let symbol = match self.rules.words.get(&token.hash) {
                Some(&known) => known,
                None => {
                    let fresh = self.fresh();
                    self.rules.words.insert(token.hash, fresh);
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
                        Some(class) => vec![*self.rules.classes.get(class).ok_or_else(|| format!("unknown class {choice:?}"))?],
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
            self.ends.push((node, rule));
        }
        Ok(())
    }

    fn step_or_grow(&mut self, node: u32, symbol: Symbol) -> u32 {
        let fresh = self.nodes;
        let next = *self.edges.entry((node, symbol)).or_insert(fresh);
        if next == fresh {
            self.nodes += 1;
        }
        next
    }

    /// Lays edges and rules out by node. Nodes with the same way on are one: the choices in the middle of a trigger multiply its nodes, but
    /// not what follows them.
    fn settled(self) -> Rules {
        let mut grown = vec![Node::default(); self.nodes as usize];
        for ((node, symbol), next) in self.edges {
            grown[node as usize].edges.push((symbol, next));
        }
        for (node, rule) in self.ends {
            grown[node as usize].rules.push(rule);
        }
        let mut numbers: FxHashMap<Node, u32> = FxHashMap::default();
        let mut number_of = vec![0; grown.len()];
        // A node is made after the one before it, so from the back all that it leads to is settled.
        for (n, mut node) in grown.into_iter().enumerate().rev() {
            node.edges.iter_mut().for_each(|(_, next)| *next = number_of[*next as usize]);
            node.edges.sort_unstable();
            let fresh = numbers.len() as u32;
            number_of[n] = *numbers.entry(node).or_insert(fresh);
        }
        let root = number_of[0];
        let mut settled: Vec<(u32, Node)> = numbers.into_iter().map(|(node, number)| (number, node)).collect();
        settled.sort_unstable_by_key(|&(number, _)| number);

        let mut rules = self.rules;
        for (_, node) in settled {
            rules.onward.push(node.edges.iter().fold(0, |bits, &(symbol, _)| bits | bit(symbol)));
            rules.edges_from.push(rules.edges.len() as u32);
            rules.edges.extend(node.edges);
            rules.rules_from.push(rules.rules.len() as u32);
            rules.rules.extend(node.rules);
        }
        rules.edges_from.push(rules.edges.len() as u32);
        rules.rules_from.push(rules.rules.len() as u32);
        rules.first = (0..rules.classes_of.len() as Symbol).map(|symbol| rules.next(root, symbol).unwrap_or(NOWHERE)).collect();
        rules
    }
}

/// The bit of a symbol in a node's `onward`.
fn bit(symbol: Symbol) -> u64 {
    1 << (symbol % 64)
}

/// Marks that join words or only decorate them: "follow-up" is read as "follow up".
pub fn is_silent(tokens: &Tokens, n: usize) -> bool {
    let token = &tokens.as_slice()[n];
    token.class == Class::Mark
        && match tokens.written(n) {
            "-" => token.gap == Gap::None && tokens.as_slice().get(n + 1).is_some_and(|next| next.gap == Gap::None),
            "\"" | "'" | "*" | "_" | "\u{201c}" | "\u{201d}" | "\u{2018}" | "\u{2019}" => true,
            _ => false,
        }
}
