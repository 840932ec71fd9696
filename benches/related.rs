//! What a panel costs: [`panel`] beside tantivy's own `MoreLikeThisQuery`, top 10, over the same text in the same three fields.
//!
//! `cargo bench --bench related` prints median and 99th percentile of both, one thread, warm, and how many panels a second all cores
//! make. Another archive by `CURBSIDE_BENCH_ARCHIVE=path[:path]`; threads asked by `CURBSIDE_BENCH_ASKED`.

mod support;

use std::time::{Duration, Instant};

use curbside::clinical::Lexicon;
use curbside::embed::Embedder;
use curbside::index::{Index, View};
use curbside::ingest::{Options as IngestOptions, Progress, ingest};
use curbside::read::Reader;
use curbside::related::{Options, Subject, panel};
use curbside::search::Weights;
use rayon::prelude::*;
use support::{archive, quantile, texts};
use tantivy::collector::TopDocs;
use tantivy::query::MoreLikeThisQuery;
use tantivy::schema::{IndexRecordOption, STORED, Schema, TextFieldIndexing, TextOptions};
use tantivy::{DocAddress, Searcher};

fn main() {
    let archive = archive();
    let folder = tempfile::tempdir().unwrap();
    let index = Index::open_or_create(&folder.path().join("index"), &Lexicon::core(), &Embedder::builtin()).unwrap();
    ingest(&index, &Reader::new(), &archive, &IngestOptions::default(), &Progress::default(), &mut |_| {}).unwrap();
    let view = index.view().unwrap();
    let raw = raw(&folder.path().join("raw"), &archive);
    println!("{} threads, {} segments; raw tantivy {} segments", view.len(), segments(view.searcher()), segments(&raw));

    let asked = std::env::var("CURBSIDE_BENCH_ASKED").ok().and_then(|asked| asked.parse().ok()).unwrap_or(2000);
    let ours: Vec<DocAddress> = spread(view.addresses().collect(), asked);
    let theirs: Vec<DocAddress> = spread(all(&raw), asked);
    let (mut of_panel, mut of_raw) = (Vec::new(), Vec::new());
    // A first round warms; then both in turn, thread by thread.
    for round in 0..2 {
        for (&our, &their) in ours.iter().zip(&theirs) {
            let (panel, raw) = (timed(|| one(&view, our)), timed(|| more_like(&raw, their)));
            if round > 0 {
                of_panel.push(panel);
                of_raw.push(raw);
            }
        }
    }
    report("panel of 5 with snippets and why", &of_panel);
    report("tantivy MoreLikeThisQuery, top 10", &of_raw);
    let ratio = |share| quantile(&of_panel, share).as_secs_f64() / quantile(&of_raw, share).as_secs_f64();
    println!("{:<40} median {:.2}, 99th percentile {:.2}", "ratio", ratio(0.5), ratio(0.99));
    let spread = quantile(&of_panel, 0.99).as_secs_f64() / quantile(&of_panel, 0.5).as_secs_f64();
    println!("{:<40} {spread:.1}", "panel, 99th percentile over median");
    let started = Instant::now();
    ours.par_iter().for_each(|&at| one(&view, at));
    println!("{:<40} {:.0}", "panels a second on all cores", ours.len() as f64 / started.elapsed().as_secs_f64());
}

fn one(view: &View, at: DocAddress) {
    let (thread, annotation) = view.annotated(at).unwrap();
    let own = Some(thread.id.clone());
    std::hint::black_box(panel(view, &Subject { thread, annotation, own }, Weights::built_in(), &Options::default()).unwrap());
}

fn more_like(searcher: &Searcher, at: DocAddress) {
    // Its defaults pass over words that a thread has once or the archive a few times, which leaves nothing of a short question.
    let query = MoreLikeThisQuery::builder().with_min_term_frequency(1).with_min_doc_frequency(2).with_document(at);
    std::hint::black_box(searcher.search(&query, &TopDocs::with_limit(10).order_by_score()).unwrap());
}

/// The same threads in a plain index: title, question and answers, English stems, stored.
fn raw(path: &std::path::Path, archive: &[std::path::PathBuf]) -> Searcher {
    std::fs::create_dir(path).unwrap();
    let mut schema = Schema::builder();
    let indexing =
        TextFieldIndexing::default().set_tokenizer("en_stem").set_index_option(IndexRecordOption::WithFreqsAndPositions);
    let options = TextOptions::default().set_indexing_options(indexing) | STORED;
    let fields = ["title", "question", "answers"].map(|name| schema.add_text_field(name, options.clone()));
    let index = tantivy::Index::create_in_dir(path, schema.build()).unwrap();
    let mut writer = index.writer_with_num_threads(IngestOptions::default().threads, IngestOptions::default().memory).unwrap();
    for thread in support::threads(archive) {
        let mut document = tantivy::TantivyDocument::default();
        for (field, text) in fields.iter().zip(texts(&thread)) {
            document.add_text(*field, text);
        }
        writer.add_document(document).unwrap();
    }
    writer.commit().unwrap();
    writer.wait_merging_threads().unwrap();
    index.reader().unwrap().searcher()
}

fn all(searcher: &Searcher) -> Vec<DocAddress> {
    let segments = searcher.segment_readers().iter().enumerate();
    segments.flat_map(|(n, reader)| (0..reader.max_doc()).map(move |doc| DocAddress::new(n as u32, doc))).collect()
}

fn segments(searcher: &Searcher) -> usize {
    searcher.segment_readers().len()
}

/// So many of them, at even distances.
fn spread(all: Vec<DocAddress>, most: usize) -> Vec<DocAddress> {
    let step = (all.len() / most.max(1)).max(1);
    all.into_iter().step_by(step).take(most).collect()
}

fn timed(work: impl FnOnce()) -> Duration {
    let started = Instant::now();
    work();
    started.elapsed()
}

fn report(name: &str, times: &[Duration]) {
    let ms = |share| quantile(times, share).as_secs_f64() * 1000.0;
    println!("{name:<40} {:>8.3} ms median, {:.3} ms 99th percentile", ms(0.5), ms(0.99));
}
