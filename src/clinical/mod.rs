//! **Clinical reading** turns text into mentions: which concept is named, where, and with which assertion.
//!
//! In: a text or a [`Thread`](crate::thread::Thread), and a [`Lexicon`], which takes tables and standard terminologies of a user's own. Out: [`Mention`]s, [`PatientFacts`], and what the lexicon
//! knows of a concept.

mod annotator;
pub mod assertion;
mod check;
mod compile;
mod compose;
mod concept;
mod facts;
mod import;
mod lexicon;
mod matcher;
mod mention;
mod reading;
mod sentences;
mod spelling;
mod tokens;
mod view;

pub use annotator::Annotator;
pub use check::{Finding, check_tables};
pub use compile::LexiconError;
pub use concept::{ConceptId, Kind};
pub use facts::{AskedFor, PatientFacts};
pub use import::{ImportError, Written, write_table};
pub use lexicon::{Concept, Lexicon};
pub use mention::{AnnotatedPart, Annotation, Assertion, Mention, Part};
pub use reading::{ReadMention, Reading};
pub use sentences::sentences;
pub use tokens::{Class, Gap, Token, Tokens};
