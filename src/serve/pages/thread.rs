//! The page of a **thread**: the conversation, with what was understood of it marked on demand, and its Related Questions.

use std::sync::Arc;
use std::time::Instant;

use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use maud::{Markup, html};

use crate::clinical::{Annotation, Lexicon, Mention, Part};
use crate::related::{self, Subject};
use crate::serve::api::{fresh, relate, subject};
use crate::serve::parameters::Id;
use crate::serve::problem::Problem;
use crate::serve::server::Server;
use crate::thread::{Post, Role, Thread};

use super::parts::{self, outward};
use super::{Frame, Here};

pub async fn page(State(server): State<Arc<Server>>, Id(id): Id, headers: HeaderMap) -> Result<Response, Problem> {
    server
        .work(move |now| {
            let started = Instant::now();
            let subject = subject(&now.view, &id)?;
            fresh(now, &headers, || {
                let related = relate(now, &id, &subject, &related::Options::default(), started)?;
                let frame = Frame { title: subject.thread.heading(), typed: "", here: Here::Elsewhere };
                let panel = parts::panel(&now.view, &related.panel)?;
                Ok(frame.respond(content(&subject, now.view.lexicon(), (!related.panel.is_empty()).then_some(panel))))
            })
        })
        .await
}

fn content(subject: &Subject, lexicon: &Lexicon, panel: Option<Markup>) -> Markup {
    let Subject { thread, annotation, .. } = subject;
    let marked = Marked { annotation, lexicon };
    html! {
        div .reading {
            article .thread {
                // Before the text it acts on: the style sheet shows the marks while it is checked, without a script.
                input #marks .hidden type="checkbox" checked[false];
                header {
                    h1 dir="auto" { (thread.heading()) }
                    (about(thread))
                    label .toggle for="marks" { span .switch aria-hidden="true" {} "Mark what was understood" }
                    (legend())
                }
                @for (n, post) in (0..).zip(&thread.posts) { (turn(n, post, &marked)) }
            }
            aside aria-labelledby="related" {
                h2 #related { "Related questions" }
                @match panel {
                    Some(panel) => (panel),
                    None => p .empty { "No other consult in this archive is close enough to this one." },
                }
            }
        }
    }
}

fn about(thread: &Thread) -> Markup {
    html! {
        p .byline {
            @if let Some(doctor) = &thread.doctor { span { "Answered by " (parts::doctor(doctor)) } }
            @if let Some(date) = thread.published { span { (parts::date(date)) } }
            @if thread.reviewer.is_some() || thread.reviewed.is_some() {
                span {
                    "Reviewed"
                    @if let Some(reviewer) = &thread.reviewer { " by " span dir="auto" { (reviewer) } }
                    @if let Some(date) = thread.reviewed { " on " (parts::date(date)) }
                }
            }
            @match thread.url.as_deref().and_then(outward) {
                Some(url) => span { a href=(url) rel="noopener noreferrer nofollow" { (thread.source.as_deref().unwrap_or("Source")) } },
                None => @if let Some(source) = &thread.source { span dir="auto" { (source) } },
            }
        }
    }
}

fn legend() -> Markup {
    html! {
        p .legend {
            span { mark .m { "the patient has it" } }
            span { mark .m .denied { "has it not" } }
            span { mark .m .open { "asked about, past, advice, somebody else" } }
        }
    }
}

fn turn(n: u32, post: &Post, marked: &Marked<'_>) -> Markup {
    let (class, who) = match post.role {
        Role::Patient => ("patient", "Patient"),
        Role::Doctor => ("doctor", "Doctor"),
    };
    html! {
        section .turn .(class) aria-label={ (who) ", turn " (n + 1) } {
            h2 .who { (who) }
            (marked.paragraphs(Part::Post(n), &post.text))
            @for (m, section) in (0..).zip(&post.sections) {
                div .section {
                    h3 { (section.kind.heading()) }
                    (marked.paragraphs(Part::Section(n, m), &section.text))
                }
            }
        }
    }
}

/// Texts with their mentions.
struct Marked<'t> {
    annotation: &'t Annotation,
    lexicon: &'t Lexicon,
}

impl Marked<'_> {
    fn paragraphs(&self, part: Part, text: &str) -> Markup {
        let annotated = self.annotation.parts.iter().find(|annotated| annotated.part == part);
        let mentions = annotated.map_or(&[][..], |annotated| &annotated.mentions);
        let mut start = 0;
        let lines = text.split('\n').map(|line| {
            let range = start..start + line.len();
            start += line.len() + 1;
            range
        });
        let lines: Vec<_> = lines.filter(|line| !text[line.clone()].trim().is_empty()).collect();
        html! {
            @for line in lines {
                p dir="auto" {
                    @let inside = mentions.iter().filter(|m| line.start <= m.start as usize && m.end as usize <= line.end);
                    (self.marked(text, line.clone(), inside))
                }
            }
        }
    }

    fn marked<'m>(&self, text: &str, line: std::ops::Range<usize>, mentions: impl Iterator<Item = &'m Mention>) -> Markup {
        let mut pieces = Vec::new();
        let mut from = line.start;
        for mention in mentions {
            let (start, end) = (mention.start as usize, mention.end as usize);
            pieces.push((&text[from..start], Some((&text[start..end], mention))));
            from = end;
        }
        pieces.push((&text[from..line.end], None));
        html! {
            @for (plain, mention) in pieces {
                (plain)
                @if let Some((words, mention)) = mention { (self.mention(words, mention)) }
            }
        }
    }

    fn mention(&self, words: &str, mention: &Mention) -> Markup {
        use crate::clinical::Assertion;
        let concept = self.lexicon.concept(mention.concept);
        let said = format!("{}, {}: {}", concept.name, concept.kind, parts::assertion(mention.assertion));
        let denied = mention.assertion == Assertion::Denied;
        let open = !denied && mention.assertion != Assertion::Present;
        html! { mark .m .denied[denied] .open[open] title=(said) { (words) } }
    }
}
