//! **Results** are what a bench found, in Markdown: printed as they come and, where `CURBSIDE_BENCH_RESULTS` names a folder, kept
//! there under date and name, with machine and command.

use std::fmt::Write;
use std::path::PathBuf;
use std::time::Duration;

pub struct Results {
    name: String,
    date: String,
    text: String,
    /// What else the machine had to do when it began.
    load: String,
}

impl Results {
    /// Begins with what is measured.
    pub fn new(bench: &str, what: &str) -> Results {
        let date = jiff::Timestamp::now().strftime("%Y-%m-%d").to_string();
        let mut results = Results { name: bench.to_owned(), date: date.clone(), text: String::new(), load: load() };
        let settings = ["SIZES", "TIMES", "RUNS", "ROUNDS", "SECONDS", "SLOW"].map(|name| format!("CURBSIDE_BENCH_{name}"));
        let settings = settings.iter().filter_map(|name| Some(format!("{name}={} ", std::env::var(name).ok()?)));
        results.say(&format!("# {what}\n"));
        results.say(&format!("{date}, {}. `{}cargo bench --bench {bench}`\n", machine(), settings.collect::<String>()));
        results
    }

    pub fn say(&mut self, paragraph: &str) {
        println!("{paragraph}");
        writeln!(self.text, "{paragraph}").unwrap();
    }

    pub fn table(&mut self, head: &[&str], rows: &[Vec<String>]) {
        let line = |cells: &mut dyn Iterator<Item = &str>| format!("| {} |", cells.collect::<Vec<_>>().join(" | "));
        self.say(&line(&mut head.iter().copied()));
        self.say(&line(&mut head.iter().map(|_| "---")));
        rows.iter().for_each(|row| self.say(&line(&mut row.iter().map(String::as_str))));
        self.say("");
    }

    /// Where a file of this run with this ending is kept, if it is.
    pub fn place(&self, ending: &str) -> Option<PathBuf> {
        let folder = PathBuf::from(std::env::var_os("CURBSIDE_BENCH_RESULTS")?);
        // The bench runs in the package's folder, whatever the one that cargo was called in.
        std::fs::create_dir_all(&folder).unwrap();
        Some(folder.join(format!("{}-{}.{ending}", self.date, self.name)))
    }

    pub fn keep(&self) {
        if let Some(place) = self.place("md") {
            let load = format!("\nLoad of the machine: {} when it began, {} when it ended.\n", self.load, load());
            std::fs::write(place, self.text.trim_end().to_owned() + "\n" + &load).unwrap();
        }
    }
}

/// Processor, cores and memory, as Linux tells them.
fn machine() -> String {
    let line = |file: &str, key: &str| {
        let text = std::fs::read_to_string(file).unwrap_or_default();
        let value = text.lines().find_map(|line| Some(line.strip_prefix(key)?.split_once(':')?.1.trim().to_owned()));
        value.unwrap_or_else(|| "unknown".to_owned())
    };
    let kilobytes: f64 = line("/proc/meminfo", "MemTotal").trim_end_matches(" kB").parse().unwrap_or(0.0);
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    format!("{}, {cores} cores, {:.0} GB", line("/proc/cpuinfo", "model name"), kilobytes / 1e6)
}

/// Tasks that wanted a core in the last minute.
fn load() -> String {
    let loads = std::fs::read_to_string("/proc/loadavg").unwrap_or_default();
    loads.split(' ').next().unwrap_or_default().to_owned()
}

pub fn ms(time: Duration) -> f64 {
    time.as_secs_f64() * 1000.0
}

/// The middle one, the least and the most.
pub fn spread_of(ratios: &[f64]) -> String {
    let mut sorted = ratios.to_vec();
    sorted.sort_by(f64::total_cmp);
    match sorted[..] {
        [] => String::new(),
        [one] => format!("{one:.2}"),
        _ => format!("{:.2} ({:.2} to {:.2})", sorted[sorted.len() / 2], sorted[0], sorted[sorted.len() - 1]),
    }
}
