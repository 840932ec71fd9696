//! A **field** is what stands before a colon in a query: where words are to be looked for, or what a thread is to be filtered by.

use std::fmt;

use crate::clinical::Kind;
use crate::thread::SectionKind;

/// What stands before a colon in a query.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Field {
    /// Words of a part of the thread.
    Text(Place),
    /// A concept of this kind or one narrower.
    Concept(Kind),
    /// A concept that the patient has not.
    Denied,
    /// Words of what the site says about the thread.
    About(About),
    Published,
    Age,
    Sex,
    Id,
}

/// The parts of a thread whose words can be asked for by themselves.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Place {
    Title,
    Question,
    Answer,
    Treatment,
    Diagnosis,
    Causes,
    Investigations,
    Prevention,
    FollowUp,
}

/// What a site says about a thread in words.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum About {
    Doctor,
    Specialty,
    Source,
    Tag,
}

/// Every field with its names; the first is the one that is written.
const NAMES: &[(Field, &[&str])] = &[
    (Field::Text(Place::Title), &["title"]),
    (Field::Text(Place::Question), &["question"]),
    (Field::Text(Place::Answer), &["answer", "answers"]),
    (Field::Text(Place::Treatment), &["treatment"]),
    (Field::Text(Place::Diagnosis), &["diagnosis"]),
    (Field::Text(Place::Causes), &["causes", "cause"]),
    (Field::Text(Place::Investigations), &["investigations"]),
    (Field::Text(Place::Prevention), &["prevention"]),
    (Field::Text(Place::FollowUp), &["followup", "follow_up"]),
    (Field::Concept(Kind::Symptom), &["symptom", "symptoms"]),
    (Field::Concept(Kind::Condition), &["condition", "conditions"]),
    (Field::Concept(Kind::Procedure), &["procedure", "procedures"]),
    (Field::Concept(Kind::Drug), &["drug", "drugs"]),
    (Field::Concept(Kind::Investigation), &["investigation"]),
    (Field::Denied, &["denied"]),
    (Field::About(About::Doctor), &["doctor"]),
    (Field::About(About::Specialty), &["specialty", "speciality"]),
    (Field::About(About::Source), &["source"]),
    (Field::About(About::Tag), &["tag", "tags"]),
    (Field::Published, &["published"]),
    (Field::Age, &["age"]),
    (Field::Sex, &["sex"]),
    (Field::Id, &["id"]),
];

impl Field {
    /// The field of this name, in any case.
    pub fn by_name(name: &str) -> Option<Field> {
        let found = NAMES.iter().find(|(_, names)| names.iter().any(|known| known.eq_ignore_ascii_case(name)));
        found.map(|&(field, _)| field)
    }

    /// The name as it is written before the colon.
    pub fn name(self) -> &'static str {
        NAMES.iter().find(|(field, _)| *field == self).map_or("", |(_, names)| names[0])
    }
}

impl fmt::Display for Field {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl Place {
    /// The sections that the place stands for; none for title, question and answer, which are no sections.
    pub fn sections(self) -> &'static [SectionKind] {
        match self {
            Place::Title | Place::Question | Place::Answer => &[],
            Place::Treatment => &[SectionKind::TreatmentPlan],
            Place::Diagnosis => &[SectionKind::DifferentialDiagnosis, SectionKind::ProbableDiagnosis],
            Place::Causes => &[SectionKind::ProbableCauses],
            Place::Investigations => &[SectionKind::Investigations],
            Place::Prevention => &[SectionKind::PreventiveMeasures],
            Place::FollowUp => &[SectionKind::FollowUp],
        }
    }
}
