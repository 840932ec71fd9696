//! A **listing** is a tab-separated table of one terminology: concept_id, type, preferred, synonyms and parents with | between, and
//! whatever else it tells. Such tables are drawn from terminologies that file a concept in several places, as MeSH does, so that their
//! parents may go round.

use std::path::Path;

use super::{Item, Lines, Terminology};
use crate::clinical::{Kind, LexiconError};

/// The columns, found by name; the last two may be missing.
const COLUMNS: [&str; 5] = ["concept_id", "type", "preferred", "synonyms", "parents"];
const NEEDED: usize = 3;

pub fn read(path: &Path) -> Result<Terminology, LexiconError> {
    let mut lines = Lines::open(path)?;
    let Some(first) = lines.next()? else { return Ok(Terminology::new(path)) };
    let header: Vec<String> = first.text.split('\t').map(|name| name.trim().to_owned()).collect();
    let places = COLUMNS.map(|name| header.iter().position(|column| column == name));
    if let Some(missing) = (0..NEEDED).find(|&n| places[n].is_none()) {
        return Err(first.error(format!("no column {:?}; the first line names: {}", COLUMNS[missing], header.join(", "))));
    }
    let mut terminology = Terminology::of_many_trees(path);
    while let Some(line) = lines.next()? {
        if line.text.trim().is_empty() {
            continue;
        }
        let cells: Vec<&str> = line.text.split('\t').map(str::trim).collect();
        if cells.len() > header.len() {
            let what = format!("{} cells where the header names {} columns; remove a tab", cells.len(), header.len());
            return Err(line.error(what));
        }
        let [code, kind, name, synonyms, parents] = places.map(|n| n.and_then(|n| cells.get(n)).copied().unwrap_or(""));
        if let Some(empty) = [code, kind, name].iter().position(|cell| cell.is_empty()) {
            return Err(line.error(format!("the column {:?} is empty; fill it or remove the line", COLUMNS[empty])));
        }
        let kind: Kind = match kind.parse() {
            Ok(kind) => kind,
            Err(what) => return Err(line.error(what)),
        };
        let list = |cell: &str| cell.split('|').map(str::trim).filter(|item| !item.is_empty()).map(str::to_owned).collect();
        let mut item = Item::new(line.number, code, kind, name);
        (item.synonyms, item.parents) = (list(synonyms), list(parents));
        terminology.add(item)?;
    }
    Ok(terminology)
}
