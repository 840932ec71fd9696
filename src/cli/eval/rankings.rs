//! Rankings measured: one system or two, parts of the ranking, and the search for weights.

use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::Path;

use anyhow::{Context as _, bail};
use indicatif::{ProgressBar, ProgressStyle};
use serde_json::{Map, Value, json};

use crate::cli::{Context, Format, Outcome, print_json, style};
use crate::eval::{self, Comparison, Dataset, Judging, Measured, Run, Source, Step, System, Tuning};
use crate::related::Reranker;
use crate::search::Weights;

use super::tables::{self, figure, probability, signed};
use super::{Args, Mode};

pub(super) fn measure(args: &Args, weights: &Weights, context: &Context) -> anyhow::Result<Outcome> {
    if let Some(path) = &args.run {
        let qrels = eval::read_qrels(qrels_of(args)?)?;
        let run = Run::read(path)?;
        let measured = Measured::new(&run, &qrels, &args.measures, judging(args));
        let not_asked = qrels.topics().filter(|(qid, _)| !run.contains(qid)).count();
        let shown = Shown { name: path.display().to_string(), system: "run", not_asked, measured, baseline: None };
        write_run(args, &run)?;
        return show(&[shown], args, context);
    }
    let reranker = reranker(args)?;
    let system = reranker.as_ref().map_or(System::Curbside(weights), |reranker| System::Reranked(weights, reranker));
    let mut shown = Vec::new();
    for set in open_sets(args, context)? {
        let run = ranked(&set, system, "curbside")?;
        write_run(args, &run)?;
        let measured = Measured::new(&run, &set.qrels, &args.measures, set.judging);
        let baseline = match args.baseline {
            Some(super::Baseline::Bm25) => {
                let run = ranked(&set, System::Bm25, "bm25")?;
                Some(Measured::new(&run, &set.qrels, &args.measures, set.judging))
            }
            None => None,
        };
        shown.push(Shown { name: set.name, system: "curbside", not_asked: set.not_asked.len(), measured, baseline });
    }
    show(&shown, args, context)
}

pub(super) fn compare(first: &Path, second: &Path, args: &Args, context: &Context) -> anyhow::Result<Outcome> {
    let qrels = eval::read_qrels(qrels_of(args)?)?;
    let [a, b] = [first, second]
        .map(|path| -> anyhow::Result<Measured> { Ok(Measured::new(&Run::read(path)?, &qrels, &args.measures, judging(args))) });
    let (a, b) = (a?, b?);
    let comparisons: Vec<Comparison> = (0..args.measures.len()).map(|n| Comparison::new(&a.values(n), &b.values(n))).collect();
    let (means_a, means_b) = (a.means(), b.means());
    if context.format() != Format::Human {
        let measures = args.measures.iter().enumerate().map(|(n, measure)| {
            let comparison = json!({"a": means_a[n], "b": means_b[n], "comparison": comparisons[n]});
            (measure.to_string(), comparison)
        });
        let topics = a.topics.iter().zip(&b.topics).map(|(a, b)| {
            let values = args.measures.iter().zip(a.values.iter().zip(&b.values));
            let values = values.map(|(measure, (a, b))| (measure.to_string(), json!({"a": a, "b": b})));
            json!({"qid": a.qid, "relevant": a.relevant, "measures": values.collect::<Map<_, _>>()})
        });
        print_json(&json!({
            "a": first, "b": second, "measures": measures.collect::<Map<_, _>>(), "topics": topics.collect::<Vec<_>>(),
        }))?;
        return Ok(Outcome::Done);
    }
    let mut out = anstream::stdout().lock();
    writeln!(out, "A {}\nB {}\n", style::clean(&first.display().to_string()), style::clean(&second.display().to_string()))?;
    let differing = a.topics.iter().zip(&b.topics).filter(|(a, b)| a.values[0] != b.values[0]);
    let mut differing: Vec<(f64, Vec<String>)> = differing
        .map(|(a, b)| {
            let difference = a.values[0] - b.values[0];
            (difference, vec![a.qid.clone(), figure(a.values[0]), figure(b.values[0]), signed(difference)])
        })
        .collect();
    differing.sort_by(|a, b| b.0.total_cmp(&a.0));
    let rows: Vec<Vec<String>> = differing.into_iter().map(|(_, row)| row).collect();
    let heading = [args.measures[0].to_string(), "A".into(), "B".into(), "A − B".into()];
    tables::print(&mut out, &heading, &rows)?;
    writeln!(out)?;
    let rows =
        (0..args.measures.len()).map(|n| compared_row(&args.measures[n].to_string(), means_a[n], means_b[n], &comparisons[n]));
    tables::print(&mut out, &compared_heading("A", "B"), &rows.collect::<Vec<_>>())?;
    writeln!(out, "\n{}p: two-sided paired randomisation test{}", style::QUIET, style::QUIET.render_reset())?;
    Ok(Outcome::Done)
}

