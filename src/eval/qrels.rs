//! **Qrels** say which threads are relevant to which topic, in TREC form: `qid 0 id grade`, a line each.

use std::collections::BTreeMap;
use std::path::Path;

use rustc_hash::FxHashMap;

use super::EvalError;
use super::lines::{Lines, read};

/// The judged threads of each topic.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Qrels {
    topics: BTreeMap<String, Judged>,
}

/// The judged threads of one topic with their grades. Grades of 0 and below are not relevant; how high one must be is up to who
/// measures.
pub type Judged = FxHashMap<String, i32>;

const EXPECTED: &str = "four columns: qid, 0, thread id, grade (a whole number)";

impl Qrels {
    pub fn read(path: &Path) -> Result<Qrels, EvalError> {
        let text = read(path)?;
        let mut qrels = Qrels::default();
        for line in Lines::new(path, &text) {
            let [qid, _, id, grade] = line.columns(EXPECTED)?;
            let grade = grade.parse().map_err(|_| line.malformed(format!("the grade {grade:?}"), EXPECTED))?;
            // Files are grouped by topic as a rule: a lookup by reference avoids a copy of the id for each line.
            let judged = match qrels.topics.get_mut(qid) {
                Some(judged) => judged,
                None => qrels.topics.entry(qid.to_owned()).or_default(),
            };
            if judged.insert(id.to_owned(), grade).is_some_and(|before| before != grade) {
                return Err(line.malformed(format!("a second grade for thread {id:?} and topic {qid:?}"), "one grade each"));
            }
        }
        Ok(qrels)
    }

    /// Adds a judgement.
    pub(super) fn insert(&mut self, qid: &str, id: &str, grade: i32) {
        self.topics.entry(qid.to_owned()).or_default().insert(id.to_owned(), grade);
    }

    /// The topics in the order of their ids.
    pub fn topics(&self) -> impl Iterator<Item = (&str, &Judged)> {
        self.topics.iter().map(|(qid, judged)| (qid.as_str(), judged))
    }

    pub fn get(&self, qid: &str) -> Option<&Judged> {
        self.topics.get(qid)
    }

    pub fn len(&self) -> usize {
        self.topics.len()
    }

    pub fn is_empty(&self) -> bool {
        self.topics.is_empty()
    }
}
