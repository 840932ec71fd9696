//! `snapshot`: a copy of the index as of its last commit.

use std::path::PathBuf;

use super::{Context, Format, Outcome, print_json};

#[derive(Debug, clap::Args)]
pub struct Args {
    /// Where the copy is made: a folder that is empty or not there
    #[arg(value_name = "DIR")]
    into: PathBuf,
}

pub(super) fn run(args: Args, context: &Context) -> anyhow::Result<Outcome> {
    let copy = context.open_index()?.snapshot(&args.into)?.view()?;
    match context.format() {
        Format::Human => {
            use std::io::Write;
            writeln!(anstream::stdout().lock(), "{} threads in {}", copy.len(), args.into.display())?;
        }
        _ => print_json(&serde_json::json!({ "threads": copy.len(), "index": args.into }))?,
    }
    Ok(Outcome::Done)
}
