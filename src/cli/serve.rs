//! `serve`: the web page and the HTTP API.

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use axum::http::HeaderValue;

use crate::serve::{Access, Options, serve};

use super::{Context, Outcome, style};

#[derive(Debug, clap::Args)]
pub struct Args {
    /// Address to listen on; port 0 takes a free one
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:7878")]
    addr: SocketAddr,
    /// Answer only to who sends this token, as a bearer token or as a browser's password
    #[arg(long, env = "CURBSIDE_TOKEN", hide_env_values = true, conflicts_with = "public_readonly")]
    token: Option<String>,
    /// Let everybody read who reaches the address
    #[arg(long)]
    public_readonly: bool,
    /// Let pages of this origin (https://example.org, or * for any) read answers; may be given more than once
    #[arg(long, value_name = "ORIGIN", value_parser = origin)]
    cors: Vec<HeaderValue>,
    /// Seconds that a request's head, its body, its answer and the taking of its answer may last, each
    #[arg(long, value_name = "SECONDS", default_value_t = 10, value_parser = clap::value_parser!(u64).range(1..=3600))]
    timeout: u64,
    /// Requests under way at most; more are refused with 503
    #[arg(long, value_name = "N", default_value_t = 256, value_parser = clap::value_parser!(u32).range(1..=100_000))]
    concurrency: u32,
}

fn origin(given: &str) -> Result<HeaderValue, String> {
    let is_origin = given == "*"
        || given.split_once("://").is_some_and(|(scheme, host)| {
            matches!(scheme, "http" | "https") && !host.is_empty() && !host.contains(['/', '?', '#', '@']) && host.is_ascii()
        });
    if !is_origin {
        return Err("an origin is a scheme and a host, as in https://example.org, without a path".to_owned());
    }
    HeaderValue::from_str(given).map_err(|_| "an origin is one line of ASCII".to_owned())
}

pub(super) fn run(args: Args, context: &Context) -> anyhow::Result<Outcome> {
    start_log();
    let access = match args.token {
        Some(token) => Access::Token(token),
        None if args.public_readonly => Access::Everybody,
        None => Access::ThisMachine,
    };
    let options = Options {
        address: args.addr,
        access,
        cors: args.cors,
        timeout: Duration::from_secs(args.timeout),
        concurrency: args.concurrency as usize,
    };
    serve(&context.index, options, |address| {
        anstream::eprintln!("{}curbside is at http://{address}/{}", style::ACCENT, style::ACCENT.render_reset());
    })?;
    Ok(Outcome::Done)
}

/// Log lines on stderr: for people on a terminal, JSON elsewhere. RUST_LOG chooses the level.
fn start_log() {
    use io::IsTerminal;
    use tracing_subscriber::EnvFilter;
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("info"));
    let log = tracing_subscriber::fmt().with_env_filter(filter).with_writer(io::stderr);
    if io::stderr().is_terminal() {
        log.compact().init();
    } else {
        log.json().flatten_event(true).with_current_span(false).init();
    }
}
