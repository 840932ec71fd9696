//! **Ask before you ask**: a question that nobody has sent yet, and the consults that answered something like it. It travels as a body,
//! so that it stands in no address, history or log.

use std::sync::Arc;
use std::time::Instant;

use axum::extract::State;
use axum::response::Response;
use maud::{Markup, html};
use serde::Deserialize;

use crate::index::{IndexError, View};
use crate::related::{self, Answer, Subject};
use crate::serve::api::relate;
use crate::serve::parameters::Form;
use crate::serve::problem::Problem;
use crate::serve::server::Server;

use super::{Frame, Here, parts};

const ENTRIES: usize = 8;

#[derive(Debug, Deserialize)]
pub struct Question {
    text: String,
}

pub async fn empty() -> Response {
    frame().respond(form("", html! {}))
}

fn frame() -> Frame<'static> {
    Frame { title: "Ask before you ask", typed: "", here: Here::Ask }
}

pub async fn page(State(server): State<Arc<Server>>, Form(asked): Form<Question>) -> Result<Response, Problem> {
    server
        .work(move |now| {
            let started = Instant::now();
            if asked.text.trim().is_empty() {
                return Ok(frame().respond(form("", html! { p .empty role="status" { "Write a few words first." } })));
            }
            let subject = Subject::of_text(&asked.text, now.view.annotator());
            let answer = relate(now, "", &subject, &related::Options { count: ENTRIES, ..Default::default() }, started)?;
            Ok(frame().respond(form(&asked.text, found(&now.view, &answer)?)))
        })
        .await
}

fn found(view: &View, answer: &Answer) -> Result<Markup, IndexError> {
    let panel = parts::panel(view, &answer.panel)?;
    Ok(html! {
        section .answers aria-labelledby="answers" {
            @if answer.panel.is_empty() {
                h2 #answers { "Nothing close enough" }
                p { "No consult in this archive answers a question like yours. More detail, or plainer words, may find one." }
            } @else {
                h2 #answers { "Already answered" }
                (panel)
            }
        }
    })
}

fn form(text: &str, answers: Markup) -> Markup {
    html! {
        div .column {
            h1 { "Ask before you ask" }
            p .lead { "Write your question as you would send it to a doctor. It is compared with the archive and not kept." }
            form .question action="/ask" method="post" {
                label for="text" { "Your question" }
                textarea #text name="text" rows="6" required maxlength="100000" dir="auto"
                    placeholder="My foot has been numb since my back operation six weeks ago. Will the feeling come back?" { (text) }
                button type="submit" { "See what was answered" }
            }
            (answers)
        }
    }
}