pub(super) fn ablation(args: &Args, weights: &Weights, context: &Context) -> anyhow::Result<Outcome> {
    if args.mode != Mode::Related {
        bail!("--ablation takes the related ranking apart: add --mode related");
    }
    let sets = open_sets(args, context)?;
    let layers = eval::layers(weights)?;
    let reranker = reranker(args)?;
    let systems = std::iter::once(("BM25 over all text", System::Bm25))
        .chain(layers.iter().map(|layer| (layer.name, System::Curbside(&layer.weights))))
        .chain(reranker.iter().map(|reranker| ("+ transformer", System::Reranked(weights, reranker))));
    let mut rows = Vec::new();
    for (name, system) in systems {
        let mut values = Vec::new();
        for set in &sets {
            values.push(one_figure(&ranked(set, system, name)?, set));
        }
        rows.push((name, values));
    }
    if context.format() != Format::Human {
        for (name, values) in &rows {
            let values = sets.iter().zip(values).map(|(set, value)| (set.name.clone(), json!({set.measure.to_string(): value})));
            print_json(&json!({"layer": name, "sets": values.collect::<Map<_, _>>()}))?;
        }
        return Ok(Outcome::Done);
    }
    let mut heading = vec![String::new()];
    heading.extend(sets.iter().map(|set| format!("{} {}", set.name, set.measure)));
    let rows: Vec<Vec<String>> = rows
        .into_iter()
        .map(|(name, values)| std::iter::once(name.to_owned()).chain(values.into_iter().map(figure)).collect())
        .collect();
    tables::print(&mut anstream::stdout().lock(), &heading, &rows)?;
    Ok(Outcome::Done)
}

pub(super) fn tune(args: &Args, weights: &Weights, context: &Context) -> anyhow::Result<Outcome> {
    let sets = open_sets(args, context)?;
    let mode = eval::Mode::from(args.mode);
    let reranker = reranker(args)?;
    let reranker = reranker.as_ref();
    let tuning = Tuning { mode, reranker, folds: args.folds, rounds: args.rounds, only: args.only.clone() };
    if reranker.is_some() {
        anstream::eprintln!("the transformer reads the best of every ranking, which takes minutes");
    }
    let mut say = |step: Step<'_>| {
        let fit = step.fold.map_or("final fit".to_owned(), |fold| format!("fold {fold} of {}", args.folds));
        anstream::eprintln!(
            "{fit}: {}.{} {} → {}, {:.4} on what it is fitted to",
            step.section,
            step.key,
            step.from,
            step.to,
            step.score
        );
    };
    let tuned = eval::tune(&sets, weights, &tuning, &mut say)?;
    let fitted = eval::weights_toml(&tuned.weights, &tuning)?;
    if context.format() != Format::Human {
        let of_set = |[start, held_out, fitted]: [f64; 3]| json!({"start": start, "held_out": held_out, "fitted": fitted});
        let named = sets.iter().zip(&tuned.sets).map(|(set, &values)| (set.name.clone(), of_set(values)));
        let folds: Vec<Value> =
            tuned.folds.iter().map(|[start, held_out]| json!({"start": start, "held_out": held_out})).collect();
        print_json(&json!({
            "start": tuned.start, "held_out": tuned.held_out, "fitted": tuned.fitted,
            "sets": named.collect::<Map<_, _>>(), "folds": folds, "weights": toml::from_str::<Value>(&fitted)?,
        }))?;
        return Ok(Outcome::Done);
    }
    let mut out = anstream::stdout().lock();
    let row = |name: String, [start, held_out, fitted]: [f64; 3]| {
        vec![name, figure(start), figure(held_out), signed(held_out - start), figure(fitted)]
    };
    let mut rows: Vec<Vec<String>> =
        sets.iter().zip(&tuned.sets).map(|(set, &values)| row(format!("{} {}", set.name, set.measure), values)).collect();
    if sets.len() > 1 {
        rows.push(row("mean".to_owned(), [tuned.start, tuned.held_out, tuned.fitted]));
    }
    for (n, &[start, held_out]) in tuned.folds.iter().enumerate() {
        rows.push(vec![format!("fold {}", n + 1), figure(start), figure(held_out), signed(held_out - start), String::new()]);
    }
    let heading = ["", "start", "held out", "gain", "fitted, not held out"].map(str::to_owned);
    tables::print(&mut out, &heading, &rows)?;
    writeln!(out, "\n{}", fitted.trim_end())?;
    Ok(Outcome::Done)
}

