//! The **embedded panel**: a fragment of HTML with the Related Questions of a thread, and the script that puts it under any page.
//!
//! ```html
//! <script src="https://curbside.example/embed.js" data-thread="an-id" async></script>
//! ```

use std::sync::Arc;
use std::time::Instant;

use axum::Router;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderName, HeaderValue, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use maud::{Markup, html};
use serde::Deserialize;

use crate::related::{self, Entry};

use super::api::{fresh, relate, subject};
use super::pages::{outward, passage, thread_path};
use super::parameters::{Id, Query, count, given};
use super::problem::Problem;
use super::server::Server;

const SCRIPT: &str = include_str!("assets/embed.js");
const STYLE: &str = include_str!("assets/embed.css");

/// The fragment brings its style along, since the page around it has none for it.
const POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'";

pub fn routes() -> Router<Arc<Server>> {
    Router::new().route("/embed.js", get(script)).route("/embed/{id}", get(fragment))
}

async fn script() -> Response {
    let headers = [
        (header::CONTENT_TYPE, "text/javascript; charset=utf-8"),
        (header::CACHE_CONTROL, "public, max-age=3600"),
        (HeaderName::from_static("cross-origin-resource-policy"), "cross-origin"),
    ];
    (headers, SCRIPT).into_response()
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Parameters {
    #[serde(default, deserialize_with = "given")]
    n: Option<usize>,
}

async fn fragment(
    State(server): State<Arc<Server>>,
    Id(id): Id,
    Query(asked): Query<Parameters>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let options = related::Options { count: count(asked.n, 5)?, ..Default::default() };
    server
        .work(move |now| {
            let started = Instant::now();
            let subject = subject(&now.view, &id)?;
            fresh(now, &headers, || {
                let answer = relate(now, &id, &subject, &options, started)?;
                let mut response = panel(&answer.panel).into_string().into_response();
                let headers = response.headers_mut();
                headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8"));
                headers.insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(POLICY));
                Ok(response)
            })
        })
        .await
}

fn panel(entries: &[Entry]) -> Markup {
    html! {
        style { (maud::PreEscaped(STYLE)) }
        section .curbside aria-label="Related questions" {
            h2 { "Related questions" }
            @if entries.is_empty() { p { "No other consult is close enough." } }
            ol {
                @for entry in entries {
                    // The site's own page where the archive names one, this server's otherwise.
                    li {
                        a href=(entry.url.as_deref().and_then(outward).map_or_else(|| thread_path(&entry.id), str::to_owned)) {
                            (entry.title)
                        }
                        p dir="auto" { (passage(&entry.snippet)) }
                    }
                }
            }
            small { "What others were told; not medical advice." }
        }
    }
}
