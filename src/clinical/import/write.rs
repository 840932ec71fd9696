//! **Writing** what was imported as one table in the lexicon's own form, for a person to look through and to name again later.

use std::io::{self, Write};
use std::path::PathBuf;

use super::super::compile::{LexiconError, Merged, Tables, merge};

/// How much a table holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Written {
    pub concepts: usize,
    pub terms: usize,
}

/// Reads files as `--lexicon` does, joins what they share, and writes the concepts as one table. Each line says that nobody has
/// reviewed it: the terms that are ordinary words or acronyms stay guarded until the column says otherwise.
///
/// # Errors
/// As for [`Lexicon::with_tables`](crate::clinical::Lexicon::with_tables), and where `out` takes nothing.
pub fn write_table(files: &[PathBuf], out: &mut impl Write) -> Result<Written, ImportError> {
    let mut tables = Tables::default();
    super::read(&mut tables, files)?;
    let merged = merge(&tables)?;
    Ok(write(&merged, out)?)
}

/// Why a table could not be written.
#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    #[error(transparent)]
    Lexicon(#[from] LexiconError),
    #[error("the table cannot be written: {0}")]
    Write(#[from] io::Error),
}

fn write(merged: &Merged, out: &mut impl Write) -> io::Result<Written> {
    writeln!(out, "id\tname\tsynonyms\tparents\txrefs\treviewed")?;
    let mut terms = 0;
    for item in &merged.concepts {
        let parents: Vec<&str> = item.parents.iter().map(|&parent| merged.concepts[parent as usize].id.as_str()).collect();
        let (names, synonyms) = item.terms.split_at(1);
        let reviewed = if item.reviewed == item.terms.len() { "" } else { "no" };
        let cells = [item.id.as_str(), &cell(names), &cell(synonyms), &parents.join("|"), &item.xrefs.join("|"), reviewed];
        writeln!(out, "{}", cells.join("\t"))?;
        terms += item.terms.len();
    }
    out.flush()?;
    Ok(Written { concepts: merged.concepts.len(), terms })
}

/// Terms with | between. What would part a table there is a space.
fn cell(terms: &[String]) -> String {
    let plain = |term: &String| term.replace(['|', '\t', '\n', '\r'], " ");
    terms.iter().map(plain).collect::<Vec<_>>().join("|")
}
