//! **Patient facts** are what a thread says of its patient beside findings: age, sex, pregnancy, for how long, and for whom the
//! question is asked. They are soft signals: ranking prefers threads of a like patient, nothing is left out for them.

use serde::{Deserialize, Serialize};

use crate::thread::Sex;

#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
pub struct PatientFacts {
    /// In years; fractions are infants.
    pub age: Option<f32>,
    pub sex: Option<Sex>,
    /// Whether the patient is pregnant now; `None` where nothing is said.
    pub pregnant: Option<bool>,
    /// For how long the complaint has lasted, in days.
    pub duration_days: Option<f32>,
    pub asked_for: AskedFor,
}

/// Whom the writer asks about.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum AskedFor {
    #[default]
    Oneself,
    Child,
    Parent,
    Partner,
    Other,
}
