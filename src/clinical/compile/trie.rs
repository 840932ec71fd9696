//! The **trie** of all terms, over word numbers: what each sequence of words names, and under which guards.

use rustc_hash::{FxHashMap, FxHashSet};

use super::layout::{EntryRow, GUARD_CASE, GUARD_EXACT, GUARD_STOP, GuardRow, NAMES_NOTHING, NONE, Piece};
use super::merge::{Item, Merged};
use super::table::{Rule, Tables};
use super::words::Vocabulary;
use super::{folded, folded_words};

pub struct Trie<'v> {
    vocabulary: &'v Vocabulary,
    pub guards: Guards,
    /// What the words so far name, the best first.
    pub nodes: Vec<Vec<Named>>,
    /// The node after a node and a word. Node [`NONE`] is the beginning.
    starts: FxHashMap<u32, u32>,
    pub edges: FxHashMap<(u32, u32), u32>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Named {
    pub entry: EntryRow,
    pub standing: Standing,
}

/// What a term is to the concept that it names. Of several concepts with one term, the better standing goes first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Standing {
    Name,
    Synonym,
    /// A term that nobody held against running text.
    Unreviewed,
}

impl Standing {
    /// The standing of term *t* of an item.
    pub fn of(item: &Item, t: usize) -> Standing {
        match t {
            _ if t >= item.reviewed => Standing::Unreviewed,
            0 => Standing::Name,
            _ => Standing::Synonym,
        }
    }
}

impl<'v> Trie<'v> {
    pub fn new(tables: &Tables, vocabulary: &'v Vocabulary) -> Trie<'v> {
        let mut trie = Trie {
            vocabulary,
            guards: Guards::new(tables, vocabulary),
            nodes: Vec::new(),
            starts: FxHashMap::default(),
            edges: FxHashMap::default(),
        };
        for guard in tables.guards.iter().filter(|guard| guard.rule == Rule::Stop && guard.owner.is_empty()) {
            trie.add_entry(&trie.key(&guard.term), EntryRow { names: NAMES_NOTHING, number: NONE, guard: NONE });
        }
        trie
    }

    /// The word numbers of a term.
    pub fn key(&self, term: &str) -> Vec<u32> {
        folded_words(term).iter().filter_map(|word| self.vocabulary.word(word)).collect()
    }

    /// Adds what a term names. `owner` is the id of it, for guards that hold for this owner only.
    pub fn add(&mut self, term: &str, owner: &str, names: u32, number: u32, standing: Standing) {
        let guard =
            if standing == Standing::Unreviewed { self.guards.of_unreviewed(term, owner) } else { self.guards.of(term, owner) };
        let key = self.key(term);
        let Some(node) = self.node(&key) else { return };
        let here = &mut self.nodes[node as usize];
        match here.iter_mut().find(|named| named.entry.names == names && named.entry.number == number) {
            // Two ways to write one term: the one that says less of where it counts goes first, but for words that must be near.
            Some(known) => {
                if standing == Standing::Unreviewed {
                    return;
                }
                known.standing = known.standing.min(standing);
                if !self.guards.is_strict(known.entry.guard) {
                    known.entry.guard = guard;
                }
            }
            None => {
                let at = here.partition_point(|named| named.standing <= standing);
                here.insert(at, Named { entry: EntryRow { names, number, guard }, standing });
            }
        }
    }

    /// Adds what these words name beside terms.
    pub fn add_entry(&mut self, key: &[u32], entry: EntryRow) {
        if let Some(node) = self.node(key) {
            self.nodes[node as usize].push(Named { entry, standing: Standing::Synonym });
        }
    }

    /// The node after these words, made where it is missing.
    fn node(&mut self, key: &[u32]) -> Option<u32> {
        let (&first, rest) = key.split_first()?;
        let mut nodes = self.nodes.len() as u32;
        let mut node = *self.starts.entry(first).or_insert(nodes);
        self.nodes.resize_with((nodes.max(node + 1)) as usize, Vec::new);
        for &word in rest {
            nodes = self.nodes.len() as u32;
            node = *self.edges.entry((node, word)).or_insert(nodes);
            self.nodes.resize_with((nodes.max(node + 1)) as usize, Vec::new);
        }
        Some(node)
    }

    /// What exactly these words name.
    pub fn named(&self, key: &[u32]) -> &[Named] {
        let found = key.split_first().and_then(|(first, rest)| {
            let start = *self.starts.get(first)?;
            rest.iter().try_fold(start, |node, &word| self.edges.get(&(node, word)).copied())
        });
        found.map_or(&[], |node| &self.nodes[node as usize])
    }

    /// Each word that terms begin with, and the node of those terms.
    pub fn roots(&self) -> impl Iterator<Item = (u32, u32)> {
        self.starts.iter().map(|(&word, &node)| (word, node))
    }
}

/// Two-word terms written as one word, as patients do (*backpain*), each with the term it stands for.
pub fn joined_terms(merged: &Merged) -> impl Iterator<Item = (String, &str)> {
    const LONGEST: usize = 14;
    let terms = merged.concepts.iter().flat_map(|item| &item.terms[..item.reviewed]);
    terms.filter_map(|term| {
        let [a, b] = &folded_words(term)[..] else { return None };
        let letters = |word: &str| word.len() >= 3 && word.bytes().all(|byte| byte.is_ascii_lowercase());
        let fits = letters(a) && letters(b) && a.len() + b.len() <= LONGEST;
        fits.then(|| (format!("{a}{b}"), term.as_str()))
    })
}

/// The guards of all terms.
pub struct Guards {
    /// By folded term and owner; the owner is empty where the guard holds for every one.
    by_term: FxHashMap<(String, String), u32>,
    /// Folded terms that are guarded for any owner.
    guarded: FxHashSet<String>,
    /// These, and ordinary words.
    doubtful: FxHashSet<String>,
    guards: Vec<Draft>,
    pub needs: Vec<u32>,
}

#[derive(Default)]
struct Draft {
    rules: u32,
    written: String,
    needed: Vec<u32>,
    needs: Piece,
}

impl Guards {
    fn new(tables: &Tables, vocabulary: &Vocabulary) -> Guards {
        let mut by_term: FxHashMap<(String, String), u32> = FxHashMap::default();
        let mut guards: Vec<Draft> = Vec::new();
        for guard in tables.guards.iter().filter(|guard| guard.rule != Rule::Ordinary) {
            let n = *by_term.entry((folded(&guard.term), guard.owner.clone())).or_insert_with(|| {
                guards.push(Draft::default());
                guards.len() as u32 - 1
            });
            let draft = &mut guards[n as usize];
            match &guard.rule {
                Rule::Stop => draft.rules |= GUARD_STOP,
                Rule::Case => draft.rules |= GUARD_CASE,
                Rule::Exact => draft.rules |= GUARD_EXACT,
                Rule::Needs(needed) => {
                    let words = needed.iter().flat_map(|word| folded_words(word));
                    draft.needed.extend(words.filter_map(|word| vocabulary.word(&word)));
                }
                Rule::Ordinary => {}
            }
            if draft.written.is_empty() || guard.rule == Rule::Case {
                draft.written = guard.term.clone();
            }
        }
        // What holds for every owner holds for the one.
        for ((term, owner), &own) in &by_term {
            if let Some(&all) = by_term.get(&(term.clone(), String::new())).filter(|_| !owner.is_empty()) {
                let (rules, needed) = (guards[all as usize].rules, guards[all as usize].needed.clone());
                guards[own as usize].rules |= rules;
                guards[own as usize].needed.extend(needed);
            }
        }
        let mut needs = Vec::new();
        for draft in &mut guards {
            draft.needed.sort_unstable();
            draft.needed.dedup();
            draft.needs = Piece { start: needs.len() as u32, end: (needs.len() + draft.needed.len()) as u32 };
            needs.append(&mut draft.needed);
        }
        let guarded = by_term.keys().map(|(term, _)| term.clone()).collect();
        let doubtful = tables.guards.iter().map(|guard| folded(&guard.term)).collect();
        Guards { by_term, guarded, doubtful, guards, needs }
    }

