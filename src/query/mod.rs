//! **Query** turns what a person typed into an [`Ask`]: words, the concepts that the same annotator finds in them that read the
//! archive, and demands that every thread found must meet.
//!
//! ```text
//! text ─ lex ─ parse ─> Query (a tree, and remarks) ─ demands ─> what threads must meet
//!                                                   └ the rest ─> words and concepts, which rank
//! ```
//!
//! | typed | read as |
//! | --- | --- |
//! | `numb foot` | words, and the concepts in them; more of them is better |
//! | `"pins and needles"` | these words one after the other |
//! | `-child`, `NOT child` | not this word |
//! | `rash OR hives`, `rash AND fever`, `( )` | one of them, all of them, what belongs together |
//! | `title:` `question:` `answer:` `treatment:` `diagnosis:` `causes:` `investigations:` `prevention:` `followup:` | words of that part |
//! | `symptom:` `condition:` `procedure:` `drug:` `investigation:` | threads about this concept or a narrower one |
//! | `denied:fever` | threads whose patient has no fever |
//! | `doctor:` `specialty:` `source:` `tag:` | words of what the site says about the thread |
//! | `published:2016..2018` `age:30..40` `sex:f` `id:` | facts |
//!
//! Nothing that is typed is an error: what is not of this form is words, and a [`Remark`] says so where it may surprise.

mod ask;
mod demand;
mod field;
mod lex;
mod parse;
mod spelling;
mod tree;
mod value;

pub use ask::{Ask, AskedConcept, AskedWord};
pub use demand::{AskedDemand, Demand, DemandedConcept, Scope};
pub use field::{About, Field, Place};
pub use tree::{Clause, Query, Remark, What};
pub use value::Span;

/// A query with filters before it, each a field and its value as they were given apart from the query.
pub fn with_filters(filters: &[(Field, String)], query: &str) -> String {
    let quoted =
        filters.iter().map(|(field, value)| format!("{field}:\"{}\" ", value.replace(['"', '“', '”', '„', '«', '»'], " ")));
    quoted.chain([query.to_owned()]).collect::<String>().trim_end().to_owned()
}
