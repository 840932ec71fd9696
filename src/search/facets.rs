//! **Facets** say how the threads that match are spread: over concepts, specialties, doctors and years, each with a count.

use rustc_hash::{FxHashMap, FxHashSet};
use serde::Serialize;

use crate::clinical::{Assertion, ConceptId, Kind};
use crate::index::{IndexError, View, date_of_days};

use super::allowed::ThreadSet;
use super::concepts::for_each_thread_with;

/// Values shown of each facet.
const MOST: usize = 10;

/// How the threads that match are spread; of each facet the values that most threads have, equal ones by name.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "serve", derive(utoipa::ToSchema))]
pub struct Facets {
    pub symptoms: Vec<ConceptCount>,
    pub conditions: Vec<ConceptCount>,
    pub procedures: Vec<ConceptCount>,
    pub drugs: Vec<ConceptCount>,
    pub investigations: Vec<ConceptCount>,
    pub specialties: Vec<Count>,
    pub doctors: Vec<Count>,
    /// The latest first.
    pub years: Vec<Count>,
}

/// Threads about a concept or a narrower one: as many as its filter leaves.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "serve", derive(utoipa::ToSchema))]
pub struct ConceptCount {
    pub concept: String,
    pub name: String,
    pub count: u64,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "serve", derive(utoipa::ToSchema))]
pub struct Count {
    pub name: String,
    pub count: u64,
}

/// Counts over the threads that match, by segment.
pub(super) fn facets(view: &View, matching: &[ThreadSet]) -> Result<Facets, IndexError> {
    let named = most_named(view, matching)?;
    let of_kind = |kind: Kind| -> Result<Vec<ConceptCount>, IndexError> {
        let mut counts = Vec::new();
        for &concept in &named[kind as usize] {
            let count = having(view, matching, concept)?;
            let concept = view.lexicon().concept(concept);
            counts.push(ConceptCount { concept: concept.id.to_owned(), name: concept.name.to_owned(), count });
        }
        counts.sort_by(|a, b| b.count.cmp(&a.count).then_with(|| a.name.cmp(&b.name)));
        Ok(counts)
    };
    Ok(Facets {
        symptoms: of_kind(Kind::Symptom)?,
        conditions: of_kind(Kind::Condition)?,
        procedures: of_kind(Kind::Procedure)?,
        drugs: of_kind(Kind::Drug)?,
        investigations: of_kind(Kind::Investigation)?,
        specialties: words(view, matching, "specialty")?,
        doctors: words(view, matching, "doctor")?,
        years: years(view, matching)?,
    })
}

/// For each kind the concepts that most threads name themselves, neither as denied nor of a relative.
fn most_named(view: &View, matching: &[ThreadSet]) -> Result<[Vec<ConceptId>; 5], IndexError> {
    let mut counts: FxHashMap<ConceptId, u64> = FxHashMap::default();
    let mut of_thread: FxHashSet<ConceptId> = FxHashSet::default();
    for (segment, set) in matching.iter().enumerate() {
        let columns = view.columns(segment as u32)?;
        for doc in set.iter() {
            let about = columns.concepts(doc).filter(|used| !matches!(used.assertion, Assertion::Denied | Assertion::Family));
            of_thread.extend(about.map(|used| used.concept));
            of_thread.drain().for_each(|concept| *counts.entry(concept).or_default() += 1);
        }
    }
    let mut sorted: Vec<(ConceptId, u64)> = counts.into_iter().collect();
    sorted.sort_unstable_by(|a, b| b.1.cmp(&a.1).then(a.0.cmp(&b.0)));
    Ok(Kind::ALL.map(|kind| {
        let of_kind = sorted.iter().map(|&(concept, _)| concept).filter(|&concept| view.lexicon().concept(concept).kind == kind);
        of_kind.take(MOST).collect()
    }))
}

fn having(view: &View, matching: &[ThreadSet], concept: ConceptId) -> Result<u64, IndexError> {
    let mut count = 0;
    for (segment, set) in matching.iter().enumerate() {
        for_each_thread_with(view, segment, view.fields().within, concept, |doc| count += u64::from(set.contains(doc)))?;
    }
    Ok(count)
}

/// The values of a column of words.
fn words(view: &View, matching: &[ThreadSet], column: &str) -> Result<Vec<Count>, IndexError> {
    let mut counts: FxHashMap<String, u64> = FxHashMap::default();
    for (reader, set) in view.searcher().segment_readers().iter().zip(matching) {
        let Some(values) = reader.fast_fields().str(column).map_err(|error| view.damaged(error))? else { continue };
        let mut of_segment: FxHashMap<u64, u64> = FxHashMap::default();
        for doc in set.iter() {
            values.term_ords(doc).for_each(|ord| *of_segment.entry(ord).or_default() += 1);
        }
        for (ord, count) in of_segment {
            let mut name = String::new();
            values.ord_to_str(ord, &mut name).map_err(|error| view.damaged(error))?;
            *counts.entry(name).or_default() += count;
        }
    }
    let mut counts: Vec<Count> = counts.into_iter().map(|(name, count)| Count { name, count }).collect();
    counts.sort_by(|a, b| b.count.cmp(&a.count).then_with(|| a.name.cmp(&b.name)));
    counts.truncate(MOST);
    Ok(counts)
}

fn years(view: &View, matching: &[ThreadSet]) -> Result<Vec<Count>, IndexError> {
    let mut counts: FxHashMap<i16, u64> = FxHashMap::default();
    for (reader, set) in view.searcher().segment_readers().iter().zip(matching) {
        let published = reader.fast_fields().i64("published").map_err(|error| view.damaged(error))?;
        let dates = set.iter().filter_map(|doc| published.first(doc)).filter_map(date_of_days);
        dates.for_each(|date| *counts.entry(date.year()).or_default() += 1);
    }
    let mut counts: Vec<(i16, u64)> = counts.into_iter().collect();
    counts.sort_unstable_by_key(|&(year, _)| std::cmp::Reverse(year));
    Ok(counts.into_iter().map(|(year, count)| Count { name: year.to_string(), count }).collect())
}
