//! What reading costs: the time that annotating takes as a multiple of what tantivy's own English analysis of the same text takes,
//! on one core, in one run.
//!
//! `cargo bench --bench annotate -- FILE.jsonl…` prints the ratio over the threads in the files.

use std::error::Error;
use std::hint::black_box;
use std::time::{Duration, Instant};

use curbside::clinical::{Annotator, Lexicon};
use serde_json::Value;
use tantivy::tokenizer::{Language, LowerCaser, SimpleTokenizer, Stemmer, StopWordFilter, TextAnalyzer, TokenStream};

const ROUNDS: usize = 5;

fn main() -> Result<(), Box<dyn Error>> {
    let mut texts = Vec::new();
    for path in std::env::args().skip(1).filter(|argument| argument != "--bench") {
        for line in std::fs::read_to_string(path)?.lines() {
            collect(&serde_json::from_str(line)?, &mut texts);
        }
    }
    let bytes: usize = texts.iter().map(String::len).sum();
    if bytes == 0 {
        return Err("no text; name JSON Lines files of threads after --".into());
    }
    let started = Instant::now();
    let annotator = Annotator::new(Lexicon::core());
    let start = started.elapsed();
    let stop_words = StopWordFilter::new(Language::English).ok_or("tantivy has no English stop words")?;
    let mut analyzer = TextAnalyzer::builder(SimpleTokenizer::default())
        .filter(LowerCaser)
        .filter(stop_words)
        .filter(Stemmer::new(Language::English))
        .build();
    let mut analysis = Duration::MAX;
    let mut annotation = Duration::MAX;
    let mut mentions = 0;
    // The best of some rounds in turn: what else the machine does hits both alike.
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
        mentions = texts.iter().map(|text| black_box(annotator.annotate(text)).len()).sum();
        annotation = annotation.min(started.elapsed());
    }
    let speed = |time: Duration| bytes as f64 / 1e6 / time.as_secs_f64();
    println!("text          {:8.1} MB, {mentions} mentions", bytes as f64 / 1e6);
    println!("analysis      {:8.1} MB/s", speed(analysis));
    println!("annotation    {:8.1} MB/s", speed(annotation));
    println!("ratio         {:8.2}", annotation.as_secs_f64() / analysis.as_secs_f64());
    println!("start         {:8.3} ms", start.as_secs_f64() * 1e3);
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
