//! `stats`: what is in the index.

use std::io::{self, Write};

use serde::Serialize;

use crate::index::{FORMAT_VERSION, View};

use super::{Context, Format, Outcome, print_json, style};

#[derive(Debug, clap::Args)]
pub struct Args {}

#[derive(Serialize)]
struct Stats {
    threads: u64,
    mentions: u64,
    /// On disk.
    bytes: u64,
    format_version: u64,
    segments: usize,
    /// Concepts of the lexicon that read the archive, and how many of them it mentions.
    concepts: usize,
    concepts_met: usize,
    lexicon: String,
}

pub(super) fn run(_args: Args, context: &Context) -> anyhow::Result<Outcome> {
    let view = context.view()?;
    let stats = Stats {
        threads: view.len(),
        mentions: view.mentions()?,
        bytes: bytes_of(&view)?,
        format_version: FORMAT_VERSION,
        segments: view.searcher().segment_readers().len(),
        concepts: view.lexicon().len(),
        concepts_met: view.concepts_met()?,
        lexicon: format!("{:016x}", view.lexicon().fingerprint()),
    };
    match context.format() {
        Format::Human => print_stats(&stats, context)?,
        _ => print_json(&stats)?,
    }
    Ok(Outcome::Done)
}

fn bytes_of(view: &View) -> io::Result<u64> {
    let mut bytes = 0;
    for entry in std::fs::read_dir(view.index().path())? {
        bytes += entry?.metadata()?.len();
    }
    Ok(bytes)
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
        ("format version", stats.format_version.to_string()),
    ];
    for (name, value) in rows {
        writeln!(out, "  {name:<15} {value}")?;
    }
    Ok(())
}
