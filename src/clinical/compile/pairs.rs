//! **Pairs** of head and site, and the concept that each pair is: pain and knee are knee pain.
//!
//! A head is what can be said of a site. Qualities are heads. So is what remains of a term that begins with a site: "replacement" of
//! "hip replacement", so that "replacement of the left hip" is one; where the rest is a concept's term, as "fracture" of "wrist
//! fracture", the concept with all its terms is the head.

use rustc_hash::FxHashMap;

use super::layout::{EntryRow, NAMES_CONCEPT, NAMES_HEAD, NAMES_SITE, NONE};
use super::merge::{Item, Merged};
use super::table::TYPES;
use super::trie::{Standing, Trie, joined_terms};
use super::{above, folded_words};

pub struct Pairs {
    pub heads: Vec<Head>,
    /// (head, site) to concept.
    pub pairs: FxHashMap<(u32, u32), u32>,
    of_concept: FxHashMap<u32, u32>,
}

pub struct Head {
    pub above: Vec<u32>,
    pub concept: u32,
    pub free: bool,
}

impl Pairs {
    /// Finds the pairs and fills the trie: terms of concepts, qualities and sites, then the phrases that turned out to be heads.
    pub fn new(merged: &Merged, trie: &mut Trie<'_>) -> Pairs {
        for (names, items) in [(NAMES_CONCEPT, &merged.concepts), (NAMES_HEAD, &merged.qualities), (NAMES_SITE, &merged.sites)] {
            for (n, item) in items.iter().enumerate() {
                for (t, term) in item.terms.iter().enumerate() {
                    trie.add(term, &item.id, names, n as u32, Standing::of(item, t));
                }
            }
        }
        let mut pairs = Pairs { heads: Vec::new(), pairs: FxHashMap::default(), of_concept: FxHashMap::default() };
        for (n, quality) in merged.qualities.iter().enumerate() {
            let concept = quality.concept.unwrap_or(NONE);
            pairs.heads.push(Head { above: above(&merged.qualities, n as u32), concept, free: true });
        }
        for (n, item) in merged.concepts.iter().enumerate() {
            let Some(quality) = item.quality else { continue };
            match item.site {
                Some(site) => _ = pairs.pairs.entry((quality, site)).or_insert(n as u32),
                None if pairs.heads[quality as usize].concept == NONE => pairs.heads[quality as usize].concept = n as u32,
                None => {}
            }
        }
        pairs.derive(merged, trie);
        pairs.bind_the_rare(merged.qualities.len());
        add_joined(merged, trie);
        pairs
    }

    /// The head by which a concept joins with a site: its own where it has one, otherwise its quality.
    pub fn head_of_concept(&self, concept: u32, item: &Item) -> u32 {
        self.of_concept.get(&concept).copied().or(item.quality).unwrap_or(NONE)
    }

    /// A concept that is known of hardly any site joins with those only: "cardiac, diabetic" is no diabetes of the heart.
    fn bind_the_rare(&mut self, qualities: usize) {
        const FEWEST: usize = 3;
        let mut sites = vec![0; self.heads.len()];
        self.pairs.keys().for_each(|&(head, _)| sites[head as usize] += 1);
        let concepts = self.heads.iter_mut().zip(sites).skip(qualities);
        concepts.filter(|(_, sites)| *sites < FEWEST).for_each(|(head, _)| head.free = false);
    }

