//! The page of **search**: hits with their passages and chips, and where there are more.

use std::sync::Arc;

use axum::extract::State;
use axum::response::Response;
use maud::{Markup, html};
use serde::Deserialize;

use crate::clinical::Kind;
use crate::search::{self, Answer, Hit};
use crate::serve::api::{find, from};
use crate::serve::parameters::{Query, query};
use crate::serve::problem::Problem;
use crate::serve::server::Server;

use super::parts::{self, chip, counted, escape, passage, thread_path};
use super::{Frame, Here};

const HITS: usize = 10;

/// Chips of one kind under a hit.
const CHIPS: usize = 4;

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Asked {
    q: String,
    /// Clauses of the query language that were clicked and not typed.
    filter: Vec<String>,
    from: Option<usize>,
}

impl Asked {
    fn text(&self) -> String {
        std::iter::once(&self.q).chain(&self.filter).map(|text| text.trim()).collect::<Vec<_>>().join(" ")
    }

    /// The address of this search with other filters, from a hit on.
    fn path<'f>(&self, filters: impl Iterator<Item = &'f str>, from: usize) -> String {
        let mut path = format!("/search?q={}", escape(&self.q));
        for filter in filters {
            path.push_str(&format!("&filter={}", escape(filter)));
        }
        if from > 0 {
            path.push_str(&format!("&from={from}"));
        }
        path
    }

    fn filters(&self) -> impl Iterator<Item = &str> {
        self.filter.iter().map(String::as_str)
    }
}

pub async fn page(State(server): State<Arc<Server>>, Query(asked): Query<Asked>) -> Result<Response, Problem> {
    let text = asked.text();
    query(&text)?;
    let options = search::Options { count: HITS, from: from(asked.from)? };
    server
        .work(move |now| {
            let frame = Frame { title: if text.is_empty() { "Search" } else { &text }, typed: &asked.q, here: Here::Search };
            if text.is_empty() {
                return Ok(frame.respond(html! { div #results .results { (nothing_typed()) } }));
            }
            let answer = find(now, &text, &options)?;
            Ok(frame.respond(results(&asked, &answer, options.from)))
        })
        .await
}

fn nothing_typed() -> Markup {
    html! {
        h1 { "Search the consults" }
        p .empty { "Type a question or a few words: a symptom, what was done, a drug. Whole sentences are fine." }
    }
}

fn results(asked: &Asked, answer: &Answer, from: usize) -> Markup {
    html! {
        div #results .results {
            div .hits {
                (summary(asked, answer))
                @if answer.hits.is_empty() { (nothing(from)) }
                ol start=(from + 1) { @for hit in &answer.hits { (self::hit(hit)) } }
                (pager(asked, answer, from))
            }
        }
    }
}

fn summary(asked: &Asked, answer: &Answer) -> Markup {
    html! {
        h1 .count role="status" { (counted(answer.total, "consult", "consults")) }
        @if !answer.query.concepts.is_empty() {
            p .understood { "Understood as " @for concept in &answer.query.concepts { (chip(Some(concept.r#type), &concept.name, false)) } }
        }
        @if !asked.filter.is_empty() {
            ul .filters aria-label="Filters" {
                @for (n, filter) in asked.filter.iter().enumerate() {
                    @let rest = asked.filters().enumerate().filter(|(m, _)| *m != n).map(|(_, filter)| filter);
                    li { a .filter href=(asked.path(rest, 0)) { span .hidden { "Remove filter " } (filter) span aria-hidden="true" { " ×" } } }
                }
            }
        }
    }
}

fn nothing(from: usize) -> Markup {
    html! {
        div .empty {
            @if from > 0 {
                p { "There are no more hits." }
            } @else {
                p { strong { "Nothing found." } " Try fewer or plainer words, or leave a filter out." }
                p { a href="/ask" { "Ask before you ask" } " compares a whole question with the archive." }
            }
        }
    }
}

fn hit(hit: &Hit) -> Markup {
    let kinds = [
        (Kind::Symptom, &hit.symptoms),
        (Kind::Condition, &hit.conditions),
        (Kind::Procedure, &hit.procedures),
        (Kind::Drug, &hit.drugs),
        (Kind::Investigation, &hit.investigations),
    ];
    html! {
        li .hit {
            h2 { a href=(thread_path(&hit.id)) dir="auto" { (hit.title) } }
            p .passage dir="auto" { (passage(&hit.snippet)) }
            p .chips {
                @for (kind, names) in kinds { @for name in names.iter().take(CHIPS) { (chip(Some(kind), name, false)) } }
                @for name in hit.denied.iter().take(CHIPS) { (chip(None, name, true)) }
            }
            p .byline {
                @if let Some(doctor) = &hit.doctor { span { (parts::doctor(doctor)) } }
                @if let Some(date) = hit.published { span { time datetime=(date) { (date) } } }
            }
        }
    }
}

fn pager(asked: &Asked, answer: &Answer, from: usize) -> Markup {
    let more = answer.hits.len() == HITS && (from + HITS) < usize::try_from(answer.total).unwrap_or(usize::MAX);
    html! {
        @if from > 0 || more {
            nav .pager aria-label="More hits" {
                @if from > 0 { a rel="prev" href=(asked.path(asked.filters(), from.saturating_sub(HITS))) { "← Better hits" } }
                @if more { a rel="next" href=(asked.path(asked.filters(), from + HITS)) { "More hits →" } }
            }
        }
    }
}
