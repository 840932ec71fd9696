//! A **mention** is one place in a text where a concept is named, with its **assertion**: whether the patient has it. An
//! **annotation** is all that clinical reading found in one thread.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::{ConceptId, PatientFacts};

/// One place where a concept is named. Offsets are bytes of the text that was read, end exclusive, on character boundaries.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mention {
    pub start: u32,
    pub end: u32,
    pub concept: ConceptId,
    pub assertion: Assertion,
    /// Where the words stand that decided the assertion: "no" of "no fever". `None` where nothing but the default did.
    pub cue: Option<(u32, u32)>,
}

/// Whether the patient has what is mentioned; see the table in the design for each meaning.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "serve", derive(utoipa::ToSchema))]
#[serde(rename_all = "lowercase")]
#[repr(u8)]
pub enum Assertion {
    Present = 0,
    Denied = 1,
    Possible = 2,
    Past = 3,
    Family = 4,
    Hypothetical = 5,
}

/// What clinical reading found in one thread.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Annotation {
    /// In the order of the thread; parts without a mention are left out.
    pub parts: Vec<AnnotatedPart>,
    pub facts: PatientFacts,
}

/// The mentions of one part, in the order of its text; they do not overlap.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AnnotatedPart {
    pub part: Part,
    pub mentions: Vec<Mention>,
}

/// A piece of a thread's text that is read by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Part {
    Title,
    /// The running text of post *n*, from 0.
    Post(u32),
    /// Section *m* of post *n*, both from 0.
    Section(u32, u32),
}

impl Annotation {
    pub fn mentions(&self) -> impl Iterator<Item = (Part, &Mention)> {
        self.parts.iter().flat_map(|p| p.mentions.iter().map(move |mention| (p.part, mention)))
    }
}

impl Assertion {
    pub const ALL: [Assertion; 6] =
        [Assertion::Present, Assertion::Denied, Assertion::Possible, Assertion::Past, Assertion::Family, Assertion::Hypothetical];

    pub fn name(self) -> &'static str {
        match self {
            Assertion::Present => "present",
            Assertion::Denied => "denied",
            Assertion::Possible => "possible",
            Assertion::Past => "past",
            Assertion::Family => "family",
            Assertion::Hypothetical => "hypothetical",
        }
    }
}

impl fmt::Display for Assertion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
