//! **Compiling** turns lexicon tables into the flat form that the lexicon is read from. The build script and
//! `Lexicon::with_tables` run this same code.
//!
//! In: [`Tables`]. Out: the bytes of one file, laid out as [`layout`] says: concepts, a trie of their terms over numbered words, the
//! words' forms, and which finding belongs to which pair of quality and site.

#[allow(dead_code)] // only the build script parses the table
pub mod cues;
pub mod layout;
mod merge;
mod pairs;
mod table;
mod trie;
mod words;

use rustc_hash::FxHashMap;

use self::layout::{
    ConceptRow, EdgeSlot, FormRow, HeadRow, NONE, NodeRow, PairSlot, Piece, Section, Slot, TermRow, WordRow, Writer, hash_pair,
    slots_for,
};
use self::pairs::Pairs;
use self::trie::{Trie, joined_terms};
use self::words::Vocabulary;
use super::tokens::{Class, Gap, Tokens, finish, hash_of, step};

pub use self::merge::{Item, Merged, merge};
pub use self::table::{Entry, LexiconError, Place, Role, Rule, TYPES, Tables};

/// A misspelt name is looked for from this length on, in letters.
pub const SHORTEST_RESPELT: usize = 7;

/// Compiles tables. Fails where they do not fit together: an id twice, a parent that is nowhere, parents that go round.
pub fn compile(tables: &Tables) -> Result<Vec<u128>, LexiconError> {
    let merged = merge(tables)?;
    let vocabulary = vocabulary(tables, &merged);
    let mut trie = Trie::new(tables, &vocabulary);
    let pairs = Pairs::new(&merged, &mut trie);
    let mut out = Writer::default();
    let mut text = Text::default();
    write_concepts(&mut out, &mut text, &merged, &pairs);
    write_words(&mut out, &mut text, tables, &merged, &vocabulary, &trie);
    write_trie(&mut out, &mut text, trie);
    write_pairs(&mut out, &merged, &pairs);
    out.put(Section::Text, &text.bytes);
    Ok(out.finish())
}

/// The words of a term, folded: no marks, and no articles where they say nothing.
pub fn folded_words(term: &str) -> Vec<String> {
    const ARTICLES: [&str; 8] = ["a", "an", "the", "my", "your", "his", "her", "their"];
    const BEFORE_A: [&str; 10] = ["in", "of", "on", "at", "to", "from", "have", "having", "with", "had"];
    let tokens = Tokens::of(term);
    let marks = |n: &usize| tokens.as_slice()[*n].class != Class::Mark;
    let places: Vec<usize> = (0..tokens.len()).filter(marks).collect();
    let words: Vec<&str> = places.iter().map(|&n| tokens.folded(n)).collect();
    let says_nothing = |n: usize| {
        // The "a" of "a1c" is written as one with what follows.
        let apart = places.get(n + 1).is_some_and(|&next| tokens.as_slice()[next].gap != Gap::None);
        let article = ARTICLES.contains(&words[n]) && apart;
        // The "a" of "vitamin a deficiency" is a name.
        article && (n == 0 || words[n] != "a" || BEFORE_A.contains(&words[n - 1]))
    };
    (0..words.len()).filter(|&n| !says_nothing(n)).map(|n| words[n].to_owned()).collect()
}

/// The words of a term with spaces between: equal for terms that differ only in case, marks and articles.
pub fn folded(term: &str) -> String {
    folded_words(term).join(" ")
}

/// The text section on its way; the same text is kept once.
#[derive(Default)]
struct Text {
    bytes: Vec<u8>,
    known: FxHashMap<String, Piece>,
}

impl Text {
    fn put(&mut self, text: &str) -> Piece {
        *self.known.entry(text.to_owned()).or_insert_with(|| {
            let start = self.bytes.len() as u32;
            self.bytes.extend_from_slice(text.as_bytes());
            Piece { start, end: self.bytes.len() as u32 }
        })
    }
}

/// Lists of numbers on their way into one section.
#[derive(Default)]
struct Numbers {
    all: Vec<u32>,
}

