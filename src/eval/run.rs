//! A **run** is what a system found for each topic, in TREC form: `qid Q0 id rank score tag`, a line each.

use std::collections::BTreeMap;
use std::io::{self, Write};
use std::path::Path;

use super::EvalError;
use super::lines::{Lines, read};

/// The tag of our runs.
const TAG: &str = "curbside";

/// The ranking of each topic.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Run {
    topics: BTreeMap<String, Vec<Retrieved>>,
}

/// One thread of a ranking.
#[derive(Debug, Clone, PartialEq)]
pub struct Retrieved {
    pub id: String,
    pub score: f32,
}

const EXPECTED: &str = "six columns: qid, Q0, thread id, rank, score, tag";

impl Run {
    /// Reads a run. As every TREC tool does it goes by the scores, not the ranks, and puts equal scores in descending order of ids.
    pub fn read(path: &Path) -> Result<Run, EvalError> {
        let text = read(path)?;
        let mut topics: BTreeMap<String, Vec<(Retrieved, usize)>> = BTreeMap::new();
        for line in Lines::new(path, &text) {
            let [qid, _, id, _, score, _] = line.columns(EXPECTED)?;
            let parsed = score.parse().ok().filter(|score: &f32| !score.is_nan());
            let score = parsed.ok_or_else(|| line.malformed(format!("the score {score:?}"), "a number"))?;
            let retrieved = (Retrieved { id: id.to_owned(), score }, line.number);
            match topics.get_mut(qid) {
                Some(ranking) => ranking.push(retrieved),
                None => _ = topics.insert(qid.to_owned(), vec![retrieved]),
            }
        }
        for (qid, ranking) in &mut topics {
            ranking.sort_unstable_by(|(a, _), (b, _)| a.id.cmp(&b.id));
            if let Some(pair) = ranking.windows(2).find(|pair| pair[0].0.id == pair[1].0.id) {
                return Err(EvalError::Malformed {
                    path: path.to_path_buf(),
                    line: pair[0].1.max(pair[1].1),
                    met: format!("thread {:?} a second time for topic {qid:?}", pair[0].0.id),
                    expected: "each thread once a topic",
                });
            }
            ranking.sort_unstable_by(|(a, _), (b, _)| b.score.total_cmp(&a.score).then_with(|| b.id.cmp(&a.id)));
        }
        let strip = |ranking: Vec<(Retrieved, usize)>| ranking.into_iter().map(|(retrieved, _)| retrieved).collect();
        Ok(Run { topics: topics.into_iter().map(|(qid, ranking)| (qid, strip(ranking))).collect() })
    }

    /// Adds a topic's ranking, best first, with ids as they stand in a file.
    pub fn insert<'a>(&mut self, qid: &str, ranking: impl Iterator<Item = (&'a str, f32)>) {
        let ranking = falling(ranking).map(|(id, score)| Retrieved { id: token(id), score }).collect();
        self.topics.insert(token(qid), ranking);
    }

    /// The threads found for a topic, best first.
    pub fn ranking(&self, qid: &str) -> &[Retrieved] {
        self.topics.get(qid).map_or(&[], Vec::as_slice)
    }

    pub fn contains(&self, qid: &str) -> bool {
        self.topics.contains_key(qid)
    }

    pub fn len(&self) -> usize {
        self.topics.len()
    }

    pub fn is_empty(&self) -> bool {
        self.topics.is_empty()
    }

    pub fn write(&self, out: &mut impl Write) -> io::Result<()> {
        for (qid, ranking) in &self.topics {
            write_run(out, qid, ranking.iter().map(|retrieved| (retrieved.id.as_str(), retrieved.score)))?;
        }
        Ok(())
    }
}

/// Writes one topic's ranking, best first.
pub fn write_run<'a>(out: &mut impl Write, qid: &str, ranking: impl Iterator<Item = (&'a str, f32)>) -> io::Result<()> {
    for (n, (id, score)) in falling(ranking).enumerate() {
        writeln!(out, "{} Q0 {} {} {score} {TAG}", token(qid), token(id), n + 1)?;
    }
    Ok(())
}

/// Where scores are equal the later one is written the smallest step lower, so that every tool that sorts by score keeps the order.
fn falling<'a>(ranking: impl Iterator<Item = (&'a str, f32)>) -> impl Iterator<Item = (&'a str, f32)> {
    let mut last = f32::INFINITY;
    ranking.map(move |(id, score)| {
        last = if score < last { score } else { last.next_down() };
        (id, last)
    })
}

/// The form has no quoting: white space within an id would add columns.
fn token(id: &str) -> String {
    id.split_whitespace().collect::<Vec<_>>().join("_")
}
