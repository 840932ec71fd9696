//! Threads as JSON, in the forms that archives have: our own model; exports with `question` and `answer` or `answers`; and
//! instruction sets with `instruction`, `input`, `output`. A document is one thread or a list of them.

use std::path::Path;

use serde::Deserialize;
use serde_json::{Map, Value};

use super::{Reason, Rejection, accept};
use crate::thread::{Post, Role, Thread};

type Results = Vec<Result<Thread, Rejection>>;

/// One thread a line; blank lines do not count. `first` is the number of the first line.
pub(super) fn read_lines(path: &Path, first: u64, bytes: &[u8], results: &mut Results) {
    for (n, line) in bytes.split(|&b| b == b'\n').enumerate() {
        if line.trim_ascii().is_empty() {
            continue;
        }
        let thread = parse(line).and_then(thread);
        results.push(thread.map_err(|reason| Rejection::of_line(path, first + n as u64, reason)));
    }
}

/// One thread, or a list of threads.
pub(super) fn read_document(path: &Path, bytes: &[u8], results: &mut Results) {
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    match parse(bytes) {
        Ok(Value::Array(items)) => {
            if items.is_empty() {
                results.push(Err(Rejection::of_file(path, Reason::Empty)));
            }
            for (n, item) in items.into_iter().enumerate() {
                results.push(thread(item).map_err(|reason| {
                    let reason = match reason {
                        Reason::Shape(met) => Reason::Shape(format!("item {} of the list: {met}", n + 1)),
                        other => other,
                    };
                    Rejection::of_file(path, reason)
                }));
            }
        }
        Ok(value) => results.push(thread(value).map_err(|reason| Rejection::of_file(path, reason))),
        Err(reason) => results.push(Err(Rejection::of_file(path, reason))),
    }
}

fn parse(bytes: &[u8]) -> Result<Value, Reason> {
    serde_json::from_slice(bytes).map_err(|error| {
        let met = error.to_string();
        // The line within the file is told by the rejection; here it would always be the first.
        let met = met.replace(" at line 1 column ", " at column ");
        if error.is_eof() { Reason::Truncated(met) } else { Reason::Json(met) }
    })
}

pub(super) fn thread(value: Value) -> Result<Thread, Reason> {
    let Value::Object(mut fields) = value else {
        return Err(Reason::Shape(format!("{} instead of an object", kind_of(&value))));
    };
    if let Some(Value::Number(id)) = fields.get("id") {
        let id = id.to_string();
        fields.insert("id".into(), id.into());
    }
    if fields.get("id").is_some_and(Value::is_null) {
        fields.remove("id");
    }
    let thread = if fields.contains_key("posts") {
        Thread::deserialize(Value::Object(fields)).map_err(|error| Reason::Shape(error.to_string()))?
    } else if ["question", "question_text"].iter().any(|name| fields.contains_key(*name)) {
        export(fields)?
    } else if fields.contains_key("input") || fields.contains_key("instruction") {
        instruction(fields)?
    } else {
        let names: Vec<&str> = fields.keys().take(8).map(String::as_str).collect();
        return Err(Reason::Shape(format!("the fields are {}", if names.is_empty() { "none".into() } else { names.join(", ") })));
    };
    accept(thread)
}

/// `{"title"?, "question" | "question_text", "answer" | "answers": […], …}`
fn export(mut fields: Map<String, Value>) -> Result<Thread, Reason> {
    let question = match (fields.remove("question"), fields.remove("question_text")) {
        (Some(question), None) | (None, Some(question)) => text_of(question, "question")?,
        (Some(short), Some(long)) => {
            // Some exports give the heading as "question" and the whole as "question_text".
            fields.entry("title").or_insert(short);
            text_of(long, "question_text")?
        }
        (None, None) => String::new(),
    };
    let mut posts = dialogue(&question);
    for name in ["answer", "answers"] {
        for answer in list_of(fields.remove(name), name)? {
            posts.push(Post::doctor(answer));
        }
    }
    finish(fields, posts)
}

