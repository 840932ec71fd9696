//! A **site profile** is how one site lays out a consult: patterns for its title, byline, turns, sections, furniture and panel. Profiles
//! are data, in `schema/sites/`; each pattern is a regular expression over one line of the page. The profile of a site that exports tables
//! is its name and which columns hold what.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use include_dir::{Dir, include_dir};
use regex::{Regex, RegexSet};
use serde::Deserialize;

use super::table::{Columns, OneOrMore, TableProfile};
use crate::thread::SectionKind;

static BUILT_IN: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/schema/sites");

/// How one site lays out a consult.
#[derive(Debug, Clone)]
pub struct Profile {
    /// The site, which becomes the thread's source.
    pub name: String,
    /// A page is of this site when each of these matches some line.
    pub(super) fits: Vec<Regex>,
    pub(super) title: Vec<Regex>,
    pub(super) doctor: Vec<Regex>,
    pub(super) specialty: Vec<Regex>,
    pub(super) reviewer: Vec<Regex>,
    pub(super) published: Vec<Regex>,
    pub(super) reviewed: Vec<Regex>,
    pub(super) premium: RegexSet,
    /// Lines that begin a doctor's or a patient's turn. A group named `greeting` is left out of the post.
    pub(super) doctor_turn: Vec<Regex>,
    pub(super) patient_turn: Vec<Regex>,
    pub(super) sections: Vec<(SectionKind, Regex)>,
    /// Lines that belong to the site and not to a post.
    pub(super) furniture: RegexSet,
    /// The line that ends the thread.
    pub(super) end: RegexSet,
    pub(super) panel_begin: RegexSet,
    pub(super) panel_snippet: Vec<Regex>,
    pub(super) panel_end: RegexSet,
}

#[derive(Debug, thiserror::Error)]
pub enum ProfileError {
    #[error("{}: cannot be read: {reason}; name a folder of site profiles (*.toml)", .path.display())]
    Unreadable { path: PathBuf, reason: String },
    #[error("{}: is not a site profile: {reason}; see schema/sites for examples", .path.display())]
    Malformed { path: PathBuf, reason: String },
}

/// A table's profile as it is written.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenTable {
    name: String,
    columns: BTreeMap<String, OneOrMore>,
}

/// A page's profile as it is written.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    name: String,
    fits: Vec<String>,
    title: Vec<String>,
    #[serde(default)]
    doctor: Vec<String>,
    #[serde(default)]
    specialty: Vec<String>,
    #[serde(default)]
    reviewer: Vec<String>,
    #[serde(default)]
    published: Vec<String>,
    #[serde(default)]
    reviewed: Vec<String>,
    #[serde(default)]
    premium: Vec<String>,
    turns: Turns,
    sections: Vec<SectionPattern>,
    #[serde(default)]
    furniture: Vec<String>,
    end: Vec<String>,
    panel: Panel,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Turns {
    doctor: Vec<String>,
    patient: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SectionPattern {
    kind: String,
    heading: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Panel {
    begin: Vec<String>,
    snippet: Vec<String>,
    end: Vec<String>,
}

impl Profile {
    pub(super) fn built_in() -> Vec<Profile> {
        BUILT_IN
            .files()
            .map(|file| {
                let text = file.contents_utf8().expect("built-in profiles are UTF-8");
                Profile::parse(text).unwrap_or_else(|reason| panic!("built-in profile {}: {reason}", file.path().display()))
            })
            .collect()
    }

    /// The profiles of pages, and those of tables.
    pub(super) fn read_folder(folder: &Path) -> Result<(Vec<Profile>, Vec<TableProfile>), ProfileError> {
        let unreadable =
            |path: &Path, error: std::io::Error| ProfileError::Unreadable { path: path.to_path_buf(), reason: error.to_string() };
        let mut paths = Vec::new();
        for entry in std::fs::read_dir(folder).map_err(|error| unreadable(folder, error))? {
            let path = entry.map_err(|error| unreadable(folder, error))?.path();
            if path.extension().is_some_and(|extension| extension == "toml") {
                paths.push(path);
            }
        }
        paths.sort();
        let (mut pages, mut tables) = (Vec::new(), Vec::new());
        for path in paths {
            let text = std::fs::read_to_string(&path).map_err(|error| unreadable(&path, error))?;
            let malformed = |reason| ProfileError::Malformed { path: path.clone(), reason };
            let is_table = text.parse::<toml::Table>().is_ok_and(|written| written.contains_key("columns"));
            if is_table {
                tables.push(parse_table(&text).map_err(malformed)?);
            } else {
                pages.push(Profile::parse(&text).map_err(malformed)?);
            }
        }
        Ok((pages, tables))
    }

    fn parse(text: &str) -> Result<Profile, String> {
        let written: Written = toml::from_str(text).map_err(|error| error.to_string())?;
        let sections = written.sections.iter().map(|section| Ok((section.kind.parse()?, one(&section.heading)?)));
        Ok(Profile {
            fits: all(&written.fits)?,
            title: all(&written.title)?,
            doctor: all(&written.doctor)?,
            specialty: all(&written.specialty)?,
            reviewer: all(&written.reviewer)?,
            published: all(&written.published)?,
            reviewed: all(&written.reviewed)?,
            premium: set(&written.premium)?,
            doctor_turn: all(&written.turns.doctor)?,
            patient_turn: all(&written.turns.patient)?,
            sections: sections.collect::<Result<_, String>>()?,
            furniture: set(&written.furniture)?,
            end: set(&written.end)?,
            panel_begin: set(&written.panel.begin)?,
            panel_snippet: all(&written.panel.snippet)?,
            panel_end: set(&written.panel.end)?,
            name: written.name,
        })
    }

    /// What a page must hold, for the sentence that rejects one that does not.
    pub(super) fn looked_for(&self) -> String {
        let marks: Vec<String> = self.fits.iter().map(|mark| format!("/{mark}/")).collect();
        format!("{} is known by {}", self.name, marks.join(" and "))
    }
}

fn parse_table(text: &str) -> Result<TableProfile, String> {
    let written: WrittenTable = toml::from_str(text).map_err(|error| error.to_string())?;
    Ok(TableProfile { columns: Columns::from_profile(&written.columns)?, site: written.name })
}

fn one(pattern: &str) -> Result<Regex, String> {
    Regex::new(pattern).map_err(|error| format!("pattern {pattern:?}: {error}"))
}

fn all(patterns: &[String]) -> Result<Vec<Regex>, String> {
    patterns.iter().map(|pattern| one(pattern)).collect()
}

fn set(patterns: &[String]) -> Result<RegexSet, String> {
    RegexSet::new(patterns).map_err(|error| error.to_string())
}
