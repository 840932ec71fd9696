//! Assertion: whether the patient has what a text names. Each row of `schema/assertion.tsv` carries an example; here they are read.

use curbside::clinical::assertion::{Context, judge_span};
use curbside::clinical::{Assertion, Kind};
use curbside::thread::Role;

/// Takes the brackets out of "no [fever]" and gives the text and the place of what they held.
fn marked(example: &str) -> (String, std::ops::Range<usize>) {
    let start = example.find('[').unwrap_or_else(|| panic!("no [ in {example:?}"));
    let end = example.find(']').unwrap_or_else(|| panic!("no ] in {example:?}"));
    let text = format!("{}{}{}", &example[..start], &example[start + 1..end], &example[end + 1..]);
    (text, start..end - 1)
}

fn judged(example: &str, kind: Kind, context: &Context) -> Assertion {
    let (text, span) = marked(example);
    judge_span(&text, span, kind, context).0
}

#[test]
fn every_rule_does_to_its_example_what_its_row_says() {
    let table = include_str!("../schema/assertion.tsv");
    let mut rows = table.lines().zip(1..).filter(|(line, _)| line.contains('\t'));
    let header: Vec<&str> = rows.next().expect("a header").0.split('\t').collect();
    let column = |name: &str| header.iter().position(|h| *h == name).unwrap_or_else(|| panic!("no column {name}"));
    let (on, by, example, expected) = (column("on"), column("by"), column("example"), column("expected"));
    let mut wrong = Vec::new();
    let mut read = 0;
    for (line, number) in rows {
        let fields: Vec<&str> = line.split('\t').collect();
        let kind =
            fields[on].split('|').next().filter(|kind| !kind.is_empty()).map_or(Kind::Symptom, |kind| kind.parse().unwrap());
        let author = match fields[by] {
            "doctor" => Some(Role::Doctor),
            "patient" => Some(Role::Patient),
            _ => None,
        };
        let context = Context { author, ..Context::default() };
        let found = judged(fields[example], kind, &context);
        if found.name() != fields[expected] {
            wrong.push(format!("line {number}: {kind} {:?} is {found}, expected {}", fields[example], fields[expected]));
        }
        read += 1;
    }
    assert!(read >= 400, "only {read} rules");
    assert!(wrong.is_empty(), "{} of {read}:\n{}", wrong.len(), wrong.join("\n"));
}
