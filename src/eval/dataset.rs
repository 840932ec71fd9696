//! A **dataset** is an index with questions whose relevant threads are known, and how it is measured.

use std::path::{Path, PathBuf};
use std::str::FromStr;

use crate::index::{Index, View};

use super::{EvalError, Judging, Measure, Mode, Qrels, Question, read_topics};

/// Where a dataset's files lie.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Source {
    pub name: String,
    pub index: PathBuf,
    /// `None`: every thread of the index that has qrels.
    pub topics: Option<PathBuf>,
    pub qrels: PathBuf,
    /// The lowest grade that is relevant.
    pub relevant: Option<i32>,
    /// What it is measured by where one number is wanted.
    pub measure: Option<Measure>,
}

pub struct Dataset {
    pub name: String,
    pub view: View,
    pub questions: Vec<Question>,
    pub qrels: Qrels,
    pub judging: Judging,
    /// What it is measured by where one number is wanted.
    pub measure: Measure,
    /// Topics of the qrels that are not asked: absent from the topics file, or no thread of the index. They measure 0.
    pub not_asked: Vec<String>,
}

/// The form of [`Source`] in an argument.
const FORM: &str = "NAME=INDEX,TOPICS,QRELS[,RELEVANT[,MEASURE]], with `all` for TOPICS to ask every thread that has qrels";

impl FromStr for Source {
    type Err = String;

    fn from_str(text: &str) -> Result<Source, String> {
        let (name, rest) = text.split_once('=').ok_or_else(|| format!("no = in {text:?}; expected {FORM}"))?;
        let parts: Vec<&str> = rest.split(',').collect();
        let [index, topics, qrels, more @ ..] = parts.as_slice() else {
            return Err(format!("{} parts after the = in {text:?}; expected {FORM}", parts.len()));
        };
        if more.len() > 2 {
            return Err(format!("{} parts after the = in {text:?}; expected {FORM}", parts.len()));
        }
        let grade =
            |text: &&str| text.parse().map_err(|_| format!("the relevant grade {text:?} is no whole number; expected {FORM}"));
        Ok(Source {
            name: name.to_owned(),
            index: index.into(),
            topics: (*topics != "all").then(|| topics.into()),
            qrels: qrels.into(),
            relevant: more.first().map(grade).transpose()?,
            measure: more.get(1).map(|name| name.parse().map_err(|error: EvalError| error.to_string())).transpose()?,
        })
    }
}

impl Dataset {
    /// Opens the index and reads topics and qrels. `relevant` and `measure` hold where the source does not say.
    pub fn open(source: &Source, mode: Mode, judging: Judging, measure: Measure) -> Result<Dataset, EvalError> {
        let qrels = read_qrels(&source.qrels)?;
        let view = Index::open(&source.index)?.view()?;
        let questions = match &source.topics {
            Some(topics) => Question::of_topics(&view, mode, &read_topics(topics)?),
            None => Question::of_threads(&view, &qrels)?,
        };
        let asked: std::collections::BTreeSet<&str> = questions.iter().map(|question| question.qid.as_str()).collect();
        let not_asked: Vec<String> =
            qrels.topics().map(|(qid, _)| qid).filter(|qid| !asked.contains(qid)).map(str::to_owned).collect();
        if not_asked.len() == qrels.len() {
            let (what, whence) = match &source.topics {
                Some(topics) => ("topic", topics),
                None => ("thread", &source.index),
            };
            let met = format!("none of its {} topics is a {what} of {}", qrels.len(), whence.display());
            return Err(EvalError::Unfit { path: source.qrels.clone(), met, expected: format!("ids of {what}s") });
        }
        let judging = Judging { relevant: source.relevant.unwrap_or(judging.relevant), ..judging };
        Ok(Dataset {
            name: source.name.clone(),
            view,
            questions,
            qrels,
            judging,
            measure: source.measure.unwrap_or(measure),
            not_asked,
        })
    }
}

/// Reads qrels that have at least one topic.
pub fn read_qrels(path: &Path) -> Result<Qrels, EvalError> {
    let qrels = Qrels::read(path)?;
    if qrels.is_empty() {
        let expected = "lines of qid, 0, thread id, grade".to_owned();
        return Err(EvalError::Unfit { path: path.to_path_buf(), met: "no judgement in it".to_owned(), expected });
    }
    Ok(qrels)
}
