//! **Merging** makes one graph of the entries of all tables. The tables of the core are of one hand and are joined by id only; what a
//! user adds is joined with what is there by id, by cross-reference, or by a name that is a term of the other.

use rustc_hash::{FxHashMap, FxHashSet};

use super::folded;
use super::table::{Entry, LexiconError, Place, TYPES, Tables};

/// Concepts, sites and qualities, each list sorted by id.
pub struct Merged {
    pub concepts: Vec<Item>,
    pub sites: Vec<Item>,
    pub qualities: Vec<Item>,
}

pub struct Item {
    pub id: String,
    /// Place of the type in [`TYPES`].
    pub kind: usize,
    pub place: Place,
    /// The name first, none twice.
    pub terms: Vec<String>,
    /// Numbers of broader items in the same list.
    pub parents: Vec<u32>,
    pub quality: Option<u32>,
    pub site: Option<u32>,
    /// The concept that a quality is by itself.
    pub concept: Option<u32>,
    /// Whether tables that do not know of each other speak of it.
    joined: bool,
}

/// One item on its way: everything still by name.
struct Draft {
    kind: usize,
    entries: Vec<Entry>,
    joined: bool,
}

pub fn merge(tables: &Tables) -> Result<Merged, LexiconError> {
    let drafts = gather(tables)?;
    let ids: FxHashMap<String, usize> =
        (drafts.iter().enumerate()).flat_map(|(n, draft)| draft.entries.iter().map(move |entry| (entry.id.clone(), n))).collect();
    let list_of = |kind: usize| kind.saturating_sub(TYPES.len() - 3).min(2);
    let mut lists: [Vec<usize>; 3] = Default::default();
    for (n, draft) in drafts.iter().enumerate() {
        lists[list_of(draft.kind)].push(n);
    }
    // Of each draft: its number in its list.
    let mut numbers = vec![0_u32; drafts.len()];
    for list in &mut lists {
        list.sort_by(|&a, &b| drafts[a].entries[0].id.cmp(&drafts[b].entries[0].id));
        for (number, &draft) in list.iter().enumerate() {
            numbers[draft] = number as u32;
        }
    }
    let find = |entry: &Entry, id: &str, list: usize, column: &str| {
        let found = ids.get(id).filter(|&&n| list_of(drafts[n].kind) == list);
        found.map(|&n| numbers[n]).ok_or_else(|| {
            let what = format!("{} has the {column} {id:?}, which no table has; add a line for it or take it out", entry.id);
            tables.at(entry.place, what)
        })
    };
    let mut merged = [Vec::new(), Vec::new(), Vec::new()];
    for (list, items) in merged.iter_mut().enumerate() {
        for &n in &lists[list] {
            let draft = &drafts[n];
            let first = &draft.entries[0];
            let mut item = Item {
                id: first.id.clone(),
                kind: draft.kind,
                place: first.place,
                terms: Vec::new(),
                parents: Vec::new(),
                quality: None,
                site: None,
                concept: None,
                joined: draft.joined,
            };
            let mut known = FxHashSet::default();
            for entry in &draft.entries {
                for term in std::iter::once(&entry.name).chain(&entry.synonyms) {
                    if known.insert(term.as_str()) {
                        item.terms.push(term.clone());
                    }
                }
                for parent in &entry.parents {
                    let parent = find(entry, parent, list, "parent")?;
                    if !item.parents.contains(&parent) && parent != numbers[n] {
                        item.parents.push(parent);
                    }
                }
                if let Some(quality) = &entry.quality {
                    item.quality.get_or_insert(find(entry, quality, 2, "quality")?);
                }
                if let Some(concept) = &entry.concept {
                    item.concept.get_or_insert(find(entry, concept, 0, "concept")?);
                }
                if let Some(site) = &entry.site {
                    item.site.get_or_insert(find(entry, site, 1, "site")?);
                }
            }
            items.push(item);
        }
        open_cycles(items, tables)?;
    }
    let [concepts, sites, qualities] = merged;
    Ok(Merged { concepts, sites, qualities })
}

