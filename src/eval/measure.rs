//! A **measure** says in one number how good a ranking is, 0 to 1. The definitions are trec_eval's, which `ir_measures` and
//! `pytrec_eval` share: nDCG gains are the grades themselves, discounts are log2(rank + 1), and recall and average precision divide by
//! all relevant threads of the qrels, found or not.

use std::fmt;
use std::str::FromStr;

use rustc_hash::FxHashSet;

use super::{EvalError, Judged, Qrels, Run};

/// One measure, down to a rank or over the whole ranking.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Measure {
    Ndcg(Option<usize>),
    /// Mean average precision.
    Map(Option<usize>),
    /// Mean reciprocal rank of the first relevant thread.
    Mrr(Option<usize>),
    Recall(usize),
    Precision(usize),
}

/// How judgements are read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Judging {
    /// The lowest grade that is relevant, from 1. Lower grades count as 0, in nDCG too.
    pub relevant: i32,
    /// Threads without a judgement are taken out of the ranking before it is cut.
    pub judged_only: bool,
}

impl Default for Judging {
    fn default() -> Judging {
        Judging { relevant: 1, judged_only: false }
    }
}

/// The measures of a run, topic by topic.
#[derive(Debug, Clone, PartialEq)]
pub struct Measured {
    pub measures: Vec<Measure>,
    /// Every topic of the qrels, in the order of ids. One that the run lacks has zeros.
    pub topics: Vec<TopicMeasures>,
}

#[derive(Debug, Clone, PartialEq)]
pub struct TopicMeasures {
    pub qid: String,
    /// Threads that are relevant to it.
    pub relevant: usize,
    /// In the order of the measures.
    pub values: Vec<f64>,
}

impl Judging {
    fn gain(self, grade: i32) -> f64 {
        if grade >= self.relevant.max(1) { f64::from(grade) } else { 0.0 }
    }
}

impl Measure {
    /// The value for one topic; 0 where nothing is relevant.
    pub fn of(self, ranking: &[&str], judged: &Judged, judging: Judging) -> f64 {
        let mut met = FxHashSet::default();
        let gains: Vec<f64> = ranking
            .iter()
            .filter(|id| met.insert(**id) && (!judging.judged_only || judged.contains_key(**id)))
            .map(|id| judged.get(*id).map_or(0.0, |&grade| judging.gain(grade)))
            .collect();
        let mut ideal: Vec<f64> = judged.values().map(|&grade| judging.gain(grade)).filter(|&gain| gain > 0.0).collect();
        if ideal.is_empty() {
            return 0.0;
        }
        let relevant = ideal.len() as f64;
        let cut = |depth: Option<usize>| &gains[..depth.unwrap_or(usize::MAX).min(gains.len())];
        let hits = |depth: usize| cut(Some(depth)).iter().filter(|&&gain| gain > 0.0).count() as f64;
        match self {
            Measure::Ndcg(depth) => {
                ideal.sort_unstable_by(|a, b| b.total_cmp(a));
                ideal.truncate(depth.unwrap_or(usize::MAX));
                discounted(cut(depth)) / discounted(&ideal)
            }
            Measure::Map(depth) => {
                let mut found = 0.0;
                let mut sum = 0.0;
                for (n, _) in cut(depth).iter().enumerate().filter(|&(_, &gain)| gain > 0.0) {
                    found += 1.0;
                    sum += found / (n + 1) as f64;
                }
                sum / relevant
            }
            Measure::Mrr(depth) => cut(depth).iter().position(|&gain| gain > 0.0).map_or(0.0, |n| 1.0 / (n + 1) as f64),
            Measure::Recall(depth) => hits(depth) / relevant,
            Measure::Precision(depth) => hits(depth) / depth as f64,
        }
    }
}

fn discounted(gains: &[f64]) -> f64 {
    // The sum of no floats is −0 in Rust.
    gains.iter().enumerate().fold(0.0, |sum, (n, gain)| sum + gain / ((n + 2) as f64).log2())
}

impl FromStr for Measure {
    type Err = EvalError;

    fn from_str(name: &str) -> Result<Measure, EvalError> {
        let unknown = || EvalError::UnknownMeasure(name.to_owned());
        let lower = name.trim().to_ascii_lowercase();
        let (family, depth) = match lower.split_once('@') {
            Some((family, depth)) => (family, Some(depth.parse().ok().filter(|&depth| depth > 0).ok_or_else(unknown)?)),
            None => (lower.as_str(), None),
        };
        match (family, depth) {
            ("ndcg", depth) => Ok(Measure::Ndcg(depth)),
            ("map" | "ap", depth) => Ok(Measure::Map(depth)),
            ("mrr" | "rr", depth) => Ok(Measure::Mrr(depth)),
            ("recall" | "r", Some(depth)) => Ok(Measure::Recall(depth)),
            ("p" | "precision", Some(depth)) => Ok(Measure::Precision(depth)),
            _ => Err(unknown()),
        }
    }
}

impl fmt::Display for Measure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (family, depth) = match *self {
            Measure::Ndcg(depth) => ("ndcg", depth),
            Measure::Map(depth) => ("map", depth),
            Measure::Mrr(depth) => ("mrr", depth),
            Measure::Recall(depth) => ("recall", Some(depth)),
            Measure::Precision(depth) => ("p", Some(depth)),
        };
        match depth {
            Some(depth) => f.pad(&format!("{family}@{depth}")),
            None => f.pad(family),
        }
    }
}

impl Measured {
    /// Measures a run over all topics of the qrels.
    pub fn new(run: &Run, qrels: &Qrels, measures: &[Measure], judging: Judging) -> Measured {
        let topics = qrels.topics().map(|(qid, judged)| {
            let ranking: Vec<&str> = run.ranking(qid).iter().map(|retrieved| retrieved.id.as_str()).collect();
            TopicMeasures {
                qid: qid.to_owned(),
                relevant: judged.values().filter(|&&grade| judging.gain(grade) > 0.0).count(),
                values: measures.iter().map(|measure| measure.of(&ranking, judged, judging)).collect(),
            }
        });
        Measured { measures: measures.to_vec(), topics: topics.collect() }
    }

    /// The mean of each measure over all topics of the qrels, as trec_eval's tools give it.
    pub fn means(&self) -> Vec<f64> {
        self.means_over(|_| true)
    }

    /// The mean of each measure over the topics for which anything is relevant: the others are 0 whatever is found.
    pub fn answerable_means(&self) -> Vec<f64> {
        self.means_over(|topic| topic.relevant > 0)
    }

    /// Topics for which anything is relevant.
    pub fn answerable(&self) -> usize {
        self.topics.iter().filter(|topic| topic.relevant > 0).count()
    }

    /// One measure's values by topic.
    pub fn values(&self, measure: usize) -> Vec<f64> {
        self.topics.iter().map(|topic| topic.values[measure]).collect()
    }

    fn means_over(&self, keep: impl Fn(&TopicMeasures) -> bool) -> Vec<f64> {
        let kept: Vec<&TopicMeasures> = self.topics.iter().filter(|topic| keep(topic)).collect();
        let mean = |n: usize| kept.iter().fold(0.0, |sum, topic| sum + topic.values[n]) / kept.len().max(1) as f64;
        (0..self.measures.len()).map(mean).collect()
    }
}
