//! `check`: whether the index is whole.

use std::io::Write;

use super::{Context, Format, Outcome, print_json, style};

#[derive(Debug, clap::Args)]
pub struct Args {}

pub(super) fn run(_args: Args, context: &Context) -> anyhow::Result<Outcome> {
    let checked = context.view()?.check()?;
    match context.format() {
        Format::Human => {
            let mut out = anstream::stdout().lock();
            for fault in &checked.faults {
                writeln!(out, "{}fault:{} {}", style::WARNING, style::WARNING.render_reset(), style::clean(fault))?;
            }
            if checked.faults.is_empty() {
                writeln!(out, "whole: {} threads, {} mentions", checked.threads, checked.mentions)?;
            } else {
                writeln!(out, "build the index anew with `curbside index PATH… --full`")?;
            }
        }
        _ => print_json(&checked)?,
    }
    Ok(if checked.faults.is_empty() { Outcome::Done } else { Outcome::SomeRejected })
}