/// `{"instruction", "input", "output"}`: the instruction is a prompt, unless there is no input.
fn instruction(mut fields: Map<String, Value>) -> Result<Thread, Reason> {
    let instruction = fields.remove("instruction").map(|v| text_of(v, "instruction")).transpose()?.unwrap_or_default();
    let input = fields.remove("input").map(|v| text_of(v, "input")).transpose()?.unwrap_or_default();
    let question = if input.trim().is_empty() { instruction } else { input };
    let mut posts = dialogue(&question);
    for answer in list_of(fields.remove("output"), "output")? {
        posts.push(Post::doctor(answer));
    }
    finish(fields, posts)
}

/// The fields that are left are those of our model or unknown ones.
fn finish(mut fields: Map<String, Value>, posts: Vec<Post>) -> Result<Thread, Reason> {
    fields.retain(|_, value| !value.is_null());
    if let Some(Value::String(tags)) = fields.get("tags") {
        let tags: Vec<Value> = tags.split([',', ';']).map(|tag| tag.trim().into()).collect();
        fields.insert("tags".into(), Value::Array(tags));
    }
    if let Some(Value::String(name)) = fields.get("doctor") {
        let doctor = serde_json::json!({ "name": name });
        fields.insert("doctor".into(), doctor);
    }
    fields.insert("posts".into(), Value::Array(Vec::new()));
    let thread = Thread::deserialize(Value::Object(fields)).map_err(|error| Reason::Shape(error.to_string()))?;
    Ok(Thread { posts, ..thread })
}

/// A question that is itself a transcript ("Doctor: … / Patient: …", a turn a line) becomes its turns.
fn dialogue(question: &str) -> Vec<Post> {
    let turn = |line: &str| {
        let (speaker, said) = line.split_once(':')?;
        let role = match speaker.trim().to_ascii_lowercase().as_str() {
            "doctor" | "physician" | "clinician" => Role::Doctor,
            "patient" | "guest_family" | "guest_clinician" => Role::Patient,
            _ => return None,
        };
        Some((role, said.trim().to_owned()))
    };
    let turns = question.lines().filter(|line| turn(line).is_some()).count();
    if turns < 2 || turn(question.lines().next().unwrap_or("")).is_none() {
        return vec![Post::patient(question)];
    }
    let mut posts: Vec<Post> = Vec::new();
    for line in question.lines() {
        match (turn(line), posts.last_mut()) {
            (Some((role, said)), Some(last)) if last.role == role => push_line(&mut last.text, &said),
            (Some((role, text)), _) => posts.push(Post { role, text, sections: Vec::new() }),
            (None, Some(last)) => push_line(&mut last.text, line.trim()),
            (None, None) => {}
        }
    }
    posts
}

fn push_line(text: &mut String, line: &str) {
    if !text.is_empty() && !line.is_empty() {
        text.push('\n');
    }
    text.push_str(line);
}

fn list_of(value: Option<Value>, name: &str) -> Result<Vec<String>, Reason> {
    match value {
        None | Some(Value::Null) => Ok(Vec::new()),
        Some(Value::Array(items)) => items.into_iter().map(|item| text_of(item, name)).collect(),
        Some(value) => Ok(vec![text_of(value, name)?]),
    }
}

fn text_of(value: Value, name: &str) -> Result<String, Reason> {
    match value {
        Value::String(text) => Ok(text),
        Value::Null => Ok(String::new()),
        Value::Object(mut fields) => ["text", "answer", "body", "content"]
            .iter()
            .find_map(|inner| fields.remove(*inner))
            .ok_or_else(|| Reason::Shape(format!("\"{name}\" is an object without \"text\"")))
            .and_then(|inner| text_of(inner, name)),
        other => Err(Reason::Shape(format!("\"{name}\" is {} instead of text", kind_of(&other)))),
    }
}

fn kind_of(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "true or false",
        Value::Number(_) => "a number",
        Value::String(_) => "a text",
        Value::Array(_) => "a list",
        Value::Object(_) => "an object",
    }
}
