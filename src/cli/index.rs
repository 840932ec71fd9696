//! `index`: brings the index up to date with an archive.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use anyhow::bail;

use crate::clinical::Lexicon;
use crate::embed::Embedder;
use crate::index::{Anew, Index, META};
use crate::ingest::{self, Options, Progress, Tally};
use crate::read::Reader;

use super::parse::Reading;
use super::progress::{Look, Rejects, watched};
use super::{Context, Format, Outcome, print_json, style, watch};

#[derive(Debug, clap::Args)]
pub struct Args {
    /// Files or folders of threads: JSON, JSON Lines, pages, tables; plain, packed or in archives; - is standard input
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
    /// Say what would be added, replaced and removed, and touch nothing
    #[arg(long, conflicts_with = "watch")]
    dry_run: bool,
    /// Stay and keep the index up to date with what changes under the paths, until Ctrl-C
    #[arg(long)]
    watch: bool,
    /// Commit whenever so many threads were written, and not only at the end: readers see them, and a run that is cut off goes on there
    #[arg(long, value_name = "THREADS", value_parser = clap::value_parser!(u64).range(1..))]
    commit_every: Option<u64>,
    /// Give a file up that gives nothing for so long, as on a mount that hangs
    #[arg(long, value_name = "SECONDS", value_parser = clap::value_parser!(u64).range(1..))]
    timeout: Option<u64>,
    /// Write each rejected input to a file as it comes, one JSON object a line: path, line, reason
    #[arg(long, value_name = "FILE")]
    rejects: Option<PathBuf>,
    /// How progress is shown on standard error: a bar on a terminal, or events, one JSON object a line
    #[arg(long, value_name = "LOOK", default_value = "bar")]
    progress: Look,
    /// Tables and standard terminologies to use on top of the built-in lexicon; may be given again
    #[arg(long, value_name = "FILE")]
    lexicon: Vec<PathBuf>,
    /// Folder of a static embedding model in Model2Vec's format, instead of the built-in one; kept in the index
    #[arg(long, value_name = "DIR")]
    model: Option<PathBuf>,
    #[command(flatten)]
    reading: Reading,
}

/// Runs over the same paths, one or several.
struct Job<'a> {
    args: &'a Args,
    context: &'a Context,
    lexicon: Lexicon,
    embedder: Embedder,
    reader: Reader,
    options: Options,
    rejects: Rejects,
    stop: Arc<AtomicBool>,
}

pub(super) fn run(args: Args, context: &Context) -> anyhow::Result<Outcome> {
    let mut options = Options {
        memory: args.memory as usize * 1_000_000,
        full: args.full,
        commit_every: args.commit_every,
        patience: args.timeout.map(Duration::from_secs),
        ..Options::default()
    };
    if let Some(threads) = args.threads {
        options.threads = usize::from(threads);
    }
    let mut job = Job {
        args: &args,
        context,
        lexicon: Lexicon::with_tables(&args.lexicon)?,
        embedder: args.model.as_deref().map_or_else(|| Ok(Embedder::builtin()), Embedder::open)?,
        reader: args.reading.reader()?,
        options,
        rejects: Rejects::open(args.rejects.as_deref())?,
        stop: Arc::default(),
    };
    if args.watch {
        let ours = [Some(context.index.as_path()), args.rejects.as_deref()];
        let stop = job.stop.clone();
        watch::keep_up(&args.paths, &ours.map(|path| path.map(PathBuf::from)), stop, || {
            job.once()?;
            job.options.full = false;
            Ok(())
        })?;
        return Ok(Outcome::Done);
    }
    let tally = job.once()?;
    Ok(if tally.rejected > 0 { Outcome::SomeRejected } else { Outcome::Done })
}

impl Job<'_> {
    /// One run, with what it did on standard output.
    fn once(&mut self) -> anyhow::Result<Tally> {
        let index = &self.context.index;
        let anew = match Index::must_be_made_anew(index, &self.lexicon, &self.embedder)? {
            None => false,
            Some(_) if self.options.full => true,
            Some(why) => {
                let with = match why {
                    Anew::OtherVersion => "",
                    Anew::OtherLexicon => ", or give the --lexicon files of then",
                    Anew::OtherModel { .. } => ", or give the --model of then",
                    Anew::WithoutTokenizers => ", or build curbside with `cargo build --release --features tokenizers`",
                };
                bail!("the index at {} {why}: all threads must be read again; add --full to do so{with}", index.display())
            }
        };
        let tally = if self.args.dry_run { self.rehearse(anew)? } else { self.ingest(anew)? };
        if self.stop.load(Ordering::Relaxed) {
            return Ok(tally);
        }
        match self.context.format() {
            Format::Human => print_tally(&tally, self.args.dry_run, self.context)?,
            Format::Json | Format::Trec => print_json(&tally)?,
        }
        Ok(tally)
    }

    fn ingest(&mut self, anew: bool) -> anyhow::Result<Tally> {
        // The old index serves its readers until the new one is whole.
        let place = if anew { Index::place_for_anew(&self.context.index)? } else { self.context.index.clone() };
        let index = Index::open_or_create(&place, &self.lexicon, &self.embedder)?;
        let progress = Progress { stop: self.stop.clone(), ..Progress::default() };
        let (reader, options, paths) = (&self.reader, &self.options, &self.args.paths);
        let tally = watched(self.args.progress, paths, &place, &progress, &mut self.rejects, |reject| {
            ingest::ingest(&index, reader, paths, options, &progress, reject)
        })??;
        if anew && !self.stop.load(Ordering::Relaxed) {
            drop(index);
            Index::replace(&self.context.index, &place)?;
        }
        Ok(tally)
    }

    fn rehearse(&mut self, anew: bool) -> anyhow::Result<Tally> {
        let there = self.context.index.join(META).is_file() && !anew;
        let index = there.then(|| self.context.open_index()).transpose()?;
        let progress = Progress::default();
        let (reader, options, paths) = (&self.reader, &self.options, &self.args.paths);
        let tally = watched(self.args.progress, paths, &self.context.index, &progress, &mut self.rejects, |reject| {
            ingest::rehearse(index.as_ref(), reader, paths, options, &progress, reject)
        })??;
        Ok(tally)
    }
}

/// What a person wants to know: what the run did, and what the index now holds.
fn print_tally(tally: &Tally, dry_run: bool, context: &Context) -> std::io::Result<()> {
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
    let would = if dry_run { " would be" } else { "" };
    writeln!(
        out,
        "{}{} threads{}{would} in {}",
        style::TITLE,
        tally.threads,
        style::TITLE.render_reset(),
        context.index.display()
    )?;
    writeln!(out, "  {} from {files} in {:.1} s", did.join(", "), tally.seconds)?;
    if tally.rejected > 0 {
        let plural = if tally.rejected == 1 { "input was" } else { "inputs were" };
        writeln!(out, "  {}{} {plural} rejected{}, see above", style::WARNING, tally.rejected, style::WARNING.render_reset())?;
    }
    Ok(())
}
