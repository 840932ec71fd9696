//! The **tree** of a query: which words belong together, and how.
//!
//! ```text
//! query    = item…                          words that stand side by side
//! item     = and (OR and)…
//! and      = not (AND not)…
//! not      = [NOT | -] primary
//! primary  = word | "phrase" | field:word | field:"phrase" | field:( query ) | ( query )
//! ```
//!
//! `OR` binds the two things beside it and no more: `foot numb OR tingling` asks for *foot*, and for *numb* or *tingling*.
//! A tree that is written out and parsed again is the same tree.

use std::fmt;

use super::Field;

/// A parsed query, and what there is to say about how it was read.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Query {
    /// What stands side by side.
    pub clauses: Vec<Clause>,
    pub remarks: Vec<Remark>,
}

/// One thing that is asked for. Two clauses are equal when they ask the same, wherever they stand.
#[derive(Debug, Clone)]
pub struct Clause {
    pub what: What,
    /// Bytes of the query, end exclusive.
    pub start: usize,
    pub end: usize,
}

#[derive(Debug, Clone, PartialEq)]
pub enum What {
    Word(String),
    Phrase(String),
    Field(Field, Box<Clause>),
    Not(Box<Clause>),
    /// In parentheses, side by side.
    Group(Vec<Clause>),
    And(Vec<Clause>),
    Or(Vec<Clause>),
}

/// Something in a query that was not read as it may have been meant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Remark {
    /// Bytes of the query, end exclusive.
    pub start: usize,
    pub end: usize,
    /// One sentence for who typed it.
    pub says: String,
}

/// A text of colons must not make a remark of each.
const MOST_REMARKS: usize = 12;

/// Adds a remark, as long as there are not too many to read.
pub(super) fn remark(remarks: &mut Vec<Remark>, start: usize, end: usize, says: impl Into<String>) {
    if remarks.len() < MOST_REMARKS {
        remarks.push(Remark { start, end, says: says.into() });
    }
}

impl PartialEq for Clause {
    fn eq(&self, other: &Clause) -> bool {
        self.what == other.what
    }
}

impl fmt::Display for Query {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        joined(f, &self.clauses, " ", false)
    }
}

impl fmt::Display for Clause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.what {
            What::Word(word) => f.write_str(word),
            What::Phrase(phrase) => write!(f, "\"{phrase}\""),
            What::Field(field, of) => {
                write!(f, "{field}:")?;
                of.inside(f, matches!(of.what, What::Word(_) | What::Phrase(_)))
            }
            What::Not(of) => {
                f.write_str("NOT ")?;
                of.inside(f, of.is_primary())
            }
            What::Group(clauses) => joined(f, clauses, " ", false),
            What::And(clauses) => joined(f, clauses, " AND ", true),
            What::Or(clauses) => joined(f, clauses, " OR ", true),
        }
    }
}

impl Clause {
    fn is_primary(&self) -> bool {
        matches!(self.what, What::Word(_) | What::Phrase(_) | What::Field(..))
    }

    fn inside(&self, f: &mut fmt::Formatter<'_>, bare: bool) -> fmt::Result {
        if bare { write!(f, "{self}") } else { write!(f, "({self})") }
    }
}

/// Within AND and OR, what binds less stands in parentheses.
fn joined(f: &mut fmt::Formatter<'_>, clauses: &[Clause], by: &str, binds: bool) -> fmt::Result {
    for (n, clause) in clauses.iter().enumerate() {
        if n > 0 {
            f.write_str(by)?;
        }
        let bare = match clause.what {
            What::Group(_) => false,
            What::Or(_) => !binds,
            What::And(_) => !binds || by == " OR ",
            _ => true,
        };
        clause.inside(f, bare)?;
    }
    Ok(())
}
