//! The first page.

use std::sync::Arc;

use axum::extract::State;
use axum::response::Response;
use maud::html;

use crate::serve::server::Server;

use super::parts::{counted, escape, search_box};
use super::{Frame, Here};

/// Searches that show what is understood: other words, a brand, what is absent.
const EXAMPLES: [&str; 4] = [
    "numb foot after slipped disc operation",
    "chest pain but ecg normal",
    "baby with fever and no rash",
    "drug:nsaid stomach pain",
];

pub async fn page(State(server): State<Arc<Server>>) -> Response {
    let now = server.now();
    let stats = &now.stats;
    Frame { title: "Search", typed: "", here: Here::Home }.respond(html! {
        div .hero {
            h1 { "What have others asked, and what were they told?" }
            p .lead { "Search " (counted(stats.threads, "medical consult", "medical consults")) ", understood by symptom, procedure and drug." }
            (search_box("", true))
            @if stats.threads == 0 {
                p .empty { "The index is empty. Fill it with " code { "curbside index PATH" } "; this page will notice." }
            } @else {
                ul .examples aria-label="Examples" {
                    @for example in EXAMPLES { li { a href={ "/search?q=" (escape(example)) } { (example) } } }
                }
            }
        }
        section .card .invite aria-labelledby="ask-first" {
            div {
                h2 #ask-first { "Ask before you ask" }
                p { "Write your question as you would send it. You see which consults already answered something like it." }
            }
            a .button href="/ask" { "Write a question" }
        }
        p .quiet .figures {
            (counted(stats.mentions, "mention", "mentions")) " of "
            (counted(stats.concepts_met as u64, "clinical concept", "clinical concepts"))
        }
    })
}
