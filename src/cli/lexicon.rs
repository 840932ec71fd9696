//! `lexicon`: what the lexicon knows of a term, what is wrong with its tables, and standard terminologies as a table.

use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use clap::Subcommand;
use serde_json::json;

use crate::clinical::{ConceptId, Lexicon, Written, check_tables, write_table};

use super::{Context, Format, Outcome, print_json, style};

#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Debug, Subcommand)]
enum Verb {
    /// Print the concepts of a term, with what is broader and narrower
    Show {
        /// A term, however written, or an id such as symptom:knee-pain
        term: String,
        /// Tables and terminologies to add to the built-in lexicon
        #[arg(long, value_name = "FILE", num_args = 1..)]
        lexicon: Vec<PathBuf>,
    },
    /// Check the built-in tables and the given ones; exit 2 when a line is wrong
    Check {
        /// Tables and terminologies to check beside the built-in ones
        #[arg(value_name = "FILE")]
        tables: Vec<PathBuf>,
        /// Also print remarks: lines that may be meant
        #[arg(long)]
        all: bool,
    },
    /// Write standard terminologies as one table in the lexicon's own form, for review and for --lexicon
    ///
    /// Reads OBO, MeSH descriptor XML, RxNorm and UMLS releases in Rich Release Format (name one file or the folder), and tables. No
    /// index is touched; every verb that takes --lexicon reads the same files directly.
    Import {
        #[arg(required = true, value_name = "FILE")]
        files: Vec<PathBuf>,
        /// The table to write; standard output when it is not given
        #[arg(long, value_name = "TABLE")]
        out: Option<PathBuf>,
    },
}

pub(super) fn run(args: Args, context: &Context) -> anyhow::Result<Outcome> {
    match args.verb {
        Verb::Show { term, lexicon } => show(&Lexicon::with_tables(&lexicon)?, &term, context),
        Verb::Check { tables, all } => check(&tables, all),
        Verb::Import { files, out } => import(&files, out.as_deref()),
    }
}

fn show(lexicon: &Lexicon, term: &str, context: &Context) -> anyhow::Result<Outcome> {
    let found = lexicon.by_id(term).map_or_else(|| lexicon.lookup(term), |id| vec![id]);
    if found.is_empty() {
        anstream::eprintln!("no concept has the term {:?}", style::clean(term));
        return Ok(Outcome::NothingFound);
    }
    for &id in &found {
        match context.format() {
            Format::Human => print_concept(lexicon, id)?,
            _ => {
                let concept = lexicon.concept(id);
                let ids = |ids: &mut dyn Iterator<Item = ConceptId>| ids.map(|id| lexicon.concept(id).id).collect::<Vec<_>>();
                print_json(&json!({
                    "concept": concept.id, "name": concept.name, "type": concept.kind,
                    "terms": lexicon.terms(id).collect::<Vec<_>>(),
                    "parents": ids(&mut lexicon.parents(id)), "children": ids(&mut lexicon.children(id)),
                }))?;
            }
        }
    }
    Ok(Outcome::Done)
}

fn print_concept(lexicon: &Lexicon, id: ConceptId) -> io::Result<()> {
    let mut out = anstream::stdout().lock();
    let concept = lexicon.concept(id);
    let (title, quiet) = (style::TITLE, style::QUIET);
    writeln!(out, "{title}{}{title:#}  {quiet}{}{quiet:#}", style::clean(concept.name), style::clean(concept.id))?;
    let names = |ids: Vec<ConceptId>| ids.into_iter().map(|id| lexicon.concept(id).name).collect::<Vec<_>>().join(", ");
    let terms = lexicon.terms(id).skip(1).collect::<Vec<_>>().join(", ");
    let above = names(lexicon.ancestors(id).into_iter().map(|(id, _)| id).collect());
    for (what, names) in [("also", terms), ("a kind of", above), ("kinds of it", names(lexicon.children(id).collect()))] {
        if !names.is_empty() {
            writeln!(out, "{}", style::wrap(&format!("{what}: {}", style::clean(&names)), "  "))?;
        }
    }
    Ok(())
}

fn check(tables: &[PathBuf], all: bool) -> anyhow::Result<Outcome> {
    let findings = check_tables(tables)?;
    let mut out = anstream::stdout().lock();
    let errors = findings.iter().filter(|finding| finding.is_error).count();
    for finding in findings.iter().filter(|finding| finding.is_error || all) {
        let (look, kind) = if finding.is_error { (style::ERROR, "error") } else { (style::WARNING, "remark") };
        writeln!(out, "{look}{kind}:{look:#} {}", style::clean(&finding.to_string()))?;
    }
    writeln!(out, "{errors} errors, {} remarks", findings.len() - errors)?;
    Ok(if errors > 0 { Outcome::SomeRejected } else { Outcome::Done })
}

/// The table is written when all of the input was read: bad input leaves one that is there as it was.
fn import(files: &[PathBuf], out: Option<&Path>) -> anyhow::Result<Outcome> {
    let mut table = Vec::new();
    let Written { concepts, terms } = write_table(files, &mut table)?;
    match out {
        Some(path) => fs::write(path, table).with_context(|| format!("{}: cannot be written", path.display()))?,
        None => io::stdout().lock().write_all(&table)?,
    }
    anstream::eprintln!("{concepts} concepts with {terms} terms");
    Ok(Outcome::Done)
}
