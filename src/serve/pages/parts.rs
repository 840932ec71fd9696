//! The **parts** that several pages are made of.

use maud::{Markup, PreEscaped, Render, html};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use crate::clinical::{Assertion, Kind};
use crate::index::{IndexError, View};
use crate::related::{Entry, Why};
use crate::search::{Explanation, Snippet};
use crate::thread::{Doctor, ThreadId};

/// All but what RFC 3986 leaves as it is.
const ESCAPED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~');

/// The page of a thread. Slashes and all else of an id are escaped, so that an id is one segment.
pub fn thread_path(id: &ThreadId) -> String {
    format!("/threads/{}", escape(id.as_str()))
}

pub fn escape(text: &str) -> impl std::fmt::Display {
    utf8_percent_encode(text, ESCAPED)
}

/// An address of the archive that may become a link: one that runs nothing.
pub fn outward(url: &str) -> Option<&str> {
    let url = url.trim();
    let scheme = url.split_once("://")?.0;
    (scheme.eq_ignore_ascii_case("https") || scheme.eq_ignore_ascii_case("http")).then_some(url)
}

/// The one search box of a page.
pub fn search_box(typed: &str, large: bool) -> Markup {
    html! {
        form .search .large[large] action="/search" method="get" role="search" {
            label .hidden for="q" { "Search the consults" }
            input #q name="q" type="search" value=(typed) maxlength="2000" autocomplete="off" autocapitalize="none" spellcheck="false"
                enterkeyhint="search" placeholder="numbness after laminectomy" autofocus[large];
            button type="submit" { "Search" }
            ul #suggestions role="listbox" aria-label="Suggestions" hidden {}
        }
    }
}

/// A passage with what matched marked.
pub fn passage(snippet: &Snippet) -> Markup {
    let mut out = String::with_capacity(snippet.text.len() + 64);
    let mut edges = snippet.highlights.iter().flatten().copied().peekable();
    let mut inside = false;
    let mut from = 0;
    let ends = snippet.text.char_indices().map(|(at, _)| at).chain([snippet.text.len()]);
    for (n, at) in ends.enumerate() {
        while edges.next_if_eq(&n).is_some() {
            snippet.text[from..at].render_to(&mut out);
            from = at;
            out.push_str(if inside { "</mark>" } else { "<mark>" });
            inside = !inside;
        }
    }
    snippet.text[from..].render_to(&mut out);
    if inside {
        out.push_str("</mark>");
    }
    PreEscaped(out)
}

/// A concept's name with a sign for its kind.
pub fn chip(kind: Option<Kind>, name: &str, denied: bool) -> Markup {
    let what = kind.map_or("", Kind::name);
    html! {
        span .chip .denied[denied] data-kind=[kind.map(Kind::name)] {
            @if denied { span .hidden { "not: " } s { (name) } } @else { (name) }
            @if kind.is_some() { span .hidden { " (" (what) ")" } }
        }
    }
}

/// "Dr. A, Neurology".
pub fn doctor(doctor: &Doctor) -> Markup {
    html! {
        span dir="auto" { (doctor.name) }
        @if let Some(specialty) = &doctor.specialty { ", " span dir="auto" { (specialty) } }
    }
}

/// "22 March 2017".
pub fn date(date: jiff::civil::Date) -> Markup {
    html! { time datetime=(date) { (date.strftime("%-d %B %Y")) } }
}

/// The entries of a panel, each with its why.
pub fn panel(view: &View, entries: &[Entry]) -> Result<Markup, IndexError> {
    let duplicates = entries.iter().map(|entry| duplicates(view, &entry.duplicates)).collect::<Result<Vec<_>, _>>()?;
    Ok(html! {
        ol .panel {
            @for (entry, duplicates) in entries.iter().zip(duplicates) {
                li {
                    a .title href=(thread_path(&entry.id)) dir="auto" { (entry.title) }
                    p .passage dir="auto" { (passage(&entry.snippet)) }
                    (duplicates)
                    (why(&entry.why))
                }
            }
        }
    })
}

/// Why an entry is there: opened by a tap, a key, or with the script by pointing at it.
fn why(why: &Why) -> Markup {
    let rows = [("In both", &why.shared), ("Close to it", &why.near), ("Different", &why.conflicts())];
    if rows.iter().all(|(_, names)| names.is_empty()) {
        return html! {};
    }
    html! {
        details .why {
            summary { "Why this one" }
            dl {
                @for (what, names) in rows {
                    @if !names.is_empty() {
                        dt { (what) }
                        dd { @for name in names.iter() { (chip(None, name, false)) } }
                    }
                }
            }
        }
    }
}

/// What an assertion says of the patient.
pub fn assertion(assertion: Assertion) -> &'static str {
    match assertion {
        Assertion::Present => "the patient has it",
        Assertion::Denied => "the patient has it not",
        Assertion::Possible => "asked about or suspected",
        Assertion::Past => "in the past",
        Assertion::Family => "about somebody else",
        Assertion::Hypothetical => "general information or advice",
    }
}

/// "1 thread", "1,234 threads".
pub fn counted(count: u64, one: &str, many: &str) -> String {
    let digits = count.to_string();
    let mut number = String::new();
    for (n, digit) in digits.chars().enumerate() {
        if n > 0 && (digits.len() - n).is_multiple_of(3) {
            number.push(',');
        }
        number.push(digit);
    }
    format!("{number} {}", if count == 1 { one } else { many })
}

/// The threads that say the same as an entry and were folded into it, the first of them by title.
pub fn duplicates(view: &View, ids: &[ThreadId]) -> Result<Markup, IndexError> {
    const NAMED: usize = 3;
    let mut named = Vec::new();
    for id in ids.iter().take(NAMED) {
        let thread = view.find(id)?.map(|at| view.thread(at)).transpose()?;
        named.push((id, thread.map_or_else(|| id.as_str().to_owned(), |thread| thread.heading().to_owned())));
    }
    Ok(html! {
        @if !named.is_empty() {
            p .duplicates {
                "Also asked as "
                @for (n, (id, title)) in named.iter().enumerate() {
                    @if n > 0 { ", " }
                    a href=(thread_path(id)) dir="auto" { (title) }
                }
                @if ids.len() > NAMED { ", and " (ids.len() - NAMED) " more" }
            }
        }
    })
}

/// What a hit's score is made of.
pub fn explanation(score: f32, explanation: &Explanation) -> Markup {
    html! {
        table .explained {
            caption { "Score " (format!("{score:.2}")) }
            tbody {
                @for part in &explanation.parts {
                    tr {
                        th scope="row" dir="auto" { (part.what) }
                        td { (format!("{:+.2}", part.score)) }
                    }
                }
            }
        }
    }
}