pub(super) fn write_features(path: &Path, args: &Args, weights: &Weights, context: &Context) -> anyhow::Result<Outcome> {
    if args.mode != Mode::Related {
        bail!("--write-features is of the related ranking: add --mode related");
    }
    let cannot = || format!("cannot write the features to {}", path.display());
    let mut out = BufWriter::new(File::create(path).with_context(cannot)?);
    let reranker = reranker(args)?;
    writeln!(out, "{}", eval::feature_names(reranker.is_some())).with_context(cannot)?;
    let mut next = 1;
    for set in open_sets(args, context)? {
        next = eval::write_features(&mut out, &set, weights, reranker.as_ref(), next)?;
    }
    out.flush().with_context(cannot)?;
    Ok(Outcome::Done)
}

/// A measured system, and beside it another.
struct Shown {
    name: String,
    system: &'static str,
    not_asked: usize,
    measured: Measured,
    baseline: Option<Measured>,
}

/// One JSON object or one table a dataset.
fn show(all: &[Shown], args: &Args, context: &Context) -> anyhow::Result<Outcome> {
    for (n, shown) in all.iter().enumerate() {
        match context.format() {
            Format::Human => print_shown(shown, n > 0, args)?,
            Format::Json => print_json(&json_of(shown, args))?,
            Format::Trec => {
                let mut out = io::stdout().lock();
                for (measure, mean) in args.measures.iter().zip(shown.measured.means()) {
                    writeln!(out, "{measure}\tall\t{mean:.4}")?;
                }
            }
        }
    }
    Ok(Outcome::Done)
}

fn json_of(shown: &Shown, args: &Args) -> Value {
    let named = |values: &[f64]| {
        args.measures.iter().map(ToString::to_string).zip(values.iter().map(|v| json!(v))).collect::<Map<_, _>>()
    };
    let measured = &shown.measured;
    let mut object = json!({
        "set": shown.name, "system": shown.system, "topics": measured.topics.len(), "answerable": measured.answerable(),
        "not_asked": shown.not_asked, "measures": named(&measured.means()), "answerable_measures": named(&measured.answerable_means()),
    });
    if let Some(baseline) = &shown.baseline {
        let comparisons = args.measures.iter().enumerate().map(|(n, measure)| {
            let comparison = Comparison::new(&measured.values(n), &baseline.values(n));
            (measure.to_string(), json!(comparison))
        });
        object["baseline"] = json!({
            "system": "bm25", "measures": named(&baseline.means()), "answerable_measures": named(&baseline.answerable_means()),
            "comparison": comparisons.collect::<Map<_, _>>(),
        });
    }
    let topics = measured.topics.iter().map(|t| json!({"qid": t.qid, "relevant": t.relevant, "measures": named(&t.values)}));
    object["per_topic"] = topics.collect();
    object
}

fn print_shown(shown: &Shown, another: bool, args: &Args) -> io::Result<()> {
    let mut out = anstream::stdout().lock();
    if another {
        writeln!(out)?;
    }
    let measured = &shown.measured;
    let (topics, answerable) = (measured.topics.len(), measured.answerable());
    let mut about = vec![format!("{topics} topics")];
    if answerable < topics {
        about.push(format!("{} of them without a relevant thread: 0", topics - answerable));
    }
    if shown.not_asked > 0 {
        about.push(format!("{} not asked: 0", shown.not_asked));
    }
    if args.judged_only {
        about.push("judged threads only".to_owned());
    }
    writeln!(out, "{}{}{}: {}", style::TITLE, style::clean(&shown.name), style::TITLE.render_reset(), about.join("; "))?;
    let (means, of_answerable) = (measured.means(), measured.answerable_means());
    let some_unanswerable = answerable < topics;
    match &shown.baseline {
        Some(baseline) => {
            let theirs = baseline.means();
            let rows = (0..means.len()).map(|n| {
                let comparison = Comparison::new(&measured.values(n), &baseline.values(n));
                compared_row(&args.measures[n].to_string(), means[n], theirs[n], &comparison)
            });
            tables::print(&mut out, &compared_heading(shown.system, "bm25"), &rows.collect::<Vec<_>>())?;
            if some_unanswerable {
                let theirs = baseline.answerable_means();
                let rows =
                    (0..means.len()).map(|n| vec![args.measures[n].to_string(), figure(of_answerable[n]), figure(theirs[n])]);
                writeln!(out, "\n over the {answerable} topics that have a relevant thread:")?;
                tables::print(&mut out, &["".into(), shown.system.into(), "bm25".into()], &rows.collect::<Vec<_>>())?;
            }
            writeln!(out, "\n{}p: two-sided paired randomisation test{}", style::QUIET, style::QUIET.render_reset())?;
        }
        None => {
            let heading = ["", "all topics", "with a relevant thread"].map(str::to_owned);
            let rows = (0..means.len()).map(|n| vec![args.measures[n].to_string(), figure(means[n]), figure(of_answerable[n])]);
            let rows: Vec<Vec<String>> = rows.collect();
            if some_unanswerable {
                tables::print(&mut out, &heading, &rows)?;
            } else {
                let rows: Vec<Vec<String>> = rows.into_iter().map(|row| row[..2].to_vec()).collect();
                tables::print(&mut out, &heading[..2], &rows)?;
            }
        }
    }
    Ok(())
}

