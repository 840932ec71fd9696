//! `search`: ranked hits of a typed question, or of many.

use std::io::{self, Write};
use std::path::PathBuf;
use std::time::Instant;

use crate::clinical::{Kind, assertion};
use crate::eval::{self, Topic};
use crate::index::{IndexError, View};
use crate::query::{About, Ask, Field, with_filters};
use crate::search::{
    Answer, ConceptCount, Count, Facets, Found, Hits, Options, Order, Snippet, Weights, bm25, find, page, search,
};

use crate::thread::ThreadId;

use super::eval::Baseline;
use super::{Context, Format, Outcome, print_json, style};

#[derive(Debug, clap::Args)]
pub struct Args {
    /// What to look for, as one would say it: numbness after laminectomy
    #[arg(conflicts_with = "topics", value_name = "QUERY", num_args = 1..)]
    query: Vec<String>,
    /// Hits to show
    #[arg(short = 'n', long = "count", value_name = "N", default_value_t = 10)]
    count: usize,
    /// Hits to pass over first
    #[arg(long, value_name = "N", default_value_t = 0)]
    from: usize,
    /// Order of the hits
    #[arg(long, value_name = "ORDER", default_value = "relevance", allow_hyphen_values = true)]
    sort: Sort,
    /// Count concepts, specialties, doctors and years over all threads that match
    #[arg(long)]
    facets: bool,
    /// Say why each hit has its score
    #[arg(long)]
    explain: bool,
    /// Take the words as they are: no spelling correction, no dropping of parts
    #[arg(long)]
    exact: bool,
    #[command(flatten)]
    filters: Filters,
    /// Run every line (qid, tab, text) of a file
    #[arg(long, value_name = "FILE")]
    topics: Option<PathBuf>,
    /// Rank by a plainer system instead, to see the difference
    #[arg(long, value_name = "SYSTEM")]
    baseline: Option<Baseline>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Sort {
    Relevance,
    /// The oldest first
    Date,
    /// The newest first
    #[value(name = "-date")]
    NewestFirst,
}

/// The same as `symptom:…` and so on in the query. Each may be given several times; a thread must meet all.
#[derive(Debug, clap::Args)]
#[command(next_help_heading = "Filters")]
struct Filters {
    /// Only threads about this symptom or a narrower one
    #[arg(long, value_name = "NAME")]
    symptom: Vec<String>,
    /// Only threads about this condition or a narrower one
    #[arg(long, value_name = "NAME")]
    condition: Vec<String>,
    /// Only threads about this procedure or a narrower one
    #[arg(long, value_name = "NAME")]
    procedure: Vec<String>,
    /// Only threads about this drug or one of its class
    #[arg(long, value_name = "NAME")]
    drug: Vec<String>,
    /// Only threads about this investigation or a narrower one
    #[arg(long, value_name = "NAME")]
    investigation: Vec<String>,
    /// Only threads whose patient has not this
    #[arg(long, value_name = "NAME")]
    denied: Vec<String>,
    /// Only threads of this doctor
    #[arg(long, value_name = "NAME")]
    doctor: Vec<String>,
    /// Only threads of this specialty
    #[arg(long, value_name = "NAME")]
    specialty: Vec<String>,
    /// Only threads of this site
    #[arg(long, value_name = "NAME")]
    source: Vec<String>,
    /// Only threads of these dates: 2016, 2016-05, 2016..2018, ..2018
    #[arg(long, value_name = "DATES")]
    published: Option<String>,
    /// Only threads of patients of this age in years: 34, 30..40, 65..
    #[arg(long, value_name = "YEARS")]
    age: Option<String>,
    /// Only threads of patients of this sex: f or m
    #[arg(long, value_name = "SEX")]
    sex: Option<String>,
}

impl Filters {
    fn as_fields(&self) -> Vec<(Field, String)> {
        let given = [
            (Field::Concept(Kind::Symptom), self.symptom.as_slice()),
            (Field::Concept(Kind::Condition), self.condition.as_slice()),
            (Field::Concept(Kind::Procedure), self.procedure.as_slice()),
            (Field::Concept(Kind::Drug), self.drug.as_slice()),
            (Field::Concept(Kind::Investigation), self.investigation.as_slice()),
            (Field::Denied, self.denied.as_slice()),
            (Field::About(About::Doctor), self.doctor.as_slice()),
            (Field::About(About::Specialty), self.specialty.as_slice()),
            (Field::About(About::Source), self.source.as_slice()),
            (Field::Published, self.published.as_slice()),
            (Field::Age, self.age.as_slice()),
            (Field::Sex, self.sex.as_slice()),
        ];
        given.into_iter().flat_map(|(field, values)| values.iter().map(move |value| (field, value.clone()))).collect()
    }
}

pub(super) fn run(args: Args, context: &Context) -> anyhow::Result<Outcome> {
    assertion::prepare();
    let view = context.view()?;
    let order = match args.sort {
        Sort::Relevance => Order::Relevance,
        Sort::Date => Order::OldestFirst,
        Sort::NewestFirst => Order::NewestFirst,
    };
    let Args { count, from, facets, explain, exact, .. } = args;
    let options = Options { count, from, order, facets, explain, exact };
    let filters = args.filters.as_fields();
    if let Some(path) = &args.topics {
        let mut topics = eval::read_topics(path)?;
        topics.iter_mut().for_each(|topic| topic.text = with_filters(&filters, &topic.text));
        return run_topics(&view, &topics, args.baseline, &options, context);
    }
    let text = with_filters(&filters, &args.query.join(" "));
    let started = Instant::now();
    let ask = read(&text, &view, exact)?;
    let hits = answer_to(&view, &ask, args.baseline, &options)?;
    let took_ms = started.elapsed().as_secs_f64() * 1000.0;
    let outcome = if hits.hits.is_empty() { Outcome::NothingFound } else { Outcome::Done };
    match context.format() {
        Format::Human => print_hits(&view, &ask, &hits, took_ms)?,
        Format::Json => print_json(&Answer::new(&view, &ask, hits, took_ms))?,
        Format::Trec => {
            let rows = hits.hits.iter().map(|hit| (hit.id.as_str(), hit.score));
            eval::write_run(&mut io::stdout().lock(), "1", rows)?;
        }
    }
    Ok(outcome)
}

fn read(text: &str, view: &View, exact: bool) -> anyhow::Result<Ask> {
    Ok(if exact { Ask::read(text, view.annotator()) } else { Ask::read_corrected(text, view)? })
}

/// The hits by the system that was asked for.
fn answer_to(view: &View, ask: &Ask, baseline: Option<Baseline>, options: &Options) -> Result<Hits, IndexError> {
    match baseline {
        None => search(view, ask, Weights::built_in(), options),
        Some(_) => page(view, ask, &rank(view, ask, baseline, options)?, options),
    }
}

/// The ranking by the system that was asked for.
fn rank(view: &View, ask: &Ask, baseline: Option<Baseline>, options: &Options) -> Result<Found, IndexError> {
    match baseline {
        None => find(view, ask, Weights::built_in()),
        Some(Baseline::Bm25) => bm25(view, &ask.text, None, options.from.saturating_add(options.count)),
    }
}

fn run_topics(
    view: &View,
    topics: &[Topic],
    baseline: Option<Baseline>,
    options: &Options,
    context: &Context,
) -> anyhow::Result<Outcome> {
    let mut out = io::BufWriter::new(io::stdout().lock());
    let mut any = false;
    for topic in topics {
        let started = Instant::now();
        let ask = read(&topic.text, view, options.exact)?;
        if context.format == Some(Format::Json) {
            let hits = answer_to(view, &ask, baseline, options)?;
            any |= !hits.hits.is_empty();
            serde_json::to_writer(&mut out, &Answer::new(view, &ask, hits, started.elapsed().as_secs_f64() * 1000.0))?;
            writeln!(out)?;
            continue;
        }
        let found = rank(view, &ask, baseline, options)?;
        let rows = found.ranked.iter().skip(options.from).take(options.count);
        let rows = rows.map(|ranked| Ok((view.id(ranked.at)?, ranked.score)));
        let rows: Vec<(ThreadId, f32)> = rows.collect::<Result<_, IndexError>>()?;
        any |= !found.ranked.is_empty();
        eval::write_run(&mut out, &topic.qid, rows.iter().map(|(id, score)| (id.as_str(), *score)))?;
    }
    out.flush()?;
    Ok(if any { Outcome::Done } else { Outcome::NothingFound })
}

fn print_hits(view: &View, ask: &Ask, hits: &Hits, took_ms: f64) -> io::Result<()> {
    let mut out = anstream::stdout().lock();
    print_reading(&mut out, view, ask, hits, took_ms)?;
    for hit in &hits.hits {
        writeln!(out)?;
        print_heading(&mut out, hit.rank, &hit.title)?;
        print_snippet(&mut out, &hit.snippet)?;
        let doctor = hit.doctor.as_ref().map(|doctor| style::clean(&doctor.name).into_owned());
        let published = hit.published.map(|date| date.to_string());
        let about: Vec<String> =
            [Some(style::clean(hit.id.as_str()).into_owned()), doctor, published].into_iter().flatten().collect();
        let about = style::wrap(&about.join(" · "), "    ");
        writeln!(out, "{}{about}{}", style::QUIET, style::QUIET.render_reset())?;
        if let Some(explanation) = &hit.explanation {
            writeln!(out, "{}", style::wrap(&format!("{:.2}: {}", hit.score, explanation.text), "    "))?;
        }
        if !hit.duplicates.is_empty() {
            let same: Vec<_> = hit.duplicates.iter().map(|id| style::clean(id.as_str())).collect();
            writeln!(out, "{}", style::wrap(&format!("asked again: {}", same.join(", ")), "    "))?;
        }
    }
    if let Some(facets) = &hits.facets {
        print_facets(&mut out, facets)?;
    }
    match (&hits.remark, hits.hits.is_empty()) {
        (Some(remark), _) => writeln!(out, "{remark}."),
        (None, true) if ask.is_empty() => Ok(()),
        (None, true) => writeln!(out, "Nothing found. Try fewer or plainer words."),
        (None, false) => {
            writeln!(out, "\n{}What others were told; not medical advice.{}", style::QUIET, style::QUIET.render_reset())
        }
    }
}

/// How the query was read, and how much that finds.
fn print_reading(out: &mut impl Write, view: &View, ask: &Ask, hits: &Hits, took_ms: f64) -> io::Result<()> {
    if let Some(corrected) = &ask.corrected {
        writeln!(
            out,
            "Showing results for {}{}{}; --exact searches as typed.",
            style::TITLE,
            style::clean(corrected),
            style::TITLE.render_reset()
        )?;
    }
    for remark in &ask.remarks {
        writeln!(out, "{}Note:{} {}.", style::WARNING, style::WARNING.render_reset(), style::clean(&remark.says))?;
    }
    if !hits.dropped.is_empty() {
        let dropped: Vec<_> = hits.dropped.iter().map(|part| style::clean(part)).collect();
        writeln!(out, "Nothing meets all of the query. Without {} it finds {}:", dropped.join(" and "), hits.total)?;
    }
    let concepts: Vec<String> = ask
        .asked_for()
        .map(|(concept, denied)| format!("{}{}", if denied { "no " } else { "" }, view.lexicon().concept(concept).name))
        .collect();
    let read_as = if concepts.is_empty() { String::new() } else { format!(", read as {}", concepts.join(", ")) };
    writeln!(out, "{}{} threads in {took_ms:.1} ms{read_as}{}", style::QUIET, hits.total, style::QUIET.render_reset())
}

fn print_facets(out: &mut impl Write, facets: &Facets) -> io::Result<()> {
    let concepts = |counts: &[ConceptCount]| counts.iter().map(|c| (c.name.clone(), c.count)).collect::<Vec<_>>();
    let values = |counts: &[Count]| counts.iter().map(|c| (c.name.clone(), c.count)).collect::<Vec<_>>();
    let rows = [
        ("Symptoms", concepts(&facets.symptoms)),
        ("Conditions", concepts(&facets.conditions)),
        ("Procedures", concepts(&facets.procedures)),
        ("Drugs", concepts(&facets.drugs)),
        ("Investigations", concepts(&facets.investigations)),
        ("Specialties", values(&facets.specialties)),
        ("Doctors", values(&facets.doctors)),
        ("Years", values(&facets.years)),
    ];
    writeln!(out)?;
    for (name, counts) in rows.iter().filter(|(_, counts)| !counts.is_empty()) {
        let counts: Vec<String> = counts.iter().map(|(value, count)| format!("{} ({count})", style::clean(value))).collect();
        writeln!(out, "{}{name}{}", style::TITLE, style::TITLE.render_reset())?;
        writeln!(out, "{}", style::wrap(&counts.join(", "), "    "))?;
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
