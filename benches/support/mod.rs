//! What the benches share: archives, real and recombined, and their indexes; the same text in plain tantivy and in other engines;
//! timing, and what is kept of it.
#![allow(dead_code)] // each bench uses its part

pub mod engine;
pub mod plain;
pub mod questions;
pub mod recombined;
pub mod results;

use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use curbside::clinical::Lexicon;
use curbside::embed::Embedder;
use curbside::index::Index;
use curbside::ingest::{Options, Progress, ingest};
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

/// Every thread of the archive, one after the other; no more than one chunk of a file is in memory.
pub fn each_thread(archive: &[PathBuf]) -> impl Iterator<Item = Thread> + use<> {
    let reader = Reader::new();
    let files: Vec<PathBuf> = curbside::ingest::files(archive, Path::new("")).filter_map(Result::ok).collect();
    files.into_iter().flat_map(move |path| {
        let reader = reader.clone();
        let chunks = reader.open(&path).into_iter().flatten().filter_map(Result::ok);
        chunks.flat_map(move |chunk| reader.threads(&chunk)).filter_map(Result::ok)
    })
}

pub fn threads(archive: &[PathBuf]) -> Vec<Thread> {
    each_thread(archive).collect()
}

/// The archive in a new index at `path`, as `curbside index` brings it there.
pub fn indexed(path: &Path, archive: &[PathBuf]) -> Index {
    let index = Index::open_or_create(path, &Lexicon::core(), &Embedder::builtin()).unwrap();
    ingest(&index, &Reader::new(), archive, &Options::default(), &Progress::default(), &mut |_| {}).unwrap();
    index
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

/// Writes title, question and answers of every thread, a thread a line and tabs between, for engines that read nothing else; gives the
/// threads and their bytes of text.
pub fn write_table(archive: &[PathBuf], table: &Path) -> (u64, u64) {
    let mut out = BufWriter::new(std::fs::File::create(table).unwrap());
    let (mut threads, mut bytes) = (0, 0);
    for thread in each_thread(archive) {
        let line = texts(&thread).map(|text| text.replace(['\t', '\n', '\r'], " ")).join("\t");
        writeln!(out, "{line}").unwrap();
        threads += 1;
        bytes += thread.text_len() as u64;
    }
    out.flush().unwrap();
    (threads, bytes)
}

/// Bytes of the files in a folder.
pub fn bytes_in(folder: &Path) -> u64 {
    std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().metadata().unwrap().len()).sum()
}

/// A number that an environment variable sets.
pub fn setting(name: &str, usual: u64) -> u64 {
    std::env::var(name).ok().and_then(|value| value.parse().ok()).unwrap_or(usual)
}

/// So many of them, at even distances.
pub fn spread<T>(all: Vec<T>, most: usize) -> Vec<T> {
    let step = (all.len() / most.max(1)).max(1);
    all.into_iter().step_by(step).take(most).collect()
}

/// Time of cores that a process has had, by Linux's count in hundredths of a second; nothing where there is no /proc.
pub fn cpu_of(process: u32) -> Duration {
    let stat = std::fs::read_to_string(format!("/proc/{process}/stat")).unwrap_or_default();
    let after_name = stat.rsplit(')').next().unwrap_or_default();
    let ticks: u64 = after_name.split_whitespace().skip(11).take(2).filter_map(|ticks| ticks.parse::<u64>().ok()).sum();
    Duration::from_millis(ticks * 10)
}

/// Megabytes by a line of a process's status, such as `VmHWM`; 0 where there is no /proc.
pub fn memory_of(process: u32, line: &str) -> f64 {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).unwrap_or_default();
    let value = status.lines().find_map(|of_status| of_status.strip_prefix(line)?.strip_prefix(':')).unwrap_or("0 kB");
    value.trim().trim_end_matches(" kB").parse::<f64>().unwrap_or(0.0) / 1024.0
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

pub fn timed(work: impl FnOnce()) -> Duration {
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

/// The least time of each question over rounds, which what else the machine does changes little; a later round may have fewer.
pub fn least(rounds: &[Vec<Duration>]) -> Vec<Duration> {
    let questions = rounds.iter().map(Vec::len).max().unwrap_or(0);
    (0..questions).filter_map(|n| rounds.iter().filter_map(|round| round.get(n)).min().copied()).collect()
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
