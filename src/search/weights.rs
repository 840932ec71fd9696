//! The **weights** of ranking, as `schema/ranking.toml` documents them line by line.

use std::sync::LazyLock;

use serde::{Deserialize, Serialize};

static BUILT_IN: LazyLock<Weights> =
    LazyLock::new(|| toml::from_str(include_str!("../../schema/ranking.toml")).expect("the built-in weights are tested"));

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Weights {
    pub search_words: WordWeights,
    pub search: SearchWeights,
    pub related_words: WordWeights,
    pub related: RelatedWeights,
    pub rerank: RerankWeights,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WordWeights {
    pub k1: f32,
    pub b: f32,
    pub title: f32,
    pub question: f32,
    pub answers: f32,
    pub postings_budget: f32,
    pub most_words: f32,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SearchWeights {
    pub words: f32,
    pub exact: f32,
    pub narrower: f32,
    pub broader: f32,
    pub place_title: f32,
    pub place_question: f32,
    pub place_answer: f32,
    pub place_section: f32,
    pub present: f32,
    pub possible: f32,
    pub past: f32,
    pub family: f32,
    pub hypothetical: f32,
    pub denied: f32,
    pub contradicted: f32,
    pub absent_words: f32,
    pub concepts: f32,
    pub near: f32,
    pub as_typed: f32,
    pub answered: f32,
    pub reviewed: f32,
    pub structured: f32,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RelatedWeights {
    pub source_title: f32,
    pub source_question: f32,
    pub source_answers: f32,
    pub place_title: f32,
    pub place_question: f32,
    pub place_answer: f32,
    pub place_finding: f32,
    pub place_plan: f32,
    pub possible: f32,
    pub past: f32,
    pub hypothetical: f32,
    pub step: f32,
    pub words: f32,
    pub title_words: f32,
    pub focus_words: f32,
    pub question_words: f32,
    pub answer_words: f32,
    pub concepts: f32,
    pub kin: f32,
    pub vectors: f32,
    pub titles: f32,
    pub questions: f32,
    pub crossed: f32,
    pub conflict: f32,
    pub same_patient: f32,
    pub least: f32,
    pub least_of_best: f32,
    pub diversity: f32,
    pub alike_from: f32,
}

impl WordWeights {
    /// Postings that are read at most to find candidates.
    pub fn budget(&self) -> u64 {
        (self.postings_budget * 1000.0) as u64
    }
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RerankWeights {
    pub depth: f32,
    pub titles: f32,
    pub questions: f32,
    pub crossed: f32,
    pub wholes: f32,
}

impl RerankWeights {
    /// Threads that are read again.
    pub fn depth(&self) -> usize {
        self.depth as usize
    }
}

impl Weights {
    pub fn built_in() -> &'static Weights {
        &BUILT_IN
    }
}
