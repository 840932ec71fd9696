//! How long bringing an archive into the index takes, beside raw tantivy with the same text in one body field and in three fields.
//!
//! `cargo bench --bench index`; another archive by `CURBSIDE_BENCH_ARCHIVE=path[:path]`, runs by `CURBSIDE_BENCH_RUNS`.

mod support;

use std::path::PathBuf;

use curbside::ingest::Options;
use support::plain::{Analysis, NAMES, Plain};
use support::{archive, bytes_in, in_turn, indexed, report, report_ratio, setting, texts};

fn main() {
    let archive = archive();
    let threads = support::threads(&archive);
    let bytes: usize = threads.iter().map(curbside::thread::Thread::text_len).sum();
    let runs = setting("CURBSIDE_BENCH_RUNS", 5) as usize;
    println!("{} threads, {:.1} MB of text, {} cores", threads.len(), bytes as f64 / 1e6, Options::default().threads);
    let lines: Vec<String> = threads.iter().map(|thread| serde_json::to_string(thread).unwrap()).collect();
    drop(threads);

    let ours = || {
        let folder = tempfile::tempdir().unwrap();
        indexed(&folder.path().join("index"), &archive);
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

/// Parses the same JSON lines and indexes their text with tantivy's own default analysis, stored, on as many threads.
fn raw(lines: &[String], fields: usize) {
    let folder = tempfile::tempdir().unwrap();
    let texts = lines.iter().map(|line| texts(&serde_json::from_str(line).unwrap()));
    Plain::write(folder.path(), &NAMES[..fields], Analysis::Words, texts);
}

fn sizes(archive: &[PathBuf], text: usize) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("index");
    indexed(&path, archive);
    let bytes = bytes_in(&path);
    println!(
        "{:<44} {:>10.1} MB   {:.2} times the text",
        "size of the index, threads stored",
        bytes as f64 / 1e6,
        bytes as f64 / text as f64
    );
}
