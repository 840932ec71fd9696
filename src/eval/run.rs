//! A **run** is what a system found for each topic, in TREC form: `qid Q0 id rank score tag`, a line each.

use std::io::{self, Write};

/// The tag of our runs.
const TAG: &str = "curbside";

/// Writes one topic's ranking, best first.
pub fn write_run<'a>(out: &mut impl Write, qid: &str, ranking: impl Iterator<Item = (&'a str, f32)>) -> io::Result<()> {
    for (n, (id, score)) in ranking.enumerate() {
        writeln!(out, "{} Q0 {} {} {score:.6} {TAG}", token(qid), token(id), n + 1)?;
    }
    Ok(())
}

/// The form has no quoting: white space within an id would add columns.
fn token(id: &str) -> String {
    id.split_whitespace().collect::<Vec<_>>().join("_")
}
