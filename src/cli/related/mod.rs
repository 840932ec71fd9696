//! `related`: the panel of a thread in the index, of a thread or page in a file, or of typed text.

mod all;

use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Instant;

use anyhow::{Context as _, bail};
use rayon::prelude::*;

use crate::clinical::assertion;
use crate::eval::{self, Topic};
use crate::index::View;
use crate::related::{Answer, Options, Panel, Reranker, Subject, Why, panel};
use crate::search::Weights;
use crate::thread::ThreadId;

use crate::cli::parse::{reader, warn_rejected};
use crate::cli::search::{print_heading, print_snippet};
use crate::cli::{Context, Format, Outcome, hint_for, print_json, style};

#[derive(Debug, clap::Args)]
pub struct Args {
    /// Id of a thread in the index, a file with a thread or page, or - for text on standard input
    #[arg(required_unless_present_any = ["topics", "all"], conflicts_with_all = ["topics", "all"], value_name = "ID|FILE|-")]
    of: Option<String>,
    /// Entries to show
    #[arg(short = 'n', long = "count", value_name = "N", default_value_t = 5)]
    count: usize,
    /// The panel of every thread in the index, one JSON object or TREC ranking each
    #[arg(long, conflicts_with = "topics")]
    all: bool,
    /// With --all, write the panels to this file; a run that was cut off goes on where it was
    #[arg(long, value_name = "FILE", requires = "all")]
    out: Option<PathBuf>,
    /// With --all, the panels of an earlier run: only those that can have changed since are made again
    #[arg(long, value_name = "PREVIOUS", requires = "all")]
    since: Option<PathBuf>,
    /// With --all, print orphans, hubs, symmetry, coverage and agreement with the site's own panels instead of the panels
    #[arg(long, requires = "all")]
    report: bool,
    /// The panel of every text (qid, tab, text) of a file
    #[arg(long, value_name = "FILE")]
    topics: Option<PathBuf>,
    /// Read the best 10 again with the sentence transformer in a folder: slower and better
    #[arg(long, value_name = "DIR")]
    rerank_model: Option<PathBuf>,
}

pub(super) fn run(args: Args, context: &Context) -> anyhow::Result<Outcome> {
    assertion::prepare();
    let view = context.view()?;
    let reranker = args.rerank_model.as_deref().map(Reranker::open).transpose()?.map(Arc::new);
    let options = Options { count: args.count, reranker };
    if args.all {
        return all::run(&view, &args, &options, context);
    }
    if let Some(path) = &args.topics {
        return run_topics(&view, &eval::read_topics(path)?, &options, context);
    }
    let of = args.of.expect("clap asks for one of the three");
    let started = Instant::now();
    let Some(subject) = subject(&view, &of)? else { return Ok(Outcome::SomeRejected) };
    if context.format == Some(Format::Trec) {
        let run = trec(&view, &of, &subject, &options)?;
        io::stdout().lock().write_all(&run)?;
        return Ok(found(!run.is_empty()));
    }
    let panel = panel(&view, &subject, Weights::built_in(), &options)?;
    let took_ms = started.elapsed().as_secs_f64() * 1000.0;
    let outcome = found(!panel.panel.is_empty());
    match context.format() {
        Format::Human => print_panel(subject.thread.heading(), &panel)?,
        _ => print_json(&Answer::new(of, panel, took_ms))?,
    }
    Ok(outcome)
}

fn found(any: bool) -> Outcome {
    if any { Outcome::Done } else { Outcome::NothingFound }
}

/// What the argument names; `None` when it is a file without a thread, which was said.
fn subject(view: &View, of: &str) -> anyhow::Result<Option<Subject>> {
    if of == "-" {
        let mut bytes = Vec::new();
        io::stdin().read_to_end(&mut bytes).context("cannot read standard input")?;
        return Ok(Some(Subject::of_text(&String::from_utf8_lossy(&bytes), view.annotator())));
    }
    let id = ThreadId::from(of);
    if let Some(at) = view.find(&id)? {
        let (thread, annotation) = view.annotated(at)?;
        return Ok(Some(Subject { thread, annotation, own: Some(id) }));
    }
    let path = Path::new(of);
    if !path.is_file() {
        bail!("no thread {of:?} in the index, and no file of that name: {}", hint_for(view, of)?);
    }
    let reader = reader(None)?;
    for chunk in reader.open(path)? {
        for result in reader.threads(&chunk?) {
            match result {
                Ok(thread) => return Ok(Some(Subject::of_thread(thread, view.annotator()))),
                Err(rejection) => warn_rejected(&rejection),
            }
        }
    }
    Ok(None)
}

