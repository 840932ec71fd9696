//! **Traps** are threads that a ranking of words confuses: the same words and another problem, or the same problem and no word shared.
//! In: lines of group, thread, its relative, a decoy; and a run. Out: which relatives stand before their decoys.

use std::collections::BTreeMap;
use std::path::Path;

use super::lines::{Lines, read};
use super::{EvalError, Qrels, Run};

/// One thread with a relative that is to stand before a decoy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trap {
    /// Traps of one kind of confusion.
    pub group: String,
    pub thread: String,
    pub relative: String,
    pub decoy: String,
}

/// How many traps a run fell into.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TrapScores {
    /// Of each group, its traps and how many were seen through.
    pub groups: BTreeMap<String, (usize, usize)>,
    pub fallen_into: Vec<Trap>,
}

/// Reads a file of traps: group, thread, relative, decoy between tabs; more columns are remarks.
pub fn read_traps(path: &Path) -> Result<Vec<Trap>, EvalError> {
    let text = read(path)?;
    let mut traps = Vec::new();
    for line in Lines::new(path, &text) {
        let columns: Vec<&str> = line.text.split('\t').map(str::trim).collect();
        let [group, thread, relative, decoy, ..] = columns[..] else {
            return Err(line.malformed(format!("{} columns", columns.len()), "group, thread, relative, decoy, tabs between"));
        };
        let [group, thread, relative, decoy] = [group, thread, relative, decoy].map(str::to_owned);
        traps.push(Trap { group, thread, relative, decoy });
    }
    Ok(traps)
}

/// The relatives as judgements, so that each thread of a trap is asked.
pub fn qrels_of_traps(traps: &[Trap]) -> Qrels {
    let mut qrels = Qrels::default();
    for trap in traps {
        qrels.insert(&trap.thread, &trap.relative, 1);
    }
    qrels
}

impl TrapScores {
    pub fn new(run: &Run, traps: &[Trap]) -> TrapScores {
        let mut scores = TrapScores::default();
        for trap in traps {
            let ranking = run.ranking(&trap.thread);
            let place = |id: &str| ranking.iter().position(|retrieved| retrieved.id == id).unwrap_or(usize::MAX);
            // What stands nowhere does not stand before anything.
            let seen_through = place(&trap.relative) < place(&trap.decoy);
            let (all, right) = scores.groups.entry(trap.group.clone()).or_default();
            *all += 1;
            *right += usize::from(seen_through);
            if !seen_through {
                scores.fallen_into.push(trap.clone());
            }
        }
        scores
    }

    pub fn traps(&self) -> usize {
        self.groups.values().map(|(all, _)| all).sum()
    }

    /// Groups of which every trap was seen through.
    pub fn right_groups(&self) -> usize {
        self.groups.values().filter(|(all, right)| all == right).count()
    }
}
