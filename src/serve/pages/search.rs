//! The page of **search**: hits with their passages and chips, how the question was read, facets to narrow it, and where there is more.

use std::sync::Arc;

use axum::extract::State;
use axum::http::Uri;
use axum::response::Response;
use maud::{Markup, html};

use crate::clinical::Kind;
use crate::index::{IndexError, View};
use crate::query::{About, Field};
use crate::search::{Answer, Facets, Hit, Options};
use crate::serve::asked::{Asked, Sort, find};
use crate::serve::parameters::what_is_readable;
use crate::serve::problem::Problem;
use crate::serve::server::Server;

use super::parts::{self, chip, counted, escape, passage, thread_path};
use super::{Frame, Here};

/// Chips under a hit, of each kind the first few: enough to choose by, few enough for a line or two.
const CHIPS: [(Kind, usize); 4] = [(Kind::Symptom, 3), (Kind::Condition, 1), (Kind::Procedure, 2), (Kind::Drug, 1)];
const DENIED: usize = 2;

/// Values of one facet.
const VALUES: usize = 6;

/// The address of a search.
struct Address<'a> {
    asked: &'a Asked,
    filters: Vec<(Field, &'a str)>,
}

impl Address<'_> {
    /// With other filters, from a hit on.
    fn with<'f>(&self, filters: impl Iterator<Item = (Field, &'f str)>, from: usize) -> String {
        let mut address = format!("/search?q={}", escape(self.asked.typed()));
        for (field, value) in filters {
            address.push_str(&format!("&{}={}", field.name(), escape(value)));
        }
        if let Some(count) = self.asked.n {
            address.push_str(&format!("&n={count}"));
        }
        if let Some(sort) = self.asked.sort {
            address.push_str(&format!("&sort={}", sort.name()));
        }
        for (name, set) in [("explain", self.asked.explain), ("exact", self.asked.exact)] {
            if set == Some(true) {
                address.push_str(&format!("&{name}=true"));
            }
        }
        if from > 0 {
            address.push_str(&format!("&from={from}"));
        }
        address
    }

    fn at(&self, from: usize) -> String {
        self.with(self.filters.iter().copied(), from)
    }

    fn and(&self, field: Field, value: &str) -> String {
        self.with(self.filters.iter().copied().chain([(field, value)]), 0)
    }

    fn without(&self, n: usize) -> String {
        self.with(self.filters.iter().enumerate().filter(|(m, _)| *m != n).map(|(_, filter)| *filter), 0)
    }
}

