//! `show`: one thread as a person reads it, or as JSON.

use std::io::{self, Write};

use anyhow::bail;

use crate::thread::{Thread, ThreadId};

use super::{Context, Format, Outcome, hint_for, print_json, style};

#[derive(Debug, clap::Args)]
pub struct Args {
    /// Id of the thread
    #[arg(value_name = "ID")]
    id: String,
}

pub(super) fn run(args: Args, context: &Context) -> anyhow::Result<Outcome> {
    let view = context.view()?;
    let Some(at) = view.find(&ThreadId::from(args.id.as_str()))? else {
        bail!("no thread {:?} in the index; {}", args.id, hint_for(&view, &args.id)?);
    };
    let thread = view.thread(at)?;
    match context.format() {
        Format::Human => print_thread(&thread)?,
        _ => print_json(&thread)?,
    }
    Ok(Outcome::Done)
}

fn print_thread(thread: &Thread) -> io::Result<()> {
    let mut out = anstream::stdout().lock();
    let title = textwrap::fill(&style::clean(thread.heading()), style::width());
    writeln!(out, "{}{title}{}", style::TITLE, style::TITLE.render_reset())?;
    let doctor = thread.doctor.as_ref().map(|doctor| match &doctor.specialty {
        Some(specialty) => format!("{}, {specialty}", doctor.name),
        None => doctor.name.clone(),
    });
    let dates = [("published", thread.published), ("reviewed", thread.reviewed)];
    let dates = dates.iter().filter_map(|(what, date)| date.map(|date| format!("{what} {date}")));
    let about: Vec<String> = doctor.into_iter().chain(thread.source.clone()).chain(dates).collect();
    if !about.is_empty() {
        let about = style::wrap(&style::clean(&about.join(" · ")), "");
        writeln!(out, "{}{about}{}", style::QUIET, style::QUIET.render_reset())?;
    }
    for post in &thread.posts {
        let role = post.role.to_string();
        writeln!(out, "\n{}{}{}", style::ACCENT, role[..1].to_uppercase() + &role[1..], style::ACCENT.render_reset())?;
        print_text(&mut out, &post.text, "  ")?;
        for section in &post.sections {
            writeln!(out, "\n  {}{}{}", style::TITLE, section.kind.heading(), style::TITLE.render_reset())?;
            print_text(&mut out, &section.text, "    ")?;
        }
    }
    writeln!(out, "\n{}What this patient was told; not medical advice.{}", style::QUIET, style::QUIET.render_reset())
}

fn print_text(out: &mut impl Write, text: &str, indent: &str) -> io::Result<()> {
    for paragraph in style::clean_lines(text).lines() {
        writeln!(out, "{}", style::wrap(paragraph, indent))?;
    }
    Ok(())
}
