//! What a panel costs: [`panel`] beside tantivy's own `MoreLikeThisQuery`, top 10, over the same text in the same three fields.
//!
//! `cargo bench --bench related` prints median and 99th percentile of both, one thread, warm, and how many panels a second all cores
//! make. Another archive by `CURBSIDE_BENCH_ARCHIVE=path[:path]`; threads asked by `CURBSIDE_BENCH_ASKED`. Where `CURBSIDE_BENCH_INDEX`
//! names an index that is there already, panels of it alone are timed: how they grow with archives of millions.

mod support;

use std::path::Path;
use std::time::{Duration, Instant};

use curbside::index::{Index, View};
use curbside::related::{Options, Subject, panel};
use curbside::search::Weights;
use rayon::prelude::*;
use support::plain::{Analysis, NAMES, Plain};
use support::{archive, each_thread, indexed, quantile, setting, spread, texts, timed};
use tantivy::{DocAddress, Searcher};

fn main() {
    let asked = setting("CURBSIDE_BENCH_ASKED", 2000) as usize;
    if let Some(index) = std::env::var_os("CURBSIDE_BENCH_INDEX") {
        return of_index(&Index::open(Path::new(&index)).unwrap().view().unwrap(), asked);
    }
    let archive = archive();
    let folder = tempfile::tempdir().unwrap();
    let view = indexed(&folder.path().join("index"), &archive).view().unwrap();
    let raw =
        Plain::write(&folder.path().join("raw"), &NAMES, Analysis::Stems, each_thread(&archive).map(|thread| texts(&thread)));
    println!("{} threads, {} segments; raw tantivy {} segments", view.len(), segments(view.searcher()), segments(raw.searcher()));

    let ours: Vec<DocAddress> = spread(view.addresses().collect(), asked);
    let theirs: Vec<DocAddress> = spread(raw.all(), asked);
    let (mut of_panel, mut of_raw) = (Vec::new(), Vec::new());
    // A first round warms; then both in turn, thread by thread.
    for round in 0..2 {
        for (&our, &their) in ours.iter().zip(&theirs) {
            let (panel, raw) = (timed(|| one(&view, our)), timed(|| _ = std::hint::black_box(raw.more_like(their))));
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
    rate(&view, &ours);
}

/// Panels alone.
fn of_index(view: &View, asked: usize) {
    println!("{} threads, {} segments", view.len(), segments(view.searcher()));
    let asked: Vec<DocAddress> = spread(view.addresses().collect(), asked);
    asked.iter().for_each(|&at| one(view, at));
    let times: Vec<Duration> = asked.iter().map(|&at| timed(|| one(view, at))).collect();
    report("panel of 5 with snippets and why", &times);
    rate(view, &asked);
}

fn rate(view: &View, asked: &[DocAddress]) {
    let started = Instant::now();
    asked.par_iter().for_each(|&at| one(view, at));
    println!("{:<40} {:.0}", "panels a second on all cores", asked.len() as f64 / started.elapsed().as_secs_f64());
}

fn one(view: &View, at: DocAddress) {
    let (thread, annotation) = view.annotated(at).unwrap();
    let own = Some(thread.id.clone());
    std::hint::black_box(panel(view, &Subject { thread, annotation, own }, Weights::built_in(), &Options::default()).unwrap());
}

fn segments(searcher: &Searcher) -> usize {
    searcher.segment_readers().len()
}

fn report(name: &str, times: &[Duration]) {
    let ms = |share| quantile(times, share).as_secs_f64() * 1000.0;
    println!("{name:<40} {:>8.3} ms median, {:.3} ms 99th percentile", ms(0.5), ms(0.99));
}