fn run_topics(view: &View, topics: &[Topic], options: &Options, context: &Context) -> anyhow::Result<Outcome> {
    let work = |topic: &Topic| answer(view, &topic.qid, Subject::of_text(&topic.text, view.annotator()), options, context);
    print_many(topics, work)
}

/// One line or ranking for one subject.
fn answer(view: &View, of: &str, subject: Subject, options: &Options, context: &Context) -> anyhow::Result<Vec<u8>> {
    if context.format == Some(Format::Trec) {
        return trec(view, of, &subject, options);
    }
    let started = Instant::now();
    let panel = panel(view, &subject, Weights::built_in(), options)?;
    let took_ms = started.elapsed().as_secs_f64() * 1000.0;
    let mut out = serde_json::to_vec(&Answer::new(of, panel, took_ms))?;
    out.push(b'\n');
    Ok(out)
}

/// The plain ranking of a subject in TREC form.
fn trec(view: &View, of: &str, subject: &Subject, options: &Options) -> anyhow::Result<Vec<u8>> {
    let ranked = options.ranking(view, subject, Weights::built_in())?;
    let mut run = Vec::new();
    eval::write_run(&mut run, of, ranked.iter().map(|ranked| (ranked.id.as_str(), ranked.score)))?;
    Ok(run)
}

/// Works on all cores and prints in order, some hundreds at a time, so that memory stays bounded and a reader sees progress.
fn print_many<T: Sync>(items: &[T], work: impl Fn(&T) -> anyhow::Result<Vec<u8>> + Sync) -> anyhow::Result<Outcome> {
    const TOGETHER: usize = 512;
    let mut out = io::BufWriter::new(io::stdout().lock());
    for some in items.chunks(TOGETHER) {
        let answers: Vec<anyhow::Result<Vec<u8>>> = some.par_iter().map(&work).collect();
        for answer in answers {
            out.write_all(&answer?)?;
        }
    }
    out.flush()?;
    Ok(found(!items.is_empty()))
}

fn print_panel(of: &str, panel: &Panel) -> io::Result<()> {
    let mut out = anstream::stdout().lock();
    let of = style::wrap(&format!("Related to: {}", style::clean(of)), "");
    writeln!(out, "{}{of}{}", style::QUIET, style::QUIET.render_reset())?;
    for entry in &panel.panel {
        writeln!(out)?;
        print_heading(&mut out, entry.rank, &entry.title)?;
        print_snippet(&mut out, &entry.snippet)?;
        print_why(&mut out, &entry.why)?;
        if !entry.duplicates.is_empty() {
            let same: Vec<_> = entry.duplicates.iter().map(|id| style::clean(id.as_str())).collect();
            writeln!(out, "{}", style::wrap(&format!("asked again: {}", same.join(", ")), "    "))?;
        }
        writeln!(out, "    {}{}{}", style::QUIET, style::clean(entry.id.as_str()), style::QUIET.render_reset())?;
    }
    if let Some(remark) = panel.remark {
        writeln!(out, "\nNothing to show: {remark}.")?;
    } else {
        writeln!(out, "\n{}What others were told; not medical advice.{}", style::QUIET, style::QUIET.render_reset())?;
    }
    Ok(())
}

/// At most three lines: what is shared, what is near, what conflicts and where it is denied.
fn print_why(out: &mut impl Write, why: &Why) -> io::Result<()> {
    for (what, names) in [("shared", &why.shared), ("near", &why.near), ("conflicting", &why.conflicts())] {
        if !names.is_empty() {
            let line = style::wrap(&format!("{what}: {}", style::clean(&names.join(", "))), "    ");
            writeln!(out, "{}{line}{}", style::ACCENT, style::ACCENT.render_reset())?;
        }
    }
    Ok(())
}
