//! A **system** is what ranks: curbside under some weights, or plain BM25. In: a view and questions. Out: a [`Run`].

use rayon::prelude::*;

use crate::index::{IndexError, View};
use crate::query::Ask;
use crate::related::{self, Reranker, Reread, Subject};
use crate::search::{self, RerankWeights, Weights};
use crate::thread::{Thread, ThreadId};

use super::{Qrels, Run, Topic};

/// What is asked of an index.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    Search,
    Related,
}

/// What ranks.
#[derive(Debug, Clone, Copy)]
pub enum System<'w> {
    Curbside(&'w Weights),
    /// The same, the best of related read again by a transformer.
    Reranked(&'w Weights, &'w Reranker),
    /// [`search::bm25`] over all text: of a thread, its title, question and answers are the query.
    Bm25,
}

/// A topic as it is asked, read once for however many runs.
#[derive(Debug)]
pub struct Question {
    pub qid: String,
    asked: Asked,
}

#[derive(Debug)]
enum Asked {
    Search(Box<Ask>),
    Related(Box<Subject>),
}

/// Threads kept of each ranking, as runs at TREC do; curbside's own rankings are shorter.
pub(super) const DEPTH: usize = 1000;

impl Question {
    /// The topics of a file.
    pub fn of_topics(view: &View, mode: Mode, topics: &[Topic]) -> Vec<Question> {
        let read = |topic: &Topic| {
            let asked = match mode {
                Mode::Search => Asked::Search(Box::new(Ask::read(&topic.text, view.annotator()))),
                Mode::Related => Asked::Related(Box::new(Subject::of_text(&topic.text, view.annotator()))),
            };
            Question { qid: topic.qid.clone(), asked }
        };
        topics.par_iter().map(read).collect()
    }

    /// The threads of the index that have qrels: the topic's id is the thread's.
    pub fn of_threads(view: &View, qrels: &Qrels) -> Result<Vec<Question>, IndexError> {
        let mut questions = Vec::new();
        for (qid, _) in qrels.topics() {
            let id = ThreadId::from(qid);
            if let Some(at) = view.find(&id)? {
                let (thread, annotation) = view.annotated(at)?;
                let subject = Subject { thread, annotation, own: Some(id) };
                questions.push(Question { qid: qid.to_owned(), asked: Asked::Related(Box::new(subject)) });
            }
        }
        Ok(questions)
    }
}

impl Question {
    /// What a panel is asked for; `None` of a search.
    pub(super) fn subject(&self) -> Option<&Subject> {
        match &self.asked {
            Asked::Related(subject) => Some(subject),
            Asked::Search(_) => None,
        }
    }
}

impl System<'_> {
    /// Ranks for all questions, on all cores; `each` is called after every one.
    pub fn run(self, view: &View, questions: &[Question], each: &(dyn Fn() + Sync)) -> Result<Run, IndexError> {
        let rankings = questions.par_iter().map(|question| {
            let ranking = self.rank(view, question)?;
            each();
            Ok((question.qid.as_str(), ranking))
        });
        Ok(run_of(rankings.collect::<Result<_, IndexError>>()?))
    }

    fn rank(self, view: &View, question: &Question) -> Result<Vec<(ThreadId, f32)>, IndexError> {
        let found = match (self, &question.asked) {
            (System::Curbside(weights), Asked::Related(subject)) => {
                return Ok(scored(related::ranking(view, subject, weights, DEPTH)?));
            }
            (System::Reranked(weights, reranker), Asked::Related(subject)) => {
                return Ok(scored(reread(view, subject, weights, reranker)?.ranking(&weights.rerank)));
            }
            (System::Curbside(weights) | System::Reranked(weights, _), Asked::Search(ask)) => search::find(view, ask, weights)?,
            (System::Bm25, Asked::Search(ask)) => search::bm25(view, &ask.text, None, DEPTH)?,
            (System::Bm25, Asked::Related(subject)) => {
                let own = match &subject.own {
                    Some(id) => view.find(id)?,
                    None => None,
                };
                search::bm25(view, &all_text(&subject.thread), own, DEPTH)?
            }
        };
        found.ranked.into_iter().take(DEPTH).map(|ranked| Ok((view.id(ranked.at)?, ranked.score))).collect()
    }
}

/// Rankings whose best a transformer has read, by question: what is left is to weigh what it found.
pub(super) struct ReadAgain<'q> {
    rankings: Vec<(&'q str, Reread)>,
}

impl<'q> ReadAgain<'q> {
    pub fn new(
        view: &View,
        questions: &'q [Question],
        weights: &Weights,
        reranker: &Reranker,
    ) -> Result<ReadAgain<'q>, IndexError> {
        let asked = questions.par_iter().filter_map(|question| Some((question.qid.as_str(), question.subject()?)));
        let read = asked.map(|(qid, subject)| Ok((qid, reread(view, subject, weights, reranker)?)));
        Ok(ReadAgain { rankings: read.collect::<Result<_, IndexError>>()? })
    }

    /// The same as a run of [`System::Reranked`].
    pub fn run(&self, weights: &RerankWeights) -> Run {
        let rankings = self.rankings.par_iter().map(|(qid, reread)| (*qid, scored(reread.ranking(weights))));
        run_of(rankings.collect())
    }
}

/// The ranking for a subject, its best read again.
pub(super) fn reread(view: &View, subject: &Subject, weights: &Weights, reranker: &Reranker) -> Result<Reread, IndexError> {
    let ranked = related::ranking(view, subject, weights, DEPTH)?;
    reranker.read(view, subject, weights.rerank.depth(), ranked)
}

fn run_of(rankings: Vec<(&str, Vec<(ThreadId, f32)>)>) -> Run {
    let mut run = Run::default();
    for (qid, ranking) in rankings {
        run.insert(qid, ranking.iter().map(|(id, score)| (id.as_str(), *score)));
    }
    run
}

fn scored(ranked: Vec<related::Ranked>) -> Vec<(ThreadId, f32)> {
    ranked.into_iter().take(DEPTH).map(|ranked| (ranked.id, ranked.score)).collect()
}

fn all_text(thread: &Thread) -> String {
    let posts =
        thread.posts.iter().flat_map(|post| std::iter::once(&post.text).chain(post.sections.iter().map(|section| &section.text)));
    std::iter::once(&thread.title).chain(posts).map(String::as_str).collect::<Vec<_>>().join("\n")
}
