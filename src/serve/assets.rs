//! The **assets** of the pages: a style sheet, a script, an icon, inside the binary. Their addresses change with their content, so a
//! browser keeps them for good.

use std::sync::{Arc, LazyLock};

use axum::Router;
use axum::extract::Path;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use xxhash_rust::xxh3::xxh3_64;

use super::problem::Problem;
use super::server::Server;

struct Asset {
    name: &'static str,
    kind: &'static str,
    content: &'static str,
}

const ASSETS: [Asset; 3] = [
    Asset { name: "page.css", kind: "text/css; charset=utf-8", content: include_str!("assets/page.css") },
    Asset { name: "page.js", kind: "text/javascript; charset=utf-8", content: include_str!("assets/page.js") },
    Asset { name: "icon.svg", kind: "image/svg+xml", content: include_str!("assets/icon.svg") },
];

/// The version of all assets together.
static VERSION: LazyLock<String> = LazyLock::new(|| {
    let all: String = ASSETS.iter().map(|asset| asset.content).collect();
    format!("{:016x}", xxh3_64(all.as_bytes()))
});

/// Where an asset is.
pub fn path(name: &str) -> String {
    format!("/assets/{}/{name}", *VERSION)
}

pub fn routes() -> Router<Arc<Server>> {
    Router::new().route("/assets/{version}/{name}", get(asset)).route("/favicon.ico", get(async || StatusCode::NO_CONTENT))
}

async fn asset(Path((version, name)): Path<(String, String)>) -> Result<Response, Problem> {
    let found = ASSETS.iter().find(|asset| asset.name == name).filter(|_| version == *VERSION);
    let asset = found.ok_or_else(|| Problem::not_found("There is no such asset."))?;
    let headers = [(header::CONTENT_TYPE, asset.kind), (header::CACHE_CONTROL, "public, max-age=31536000, immutable")];
    Ok((headers, asset.content).into_response())
}
