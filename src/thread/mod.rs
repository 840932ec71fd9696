//! A **thread** is one consult: the posts that a patient and one or more doctors wrote in turn, with what the site said about
//! them (title, doctor, dates) and the site's own Related Questions.
//!
//! In: nothing; this room does no input or output. Out: [`Thread`], the noun that every other room passes on. Its JSON form is
//! fixed by `schema/thread.schema.json`.

mod id;

use std::fmt;
use std::str::FromStr;

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

pub use id::ThreadId;

/// One consult: a question, its answers and what the site said about them.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "serve", derive(utoipa::ToSchema))]
pub struct Thread {
    /// Stable: given by the archive, or made from the content by [`Thread::id_from_content`].
    #[serde(default)]
    pub id: ThreadId,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
    /// The site or collection the thread comes from, such as `icliniq.com`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<String>,
    #[serde(default)]
    pub title: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub doctor: Option<Doctor>,
    /// Who reviewed the answers: a person or a team.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reviewer: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "serve", schema(value_type = Option<String>, format = Date))]
    pub published: Option<Date>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "serve", schema(value_type = Option<String>, format = Date))]
    pub reviewed: Option<Date>,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub premium: bool,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tags: Vec<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub patient: Option<Patient>,
    pub posts: Vec<Post>,
    /// The site's own Related Questions: kept for comparison, never part of the thread's text.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub panel: Vec<PanelEntry>,
    /// Fields of the input that this model does not know, kept as they came.
    #[serde(flatten)]
    #[cfg_attr(feature = "serve", schema(ignore))]
    pub other: serde_json::Map<String, serde_json::Value>,
}

/// The doctor whom the site names as the answerer.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "serve", derive(utoipa::ToSchema))]
pub struct Doctor {
    pub name: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub specialty: Option<String>,
}

/// What is known of the patient beside the text.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "serve", derive(utoipa::ToSchema))]
pub struct Patient {
    /// In years; fractions are infants.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub age: Option<f64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sex: Option<Sex>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "serve", derive(utoipa::ToSchema))]
#[serde(rename_all = "lowercase")]
pub enum Sex {
    #[serde(alias = "f", alias = "F", alias = "Female")]
    Female,
    #[serde(alias = "m", alias = "M", alias = "Male")]
    Male,
}

/// One turn of the conversation.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "serve", derive(utoipa::ToSchema))]
pub struct Post {
    pub role: Role,
    /// The post's running text, without the text of its sections.
    #[serde(default)]
    pub text: String,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub sections: Vec<Section>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "serve", derive(utoipa::ToSchema))]
#[serde(rename_all = "lowercase")]
pub enum Role {
    Patient,
    Doctor,
}

/// A part of a doctor's post that the site sets off under a heading.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "serve", derive(utoipa::ToSchema))]
pub struct Section {
    pub kind: SectionKind,
    pub text: String,
}

/// The headings under which a doctor's answer may be filed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "serve", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum SectionKind {
    ProbableCauses,
    Investigations,
    DifferentialDiagnosis,
    ProbableDiagnosis,
    TreatmentPlan,
    PreventiveMeasures,
    FollowUp,
}

/// One entry of the site's own Related Questions panel.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "serve", derive(utoipa::ToSchema))]
pub struct PanelEntry {
    pub title: String,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub snippet: String,
}

impl Thread {
    /// The first post of the patient: what the thread asks. `None` in a thread of doctors' posts only.
    pub fn question(&self) -> Option<&Post> {
        self.posts.iter().find(|post| post.role == Role::Patient)
    }

    /// The title, or the question's beginning where the archive gives no title.
    pub fn heading(&self) -> &str {
        const LONGEST: usize = 120;
        let title = self.title.trim();
        if !title.is_empty() {
            return title;
        }
        let text = self.question().or(self.posts.first()).map_or("", |post| post.text.trim());
        let line = text.lines().next().unwrap_or("");
        match line.char_indices().nth(LONGEST) {
            None => line,
            Some((cut, _)) => line[..cut].rsplit_once(' ').map_or(&line[..cut], |(whole, _)| whole),
        }
    }

    /// Whether a doctor has written anything.
    pub fn is_answered(&self) -> bool {
        self.posts.iter().any(|post| post.role == Role::Doctor && !post.is_empty())
    }

    /// Bytes of text that a reader sees: title, posts, sections.
    pub fn text_len(&self) -> usize {
        let posts = self.posts.iter().map(|post| post.text.len() + post.sections.iter().map(|s| s.text.len()).sum::<usize>());
        self.title.len() + posts.sum::<usize>()
    }
}

impl Post {
    pub fn patient(text: impl Into<String>) -> Post {
        Post { role: Role::Patient, text: text.into(), sections: Vec::new() }
    }

    pub fn doctor(text: impl Into<String>) -> Post {
        Post { role: Role::Doctor, text: text.into(), sections: Vec::new() }
    }

    pub fn is_empty(&self) -> bool {
        self.text.trim().is_empty() && self.sections.iter().all(|section| section.text.trim().is_empty())
    }
}

impl SectionKind {
    pub const ALL: [SectionKind; 7] = [
        SectionKind::ProbableCauses,
        SectionKind::Investigations,
        SectionKind::DifferentialDiagnosis,
        SectionKind::ProbableDiagnosis,
        SectionKind::TreatmentPlan,
        SectionKind::PreventiveMeasures,
        SectionKind::FollowUp,
    ];

    /// The name in JSON, in site profiles and in the index.
    pub fn name(self) -> &'static str {
        match self {
            SectionKind::ProbableCauses => "probable_causes",
            SectionKind::Investigations => "investigations",
            SectionKind::DifferentialDiagnosis => "differential_diagnosis",
            SectionKind::ProbableDiagnosis => "probable_diagnosis",
            SectionKind::TreatmentPlan => "treatment_plan",
            SectionKind::PreventiveMeasures => "preventive_measures",
            SectionKind::FollowUp => "follow_up",
        }
    }

    /// The name as a reader sees it: "Probable causes".
    pub fn heading(self) -> &'static str {
        match self {
            SectionKind::ProbableCauses => "Probable causes",
            SectionKind::Investigations => "Investigations",
            SectionKind::DifferentialDiagnosis => "Differential diagnosis",
            SectionKind::ProbableDiagnosis => "Probable diagnosis",
            SectionKind::TreatmentPlan => "Treatment plan",
            SectionKind::PreventiveMeasures => "Preventive measures",
            SectionKind::FollowUp => "Follow-up",
        }
    }
}

impl FromStr for SectionKind {
    type Err = String;

    fn from_str(name: &str) -> Result<SectionKind, String> {
        SectionKind::ALL.into_iter().find(|kind| kind.name() == name).ok_or_else(|| {
            let known: Vec<_> = SectionKind::ALL.iter().map(|kind| kind.name()).collect();
            format!("unknown section kind {name:?}; known are {}", known.join(", "))
        })
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Role::Patient => "patient",
            Role::Doctor => "doctor",
        })
    }
}

impl fmt::Display for Sex {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Sex::Female => "female",
            Sex::Male => "male",
        })
    }
}
