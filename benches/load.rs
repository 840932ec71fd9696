//! What HTTP costs: search and related through the server at 1, 16 and 256 connections, beside the same questions asked in this
//! process by as many threads as the server has for them; then more clients than it takes.
//!
//! `cargo bench --bench load`, with `wrk` on the path, which shares the machine's cores with the server. Everything stays on
//! 127.0.0.1. Seconds of one measure by `CURBSIDE_BENCH_SECONDS` (5), rounds by `CURBSIDE_BENCH_RUNS` (3), seconds of overload by
//! `CURBSIDE_BENCH_OVERLOAD` (60), another archive by `CURBSIDE_BENCH_ARCHIVE`.

mod support;

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use curbside::index::View;
use curbside::query::Ask;
use curbside::related::{self, Subject};
use curbside::search::{self, Weights};
use curbside::thread::ThreadId;
use support::{cpu_of, indexed, memory_of, quantile, setting};

/// Threads whose titles are asked for, and whose panels are.
const QUESTIONS: usize = 500;

const CONNECTIONS: [usize; 3] = [1, 16, 256];

/// Clients beyond what the server takes at once.
const CROWD: usize = 2000;

fn main() {
    if Command::new("wrk").arg("--version").stdout(Stdio::null()).stderr(Stdio::null()).status().is_err() {
        println!("skipped: wrk is not installed");
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("index");
    let view = indexed(&path, &archive()).view().unwrap();
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    println!("{} threads, {cores} cores", view.len());
    let jobs = Jobs::of(&view, folder.path());
    let (seconds, rounds) = (setting("CURBSIDE_BENCH_SECONDS", 5), setting("CURBSIDE_BENCH_RUNS", 3));

    let server = Server::start(&path, folder.path());
    for (name, kind) in [("search", Kind::Search), ("related", Kind::Related)] {
        for connections in CONNECTIONS {
            let workers = connections.min(cores);
            let mut pairs = Vec::new();
            for _ in 0..rounds {
                let inside = in_process(&view, &jobs, kind, workers, Duration::from_secs(seconds));
                let outside = wrk(&server, jobs.paths(kind), connections, seconds);
                assert_eq!((outside.refused, outside.failed), (0, 0), "{name} at {connections}");
                pairs.push((inside, outside));
            }
            report(name, connections, workers, &mut pairs);
        }
    }
    drop(server);
    overload(&path, folder.path(), &jobs, setting("CURBSIDE_BENCH_OVERLOAD", 60));
}

/// The 47,455 threads of LiveQA-MedQuAD where they are, which is the archive that the figures are given for.
fn archive() -> Vec<PathBuf> {
    let named = support::archive();
    let liveqa = named.iter().find(|path| path.ends_with("liveqa_medquad/threads.jsonl"));
    liveqa.map_or(named.clone(), |path| vec![path.clone()])
}

#[derive(Clone, Copy)]
enum Kind {
    Search,
    Related,
}

/// What is asked, inside and outside alike.
struct Jobs {
    questions: Vec<String>,
    ids: Vec<ThreadId>,
    search_paths: PathBuf,
    related_paths: PathBuf,
}

impl Jobs {
    /// Titles and ids of threads from all over the index.
    fn of(view: &View, folder: &Path) -> Jobs {
        let every = (view.len() as usize / QUESTIONS).max(1);
        let threads = view.addresses().step_by(every).take(QUESTIONS).map(|at| view.thread(at).unwrap());
        let (questions, ids): (Vec<String>, Vec<ThreadId>) =
            threads.map(|thread| (thread.heading().to_owned(), thread.id)).unzip();
        let written = |name: &str, paths: Vec<String>| {
            let path = folder.join(name);
            std::fs::write(&path, paths.join("\n")).unwrap();
            path
        };
        let search_paths =
            written("search", questions.iter().map(|question| format!("/api/v1/search?q={}", escaped(question))).collect());
        let related_paths =
            written("related", ids.iter().map(|id| format!("/api/v1/threads/{}/related", escaped(id.as_str()))).collect());
        Jobs { questions, ids, search_paths, related_paths }
    }

    fn paths(&self, kind: Kind) -> &Path {
        match kind {
            Kind::Search => &self.search_paths,
            Kind::Related => &self.related_paths,
        }
    }

    /// Does the nth job as the server does it, up to the bytes of the answer.
    fn done(&self, view: &View, kind: Kind, n: usize) -> Vec<u8> {
        let started = Instant::now();
        match kind {
            Kind::Search => {
                let ask = Ask::read_corrected(&self.questions[n % self.questions.len()], view).unwrap();
                let hits = search::search(view, &ask, Weights::built_in(), &search::Options::default()).unwrap();
                let answer = search::Answer::new(view, &ask, hits, started.elapsed().as_secs_f64() * 1000.0);
                serde_json::to_vec(&answer).unwrap()
            }
            Kind::Related => {
                let id = &self.ids[n % self.ids.len()];
                let (thread, annotation) = view.annotated(view.find(id).unwrap().unwrap()).unwrap();
                let subject = Subject { thread, annotation, own: Some(id.clone()) };
                let panel = related::panel(view, &subject, Weights::built_in(), &related::Options::default()).unwrap();
                serde_json::to_vec(&related::Answer::new(id.as_str(), panel, started.elapsed().as_secs_f64() * 1000.0)).unwrap()
            }
        }
    }
}

fn escaped(text: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.~".contains(&byte);
    text.bytes().map(|byte| if plain(byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") }).collect()
}

/// Answers a second, and how long they took.
struct Figures {
    per_second: f64,
    answered: u64,
    median: Duration,
    p99: Duration,
    slowest: Duration,
    /// Time of a core that one answer took of the process that gave it, which other work on the machine changes little.
    cpu: Duration,
    /// Answers that were no 200.
    refused: u64,
    /// Connections that broke or were not answered in time.
    failed: u64,
}

fn in_process(view: &View, jobs: &Jobs, kind: Kind, workers: usize, time: Duration) -> Figures {
    let next = AtomicUsize::new(0);
    let (started, cpu) = (Instant::now(), cpu_of(std::process::id()));
    let times: Vec<Duration> = std::thread::scope(|scope| {
        let work = || {
            let mut times = Vec::new();
            while started.elapsed() < time {
                let begun = Instant::now();
                std::hint::black_box(jobs.done(view, kind, next.fetch_add(1, Ordering::Relaxed)));
                times.push(begun.elapsed());
            }
            times
        };
        let workers: Vec<_> = (0..workers).map(|_| scope.spawn(work)).collect();
        workers.into_iter().flat_map(|worker| worker.join().unwrap()).collect()
    });
    Figures {
        per_second: times.len() as f64 / started.elapsed().as_secs_f64(),
        answered: times.len() as u64,
        median: quantile(&times, 0.5),
        p99: quantile(&times, 0.99),
        slowest: quantile(&times, 1.0),
        cpu: (cpu_of(std::process::id()) - cpu) / times.len().max(1) as u32,
        refused: 0,
        failed: 0,
    }
}

fn wrk(server: &Server, paths: &Path, connections: usize, seconds: u64) -> Figures {
    let cpu = cpu_of(server.process.id());
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("benches/support/load.lua");
    let ran = Command::new("wrk")
        .args(["--threads", "1", "--timeout", "30s", "--connections", &connections.to_string()])
        .args(["--duration", &format!("{seconds}s"), "--script"])
        .arg(script)
        .arg(format!("http://127.0.0.1:{}", server.port))
        .arg("--")
        .arg(paths)
        .output()
        .expect("wrk runs");
    let out = String::from_utf8_lossy(&ran.stdout);
    let line = out.lines().find_map(|line| line.strip_prefix("figures ")).unwrap_or_else(|| panic!("wrk says {out}"));
    let figures: Vec<f64> = line.split(' ').map(|figure| figure.parse().expect("a number")).collect();
    let [answered, micros, refused, failed, median, p99, slowest] = figures[..] else { panic!("wrk says {line}") };
    let time = |micros: f64| Duration::from_secs_f64(micros / 1e6);
    Figures {
        per_second: answered / micros * 1e6,
        answered: answered as u64,
        median: time(median),
        p99: time(p99),
        slowest: time(slowest),
        cpu: (cpu_of(server.process.id()) - cpu) / (answered as u32).max(1),
        refused: refused as u64,
        failed: failed as u64,
    }
}

/// The middle round, and of both ratios the spread over the rounds.
fn report(name: &str, connections: usize, workers: usize, pairs: &mut [(Figures, Figures)]) {
    let spread = |ratio: &dyn Fn(&(Figures, Figures)) -> f64| {
        let mut ratios: Vec<f64> = pairs.iter().map(ratio).collect();
        ratios.sort_by(f64::total_cmp);
        format!("{:.2} ({:.2} to {:.2})", ratios[ratios.len() / 2], ratios[0], ratios[ratios.len() - 1])
    };
    let by_rate = |pair: &(Figures, Figures)| pair.1.per_second / pair.0.per_second;
    let by_cpu = |pair: &(Figures, Figures)| pair.0.cpu.as_secs_f64() / pair.1.cpu.as_secs_f64();
    let ratios = (spread(&by_rate), spread(&by_cpu));
    pairs.sort_by(|a, b| by_rate(a).total_cmp(&by_rate(b)));
    let (inside, outside) = &pairs[pairs.len() / 2];
    println!(
        "{name} at {connections} connections: {:.0}/s, median {:.2} ms, p99 {:.2} ms; {workers} in process: {:.0}/s, p99 {:.2} ms\n  \
         throughput beside in process {}; answers per second of a core beside in process {}",
        outside.per_second,
        ms(outside.median),
        ms(outside.p99),
        inside.per_second,
        ms(inside.p99),
        ratios.0,
        ratios.1,
    );
}

fn ms(time: Duration) -> f64 {
    time.as_secs_f64() * 1000.0
}

/// More clients than the server takes: what is answered, what is refused, and what becomes of its memory.
fn overload(index: &Path, folder: &Path, jobs: &Jobs, seconds: u64) {
    let server = Server::start(index, folder);
    let step = (seconds / 6).max(5);
    let mut memory = Vec::new();
    println!("overload by {CROWD} connections, in steps of {step} s");
    for _ in 0..(seconds / step).max(2) {
        let figures = wrk(&server, jobs.paths(Kind::Search), CROWD, step);
        let begun = Instant::now();
        server.is_well();
        memory.push(server.memory());
        let share = figures.refused as f64 / figures.answered.max(1) as f64;
        let refused = figures.per_second * share;
        println!(
            "  {:>6.0} answers/s, {refused:>6.0} refusals/s, {} broken, median {:.0} ms, p99 {:.0} ms, slowest {:.0} ms; memory {:.0} MB; \
             well again after {:.1} ms",
            figures.per_second - refused,
            figures.failed,
            ms(figures.median),
            ms(figures.p99),
            ms(figures.slowest),
            memory[memory.len() - 1],
            ms(begun.elapsed()),
        );
        assert_eq!(figures.failed, 0, "every client is answered or refused");
    }
    // What the first step takes is the server's size under load; what comes on top of it later would be a leak.
    println!("  memory at the end beside after the first step: {:.2}", memory[memory.len() - 1] / memory[0]);
}

struct Server {
    process: Child,
    port: u16,
}

impl Server {
    fn start(index: &Path, folder: &Path) -> Server {
        // A port that was free a moment ago.
        let port = TcpListener::bind("127.0.0.1:0").and_then(|free| free.local_addr()).unwrap().port();
        let log = std::fs::File::create(folder.join("log")).unwrap();
        let process = Command::new(env!("CARGO_BIN_EXE_curbside"))
            .args(["serve", "--addr", &format!("127.0.0.1:{port}"), "--index"])
            .arg(index)
            .stderr(log)
            .stdout(Stdio::null())
            .spawn()
            .unwrap();
        let begun = Instant::now();
        while TcpStream::connect(("127.0.0.1", port)).is_err() {
            assert!(begun.elapsed() < Duration::from_secs(30), "the server does not start");
            std::thread::sleep(Duration::from_millis(50));
        }
        Server { process, port }
    }

    fn is_well(&self) {
        let mut stream = TcpStream::connect(("127.0.0.1", self.port)).unwrap();
        stream.write_all(b"GET /api/v1/stats HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n").unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    }

    /// Megabytes that the process holds, without the files that it maps.
    fn memory(&self) -> f64 {
        memory_of(self.process.id(), "RssAnon")
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
