//! `demo`: the sample archive, which travels inside the binary, indexed, searched and related in one go.

use std::io::{self, Write};
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use include_dir::{Dir, include_dir};

use crate::clinical::Lexicon;
use crate::embed::Embedder;
use crate::index::Index;
use crate::ingest::{self, Progress};
use crate::read::Reader;

use super::parse::warn_rejected;
use super::{Context, Format, Outcome, Verb, style};

static SAMPLE: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/corpus-sample");

/// What the demo asks: a search by other words than the thread's, and what is denied.
const SEARCHES: [&str; 3] =
    ["numb foot after slipped disc operation", "chest pain but ecg normal", "baby with fever and no rash"];

#[derive(Debug, clap::Args)]
pub struct Args {
    /// Keep the sample archive and its index in this folder instead of a temporary one
    #[arg(long, value_name = "DIR")]
    keep: Option<PathBuf>,
}

pub(super) fn run(args: Args, context: &Context) -> anyhow::Result<Outcome> {
    let temporary;
    let folder: &Path = match &args.keep {
        Some(folder) => folder,
        None => {
            temporary = tempfile::tempdir().context("cannot make a temporary folder")?;
            temporary.path()
        }
    };
    let archive = folder.join("archive");
    std::fs::create_dir_all(&archive)
        .and_then(|()| SAMPLE.extract(&archive))
        .with_context(|| format!("cannot write to {}", archive.display()))?;
    // A transcript is for people, wherever it goes.
    let place = Context { index: folder.join("index"), format: Some(context.format.unwrap_or(Format::Human)) };

    say(&format!("curbside index {}", archive.display()))?;
    let index = Index::open_or_create(&place.index, &Lexicon::core(), &Embedder::builtin())?;
    let tally = ingest::ingest(
        &index,
        &Reader::new(),
        &[archive],
        &ingest::Options::default(),
        &Progress::default(),
        &mut |rejection| warn_rejected(&rejection),
    )?;
    writeln!(
        io::stdout(),
        "{} threads, {} mentions of clinical concepts, {:.1} s",
        tally.threads,
        tally.mentions,
        tally.seconds
    )?;
    for query in SEARCHES {
        let command = ["search", query, "-n", "3"];
        verb(&command, &place)?;
    }
    verb(&["related", "tingling-foot-after-microdiscectomy", "-n", "3"], &place)?;
    if args.keep.is_some() {
        say(&format!("The archive and its index are in {}", folder.display()))?;
    }
    Ok(Outcome::Done)
}

/// Shows a command and what it gives.
fn verb(words: &[&str], place: &Context) -> anyhow::Result<()> {
    use clap::Parser;
    let shown: Vec<String> =
        words.iter().map(|word| if word.contains(' ') { format!("{word:?}") } else { (*word).to_owned() }).collect();
    say(&format!("curbside {}", shown.join(" ")))?;
    let cli = super::Cli::try_parse_from(std::iter::once("curbside").chain(words.iter().copied()))?;
    let run: Verb = cli.verb;
    super::run(run, place)?;
    Ok(())
}

fn say(command: &str) -> io::Result<()> {
    let mut out = anstream::stdout().lock();
    writeln!(out, "\n{}$ {}{}", style::ACCENT, style::clean(command), style::ACCENT.render_reset())
}
