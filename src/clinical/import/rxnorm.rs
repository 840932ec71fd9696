//! **RxNorm**: ingredients with their synonyms and brands. A precise ingredient, such as a salt, is its ingredient; a brand of one
//! ingredient is a name of it, and a brand of several is the combination, below each.

use std::collections::BTreeMap;

use rustc_hash::FxHashMap;

use super::rrf::{Release, Rows};
use super::{Item, Terminology};
use crate::clinical::{Kind, LexiconError};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Role {
    Ingredient,
    Precise,
    Combination,
    Brand,
}

struct Drug {
    line: usize,
    role: Role,
    name: String,
    synonyms: Vec<String>,
    /// Codes of ingredients that it is made of, is a form of, or is a brand of.
    of: Vec<String>,
}

pub fn read(release: &Release) -> Result<Terminology, LexiconError> {
    let mut drugs = drugs(release)?;
    relate(release, &mut drugs)?;
    let mut terminology = Terminology::new(&release.file("RXNCONSO.RRF"));
    for item in items(&drugs) {
        terminology.add(item)?;
    }
    Ok(terminology)
}

/// The ingredients, combinations and brands, in the order of their codes.
fn drugs(release: &Release) -> Result<BTreeMap<String, Drug>, LexiconError> {
    let mut drugs: BTreeMap<String, Drug> = BTreeMap::new();
    let mut synonyms: FxHashMap<String, Vec<String>> = FxHashMap::default();
    let mut rows = Rows::<18>::open(&release.file("RXNCONSO.RRF"))?;
    while let Some((line, row)) = rows.next()? {
        let [code, language, .., source, type_, _, term, _, suppressed, _] = row;
        if (source, language) != ("RXNORM", "ENG") || !matches!(suppressed, "N" | "") {
            continue;
        }
        let role = match type_ {
            "IN" => Role::Ingredient,
            "PIN" => Role::Precise,
            "MIN" => Role::Combination,
            "BN" => Role::Brand,
            "SY" | "TMSY" => {
                synonyms.entry(code.to_owned()).or_default().push(term.to_owned());
                continue;
            }
            _ => continue,
        };
        let drug = Drug { line, role, name: term.to_owned(), synonyms: Vec::new(), of: Vec::new() };
        drugs.entry(code.to_owned()).or_insert(drug);
    }
    for (code, terms) in synonyms {
        if let Some(drug) = drugs.get_mut(&code) {
            drug.synonyms = terms;
        }
    }
    Ok(drugs)
}

/// Reads which drug is made of, a form of or a brand of which. The roles tell which side is which, however a row is turned.
fn relate(release: &Release, drugs: &mut BTreeMap<String, Drug>) -> Result<(), LexiconError> {
    let path = release.file("RXNREL.RRF");
    if !path.exists() {
        tracing::warn!("{} is not there: brands are not joined with their ingredients", path.display());
        return Ok(());
    }
    let mut rows = Rows::<16>::open(&path)?;
    while let Some((_, [first, _, _, _, second, _, _, says, ..])) = rows.next()? {
        let role = |code: &str| drugs.get(code).map(|drug| drug.role);
        let (Some(a), Some(b)) = (role(first), role(second)) else { continue };
        let fits = |of: Role, base: Role| match says {
            "tradename_of" | "has_tradename" => of == Role::Brand && base != Role::Brand,
            "form_of" | "has_form" => (of, base) == (Role::Precise, Role::Ingredient),
            "part_of" | "has_part" => of == Role::Combination && matches!(base, Role::Ingredient | Role::Precise),
            _ => false,
        };
        let (of, base) = match (fits(a, b), fits(b, a)) {
            (true, _) => (first, second),
            (_, true) => (second, first),
            _ => continue,
        };
        let base = base.to_owned();
        if let Some(drug) = drugs.get_mut(of).filter(|drug| !drug.of.contains(&base)) {
            drug.of.push(base);
        }
    }
    Ok(())
}

/// The concepts: ingredients, combinations, and brands of combinations that have no name of their own.
fn items(drugs: &BTreeMap<String, Drug>) -> Vec<Item> {
    let item = |code: &str, drug: &Drug, parents: Vec<String>| {
        let mut item = Item::new(drug.line, &format!("RXCUI:{code}"), Kind::Drug, &drug.name);
        item.synonyms = drug.synonyms.clone();
        item.parents = parents.into_iter().map(|code| format!("RXCUI:{code}")).collect();
        item
    };
    let mut items: BTreeMap<&str, Item> = BTreeMap::new();
    let mut combinations: FxHashMap<Vec<String>, &str> = FxHashMap::default();
    for (code, drug) in drugs {
        let parts = parts(drugs, drug);
        match drug.role {
            Role::Ingredient => _ = items.insert(code, item(code, drug, Vec::new())),
            Role::Precise if parts.is_empty() => _ = items.insert(code, item(code, drug, Vec::new())),
            Role::Combination => {
                combinations.insert(parts.clone(), code);
                items.insert(code, item(code, drug, parts));
            }
            Role::Precise | Role::Brand => {}
        }
    }
    for (code, drug) in drugs.iter().filter(|(_, drug)| matches!(drug.role, Role::Precise | Role::Brand)) {
        let parts = parts(drugs, drug);
        let known = match &parts[..] {
            [] => None,
            [one] => Some(one.as_str()),
            several => combinations.get(several).copied(),
        };
        if let Some(known) = known.and_then(|known| items.get_mut(known)) {
            known.synonyms.push(drug.name.clone());
            known.synonyms.extend(drug.synonyms.iter().cloned());
            known.xrefs.push(format!("RXCUI:{code}"));
        } else {
            items.entry(code).or_insert_with(|| item(code, drug, parts));
        }
    }
    items.into_values().collect()
}

/// The ingredients of a drug, a salt being its ingredient and a combination its parts, each once and in order.
fn parts(drugs: &BTreeMap<String, Drug>, drug: &Drug) -> Vec<String> {
    let mut parts = Vec::new();
    let mut seen: Vec<&str> = Vec::new();
    let mut way: Vec<&str> = drug.of.iter().map(String::as_str).collect();
    while let Some(code) = way.pop() {
        let Some(base) = drugs.get(code).filter(|_| !seen.contains(&code)) else { continue };
        seen.push(code);
        if base.of.is_empty() {
            parts.push(code.to_owned());
        }
        way.extend(base.of.iter().map(String::as_str));
    }
    parts.sort();
    parts
}
