//! curbside beside other search engines over the same texts: what indexing takes in time, work of cores, memory and room, and how long
//! questions and related questions take. Each engine in a process of its own, one after the other, on recombined archives of
//! growing size.
//!
//! `cargo bench --bench versus`. Sizes by `CURBSIDE_BENCH_SIZES` (50000,500000); runs of the smallest size, the larger ones in
//! proportion, by `CURBSIDE_BENCH_RUNS` (3); seconds that an engine has at most for one round of questions by
//! `CURBSIDE_BENCH_SECONDS` (20). Lucene takes part where `CURBSIDE_LUCENE` names a folder of its jars, FTS5 and Xapian where the
//! Python that `CURBSIDE_PYTHON` names has their modules; these two on no more threads than `CURBSIDE_BENCH_SLOW` (500000), as they need
//! minutes for half a million and hours for five. Curves and tables are kept where `CURBSIDE_BENCH_RESULTS` names a folder.
//!
//! curbside reads JSON Lines, annotates, embeds, and stores threads whole; the others read a table of the same texts and store these.

mod support;

use std::path::Path;
use std::process::Command;
use std::time::Duration;

use curbside::index::View;
use curbside::query::Ask;
use curbside::related::{self, Subject, panel};
use curbside::search::{Options, Weights, search};
use plotters::prelude::*;
use support::engine::{Answering, Engine, Work, by_python, lucene, serve};
use support::plain::{Analysis, NAMES, Or, Plain};
use support::questions::Questions;
use support::recombined::Recombined;
use support::results::{Results, ms, spread_of};
use support::{archive, bytes_in, each_thread, indexed, least, quantile, setting, write_table};
use tantivy::DocAddress;

const ENGINES: [&str; 6] = ["curbside", "tantivy, one field", "tantivy, three fields", "Lucene", "SQLite FTS5", "Xapian"];

/// The engines that are given small archives alone begin here.
const FIRST_SLOW: usize = 4;

/// Rounds of each kind of question; the first ones only warm, and each question's time is the least of the others.
const ROUNDS: usize = 6;
const WARMING: usize = 3;

/// Documents whose like are sought.
const RELATED: usize = 200;

/// What one engine took for one archive.
#[derive(Clone)]
struct Figures {
    engine: usize,
    threads: u64,
    /// In the order of [`MEASURES`]; `None` where an engine cannot do it.
    values: [Option<f64>; MEASURES.len()],
}

const MEASURES: [&str; 10] = [
    "indexing, s",
    "work of cores, s",
    "peak memory, MB",
    "size, MB",
    "short, median ms",
    "short, p99 ms",
    "long, median ms",
    "long, p99 ms",
    "related, median ms",
    "related, p99 ms",
];

fn main() {
    match std::env::var("CURBSIDE_BENCH_ENGINE").as_deref() {
        Ok("curbside") => return serve(&mut Curbside { work: Work::given(), view: None, all: Vec::new() }),
        Ok(fields) => {
            let names = if fields == "one" { &NAMES[..1] } else { &NAMES[..] };
            return serve(&mut Tantivy { work: Work::given(), names, plain: None, all: Vec::new() });
        }
        Err(_) => {}
    }
    let archive = archive();
    let questions = Questions::of(&archive);
    let mut results = Results::new("versus", "curbside beside other search engines");
    results.say(&questions.described());
    let sizes = std::env::var("CURBSIDE_BENCH_SIZES").unwrap_or_else(|_| "50000,500000".to_owned());
    let sizes: Vec<u64> =
        sizes.split(',').map(|size| size.parse().expect("CURBSIDE_BENCH_SIZES is numbers, commas between")).collect();
    let mut grown = Vec::new();
    for &threads in &sizes {
        let folder = tempfile::tempdir().unwrap();
        let (lines, table) = (folder.path().join("threads.jsonl"), folder.path().join("texts.tsv"));
        Recombined::new(each_thread(&archive), 1).write(threads, &lines);
        let (_, bytes) = write_table(std::slice::from_ref(&lines), &table);
        let files = [("short", &questions.short), ("long", &questions.long)].map(|(name, questions)| {
            let file = folder.path().join(name);
            std::fs::write(&file, questions.join("\n")).unwrap();
            file
        });
        let runs = (setting("CURBSIDE_BENCH_RUNS", 3) * sizes[0] / threads).max(1);
        let of_run = |_| (0..ENGINES.len()).filter_map(|engine| measure(engine, threads, &lines, &table, &files)).collect();
        let runs: Vec<Vec<Figures>> = (0..runs).map(of_run).collect();
        let megabytes = bytes as f64 / 1e6;
        results.say(&format!("## {threads} threads, {megabytes:.0} MB of text, {} in turn\n", counted(runs.len())));
        grown.extend(report(&runs, &mut results));
        results.keep();
    }
    if let Some(place) = results.place("svg") {
        draw(&place, &grown).unwrap();
        results.say(&format!("![Growth with the archive]({})", place.file_name().unwrap().display()));
    }
    results.keep();
}

