//! **Features** of candidates in LETOR form, as SVMrank, RankLib and LightGBM read it, for who wants to train a ranking of their own:
//! `grade qid:n 1:value 2:value … # qid id`, a line for each candidate of each topic.

use std::io::{self, Write};

use rayon::prelude::*;

use crate::index::IndexError;
use crate::related::{Common, Features, Ranked, Reranker, ranking};
use crate::search::Weights;
use crate::thread::ThreadId;

use super::system::{DEPTH, reread};
use super::{Dataset, EvalError, Question};

/// The first line: which feature has which number, with what a transformer finds where one reads.
pub fn feature_names(reranked: bool) -> String {
    let more: &[&str] = if reranked { &Common::NAMES } else { &[] };
    let names = Features::NAMES.iter().chain(more).zip(1..).map(|(name, n)| format!("{n}:{name}"));
    format!("# {}", names.collect::<Vec<_>>().join(" "))
}

/// Writes the candidates of every topic of a dataset; with a reranker, those that it reads and what it finds. Topics are numbered on
/// from `first`; the next free number comes back.
///
/// # Errors
/// A set of searches: only related questions are ranked by features. An index that cannot be read, an output that cannot be written.
pub fn write_features(
    out: &mut impl Write,
    set: &Dataset,
    weights: &Weights,
    reranker: Option<&Reranker>,
    first: usize,
) -> Result<usize, EvalError> {
    let candidates = |question: &Question| -> Result<Vec<(ThreadId, Vec<f32>)>, IndexError> {
        let Some(subject) = question.subject() else { return Ok(Vec::new()) };
        let Some(reranker) = reranker else {
            let ranked = ranking(&set.view, subject, weights, DEPTH)?;
            return Ok(ranked.into_iter().map(|ranked| (ranked.id, ranked.features.values().into())).collect());
        };
        let reread = reread(&set.view, subject, weights, reranker)?;
        let values = |(ranked, common): (&Ranked, &Common)| {
            (ranked.id.clone(), [&ranked.features.values()[..], &common.values()].concat())
        };
        Ok(reread.threads().map(values).collect())
    };
    let all: Vec<Vec<(ThreadId, Vec<f32>)>> = set.questions.par_iter().map(candidates).collect::<Result<_, IndexError>>()?;
    let mut lines = || -> io::Result<()> {
        for ((question, candidates), n) in set.questions.iter().zip(&all).zip(first..) {
            let judged = set.qrels.get(&question.qid);
            for (id, values) in candidates {
                let grade = judged.and_then(|judged| judged.get(id.as_str())).copied().unwrap_or(0).max(0);
                write!(out, "{grade} qid:{n}")?;
                for (value, n) in values.iter().zip(1..) {
                    write!(out, " {n}:{value}")?;
                }
                writeln!(out, " # {} {id}", question.qid)?;
            }
        }
        Ok(())
    };
    lines().map_err(|error| EvalError::Unwritable { path: "features".into(), reason: error.to_string() })?;
    Ok(first + all.len())
}
