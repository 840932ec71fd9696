//! **Parameters**: what a request says, read strictly. What cannot be read is a [`Problem`] that names it.

use std::sync::Arc;

use axum::body::to_bytes;
use axum::extract::{FromRequest, FromRequestParts, Path, Request};
use axum::http::{StatusCode, header, request};
use percent_encoding::percent_decode_str;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Deserializer};

use super::problem::Problem;
use super::server::Server;

/// Bytes of a request's body.
pub const LONGEST_BODY: usize = 1_000_000;

/// Characters of a typed question in an address; longer text is sent as a body.
pub const LONGEST_QUERY: usize = 2_000;

/// Entries of one page of hits, or of a panel.
pub const MOST: usize = 100;

/// Hits that may be passed over; nothing stands beyond.
pub const FARTHEST: usize = 1_000_000;

/// The parameters after the question mark.
pub struct Query<T>(pub T);

/// The id within the path.
pub struct Id(pub String);

/// A body of JSON, unread.
pub struct JsonBody(pub Vec<u8>);

/// A body as a page's form sends it.
pub struct Form<T>(pub T);

impl<S: Sync, T: DeserializeOwned> FromRequestParts<S> for Query<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut request::Parts, _: &S) -> Result<Query<T>, Problem> {
        read_form(parts.uri.query().unwrap_or("")).map(Query)
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Id {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut request::Parts, state: &S) -> Result<Id, Problem> {
        match Path::<String>::from_request_parts(parts, state).await {
            Ok(Path(id)) => Ok(Id(id)),
            Err(_) => Err(Problem::wrong("The id in the address is not valid UTF-8.")),
        }
    }
}

impl FromRequest<Arc<Server>> for JsonBody {
    type Rejection = Problem;

    async fn from_request(request: Request, server: &Arc<Server>) -> Result<JsonBody, Problem> {
        expect_type(&request, "application/json")?;
        body(request, server).await.map(JsonBody)
    }
}

impl<T: DeserializeOwned> FromRequest<Arc<Server>> for Form<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, server: &Arc<Server>) -> Result<Form<T>, Problem> {
        expect_type(&request, "application/x-www-form-urlencoded")?;
        let bytes = body(request, server).await?;
        let text = std::str::from_utf8(&bytes).map_err(|_| Problem::wrong("The form is not valid UTF-8."))?;
        read_form(text).map(Form)
    }
}

fn expect_type(request: &Request, expected: &str) -> Result<(), Problem> {
    let given = request.headers().get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or("");
    if !given.split(';').next().is_some_and(|essence| essence.trim().eq_ignore_ascii_case(expected)) {
        return Err(Problem::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, format!("The body must be sent as {expected}.")));
    }
    // A few packed kilobytes can be gigabytes, so nothing is unpacked here.
    let packed = request.headers().get_all(header::CONTENT_ENCODING).iter().any(|coding| coding != "identity");
    if packed {
        return Err(Problem::new(
            StatusCode::UNSUPPORTED_MEDIA_TYPE,
            "The body must be sent as it is, without Content-Encoding.",
        ));
    }
    Ok(())
}

async fn body(request: Request, server: &Server) -> Result<Vec<u8>, Problem> {
    let too_large = || Problem::new(StatusCode::PAYLOAD_TOO_LARGE, format!("The body may have at most {LONGEST_BODY} bytes."));
    let told = request.headers().get(header::CONTENT_LENGTH).and_then(|value| value.to_str().ok()?.parse::<u64>().ok());
    if told.is_some_and(|length| length > LONGEST_BODY as u64) {
        return Err(too_large());
    }
    match tokio::time::timeout(server.options.timeout, to_bytes(request.into_body(), LONGEST_BODY)).await {
        Ok(Ok(bytes)) => Ok(bytes.to_vec()),
        Ok(Err(_)) => Err(too_large()),
        Err(_) => Err(Problem::new(StatusCode::REQUEST_TIMEOUT, "The body came too slowly.")),
    }
}

/// Reads `a=b&c=d`; bytes that are not UTF-8 are refused, not guessed at.
fn read_form<T: DeserializeOwned>(text: &str) -> Result<T, Problem> {
    for piece in text.split(['&', '=']) {
        if percent_decode_str(piece).decode_utf8().is_err() {
            return Err(Problem::wrong("The parameters are not valid UTF-8."));
        }
    }
    let pairs = serde_html_form::de::Deserializer::from_bytes(text.as_bytes());
    serde_path_to_error::deserialize(pairs).map_err(|error| {
        let place = error.path().to_string();
        let met = error.into_inner().to_string();
        Problem::wrong(match pieces(text).filter(|(name, _)| *name == place).count() {
            _ if place == "." => format!("Parameters: {met}."),
            0 | 1 => format!("Parameter {place}: {met}."),
            times => format!("Parameter {place}: a duplicate; it is given {times} times and may be given once."),
        })
    })
}

/// The parameters one by one, each with its name and as it stands in the address.
fn pieces(text: &str) -> impl Iterator<Item = (String, &str)> {
    text.split('&').filter(|piece| !piece.is_empty()).map(|piece| {
        let name = piece.split('=').next().unwrap_or("").replace('+', " ");
        (percent_decode_str(&name).decode_utf8_lossy().into_owned(), piece)
    })
}

/// What the address of a page says, as far as it can be read: links are cut short on their way, and trackers add to them. Gives the
/// names of the first parameters that were left out, too. What somebody typed is never left out in silence: it is refused.
pub fn what_is_readable<T: DeserializeOwned>(text: &str, is_sound: impl Fn(&T) -> bool) -> Result<(T, Vec<String>), Problem> {
    const NAMED: usize = 5;
    let (mut kept, mut left_out) = (Vec::new(), Vec::new());
    for (name, piece) in pieces(text) {
        if name == "q" || read_form::<T>(piece).is_ok_and(|alone| is_sound(&alone)) {
            kept.push(piece);
        } else if left_out.len() < NAMED && !left_out.contains(&name) {
            left_out.push(name);
        }
    }
    Ok((read_form(&kept.join("&"))?, left_out))
}

/// What is given has a value: `n=` is not the same as no `n`.
pub fn given<'de, D: Deserializer<'de>, T: Deserialize<'de>>(value: D) -> Result<Option<T>, D::Error> {
    T::deserialize(value).map(Some)
}

/// A count of entries, from 1.
pub fn count(given: Option<usize>, usual: usize) -> Result<usize, Problem> {
    match given.unwrap_or(usual) {
        count @ 1..=MOST => Ok(count),
        count => Err(Problem::wrong(format!("Parameter n: {count} is not from 1 to {MOST}."))),
    }
}

/// Hits to pass over first.
pub fn from(given: Option<usize>) -> Result<usize, Problem> {
    match given.unwrap_or(0) {
        from @ 0..=FARTHEST => Ok(from),
        from => Err(Problem::wrong(format!("Parameter from: {from} is not from 0 to {FARTHEST}."))),
    }
}

/// What is typed, which must be short enough for an address.
pub fn query(text: &str) -> Result<(), Problem> {
    match text.chars().count() {
        0..=LONGEST_QUERY => Ok(()),
        length => Err(Problem::wrong(format!(
            "Parameter q: {length} characters are more than {LONGEST_QUERY}; POST longer text to related."
        ))),
    }
}
