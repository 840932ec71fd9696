//! The **API** for programs, under `/api/v1`: the JSON of the command line.

use std::io::Cursor;
use std::path::Path;
use std::sync::Arc;
use std::time::Instant;

use axum::Router;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::clinical::{Kind, Reading};
use crate::index::{Stats, View};
use crate::read::Reader;
use crate::related::{self, Subject, panel};
use crate::search::{self, NamedConcept, Weights};
use crate::thread::{Role, Thread, ThreadId};

use super::asked::{Asked, find};
use super::live::Opened;
use super::parameters::{Id, JsonBody, Query, count, given, query};
use super::problem::{BodyRefused, Problem, Refused};
use super::server::Server;
use super::{assets, describe, embed, pages};

type Shared = State<Arc<Server>>;

/// Every route of the server.
pub fn routes() -> Router<Arc<Server>> {
    Router::new()
        .route("/api/v1/search", get(search))
        .route("/api/v1/threads/{id}", get(thread))
        .route("/api/v1/threads/{id}/related", get(related_to_thread))
        .route("/api/v1/related", post(related_to_text))
        .route("/api/v1/annotate", post(annotate))
        .route("/api/v1/concepts/{id}", get(concept))
        .route("/api/v1/suggest", get(suggest))
        .route("/api/v1/stats", get(stats))
        .route("/openapi.json", get(describe::openapi))
        .route("/healthz", get(healthz))
        .route("/readyz", get(readyz))
        .route("/metrics", get(metrics))
        .merge(embed::routes())
        .merge(assets::routes())
        .merge(pages::routes())
}

/// Find threads by words and concepts
#[utoipa::path(get, path = "/api/v1/search", tag = "search", params(Asked),
    responses((status = 200, description = "Ranked hits", body = search::Answer), Refused))]
pub async fn search(State(server): Shared, Query(asked): Query<Asked>) -> Result<Response, Problem> {
    if asked.q.is_none() {
        return Err(Problem::wrong("Parameter q: what to search for is missing."));
    }
    let (text, options) = (asked.text()?, asked.options()?);
    server.work(move |now| Ok(json(&find(now, &text, &options)?))).await
}

/// The beginning of a query.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct PrefixParameters {
    /// What has been typed so far
    #[param(max_length = 2000, example = "numb")]
    prefix: String,
    /// Suggestions at most
    #[param(minimum = 1, maximum = 100, default = 10)]
    #[serde(default, deserialize_with = "given")]
    n: Option<usize>,
}

/// How a query may go on: concepts and titles
#[utoipa::path(get, path = "/api/v1/suggest", tag = "search", params(PrefixParameters),
    responses((status = 200, description = "Suggestions, the likeliest first", body = search::Completion), Refused))]
pub async fn suggest(State(server): Shared, Query(asked): Query<PrefixParameters>) -> Result<Response, Problem> {
    query(&asked.prefix)?;
    let count = count(asked.n, 10)?;
    server
        .work(move |now| {
            let started = Instant::now();
            let suggestions = now.completer.complete(&asked.prefix, count)?;
            let took_ms = started.elapsed().as_secs_f64() * 1000.0;
            Ok(json(&search::Completion { prefix: asked.prefix, took_ms, suggestions }))
        })
        .await
}

/// One thread
#[utoipa::path(get, path = "/api/v1/threads/{id}", tag = "threads",
    params(("id" = String, Path, description = "Id of the thread, percent-encoded")),
    responses((status = 200, description = "The thread as it was stored; with an ETag", body = Thread),
        (status = 304, description = "It is as of the ETag in If-None-Match"), Refused))]
pub async fn thread(State(server): Shared, Id(id): Id, headers: HeaderMap) -> Result<Response, Problem> {
    server
        .work(move |now| {
            let at = now.view.find(&ThreadId::from(id.as_str()))?.ok_or_else(|| no_thread(&id))?;
            fresh(now, &headers, || Ok(json(&now.view.thread(at)?)))
        })
        .await
}

/// How large a panel.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct PanelParameters {
    /// Entries at most
    #[param(minimum = 1, maximum = 100, default = 5)]
    #[serde(default, deserialize_with = "given")]
    n: Option<usize>,
}

/// The Related Questions of a thread
#[utoipa::path(get, path = "/api/v1/threads/{id}/related", tag = "related",
    params(("id" = String, Path, description = "Id of the thread, percent-encoded"), PanelParameters),
    responses((status = 200, description = "The panel, best first, with why; with an ETag", body = related::Answer),
        (status = 304, description = "It is as of the ETag in If-None-Match"), Refused))]
