//! The **view** of a compiled lexicon that reading text needs: its rows as slices, and the look-ups over them.

use super::ConceptId;
use super::compile::folded_words;
use super::compile::layout::{
    ConceptRow, EdgeSlot, EntryRow, FormRow, GuardRow, HeadRow, NAMES_CONCEPT, NONE, NodeRow, PairSlot, Piece, Places, Section,
    Slot, WordRow, hash_pair,
};
use super::tokens::hash_of;

#[derive(Clone, Copy)]
pub struct View<'l> {
    pub text: &'l [u8],
    pub concepts: &'l [ConceptRow],
    pub words: &'l [WordRow],
    pub forms: &'l [FormRow],
    form_slots: &'l [Slot],
    pub nodes: &'l [NodeRow],
    edge_slots: &'l [EdgeSlot],
    entries: &'l [EntryRow],
    pub guards: &'l [GuardRow],
    needs: &'l [u32],
    numbers: &'l [u32],
    pub heads: &'l [HeadRow],
    sites: &'l [Piece],
    pair_slots: &'l [PairSlot],
    delete_slots: &'l [Slot],
}

impl<'l> View<'l> {
    pub fn of(bytes: &'l [u8], places: &Places) -> View<'l> {
        View {
            text: places.rows(bytes, Section::Text),
            concepts: places.rows(bytes, Section::Concepts),
            words: places.rows(bytes, Section::Words),
            forms: places.rows(bytes, Section::Forms),
            form_slots: places.rows(bytes, Section::FormSlots),
            nodes: places.rows(bytes, Section::Nodes),
            edge_slots: places.rows(bytes, Section::EdgeSlots),
            entries: places.rows(bytes, Section::Entries),
            guards: places.rows(bytes, Section::Guards),
            needs: places.rows(bytes, Section::Needs),
            numbers: places.rows(bytes, Section::Numbers),
            heads: places.rows(bytes, Section::Heads),
            sites: places.rows(bytes, Section::Sites),
            pair_slots: places.rows(bytes, Section::PairSlots),
            delete_slots: places.rows(bytes, Section::DeleteSlots),
        }
    }

    pub fn text(&self, Piece { start, end }: Piece) -> &'l [u8] {
        &self.text[start as usize..end as usize]
    }

    /// The word of a folded form, or [`NONE`].
    #[inline]
    pub fn word(&self, folded: &[u8], hash: u64) -> u32 {
        let found = slots_of(self.form_slots, hash).find(|&form| self.text(self.forms[form as usize].text) == folded);
        found.map_or(NONE, |form| self.forms[form as usize].word)
    }

    /// The forms that have this hash, or have it with one letter left out, among one-word drug names.
    pub fn near(&self, hash: u64) -> impl Iterator<Item = u32> {
        slots_of(self.delete_slots, hash)
    }

    /// The node after a node and a word, or [`NONE`].
    #[inline]
    pub fn next(&self, node: u32, word: u32) -> u32 {
        let mask = self.edge_slots.len() - 1;
        let mut at = hash_pair(node, word) as usize & mask;
        loop {
            let slot = &self.edge_slots[at];
            if slot.node == node && slot.word == word {
                return slot.to;
            }
            if slot.node == NONE {
                return NONE;
            }
            at = (at + 1) & mask;
        }
    }

    pub fn entries(&self, node: u32) -> &'l [EntryRow] {
        let Piece { start, end } = self.nodes[node as usize].entries;
        &self.entries[start as usize..end as usize]
    }

    pub fn needs(&self, guard: &GuardRow) -> &'l [u32] {
        &self.needs[guard.needs.start as usize..guard.needs.end as usize]
    }

    /// The concept of a head at a site: of the pair itself, or of the nearest pair of broader site, then of
    /// broader head. A bare phrase has no broader pairs.
    pub fn pair(&self, head: u32, site: u32) -> Option<u32> {
        if self.heads[head as usize].free == 0 && self.heads[head as usize].concept == NONE {
            return self.exact_pair(head, site);
        }
        let Piece { start, end } = self.heads[head as usize].above;
        let heads = std::iter::once(&head).chain(&self.numbers[start as usize..end as usize]);
        heads.into_iter().find_map(|&head| {
            let Piece { start, end } = self.sites[site as usize];
            let sites = std::iter::once(&site).chain(&self.numbers[start as usize..end as usize]);
            sites.into_iter().find_map(|&site| self.exact_pair(head, site))
        })
    }

    /// Whether one site is part of another or the same.
    pub fn is_within(&self, site: u32, of: u32) -> bool {
        let Piece { start, end } = self.sites[site as usize];
        site == of || self.numbers[start as usize..end as usize].contains(&of)
    }

    fn exact_pair(&self, head: u32, site: u32) -> Option<u32> {
        let mask = self.pair_slots.len() - 1;
        let mut at = hash_pair(head, site) as usize & mask;
        while self.pair_slots[at].head != NONE {
            let slot = &self.pair_slots[at];
            if slot.head == head && slot.site == site {
                return Some(slot.concept);
            }
            at = (at + 1) & mask;
        }
        None
    }

    /// The concepts whose term this is.
    pub fn lookup(&self, term: &str) -> Vec<ConceptId> {
        let words = folded_words(term);
        let mut words = words.iter().map(|word| self.word(word.as_bytes(), hash_of(word.as_bytes())));
        let Some(first) = words.next().filter(|&word| word != NONE) else { return Vec::new() };
        let node =
            words.fold(self.words[first as usize].root, |node, word| if node == NONE { NONE } else { self.next(node, word) });
        if node == NONE {
            return Vec::new();
        }
        let concepts = self.entries(node).iter().filter(|entry| entry.names == NAMES_CONCEPT);
        concepts.map(|entry| ConceptId(entry.number)).collect()
    }
}

/// The rows that stand in a hash table under a hash.
#[inline]
fn slots_of(slots: &[Slot], hash: u64) -> impl Iterator<Item = u32> {
    let mask = slots.len() - 1;
    let first = hash as usize & mask;
    // A table is at most half full, so an empty place ends every search.
    let places = (0..slots.len()).map(move |n| &slots[(first + n) & mask]).take_while(|slot| slot.row != NONE);
    places.filter(move |slot| slot.hash == (hash >> 32) as u32).map(|slot| slot.row)
}
