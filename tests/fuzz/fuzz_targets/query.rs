//! Any bytes as a typed question: parsing does not panic; remarks and clauses lie in the text and are not more than it can have; and
//! what was parsed, written out and parsed again, is the same.
#![no_main]

use curbside::query::{Clause, Query, What};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let text = String::from_utf8_lossy(bytes);
    let query = Query::parse(&text);
    for remark in &query.remarks {
        assert!(text.get(remark.start..remark.end).is_some(), "{remark:?} is not in the text");
    }
    for clause in &query.clauses {
        assert!(text.get(clause.start..clause.end).is_some_and(|part| !part.is_empty()), "{clause:?} is not in the text");
    }
    let clauses: usize = query.clauses.iter().map(size).sum();
    // A clause takes a character at the least, and what joins clauses stands between two.
    assert!(clauses <= 2 * text.len(), "{clauses} clauses in {} bytes", text.len());
    let written = query.to_string();
    assert!(written.len() <= 8 * text.len(), "{} bytes are written as {}", text.len(), written.len());
    assert_eq!(query.clauses, Query::parse(&written).clauses, "{text:?} is written {written:?}");
});

/// Clauses in a clause, itself among them.
fn size(clause: &Clause) -> usize {
    1 + match &clause.what {
        What::Word(_) | What::Phrase(_) => 0,
        What::Field(_, of) | What::Not(of) => size(of),
        What::Group(of) | What::And(of) | What::Or(of) => of.iter().map(size).sum(),
    }
}