fn counted(runs: usize) -> String {
    if runs == 1 { "one run of each".to_owned() } else { format!("{runs} runs of each") }
}

/// Starts an engine on an empty folder and has it do everything once.
fn measure(engine: usize, threads: u64, lines: &Path, table: &Path, questions: &[std::path::PathBuf; 2]) -> Option<Figures> {
    let this = |what: &str| {
        let mut command = Command::new(std::env::current_exe().unwrap());
        command.env("CURBSIDE_BENCH_ENGINE", what);
        Ok(command)
    };
    if engine >= FIRST_SLOW && threads > setting("CURBSIDE_BENCH_SLOW", 500_000) {
        return None;
    }
    let (command, texts) = match engine {
        0 => (this("curbside"), lines),
        1 => (this("one"), table),
        2 => (this("three"), table),
        3 => (lucene(), table),
        4 => (by_python("fts5"), table),
        _ => (by_python("xapian"), table),
    };
    let folder = tempfile::tempdir().unwrap();
    let place = folder.path().join("index");
    let mut running = Engine::start(ENGINES[engine], command, &Work::on(texts, &place))?;
    let indexed = running.index();
    let seconds = setting("CURBSIDE_BENCH_SECONDS", 20);
    // Each engine's faster form.
    let form = if engine == 3 { "flat" } else { "nested" };
    let rounds = |ask: &mut dyn FnMut() -> Vec<Duration>| least(&(0..ROUNDS).map(|_| ask()).collect::<Vec<_>>()[WARMING..]);
    let [short, long] = questions.each_ref().map(|file| rounds(&mut || running.ask(form, file, seconds)));
    let related = rounds(&mut || running.relate(RELATED, seconds));
    let of = |times: &[Duration], share| (!times.is_empty()).then(|| ms(quantile(times, share)));
    let values = [
        Some(indexed.time.as_secs_f64()),
        Some(indexed.cpu.as_secs_f64()),
        Some(indexed.peak),
        Some(bytes_in(&place) as f64 / 1e6),
        of(&short, 0.5),
        of(&short, 0.99),
        of(&long, 0.5),
        of(&long, 0.99),
        of(&related, 0.5),
        of(&related, 0.99),
    ];
    Some(Figures { engine, threads, values })
}

/// The figures themselves, the middle of the runs, and curbside's as a multiple of each engine's in the same run; gives the middle ones.
fn report(runs: &[Vec<Figures>], results: &mut Results) -> Vec<Figures> {
    let (mut middles, mut ratios) = (Vec::new(), Vec::new());
    for engine in runs[0].iter().map(|figures| figures.engine) {
        let of = |run: &'_ Vec<Figures>, engine: usize, measure: usize| -> Option<f64> {
            run.iter().find(|figures| figures.engine == engine)?.values[measure]
        };
        let middle = |measure: usize| {
            let mut values: Vec<f64> = runs.iter().filter_map(|run| of(run, engine, measure)).collect();
            values.sort_by(f64::total_cmp);
            values.get(values.len() / 2).copied()
        };
        middles.push(Figures { engine, threads: runs[0][0].threads, values: std::array::from_fn(middle) });
        let ratio = |measure: usize| {
            let pairs = runs.iter().filter_map(|run| Some(of(run, 0, measure)? / of(run, engine, measure)?));
            spread_of(&pairs.collect::<Vec<_>>())
        };
        if engine == 0 {
            continue;
        }
        ratios.push([ENGINES[engine].to_owned()].into_iter().chain((0..MEASURES.len()).map(ratio)).collect());
    }
    let head: Vec<&str> = [""].into_iter().chain(MEASURES).collect();
    let figure = |value: Option<f64>| match value {
        None => "–".to_owned(),
        Some(value) if value >= 100.0 => format!("{value:.0}"),
        Some(value) if value >= 10.0 => format!("{value:.1}"),
        Some(value) => format!("{value:.2}"),
    };
    let row = |of: &Figures| [ENGINES[of.engine].to_owned()].into_iter().chain(of.values.into_iter().map(figure)).collect();
    results.table(&head, &middles.iter().map(row).collect::<Vec<_>>());
    results.say("curbside's figures as multiples of each engine's, in the same run:\n");
    results.table(&head, &ratios);
    middles
}

