//! `stats`: what is in the index.

use std::io::{self, Write};

use crate::index::Stats;

use super::{Context, Format, Outcome, print_json, style};

#[derive(Debug, clap::Args)]
pub struct Args {}

pub(super) fn run(_args: Args, context: &Context) -> anyhow::Result<Outcome> {
    let stats = Stats::of(&context.view()?)?;
    match context.format() {
        Format::Human => print_stats(&stats, context)?,
        _ => print_json(&stats)?,
    }
    Ok(Outcome::Done)
}

fn print_stats(stats: &Stats, context: &Context) -> io::Result<()> {
    let mut out = anstream::stdout().lock();
    writeln!(out, "{}{}{}", style::TITLE, context.index.display(), style::TITLE.render_reset())?;
    let rows = [
        ("threads", stats.threads.to_string()),
        ("mentions", stats.mentions.to_string()),
        ("size", format!("{:.1} MB", stats.bytes as f64 / 1e6)),
        ("segments", stats.segments.to_string()),
        ("concepts met", format!("{} of {}", stats.concepts_met, stats.concepts)),
        ("model", style::clean(&stats.model).to_string()),
        ("format version", stats.format_version.to_string()),
    ];
    for (name, value) in rows {
        writeln!(out, "  {name:<15} {value}")?;
    }
    Ok(())
}
