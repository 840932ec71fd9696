//! `parse`: what reading makes of files, without an index.

use std::io::Write;
use std::path::PathBuf;

use crate::ingest::files;
use crate::read::{Reader, Rejection};

use super::{Context, Outcome, print_json, style};

#[derive(Debug, clap::Args)]
pub struct Args {
    /// Files or folders of threads; - is standard input
    #[arg(required = true, value_name = "PATH")]
    paths: Vec<PathBuf>,
    /// A folder of site profiles, tried before the built-in ones
    #[arg(long, value_name = "DIR")]
    profiles: Option<PathBuf>,
}

pub(super) fn run(args: Args, context: &Context) -> anyhow::Result<Outcome> {
    let reader = reader(args.profiles.as_deref())?;
    let mut outcome = Outcome::Done;
    let mut reject = |rejection: Rejection| {
        warn_rejected(&rejection);
        outcome = Outcome::SomeRejected;
    };
    for found in files(&args.paths, &context.index) {
        let chunks = match found.and_then(|path| reader.open(&path)) {
            Ok(chunks) => chunks,
            Err(rejection) => {
                reject(rejection);
                continue;
            }
        };
        for chunk in chunks {
            let results = match chunk {
                Ok(chunk) => reader.threads(&chunk),
                Err(rejection) => vec![Err(rejection)],
            };
            for result in results {
                match result {
                    Ok(thread) => print_json(&thread)?,
                    Err(rejection) => reject(rejection),
                }
            }
        }
    }
    std::io::stdout().flush()?;
    Ok(outcome)
}

/// The reader with the user's profiles, if any.
pub(super) fn reader(profiles: Option<&std::path::Path>) -> anyhow::Result<Reader> {
    Ok(match profiles {
        Some(folder) => Reader::with_profiles(folder)?,
        None => Reader::new(),
    })
}

/// Says on stderr why an input is not in.
pub(super) fn warn_rejected(rejection: &Rejection) {
    anstream::eprintln!("{}rejected:{} {}", style::WARNING, style::WARNING.render_reset(), style::clean(&rejection.to_string()));
}
