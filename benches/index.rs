//! How long bringing an archive into the index takes, beside raw tantivy with the same text in one body field and in three fields.
//!
//! `cargo bench --bench index`; another archive by `CURBSIDE_BENCH_ARCHIVE=path[:path]`, runs by `CURBSIDE_BENCH_RUNS`.

mod support;

use std::path::{Path, PathBuf};

use curbside::clinical::Lexicon;
use curbside::embed::Embedder;
use curbside::index::Index;
use curbside::ingest::{Options, Progress, ingest};
use curbside::read::Reader;
use support::{archive, in_turn, report, report_ratio, texts};
use tantivy::schema::{STORED, Schema, TEXT};

fn main() {
    let archive = archive();
    let threads = support::threads(&archive);
    let bytes: usize = threads.iter().map(curbside::thread::Thread::text_len).sum();
    let runs = std::env::var("CURBSIDE_BENCH_RUNS").ok().and_then(|runs| runs.parse().ok()).unwrap_or(5);
    println!("{} threads, {:.1} MB of text, {} cores", threads.len(), bytes as f64 / 1e6, Options::default().threads);
    let lines: Vec<String> = threads.iter().map(|thread| serde_json::to_string(thread).unwrap()).collect();
    drop(threads);

    let ours = || {
        let folder = tempfile::tempdir().unwrap();
        let index = Index::open_or_create(&folder.path().join("index"), &Lexicon::core(), &Embedder::builtin()).unwrap();
        ingest(&index, &Reader::new(), &archive, &Options::default(), &Progress::default(), &mut |_| {}).unwrap();
    };
    let (curbside, one_field) = in_turn(runs, ours, || raw(&lines, 1));
    report("curbside: read, annotate, index, commit", &curbside);
    report("tantivy: parse, one body field, commit", &one_field);
    report_ratio("ratio", &curbside, &one_field);
    let (curbside, three_fields) = in_turn(runs, ours, || raw(&lines, 3));
    report("tantivy: parse, the same three fields, commit", &three_fields);
    report_ratio("ratio", &curbside, &three_fields);
    sizes(&archive, bytes);
}

/// Parses the same JSON lines and indexes their text with tantivy's English-like default, stored, on as many threads.
fn raw(lines: &[String], fields: usize) {
    let folder = tempfile::tempdir().unwrap();
    let mut schema = Schema::builder();
    let fields: Vec<_> = (0..fields).map(|n| schema.add_text_field(&format!("text{n}"), TEXT | STORED)).collect();
    let index = tantivy::Index::create_in_dir(folder.path(), schema.build()).unwrap();
    let options = Options::default();
    let mut writer = index.writer_with_num_threads(options.threads, options.memory).unwrap();
    for line in lines {
        let thread = serde_json::from_str(line).unwrap();
        let mut document = tantivy::TantivyDocument::default();
        for (n, text) in texts(&thread).iter().enumerate() {
            document.add_text(fields[n.min(fields.len() - 1)], text);
        }
        writer.add_document(document).unwrap();
    }
    writer.commit().unwrap();
    writer.wait_merging_threads().unwrap();
}

fn sizes(archive: &[PathBuf], text: usize) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("index");
    let index = Index::open_or_create(&path, &Lexicon::core(), &Embedder::builtin()).unwrap();
    ingest(&index, &Reader::new(), archive, &Options::default(), &Progress::default(), &mut |_| {}).unwrap();
    let bytes = bytes_in(&path);
    println!(
        "{:<44} {:>10.1} MB   {:.2} times the text",
        "size of the index, threads stored",
        bytes as f64 / 1e6,
        bytes as f64 / text as f64
    );
}

fn bytes_in(folder: &Path) -> u64 {
    std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().metadata().unwrap().len()).sum()
}