impl Numbers {
    fn put(&mut self, list: &[u32]) -> Piece {
        let start = self.all.len() as u32;
        self.all.extend_from_slice(list);
        Piece { start, end: self.all.len() as u32 }
    }
}

fn vocabulary(tables: &Tables, merged: &Merged) -> Vocabulary {
    let mut vocabulary = Vocabulary::default();
    let mut add = |term: &str| {
        for word in folded_words(term) {
            vocabulary.add(&word);
        }
    };
    for item in merged.concepts.iter().chain(&merged.sites).chain(&merged.qualities) {
        item.terms.iter().for_each(|term| add(term));
    }
    for guard in &tables.guards {
        add(&guard.term);
        if let Rule::Needs(words) = &guard.rule {
            words.iter().for_each(|word| add(word));
        }
    }
    for link in &tables.links {
        // An article alone is a word here.
        vocabulary.add(&link.word);
    }
    for (joined, _) in joined_terms(merged) {
        vocabulary.add(&joined);
    }
    vocabulary.join(&tables.spellings);
    vocabulary
}

fn write_concepts(out: &mut Writer, text: &mut Text, merged: &Merged, pairs: &Pairs) {
    let mut numbers = Numbers::default();
    let mut children = vec![Vec::new(); merged.concepts.len()];
    for (n, item) in merged.concepts.iter().enumerate() {
        for &parent in &item.parents {
            children[parent as usize].push(n as u32);
        }
    }
    let mut rows = Vec::new();
    let mut terms: Vec<TermRow> = Vec::new();
    for (n, item) in merged.concepts.iter().enumerate() {
        let start = terms.len() as u32;
        terms.extend(item.terms.iter().map(|term| TermRow { text: text.put(term), concept: n as u32 }));
        rows.push(ConceptRow {
            id: text.put(&item.id),
            name: text.put(&item.terms[0]),
            terms: Piece { start, end: terms.len() as u32 },
            parents: numbers.put(&item.parents),
            children: numbers.put(&children[n]),
            kind: item.kind as u32,
            head: pairs.head_of_concept(n as u32, item),
            site: item.site.unwrap_or(NONE),
        });
    }
    // Sites and heads point into the same numbers, after those of the concepts.
    let sites: Vec<Piece> = (0..merged.sites.len()).map(|site| numbers.put(&above(&merged.sites, site as u32))).collect();
    let heads: Vec<HeadRow> = (pairs.heads.iter())
        .map(|head| HeadRow { above: numbers.put(&head.above), concept: head.concept, free: u32::from(head.free) })
        .collect();
    out.put(Section::Concepts, &rows);
    out.put(Section::Terms, &terms);
    out.put(Section::Sites, &sites);
    out.put(Section::Heads, &heads);
    out.put(Section::Numbers, &numbers.all);
}

/// Everything broader than an item, nearest first.
fn above(items: &[Item], of: u32) -> Vec<u32> {
    let mut found = vec![of];
    let mut at = 0;
    while at < found.len() {
        for &parent in &items[found[at] as usize].parents {
            if !found.contains(&parent) {
                found.push(parent);
            }
        }
        at += 1;
    }
    found.remove(0);
    found
}

fn write_words(out: &mut Writer, text: &mut Text, tables: &Tables, merged: &Merged, vocabulary: &Vocabulary, trie: &Trie) {
    let mut words = vec![WordRow { root: NONE, roles: 0 }; vocabulary.len()];
    for (word, node) in trie.roots() {
        words[word as usize].root = node;
    }
    for link in &tables.links {
        if let Some(word) = vocabulary.word(&link.word) {
            words[word as usize].roles |= link.role as u32;
        }
    }
    let mut forms = Vec::new();
    let mut slots = Slots::new(vocabulary.forms().count());
    for (form, word) in vocabulary.forms() {
        slots.put(hash_of(form.as_bytes()), forms.len() as u32);
        forms.push(FormRow { text: text.put(form), word });
    }
    out.put(Section::Words, &words);
    out.put(Section::Forms, &forms);
    out.put(Section::FormSlots, &slots.slots);
    write_deletes(out, merged, vocabulary);
}

