//! `suggest`: how a query may go on.

use std::io::{self, Write};
use std::time::Instant;

use crate::search::{Completer, Completion, Suggestion};

use super::{Context, Format, Outcome, print_json, style};

#[derive(Debug, clap::Args)]
pub struct Args {
    /// The beginning of a query
    #[arg(value_name = "PREFIX")]
    prefix: String,
    /// Suggestions at most
    #[arg(short = 'n', long = "count", value_name = "N", default_value_t = 10)]
    count: usize,
}

pub(super) fn run(args: Args, context: &Context) -> anyhow::Result<Outcome> {
    let view = context.view()?;
    let completer = Completer::new(&view)?;
    let started = Instant::now();
    let suggestions = completer.complete(&args.prefix, args.count)?;
    let took_ms = started.elapsed().as_secs_f64() * 1000.0;
    let outcome = if suggestions.is_empty() { Outcome::NothingFound } else { Outcome::Done };
    match context.format() {
        Format::Human => print_suggestions(&suggestions)?,
        _ => print_json(&Completion { prefix: args.prefix, took_ms, suggestions })?,
    }
    Ok(outcome)
}

fn print_suggestions(suggestions: &[Suggestion]) -> io::Result<()> {
    let mut out = anstream::stdout().lock();
    for suggestion in suggestions {
        let text = style::clean(&suggestion.text);
        let about = match (&suggestion.id, suggestion.threads) {
            (Some(id), _) => style::clean(id.as_str()).into_owned(),
            (None, 1) => format!("{}, 1 thread", suggestion.r#type),
            (None, threads) => format!("{}, {threads} threads", suggestion.r#type),
        };
        writeln!(out, "{text}  {}{about}{}", style::QUIET, style::QUIET.render_reset())?;
    }
    Ok(())
}
