//! The **command line**: arguments to calls of the library, and what they give to a terminal or a program.
//!
//! One file a verb, each with its `Args` and a `run`. Results go to stdout, everything else to stderr. Exit 0: done; 1: nothing
//! found; 2: an error, or some inputs were rejected while the rest went in.

mod annotate;
mod check;
mod completions;
mod demo;
mod eval;
mod index;
mod lexicon;
mod model;
mod parse;
mod progress;
mod related;
mod search;
#[cfg(feature = "serve")]
mod serve;
mod show;
mod snapshot;
mod stats;
mod style;
mod suggest;
mod watch;

use std::io::{self, IsTerminal, Write};
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Context as _;
use clap::{Parser, Subcommand, ValueEnum};

use crate::index::{Index, View};

/// Full-text search and related questions over archives of medical consults.
///
/// What it prints is what other people were told; it is not medical advice.
#[derive(Debug, Parser)]
#[command(name = "curbside", version, max_term_width = 100)]
pub struct Cli {
    #[command(flatten)]
    global: Global,
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Debug, clap::Args)]
struct Global {
    /// Directory of the index
    #[arg(long, global = true, value_name = "DIR", env = "CURBSIDE_INDEX", default_value = "curbside-index")]
    index: PathBuf,
    /// Form of the output: human on a terminal, json where a program reads, unless said otherwise
    #[arg(long, global = true, value_name = "FORMAT")]
    format: Option<Format>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Format {
    Human,
    Json,
    Trec,
}

#[derive(Debug, Subcommand)]
enum Verb {
    /// Bring the index up to date with files and folders of threads
    Index(index::Args),
    /// Find threads by words and concepts
    Search(Box<search::Args>),
    /// Rank the related questions of a thread, a file or typed text
    Related(related::Args),
    /// Complete the beginning of a query: concepts and titles
    Suggest(suggest::Args),
    /// Show one thread
    Show(show::Args),
    /// Print what reading makes of files, as thread JSON Lines, without an index
    Parse(parse::Args),
    /// Print the symptoms, conditions, procedures, drugs and investigations that lines of text name
    Annotate(annotate::Args),
    /// Look a term up, check tables, import standard terminologies
    Lexicon(lexicon::Args),
    /// Distil an embedding model of one's own from a sentence transformer
    Model(model::Args),
    /// Measure search, related and clinical reading against judgements; compare runs, tune weights
    Eval(Box<eval::Args>),
    /// Print what is in the index
    Stats(stats::Args),
    /// Serve the web page and the HTTP API
    #[cfg(feature = "serve")]
    Serve(serve::Args),
    /// Say whether the index is whole
    Check(check::Args),
    /// Copy the index as of its last commit, while a writer may go on
    Snapshot(snapshot::Args),
    /// Index, search and relate the built-in sample archive
    Demo(demo::Args),
    /// Print a completion script for a shell
    Completions(completions::Args),
    /// Print the manual page
    Man,
}

/// How a verb ended when it did not fail.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    Done,
    NothingFound,
    SomeRejected,
}

/// What every verb is given.
struct Context {
    index: PathBuf,
    format: Option<Format>,
}

impl Context {
    /// The format asked for, or the one that fits who reads.
    fn format(&self) -> Format {
        self.format.unwrap_or(if io::stdout().is_terminal() { Format::Human } else { Format::Json })
    }

    fn open_index(&self) -> anyhow::Result<Index> {
        Ok(Index::open(&self.index)?)
    }

    fn view(&self) -> anyhow::Result<View> {
        Ok(self.open_index()?.view()?)
    }
}

/// Runs the command line of this process.
pub fn main() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => {
            let _ = error.print();
            return if error.use_stderr() { ExitCode::from(2) } else { ExitCode::SUCCESS };
        }
    };
    let context = Context { index: cli.global.index, format: cli.global.format };
    match run(cli.verb, &context) {
        Ok(Outcome::Done) => ExitCode::SUCCESS,
        Ok(Outcome::NothingFound) => ExitCode::from(1),
        Ok(Outcome::SomeRejected) => ExitCode::from(2),
        Err(error) if is_closed_pipe(&error) => ExitCode::SUCCESS,
        Err(error) => {
            anstream::eprintln!("{}error:{} {}", style::ERROR, style::ERROR.render_reset(), style::clean(&format!("{error:#}")));
            ExitCode::from(2)
        }
    }
}

fn run(verb: Verb, context: &Context) -> anyhow::Result<Outcome> {
    match verb {
        Verb::Index(args) => index::run(args, context),
        Verb::Search(args) => search::run(*args, context),
        Verb::Related(args) => related::run(args, context),
        Verb::Suggest(args) => suggest::run(args, context),
        Verb::Show(args) => show::run(args, context),
        Verb::Parse(args) => parse::run(args, context),
        Verb::Annotate(args) => annotate::run(args, context),
        Verb::Lexicon(args) => lexicon::run(args, context),
        Verb::Model(args) => model::run(args, context),
        Verb::Eval(args) => eval::run(*args, context),
        Verb::Stats(args) => stats::run(args, context),
        #[cfg(feature = "serve")]
        Verb::Serve(args) => serve::run(args, context),
        Verb::Check(args) => check::run(args, context),
        Verb::Snapshot(args) => snapshot::run(args, context),
        Verb::Demo(args) => demo::run(args, context),
        Verb::Completions(args) => completions::run(args),
        Verb::Man => completions::man(),
    }
}

/// What to do about an id that is not in the index.
fn hint_for(view: &View, id: &str) -> anyhow::Result<String> {
    let near = view.ids_like(id, 3)?;
    Ok(match near.as_slice() {
        [] => "`curbside search` finds ids".to_owned(),
        near => format!("did you mean {}?", near.iter().map(|id| id.as_str()).collect::<Vec<_>>().join(", ")),
    })
}

/// Prints one JSON value and a line end.
fn print_json(value: &impl serde::Serialize) -> anyhow::Result<()> {
    let mut out = io::stdout().lock();
    serde_json::to_writer(&mut out, value).map_err(io::Error::from).context("cannot write to standard output")?;
    writeln!(out)?;
    Ok(())
}

fn is_closed_pipe(error: &anyhow::Error) -> bool {
    error.chain().any(|cause| cause.downcast_ref::<io::Error>().is_some_and(|e| e.kind() == io::ErrorKind::BrokenPipe))
}
