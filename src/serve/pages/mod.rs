//! The **pages** for people: search, a thread, a question that is not asked yet, the API. Rendered here in whole, so that they work
//! without a script; what the script adds is convenience.
//!
//! Markup is written as maud's functions: a page is made of small typed parts (a chip, a passage, a panel), whose text maud escapes
//! and whose structure the compiler checks, without a second language or a build step.

mod ask;
mod docs;
mod home;
mod parts;
mod search;
mod thread;

use std::sync::Arc;

use axum::Router;
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use maud::{DOCTYPE, Markup, html};

use super::assets;
use super::problem::Problem;
use super::server::Server;

pub use parts::{outward, passage, thread_path};

pub fn routes() -> Router<Arc<Server>> {
    Router::new()
        .route("/", get(home::page))
        .route("/search", get(search::page))
        .route("/threads/{id}", get(thread::page))
        .route("/ask", get(ask::empty).post(ask::page))
        .route("/api", get(docs::page))
}

/// What a page is beside its content.
struct Frame<'p> {
    title: &'p str,
    /// What is typed into the search box.
    typed: &'p str,
    here: Here,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Here {
    Home,
    Search,
    Ask,
    Api,
    Elsewhere,
}

impl Frame<'_> {
    fn around(&self, content: Markup) -> Markup {
        html! {
            (DOCTYPE)
            html lang="en" {
                head {
                    meta charset="utf-8";
                    meta name="viewport" content="width=device-width, initial-scale=1";
                    meta name="color-scheme" content="light dark";
                    title { (self.title) " · curbside" }
                    link rel="icon" type="image/svg+xml" href=(assets::path("icon.svg"));
                    link rel="stylesheet" href=(assets::path("page.css"));
                    script src=(assets::path("page.js")) defer {}
                }
                body {
                    a .skip href="#content" { "Skip to content" }
                    header .top {
                        div .wide {
                            a .brand href="/" { span .sign aria-hidden="true" {} "curbside" }
                            @if self.here != Here::Home { (parts::search_box(self.typed, false)) }
                            nav aria-label="Main" {
                                (self.link(Here::Search, "/search", "Search"))
                                (self.link(Here::Ask, "/ask", "Ask first"))
                                (self.link(Here::Api, "/api", "API"))
                            }
                        }
                    }
                    main #content .wide tabindex="-1" { (content) }
                    p #said .hidden role="status" {}
                    footer {
                        div .wide {
                            p {
                                strong { "Not medical advice." }
                                " These pages show what other people were told about their own situation. For yours, ask a doctor; in an \
                                 emergency, call your local emergency number."
                            }
                            p .quiet { "curbside " (env!("CARGO_PKG_VERSION")) }
                        }
                    }
                }
            }
        }
    }

    fn link(&self, to: Here, path: &str, name: &str) -> Markup {
        html! { a href=(path) aria-current=[(self.here == to).then_some("page")] { (name) } }
    }

    fn respond(&self, content: Markup) -> Response {
        page(self.around(content))
    }
}

/// A page as an answer. It may hold what somebody asked, so nothing between here and the reader keeps it.
fn page(markup: Markup) -> Response {
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8")),
        (header::CACHE_CONTROL, HeaderValue::from_static("private, no-cache")),
    ];
    (headers, markup.into_string()).into_response()
}

/// The page of a problem.
pub fn problem(problem: &Problem) -> Markup {
    Frame { title: problem.title(), typed: "", here: Here::Elsewhere }.around(html! {
        div .notice {
            p .eyebrow { (problem.status.as_u16()) }
            h1 { (problem.title()) }
            p { (problem.detail) }
            p { a href="/" { "Search the archive" } " or " a href="/ask" { "ask before you ask" } "." }
        }
    })
}