    fn derive(&mut self, merged: &Merged, trie: &mut Trie<'_>) {
        let mut phrases: FxHashMap<Vec<u32>, u32> = FxHashMap::default();
        let by_name = |t: usize| t == 0;
        // Names first: a pair that a name gives is not taken by another concept's synonym.
        for pass in [true, false] {
            // What is said of a site is not a drug: "eye drops" are no drops in the eye.
            for (n, item) in merged.concepts.iter().enumerate().filter(|(_, item)| item.kind != kind("drug")) {
                for (t, term) in item.terms[..item.reviewed].iter().enumerate() {
                    if by_name(t) != pass {
                        continue;
                    }
                    let Some((site, rest, written)) = split(term, trie) else { continue };
                    let verb = begins_with_verb(&written);
                    let mut head = self.head_of_rest(n as u32, item, &rest, merged, trie);
                    if verb && head.is_none() {
                        // "is swollen" of a spleen is "swollen" of any site, and no phrase of its own.
                        head = self.head_of_rest(n as u32, item, &rest[1..], merged, trie);
                    }
                    let head = head.or_else(|| {
                        let fits = item.kind != kind("symptom")
                            && !verb
                            && rest.len() <= 2
                            && written.len() > 3
                            && !trie.guards.guarded(&written);
                        fits.then(|| {
                            *phrases.entry(rest.clone()).or_insert_with(|| {
                                self.heads.push(Head { above: Vec::new(), concept: NONE, free: false });
                                self.heads.len() as u32 - 1
                            })
                        })
                    });
                    if let Some(head) = head {
                        self.pairs.entry((head, site)).or_insert(n as u32);
                    }
                }
            }
        }
        for (key, number) in phrases {
            trie.add_entry(&key, EntryRow { names: NAMES_HEAD, number, guard: NONE });
        }
    }

    /// The head that the rest of a term names already.
    fn head_of_rest(&mut self, of: u32, item: &Item, rest: &[u32], merged: &Merged, trie: &Trie<'_>) -> Option<u32> {
        let named = trie.named(rest);
        let is_finding = item.kind == kind("symptom") || item.kind == kind("condition");
        if let Some(quality) = named.iter().find(|named| named.entry.names == NAMES_HEAD && is_finding) {
            return Some(quality.entry.number);
        }
        let same_kind = |number: u32| number != of && merged.concepts[number as usize].kind == item.kind;
        let concept =
            named.iter().find(|named| named.entry.names == NAMES_CONCEPT && same_kind(named.entry.number))?.entry.number;
        let base = &merged.concepts[concept as usize];
        let free = base.kind == kind("symptom") || base.kind == kind("condition");
        Some(*self.of_concept.entry(concept).or_insert_with(|| {
            self.heads.push(Head { above: base.quality.into_iter().collect(), concept, free });
            self.heads.len() as u32 - 1
        }))
    }
}

fn kind(name: &str) -> usize {
    TYPES.iter().position(|kind| *kind == name).unwrap_or(0)
}

fn begins_with_verb(written: &str) -> bool {
    let mut words = written.split(' ');
    words
        .next()
        .is_some_and(|word| matches!(word, "is" | "are" | "was" | "were" | "feel" | "feels" | "get" | "gets" | "has" | "have"))
        && words.next().is_some()
}

/// A term of a site and more: the site, and the rest as word numbers and as written. "knee pain", "pain in knee".
fn split(term: &str, trie: &Trie<'_>) -> Option<(u32, Vec<u32>, String)> {
    let words = folded_words(term);
    let key = trie.key(term);
    if key.len() != words.len() {
        return None;
    }
    let site = |key: &[u32]| trie.named(key).iter().find(|named| named.entry.names == NAMES_SITE).map(|named| named.entry.number);
    for cut in (1..key.len()).rev() {
        if let Some(site) = site(&key[..cut]) {
            if matches!(words[cut].as_str(), "and" | "or" | "to" | "of" | "in" | "on") {
                return None;
            }
            return Some((site, key[cut..].to_vec(), words[cut..].join(" ")));
        }
    }
    let link = words.iter().position(|word| matches!(word.as_str(), "of" | "in" | "on")).filter(|&link| link > 0)?;
    let site = site(&key[link + 1..])?;
    Some((site, key[..link].to_vec(), words[..link].join(" ")))
}

/// Two-word terms written as one word name the same.
fn add_joined(merged: &Merged, trie: &mut Trie<'_>) {
    let joined: Vec<(String, &str)> = joined_terms(merged).collect();
    for (word, term) in joined {
        let key = trie.key(&word);
        if !trie.named(&key).is_empty() {
            continue;
        }
        let named: Vec<_> = trie.named(&trie.key(term)).to_vec();
        for named in named {
            trie.add_entry(&key, named.entry);
        }
    }
}
