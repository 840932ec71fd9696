//! The **walk** finds the files of an archive. In: paths as the user gave them. Out: files in a stable order, and a rejection for
//! each entry that cannot be read.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};

use ignore::{DirEntry, WalkBuilder};

use crate::read::{Reason, Rejection};

/// The name that stands for standard input.
pub const STANDARD_INPUT: &str = "-";

/// Every file under the paths, sorted by name within each folder, links followed but never in a circle. Left out are hidden files and
/// folders, what a folder's `.ignore` file lists (in the form of a `.gitignore`), and the index directory, should it lie inside; a
/// file that is named itself is always in.
pub fn files<'a>(paths: &'a [PathBuf], index: &'a Path) -> impl Iterator<Item = Result<PathBuf, Rejection>> + 'a {
    let index = index.canonicalize().ok();
    paths.iter().flat_map(move |path| -> Box<dyn Iterator<Item = Result<PathBuf, Rejection>>> {
        if path == Path::new(STANDARD_INPUT) {
            return Box::new(std::iter::once(Ok(path.clone())));
        }
        let index = index.clone();
        let is_index =
            move |entry: &DirEntry| is_directory(entry) && index.is_some() && entry.path().canonicalize().ok() == index;
        let entries = WalkBuilder::new(path)
            .standard_filters(false)
            .hidden(true)
            .ignore(true)
            .follow_links(true)
            .sort_by_file_name(OsStr::cmp)
            .filter_entry(move |entry| !is_index(entry))
            .build();
        Box::new(entries.filter_map(|entry| match entry {
            Ok(entry) if is_directory(&entry) => None,
            Ok(entry) if entry.file_type().is_some_and(|kind| kind.is_file()) => Some(Ok(entry.into_path())),
            Ok(entry) => Some(Err(Rejection::of_file(entry.path(), Reason::NotAFile))),
            Err(error) => Some(Err(rejection(error, path))),
        }))
    })
}

fn is_directory(entry: &DirEntry) -> bool {
    entry.file_type().is_some_and(|kind| kind.is_dir())
}

/// The error's layers tell the path and what was met.
fn rejection(error: ignore::Error, root: &Path) -> Rejection {
    match error {
        ignore::Error::WithDepth { err, .. } => rejection(*err, root),
        ignore::Error::WithPath { path, err } => rejection(*err, &path),
        ignore::Error::Loop { ancestor, child } => Rejection::of_file(&child, Reason::Loop { ancestor }),
        ignore::Error::Io(error) => Rejection::of_file(root, Reason::Unreadable(error.to_string())),
        other => Rejection::of_file(root, Reason::Unreadable(other.to_string())),
    }
}
