//! How well reading finds what people marked, and how much it finds: overlap of spans, and mentions per 1,000 words.
//!
//! `cargo bench --bench spans -- spans FILE.jsonl KIND…` and `cargo bench --bench spans -- density FILE.jsonl…` and
//! `cargo bench --bench spans -- sample N FILE.jsonl…`, which prints every Nth mention with what stands around it.

use std::collections::HashMap;
use std::error::Error;
use std::ops::Range;

use curbside::clinical::{Annotator, Lexicon, Mention};
use serde_json::Value;

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).filter(|argument| argument != "--bench").collect();
    let annotator = Annotator::new(Lexicon::core());
    match arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["spans", file, ref kinds @ ..] => spans(&annotator, file, kinds),
        ["density", ref files @ ..] => density(&annotator, files),
        ["sample", every, ref files @ ..] => sample(&annotator, every.parse()?, files),
        _ => Err("say spans FILE KIND…, density FILE… or sample N FILE…".into()),
    }
}

fn spans(annotator: &Annotator, file: &str, kinds: &[&str]) -> Result<(), Box<dyn Error>> {
    let (mut found, mut marked, mut right, mut met) = (0, 0, 0, 0);
    let mut missed: HashMap<String, usize> = HashMap::new();
    let mut wrong: HashMap<String, usize> = HashMap::new();
    for line in std::fs::read_to_string(file)?.lines() {
        let document: Value = serde_json::from_str(line)?;
        let text = document["text"].as_str().unwrap_or("");
        let place = |characters: u64| text.char_indices().nth(characters as usize).map_or(text.len(), |(at, _)| at);
        let gold: Vec<Range<usize>> = document["spans"]
            .as_array()
            .into_iter()
            .flatten()
            .map(|span| place(span["start"].as_u64().unwrap_or(0))..place(span["end"].as_u64().unwrap_or(0)))
            .collect();
        let of_kind = |mention: &Mention| {
            let kind = annotator.lexicon().concept(mention.concept).kind.name();
            kinds.is_empty() || kinds.contains(&kind)
        };
        let mentions: Vec<Range<usize>> = (annotator.annotate(text).iter().filter(|mention| of_kind(mention)))
            .map(|mention| mention.start as usize..mention.end as usize)
            .collect();
        let overlap = |a: &Range<usize>, others: &[Range<usize>]| others.iter().any(|b| a.start < b.end && b.start < a.end);
        found += mentions.len();
        marked += gold.len();
        for mention in &mentions {
            if overlap(mention, &gold) { right += 1 } else { *wrong.entry(text[mention.clone()].to_lowercase()).or_default() += 1 }
        }
        for span in &gold {
            if overlap(span, &mentions) { met += 1 } else { *missed.entry(text[span.clone()].to_lowercase()).or_default() += 1 }
        }
    }
    let (precision, recall) = (f64::from(right) / found as f64, f64::from(met) / marked as f64);
    let f1 = 2.0 * precision * recall / (precision + recall);
    println!("{file}: precision {precision:.3}, recall {recall:.3}, F1 {f1:.3} ({found} found, {marked} marked)");
    for (name, counts) in [("missed", missed), ("not marked", wrong)] {
        let mut counts: Vec<_> = counts.into_iter().collect();
        counts.sort_by(|a, b| b.1.cmp(&a.1).then(a.0.cmp(&b.0)));
        let most: Vec<String> = counts.iter().take(150).map(|(text, n)| format!("{text} {n}")).collect();
        println!("{name}: {}", most.join("; "));
    }
    Ok(())
}

fn density(annotator: &Annotator, files: &[&str]) -> Result<(), Box<dyn Error>> {
    let (mut words, mut mentions) = (0, 0);
    let mut terms: HashMap<String, usize> = HashMap::new();
    for text in texts(files)? {
        words += text.split_whitespace().count();
        for mention in annotator.annotate(&text) {
            mentions += 1;
            let written = text[mention.start as usize..mention.end as usize].to_lowercase();
            *terms.entry(format!("{written} = {}", annotator.lexicon().concept(mention.concept).id)).or_default() += 1;
        }
    }
    println!("{words} words, {mentions} mentions, {:.1} per 1,000 words", mentions as f64 * 1000.0 / words as f64);
    let mut terms: Vec<_> = terms.into_iter().collect();
    terms.sort_by(|a, b| b.1.cmp(&a.1).then(a.0.cmp(&b.0)));
    for (term, n) in terms {
        println!("{n}\t{term}");
    }
    Ok(())
}

fn sample(annotator: &Annotator, every: usize, files: &[&str]) -> Result<(), Box<dyn Error>> {
    const AROUND: usize = 60;
    let mut n = 0;
    for text in texts(files)? {
        for mention in annotator.annotate(&text) {
            n += 1;
            if n % every == 0 {
                let (start, end) = (mention.start as usize, mention.end as usize);
                let before = &text[text.floor_char_boundary(start.saturating_sub(AROUND))..start];
                let after = &text[end..text.ceil_char_boundary((end + AROUND).min(text.len()))];
                let id = annotator.lexicon().concept(mention.concept).id;
                println!("{}[[{}]]{} = {id} {}", before, &text[start..end], after, mention.assertion);
            }
        }
    }
    Ok(())
}

fn texts(files: &[&str]) -> Result<Vec<String>, Box<dyn Error>> {
    let mut texts = Vec::new();
    for file in files {
        for line in std::fs::read_to_string(file)?.lines() {
            let thread: Value = serde_json::from_str(line)?;
            for field in ["title", "question"] {
                texts.extend(thread[field].as_str().map(str::to_owned));
            }
            texts.extend(thread["answers"].as_array().into_iter().flatten().filter_map(Value::as_str).map(str::to_owned));
        }
    }
    Ok(texts)
}
