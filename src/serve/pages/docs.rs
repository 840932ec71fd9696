//! The page of the **API**, made from its own description, so that it cannot tell anything else.

use axum::response::Response;
use maud::{Markup, html};
use serde_json::Value;

use crate::serve::describe::description;

use super::{Frame, Here};

pub async fn page() -> Response {
    let described = serde_json::to_value(description()).expect("a description is plain data");
    Frame { title: "API", typed: "", here: Here::Api }.respond(html! {
        div .column .docs {
            h1 { "API" }
            p .lead { (text(&described["info"]["description"])) }
            p { "Everything here answers in JSON. Programs read the same from " a href="/openapi.json" { "openapi.json" } " (OpenAPI 3.1)." }
            @for (path, methods) in fields(&described["paths"]) {
                @for (method, operation) in fields(methods) { (self::operation(path, method, operation)) }
            }
            h2 #schemas { "Objects" }
            @for (name, schema) in fields(&described["components"]["schemas"]) { (object(name, schema)) }
        }
    })
}

fn operation(path: &str, method: &str, operation: &Value) -> Markup {
    let parameters = operation["parameters"].as_array().map_or(&[][..], Vec::as_slice);
    html! {
        section .card .operation {
            h2 { span .method { (method.to_uppercase()) } " " code { (path) } }
            p { (text(&operation["summary"])) "." }
            @if !parameters.is_empty() {
                table {
                    thead { tr { th scope="col" { "Parameter" } th scope="col" { "Form" } th scope="col" { "Meaning" } } }
                    tbody {
                        @for parameter in parameters {
                            tr {
                                th scope="row" { code { (text(&parameter["name"])) } @if parameter["required"] == true { " *" } }
                                td { (form(&parameter["schema"])) }
                                td { (text(&parameter["description"])) }
                            }
                        }
                    }
                }
            }
            @if let Some(body) = operation.pointer("/requestBody/content/application~1json/schema") { p { "Body: " (form(body)) } }
            (statuses(operation, |status| status < "400"))
            details .refusals {
                summary { "When it is refused" }
                (statuses(operation, |status| status >= "400"))
            }
            @if method == "get" && !path.contains('{') {
                p { a href=(example(path, parameters)) { "Try it" } }
            }
        }
    }
}

/// The answers of an operation whose status is one of those wanted.
fn statuses(operation: &Value, wanted: impl Fn(&str) -> bool) -> Markup {
    html! {
        ul .statuses {
            @for (status, response) in fields(&operation["responses"]).filter(|(status, _)| wanted(status)) {
                li {
                    code { (status) } " " (text(&response["description"]))
                    @if let Some(body) = response.pointer("/content/application~1json/schema") { ": " (form(body)) }
                }
            }
        }
    }
}

/// The path with the examples of its required parameters.
fn example(path: &str, parameters: &[Value]) -> String {
    let required = parameters.iter().filter(|parameter| parameter["required"] == true);
    let pairs: Vec<String> = required
        .map(|parameter| format!("{}={}", text(&parameter["name"]), super::parts::escape(text(&parameter["example"]))))
        .collect();
    if pairs.is_empty() { path.to_owned() } else { format!("{path}?{}", pairs.join("&")) }
}

fn object(name: &str, schema: &Value) -> Markup {
    let required: Vec<&str> = schema["required"].as_array().into_iter().flatten().map(text).collect();
    html! {
        section .card .object id=(name) {
            h3 { (name) }
            @if let Some(description) = schema["description"].as_str() { p { (description) } }
            @if schema["properties"].is_object() {
                table {
                    thead { tr { th scope="col" { "Field" } th scope="col" { "Form" } th scope="col" { "Meaning" } } }
                    tbody {
                        @for (field, of_field) in fields(&schema["properties"]) {
                            tr {
                                th scope="row" { code { (field) } @if required.contains(&field) { " *" } }
                                td { (form(of_field)) }
                                td { (text(&of_field["description"])) }
                            }
                        }
                    }
                }
            } @else { p { (form(schema)) } }
        }
    }
}

/// A schema in a few words.
fn form(schema: &Value) -> Markup {
    if let Some(name) = schema["$ref"].as_str().and_then(|reference| reference.rsplit('/').next()) {
        return html! { a href={ "#" (name) } { (name) } };
    }
    if let Some(choices) = schema["oneOf"].as_array().or(schema["anyOf"].as_array()) {
        let choices: Vec<&Value> = choices.iter().filter(|choice| choice["type"] != "null").collect();
        return html! { @for (n, choice) in choices.iter().enumerate() { @if n > 0 { " or " } (form(choice)) } };
    }
    if let Some(names) = schema["enum"].as_array() {
        return html! { @for (n, name) in names.iter().enumerate() { @if n > 0 { ", " } code { (text(name)) } } };
    }
    let kind = match &schema["type"] {
        Value::Array(kinds) => kinds.iter().map(text).find(|kind| *kind != "null").unwrap_or("any"),
        kind => text(kind),
    };
    html! {
        @if kind == "array" { "list of " (form(&schema["items"])) } @else if kind.is_empty() { "any" } @else { (kind) }
        @if let (Some(least), Some(most)) = (schema["minimum"].as_u64(), schema["maximum"].as_u64()) { " " (least) "–" (most) }
    }
}

fn fields(object: &Value) -> impl Iterator<Item = (&str, &Value)> {
    object.as_object().into_iter().flatten().map(|(name, value)| (name.as_str(), value))
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or("")
}
