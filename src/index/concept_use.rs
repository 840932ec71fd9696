//! A **concept use** is what one thread says of one concept in one place: with which assertion and how often. The index keeps it
//! as one number in a column, so that ranking reads a candidate's concepts without touching its text.

use std::collections::BTreeMap;

use crate::clinical::{Annotation, Assertion, ConceptId, Part};
use crate::thread::{Role, SectionKind, Thread};

/// What one thread says of one concept in one place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ConceptUse {
    pub concept: ConceptId,
    pub place: Place,
    pub assertion: Assertion,
    /// Mentions, from 1; 15 stands for more.
    pub count: u8,
}

/// The role of a passage within a consult.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum Place {
    Title = 0,
    /// A patient's post.
    Question = 1,
    /// A doctor's running text.
    Answer = 2,
    Causes = 3,
    Investigations = 4,
    Diagnosis = 5,
    Treatment = 6,
    /// Preventive measures and follow-up.
    Advice = 7,
}

impl Place {
    pub const ALL: [Place; 8] = [
        Place::Title,
        Place::Question,
        Place::Answer,
        Place::Causes,
        Place::Investigations,
        Place::Diagnosis,
        Place::Treatment,
        Place::Advice,
    ];

    /// Where a part of a thread stands. A part that the thread does not have counts as an answer.
    pub fn of(thread: &Thread, part: Part) -> Place {
        match part {
            Part::Title => Place::Title,
            Part::Post(n) => match thread.posts.get(n as usize).map(|post| post.role) {
                Some(Role::Patient) => Place::Question,
                _ => Place::Answer,
            },
            Part::Section(n, m) => {
                let section = thread.posts.get(n as usize).and_then(|post| post.sections.get(m as usize));
                section.map_or(Place::Answer, |section| Place::of_section(section.kind))
            }
        }
    }

    fn of_section(kind: SectionKind) -> Place {
        match kind {
            SectionKind::ProbableCauses => Place::Causes,
            SectionKind::Investigations => Place::Investigations,
            SectionKind::DifferentialDiagnosis | SectionKind::ProbableDiagnosis => Place::Diagnosis,
            SectionKind::TreatmentPlan => Place::Treatment,
            SectionKind::PreventiveMeasures | SectionKind::FollowUp => Place::Advice,
        }
    }
}

impl ConceptUse {
    const MOST: u8 = 15;

    /// The uses of a thread, by concept, place and assertion.
    pub fn of_thread(thread: &Thread, annotation: &Annotation) -> Vec<ConceptUse> {
        let mut counts: BTreeMap<(ConceptId, Place, Assertion), u8> = BTreeMap::new();
        for (part, mention) in annotation.mentions() {
            let count = counts.entry((mention.concept, Place::of(thread, part), mention.assertion)).or_default();
            *count = (*count + 1).min(ConceptUse::MOST);
        }
        counts.into_iter().map(|((concept, place, assertion), count)| ConceptUse { concept, place, assertion, count }).collect()
    }

    /// Bits from the lowest: 4 count, 3 assertion, 3 place, the rest concept.
    pub fn pack(self) -> u64 {
        u64::from(self.concept.0) << 10 | (self.place as u64) << 7 | (self.assertion as u64) << 4 | u64::from(self.count)
    }

    /// The reverse of [`ConceptUse::pack`]; `None` for a number that it never gives.
    pub fn unpack(packed: u64) -> Option<ConceptUse> {
        Some(ConceptUse {
            concept: ConceptId(u32::try_from(packed >> 10).ok()?),
            place: Place::ALL[(packed >> 7 & 7) as usize],
            assertion: *Assertion::ALL.get((packed >> 4 & 7) as usize)?,
            count: (packed & 15) as u8,
        })
    }
}