pub async fn page(State(server): State<Arc<Server>>, address: Uri) -> Result<Response, Problem> {
    let sound = |asked: &Asked| asked.options().is_ok();
    let (mut asked, left_out) = what_is_readable::<Asked>(address.query().unwrap_or(""), sound)?;
    asked.facets = Some(true);
    let text = asked.text()?;
    let options = asked.options()?;
    server
        .work(move |now| {
            let title = if text.is_empty() { "Search" } else { &text };
            let frame = Frame { title, typed: asked.typed(), here: Here::Search };
            if text.is_empty() {
                return Ok(frame.respond(html! { div #results .results { (nothing_typed(&left_out)) } }));
            }
            let answer = find(now, &text, &options)?;
            Ok(frame.respond(results(&now.view, &asked, &left_out, &answer, &options)?))
        })
        .await
}

fn nothing_typed(left_out: &[String]) -> Markup {
    html! {
        div {
            h1 { "Search the consults" }
            (said_of(left_out))
            p .empty { "Type a question or a few words: a symptom, what was done, a drug. Whole sentences are fine." }
        }
    }
}

/// What of the address was left out.
fn said_of(left_out: &[String]) -> Markup {
    html! {
        @if !left_out.is_empty() {
            p .understood { "Note: this part of the address cannot be read and is left out: " strong { (left_out.join(", ")) } "." }
        }
    }
}

fn results(view: &View, asked: &Asked, left_out: &[String], answer: &Answer, options: &Options) -> Result<Markup, IndexError> {
    let address = Address { asked, filters: asked.filters() };
    let facets = answer.facets.as_ref().filter(|_| answer.total > 0);
    let hits = answer.hits.iter().map(|hit| self::hit(view, hit)).collect::<Result<Vec<_>, _>>()?;
    Ok(html! {
        div #results .results .faceted[facets.is_some()] {
            @if let Some(facets) = facets { (self::facets(&address, facets)) }
            div .hits {
                (summary(&address, answer))
                (said_of(left_out))
                @if answer.hits.is_empty() { (nothing(options.from, answer.remark.as_deref())) }
                ol start=(options.from + 1) { @for hit in hits { (hit) } }
                (pager(&address, answer, options))
            }
        }
    })
}

/// How many there are, and how the question was read.
fn summary(address: &Address<'_>, answer: &Answer) -> Markup {
    let query = &answer.query;
    let explained = address.asked.explain == Some(true);
    html! {
        div .summary {
            h1 .count { (counted(answer.total, "consult", "consults")) }
            @if !answer.hits.is_empty() {
                // An archive without dates has one order.
                @if answer.facets.as_ref().is_some_and(|facets| facets.years.len() > 1) { nav .orders aria-label="Order" {
                    @for (name, sort) in [("Best match", Sort::Relevance), ("Newest", Sort::NewestFirst), ("Oldest", Sort::Date)] {
                        @let other = Asked { sort: Some(sort).filter(|sort| *sort != Sort::Relevance), from: None, ..address.asked.clone() };
                        @let is_chosen = sort == address.asked.sort.unwrap_or(Sort::Relevance);
                        a href=(Address { asked: &other, filters: other.filters() }.at(0)) aria-current=[is_chosen.then_some("true")] { (name) }
                    }
                } }
                @let other = Asked { explain: (!explained).then_some(true), from: None, ..address.asked.clone() };
                a .explain href=(Address { asked: &other, filters: other.filters() }.at(0)) {
                    @if explained { "Hide the scores" } @else { "Explain the order" }
                }
            }
        }
        @if !query.concepts.is_empty() {
            p .understood { "Understood as " @for concept in &query.concepts { (chip(Some(concept.concept.r#type), &concept.concept.name, concept.denied)) } }
        }
        @if let Some(corrected) = &query.corrected {
            @let exact = Asked { exact: Some(true), from: None, ..address.asked.clone() };
            p .understood {
                "Showing hits for " strong { (corrected) } ". "
                a href=(Address { asked: &exact, filters: exact.filters() }.at(0)) { "Search as typed" }
            }
        }
        @if !query.dropped.is_empty() {
            p .understood { "Nothing meets all of it. Left out: " strong { (query.dropped.join(", ")) } "." }
        }
        @for remark in &query.remarks { p .understood { "Note: " (remark.says) "." } }
        @if !address.filters.is_empty() {
            ul .filters aria-label="Filters" {
                @for (n, (field, value)) in address.filters.iter().enumerate() {
                    li {
                        a .filter href=(address.without(n)) {
                            span .hidden { "Remove " } (field.name()) ": " (value) span aria-hidden="true" { " ×" }
                        }
                    }
                }
            }
        }
    }
}

fn facets(address: &Address<'_>, facets: &Facets) -> Markup {
    let of = |counts: &[crate::search::ConceptCount]| counts.iter().map(|c| (c.name.clone(), c.count)).collect::<Vec<_>>();
    let named = |counts: &[crate::search::Count]| counts.iter().map(|c| (c.name.clone(), c.count)).collect::<Vec<_>>();
    let groups = [
        ("Symptoms", Field::Concept(Kind::Symptom), of(&facets.symptoms)),
        ("Conditions", Field::Concept(Kind::Condition), of(&facets.conditions)),
        ("Procedures", Field::Concept(Kind::Procedure), of(&facets.procedures)),
        ("Drugs", Field::Concept(Kind::Drug), of(&facets.drugs)),
        ("Specialties", Field::About(About::Specialty), named(&facets.specialties)),
        ("Years", Field::Published, named(&facets.years)),
    ];
    let chosen = |field: Field, value: &str| address.filters.contains(&(field, value));
    html! {
        details .facets open {
            summary { "Narrow down" }
            nav aria-label="Narrow down" {
                @for (title, field, counts) in &groups {
                    @let open: Vec<_> = counts.iter().filter(|(value, _)| !chosen(*field, value)).take(VALUES).collect();
                    @if !open.is_empty() {
                        h2 { (title) }
                        ul {
                            @for (value, count) in open {
                                li {
                                    a href=(address.and(*field, value)) {
                                        span dir="auto" { (value) } " " span { (count) span .hidden { " consults" } }
                                    }
                                }
                            }
                        }
                    }
                }
            }
        }
    }
}

fn nothing(from: usize, remark: Option<&str>) -> Markup {
    html! {
        div .empty {
            @if let Some(remark) = remark {
                p { (remark) "." }
            } @else if from > 0 {
                p { "There are no more hits." }
            } @else {
                p { strong { "Nothing found." } " Try fewer or plainer words, or leave a filter out." }
                p { a href="/ask" { "Ask before you ask" } " compares a whole question with the archive." }
            }
        }
    }
}

fn hit(view: &View, hit: &Hit) -> Result<Markup, IndexError> {
    let duplicates = parts::duplicates(view, &hit.duplicates)?;
    let names = |kind: Kind| match kind {
        Kind::Symptom => &hit.symptoms,
        Kind::Condition => &hit.conditions,
        Kind::Procedure => &hit.procedures,
        Kind::Drug => &hit.drugs,
        Kind::Investigation => &hit.investigations,
    };
    Ok(html! {
        li .hit {
            h2 { a href=(thread_path(&hit.id)) dir="auto" { (hit.title) } }
            p .passage dir="auto" { (passage(&hit.snippet)) }
            p .chips {
                @for (kind, most) in CHIPS { @for name in names(kind).iter().take(most) { (chip(Some(kind), name, false)) } }
                @for name in hit.denied.iter().take(DENIED) { (chip(None, name, true)) }
            }
            p .byline {
                @if let Some(doctor) = &hit.doctor { span { (parts::doctor(doctor)) } }
                @if let Some(date) = hit.published { span { (parts::date(date)) } }
            }
            (duplicates)
            @if let Some(explanation) = &hit.explanation { (parts::explanation(hit.score, explanation)) }
        }
    })
}

fn pager(address: &Address<'_>, answer: &Answer, options: &Options) -> Markup {
    let (from, count) = (options.from, options.count);
    let more = answer.hits.len() == count && (from + count) < usize::try_from(answer.total).unwrap_or(usize::MAX);
    html! {
        @if from > 0 || more {
            nav .pager aria-label="More hits" {
                @if from > 0 { a rel="prev" href=(address.at(from.saturating_sub(count))) { "← Earlier hits" } }
                @if more { a rel="next" href=(address.at(from + count)) { "More hits →" } }
            }
        }
    }
}
