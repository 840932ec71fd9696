//! **Spans**: how well the mentions of clinical reading meet spans that people marked. In: JSON Lines of a text with its gold spans.
//! Out: precision, recall and F1 by overlap, whatever the types are called.

use std::collections::BTreeMap;
use std::path::Path;

use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use crate::clinical::{Annotator, Kind};

use super::EvalError;
use super::lines::{Lines, read};

/// A text with the spans that people marked in it.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct SpannedText {
    pub id: String,
    pub text: String,
    pub spans: Vec<GoldSpan>,
}

/// Offsets count Unicode code points, end exclusive.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct GoldSpan {
    pub start: usize,
    pub end: usize,
    pub r#type: String,
}

/// Reads texts with gold spans.
pub fn read_spans(path: &Path) -> Result<Vec<SpannedText>, EvalError> {
    const EXPECTED: &str = r#"{"id", "text", "spans": [{"start", "end", "type"}]} with spans inside the text"#;
    let text = read(path)?;
    let mut texts = Vec::new();
    for line in Lines::new(path, &text) {
        let spanned: SpannedText =
            serde_json::from_str(line.text).map_err(|error| line.malformed(error.to_string(), EXPECTED))?;
        let length = spanned.text.chars().count();
        if let Some(span) = spanned.spans.iter().find(|span| span.start >= span.end || span.end > length) {
            let met = format!("a span from {} to {} in a text of {length} code points", span.start, span.end);
            return Err(line.malformed(met, EXPECTED));
        }
        texts.push(spanned);
    }
    Ok(texts)
}

/// Predicted spans against gold ones.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct SpanScores {
    /// Mentions of the chosen kinds.
    pub predicted: usize,
    /// Of those, how many overlap a gold span.
    pub right: usize,
    pub gold: usize,
    /// Gold spans that a mention overlaps.
    pub found: usize,
    /// Gold and found for each type of gold span.
    pub by_type: BTreeMap<String, (usize, usize)>,
}

/// Annotates every text and counts. A mention is right when it overlaps a gold span; a gold span is found when a mention overlaps it.
pub fn score_spans(annotator: &Annotator, texts: &[SpannedText], kinds: &[Kind]) -> SpanScores {
    texts.par_iter().map(|spanned| score_text(annotator, spanned, kinds)).reduce(SpanScores::default, SpanScores::plus)
}

fn score_text(annotator: &Annotator, spanned: &SpannedText, kinds: &[Kind]) -> SpanScores {
    let lexicon = annotator.lexicon();
    let points = |byte: u32| spanned.text[..byte as usize].chars().count();
    let mentions =
        annotator.annotate(&spanned.text).into_iter().filter(|mention| kinds.contains(&lexicon.concept(mention.concept).kind));
    let predicted: Vec<(usize, usize)> = mentions.map(|mention| (points(mention.start), points(mention.end))).collect();
    let overlap = |(start, end): (usize, usize), span: &GoldSpan| start < span.end && span.start < end;
    let mut scores = SpanScores {
        predicted: predicted.len(),
        right: predicted.iter().filter(|&&mention| spanned.spans.iter().any(|span| overlap(mention, span))).count(),
        gold: spanned.spans.len(),
        ..SpanScores::default()
    };
    for span in &spanned.spans {
        let found = predicted.iter().any(|&mention| overlap(mention, span));
        let (gold, of_type) = scores.by_type.entry(span.r#type.clone()).or_default();
        *gold += 1;
        *of_type += usize::from(found);
        scores.found += usize::from(found);
    }
    scores
}

impl SpanScores {
    /// 0 to 1; 0 where nothing was predicted.
    pub fn precision(&self) -> f64 {
        share(self.right, self.predicted)
    }

    /// 0 to 1; 0 where nothing was to be found.
    pub fn recall(&self) -> f64 {
        share(self.found, self.gold)
    }

    /// Harmonic mean of precision and recall.
    pub fn f1(&self) -> f64 {
        harmonic(self.precision(), self.recall())
    }

    fn plus(mut self, other: SpanScores) -> SpanScores {
        self.predicted += other.predicted;
        self.right += other.right;
        self.gold += other.gold;
        self.found += other.found;
        for (name, (gold, found)) in other.by_type {
            let sum = self.by_type.entry(name).or_default();
            *sum = (sum.0 + gold, sum.1 + found);
        }
        self
    }
}

pub(super) fn share(part: usize, whole: usize) -> f64 {
    part as f64 / whole.max(1) as f64
}

pub(super) fn harmonic(precision: f64, recall: f64) -> f64 {
    if precision + recall > 0.0 { 2.0 * precision * recall / (precision + recall) } else { 0.0 }
}
