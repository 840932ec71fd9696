//! `parse`: what reading makes of files, without an index.

use std::io::Write;
use std::path::{Path, PathBuf};

use crate::ingest::files;
use crate::read::{Columns, Reader, Rejection};
use crate::thread::Thread;

use super::{Context, Outcome, print_json, style};

#[derive(Debug, clap::Args)]
pub struct Args {
    /// Files or folders of threads; - is standard input
    #[arg(required = true, value_name = "PATH")]
    paths: Vec<PathBuf>,
    #[command(flatten)]
    reading: Reading,
}

/// How inputs are to be read.
#[derive(Debug, clap::Args)]
pub(super) struct Reading {
    /// A folder of site profiles, tried before the built-in ones
    #[arg(long, value_name = "DIR")]
    profiles: Option<PathBuf>,
    /// What the columns of tables hold, as in title=Question,question=body,answer=reply; may be given again
    #[arg(long, value_name = "FIELD=COLUMN,…", value_parser = Columns::parse)]
    columns: Vec<Columns>,
}

impl Reading {
    pub(super) fn reader(&self) -> anyhow::Result<Reader> {
        Ok(reader(self.profiles.as_deref())?.with_columns(Columns::joined(self.columns.iter().cloned())))
    }
}

pub(super) fn run(args: Args, context: &Context) -> anyhow::Result<Outcome> {
    let reader = args.reading.reader()?;
    let mut outcome = Outcome::Done;
    for_each_thread(&reader, &args.paths, &context.index, |thread| {
        match thread {
            Ok(thread) => print_json(&thread)?,
            Err(rejection) => {
                warn_rejected(&rejection);
                outcome = Outcome::SomeRejected;
            }
        }
        Ok(())
    })?;
    std::io::stdout().flush()?;
    Ok(outcome)
}

/// Reads files and folders, one thread or rejection after another; `index` is a folder that is passed over.
pub(super) fn for_each_thread(
    reader: &Reader,
    paths: &[PathBuf],
    index: &Path,
    mut each: impl FnMut(Result<Thread, Rejection>) -> anyhow::Result<()>,
) -> anyhow::Result<()> {
    for found in files(paths, index) {
        match found.and_then(|path| reader.open(&path)) {
            Ok(chunks) => {
                for chunk in chunks {
                    let results = chunk.map_or_else(|rejection| vec![Err(rejection)], |chunk| reader.threads(&chunk));
                    results.into_iter().try_for_each(&mut each)?;
                }
            }
            Err(rejection) => each(Err(rejection))?,
        }
    }
    Ok(())
}

/// The reader with the user's profiles, if any.
pub(super) fn reader(profiles: Option<&Path>) -> anyhow::Result<Reader> {
    Ok(match profiles {
        Some(folder) => Reader::with_profiles(folder)?,
        None => Reader::new(),
    })
}

/// Says on stderr why an input is not in.
pub(super) fn warn_rejected(rejection: &Rejection) {
    anstream::eprintln!("{}rejected:{} {}", style::WARNING, style::WARNING.render_reset(), style::clean(&rejection.to_string()));
}