fn compared_heading(first: &str, second: &str) -> [String; 8] {
    ["", first, second, "difference", "wins", "losses", "ties", "p"].map(str::to_owned)
}

fn compared_row(measure: &str, first: f64, second: f64, comparison: &Comparison) -> Vec<String> {
    vec![
        measure.to_owned(),
        figure(first),
        figure(second),
        signed(comparison.difference),
        comparison.wins.to_string(),
        comparison.losses.to_string(),
        comparison.ties.to_string(),
        probability(comparison.p),
    ]
}

/// The datasets that the arguments name.
fn open_sets(args: &Args, context: &Context) -> anyhow::Result<Vec<Dataset>> {
    let sources = if args.sets.is_empty() {
        let qrels = qrels_of(args)?;
        if args.topics.is_none() && !args.all {
            bail!("nothing to ask: name a topics file with --topics, or ask every thread that has qrels with --all");
        }
        let name = args.topics.as_deref().unwrap_or(qrels).display().to_string();
        let index = context.index.clone();
        vec![Source { name, index, topics: args.topics.clone(), qrels: qrels.to_owned(), relevant: None, measure: None }]
    } else {
        args.sets.clone()
    };
    if args.mode != Mode::Related && sources.iter().any(|source| source.topics.is_none()) {
        bail!("threads are topics of related questions only: add --mode related, or name a topics file");
    }
    let mut sets = Vec::new();
    for source in &sources {
        let set = Dataset::open(source, args.mode.into(), judging(args), args.measures[0])?;
        if !set.not_asked.is_empty() {
            let some: Vec<&str> = set.not_asked.iter().take(3).map(String::as_str).collect();
            let more = if set.not_asked.len() > some.len() { ", …" } else { "" };
            anstream::eprintln!(
                "{}warning:{} {}: {} topics of the qrels are not asked and count 0: {}{more}",
                style::WARNING,
                style::WARNING.render_reset(),
                style::clean(&set.name),
                set.not_asked.len(),
                style::clean(&some.join(", ")),
            );
        }
        sets.push(set);
    }
    Ok(sets)
}

fn reranker(args: &Args) -> anyhow::Result<Option<Reranker>> {
    if args.rerank_model.is_some() && args.mode != Mode::Related {
        bail!("--rerank-model reads related questions again, not hits of a search: add --mode related");
    }
    Ok(args.rerank_model.as_deref().map(Reranker::open).transpose()?)
}

fn qrels_of(args: &Args) -> anyhow::Result<&Path> {
    args.qrels.as_deref().context("nothing to measure against: name judgements with --qrels, or a dataset with --set")
}

fn judging(args: &Args) -> Judging {
    Judging { relevant: args.relevant, judged_only: args.judged_only }
}

/// Runs a system over a dataset, with progress on a terminal.
fn ranked(set: &Dataset, system: System<'_>, name: &str) -> anyhow::Result<Run> {
    let look = ProgressStyle::with_template("{prefix} {bar:30} {pos}/{len} topics, {eta} left").expect("the template is valid");
    let bar =
        ProgressBar::new(set.questions.len() as u64).with_style(look).with_prefix(format!("{}, {name}", style::clean(&set.name)));
    let run = system.run(&set.view, &set.questions, &|| bar.inc(1))?;
    bar.finish_and_clear();
    Ok(run)
}

/// The measure of a set over the topics that have a relevant thread.
fn one_figure(run: &Run, set: &Dataset) -> f64 {
    Measured::new(run, &set.qrels, &[set.measure], set.judging).answerable_means()[0]
}

fn write_run(args: &Args, run: &Run) -> anyhow::Result<()> {
    let Some(path) = &args.write_run else { return Ok(()) };
    let write = || {
        let mut out = BufWriter::new(File::create(path)?);
        run.write(&mut out)?;
        out.flush()
    };
    write().with_context(|| format!("cannot write the run to {}", path.display()))
}

impl From<Mode> for eval::Mode {
    fn from(mode: Mode) -> eval::Mode {
        match mode {
            Mode::Search => eval::Mode::Search,
            Mode::Related => eval::Mode::Related,
        }
    }
}
