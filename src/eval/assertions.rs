//! **Assertions** judged by people: whether a finding is denied, past, somebody else's. In: tables of a concept, a sentence with the
//! concept in capitals, and what was said of it. Out: F1, accuracies, and what was taken for what.
//!
//! Two forms are read, told apart by their columns: concept, sentence, `Affirmed` or `Negated`, count (as NegEx's test set); and
//! concept, sentence, `Affirmed` or `Negated`, temporality, experiencer (as ConText's).

use std::collections::{BTreeMap, BTreeSet};
use std::io::Write;
use std::ops::Range;
use std::path::{Path, PathBuf};

use rayon::prelude::*;
use regex::Regex;

use crate::clinical::{Annotator, Assertion, Lexicon};

use super::EvalError;
use super::lines::{Lines, read};
use super::spans::{harmonic, share};

/// One judged sentence.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JudgedSentence {
    /// With the concept as it is written in the concept column.
    pub text: String,
    /// Bytes of the concept in the text; `None` where the sentence was cut within it.
    pub concept: Option<Range<usize>>,
    pub denied: bool,
    /// Temporality and experiencer, where the form has them.
    pub more: Option<(String, String)>,
}

/// Reads judged sentences of either form.
pub fn read_sentences(path: &Path) -> Result<Vec<JudgedSentence>, EvalError> {
    const EXPECTED: &str =
        "tab-separated: concept, sentence that holds it, Affirmed or Negated, then a count, or temporality and experiencer";
    let text = read(path)?;
    let mut sentences = Vec::new();
    for line in Lines::new(path, &text) {
        let columns: Vec<&str> = line.text.split('\t').map(str::trim).collect();
        let (concept, sentence, negation, more) = match columns.as_slice() {
            [concept, sentence, negation, _] => (concept, sentence, negation, None),
            [concept, sentence, negation, temporality, experiencer] => {
                (concept, sentence, negation, Some(((*temporality).to_owned(), (*experiencer).to_owned())))
            }
            _ => return Err(line.malformed(format!("{} columns", columns.len()), EXPECTED)),
        };
        let denied = match *negation {
            "Negated" => true,
            "Affirmed" => false,
            other => return Err(line.malformed(format!("the negation {other:?}"), EXPECTED)),
        };
        // NegEx's own file puts concepts with a comma in quotes.
        let concept = concept.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')).unwrap_or(concept).trim();
        if concept.is_empty() {
            return Err(line.malformed("no concept", EXPECTED));
        }
        let (text, concept) = match place(sentence, concept) {
            // Capitals only mark the place; a text has it as the concept is written.
            Some(at) => {
                let text = format!("{}{concept}{}", &sentence[..at.start], &sentence[at.end..]);
                (text, Some(at.start..at.start + concept.len()))
            }
            None => ((*sentence).to_owned(), None),
        };
        sentences.push(JudgedSentence { text, concept, denied, more });
    }
    Ok(sentences)
}

/// Where the concept stands in capitals, or else in any case, however wide the spaces between its words.
fn place(sentence: &str, concept: &str) -> Option<Range<usize>> {
    let find = |concept: &str, flags: &str| {
        let words: Vec<String> = concept.split_whitespace().map(regex::escape).collect();
        let pattern = Regex::new(&format!("{flags}{}", words.join(r"\s+"))).ok()?;
        pattern.find(sentence).map(|found| found.range())
    };
    find(&concept.to_uppercase(), "").or_else(|| find(concept, "(?i)"))
}

/// What clinical reading says of the concept of a sentence; `None` where it finds no mention there.
pub type Said = Option<Assertion>;

/// Reads every sentence with each one's concept as an extra line of the lexicon, on top of the core and of `tables`.
pub fn judge_sentences(sentences: &[JudgedSentence], tables: &[PathBuf]) -> Result<Vec<Said>, EvalError> {
    let annotator = Annotator::new(lexicon_with(sentences, tables)?);
    Ok(sentences.par_iter().map(|sentence| said(&annotator, sentence)).collect())
}

