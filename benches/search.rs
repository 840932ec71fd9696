//! What a search costs: curbside's whole answer and what of it is reading and ranking, beside plain tantivy's and Lucene's OR of the same words over
//! the same fields; on the archive as it is, and on one of ten times its threads that is recombined from its sentences. Warm, one
//! thread, everything in turn in one run.
//!
//! `cargo bench --bench search`; Lucene is asked where `CURBSIDE_LUCENE` names a folder of its jars. Times the threads by
//! `CURBSIDE_BENCH_TIMES` (10), rounds by `CURBSIDE_BENCH_ROUNDS` (9), another archive by `CURBSIDE_BENCH_ARCHIVE`. With
//! `CURBSIDE_BENCH_FOLDER` archives and indexes stay in that folder, and those that are there are only opened.

mod support;

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use curbside::index::{Index, View};
use curbside::query::Ask;
use curbside::search::{Answer, Options, Weights, search};
use support::engine::{Engine, Work, lucene};
use support::plain::{Analysis, NAMES, Or, Plain};
use support::questions::Questions;
use support::recombined::Recombined;
use support::results::{Results, ms, spread_of};
use support::{archive, each_thread, indexed, least, quantile, setting, texts, timed, write_table};

/// Rounds that only warm: Lucene's compiler takes so many.
const WARMING: usize = 3;

const SYSTEMS: [&str; 7] = [
    "curbside, whole answer",
    "curbside, read and ranked alone",
    "tantivy, an OR per word",
    "tantivy, the same with texts and snippets",
    "tantivy, one flat OR",
    "Lucene, an OR per word",
    "Lucene, one flat OR",
];

/// The one that the others are measured by.
const MEASURE: usize = 2;

/// Each question's time is the least of so many rounds; what is beyond is measured again, and shows how far figures are spread.
const AGAIN: usize = 3;

/// Median and 99th percentile over the questions, of one system, measured several times.
type Measured = Vec<[Duration; 2]>;

fn main() {
    let archive = archive();
    let questions = Questions::of(&archive);
    let temporary = tempfile::tempdir().unwrap();
    let folder = std::env::var_os("CURBSIDE_BENCH_FOLDER").map_or(temporary.path().to_path_buf(), PathBuf::from);
    let times = setting("CURBSIDE_BENCH_TIMES", 10);
    let mut results = Results::new("search", "Searches: curbside, plain tantivy and Lucene");
    results.say(&questions.described());

    let small = Size::at(&folder.join("1"), archive, 1);
    let of_small = small.measured(&questions, &mut results);
    let large = Size::at(&folder.join(times.to_string()), small.archive.clone(), times);
    drop(small);
    let of_large = large.measured(&questions, &mut results);
    let mut rows = Vec::new();
    for (system, name) in SYSTEMS.into_iter().enumerate() {
        let growth = |kind: usize| {
            let (small, large) = (&of_small[kind][system], &of_large[kind][system]);
            if small.is_empty() { "–".to_owned() } else { format!("{:.1}", ms(middle(large, 0)) / ms(middle(small, 0))) }
        };
        rows.push(vec![name.to_owned(), growth(0), growth(1)]);
    }
    results.say(&format!("Growth of the median at {times} times the threads:\n"));
    results.table(&["", "short", "long"], &rows);
    results.keep();
}

/// One archive in every system.
struct Size {
    archive: Vec<PathBuf>,
    view: View,
    plain: Plain,
    lucene: Option<std::cell::RefCell<Engine>>,
    folder: PathBuf,
}

impl Size {
    fn at(folder: &Path, archive: Vec<PathBuf>, times: u64) -> Size {
        std::fs::create_dir_all(folder).unwrap();
        let archive = if times == 1 { archive } else { vec![recombined(folder, &archive, times)] };
        let [ours, plain, table] = ["curbside", "tantivy", "texts.tsv"].map(|name| folder.join(name));
        let index = if ours.exists() { Index::open(&ours).unwrap() } else { indexed(&ours, &archive) };
        let plain = match plain.exists() {
            true => Plain::open(&plain),
            false => Plain::write(&plain, &NAMES, Analysis::Stems, each_thread(&archive).map(|thread| texts(&thread))),
        };
        if !table.exists() {
            write_table(&archive, &table);
        }
        let mut lucene = Engine::start("Lucene", lucene(), &Work::on(&table, &folder.join("lucene")));
        if let Some(lucene) = &mut lucene {
            lucene.index();
        }
        let view = index.view().unwrap();
        Size { archive, view, plain, lucene: lucene.map(Into::into), folder: folder.to_path_buf() }
    }