/// Four measures by the number of threads, both on scales of powers; a line an engine.
fn draw(place: &Path, grown: &[Figures]) -> Result<(), Box<dyn std::error::Error>> {
    const PANELS: [usize; 4] = [0, 2, 3, 6];
    // Told apart by those who do not see colours as most do (Okabe and Ito 2008).
    const COLOURS: [RGBColor; ENGINES.len()] = [
        RGBColor(0, 0, 0),
        RGBColor(230, 159, 0),
        RGBColor(86, 180, 233),
        RGBColor(0, 158, 115),
        RGBColor(213, 94, 0),
        RGBColor(204, 121, 167),
    ];
    let root = SVGBackend::new(place, (1000, 800)).into_drawing_area();
    root.fill(&WHITE)?;
    let (panels, legend) = root.split_vertically(760);
    let shown = (0..ENGINES.len()).filter(|&engine| grown.iter().any(|figures| figures.engine == engine));
    for (n, engine) in shown.enumerate() {
        let x = 20 + 160 * n as i32;
        legend.draw(&PathElement::new([(x, 16), (x + 24, 16)], COLOURS[engine].stroke_width(3)))?;
        legend.draw(&Text::new(ENGINES[engine], (x + 30, 10), ("sans-serif", 14)))?;
    }
    let threads = grown.iter().map(|figures| figures.threads as f64);
    let (least, most) = threads.fold((f64::MAX, 0.0_f64), |(least, most), n| (least.min(n), most.max(n)));
    for (panel, measure) in panels.split_evenly((2, 2)).into_iter().zip(PANELS) {
        let values = grown.iter().filter_map(|figures| figures.values[measure]).filter(|&value| value > 0.0);
        let (lowest, highest) = values.fold((f64::MAX, 0.0_f64), |(low, high), value| (low.min(value), high.max(value)));
        let mut chart = ChartBuilder::on(&panel)
            .margin(12)
            .caption(MEASURES[measure], ("sans-serif", 18))
            .x_label_area_size(32)
            .y_label_area_size(56)
            .build_cartesian_2d((least * 0.9..most * 1.1).log_scale(), (lowest * 0.7..highest * 1.4).log_scale())?;
        let rounded = |value: &f64| format!("{}", (value * 1000.0).round() / 1000.0);
        let mut mesh = chart.configure_mesh();
        mesh.x_desc(format!("threads, {least} to {most}")).light_line_style(WHITE).x_label_formatter(&rounded);
        mesh.y_label_formatter(&rounded).draw()?;
        for (engine, colour) in COLOURS.iter().enumerate() {
            let of_engine = grown.iter().filter(|figures| figures.engine == engine);
            let points: Vec<(f64, f64)> = of_engine.filter_map(|of| Some((of.threads as f64, of.values[measure]?))).collect();
            if points.is_empty() {
                continue;
            }
            let style = colour.stroke_width(if engine == 0 { 3 } else { 2 });
            chart.draw_series(points.iter().map(|&point| Circle::new(point, 3, colour.filled())))?;
            chart.draw_series(LineSeries::new(points, style))?;
        }
    }
    root.present()?;
    Ok(())
}

struct Curbside {
    work: Work,
    view: Option<View>,
    all: Vec<DocAddress>,
}

impl Answering for Curbside {
    fn index(&mut self) {
        let view = indexed(&self.work.folder, std::slice::from_ref(&self.work.texts)).view().unwrap();
        self.all = view.addresses().collect();
        self.view = Some(view);
    }

    fn ask(&mut self, question: &str, _form: &str) {
        let view = self.view.as_ref().expect("it is indexed first");
        let ask = Ask::read_corrected(question, view).unwrap();
        std::hint::black_box(search(view, &ask, Weights::built_in(), &Options::default()).unwrap());
    }

    fn documents(&self) -> usize {
        self.all.len()
    }

    fn relate(&mut self, nth: usize) {
        let view = self.view.as_ref().expect("it is indexed first");
        let (thread, annotation) = view.annotated(self.all[nth]).unwrap();
        let own = Some(thread.id.clone());
        let subject = Subject { thread, annotation, own };
        std::hint::black_box(panel(view, &subject, Weights::built_in(), &related::Options::default()).unwrap());
    }
}

struct Tantivy {
    work: Work,
    names: &'static [&'static str],
    plain: Option<Plain>,
    all: Vec<DocAddress>,
}

impl Answering for Tantivy {
    fn index(&mut self) {
        use std::io::BufRead;
        let lines = std::io::BufReader::new(std::fs::File::open(&self.work.texts).unwrap()).lines().map(Result::unwrap);
        let texts = lines.map(|line| {
            let mut texts = line.split('\t').map(str::to_owned);
            std::array::from_fn(|_| texts.next().unwrap_or_default())
        });
        let plain = Plain::write(&self.work.folder, self.names, Analysis::Stems, texts);
        self.all = plain.all();
        self.plain = Some(plain);
    }

    fn ask(&mut self, question: &str, form: &str) {
        let or = if form == "flat" { Or::Flat } else { Or::PerWord };
        std::hint::black_box(self.plain.as_ref().expect("it is indexed first").top(question, or));
    }

    fn documents(&self) -> usize {
        self.all.len()
    }

    fn relate(&mut self, nth: usize) {
        std::hint::black_box(self.plain.as_ref().expect("it is indexed first").more_like(self.all[nth]));
    }
}
