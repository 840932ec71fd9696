//! `related --all`: the panel of every thread, in parallel, in the order of the index; resumed where a run was cut off, renewed after
//! the index has changed, or reported on.

use std::fs::{File, OpenOptions};
use std::io::{self, BufWriter, Write};
use std::path::Path;
use std::sync::Mutex;

use anyhow::{Context as _, bail};
use indicatif::{ProgressBar, ProgressStyle};
use rayon::prelude::*;
use rustc_hash::FxHashSet;
use tantivy::DocAddress;

use crate::cli::{Context, Format, Outcome, print_json, style};
use crate::index::{View, content_hash};
use crate::related::{Answer, Churn, Options, Previous, Report, Reporter, Subject, hash, panel};
use crate::search::Weights;

use super::Args;

/// Threads whose panels are made before they are written: memory stays bounded and a reader sees progress.
const TOGETHER: usize = 512;

pub(super) fn run(view: &View, args: &Args, options: &Options, context: &Context) -> anyhow::Result<Outcome> {
    let trec = context.format == Some(Format::Trec);
    if trec && (args.since.is_some() || args.out.is_some() || args.report) {
        bail!("--since, --out and --report are of panels, and a TREC run is a plain ranking: leave --format trec out");
    }
    let threads: Vec<DocAddress> = view.addresses().collect();
    let previous = args.since.as_deref().map(Previous::read).transpose()?;
    let (outdated, gone) = match &previous {
        Some(previous) => previous.outdated(view, Weights::built_in())?,
        None => (FxHashSet::default(), 0),
    };
    let (done, mut out) = output(view, args)?;
    let work = Work {
        view,
        options,
        trec,
        previous: previous.as_ref().map(|previous| (previous, &outdated)),
        done: done.as_ref(),
        reporter: args.report.then(Mutex::default),
        churn: Mutex::new(Churn { gone, ..Churn::default() }),
    };
    let bar = bar(threads.len());
    for some in threads.chunks(TOGETHER) {
        let lines: Vec<anyhow::Result<Vec<u8>>> = some.par_iter().map(|&at| work.line(at)).collect();
        for line in lines {
            out.write_all(&line?)?;
        }
        // What is whole in the file is what a run that goes on need not do again.
        out.flush()?;
        bar.inc(some.len() as u64);
    }
    bar.finish_and_clear();
    if previous.is_some() {
        print_churn(&work.churn.into_inner().expect("no worker panicked"));
    }
    if let Some(reporter) = work.reporter {
        print_report(&reporter.into_inner().expect("no worker panicked").finish(), context)?;
    }
    Ok(super::found(!threads.is_empty()))
}

/// Where panels go: the file that was named, after the panels that are in it already, or standard output; nowhere where only a report
/// is wanted.
fn output(view: &View, args: &Args) -> anyhow::Result<(Option<Previous>, Box<dyn Write>)> {
    let Some(path) = &args.out else {
        let out: Box<dyn Write> = if args.report { Box::new(io::sink()) } else { Box::new(BufWriter::new(io::stdout())) };
        return Ok((None, out));
    };
    let cannot = || format!("cannot write the panels to {}", path.display());
    let done = if path.is_file() { Some(Previous::read(path)?) } else { None };
    if let Some(done) = &done {
        done.is_of(view)?;
    }
    let file = open(path, done.as_ref().map_or(0, Previous::length)).with_context(cannot)?;
    Ok((done, Box::new(BufWriter::new(file))))
}

/// The file, cut off after its whole lines.
fn open(path: &Path, whole: u64) -> io::Result<File> {
    let file = OpenOptions::new().create(true).append(true).open(path)?;
    file.set_len(whole)?;
    Ok(file)
}

/// What every worker needs.
struct Work<'w> {
    view: &'w View,
    options: &'w Options,
    trec: bool,
    /// Panels of an earlier state, and which of them no longer hold.
    previous: Option<(&'w Previous, &'w FxHashSet<u64>)>,
    /// Panels that are in the output already.
    done: Option<&'w Previous>,
    reporter: Option<Mutex<Reporter>>,
    churn: Mutex<Churn>,
}

