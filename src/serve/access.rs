//! **Access**: who may read. An index on the own machine is open to that machine; anything wider is said aloud.

use std::net::{IpAddr, SocketAddr};

use axum::http::{HeaderMap, header};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use subtle::ConstantTimeEq;

/// Who may read.
#[derive(Clone)]
pub enum Access {
    /// Programs of this machine.
    ThisMachine,
    /// Whoever sends the token: as a bearer token, or as the password of Basic authentication, which browsers ask for.
    Token(String),
    /// Everybody who reaches the address.
    Everybody,
}

/// A wider access than was meant.
#[derive(Debug, thiserror::Error)]
pub enum AccessError {
    #[error(
        "{0} can be reached from other machines: give --token (or CURBSIDE_TOKEN), or say --public-readonly to let everybody read"
    )]
    Exposed(SocketAddr),
    #[error(
        "the token has {0} characters; take at least {SHORTEST_TOKEN}, of letters, digits and punctuation, so that it cannot be guessed"
    )]
    WeakToken(usize),
}

const SHORTEST_TOKEN: usize = 12;

impl Access {
    pub(super) fn check(&self, address: SocketAddr) -> Result<(), AccessError> {
        match self {
            Access::ThisMachine if !address.ip().is_loopback() => Err(AccessError::Exposed(address)),
            Access::Token(token) if token.len() < SHORTEST_TOKEN || !token.bytes().all(|b| b.is_ascii_graphic()) => {
                Err(AccessError::WeakToken(token.len()))
            }
            _ => Ok(()),
        }
    }

    pub(super) fn allows(&self, headers: &HeaderMap) -> bool {
        match self {
            Access::Token(token) => credential(headers).is_some_and(|given| same(&given, token)),
            Access::ThisMachine | Access::Everybody => true,
        }
    }

    /// Whether the name that the client used for this server can be meant for it. A page of another site can point a name of its
    /// own at 127.0.0.1 and read what answers (DNS rebinding); it cannot do so for an address or for `localhost`.
    pub(super) fn knows_host(&self, headers: &HeaderMap) -> bool {
        let Access::ThisMachine = self else { return true };
        let Some(host) = headers.get(header::HOST).and_then(|host| host.to_str().ok()) else { return false };
        let name = match host.rsplit_once(':') {
            Some((name, port)) if port.bytes().all(|b| b.is_ascii_digit()) => name,
            _ => host,
        };
        let name = name.trim_start_matches('[').trim_end_matches(']');
        name.eq_ignore_ascii_case("localhost") || name.parse::<IpAddr>().is_ok()
    }
}

impl std::fmt::Debug for Access {
    /// Without the token, which belongs in no log.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Access::ThisMachine => "ThisMachine",
            Access::Token(_) => "Token",
            Access::Everybody => "Everybody",
        })
    }
}

fn credential(headers: &HeaderMap) -> Option<Vec<u8>> {
    let (scheme, rest) = headers.get(header::AUTHORIZATION)?.to_str().ok()?.split_once(' ')?;
    if scheme.eq_ignore_ascii_case("bearer") {
        return Some(rest.trim().as_bytes().to_vec());
    }
    if !scheme.eq_ignore_ascii_case("basic") {
        return None;
    }
    let decoded = STANDARD.decode(rest.trim()).ok()?;
    let colon = decoded.iter().position(|&b| b == b':')?;
    Some(decoded[colon + 1..].to_vec())
}

/// Takes the same time wherever the first difference is. The length is not hidden; it is no secret.
fn same(given: &[u8], token: &str) -> bool {
    given.ct_eq(token.as_bytes()).into()
}
