//! **Merging** makes one graph of the entries of all tables. The tables of the core are of one hand and are joined by id only; what a
//! user adds is joined with what is there by id, by cross-reference, or by a name that is a term of the other: no two lines of one
//! file are one concept.

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
    /// How many of the terms, the first ones, were held against running text.
    pub reviewed: usize,
    pub xrefs: Vec<String>,
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
                reviewed: 0,
                xrefs: Vec::new(),
                parents: Vec::new(),
                quality: None,
                site: None,
                concept: None,
                joined: draft.joined,
            };
            let mut known = FxHashSet::default();
            for reviewed in [true, false] {
                let entries = draft.entries.iter().filter(|entry| entry.reviewed == reviewed);
                let terms = entries.flat_map(|entry| std::iter::once(&entry.name).chain(&entry.synonyms));
                item.terms.extend(terms.filter(|term| known.insert(term.as_str())).cloned());
                if reviewed {
                    item.reviewed = item.terms.len();
                }
            }
            for entry in &draft.entries {
                item.xrefs.extend(entry.xrefs.iter().filter(|xref| !item.xrefs.contains(xref)).cloned().collect::<Vec<_>>());
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
    let mut known = Known::default();
    for entries in tables.entries.chunk_by(|a, b| a.place.file == b.place.file) {
        known.add_file(entries, tables)?;
    }
    Ok(known.drafts)
}

/// The items of the files so far, and by what an entry of a further file is known to be one of them.
#[derive(Default)]
struct Known<'t> {
    drafts: Vec<Draft>,
    by_id: FxHashMap<&'t str, usize>,
    by_xref: FxHashMap<(usize, &'t str), usize>,
    by_name: FxHashMap<(usize, String), usize>,
    by_term: FxHashMap<(usize, String), usize>,
}

/// What two entries of one concept share, the surest first.
#[derive(Clone, Copy)]
enum Shared {
    Id,
    Xref,
    Name,
    /// The name of the new one is a synonym of the known one.
    NameWithin,
    /// A synonym of the new one is the name of the known one.
    NameOfKnown,
}

impl<'t> Known<'t> {
    fn add_file(&mut self, entries: &'t [Entry], tables: &Tables) -> Result<(), LexiconError> {
        let mut lines: FxHashMap<&str, usize> = FxHashMap::default();
        for entry in entries {
            if let Some(first) = lines.insert(&entry.id, entry.place.line) {
                let what = format!("the id {:?} is also in line {first}; an id has one line: take one out", entry.id);
                return Err(tables.at(entry.place, what));
            }
        }
        if !entries.first().is_some_and(|entry| tables.patchworks.contains(&entry.place.file)) {
            refuse_rounds(entries, tables)?;
        }
        let guests = entries.first().is_some_and(|entry| entry.place.file >= tables.core);
        let names: Vec<(usize, String)> = entries.iter().map(|entry| (kind_of(entry), folded(&entry.name))).collect();
        let mut of: Vec<Option<usize>> = vec![None; entries.len()];
        // No two entries of one file are one concept, so the surest choose first.
        let mut taken = FxHashSet::default();
        let ways = [Shared::Id, Shared::Xref, Shared::Name, Shared::NameWithin, Shared::NameOfKnown];
        for way in &ways[..if guests { ways.len() } else { 1 }] {
            for (n, entry) in entries.iter().enumerate() {
                let same = of[n].is_none().then(|| self.same(*way, entry, &names[n])).flatten();
                if let Some(draft) = same.filter(|&draft| taken.insert(draft)) {
                    of[n] = Some(draft);
                }
            }
        }
        for ((entry, name), same) in entries.iter().zip(names).zip(of) {
            let n = same.unwrap_or(self.drafts.len());
            if n == self.drafts.len() {
                let joined = tables.patchworks.contains(&entry.place.file);
                self.drafts.push(Draft { kind: name.0, entries: Vec::new(), joined });
            }
            self.drafts[n].joined |= guests && same.is_some();
            self.drafts[n].entries.push(entry.clone());
            self.by_id.insert(&entry.id, n);
            for xref in &entry.xrefs {
                self.by_xref.entry((name.0, xref)).or_insert(n);
            }
            if tables.has_guests() {
                for synonym in &entry.synonyms {
                    self.by_term.entry((name.0, folded(synonym))).or_insert(n);
                }
                self.by_term.entry(name.clone()).or_insert(n);
                self.by_name.entry(name).or_insert(n);
            }
        }
        Ok(())
    }