impl Work<'_> {
    /// One thread's line or ranking; nothing where it is done already.
    fn line(&self, at: DocAddress) -> anyhow::Result<Vec<u8>> {
        let id = self.view.id(at)?;
        let is_done = self.done.is_some_and(|done| done.has(id.as_str()));
        if is_done && self.reporter.is_none() {
            return Ok(Vec::new());
        }
        if let Some((previous, outdated)) = self.previous
            && !outdated.contains(&hash(id.as_str()))
            && self.reporter.is_none()
            && let Some(line) = previous.line(id.as_str())?
        {
            self.churn.lock().expect("no worker panicked").kept += 1;
            return Ok(line);
        }
        let (thread, annotation) = self.view.annotated(at)?;
        let subject = Subject { thread, annotation, own: Some(id.clone()) };
        if self.trec {
            return super::trec(self.view, id.as_str(), &subject, self.options);
        }
        let started = std::time::Instant::now();
        let panel = panel(self.view, &subject, Weights::built_in(), self.options)?;
        let took_ms = started.elapsed().as_secs_f64() * 1000.0;
        if let Some(reporter) = &self.reporter {
            reporter.lock().expect("no worker panicked").add(&subject.thread, &panel);
        }
        if let Some((previous, _)) = self.previous {
            let entries = panel.panel.iter().flat_map(|entry| std::iter::once(&entry.id).chain(&entry.duplicates));
            previous.count(id.as_str(), entries.map(|id| id.as_str()), &mut self.churn.lock().expect("no worker panicked"));
        }
        let mut line = Vec::new();
        if !is_done {
            let content = format!("{:016x}", content_hash(&subject.thread));
            let answer = Answer { content: Some(content), ..Answer::new(id.as_str(), panel, took_ms) };
            serde_json::to_writer(&mut line, &answer)?;
            line.push(b'\n');
        }
        Ok(line)
    }
}

/// Hidden where stderr is no terminal.
fn bar(threads: usize) -> ProgressBar {
    let look = ProgressStyle::with_template("{bar:30} {pos}/{len} panels, {per_sec}, {eta} left").expect("the template is valid");
    ProgressBar::new(threads as u64).with_style(look)
}

fn print_churn(churn: &Churn) {
    anstream::eprintln!(
        "{} panels kept, {} made again: {} of new threads, {} changed, with {} entries in and {} out; {} threads have left",
        churn.kept,
        churn.computed,
        churn.new,
        churn.changed,
        churn.entries_in,
        churn.entries_out,
        churn.gone,
    );
}

fn print_report(report: &Report, context: &Context) -> anyhow::Result<()> {
    if context.format() != Format::Human {
        return print_json(report);
    }
    let mut out = anstream::stdout().lock();
    let share = |part: usize, whole: usize| format!("{:.1} %", 100.0 * part as f64 / whole.max(1) as f64);
    writeln!(out, "{}{} threads, {} entries{}", style::TITLE, report.threads, report.entries, style::TITLE.render_reset())?;
    let mut rows = vec![
        ("orphans, without an entry", format!("{} ({})", report.orphans, share(report.orphans, report.threads))),
        ("threads that stand in a panel", format!("{:.1} %", 100.0 * report.coverage)),
        ("entries that point back", format!("{:.1} %", 100.0 * report.symmetry)),
        ("threads in their own panel", report.self_links.to_string()),
    ];
    if let Some(agreement) = &report.agreement {
        let met = format!(
            "{} of {} entries that the index has (of {} on {} pages)",
            agreement.shared, agreement.in_index, agreement.entries, agreement.threads
        );
        rows.push(("shared with the site's own panels", met));
    }
    for (what, value) in rows {
        writeln!(out, "  {what:<34} {value}")?;
    }
    for (what, lines) in [
        ("orphans", report.orphan_ids.iter().map(ToString::to_string).collect::<Vec<_>>()),
        ("hubs, by panels that they stand in", report.hubs.iter().map(|hub| format!("{:>6}  {}", hub.panels, hub.id)).collect()),
    ] {
        if !lines.is_empty() {
            writeln!(out, "\n{}{what}{}", style::TITLE, style::TITLE.render_reset())?;
            for line in lines {
                writeln!(out, "  {}", style::clean(&line))?;
            }
        }
    }
    Ok(())
}
