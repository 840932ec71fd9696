//! The **mapping** of standard terminologies to what this lexicon knows: which of their types are ours, and how their codes are
//! written as cross-references. It is data, in `schema/import`.

use std::sync::LazyLock;

use crate::clinical::Kind;

static TYPES: LazyLock<Vec<(&str, &str, Kind)>> = LazyLock::new(|| {
    let row = |line: &'static str| {
        let mut cells = line.split('\t');
        let row = (cells.next()?, cells.next()?, cells.next()?.parse().ok()?);
        Some(row)
    };
    // The table is part of the program, and a test reads every row of it.
    include_str!("../../../schema/import/types.tsv")
        .lines()
        .skip(1)
        .map(|line| row(line).expect("schema/import/types.tsv"))
        .collect()
});

static PREFIXES: LazyLock<Vec<(&str, &str)>> = LazyLock::new(|| {
    let table = include_str!("../../../schema/import/prefixes.tsv");
    table.lines().skip(1).map(|line| line.split_once('\t').expect("schema/import/prefixes.tsv")).collect()
});

/// The terminologies whose types are mapped, as the table names them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mapped {
    Umls,
    Mesh,
    Obo,
}

impl Mapped {
    /// The codes that are ours, the ones that go first first.
    pub fn rows(self) -> impl Iterator<Item = (&'static str, Kind)> {
        let name = match self {
            Mapped::Umls => "umls",
            Mapped::Mesh => "mesh",
            Mapped::Obo => "obo",
        };
        TYPES.iter().filter(move |(terminology, ..)| *terminology == name).map(|&(_, code, kind)| (code, kind))
    }
}

/// A cross-reference as the lexicon's tables write it, `MESH:D010292`; `None` for one to what is not known to mean the same.
pub fn xref(written: &str) -> Option<String> {
    let (prefix, code) = written.split_once(':')?;
    // Some carry the date of a release: SNOMEDCT_US_2023_03_01.
    let undated = prefix.trim_end_matches(|c: char| c.is_ascii_digit() || c == '_');
    let (_, prefix) = PREFIXES.iter().find(|(known, _)| known.eq_ignore_ascii_case(undated))?;
    let code = code.trim();
    (!code.is_empty() && !code.contains(char::is_whitespace)).then(|| format!("{prefix}:{code}"))
}