    /// The item that shares this with an entry.
    fn same(&self, way: Shared, entry: &Entry, (kind, name): &(usize, String)) -> Option<usize> {
        let kinds = [*kind, sibling(*kind)];
        let term = |terms: &FxHashMap<(usize, String), usize>, term: &str| {
            kinds.iter().find_map(|&kind| terms.get(&(kind, term.to_owned())).copied())
        };
        match way {
            Shared::Id => self.by_id.get(entry.id.as_str()).copied(),
            Shared::Xref => {
                let of = |kind| entry.xrefs.iter().find_map(|xref| self.by_xref.get(&(kind, xref.as_str())).copied());
                kinds.into_iter().find_map(of)
            }
            Shared::Name => term(&self.by_name, name),
            Shared::NameWithin => term(&self.by_term, name),
            Shared::NameOfKnown => entry.synonyms.iter().find_map(|synonym| term(&self.by_name, &folded(synonym))),
        }
    }
}

fn kind_of(entry: &Entry) -> usize {
    entry.id.split(':').next().and_then(|kind| TYPES.iter().position(|known| *known == kind)).unwrap_or(0)
}

/// The type between which and the given one terminologies draw the line elsewhere: a symptom of one is a condition of another, and a
/// biopsy is a procedure or an investigation.
fn sibling(kind: usize) -> usize {
    let other = match TYPES[kind] {
        "symptom" => "condition",
        "condition" => "symptom",
        "procedure" => "investigation",
        "investigation" => "procedure",
        alone => alone,
    };
    TYPES.iter().position(|known| *known == other).unwrap_or(kind)
}

/// Parents that go round within one file are an error, wherever its concepts are joined.
fn refuse_rounds(entries: &[Entry], tables: &Tables) -> Result<(), LexiconError> {
    let places: FxHashMap<&str, u32> = entries.iter().map(|entry| entry.id.as_str()).zip(0..).collect();
    let within = |entry: &Entry| entry.parents.iter().filter_map(|id| places.get(id.as_str()).copied()).collect();
    let mut parents: Vec<Vec<u32>> = entries.iter().map(within).collect();
    open_rounds(&mut parents, |round| {
        let ids: Vec<&str> = round.iter().chain(&round[..1]).map(|&n| entries[n].id.as_str()).collect();
        let last = round[round.len() - 1];
        Err(tables.at(entries[last].place, format!("the parents go round: {}; take one out", ids.join(" > "))))
    })
}

/// What came about by joining, or in a file whose entries stand in several places, is opened where it closes; any other round is an
/// error.
fn open_cycles(items: &mut [Item], tables: &Tables) -> Result<(), LexiconError> {
    let mut parents: Vec<Vec<u32>> = items.iter_mut().map(|item| std::mem::take(&mut item.parents)).collect();
    open_rounds(&mut parents, |round| {
        if round.iter().any(|&n| items[n].joined) {
            return Ok(());
        }
        let ids: Vec<&str> = round.iter().chain(&round[..1]).map(|&n| items[n].id.as_str()).collect();
        let last = round[round.len() - 1];
        Err(tables.at(items[last].place, format!("the parents go round: {}; take one out", ids.join(" > "))))
    })?;
    items.iter_mut().zip(parents).for_each(|(item, parents)| item.parents = parents);
    Ok(())
}

/// Goes up from each number in turn. `met` is told of each round, from the first to the last that has the first as its parent; where it
/// does not fail, that parent is taken away.
fn open_rounds(parents: &mut [Vec<u32>], mut met: impl FnMut(&[usize]) -> Result<(), LexiconError>) -> Result<(), LexiconError> {
    #[derive(Clone, Copy, PartialEq)]
    enum Seen {
        Not,
        Above,
        Done,
    }
    let mut seen = vec![Seen::Not; parents.len()];
    for start in 0..parents.len() {
        if seen[start] != Seen::Not {
            continue;
        }
        seen[start] = Seen::Above;
        // The way up from `start`, each with the number of its next parent to look at.
        let mut way = vec![(start, 0)];
        while let Some(&(at, next)) = way.last() {
            let Some(&parent) = parents[at].get(next) else {
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
                    met(&round)?;
                    way[here].1 = next;
                    parents[at].remove(next);
                }
            }
        }
    }
    Ok(())
}
