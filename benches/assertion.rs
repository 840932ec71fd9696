//! How well and how fast assertion judges, on files that the user names.
//!
//! `cargo bench --bench assertion -- negex FILE` reads NegEx's table (concept, sentence with the concept in upper case, Affirmed or
//! Negated) and prints the F1 of denied; `-- context FILE` reads the ConText table (concept, sentence, negation, temporality,
//! experiencer) and prints confusion tables of past and of family; `-- speed FILE.jsonl…` prints what sentences and assertion
//! cost as a multiple of tantivy's English analysis of the same text. A concept that the sentence does not hold is counted and left
//! out.

use std::collections::BTreeMap;
use std::error::Error;
use std::hint::black_box;
use std::ops::Range;
use std::time::{Duration, Instant};

use curbside::clinical::assertion::{Context, judge, judge_span};
use curbside::clinical::{Annotator, Assertion, Kind, Lexicon, Tokens, sentences};
use serde_json::Value;
use tantivy::tokenizer::{Language, LowerCaser, SimpleTokenizer, Stemmer, StopWordFilter, TextAnalyzer, TokenStream};

const ROUNDS: usize = 5;

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).filter(|argument| argument != "--bench").collect();
    match arguments.split_first() {
        Some((what, files)) if what == "negex" => files.iter().try_for_each(|file| negex(file)),
        Some((what, files)) if what == "context" => files.iter().try_for_each(|file| context(file)),
        Some((what, files)) if what == "speed" => speed(files),
        _ => Err("name what to measure after --: negex FILE, context FILE or speed FILE.jsonl…".into()),
    }
}

/// A sentence, where the concept stands in it, and the columns of its row.
type Row = (String, Range<usize>, Vec<String>);

/// The rows of a table with the place of the concept in its sentence, and how many have none.
fn rows(file: &str) -> Result<(Vec<Row>, usize), Box<dyn Error>> {
    let table = std::fs::read_to_string(file)?;
    let (mut rows, mut without) = (Vec::new(), 0);
    for line in table.lines() {
        let fields: Vec<String> = line.split('\t').map(|field| field.trim_matches('"').replace("\"\"", "\"")).collect();
        let [concept, sentence, ..] = &fields[..] else { return Err(format!("{file}: {line:?} has no sentence").into()) };
        match sentence.find(&concept.to_uppercase()) {
            Some(start) => rows.push((sentence.clone(), start..start + concept.to_uppercase().len(), fields[2..].to_vec())),
            None => without += 1,
        }
    }
    Ok((rows, without))
}

fn negex(file: &str) -> Result<(), Box<dyn Error>> {
    let (rows, without) = rows(file)?;
    let (mut right, mut found, mut there) = (0, 0, 0);
    for (sentence, span, gold) in &rows {
        let denied = judge_span(sentence, span.clone(), Kind::Symptom, &Context::default()).0 == Assertion::Denied;
        let negated = gold[0] == "Negated";
        right += usize::from(denied && negated);
        found += usize::from(denied);
        there += usize::from(negated);
    }
    let (precision, recall) = (right as f64 / found as f64, right as f64 / there as f64);
    let f1 = 2.0 * precision * recall / (precision + recall);
    println!(
        "{} rows, {without} without their concept; denied: precision {precision:.3}, recall {recall:.3}, F1 {f1:.3}",
        rows.len()
    );
    Ok(())
}

fn context(file: &str) -> Result<(), Box<dyn Error>> {
    let (rows, without) = rows(file)?;
    println!("{} rows, {without} without their concept", rows.len());
    for (name, column, gold, assertion) in
        [("past", 1, "Historical", Assertion::Past), ("family", 2, "Family member", Assertion::Family)]
    {
        let mut table: BTreeMap<(bool, bool), usize> = BTreeMap::new();
        for (sentence, span, fields) in &rows {
            let judged = judge_span(sentence, span.clone(), Kind::Condition, &Context::default()).0 == assertion;
            *table.entry((fields[column] == gold, judged)).or_default() += 1;
        }
        let count = |key| table.get(&key).copied().unwrap_or(0);
        let share = |n: usize| n as f64 / rows.len() as f64;
        let majority = share((count((false, false)) + count((false, true))).max(count((true, false)) + count((true, true))));
        println!("{name}: accuracy {:.4}, majority class {majority:.4}", share(count((true, true)) + count((false, false))));
        println!("  {gold}: {} judged {name}, {} not", count((true, true)), count((true, false)));
        println!("  others: {} judged {name}, {} not", count((false, true)), count((false, false)));
    }
    Ok(())
}

fn speed(files: &[String]) -> Result<(), Box<dyn Error>> {
    let mut texts = Vec::new();
    for file in files {
        for line in std::fs::read_to_string(file)?.lines() {
            collect(&serde_json::from_str(line)?, &mut texts);
        }
    }
    let annotator = Annotator::new(Lexicon::core());
    let kind_of = |concept| annotator.lexicon().concept(concept).kind;
    let mut read: Vec<_> = texts.iter().map(|text| (Tokens::of(text), annotator.annotate(text))).collect();
    let stop_words = StopWordFilter::new(Language::English).ok_or("tantivy has no English stop words")?;
    let mut analyzer = TextAnalyzer::builder(SimpleTokenizer::default())
        .filter(LowerCaser)
        .filter(stop_words)
        .filter(Stemmer::new(Language::English))
        .build();
    let (mut analysis, mut assertion) = (Duration::MAX, Duration::MAX);
    for _ in 0..ROUNDS {
        let started = Instant::now();
        for text in &texts {
            let mut tokens = analyzer.token_stream(text);
            while tokens.advance() {
                black_box(tokens.token());
            }
        }
        analysis = analysis.min(started.elapsed());
        let started = Instant::now();
        for (tokens, mentions) in &mut read {
            judge(tokens, &sentences(tokens.text()), mentions, kind_of, &Context::default());
            black_box(mentions);
        }
        assertion = assertion.min(started.elapsed());
    }
    println!("assertion over analysis: {:.2}", assertion.as_secs_f64() / analysis.as_secs_f64());
    Ok(())
}

/// Every string of a thread that a reader would see.
fn collect(value: &Value, texts: &mut Vec<String>) {
    match value {
        Value::String(text) if text.contains(' ') => texts.push(text.clone()),
        Value::Array(items) => items.iter().for_each(|item| collect(item, texts)),
        Value::Object(fields) => fields.values().for_each(|field| collect(field, texts)),
        _ => {}
    }
}
