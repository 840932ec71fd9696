//! `search`: ranked hits of a typed question, or of many.

use std::io::{self, Write};
use std::path::PathBuf;
use std::time::Instant;

use serde::Serialize;

use crate::eval::{self, Topic};
use crate::index::View;
use crate::query::Ask;
use crate::search::{Hit, Hits, Options, Snippet, Weights, find, search};

use super::{Context, Format, Outcome, print_json, style};

#[derive(Debug, clap::Args)]
pub struct Args {
    /// What to look for, as one would say it: numbness after laminectomy
    #[arg(required_unless_present = "topics", conflicts_with = "topics", value_name = "QUERY", num_args = 1..)]
    query: Vec<String>,
    /// Hits to show
    #[arg(short = 'n', long = "count", value_name = "N", default_value_t = 10)]
    count: usize,
    /// Hits to pass over first
    #[arg(long, value_name = "N", default_value_t = 0)]
    from: usize,
    /// Take the words as they are: no spelling correction, no dropping of parts
    #[arg(long)]
    exact: bool,
    /// Run every line (qid, tab, text) of a file
    #[arg(long, value_name = "FILE")]
    topics: Option<PathBuf>,
}

#[derive(Serialize)]
struct Answer<'a> {
    query: Asked<'a>,
    total: u64,
    took_ms: f64,
    hits: &'a [Hit],
}

#[derive(Serialize)]
struct Asked<'a> {
    text: &'a str,
    concepts: Vec<NamedConcept<'a>>,
}

#[derive(Serialize)]
struct NamedConcept<'a> {
    concept: &'a str,
    name: &'a str,
    r#type: &'a str,
}

pub(super) fn run(args: Args, context: &Context) -> anyhow::Result<Outcome> {
    let view = context.view()?;
    let options = Options { count: args.count, from: args.from };
    if let Some(path) = &args.topics {
        return run_topics(&view, &eval::read_topics(path)?, &options, context);
    }
    let text = args.query.join(" ");
    let started = Instant::now();
    let ask = Ask::read(&text, view.annotator());
    let hits = search(&view, &ask, Weights::built_in(), &options)?;
    let took_ms = started.elapsed().as_secs_f64() * 1000.0;
    match context.format() {
        Format::Human => print_hits(&view, &ask, &hits, took_ms)?,
        Format::Json => print_json(&answer(&view, &ask, &hits, took_ms))?,
        Format::Trec => {
            let rows = hits.hits.iter().map(|hit| (hit.id.as_str(), hit.score));
            eval::write_run(&mut io::stdout().lock(), "1", rows)?;
        }
    }
    Ok(if hits.hits.is_empty() { Outcome::NothingFound } else { Outcome::Done })
}

fn run_topics(view: &View, topics: &[Topic], options: &Options, context: &Context) -> anyhow::Result<Outcome> {
    let mut out = io::BufWriter::new(io::stdout().lock());
    let mut any = false;
    for topic in topics {
        let started = Instant::now();
        let ask = Ask::read(&topic.text, view.annotator());
        if context.format == Some(Format::Json) {
            let hits = search(view, &ask, Weights::built_in(), options)?;
            any |= !hits.hits.is_empty();
            serde_json::to_writer(&mut out, &answer(view, &ask, &hits, started.elapsed().as_secs_f64() * 1000.0))?;
            writeln!(out)?;
            continue;
        }
        let found = find(view, &ask, Weights::built_in())?;
        let rows = found.ranked.iter().skip(options.from).take(options.count);
        any |= !found.ranked.is_empty();
        eval::write_run(&mut out, &topic.qid, rows.map(|ranked| (ranked.id.as_str(), ranked.score)))?;
    }
    out.flush()?;
    Ok(if any { Outcome::Done } else { Outcome::NothingFound })
}

fn answer<'a>(view: &'a View, ask: &'a Ask, hits: &'a Hits, took_ms: f64) -> Answer<'a> {
    let named = |asked: &crate::query::AskedConcept| {
        let concept = view.lexicon().concept(asked.concept);
        NamedConcept { concept: concept.id, name: concept.name, r#type: concept.kind.name() }
    };
    let query = Asked { text: &ask.text, concepts: ask.concepts.iter().map(named).collect() };
    Answer { query, total: hits.total, took_ms, hits: &hits.hits }
}

fn print_hits(view: &View, ask: &Ask, hits: &Hits, took_ms: f64) -> io::Result<()> {
    let mut out = anstream::stdout().lock();
    let concepts: Vec<&str> = ask.concepts.iter().map(|asked| view.lexicon().concept(asked.concept).name).collect();
    let read_as = if concepts.is_empty() { String::new() } else { format!(", read as {}", concepts.join(", ")) };
    writeln!(out, "{}{} threads in {took_ms:.1} ms{read_as}{}", style::QUIET, hits.total, style::QUIET.render_reset())?;
    for hit in &hits.hits {
        writeln!(out)?;
        print_heading(&mut out, hit.rank, &hit.title)?;
        print_snippet(&mut out, &hit.snippet)?;
        let doctor = hit.doctor.as_ref().map(|doctor| style::clean(&doctor.name).into_owned());
        let published = hit.published.map(|date| date.to_string());
        let about: Vec<String> =
            [Some(style::clean(hit.id.as_str()).into_owned()), doctor, published].into_iter().flatten().collect();
        writeln!(out, "    {}{}{}", style::QUIET, about.join(" · "), style::QUIET.render_reset())?;
    }
    if hits.hits.is_empty() {
        writeln!(out, "Nothing found. Try fewer or plainer words.")?;
    } else {
        writeln!(out, "\n{}What others were told; not medical advice.{}", style::QUIET, style::QUIET.render_reset())?;
    }
    Ok(())
}

/// "1. Title", wrapped under itself.
pub(super) fn print_heading(out: &mut impl Write, rank: usize, title: &str) -> io::Result<()> {
    let number = format!("{rank:>2}. ");
    let options = textwrap::Options::new(style::width()).initial_indent(&number).subsequent_indent("    ");
    writeln!(out, "{}{}{}", style::TITLE, textwrap::fill(&style::clean(title), options), style::TITLE.render_reset())
}

/// The passage, wrapped, with what matched in colour. Control characters go before the marks are placed, so that they cannot shift.
pub(super) fn print_snippet(out: &mut impl Write, snippet: &Snippet) -> io::Result<()> {
    if snippet.text.is_empty() {
        return Ok(());
    }
    let mut line = String::from("   ");
    let mut columns = 3;
    let mut at = 0;
    for word in snippet.text.split(' ') {
        let length = word.chars().count();
        let shown = style::clean(word);
        let wide = textwrap::core::display_width(&shown);
        if columns + 1 + wide > style::width() && columns > 4 {
            writeln!(out, "{line}")?;
            line = String::from("   ");
            columns = 3;
        }
        line.push(' ');
        for (n, c) in word.chars().enumerate() {
            let here = at + n;
            if snippet.highlights.iter().any(|h| h[0] == here) || (n == 0 && inside(snippet, here)) {
                line.push_str(&style::HIT.render().to_string());
            }
            if style::clean(&c.to_string()).chars().eq([c]) {
                line.push(c);
            }
            if inside(snippet, here) && (n + 1 == length || snippet.highlights.iter().any(|h| h[1] == here + 1)) {
                line.push_str(&style::HIT.render_reset().to_string());
            }
        }
        columns += 1 + wide;
        at += length + 1;
    }
    writeln!(out, "{line}")
}

fn inside(snippet: &Snippet, at: usize) -> bool {
    snippet.highlights.iter().any(|h| h[0] <= at && at < h[1])
}