pub async fn related_to_thread(
    State(server): Shared,
    Id(id): Id,
    Query(asked): Query<PanelParameters>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let options = related::Options { count: count(asked.n, 5)?, ..Default::default() };
    server
        .work(move |now| {
            let started = Instant::now();
            let subject = subject(&now.view, &id)?;
            fresh(now, &headers, || Ok(json(&relate(now, &id, &subject, &options, started)?)))
        })
        .await
}

/// A thread of the index as what a panel is asked for.
pub fn subject(view: &View, id: &str) -> Result<Subject, Problem> {
    let own = ThreadId::from(id);
    let at = view.find(&own)?.ok_or_else(|| no_thread(id))?;
    let (thread, annotation) = view.annotated(at)?;
    Ok(Subject { thread, annotation, own: Some(own) })
}

pub fn relate(
    now: &Opened,
    of: &str,
    subject: &Subject,
    options: &related::Options,
    started: Instant,
) -> Result<related::Answer, Problem> {
    let panel = panel(&now.view, subject, Weights::built_in(), options)?;
    Ok(related::Answer::new(of, panel, started.elapsed().as_secs_f64() * 1000.0))
}

/// A question that is in no index yet.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Text {
    /// As somebody would ask it
    #[schema(example = "My foot tingles six weeks after microdiscectomy, will the nerve recover?")]
    pub text: String,
}

/// A typed question, or a thread that is in no index yet.
#[derive(ToSchema)]
#[schema(as = QuestionOrThread)]
#[serde(untagged)]
#[allow(dead_code)] // described; read by `question` below, which takes every form of a thread that `index` takes
pub enum Question {
    Text(Text),
    Thread(AskedThread),
}

/// A thread, of which the fields that a panel comes from; all others of a thread may be given too
#[derive(ToSchema)]
#[schema(as = AskedThread)]
#[allow(dead_code)] // described
pub struct AskedThread {
    #[schema(required = false)]
    title: String,
    #[schema(min_items = 1)]
    posts: Vec<AskedPost>,
}

/// One turn of the conversation
#[derive(ToSchema)]
#[schema(as = AskedPost)]
#[allow(dead_code)] // described
pub struct AskedPost {
    role: Role,
    /// At least one character that is no white space
    #[schema(min_length = 1, pattern = r"\S")]
    text: String,
}

/// The Related Questions of a question that is typed, or of a thread that is in no index yet
#[utoipa::path(post, path = "/api/v1/related", tag = "related", params(PanelParameters), request_body = Question,
    responses((status = 200, description = "The panel, best first, with why", body = related::Answer), Refused, BodyRefused))]
pub async fn related_to_text(
    State(server): Shared,
    Query(asked): Query<PanelParameters>,
    JsonBody(bytes): JsonBody,
) -> Result<Response, Problem> {
    let options = related::Options { count: count(asked.n, 5)?, ..Default::default() };
    server
        .work(move |now| {
            let started = Instant::now();
            let subject = question(bytes, now)?;
            let of = subject.own.as_ref().map_or("", ThreadId::as_str).to_owned();
            Ok(json(&relate(now, &of, &subject, &options, started)?))
        })
        .await
}

fn question(bytes: Vec<u8>, now: &Opened) -> Result<Subject, Problem> {
    let value: serde_json::Value =
        serde_json::from_slice(&bytes).map_err(|error| Problem::wrong(format!("The body is not JSON: {error}.")))?;
    if value.get("text").is_some() && value.get("posts").is_none() {
        let Text { text } =
            serde_path_to_error::deserialize(value).map_err(|error| Problem::wrong(format!("The body: {error}.")))?;
        return Ok(Subject::of_text(&text, now.view.annotator()));
    }
    if !value.is_object() {
        return Err(Problem::wrong("The body must be an object: {\"text\": \"…\"} or a thread."));
    }
    let reader = Reader::new();
    let not_a_thread =
        |reason: String| Problem::wrong(format!("The body is neither {{\"text\": \"…\"}} nor a thread: {reason}."));
    let chunks = reader.open_stream(Path::new("body"), Box::new(Cursor::new(bytes)));
    for chunk in chunks.map_err(|rejection| not_a_thread(rejection.reason.to_string()))? {
        let chunk = chunk.map_err(|rejection| not_a_thread(rejection.reason.to_string()))?;
        if let Some(read) = reader.threads(&chunk).into_iter().next() {
            let thread = read.map_err(|rejection| not_a_thread(rejection.reason.to_string()))?;
            let own = now.view.find(&thread.id)?.map(|_| thread.id.clone());
            return Ok(Subject { own, ..Subject::of_thread(thread, now.view.annotator()) });
        }
    }
    Err(not_a_thread("it is empty".to_owned()))
}

/// The concepts that a text mentions, each with whether the patient has it
#[utoipa::path(post, path = "/api/v1/annotate", tag = "concepts", request_body = Text,
    responses((status = 200, description = "Mentions in the order of the text", body = Reading), Refused, BodyRefused))]
