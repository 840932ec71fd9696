//! The **description** of the API, for programs as OpenAPI and for people as a page made from it.

use std::sync::OnceLock;

use axum::http::header;
use axum::response::IntoResponse;
use utoipa::OpenApi;

use super::api;
use super::problem::Details;

/// The API as the handlers themselves describe it.
#[derive(OpenApi)]
#[openapi(
    info(
        title = "curbside",
        description = "Full-text search and related questions over an archive of medical consults. What it answers is what other people \
                       were told; it is not medical advice.",
        license(name = "MIT OR Apache-2.0", identifier = "MIT OR Apache-2.0"),
        contact()
    ),
    paths(
        api::search,
        api::thread,
        api::related_to_thread,
        api::related_to_text,
        api::annotate,
        api::concept,
        api::suggest,
        api::stats
    ),
    components(schemas(Details)),
    tags(
        (name = "search", description = "Find threads"),
        (name = "threads", description = "Read a thread"),
        (name = "related", description = "Related Questions"),
        (name = "concepts", description = "Symptoms, conditions, procedures, drugs, investigations"),
        (name = "index", description = "The index itself")
    )
)]
struct Description;

/// The same for every request of a process.
pub fn description() -> &'static utoipa::openapi::OpenApi {
    static DESCRIPTION: OnceLock<utoipa::openapi::OpenApi> = OnceLock::new();
    DESCRIPTION.get_or_init(Description::openapi)
}

pub async fn openapi() -> impl IntoResponse {
    static JSON: OnceLock<String> = OnceLock::new();
    let json = JSON.get_or_init(|| description().to_pretty_json().expect("a description is plain data"));
    ([(header::CONTENT_TYPE, "application/json")], json.as_str())
}
