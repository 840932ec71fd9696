//! A **problem** is an answer that says what was wrong with a request: RFC 9457 for programs, a page for people.

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;

use crate::index::IndexError;

/// What was wrong, and what to do.
#[derive(Debug, Clone)]
pub struct Problem {
    pub status: StatusCode,
    pub detail: String,
}

/// Problem details as of RFC 9457.
#[derive(Serialize, utoipa::ToSchema)]
#[schema(as = Problem)]
pub struct Details<'p> {
    /// `about:blank`: the status says it all.
    #[schema(example = "about:blank")]
    r#type: &'static str,
    /// The name of the status.
    title: &'static str,
    status: u16,
    /// What was met and what to do, in a sentence.
    detail: &'p str,
}

/// Every way in which a request can be refused.
#[derive(utoipa::IntoResponses)]
#[allow(dead_code)] // described, never made
pub enum Refused {
    /// A parameter, id or body that cannot be read
    #[response(status = 400, content_type = "application/problem+json")]
    Wrong(Details<'static>),
    /// No token, or a wrong one
    #[response(status = 401, content_type = "application/problem+json")]
    Unknown(Details<'static>),
    /// Not there
    #[response(status = 404, content_type = "application/problem+json")]
    NotFound(Details<'static>),
    /// Too many requests are under way; try again after the seconds that Retry-After gives
    #[response(status = 503, content_type = "application/problem+json")]
    Busy(Details<'static>),
}

/// Every way in which a request with a body can be refused beside those.
#[derive(utoipa::IntoResponses)]
#[allow(dead_code)] // described, never made
pub enum BodyRefused {
    /// The body came too slowly
    #[response(status = 408, content_type = "application/problem+json")]
    Slow(Details<'static>),
    /// The body is larger than a megabyte
    #[response(status = 413, content_type = "application/problem+json")]
    Large(Details<'static>),
    /// The body is not JSON
    #[response(status = 415, content_type = "application/problem+json")]
    Foreign(Details<'static>),
}

impl Problem {
    pub fn new(status: StatusCode, detail: impl Into<String>) -> Problem {
        Problem { status, detail: detail.into() }
    }

    pub fn wrong(detail: impl Into<String>) -> Problem {
        Problem::new(StatusCode::BAD_REQUEST, detail)
    }

    pub fn not_found(detail: impl Into<String>) -> Problem {
        Problem::new(StatusCode::NOT_FOUND, detail)
    }

    pub fn busy() -> Problem {
        Problem::new(StatusCode::SERVICE_UNAVAILABLE, "Too many requests are under way; try again in a second.")
    }

    pub fn title(&self) -> &'static str {
        self.status.canonical_reason().unwrap_or("Problem")
    }

    pub fn json(&self) -> Vec<u8> {
        let details = Details { r#type: "about:blank", title: self.title(), status: self.status.as_u16(), detail: &self.detail };
        serde_json::to_vec(&details).expect("details are plain data")
    }
}

impl From<IndexError> for Problem {
    /// What is wrong with an index is for the log: it names paths of this machine.
    fn from(error: IndexError) -> Problem {
        tracing::error!(%error, "a request failed");
        Problem::new(StatusCode::INTERNAL_SERVER_ERROR, "The index could not be read; the server's log says why.")
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let mut response = (self.status, self.json()).into_response();
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        match self.status {
            StatusCode::SERVICE_UNAVAILABLE => _ = headers.insert(header::RETRY_AFTER, HeaderValue::from_static("1")),
            StatusCode::UNAUTHORIZED => {
                headers.append(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer realm=\"curbside\""));
                headers.append(header::WWW_AUTHENTICATE, HeaderValue::from_static("Basic realm=\"curbside\", charset=\"UTF-8\""));
            }
            // The rest of the body was not read, so the connection cannot carry another request.
            StatusCode::PAYLOAD_TOO_LARGE | StatusCode::REQUEST_TIMEOUT => {
                headers.insert(header::CONNECTION, HeaderValue::from_static("close"));
            }
            _ => {}
        }
        // `observe` makes a page of it where a person asked.
        response.extensions_mut().insert(self);
        response
    }
}