    /// The guard of a term of an owner, or [`NONE`].
    fn of(&self, term: &str, owner: &str) -> u32 {
        let term = folded(term);
        let own = self.by_term.get(&(term.clone(), owner.to_owned()));
        own.or_else(|| self.by_term.get(&(term, String::new()))).copied().unwrap_or(NONE)
    }

    /// The guard of a term that nobody held against running text: never where it is an ordinary word or where its like is guarded, in
    /// its own case where it is an acronym.
    fn of_unreviewed(&mut self, term: &str, owner: &str) -> u32 {
        const SHORTEST: usize = 3;
        const LONGEST_ACRONYM: usize = 5;
        let known = self.of(term, owner);
        if known != NONE {
            return known;
        }
        let folded = folded(term);
        let letters = term.chars().filter(|c| c.is_alphabetic()).count();
        let rules = if folded.len() < SHORTEST || letters == 0 || self.doubtful.contains(&folded) {
            GUARD_STOP
        } else if letters <= LONGEST_ACRONYM && !term.chars().any(char::is_lowercase) && !term.contains(' ') {
            GUARD_CASE
        } else {
            return NONE;
        };
        self.guards.push(Draft { rules, written: term.to_owned(), ..Draft::default() });
        self.guards.len() as u32 - 1
    }

    /// Whether any owner's term of this wording is guarded.
    pub fn guarded(&self, folded: &str) -> bool {
        self.guarded.contains(folded)
    }

    /// Whether a guard holds however the term is written.
    fn is_strict(&self, guard: u32) -> bool {
        let guard = self.guards.get(guard as usize);
        guard.is_some_and(|guard| guard.rules & GUARD_STOP != 0 || guard.needs.start < guard.needs.end)
    }

    pub fn rows(&self, mut put: impl FnMut(&str) -> Piece) -> Vec<GuardRow> {
        let rows = self.guards.iter();
        rows.map(|guard| GuardRow { rules: guard.rules, written: put(&guard.written), needs: guard.needs }).collect()
    }
}
