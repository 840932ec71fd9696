//! What reading costs, on one core and in one run: annotating as a multiple of tantivy's own English analysis of the same text; with a
//! lexicon of 300,000 terms as a multiple of the built-in one; and of a run of one thing as a multiple of prose, per byte. On all cores,
//! what reading threads from files and annotating them comes to.
//!
//! `cargo bench --bench annotate` reads the archive of the other benches; `-- FILE…` adds standard terminologies, and made terms
//! fill them up.

mod support;

use std::collections::BTreeSet;
use std::error::Error;
use std::hint::black_box;
use std::path::{Path, PathBuf};
use std::time::Instant;

use curbside::clinical::{Annotator, Lexicon};
use curbside::ingest::files;
use curbside::read::Reader;
use rayon::prelude::*;
use support::{report, report_ratio, texts, threads, timed};
use tantivy::tokenizer::{Language, LowerCaser, SimpleTokenizer, Stemmer, StopWordFilter, TextAnalyzer, TokenStream};

const ROUNDS: usize = 7;
const TERMS: usize = 300_000;
const RUN: usize = 10_000_000;

fn main() -> Result<(), Box<dyn Error>> {
    let files: Vec<PathBuf> =
        std::env::args().skip(1).filter(|argument| !argument.starts_with("--")).map(PathBuf::from).collect();
    // Before anything else, as a process that starts.
    let started = Instant::now();
    let core = Annotator::new(Lexicon::core());
    black_box(core.annotate("numbness after laminectomy"));
    println!("the built-in lexicon made and a first query read in {:.2} ms", started.elapsed().as_secs_f64() * 1e3);
    let texts: Vec<String> = threads(&support::archive()).iter().flat_map(texts).collect();
    let bytes: usize = texts.iter().map(String::len).sum();
    let mentions: usize = texts.iter().map(|text| core.annotate(text).len()).sum();
    println!("{:.1} MB of text, {mentions} mentions with {} terms", bytes as f64 / 1e6, terms(&core));

    let started = Instant::now();
    let large = Annotator::new(filled(&files)?);
    println!(
        "{} terms of {} files and made ones: read, joined and compiled in {:.1} s, {:.1} MB in memory (built-in: {:.1} MB)",
        terms(&large),
        files.len(),
        started.elapsed().as_secs_f64(),
        large.lexicon().bytes().len() as f64 / 1e6,
        core.lexicon().bytes().len() as f64 / 1e6,
    );

    let stop_words = StopWordFilter::new(Language::English).ok_or("tantivy has no English stop words")?;
    let mut analyzer = TextAnalyzer::builder(SimpleTokenizer::default())
        .filter(LowerCaser)
        .filter(stop_words)
        .filter(Stemmer::new(Language::English))
        .build();
    let mut analyze = |text: &str| {
        let mut tokens = analyzer.token_stream(text);
        while tokens.advance() {
            black_box(tokens.token());
        }
    };
    let runs = [("no no no …", "no "), ("one letter", "a")].map(|(name, unit)| (name, unit.repeat(RUN / unit.len())));
    let mut times = vec![Vec::new(); 3 + runs.len()];
    // In turn: what else the machine does hits all alike.
    for _ in 0..ROUNDS {
        times[0].push(timed(|| texts.iter().for_each(|text| analyze(text))));
        times[1].push(timed(|| texts.iter().for_each(|text| _ = black_box(core.annotate(text)))));
        times[2].push(timed(|| texts.iter().for_each(|text| _ = black_box(large.annotate(text)))));
        for ((_, run), times) in runs.iter().zip(&mut times[3..]) {
            let whole = timed(|| _ = black_box(core.annotate(run)));
            times.push(whole.mul_f64(bytes as f64 / RUN as f64));
        }
    }
    report("tantivy's English analysis", &times[0]);
    report("annotating", &times[1]);
    report("annotating with the large lexicon", &times[2]);
    report_ratio("annotating / analysis", &times[1], &times[0]);
    report_ratio("large lexicon / built-in", &times[2], &times[1]);
    for ((name, _), times_of_run) in runs.iter().zip(&times[3..]) {
        report_ratio(&format!("10 MB of {name} / prose, per byte"), times_of_run, &times[1]);
    }
    let through: Vec<f64> = (0..ROUNDS).map(|_| bytes as f64 / 1e6 / timed(|| read_and_annotate(&core)).as_secs_f64()).collect();
    println!("{:<44} {} MB of text a second", "reading and annotating on all cores", support::results::spread_of(&through));
    Ok(())
}

/// As indexing does it: files to threads to mentions.
fn read_and_annotate(annotator: &Annotator) {
    let reader = Reader::new();
    for path in files(&support::archive(), Path::new("")).filter_map(Result::ok) {
        let chunks = reader.open(&path).into_iter().flatten().filter_map(Result::ok);
        chunks.par_bridge().for_each(|chunk| {
            let threads = reader.threads(&chunk).into_iter().filter_map(Result::ok);
            threads.for_each(|thread| _ = black_box(annotator.annotate_thread(&thread)));
        });
    }
}

fn terms(annotator: &Annotator) -> usize {
    annotator.lexicon().all_terms().count()
}

/// The built-in lexicon, the files, and made concepts of two words that real terms have, so that texts meet them often.
fn filled(files: &[PathBuf]) -> Result<Lexicon, Box<dyn Error>> {
    let lexicon = Lexicon::with_tables(files)?;
    let words: BTreeSet<&str> = lexicon.all_terms().flat_map(|(term, _)| term.split(' ')).filter(|word| word.len() > 3).collect();
    let words: Vec<&str> = words.into_iter().collect();
    let mut table = "concept_id\ttype\tpreferred\n".to_owned();
    let mut state = 1_u64;
    let mut next = || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        words[(state >> 33) as usize % words.len()]
    };
    for n in lexicon.all_terms().count()..TERMS {
        table.push_str(&format!("MADE:{n}\tcondition\t{} {} {n}\n", next(), next()));
    }
    let folder = tempfile::tempdir()?;
    let made = folder.path().join("made.tsv");
    std::fs::write(&made, table)?;
    let files: Vec<PathBuf> = files.iter().cloned().chain([made]).collect();
    Ok(Lexicon::with_tables(&files)?)
}
