//! MedQuAD's XML: a document about one condition or drug, with questions and answers on it. Each pair is a thread.

use std::path::Path;

use quick_xml::events::{BytesStart, Event};
use quick_xml::{Reader, XmlVersion};

use super::{Reason, Rejection, accept};
use crate::thread::{Post, Thread, ThreadId};

pub(super) fn read_document(path: &Path, text: &str, results: &mut Vec<Result<Thread, Rejection>>) {
    let before = results.len();
    if let Err(reason) = pairs(text, |thread| {
        results.push(accept(thread).map_err(|reason| Rejection::of_file(path, reason)));
    }) {
        results.push(Err(Rejection::of_file(path, reason)));
    } else if results.len() == before {
        results.push(Err(Rejection::of_file(path, Reason::NoPosts)));
    }
}

/// What is known of the pair or document that is being read.
#[derive(Default)]
struct Open {
    source: Option<String>,
    url: Option<String>,
    document: String,
    /// What the document is about: its focus, then its category.
    tags: Vec<String>,
    id: String,
    kind: Option<String>,
    question: String,
    answer: String,
}

fn pairs(text: &str, mut each: impl FnMut(Thread)) -> Result<(), Reason> {
    let mut reader = Reader::from_str(text);
    let mut open = Open::default();
    let mut said = String::new();
    let mut depth = 0;
    let xml = |error: quick_xml::Error| Reason::Xml(error.to_string());
    loop {
        match reader.read_event().map_err(xml)? {
            Event::Start(element) => {
                said.clear();
                depth += 1;
                begin(&mut open, &element)?;
            }
            Event::Text(part) => said.push_str(&part.xml10_content()),
            Event::CData(part) => said.push_str(&part.xml10_content()),
            Event::GeneralRef(name) => said.push_str(&resolved(&name)),
            Event::End(element) => {
                depth -= 1;
                match element.name().as_ref() {
                    "Focus" | "Category" => open.tags.extend(filled(&said)),
                    "Question" => open.question = plain(&said),
                    "Answer" => open.answer = plain(&said),
                    "QAPair" => each(finish(&mut open)),
                    _ => {}
                }
            }
            Event::Eof if depth > 0 => return Err(Reason::Xml("it ends in the middle".to_owned())),
            Event::Eof => return Ok(()),
            _ => {}
        }
    }
}

fn begin(open: &mut Open, element: &BytesStart<'_>) -> Result<(), Reason> {
    for attribute in element.attributes() {
        let attribute = attribute.map_err(|error| Reason::Xml(error.to_string()))?;
        let value = attribute.normalized_value(XmlVersion::Explicit1_0).map_err(|error| Reason::Xml(error.to_string()))?;
        let value = value.trim().to_owned();
        match (element.name().as_ref(), attribute.key.as_ref()) {
            ("Document", "id") => open.document = value,
            ("Document", "source") => open.source = filled(&value),
            ("Document", "url") => open.url = filled(&value),
            ("QAPair", "pid") if open.id.is_empty() => open.id = format!("{}-{value}", open.document),
            ("Question", "qid") => open.id = value,
            ("Question", "qtype") => open.kind = filled(&value),
            _ => {}
        }
    }
    Ok(())
}

/// The thread of the pair that ends here; what belongs to the document stays.
fn finish(open: &mut Open) -> Thread {
    let question = std::mem::take(&mut open.question);
    let answer = std::mem::take(&mut open.answer);
    Thread {
        id: ThreadId::from(std::mem::take(&mut open.id)),
        source: open.source.clone(),
        url: open.url.clone(),
        title: question.clone(),
        tags: open.tags.iter().cloned().chain(open.kind.take()).collect(),
        posts: vec![Post::patient(question), Post::doctor(answer)],
        ..Thread::default()
    }
}

/// What a reference within text stands for; one that nobody knows stays as it is written.
fn resolved(name: &quick_xml::events::BytesRef<'_>) -> String {
    if let Ok(Some(character)) = name.resolve_char_ref() {
        return character.to_string();
    }
    let name = name.xml10_content();
    quick_xml::escape::resolve_predefined_entity(&name).map_or_else(|| format!("&{name};"), str::to_owned)
}

fn filled(value: &str) -> Option<String> {
    let value = value.trim();
    (!value.is_empty()).then(|| value.to_owned())
}

/// Lines trimmed, as in a page; the files indent what they wrap.
fn plain(said: &str) -> String {
    said.trim().lines().map(str::trim).collect::<Vec<_>>().join("\n")
}
