//! Clinical reading measured: spans, assertions, density.

use std::io::{self, Write};
use std::path::{Path, PathBuf};

use rayon::prelude::*;
use serde_json::{Map, Value, json};

use crate::cli::parse::{reader, warn_rejected};
use crate::cli::{Context, Format, Outcome, print_json, style};
use crate::clinical::{Annotator, Assertion, Kind, Lexicon};
use crate::eval::{AssertionScores, Density, judge_sentences, read_sentences, read_spans, score_spans};
use crate::ingest::files;

use super::Args;
use super::tables::{self, figure};

pub(super) fn spans(path: &Path, args: &Args, context: &Context) -> anyhow::Result<Outcome> {
    let texts = read_spans(path)?;
    let annotator = Annotator::new(Lexicon::with_tables(&args.lexicon)?);
    let kinds = if args.kinds.is_empty() { Kind::ALL.to_vec() } else { args.kinds.clone() };
    let scores = score_spans(&annotator, &texts, &kinds);
    if context.format() != Format::Human {
        let by_type: Map<String, Value> =
            scores.by_type.iter().map(|(name, (gold, found))| (name.clone(), json!({"gold": gold, "found": found}))).collect();
        print_json(&json!({
            "texts": texts.len(), "kinds": kinds, "precision": scores.precision(), "recall": scores.recall(), "f1": scores.f1(),
            "predicted": scores.predicted, "right": scores.right, "gold": scores.gold, "found": scores.found, "by_type": by_type,
        }))?;
        return Ok(Outcome::Done);
    }
    let mut out = anstream::stdout().lock();
    let kinds: Vec<&str> = kinds.iter().map(|kind| kind.name()).collect();
    title(
        &mut out,
        path,
        &format!("{} texts, mentions of type {}; a span is met by any overlap", texts.len(), kinds.join(", ")),
    )?;
    tables::print(
        &mut out,
        &["", "value", "of"].map(str::to_owned),
        &[
            vec!["precision".into(), figure(scores.precision()), format!("{} of {}", scores.right, scores.predicted)],
            vec!["recall".into(), figure(scores.recall()), format!("{} of {}", scores.found, scores.gold)],
            vec!["F1".into(), figure(scores.f1()), String::new()],
        ],
    )?;
    writeln!(out)?;
    let rows: Vec<Vec<String>> = scores
        .by_type
        .iter()
        .map(|(name, &(gold, found))| {
            vec![name.clone(), gold.to_string(), found.to_string(), figure(found as f64 / gold.max(1) as f64)]
        })
        .collect();
    tables::print(&mut out, &["gold type", "spans", "found", "recall"].map(str::to_owned), &rows)?;
    Ok(Outcome::Done)
}