/// Every one-word drug name, and that name with each letter left out: a misspelt name shares one of these with the right one.
fn write_deletes(out: &mut Writer, merged: &Merged, vocabulary: &Vocabulary) {
    let drug = TYPES.iter().position(|kind| *kind == "drug");
    let mut entries: Vec<(u64, u32)> = Vec::new();
    for item in merged.concepts.iter().filter(|item| Some(item.kind) == drug) {
        for term in &item.terms[..item.reviewed] {
            let [word] = &folded_words(term)[..] else { continue };
            let Some(number) = vocabulary.form(word).filter(|_| word.len() >= SHORTEST_RESPELT && word.is_ascii()) else {
                continue;
            };
            entries.push((hash_of(word.as_bytes()), number));
            for left_out in 0..word.len() {
                let rest = word.bytes().enumerate().filter(|&(n, _)| n != left_out);
                entries.push((finish(rest.fold(0, |hash, (_, byte)| step(hash, byte))), number));
            }
        }
    }
    entries.sort_unstable();
    entries.dedup();
    let mut slots = Slots::new(entries.len());
    for (hash, form) in entries {
        slots.put(hash, form);
    }
    out.put(Section::DeleteSlots, &slots.slots);
}

fn write_trie(out: &mut Writer, text: &mut Text, trie: Trie) {
    let mut nodes = Vec::new();
    let mut entries = Vec::new();
    let mut edges_of = vec![0; trie.nodes.len()];
    let mut slots = vec![EdgeSlot { node: NONE, word: NONE, to: NONE }; slots_for(trie.edges.len())];
    let mut edges: Vec<_> = trie.edges.iter().map(|(&(node, word), &to)| EdgeSlot { node, word, to }).collect();
    edges.sort_unstable_by_key(|edge| edge.to);
    for edge in edges {
        edges_of[edge.node as usize] += 1;
        let at = free_slot(slots.len(), hash_pair(edge.node, edge.word), |n| slots[n].node == NONE);
        slots[at] = edge;
    }
    for (n, node) in trie.nodes.iter().enumerate() {
        let start = entries.len() as u32;
        entries.extend(node.iter().map(|named| named.entry));
        nodes.push(NodeRow { entries: Piece { start, end: entries.len() as u32 }, edges: edges_of[n] });
    }
    out.put(Section::Nodes, &nodes);
    out.put(Section::EdgeSlots, &slots);
    out.put(Section::Entries, &entries);
    out.put(Section::Guards, &trie.guards.rows(|written| text.put(written)));
    out.put(Section::Needs, &trie.guards.needs);
}

fn write_pairs(out: &mut Writer, merged: &Merged, pairs: &Pairs) {
    debug_assert!(pairs.pairs.keys().all(|&(_, site)| (site as usize) < merged.sites.len()));
    let mut slots = vec![PairSlot { head: NONE, site: NONE, concept: NONE }; slots_for(pairs.pairs.len())];
    let mut all: Vec<_> = pairs.pairs.iter().collect();
    all.sort_unstable();
    for (&(head, site), &concept) in all {
        let at = free_slot(slots.len(), hash_pair(head, site), |n| slots[n].head == NONE);
        slots[at] = PairSlot { head, site, concept };
    }
    out.put(Section::PairSlots, &slots);
}

/// A hash table on its way.
struct Slots {
    slots: Vec<Slot>,
}

impl Slots {
    fn new(rows: usize) -> Slots {
        Slots { slots: vec![Slot { hash: 0, row: NONE }; slots_for(rows)] }
    }

    fn put(&mut self, hash: u64, row: u32) {
        let at = free_slot(self.slots.len(), hash, |n| self.slots[n].row == NONE);
        self.slots[at] = Slot { hash: (hash >> 32) as u32, row };
    }
}

fn free_slot(slots: usize, hash: u64, is_free: impl Fn(usize) -> bool) -> usize {
    let mut at = hash as usize & (slots - 1);
    while !is_free(at) {
        at = (at + 1) & (slots - 1);
    }
    at
}
