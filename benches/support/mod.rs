//! What the benches share: the archives to measure on, timing, and a raw tantivy index of the same text.
#![allow(dead_code)] // each bench uses its part

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use curbside::read::Reader;
use curbside::thread::{Role, Thread};

/// The archive named by `CURBSIDE_BENCH_ARCHIVE` (paths, colon between), else the real ones beside the repository, else the sample.
pub fn archive() -> Vec<PathBuf> {
    if let Ok(named) = std::env::var("CURBSIDE_BENCH_ARCHIVE") {
        return named.split(':').map(PathBuf::from).collect();
    }
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let real = ["../shared/data/archive", "../shared/data/search/liveqa_medquad/threads.jsonl"].map(|path| root.join(path));
    if real.iter().all(|path| path.exists()) { real.to_vec() } else { vec![root.join("corpus-sample")] }
}

/// Every thread of the archive.
pub fn threads(archive: &[PathBuf]) -> Vec<Thread> {
    let reader = Reader::new();
    let none = PathBuf::new();
    let files = curbside::ingest::files(archive, &none).filter_map(Result::ok);
    let chunks = files.filter_map(|path| reader.open(&path).ok()).flatten().filter_map(Result::ok);
    chunks.flat_map(|chunk| reader.threads(&chunk)).filter_map(Result::ok).collect()
}

/// Title, question and answers of a thread as three texts.
pub fn texts(thread: &Thread) -> [String; 3] {
    let of = |role: Role| {
        let posts = thread.posts.iter().filter(|post| post.role == role);
        posts
            .flat_map(|post| std::iter::once(&post.text).chain(post.sections.iter().map(|s| &s.text)))
            .cloned()
            .collect::<Vec<_>>()
            .join("\n")
    };
    [thread.title.clone(), of(Role::Patient), of(Role::Doctor)]
}

/// Runs both in turn, `runs` times after one warm-up each; gives their times in order.
pub fn in_turn(runs: usize, mut a: impl FnMut(), mut b: impl FnMut()) -> (Vec<Duration>, Vec<Duration>) {
    let mut times = (Vec::new(), Vec::new());
    for run in 0..=runs {
        let (of_a, of_b) = (timed(&mut a), timed(&mut b));
        if run > 0 {
            times.0.push(of_a);
            times.1.push(of_b);
        }
    }
    times
}

pub fn timed(work: &mut impl FnMut()) -> Duration {
    let started = Instant::now();
    work();
    started.elapsed()
}

/// The value below which a share of the times lies.
pub fn quantile(times: &[Duration], share: f64) -> Duration {
    let mut sorted = times.to_vec();
    sorted.sort();
    sorted[((sorted.len() - 1) as f64 * share).round() as usize]
}

/// "name  median (min to max)".
pub fn report(name: &str, times: &[Duration]) {
    let ms = |time: Duration| time.as_secs_f64() * 1000.0;
    println!(
        "{name:<44} {:>10.3} ms   ({:.3} to {:.3})",
        ms(quantile(times, 0.5)),
        ms(quantile(times, 0.0)),
        ms(quantile(times, 1.0))
    );
}

/// The ratio of each pair of runs: median, least and most.
pub fn report_ratio(name: &str, a: &[Duration], b: &[Duration]) {
    let mut ratios: Vec<f64> = a.iter().zip(b).map(|(a, b)| a.as_secs_f64() / b.as_secs_f64()).collect();
    ratios.sort_by(f64::total_cmp);
    println!("{name:<44} {:>10.2} x    ({:.2} to {:.2})", ratios[ratios.len() / 2], ratios[0], ratios[ratios.len() - 1]);
}