pub(super) fn assertions(path: &Path, args: &Args, context: &Context) -> anyhow::Result<Outcome> {
    let sentences = read_sentences(path)?;
    let said = judge_sentences(&sentences, &args.lexicon)?;
    let scores = AssertionScores::new(&sentences, &said);
    if context.format() != Format::Human {
        let mut answer = json!({
            "sentences": scores.sentences, "not_found": scores.not_found,
            "denied": {"precision": scores.denied_precision, "recall": scores.denied_recall, "f1": scores.denied_f1},
        });
        for (name, accuracy) in [("past", scores.past), ("family", scores.family)] {
            if let Some(accuracy) = accuracy {
                answer[name] = json!(accuracy);
            }
        }
        for (name, confusion) in &scores.confusion {
            for (judged, counts) in confusion {
                let counts = Assertion::ALL.iter().zip(counts).map(|(said, count)| (said.name().to_owned(), json!(count)));
                answer["confusion"][*name][judged] = counts.collect::<Map<_, _>>().into();
            }
        }
        print_json(&answer)?;
        return Ok(Outcome::Done);
    }
    let mut out = anstream::stdout().lock();
    let met = format!(
        "{} sentences; in {} no mention was found at the concept, which counts as present",
        scores.sentences, scores.not_found
    );
    title(&mut out, path, &met)?;
    let mut rows = vec![
        vec!["denied, precision".into(), figure(scores.denied_precision), String::new()],
        vec!["denied, recall".into(), figure(scores.denied_recall), String::new()],
        vec!["denied, F1".into(), figure(scores.denied_f1), String::new()],
    ];
    for (name, accuracy) in [("past, accuracy", scores.past), ("family, accuracy", scores.family)] {
        rows.extend(accuracy.map(|a| vec![name.to_owned(), figure(a.accuracy), figure(a.majority)]));
    }
    tables::print(&mut out, &["", "value", "always the commoner"].map(str::to_owned), &rows)?;
    for (name, confusion) in &scores.confusion {
        writeln!(out)?;
        let heading: Vec<String> =
            std::iter::once((*name).to_owned()).chain(Assertion::ALL.map(|said| said.name().to_owned())).collect();
        let row = |(judged, counts): (&String, &[usize; 6])| {
            std::iter::once(judged.clone()).chain(counts.map(|count| count.to_string())).collect()
        };
        tables::print(&mut out, &heading, &confusion.iter().map(row).collect::<Vec<_>>())?;
    }
    Ok(Outcome::Done)
}

pub(super) fn density(paths: &[PathBuf], args: &Args, context: &Context) -> anyhow::Result<Outcome> {
    let annotator = Annotator::new(Lexicon::with_tables(&args.lexicon)?);
    let reader = reader(None)?;
    let mut outcome = Outcome::Done;
    let mut sum = Density::default();
    for found in files(paths, &context.index) {
        let chunks = match found.and_then(|path| reader.open(&path)) {
            Ok(chunks) => chunks,
            Err(rejection) => {
                warn_rejected(&rejection);
                outcome = Outcome::SomeRejected;
                continue;
            }
        };
        for chunk in chunks {
            let results = match chunk {
                Ok(chunk) => reader.threads(&chunk),
                Err(rejection) => vec![Err(rejection)],
            };
            let counted = results.into_par_iter().map(|result| result.map(|thread| Density::of(&annotator, &thread)));
            for density in counted.collect::<Vec<_>>() {
                match density {
                    Ok(density) => sum = sum.plus(density),
                    Err(rejection) => {
                        warn_rejected(&rejection);
                        outcome = Outcome::SomeRejected;
                    }
                }
            }
        }
    }
    if context.format() != Format::Human {
        let by_type: Map<String, Value> =
            Kind::ALL.iter().map(|kind| (kind.name().to_owned(), json!(sum.per_thousand(Some(*kind))))).collect();
        print_json(&json!({
            "threads": sum.threads, "words": sum.words, "mentions": sum.mentions,
            "per_thousand_words": sum.per_thousand(None), "by_type": by_type,
        }))?;
        return Ok(outcome);
    }
    let mut out = anstream::stdout().lock();
    writeln!(out, "{}{} threads, {} words{}", style::TITLE, sum.threads, sum.words, style::TITLE.render_reset())?;
    let row = |name: &str, mentions: usize, density: f64| vec![name.to_owned(), mentions.to_string(), format!("{density:.1}")];
    let mut rows: Vec<Vec<String>> =
        Kind::ALL.iter().map(|&kind| row(kind.plural(), sum.by_kind[kind as usize], sum.per_thousand(Some(kind)))).collect();
    rows.push(row("all", sum.mentions, sum.per_thousand(None)));
    tables::print(&mut out, &["", "mentions", "per 1,000 words"].map(str::to_owned), &rows)?;
    Ok(outcome)
}

fn title(out: &mut impl Write, path: &Path, about: &str) -> io::Result<()> {
    let name = path.display().to_string();
    writeln!(out, "{}{}{}: {about}", style::TITLE, style::clean(&name), style::TITLE.render_reset())
}
