//! **Progress** of a run over an archive, on standard error: a bar for a person, or events for a program.
//!
//! With `--progress json` each line of standard error is one object. `{"event": "progress"}` comes every second and
//! `{"event": "done"}` at the end, both with `files`, `threads`, `bytes` (unpacked), `rejected`, `seconds`, and `seconds_left` where it can
//! be told; `{"event": "rejected"}` has `path`, `line` where there is one, and `reason`.

use std::fs::File;
use std::io::{self, IsTerminal, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use anyhow::Context as _;
use clap::ValueEnum;
use crossbeam_channel::RecvTimeoutError;
use indicatif::{ProgressBar, ProgressStyle};
use serde::Serialize;

use crate::ingest::{self, Progress};
use crate::read::Rejection;

use super::parse::warn_rejected;

/// How progress is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum Look {
    Bar,
    Json,
}

/// Where rejected inputs are written besides standard error.
pub(super) struct Rejects {
    file: Option<(PathBuf, File)>,
    failed: Option<io::Error>,
}

#[derive(Serialize)]
struct Rejected<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    event: Option<&'static str>,
    path: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    line: Option<u64>,
    reason: &'a str,
}

#[derive(Serialize)]
struct Counts {
    event: &'static str,
    files: u64,
    threads: u64,
    bytes: u64,
    rejected: u64,
    seconds: f64,
    #[serde(skip_serializing_if = "Option::is_none")]
    seconds_left: Option<f64>,
}

impl Rejects {
    pub(super) fn open(path: Option<&Path>) -> anyhow::Result<Rejects> {
        let open = |path: &Path| File::create(path).map(|file| (path.to_path_buf(), file));
        let file =
            path.map(|path| open(path).with_context(|| format!("cannot write rejects to {}", path.display()))).transpose()?;
        Ok(Rejects { file, failed: None })
    }

    /// A line at a time, so that what was rejected is known whatever becomes of the run.
    fn write(&mut self, rejection: &Rejection) {
        let Some((_, file)) = &mut self.file else { return };
        if let Err(error) = file.write_all(json_line(rejection, None).as_bytes()) {
            self.failed.get_or_insert(error);
        }
    }

    fn check(&mut self) -> anyhow::Result<()> {
        let (Some(error), Some((path, _))) = (self.failed.take(), &self.file) else { return Ok(()) };
        Err(error).with_context(|| format!("cannot write rejects to {}", path.display()))
    }
}

fn json_line(rejection: &Rejection, event: Option<&'static str>) -> String {
    let (path, reason) = (rejection.path.to_string_lossy(), rejection.reason.to_string());
    let line = Rejected { event, path: &path, line: rejection.line, reason: &reason };
    serde_json::to_string(&line).expect("texts and numbers are JSON") + "\n"
}

/// What the screens share while a run goes on.
struct Screen<'a> {
    look: Look,
    progress: &'a Progress,
    bar: ProgressBar,
    started: Instant,
    /// Bytes of all files; 0 while they are not known.
    total: AtomicU64,
}

/// Does the work while its progress is shown, and its rejects are told and written down.
pub(super) fn watched<T>(
    look: Look,
    paths: &[PathBuf],
    index: &Path,
    progress: &Progress,
    rejects: &mut Rejects,
    work: impl FnOnce(&mut (dyn FnMut(Rejection) + Send)) -> T,
) -> anyhow::Result<T> {
    let bar = ProgressBar::new_spinner().with_style(style("{spinner} {msg}"));
    let screen = Screen { look, progress, bar, started: Instant::now(), total: AtomicU64::new(0) };
    let over = AtomicBool::new(false);
    let done = std::thread::scope(|scope| {
        let (stop, stopped) = crossbeam_channel::bounded::<()>(0);
        let (screen, over) = (&screen, &over);
        if look == Look::Json || io::stderr().is_terminal() {
            scope.spawn(move || screen.measure(paths, index, over));
        }
        scope.spawn(move || {
            let pause = if look == Look::Json { Duration::from_secs(1) } else { Duration::from_millis(100) };
            while let Err(RecvTimeoutError::Timeout) = stopped.recv_timeout(pause) {
                screen.show();
            }
        });
        let done = work(&mut |rejection| {
            rejects.write(&rejection);
            screen.tell(&rejection);
        });
        over.store(true, Ordering::Relaxed);
        drop(stop);
        done
    });
    screen.bar.finish_and_clear();
    if look == Look::Json {
        screen.event("done");
    }
    rejects.check()?;
    Ok(done)
}

fn style(template: &str) -> ProgressStyle {
    ProgressStyle::with_template(template).expect("the template is valid")
}

impl Screen<'_> {
    /// Sums the sizes of the files: much faster than reading them.
    fn measure(&self, paths: &[PathBuf], index: &Path, over: &AtomicBool) {
        let mut total = 0;
        for path in ingest::files(paths, index).flatten() {
            if over.load(Ordering::Relaxed) {
                return;
            }
            total += path.metadata().map_or(0, |file| file.len());
        }
        self.total.store(total, Ordering::Relaxed);
    }

    fn tell(&self, rejection: &Rejection) {
        match self.look {
            Look::Bar => self.bar.suspend(|| warn_rejected(rejection)),
            Look::Json => print_error(&json_line(rejection, Some("rejected"))),
        }
    }

    fn show(&self) {
        match self.look {
            Look::Json => self.event("progress"),
            Look::Bar => self.draw(),
        }
    }

    fn event(&self, event: &'static str) {
        let counts = serde_json::to_string(&self.counts(event)).expect("numbers are JSON");
        print_error(&(counts + "\n"));
    }

    fn counts(&self, event: &'static str) -> Counts {
        let count = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        let seconds = self.started.elapsed().as_secs_f64();
        let (taken, total) = (count(&self.progress.taken), count(&self.total));
        // What is left takes as long as what is behind did; a file that grows is never more than all of it.
        let left = (taken > 0 && total > 0).then(|| seconds * total.saturating_sub(taken) as f64 / taken as f64);
        Counts {
            event,
            files: count(&self.progress.files),
            threads: count(&self.progress.threads),
            bytes: count(&self.progress.bytes),
            rejected: count(&self.progress.rejected),
            seconds,
            seconds_left: left,
        }
    }

    /// Hidden where standard error is no terminal.
    fn draw(&self) {
        let counts = self.counts("progress");
        let total = self.total.load(Ordering::Relaxed);
        if total > 0 && self.bar.length().is_none() {
            self.bar.set_style(style("{bar:20} {percent:>3}% {msg}"));
            self.bar.set_length(total);
        }
        if total > 0 {
            self.bar.set_position(self.progress.taken.load(Ordering::Relaxed).min(total));
        }
        let left = counts.seconds_left.map(|left| format!(", {} left", indicatif::HumanDuration(Duration::from_secs_f64(left))));
        self.bar.set_message(format!(
            "{} files, {} threads, {:.1} MB/s, {} rejected{}",
            counts.files,
            counts.threads,
            counts.bytes as f64 / 1e6 / counts.seconds.max(0.1),
            counts.rejected,
            left.unwrap_or_default(),
        ));
        self.bar.tick();
    }
}

/// Nothing can be told about an error of standard error.
fn print_error(line: &str) {
    _ = io::stderr().lock().write_all(line.as_bytes());
}
