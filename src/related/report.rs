//! A **report** on the panels of a whole archive. In: every thread with its panel. Out: who stands alone, who stands everywhere, how far
//! links go both ways, and how far they agree with the site's own panels.

use rustc_hash::{FxHashMap, FxHashSet};
use serde::Serialize;

use crate::index::analyzer;
use crate::thread::{Thread, ThreadId};

use super::Panel;

/// Hubs that are named.
const MOST_HUBS: usize = 10;

/// Orphans that are named.
const MOST_ORPHANS: usize = 10;

/// What is gathered of the panels, thread by thread.
#[derive(Debug, Default)]
pub struct Reporter {
    /// For each thread the threads in its panel, the first of each entry.
    links: FxHashMap<ThreadId, Vec<ThreadId>>,
    /// What the site itself shows under a thread, as folded titles.
    of_site: Vec<(ThreadId, Vec<String>)>,
    titles: FxHashMap<String, ThreadId>,
}

/// What is to be said of the panels of an archive.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Report {
    pub threads: usize,
    pub entries: usize,
    /// Threads without an entry, and the first of them.
    pub orphans: usize,
    pub orphan_ids: Vec<ThreadId>,
    /// Threads in their own panel: always 0, or something is wrong.
    pub self_links: usize,
    /// Share of entries whose own panel has the thread that they stand under.
    pub symmetry: f64,
    /// Share of threads that stand in at least one panel.
    pub coverage: f64,
    /// The threads that stand in most panels.
    pub hubs: Vec<Hub>,
    /// Where pages had a panel of the site's own.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub agreement: Option<Agreement>,
}

/// A thread and how many panels it stands in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Hub {
    pub id: ThreadId,
    pub panels: usize,
}

/// How far panels agree with the site's own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Agreement {
    /// Threads whose page had a panel.
    pub threads: usize,
    /// Entries of those panels,
    pub entries: usize,
    /// how many of them are threads of the index,
    pub in_index: usize,
    /// and how many of these stand in our panel too.
    pub shared: usize,
}

impl Reporter {
    pub fn add(&mut self, thread: &Thread, panel: &Panel) {
        self.links.insert(thread.id.clone(), panel.panel.iter().map(|entry| entry.id.clone()).collect());
        self.titles.insert(folded(thread.heading()), thread.id.clone());
        if !thread.panel.is_empty() {
            let titles = thread.panel.iter().map(|entry| folded(&entry.title)).collect();
            self.of_site.push((thread.id.clone(), titles));
        }
    }

    pub fn finish(self) -> Report {
        let links = || self.links.iter().flat_map(|(from, panel)| panel.iter().map(move |to| (from, to)));
        let entries = links().count();
        let mut panels: FxHashMap<&ThreadId, usize> = FxHashMap::default();
        links().for_each(|(_, to)| *panels.entry(to).or_default() += 1);
        let coverage = panels.len() as f64 / self.links.len().max(1) as f64;
        let back = links().filter(|(from, to)| self.links.get(*to).is_some_and(|panel| panel.contains(from))).count();
        let mut hubs: Vec<Hub> = panels.into_iter().map(|(id, panels)| Hub { id: id.clone(), panels }).collect();
        hubs.sort_by(|a, b| b.panels.cmp(&a.panels).then_with(|| a.id.cmp(&b.id)));
        hubs.truncate(MOST_HUBS);
        let mut orphan_ids: Vec<ThreadId> =
            self.links.iter().filter(|(_, panel)| panel.is_empty()).map(|(id, _)| id.clone()).collect();
        let orphans = orphan_ids.len();
        orphan_ids.sort_unstable();
        orphan_ids.truncate(MOST_ORPHANS);
        Report {
            threads: self.links.len(),
            entries,
            orphans,
            orphan_ids,
            self_links: links().filter(|(from, to)| from == to).count(),
            symmetry: back as f64 / entries.max(1) as f64,
            coverage,
            hubs,
            agreement: self.agreement(),
        }
    }

    fn agreement(&self) -> Option<Agreement> {
        let mut agreement = Agreement { threads: self.of_site.len(), entries: 0, in_index: 0, shared: 0 };
        for (id, titles) in &self.of_site {
            let ours: FxHashSet<&ThreadId> = self.links.get(id).into_iter().flatten().collect();
            agreement.entries += titles.len();
            for found in titles.iter().filter_map(|title| self.titles.get(title)) {
                agreement.in_index += 1;
                agreement.shared += usize::from(ours.contains(found));
            }
        }
        (agreement.threads > 0).then_some(agreement)
    }
}

/// Titles are compared by their words: sites write one title in more than one way.
fn folded(title: &str) -> String {
    analyzer::words(title).into_iter().map(|word| word.stem).collect::<Vec<_>>().join(" ")
}
