//! **Why** an entry stands in a panel: what both threads speak of, what is near, and where they contradict, with the words that say so.

use serde::Serialize;

use crate::clinical::{Annotation, Assertion, ConceptId, Kind, Lexicon, Part};
use crate::thread::Thread;

use super::profile::{Profile, ProfileConcept, Stance};

/// Names of concepts that speak for and against an entry.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "serve", derive(utoipa::ToSchema))]
pub struct Why {
    /// In both.
    pub shared: Vec<String>,
    /// In the entry, broader or narrower than one of the thread.
    pub near: Vec<String>,
    /// One has it, the other has it not.
    pub conflicting: Vec<String>,
    /// For each that is conflicting, the words that deny it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub cues: Vec<Cue>,
}

/// The words that deny what the other thread's patient has.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "serve", derive(utoipa::ToSchema))]
pub struct Cue {
    /// Name of the concept.
    pub of: String,
    /// Where it is denied.
    pub denied_in: Side,
    /// "no fever"
    pub says: String,
}

impl Why {
    /// What is conflicting, each with the words that deny it and where: "fever (there: “no fever”)".
    pub fn conflicts(&self) -> Vec<String> {
        let told = |name: &String| match self.cues.iter().find(|cue| cue.of == *name) {
            Some(Cue { denied_in: Side::Entry, says, .. }) => format!("{name} (there: “{says}”)"),
            Some(Cue { denied_in: Side::Thread, says, .. }) => format!("{name} (here: “{says}”)"),
            None => name.clone(),
        };
        self.conflicting.iter().map(told).collect()
    }
}

/// Which of the two threads.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "serve", derive(utoipa::ToSchema))]
#[serde(rename_all = "lowercase")]
pub enum Side {
    /// The thread that the panel stands under.
    Thread,
    Entry,
}

/// Names of each kind at most: what is told is read.
const MOST: usize = 6;

/// Bytes from a cue to the end of what it denies, beyond which only the cue is quoted.
const LONGEST_QUOTE: usize = 80;

/// A thread with what was found in it.
pub(super) type Read<'r> = (&'r Thread, &'r Annotation);

/// Compares a profile with an entry's concepts; both threads are at hand to be quoted.
pub(super) fn why(lexicon: &Lexicon, profile: &Profile, own: Read<'_>, entry: &[ProfileConcept], other: Read<'_>) -> Why {
    let name = |concept: ConceptId| lexicon.concept(concept).name.to_owned();
    let mut why = Why::default();
    let mut rows: Vec<&ProfileConcept> = profile.concepts.iter().collect();
    rows.sort_by(|a, b| b.salience.total_cmp(&a.salience).then(a.concept.cmp(&b.concept)));
    for row in rows {
        match entry.iter().find(|other| other.concept == row.concept) {
            Some(found) if contradict(row.stance, found.stance) => {
                if why.conflicting.len() < MOST {
                    let (side, read) = if row.stance == Stance::HasNot { (Side::Thread, own) } else { (Side::Entry, other) };
                    let says = denial(read, row.concept);
                    why.cues.extend(says.map(|says| Cue { of: name(row.concept), denied_in: side, says }));
                }
                why.conflicting.push(name(row.concept));
            }
            Some(found) if row.salience > 0.0 && found.salience > 0.0 => why.shared.push(name(row.concept)),
            Some(_) => {}
            None if row.salience > 0.0 && lexicon.concept(row.concept).kind != Kind::Investigation => {
                let broader: Vec<ConceptId> = lexicon.ancestors(row.concept).into_iter().map(|(id, _)| id).collect();
                let is_kin = |other: &&ProfileConcept| {
                    other.salience > 0.0
                        && (broader.contains(&other.concept)
                            || lexicon.ancestors(other.concept).iter().any(|(id, _)| *id == row.concept))
                };
                why.near.extend(entry.iter().find(is_kin).map(|other| name(other.concept)));
            }
            None => {}
        }
    }
    why.near.retain(|near| !why.shared.contains(near));
    for names in [&mut why.shared, &mut why.near, &mut why.conflicting] {
        let mut seen = Vec::new();
        names.retain(|name| {
            !seen.contains(name) && {
                seen.push(name.clone());
                true
            }
        });
        names.truncate(MOST);
    }
    why
}

pub(super) fn contradict(a: Stance, b: Stance) -> bool {
    matches!((a, b), (Stance::Has, Stance::HasNot) | (Stance::HasNot, Stance::Has))
}

/// The words of a thread that deny a concept, from the cue to the concept or the other way round.
fn denial((thread, annotation): Read<'_>, concept: ConceptId) -> Option<String> {
    let denied =
        |(_, mention): &(Part, &crate::clinical::Mention)| mention.concept == concept && mention.assertion == Assertion::Denied;
    let (part, mention) = annotation.mentions().find(denied)?;
    let text = match part {
        Part::Title => thread.title.as_str(),
        Part::Post(n) => thread.posts.get(n as usize)?.text.as_str(),
        Part::Section(n, m) => thread.posts.get(n as usize)?.sections.get(m as usize)?.text.as_str(),
    };
    let (cue_start, cue_end) = mention.cue.unwrap_or((mention.start, mention.end));
    let (start, end) = (cue_start.min(mention.start) as usize, cue_end.max(mention.end) as usize);
    let quoted = if end - start <= LONGEST_QUOTE { start..end } else { cue_start as usize..cue_end as usize };
    Some(text.get(quoted)?.split_whitespace().collect::<Vec<_>>().join(" "))
}