    /// Short and long questions asked of every system in turn; empty where one is missing.
    fn measured(&self, questions: &Questions, results: &mut Results) -> [Vec<Measured>; 2] {
        let segments = |searcher: &tantivy::Searcher| searcher.segment_readers().len();
        let (ours, plain) = (segments(self.view.searcher()), segments(self.plain.searcher()));
        results.say(&format!("## {} threads ({ours} segments, plain tantivy {plain})\n", self.view.len()));
        [("short", &questions.short), ("long", &questions.long)].map(|(kind, questions)| {
            let file = self.folder.join(kind);
            std::fs::write(&file, questions.join("\n")).unwrap();
            let mut rounds = vec![Vec::new(); SYSTEMS.len()];
            for round in 0..WARMING + setting("CURBSIDE_BENCH_ROUNDS", 9) as usize {
                for (system, rounds) in rounds.iter_mut().enumerate() {
                    let times = self.asked(system, questions, &file);
                    if round >= WARMING && !times.is_empty() {
                        rounds.push(times);
                    }
                }
            }
            let measured: Vec<Measured> = rounds.iter().map(|rounds| rounds.chunks(AGAIN).map(of_rounds).collect()).collect();
            report(kind, &measured, results);
            measured
        })
    }

    fn asked(&self, system: usize, questions: &[String], file: &Path) -> Vec<Duration> {
        let each = |ask: &dyn Fn(&str)| questions.iter().map(|question| timed(|| ask(question))).collect();
        let lucene = |form: &str| self.lucene.iter().flat_map(|lucene| lucene.borrow_mut().ask(form, file, 3600)).collect();
        match system {
            0 => each(&|question| answered(&self.view, question, 10)),
            1 => each(&|question| answered(&self.view, question, 0)),
            2 => each(&|question| _ = std::hint::black_box(self.plain.top(question, Or::PerWord))),
            3 => each(&|question| _ = std::hint::black_box(self.plain.shown(question, Or::PerWord))),
            4 => each(&|question| _ = std::hint::black_box(self.plain.top(question, Or::Flat))),
            5 => lucene("nested"),
            _ => lucene("flat"),
        }
    }
}

/// What `curbside search` makes of a question, up to the bytes of its JSON; without hits to show it reads and ranks alone.
fn answered(view: &View, question: &str, count: usize) {
    let started = Instant::now();
    let ask = Ask::read_corrected(question, view).unwrap();
    let hits = search(view, &ask, Weights::built_in(), &Options { count, ..Options::default() }).unwrap();
    let answer = Answer::new(view, &ask, hits, ms(started.elapsed()));
    std::hint::black_box(serde_json::to_vec(&answer).unwrap());
}

fn recombined(folder: &Path, archive: &[PathBuf], times: u64) -> PathBuf {
    let path = folder.join("threads.jsonl");
    if !path.exists() {
        let threads = each_thread(archive).count() as u64;
        Recombined::new(each_thread(archive), 1).write(times * threads, &path);
    }
    path
}

fn of_rounds(rounds: &[Vec<Duration>]) -> [Duration; 2] {
    let times = least(rounds);
    [quantile(&times, 0.5), quantile(&times, 0.99)]
}

/// The middle median (0) or 99th percentile (1).
fn middle(measured: &Measured, which: usize) -> Duration {
    quantile(&measured.iter().map(|one| one[which]).collect::<Vec<_>>(), 0.5)
}

fn report(kind: &str, measured: &[Measured], results: &mut Results) {
    let ratio = |of: usize, by: usize, which: usize| {
        let pairs = measured[of].iter().zip(&measured[by]);
        spread_of(&pairs.map(|(a, b)| a[which].as_secs_f64() / b[which].as_secs_f64()).collect::<Vec<_>>())
    };
    let mut rows = Vec::new();
    for (system, name) in SYSTEMS.iter().enumerate().filter(|&(system, _)| !measured[system].is_empty()) {
        let figure = |which: usize| format!("{:.3}", ms(middle(&measured[system], which)));
        rows.push(vec![(*name).to_owned(), figure(0), figure(1), ratio(system, MEASURE, 0), ratio(system, MEASURE, 1)]);
    }
    let measure = format!("median, as a multiple of {}", SYSTEMS[MEASURE]);
    results.table(&[&format!("{kind} questions"), "median, ms", "p99, ms", &measure, "p99, the same"], &rows);
    let lucene = SYSTEMS.len() - 1;
    if !measured[lucene].is_empty() {
        let [median, p99] = [0, 1].map(|which| ratio(0, lucene, which));
        results.say(&format!("The whole answer as a multiple of Lucene's flat OR: median {median}, p99 {p99}.\n"));
    }
}
