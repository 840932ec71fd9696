//! What stands **around** every request: the log line, the counters, the headers of safety, admission, and pages for problems.

use std::sync::Arc;
use std::time::Instant;

use axum::Router;
use axum::extract::{MatchedPath, Request, State};
use axum::http::{HeaderName, HeaderValue, Method, StatusCode, header};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use tower_http::compression::CompressionLayer;
use tower_http::cors::{AllowOrigin, Any, CorsLayer};

use super::pages;
use super::problem::Problem;
use super::server::Server;

/// Routes that answer however busy the server is, and without a token.
const HEALTH: [&str; 2] = ["/healthz", "/readyz"];

/// Pages take nothing but their own style sheet, script and images, and nothing inline.
const PAGE_POLICY: &str = "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; connect-src 'self'; \
                           form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

/// Routes with all that is around them.
pub fn around(routes: Router<Arc<Server>>, server: Arc<Server>) -> Router {
    routes
        .fallback(|| async { Problem::not_found("There is nothing at this address.") })
        .method_not_allowed_fallback(|| async {
            Problem::new(
                StatusCode::METHOD_NOT_ALLOWED,
                "This address does not take that method; the Allow header names those it takes.",
            )
        })
        .layer(from_fn_with_state(Arc::clone(&server), guard))
        .layer(CompressionLayer::new())
        .layer(cors(&server.options.cors))
        .layer(from_fn_with_state(Arc::clone(&server), observe))
        .with_state(server)
}

fn cors(origins: &[HeaderValue]) -> CorsLayer {
    let layer =
        CorsLayer::new().allow_methods([Method::GET, Method::POST]).allow_headers([header::CONTENT_TYPE, header::AUTHORIZATION]);
    if origins.iter().any(|origin| origin == "*") {
        return layer.allow_origin(Any);
    }
    layer.allow_origin(AllowOrigin::list(origins.iter().cloned()))
}

async fn guard(State(server): State<Arc<Server>>, request: Request, next: Next) -> Response {
    if HEALTH.contains(&request.uri().path()) {
        return next.run(request).await;
    }
    let access = &server.options.access;
    if !access.knows_host(request.headers()) {
        let detail = "This server answers on this machine only, by address or as localhost; start it with --token or --public-readonly \
                      to use another name.";
        return Problem::new(StatusCode::MISDIRECTED_REQUEST, detail).into_response();
    }
    if !access.allows(request.headers()) {
        let detail = "A token is needed: send it as `Authorization: Bearer …`, or as the password in a browser.";
        return Problem::new(StatusCode::UNAUTHORIZED, detail).into_response();
    }
    let _permit = match server.admit() {
        Ok(permit) => permit,
        Err(problem) => return problem.into_response(),
    };
    next.run(request).await
}

/// Counts down whatever becomes of the request: a client may go away in the middle.
struct UnderWay<'s>(&'s Server);

impl Drop for UnderWay<'_> {
    fn drop(&mut self) {
        self.0.metrics.under_way.dec();
    }
}

async fn observe(State(server): State<Arc<Server>>, request: Request, next: Next) -> Response {
    let started = Instant::now();
    server.metrics.under_way.inc();
    let _under_way = UnderWay(&server);
    let method = method_name(request.method());
    // The route and not the path: ids and questions belong in no log.
    let route = request.extensions().get::<MatchedPath>().map_or("other", MatchedPath::as_str).to_owned();
    let for_programs = ["/api/", "/healthz", "/readyz", "/metrics", "/openapi.json", "/assets/", "/embed"]
        .iter()
        .any(|beginning| request.uri().path().starts_with(beginning));
    let mut response = next.run(request).await;
    if !for_programs && let Some(problem) = response.extensions_mut().remove::<Problem>() {
        response = with_page(response, &problem);
    }
    set_safety(response.headers_mut());
    let (status, took) = (response.status().as_u16(), started.elapsed());
    server.metrics.answered(method, &route, status, took);
    let took_ms = took.as_secs_f64() * 1000.0;
    // A storm of refusals is told by the counters: a line for each would cost more than refusing does.
    if status == StatusCode::SERVICE_UNAVAILABLE.as_u16() {
        tracing::debug!(method, route, status, took_ms, "request");
    } else {
        tracing::info!(method, route, status, took_ms, "request");
    }
    response
}

/// The same status and headers, with a page for a body.
fn with_page(response: Response, problem: &Problem) -> Response {
    let (mut parts, _) = response.into_parts();
    let page = pages::problem(problem);
    parts.headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8"));
    for stale in [header::CONTENT_LENGTH, header::CONTENT_ENCODING] {
        parts.headers.remove(stale);
    }
    Response::from_parts(parts, page.into_string().into())
}

fn set_safety(headers: &mut axum::http::HeaderMap) {
    let safe = [
        (header::CONTENT_SECURITY_POLICY, PAGE_POLICY),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        // A search is in the address of its page: it goes to no other site.
        (header::REFERRER_POLICY, "no-referrer"),
        (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
    ];
    for (name, value) in safe {
        headers.entry(name).or_insert(HeaderValue::from_static(value));
    }
}

/// A client may invent methods; the counters' labels stay few.
fn method_name(method: &Method) -> &'static str {
    match method.as_str() {
        "GET" => "GET",
        "POST" => "POST",
        "HEAD" => "HEAD",
        "OPTIONS" => "OPTIONS",
        _ => "other",
    }
}
