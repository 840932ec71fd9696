//! A **concept** is one clinical idea, however it is worded: paresthesia, laminectomy, gabapentin. Here are the names of its kinds
//! and its number within a lexicon; what is known of it stands in the [`Lexicon`](super::Lexicon).

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// The kinds of concept, called *type* in tables and in JSON.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "serve", derive(utoipa::ToSchema))]
#[serde(rename_all = "lowercase")]
#[repr(u8)]
pub enum Kind {
    Symptom = 0,
    Condition = 1,
    Procedure = 2,
    Drug = 3,
    Investigation = 4,
}

/// A concept's number within one lexicon: dense from 0, and valid with that lexicon only. Its lasting name is the id in the
/// tables, such as `symptom:paresthesia`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ConceptId(pub u32);

impl Kind {
    pub const ALL: [Kind; 5] = [Kind::Symptom, Kind::Condition, Kind::Procedure, Kind::Drug, Kind::Investigation];

    /// The name in ids and in JSON: `symptom`.
    pub fn name(self) -> &'static str {
        match self {
            Kind::Symptom => "symptom",
            Kind::Condition => "condition",
            Kind::Procedure => "procedure",
            Kind::Drug => "drug",
            Kind::Investigation => "investigation",
        }
    }

    /// The name of the group, as hits and the index list it: `symptoms`.
    pub fn plural(self) -> &'static str {
        match self {
            Kind::Symptom => "symptoms",
            Kind::Condition => "conditions",
            Kind::Procedure => "procedures",
            Kind::Drug => "drugs",
            Kind::Investigation => "investigations",
        }
    }
}

impl FromStr for Kind {
    type Err = String;

    fn from_str(name: &str) -> Result<Kind, String> {
        Kind::ALL
            .into_iter()
            .find(|kind| kind.name() == name)
            .ok_or_else(|| format!("unknown type {name:?}; known are {}", Kind::ALL.map(Kind::name).join(", ")))
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
