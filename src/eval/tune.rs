//! **Tuning** searches better weights by coordinate ascent: one weight after the other takes the step that helps most, until none does.
//! What it reports is measured on topics that were held out, fold by fold, since weights always look good on what they were fitted to.

use std::collections::HashMap;

use toml::{Table, Value};
use xxhash_rust::xxh3::xxh3_64;

use crate::related::Reranker;
use crate::search::Weights;

use super::system::ReadAgain;
use super::{Dataset, EvalError, Measured, Mode, System};

/// How to tune.
#[derive(Debug, Clone)]
pub struct Tuning<'r> {
    pub mode: Mode,
    /// Tune what the transformer's second reading of related adds, and nothing else: the other weights serve without one too.
    pub reranker: Option<&'r Reranker>,
    /// Parts that the topics are cut into, 2 or more; each is held out once.
    pub folds: usize,
    /// Times at most that the ascent goes over all weights.
    pub rounds: usize,
    /// Weights to tune, by `section.name` or `name`; all that the mode and the reranker rank by where empty.
    pub only: Vec<String>,
}

/// What tuning found.
#[derive(Debug, Clone)]
pub struct Tuned {
    /// Mean over the datasets of the starting weights' measure, over all answerable topics.
    pub start: f64,
    /// The same, each topic measured with the weights fitted while it was held out.
    pub held_out: f64,
    /// The same for the final weights, on the topics that they were fitted to.
    pub fitted: f64,
    /// Start, held out and fitted of each dataset.
    pub sets: Vec<[f64; 3]>,
    /// Start and held out of each fold, over the datasets that have topics in it.
    pub folds: Vec<[f64; 2]>,
    /// Fitted to all topics.
    pub weights: Weights,
}

/// A step that was taken, for progress.
#[derive(Debug, Clone, Copy)]
pub struct Step<'s> {
    /// From 1; `None` for the final fit.
    pub fold: Option<usize>,
    pub section: &'s str,
    pub key: &'s str,
    pub from: f32,
    pub to: f32,
    /// On the topics fitted to.
    pub score: f64,
}

/// Factors that a weight is tried at.
const FACTORS: [f32; 6] = [0.0, 0.5, 0.8, 1.25, 2.0, 4.0];

/// What a weight of 0 is tried at.
const FROM_ZERO: [f32; 3] = [0.1, 0.3, 1.0];

/// A step must gain so much, or the ascent follows noise.
const LEAST_GAIN: f64 = 5e-4;

/// Weights that are not tuned: a limit of work, the units that the others are measured against, and what shapes a panel but no run.
const FIXED: [(&str, &str); 13] = [
    ("search_words", "postings_budget"),
    ("search_words", "most_words"),
    ("search_words", "question"),
    ("related_words", "postings_budget"),
    ("related_words", "most_words"),
    ("related_words", "question"),
    ("search", "words"),
    ("related", "words"),
    ("related", "least"),
    ("related", "least_of_best"),
    ("related", "diversity"),
    ("related", "alike_from"),
    ("rerank", "depth"),
];

/// One weight, by where it stands in `schema/ranking.toml`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Setting {
    pub section: String,
    pub key: String,
}

impl Setting {
    pub(super) fn of_section(weights: &Weights, section: &str) -> Result<Vec<Setting>, EvalError> {
        let table = table(weights)?;
        let keys = table.get(section).and_then(Value::as_table).into_iter().flat_map(Table::iter);
        let numbers = keys.filter(|(_, value)| value.is_float());
        Ok(numbers.map(|(key, _)| Setting { section: section.to_owned(), key: key.clone() }).collect())
    }

    fn get(&self, weights: &Weights) -> Result<f32, EvalError> {
        let table = table(weights)?;
        let value = table.get(&self.section).and_then(|section| section.get(&self.key)).and_then(Value::as_float);
        value.map(|value| value as f32).ok_or_else(|| EvalError::Weights(format!("no {}.{}", self.section, self.key)))
    }

    pub(super) fn set(&self, weights: &Weights, value: f32) -> Result<Weights, EvalError> {
        let mut table = table(weights)?;
        if let Some(section) = table.get_mut(&self.section).and_then(Value::as_table_mut) {
            section.insert(self.key.clone(), Value::Float(f64::from(value)));
        }
        table.try_into().map_err(|error: toml::de::Error| EvalError::Weights(error.to_string()))
    }

