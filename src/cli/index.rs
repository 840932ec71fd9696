//! `index`: brings the index up to date with an archive.

use std::path::PathBuf;
use std::sync::atomic::Ordering;
use std::time::Duration;

use anyhow::bail;
use indicatif::{ProgressBar, ProgressStyle};

use crate::clinical::Lexicon;
use crate::embed::Embedder;
use crate::index::{Anew, Index};
use crate::ingest::{self, Options, Progress, Tally};

use super::parse::{reader, warn_rejected};
use super::{Context, Format, Outcome, print_json, style};

#[derive(Debug, clap::Args)]
pub struct Args {
    /// Files or folders of threads: JSON, JSON Lines, text pages, HTML pages; - is standard input
    #[arg(required = true, value_name = "PATH")]
    paths: Vec<PathBuf>,
    /// Threads that read and annotate, and as many that write [default: all cores]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=512))]
    threads: Option<u16>,
    /// Megabytes of postings that may wait to be written
    #[arg(long, value_name = "MB", default_value_t = 256, value_parser = clap::value_parser!(u32).range(16..=1_000_000))]
    memory: u32,
    /// Read every file again, changed or not
    #[arg(long)]
    full: bool,
    /// Tables and standard terminologies to use on top of the built-in lexicon; may be given again
    #[arg(long, value_name = "FILE")]
    lexicon: Vec<PathBuf>,
    /// A static embedding model in Model2Vec's format, instead of the built-in one; kept in the index
    #[arg(long, value_name = "DIR")]
    model: Option<PathBuf>,
    /// A folder of site profiles, tried before the built-in ones
    #[arg(long, value_name = "DIR")]
    profiles: Option<PathBuf>,
}

pub(super) fn run(args: Args, context: &Context) -> anyhow::Result<Outcome> {
    let lexicon = Lexicon::with_tables(&args.lexicon)?;
    let embedder = args.model.as_deref().map_or_else(|| Ok(Embedder::builtin()), Embedder::open)?;
    let reader = reader(args.profiles.as_deref())?;
    let mut options = Options { memory: args.memory as usize * 1_000_000, full: args.full, ..Options::default() };
    if let Some(threads) = args.threads {
        options.threads = usize::from(threads);
    }
    let anew = match Index::must_be_made_anew(&context.index, &lexicon, &embedder)? {
        None => false,
        Some(_) if args.full => true,
        Some(why) => {
            let with = match why {
                Anew::OtherVersion => "",
                Anew::OtherLexicon => ", or give the --lexicon files of then",
                Anew::OtherModel { .. } => ", or give the --model of then",
            };
            bail!("the index at {} {why}: all threads must be read again; add --full to do so{with}", context.index.display())
        }
    };
    // The old index serves its readers until the new one is whole.
    let place = if anew { Index::place_for_anew(&context.index)? } else { context.index.clone() };
    let index = Index::open_or_create(&place, &lexicon, &embedder)?;
    let progress = Progress::default();
    let bar = bar();
    let tally = std::thread::scope(|scope| {
        let (stop, stopped) = crossbeam_channel::bounded::<()>(0);
        let (progress, bar) = (&progress, &bar);
        let watcher = scope.spawn(move || {
            while let Err(crossbeam_channel::RecvTimeoutError::Timeout) = stopped.recv_timeout(Duration::from_millis(100)) {
                show(bar, progress);
            }
        });
        let mut reject = |rejection| bar.suspend(|| warn_rejected(&rejection));
        let tally = ingest::ingest(&index, &reader, &args.paths, &options, progress, &mut reject);
        drop(stop);
        watcher.join().expect("watching does not panic");
        tally
    })?;
    bar.finish_and_clear();
    if anew {
        drop(index);
        Index::replace(&context.index, &place)?;
    }
    match context.format() {
        Format::Human => print_tally(&tally, context)?,
        Format::Json | Format::Trec => print_json(&tally)?,
    }
    Ok(if tally.rejected > 0 { Outcome::SomeRejected } else { Outcome::Done })
}

/// Hidden where stderr is no terminal.
fn bar() -> ProgressBar {
    let look = ProgressStyle::with_template("{spinner} {msg}").expect("the template is valid");
    ProgressBar::new_spinner().with_style(look)
}

fn show(bar: &ProgressBar, progress: &Progress) {
    let megabytes = progress.bytes.load(Ordering::Relaxed) as f64 / 1e6;
    let seconds = bar.elapsed().as_secs_f64().max(0.1);
    bar.set_message(format!(
        "{} files, {} threads, {megabytes:.1} MB, {:.1} MB/s, {} rejected",
        progress.files.load(Ordering::Relaxed),
        progress.threads.load(Ordering::Relaxed),
        megabytes / seconds,
        progress.rejected.load(Ordering::Relaxed),
    ));
    bar.tick();
}

/// What a person wants to know: what the run did, and what the index now holds.
fn print_tally(tally: &Tally, context: &Context) -> std::io::Result<()> {
    use std::io::Write;
    let mut out = anstream::stdout().lock();
    let mut did: Vec<String> = [
        (tally.added, "added"),
        (tally.replaced, "replaced"),
        (tally.removed, "removed"),
        (tally.unchanged, "unchanged"),
        (tally.duplicates, "met twice"),
    ]
    .iter()
    .filter(|(count, _)| *count > 0)
    .map(|(count, what)| format!("{count} {what}"))
    .collect();
    if did.is_empty() {
        did.push("nothing to do".to_owned());
    }
    let files = format!("{} file{}", tally.files, if tally.files == 1 { "" } else { "s" });
    writeln!(out, "{}{} threads{} in {}", style::TITLE, tally.threads, style::TITLE.render_reset(), context.index.display())?;
    writeln!(out, "  {} from {files} in {:.1} s", did.join(", "), tally.seconds)?;
    if tally.rejected > 0 {
        let plural = if tally.rejected == 1 { "input was" } else { "inputs were" };
        writeln!(out, "  {}{} {plural} rejected{}, see above", style::WARNING, tally.rejected, style::WARNING.render_reset())?;
    }
    Ok(())
}