pub async fn annotate(State(server): Shared, JsonBody(bytes): JsonBody) -> Result<Response, Problem> {
    server
        .work(move |now| {
            let mut body = serde_json::Deserializer::from_slice(&bytes);
            let Text { text } =
                serde_path_to_error::deserialize(&mut body).map_err(|error| Problem::wrong(format!("The body: {error}.")))?;
            body.end().map_err(|error| Problem::wrong(format!("The body: {error}.")))?;
            Ok(json(&Reading::of(&text, now.view.annotator())))
        })
        .await
}

/// What the lexicon and the index know of a concept.
#[derive(Debug, Serialize, ToSchema)]
pub struct ConceptAnswer {
    /// Its id.
    #[schema(example = "symptom:paresthesia")]
    pub concept: String,
    pub name: String,
    pub r#type: Kind,
    /// The name and the synonyms.
    pub terms: Vec<String>,
    pub broader: Vec<NamedConcept>,
    pub narrower: Vec<NamedConcept>,
    /// Threads that are about it or about a narrower one.
    pub threads: u64,
}

/// A concept: its terms, what is broader and narrower, and how many threads are about it
#[utoipa::path(get, path = "/api/v1/concepts/{id}", tag = "concepts",
    params(("id" = String, Path, description = "Id of the concept", example = "procedure:laminectomy")),
    responses((status = 200, description = "The concept", body = ConceptAnswer), Refused))]
pub async fn concept(State(server): Shared, Id(id): Id) -> Result<Response, Problem> {
    server
        .work(move |now| {
            let lexicon = now.view.lexicon();
            let missing = || Problem::not_found("The lexicon of this index has no concept of that id.");
            let found = lexicon.by_id(&id).ok_or_else(missing)?;
            let concept = lexicon.concept(found);
            Ok(json(&ConceptAnswer {
                concept: concept.id.to_owned(),
                name: concept.name.to_owned(),
                r#type: concept.kind,
                terms: lexicon.terms(found).map(str::to_owned).collect(),
                broader: lexicon.parents(found).map(|id| NamedConcept::of(&now.view, id)).collect(),
                narrower: lexicon.children(found).map(|id| NamedConcept::of(&now.view, id)).collect(),
                threads: search::threads_about(&now.view, found)?,
            }))
        })
        .await
}

/// What is in the index
#[utoipa::path(get, path = "/api/v1/stats", tag = "index",
    responses((status = 200, description = "Counts and sizes", body = Stats), Refused))]
pub async fn stats(State(server): Shared) -> Response {
    json(&server.now().stats)
}

async fn healthz() -> &'static str {
    "ok\n"
}

async fn readyz(State(server): Shared) -> Response {
    if server.is_stopping() {
        return Problem::new(StatusCode::SERVICE_UNAVAILABLE, "The server is stopping.").into_response();
    }
    "ready\n".into_response()
}

async fn metrics(State(server): Shared) -> impl IntoResponse {
    let text = server.metrics.text(&server.now());
    ([(header::CONTENT_TYPE, "application/openmetrics-text; version=1.0.0; charset=utf-8")], text)
}

fn no_thread(id: &str) -> Problem {
    Problem::not_found(format!("The index has no thread {id:?}; search finds ids."))
}

pub fn json(value: &impl Serialize) -> Response {
    match serde_json::to_vec(value) {
        Ok(bytes) => ([(header::CONTENT_TYPE, HeaderValue::from_static("application/json"))], bytes).into_response(),
        Err(error) => {
            tracing::error!(%error, "an answer cannot be written as JSON");
            Problem::new(StatusCode::INTERNAL_SERVER_ERROR, "The answer cannot be written as JSON.").into_response()
        }
    }
}

/// The answer with an `ETag` of the index's state, or word that the client has it already, without the work of making it. The tag is
/// weak: two answers of one state differ in the time they took.
pub fn fresh(now: &Opened, headers: &HeaderMap, answer: impl FnOnce() -> Result<Response, Problem>) -> Result<Response, Problem> {
    let tag = format!("W/\"{:016x}\"", now.generation);
    let known = headers.get_all(header::IF_NONE_MATCH).iter().filter_map(|value| value.to_str().ok());
    let opaque = |tag: &str| tag.trim().trim_start_matches("W/").to_owned();
    let has_it = known.flat_map(|value| value.split(',')).any(|given| given.trim() == "*" || opaque(given) == opaque(&tag));
    let mut response = if has_it { StatusCode::NOT_MODIFIED.into_response() } else { answer()? };
    let headers = response.headers_mut();
    headers.insert(header::ETAG, HeaderValue::from_str(&tag).expect("hexadecimal digits"));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("private, no-cache"));
    Ok(response)
}