/// Joins the entries of each item.
fn gather(tables: &Tables) -> Result<Vec<Draft>, LexiconError> {
    let mut drafts: Vec<Draft> = Vec::new();
    let mut by_id: FxHashMap<&str, usize> = FxHashMap::default();
    let mut by_xref: FxHashMap<(usize, &str), usize> = FxHashMap::default();
    let mut by_name: FxHashMap<(usize, String), usize> = FxHashMap::default();
    let mut by_term: FxHashMap<(usize, String), usize> = FxHashMap::default();
    for entry in &tables.entries {
        let kind = entry.id.split(':').next().and_then(|kind| TYPES.iter().position(|known| *known == kind)).unwrap_or(0);
        let name = (kind, folded(&entry.name));
        let guest = entry.place.file >= tables.core;
        let same = by_id.get(entry.id.as_str()).copied();
        if let Some(twin) = same.and_then(|n| drafts[n].entries.iter().find(|other| other.place.file == entry.place.file)) {
            let what = format!("the id {:?} is also in line {}; an id has one line", entry.id, twin.place.line);
            return Err(tables.at(entry.place, what));
        }
        let alike = same.or_else(|| {
            let xref = || entry.xrefs.iter().find_map(|xref| by_xref.get(&(kind, xref.as_str())));
            let named = || by_term.get(&name);
            let naming = || entry.synonyms.iter().find_map(|term| by_name.get(&(kind, folded(term))));
            let known = xref().or_else(named).or_else(naming).copied().filter(|_| guest)?;
            drafts[known].entries.iter().all(|other| other.place.file != entry.place.file).then_some(known)
        });
        let n = alike.unwrap_or(drafts.len());
        if n == drafts.len() {
            drafts.push(Draft { kind, entries: Vec::new(), joined: false });
        } else {
            drafts[n].joined |= guest;
        }
        by_id.insert(&entry.id, n);
        for xref in &entry.xrefs {
            by_xref.entry((kind, xref)).or_insert(n);
        }
        if tables.has_guests() {
            for synonym in &entry.synonyms {
                by_term.entry((kind, folded(synonym))).or_insert(n);
            }
            by_term.entry(name.clone()).or_insert(n);
            by_name.entry(name).or_insert(n);
        }
        drafts[n].entries.push(entry.clone());
    }
    Ok(drafts)
}

/// A cycle within tables of one hand is an error. One that came about by joining tables is opened where it closes.
fn open_cycles(items: &mut [Item], tables: &Tables) -> Result<(), LexiconError> {
    #[derive(Clone, Copy, PartialEq)]
    enum Seen {
        Not,
        Above,
        Done,
    }
    let mut seen = vec![Seen::Not; items.len()];
    for start in 0..items.len() {
        if seen[start] != Seen::Not {
            continue;
        }
        seen[start] = Seen::Above;
        // The way up from `start`, each with the number of its next parent to look at.
        let mut way = vec![(start, 0)];
        while let Some(&(at, next)) = way.last() {
            let Some(&parent) = items[at].parents.get(next) else {
                seen[at] = Seen::Done;
                way.pop();
                continue;
            };
            let parent = parent as usize;
            let here = way.len() - 1;
            way[here].1 += 1;
            match seen[parent] {
                Seen::Done => {}
                Seen::Not => {
                    seen[parent] = Seen::Above;
                    way.push((parent, 0));
                }
                Seen::Above => {
                    let from = way.iter().position(|&(n, _)| n == parent).unwrap_or(0);
                    let round: Vec<usize> = way[from..].iter().map(|&(n, _)| n).collect();
                    if !round.iter().any(|&n| items[n].joined) {
                        let ids: Vec<&str> = round.iter().chain([&parent]).map(|&n| items[n].id.as_str()).collect();
                        let what = format!("the parents go round: {}; take one out", ids.join(" > "));
                        return Err(tables.at(items[at].place, what));
                    }
                    way[here].1 = next;
                    items[at].parents.remove(next);
                }
            }
        }
    }
    Ok(())
}
