//! Traps measured: whether relatives stand before decoys.

use std::io::Write;
use std::path::Path;

use anyhow::bail;
use serde_json::{Map, Value, json};

use crate::cli::{Context, Format, Outcome, print_json};
use crate::eval::{Question, System, TrapScores, qrels_of_traps, read_traps};
use crate::index::Index;
use crate::search::Weights;

use super::tables;
use super::{Args, Baseline};

pub(super) fn measure(path: &Path, args: &Args, weights: &Weights, context: &Context) -> anyhow::Result<Outcome> {
    let traps = read_traps(path)?;
    let view = Index::open(&context.index)?.view()?;
    let questions = Question::of_threads(&view, &qrels_of_traps(&traps))?;
    if questions.is_empty() {
        bail!("{}: none of its threads is in the index at {}", path.display(), context.index.display());
    }
    let mut systems = vec![("curbside", System::Curbside(weights))];
    if let Some(Baseline::Bm25) = args.baseline {
        systems.push(("bm25", System::Bm25));
    }
    let mut scored = Vec::new();
    for (name, system) in systems {
        scored.push((name, TrapScores::new(&system.run(&view, &questions, &|| {})?, &traps)));
    }
    if context.format() != Format::Human {
        for (name, scores) in &scored {
            let groups = scores.groups.iter().map(|(group, (all, right))| (group.clone(), json!({"traps": all, "right": right})));
            let fallen_into = scores
                .fallen_into
                .iter()
                .map(|trap| json!({"group": trap.group, "thread": trap.thread, "relative": trap.relative, "decoy": trap.decoy}));
            print_json(&json!({
                "system": name, "traps": scores.traps(), "right": scores.traps() - scores.fallen_into.len(),
                "groups": scores.groups.len(), "right_groups": scores.right_groups(),
                "of_group": groups.collect::<Map<_, _>>(), "fallen_into": fallen_into.collect::<Vec<Value>>(),
            }))?;
        }
        return Ok(Outcome::Done);
    }
    let mut out = anstream::stdout().lock();
    let heading = ["", "traps", "right", "groups", "all right"].map(str::to_owned);
    let rows = scored.iter().map(|(name, scores)| {
        let counts = [scores.traps(), scores.traps() - scores.fallen_into.len(), scores.groups.len(), scores.right_groups()];
        std::iter::once((*name).to_owned()).chain(counts.map(|count| count.to_string())).collect()
    });
    tables::print(&mut out, &heading, &rows.collect::<Vec<Vec<String>>>())?;
    for (name, scores) in &scored {
        writeln!(out, "\n{name} falls into:")?;
        for (group, (all, right)) in scores.groups.iter().filter(|(_, (all, right))| right < all) {
            writeln!(out, "  {group}: {} of {all}", all - right)?;
        }
    }
    Ok(Outcome::Done)
}