    /// Other values to try: two figures each, and shares of length normalisation no more than 1.
    fn neighbours(&self, value: f32) -> Vec<f32> {
        let tried: Vec<f32> =
            if value == 0.0 { FROM_ZERO.to_vec() } else { FACTORS.iter().map(|factor| rounded(value * factor)).collect() };
        let most = if self.section.ends_with("_words") && self.key == "b" { 1.0 } else { f32::INFINITY };
        // Saturation at nothing would make every frequency alike and divide by zero where a word is absent.
        let least = if self.section.ends_with("_words") && self.key == "k1" { 0.05 } else { f32::NEG_INFINITY };
        let mut tried: Vec<f32> =
            tried.into_iter().map(|tried| tried.clamp(least, most)).filter(|&tried| tried != value).collect();
        tried.dedup();
        tried
    }
}

fn table(weights: &Weights) -> Result<Table, EvalError> {
    Table::try_from(weights).map_err(|error| EvalError::Weights(error.to_string()))
}

fn rounded(value: f32) -> f32 {
    format!("{value:.1e}").parse().unwrap_or(value)
}

/// The sections that were tuned, as they stand in `schema/ranking.toml`.
pub fn weights_toml(weights: &Weights, tuning: &Tuning<'_>) -> Result<String, EvalError> {
    let mut text = String::new();
    for section in tuning.sections() {
        text.push_str(&format!("[{section}]\n"));
        for setting in Setting::of_section(weights, section)? {
            text.push_str(&format!("{} = {:?}\n", setting.key, setting.get(weights)?));
        }
        text.push('\n');
    }
    Ok(text)
}

/// Searches weights that raise the mean over the datasets of each one's measure.
pub fn tune(sets: &[Dataset], start: &Weights, tuning: &Tuning<'_>, step: &mut dyn FnMut(Step<'_>)) -> Result<Tuned, EvalError> {
    let mut bench = Bench::new(sets, tuning, start)?;
    let everything = vec![true; bench.topics.len()];
    let at_start = bench.values(start)?;
    let mut held_out = vec![0.0; bench.topics.len()];
    let mut folds = Vec::new();
    for fold in 0..tuning.folds {
        let held: Vec<bool> = bench.topics.iter().map(|topic| topic.fold == fold).collect();
        let fitted_to: Vec<bool> = held.iter().map(|held| !held).collect();
        let weights = bench.ascend(start, &fitted_to, tuning.rounds, Some(fold + 1), step)?;
        let values = bench.values(&weights)?;
        for n in (0..held.len()).filter(|&n| held[n]) {
            held_out[n] = values[n];
        }
        folds.push([bench.mean(&at_start, &held), bench.mean(&values, &held)]);
    }
    let weights = bench.ascend(start, &everything, tuning.rounds, None, step)?;
    let fitted = bench.values(&weights)?;
    let of_set = |set: usize, values: &[f64]| {
        let kept: Vec<bool> = bench.topics.iter().map(|topic| topic.set == set).collect();
        bench.mean(values, &kept)
    };
    Ok(Tuned {
        start: bench.mean(&at_start, &everything),
        held_out: bench.mean(&held_out, &everything),
        fitted: bench.mean(&fitted, &everything),
        sets: (0..sets.len()).map(|set| [of_set(set, &at_start), of_set(set, &held_out), of_set(set, &fitted)]).collect(),
        folds,
        weights,
    })
}

/// The datasets with what was measured on them so far.
struct Bench<'d> {
    sets: &'d [Dataset],
    settings: Vec<Setting>,
    topics: Vec<BenchTopic>,
    /// What a transformer found for each dataset, where that is what is weighed.
    read_again: Vec<ReadAgain<'d>>,
    /// Values of the topics by the weights' own text: folds walk much the same way.
    measured: HashMap<String, Vec<f64>>,
}

/// An answerable topic: others are 0 under any weights.
struct BenchTopic {
    set: usize,
    fold: usize,
    /// Place among the topics of the set's qrels.
    place: usize,
}