fn lexicon_with(sentences: &[JudgedSentence], tables: &[PathBuf]) -> Result<Lexicon, EvalError> {
    let core = Lexicon::with_tables(tables)?;
    let concepts: BTreeSet<String> = sentences
        .iter()
        .filter_map(|sentence| Some(sentence.text[sentence.concept.clone()?].to_lowercase().replace(['|', '"'], " ")))
        // A term that the lexicon has would be owned by two concepts.
        .filter(|term| core.lookup(term).is_empty())
        .collect();
    let unwritable = |error: std::io::Error| EvalError::Unwritable { path: std::env::temp_dir(), reason: error.to_string() };
    let mut table = tempfile::Builder::new().suffix(".tsv").tempfile().map_err(unwritable)?;
    let mut rows = String::from("id\tname\tsynonyms\tparents\n");
    for (n, term) in concepts.iter().enumerate() {
        rows.push_str(&format!("condition:judged-{n}\t{term}\t\t\n"));
    }
    table.write_all(rows.as_bytes()).map_err(unwritable)?;
    let mut all = tables.to_vec();
    all.push(table.path().to_path_buf());
    Ok(Lexicon::with_tables(&all)?)
}

fn said(annotator: &Annotator, sentence: &JudgedSentence) -> Said {
    let concept = sentence.concept.as_ref()?;
    let shared = |start: u32, end: u32| (end as usize).min(concept.end).saturating_sub((start as usize).max(concept.start));
    let mentions = annotator.annotate(&sentence.text);
    let overlapping = mentions.iter().filter(|mention| shared(mention.start, mention.end) > 0);
    overlapping.max_by_key(|mention| shared(mention.start, mention.end)).map(|mention| mention.assertion)
}

/// How assertions meet the judgements.
#[derive(Debug, Clone, PartialEq)]
pub struct AssertionScores {
    /// For each way of judging: its name, and what was judged against what was said.
    pub confusion: Vec<(&'static str, Confusion)>,
    pub sentences: usize,
    /// Sentences in which no mention was found at the concept; they count as present.
    pub not_found: usize,
    pub denied_precision: f64,
    pub denied_recall: f64,
    pub denied_f1: f64,
    /// Past against temporality, and family against experiencer: where the form has them.
    pub past: Option<Accuracy>,
    pub family: Option<Accuracy>,
}

/// Share of sentences that are right, and what always saying the commoner answer gives.
#[derive(Debug, Clone, Copy, PartialEq, serde::Serialize)]
pub struct Accuracy {
    pub accuracy: f64,
    pub majority: f64,
}

/// Counts by what was judged, each in the order of [`Assertion::ALL`].
pub type Confusion = BTreeMap<String, [usize; 6]>;

impl AssertionScores {
    /// Compares sentences with what was said of each.
    pub fn new(sentences: &[JudgedSentence], said: &[Said]) -> AssertionScores {
        let rows = || sentences.iter().zip(said.iter().map(|said| said.unwrap_or(Assertion::Present)));
        let both = rows().filter(|(sentence, said)| sentence.denied && *said == Assertion::Denied).count();
        let denied_precision = share(both, rows().filter(|(_, said)| *said == Assertion::Denied).count());
        let denied_recall = share(both, rows().filter(|(sentence, _)| sentence.denied).count());

        let mut confusion: Vec<(&'static str, Confusion)> = Vec::new();
        let mut count = |name: &'static str, judged: &dyn Fn(&JudgedSentence) -> Option<String>| {
            let mut table = Confusion::new();
            for (sentence, said) in rows() {
                if let Some(judged) = judged(sentence) {
                    table.entry(judged).or_default()[said as usize] += 1;
                }
            }
            if !table.is_empty() {
                confusion.push((name, table));
            }
        };
        count("negation", &|sentence| Some(if sentence.denied { "Negated" } else { "Affirmed" }.to_owned()));
        count("temporality", &|sentence| sentence.more.as_ref().map(|(temporality, _)| temporality.clone()));
        count("experiencer", &|sentence| sentence.more.as_ref().map(|(_, experiencer)| experiencer.clone()));

        let accuracy = |assertion: Assertion, judged: &dyn Fn(&(String, String)) -> bool| {
            let answers: Vec<(bool, bool)> =
                rows().filter_map(|(sentence, said)| Some((judged(sentence.more.as_ref()?), said == assertion))).collect();
            let positive = answers.iter().filter(|(judged, _)| *judged).count();
            let right = answers.iter().filter(|(judged, said)| judged == said).count();
            let majority = share(positive.max(answers.len() - positive), answers.len());
            (!answers.is_empty()).then(|| Accuracy { accuracy: share(right, answers.len()), majority })
        };
        AssertionScores {
            sentences: sentences.len(),
            not_found: said.iter().filter(|said| said.is_none()).count(),
            denied_precision,
            denied_recall,
            denied_f1: harmonic(denied_precision, denied_recall),
            past: accuracy(Assertion::Past, &|(temporality, _)| temporality == "Historical"),
            family: accuracy(Assertion::Family, &|(_, experiencer)| experiencer != "Patient"),
            confusion,
        }
    }
}
