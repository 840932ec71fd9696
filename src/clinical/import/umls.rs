//! The **UMLS Metathesaurus**: English terms of concepts whose semantic type is one of ours. Its hierarchies come from many sources and
//! may go round; where they do, the round is opened.

use rustc_hash::{FxHashMap, FxHashSet};

use super::mapping::Mapped;
use super::rrf::{Release, Rows};
use super::{Item, Terminology};
use crate::clinical::{Kind, LexiconError};

pub fn read(release: &Release) -> Result<Terminology, LexiconError> {
    let kinds = kinds(release)?;
    let path = release.file("MRCONSO.RRF");
    let mut terminology = Terminology::of_many_trees(&path);
    let mut places: FxHashMap<String, usize> = FxHashMap::default();
    let mut items: Vec<Item> = Vec::new();
    let mut named: FxHashSet<usize> = FxHashSet::default();
    let mut rows = Rows::<18>::open(&path)?;
    while let Some((line, row)) = rows.next()? {
        let [cui, language, status, _, form, _, preferred, .., term, _, suppressed, _] = row;
        let Some(&kind) = kinds.get(cui).filter(|_| language == "ENG" && suppressed == "N") else { continue };
        let n = *places.entry(cui.to_owned()).or_insert_with(|| {
            items.push(Item::new(line, cui, kind, term));
            items.len() - 1
        });
        let item = &mut items[n];
        // The term that the release itself calls preferred is the name.
        if (status, form, preferred) == ("P", "PF", "Y") && named.insert(n) {
            let before = std::mem::replace(&mut item.name, term.to_owned());
            item.synonyms.push(before);
        } else {
            item.synonyms.push(term.to_owned());
        }
    }
    relate(release, &places, &mut items)?;
    for mut item in items {
        let cui = format!("UMLS:{}", item.code);
        item.add_xrefs([cui.as_str()]);
        terminology.add(item)?;
    }
    Ok(terminology)
}

/// The type of each concept that has one of ours; of several, the one that the mapping lists first.
fn kinds(release: &Release) -> Result<FxHashMap<String, Kind>, LexiconError> {
    let mapped: FxHashMap<&str, (usize, Kind)> =
        Mapped::Umls.rows().enumerate().map(|(rank, (code, kind))| (code, (rank, kind))).collect();
    let mut kinds: FxHashMap<String, (usize, Kind)> = FxHashMap::default();
    let mut rows = Rows::<6>::open(&release.file("MRSTY.RRF"))?;
    while let Some((_, [cui, semantic_type, ..])) = rows.next()? {
        let Some(&met) = mapped.get(semantic_type) else { continue };
        kinds.entry(cui.to_owned()).and_modify(|known| *known = (*known).min(met)).or_insert(met);
    }
    Ok(kinds.into_iter().map(|(cui, (_, kind))| (cui, kind)).collect())
}

/// Reads what is broader than what. A row says what the second concept is to the first.
fn relate(release: &Release, places: &FxHashMap<String, usize>, items: &mut [Item]) -> Result<(), LexiconError> {
    let path = release.file("MRREL.RRF");
    if !path.exists() {
        tracing::warn!("{} is not there: its concepts have no broader ones", path.display());
        return Ok(());
    }
    let mut rows = Rows::<16>::open(&path)?;
    while let Some((_, [first, _, _, relation, second, _, _, says, ..])) = rows.next()? {
        let (narrow, broad) = match (relation, says) {
            ("PAR", "" | "inverse_isa") | ("RB", "inverse_isa") => (first, second),
            ("CHD", "" | "isa") | ("RN", "isa") => (second, first),
            _ => continue,
        };
        if let (Some(&narrow), true) = (places.get(narrow), places.contains_key(broad) && narrow != broad) {
            items[narrow].parents.push(broad.to_owned());
        }
    }
    Ok(())
}
