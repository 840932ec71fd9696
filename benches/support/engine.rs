//! An **engine** indexes texts and answers questions in a process of its own, so that its time and memory are its own. It begins with
//! the arguments TEXTS FOLDER STOP-WORDS THREADS, is told what to do by lines on its standard input, and answers each with one line:
//!
//! | told | does | says |
//! | --- | --- | --- |
//! | | starts | `ready`, or what it lacks |
//! | `index` | brings the texts into an index in the folder | `done` |
//! | `ask FORM SECONDS FILE` | the best ten for each line of the file, until the time is over; FORM is `nested` or `flat` | microseconds of each |
//! | `relate COUNT SECONDS` | the best ten that are like each of so many documents, at even distances | microseconds of each; none where it cannot |
//!
//! Other engines than those of this repository are `Lucene.java` and `others.py` beside this file.

use std::io::{BufRead, BufReader, Lines, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::time::{Duration, Instant};

use super::{cpu_of, memory_of};

/// An engine that runs.
pub struct Engine {
    pub name: String,
    process: Child,
    told: ChildStdin,
    said: Lines<BufReader<ChildStdout>>,
}

/// What indexing took.
pub struct Indexed {
    pub time: Duration,
    pub cpu: Duration,
    /// Megabytes that the process had at its fullest, the files that it maps among them.
    pub peak: f64,
}

impl Engine {
    /// Starts an engine; says so where it cannot be had.
    pub fn start(name: &str, command: Result<Command, String>, work: &Work) -> Option<Engine> {
        let started = command.and_then(|mut command| {
            command.arg(&work.texts).arg(&work.folder).arg(&work.stop_words).arg(work.threads.to_string());
            command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().map_err(|error| format!("{command:?}: {error}"))
        });
        let begun = started.and_then(|mut process| {
            let told = process.stdin.take().expect("it is piped");
            let said = BufReader::new(process.stdout.take().expect("it is piped")).lines();
            let mut engine = Engine { name: name.to_owned(), process, told, said };
            match engine.said.next() {
                Some(Ok(line)) if line == "ready" => Ok(engine),
                Some(Ok(line)) => Err(line),
                _ => Err("it ends before it is ready".to_owned()),
            }
        });
        begun.inspect_err(|lacking| println!("skipped: {name}: {lacking}")).ok()
    }

    fn tell(&mut self, order: &str) -> String {
        writeln!(self.told, "{order}").unwrap();
        self.said.next().unwrap_or_else(|| panic!("{} ends at {order:?}", self.name)).unwrap()
    }

    pub fn index(&mut self) -> Indexed {
        let (started, cpu) = (Instant::now(), cpu_of(self.process.id()));
        let said = self.tell("index");
        assert_eq!(said, "done", "{}", self.name);
        let time = started.elapsed();
        Indexed { time, cpu: cpu_of(self.process.id()) - cpu, peak: memory_of(self.process.id(), "VmHWM") }
    }

    /// How long each question took; fewer than there are, where the time was over.
    pub fn ask(&mut self, form: &str, questions: &Path, seconds: u64) -> Vec<Duration> {
        let said = self.tell(&format!("ask {form} {seconds} {}", questions.display()));
        micros(&said)
    }

    pub fn relate(&mut self, count: usize, seconds: u64) -> Vec<Duration> {
        let said = self.tell(&format!("relate {count} {seconds}"));
        micros(&said)
    }
}

impl Drop for Engine {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

fn micros(said: &str) -> Vec<Duration> {
    let micros = said.split_whitespace().map(|micros| micros.parse::<f64>().unwrap_or_else(|_| panic!("no time: {said}")));
    micros.map(|micros| Duration::from_secs_f64(micros / 1e6)).collect()
}

/// What an engine is to work on.
pub struct Work {
    pub texts: PathBuf,
    /// Where its index goes.
    pub folder: PathBuf,
    pub stop_words: PathBuf,
    /// Threads that may write.
    pub threads: usize,
}

impl Work {
    /// With the repository's stop words and all cores.
    pub fn on(texts: &Path, folder: &Path) -> Work {
        let stop_words = Path::new(env!("CARGO_MANIFEST_DIR")).join("schema/stopwords.txt");
        let threads = std::thread::available_parallelism().map_or(1, usize::from);
        Work { texts: texts.to_owned(), folder: folder.to_owned(), stop_words, threads }
    }

    /// From the arguments that [`Engine::start`] gave this process.
    pub fn given() -> Work {
        let mut given = std::env::args_os().skip(1).filter(|argument| argument != "--bench");
        let mut next = || PathBuf::from(given.next().expect("TEXTS FOLDER STOP-WORDS THREADS"));
        Work { texts: next(), folder: next(), stop_words: next(), threads: next().to_string_lossy().parse().expect("a number") }
    }
}

/// Lucene by the jars in `CURBSIDE_LUCENE`, with the Java of `JAVA_HOME` or of the path.
pub fn lucene() -> Result<Command, String> {
    let jars = std::env::var("CURBSIDE_LUCENE").map_err(|_| "CURBSIDE_LUCENE names no folder of Lucene's jars".to_owned())?;
    let java = std::env::var("JAVA_HOME").map_or("java".into(), |home| Path::new(&home).join("bin/java"));
    let mut command = Command::new(java);
    // Lucene decodes postings with the vector instructions of this module where it is there.
    command.args(["--add-modules", "jdk.incubator.vector", "--enable-native-access=ALL-UNNAMED", "-Xmx2g", "-cp"]);
    command.arg(format!("{jars}/*")).arg(beside("Lucene.java"));
    Ok(command)
}

/// SQLite's FTS5 or Xapian by their Python modules, of the Python that `CURBSIDE_PYTHON` names.
pub fn by_python(engine: &str) -> Result<Command, String> {
    let mut command = Command::new(std::env::var("CURBSIDE_PYTHON").unwrap_or_else(|_| "python3".to_owned()));
    command.arg(beside("others.py")).arg(engine);
    Ok(command)
}

fn beside(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("benches/support").join(name)
}

/// An engine of this process.
pub trait Answering {
    fn index(&mut self);
    fn ask(&mut self, question: &str, form: &str);
    /// The documents there are, to be related.
    fn documents(&self) -> usize;
    fn relate(&mut self, nth: usize);
}

/// Does what it is told until nothing more comes.
pub fn serve(engine: &mut impl Answering) {
    println!("ready");
    for order in std::io::stdin().lines().map_while(Result::ok) {
        let words: Vec<&str> = order.splitn(4, ' ').collect();
        match words[..] {
            ["index"] => {
                engine.index();
                println!("done");
            }
            ["ask", form, seconds, file] => {
                let questions = std::fs::read_to_string(file).unwrap();
                say(seconds, questions.lines(), |question| engine.ask(question, form));
            }
            ["relate", count, seconds] => {
                let nths = super::spread((0..engine.documents()).collect(), count.parse().unwrap());
                say(seconds, nths.into_iter(), |nth| engine.relate(nth));
            }
            _ => panic!("told {order:?}"),
        }
    }
}

fn say<T>(seconds: &str, jobs: impl Iterator<Item = T>, mut work: impl FnMut(T)) {
    let (until, mut said) = (Duration::from_secs(seconds.parse().unwrap()), String::new());
    let begun = Instant::now();
    for job in jobs {
        let started = Instant::now();
        work(job);
        said.push_str(&format!("{:.1} ", started.elapsed().as_secs_f64() * 1e6));
        if begun.elapsed() > until {
            break;
        }
    }
    println!("{said}");
}
