//! What a **search** may be asked for, by programs and by the page alike: the flags of the command line as parameters.

use std::time::Instant;

use serde::Deserialize;
use utoipa::{IntoParams, ToSchema};

use crate::clinical::Kind;
use crate::query::{About, Ask, Field, with_filters};
use crate::search::{Answer, Options, Order, Weights, search};

use super::live::Opened;
use super::parameters::{count, from, given, query};
use super::problem::Problem;

/// A search, as parameters.
#[derive(Debug, Clone, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields, default)]
#[into_params(parameter_in = Query)]
pub struct Asked {
    /// What to look for, as one would say it; drug:nsaid and all else of the query language may be part of it
    #[param(max_length = 2000, required = true, example = "numbness after laminectomy")]
    pub q: Option<String>,
    /// Hits to show
    #[param(minimum = 1, maximum = 100, default = 10)]
    #[serde(deserialize_with = "given")]
    pub n: Option<usize>,
    /// Hits to pass over first
    #[param(minimum = 0, maximum = 1_000_000, default = 0)]
    #[serde(deserialize_with = "given")]
    pub from: Option<usize>,
    /// Order of the hits; by relevance where nothing else is said
    #[param(inline)]
    #[serde(deserialize_with = "given")]
    pub sort: Option<Sort>,
    /// Count concepts, specialties, doctors and years over all threads that match
    #[param(default = false)]
    #[serde(deserialize_with = "given")]
    pub facets: Option<bool>,
    /// Say why each hit has its score
    #[param(default = false)]
    #[serde(deserialize_with = "given")]
    pub explain: Option<bool>,
    /// Take the words as they are: no spelling correction, no dropping of parts
    #[param(default = false)]
    #[serde(deserialize_with = "given")]
    pub exact: Option<bool>,
    /// Only threads about this symptom or a narrower one; may be repeated, as the other filters may
    #[param(max_items = 5)]
    pub symptom: Vec<String>,
    /// Only threads about this condition or a narrower one
    #[param(max_items = 5)]
    pub condition: Vec<String>,
    /// Only threads about this procedure or a narrower one
    #[param(max_items = 5)]
    pub procedure: Vec<String>,
    /// Only threads about this drug or one of its class
    #[param(max_items = 5)]
    pub drug: Vec<String>,
    /// Only threads about this investigation or a narrower one
    #[param(max_items = 5)]
    pub investigation: Vec<String>,
    /// Only threads whose patient has not this
    #[param(max_items = 5)]
    pub denied: Vec<String>,
    /// Only threads of this doctor
    #[param(max_items = 5)]
    pub doctor: Vec<String>,
    /// Only threads of this specialty
    #[param(max_items = 5)]
    pub specialty: Vec<String>,
    /// Only threads of this site
    #[param(max_items = 5)]
    pub source: Vec<String>,
    /// Only threads of these dates: 2016, 2016-05, 2016..2018, ..2018
    #[param(max_items = 5)]
    pub published: Vec<String>,
    /// Only threads of patients of this age in years: 34, 30..40, 65..
    #[param(max_items = 5)]
    pub age: Vec<String>,
    /// Only threads of patients of this sex: f or m
    #[param(max_items = 5)]
    pub sex: Vec<String>,
}

/// An order of hits
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, ToSchema)]
pub enum Sort {
    #[serde(rename = "relevance")]
    Relevance,
    /// The oldest first
    #[serde(rename = "date")]
    Date,
    /// The newest first
    #[serde(rename = "-date")]
    NewestFirst,
}

impl Sort {
    /// As a parameter says it.
    pub fn name(self) -> &'static str {
        match self {
            Sort::Relevance => "relevance",
            Sort::Date => "date",
            Sort::NewestFirst => "-date",
        }
    }
}

/// Values of one filter.
const MOST_VALUES: usize = 5;

impl Asked {
    /// What was typed, without the filters.
    pub fn typed(&self) -> &str {
        self.q.as_deref().unwrap_or("").trim()
    }

    /// The filters by name, each with its field.
    pub fn filters(&self) -> Vec<(Field, &str)> {
        let given = [
            (Field::Concept(Kind::Symptom), &self.symptom),
            (Field::Concept(Kind::Condition), &self.condition),
            (Field::Concept(Kind::Procedure), &self.procedure),
            (Field::Concept(Kind::Drug), &self.drug),
            (Field::Concept(Kind::Investigation), &self.investigation),
            (Field::Denied, &self.denied),
            (Field::About(About::Doctor), &self.doctor),
            (Field::About(About::Specialty), &self.specialty),
            (Field::About(About::Source), &self.source),
            (Field::Published, &self.published),
            (Field::Age, &self.age),
            (Field::Sex, &self.sex),
        ];
        given.into_iter().flat_map(|(field, values)| values.iter().map(move |value| (field, value.as_str()))).collect()
    }

    /// The text that is searched for.
    pub fn text(&self) -> Result<String, Problem> {
        query(self.typed())?;
        let filters = self.filters();
        for values in filters.chunk_by(|(one, _), (other, _)| one == other) {
            if values.len() > MOST_VALUES {
                let (name, count) = (values[0].0.name(), values.len());
                return Err(Problem::wrong(format!("Parameter {name}: {count} values are more than {MOST_VALUES}.")));
            }
        }
        let owned: Vec<(Field, String)> = filters.into_iter().map(|(field, value)| (field, value.to_owned())).collect();
        Ok(with_filters(&owned, self.typed()))
    }

    pub fn options(&self) -> Result<Options, Problem> {
        let order = match self.sort.unwrap_or(Sort::Relevance) {
            Sort::Relevance => Order::Relevance,
            Sort::Date => Order::OldestFirst,
            Sort::NewestFirst => Order::NewestFirst,
        };
        Ok(Options {
            count: count(self.n, 10)?,
            from: from(self.from)?,
            order,
            facets: self.facets.unwrap_or(false),
            explain: self.explain.unwrap_or(false),
            exact: self.exact.unwrap_or(false),
        })
    }
}

/// Reads, finds and shows, with the time it took.
pub fn find(now: &Opened, text: &str, options: &Options) -> Result<Answer, Problem> {
    let started = Instant::now();
    let annotator = now.view.annotator();
    let ask = if options.exact { Ask::read(text, annotator) } else { Ask::read_corrected(text, &now.view)? };
    let hits = search(&now.view, &ask, Weights::built_in(), options)?;
    Ok(Answer::new(&now.view, &ask, hits, started.elapsed().as_secs_f64() * 1000.0))
}