impl<'d> Bench<'d> {
    fn new(sets: &'d [Dataset], tuning: &Tuning<'_>, weights: &Weights) -> Result<Bench<'d>, EvalError> {
        let mut settings = Vec::new();
        for section in tuning.sections() {
            let of_section = Setting::of_section(weights, section)?.into_iter();
            settings.extend(of_section.filter(|setting| tuning.chooses(setting)));
        }
        if let Some(unknown) = tuning.only.iter().find(|name| !settings.iter().any(|setting| setting.is_called(name))) {
            return Err(EvalError::Weights(format!("no weight {unknown:?} to tune in this mode")));
        }
        let mut topics = Vec::new();
        for (set, dataset) in sets.iter().enumerate() {
            let nothing_found = Measured::new(&super::Run::default(), &dataset.qrels, &[], dataset.judging);
            let answerable = nothing_found.topics.iter().enumerate().filter(|(_, topic)| topic.relevant > 0);
            let mut of_set: Vec<(u64, usize)> = answerable.map(|(place, topic)| (xxh3_64(topic.qid.as_bytes()), place)).collect();
            // An order that has nothing to do with the file's, and folds that differ by one topic at most.
            of_set.sort_unstable();
            topics.extend(of_set.into_iter().enumerate().map(|(n, (_, place))| BenchTopic {
                set,
                fold: n % tuning.folds.max(1),
                place,
            }));
        }
        if tuning.folds < 2 || tuning.folds > topics.len() {
            return Err(EvalError::Folds { asked: tuning.folds, topics: topics.len() });
        }
        let read = tuning
            .reranker
            .into_iter()
            .flat_map(|reranker| sets.iter().map(move |set| ReadAgain::new(&set.view, &set.questions, weights, reranker)));
        Ok(Bench { sets, settings, topics, read_again: read.collect::<Result<_, _>>()?, measured: HashMap::new() })
    }

    /// The measure of every topic under the weights.
    fn values(&mut self, weights: &Weights) -> Result<Vec<f64>, EvalError> {
        let key = table(weights)?.to_string();
        if let Some(known) = self.measured.get(&key) {
            return Ok(known.clone());
        }
        let mut of_sets = Vec::new();
        for (n, set) in self.sets.iter().enumerate() {
            let run = match self.read_again.get(n) {
                Some(read_again) => read_again.run(&weights.rerank),
                None => System::Curbside(weights).run(&set.view, &set.questions, &|| ())?,
            };
            of_sets.push(Measured::new(&run, &set.qrels, &[set.measure], set.judging).values(0));
        }
        let values: Vec<f64> = self.topics.iter().map(|topic| of_sets[topic.set][topic.place]).collect();
        self.measured.insert(key, values.clone());
        Ok(values)
    }

    /// Mean over the sets of the mean over each one's kept topics.
    fn mean(&self, values: &[f64], kept: &[bool]) -> f64 {
        let mut sums = vec![(0.0, 0usize); self.sets.len()];
        for (n, topic) in self.topics.iter().enumerate().filter(|&(n, _)| kept[n]) {
            sums[topic.set].0 += values[n];
            sums[topic.set].1 += 1;
        }
        let means: Vec<f64> = sums.into_iter().filter(|&(_, count)| count > 0).map(|(sum, count)| sum / count as f64).collect();
        means.iter().sum::<f64>() / means.len().max(1) as f64
    }

    fn ascend(
        &mut self,
        start: &Weights,
        fitted_to: &[bool],
        rounds: usize,
        fold: Option<usize>,
        step: &mut dyn FnMut(Step<'_>),
    ) -> Result<Weights, EvalError> {
        let mut weights = start.clone();
        let values = self.values(&weights)?;
        let mut best = self.mean(&values, fitted_to);
        for _ in 0..rounds {
            let before = best;
            for setting in self.settings.clone() {
                let from = setting.get(&weights)?;
                let mut taken = None;
                for to in setting.neighbours(from) {
                    let tried = setting.set(&weights, to)?;
                    let values = self.values(&tried)?;
                    let score = self.mean(&values, fitted_to);
                    if score > best + LEAST_GAIN {
                        best = score;
                        taken = Some((to, tried));
                    }
                }
                if let Some((to, tried)) = taken {
                    weights = tried;
                    step(Step { fold, section: &setting.section, key: &setting.key, from, to, score: best });
                }
            }
            if best <= before {
                break;
            }
        }
        Ok(weights)
    }
}

impl Setting {
    fn is_called(&self, name: &str) -> bool {
        name == self.key || name.split_once('.') == Some((&self.section, &self.key))
    }
}

impl Tuning<'_> {
    /// Sections of `schema/ranking.toml` that have the weights to tune.
    fn sections(&self) -> &'static [&'static str] {
        match (self.mode, self.reranker) {
            (_, Some(_)) => &["rerank"],
            (Mode::Search, None) => &["search_words", "search"],
            (Mode::Related, None) => &["related_words", "related"],
        }
    }

    fn chooses(&self, setting: &Setting) -> bool {
        if self.only.is_empty() {
            return !FIXED.contains(&(&setting.section, &setting.key));
        }
        self.only.iter().any(|name| setting.is_called(name))
    }
}
