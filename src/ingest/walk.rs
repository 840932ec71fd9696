//! The **walk** finds the files of an archive. In: paths as the user gave them. Out: files in a stable order, and a rejection for
//! each entry that cannot be read.

use std::path::{Path, PathBuf};

use walkdir::WalkDir;

use crate::read::{Reason, Rejection};

/// The name that stands for standard input.
pub const STANDARD_INPUT: &str = "-";

/// Every file under the paths, sorted by name within each folder, links followed but never in a circle. Hidden files and
/// folders are left out, unless they are named themselves; so is the index directory, should it lie inside.
pub fn files<'a>(paths: &'a [PathBuf], index: &'a Path) -> impl Iterator<Item = Result<PathBuf, Rejection>> + 'a {
    let index = index.canonicalize().ok();
    paths.iter().flat_map(move |path| -> Box<dyn Iterator<Item = Result<PathBuf, Rejection>>> {
        let index = index.clone();
        if path == Path::new(STANDARD_INPUT) {
            return Box::new(std::iter::once(Ok(path.clone())));
        }
        let entries = WalkDir::new(path)
            .follow_links(true)
            .sort_by_file_name()
            .into_iter()
            .filter_entry(move |entry| {
                let hidden = entry.depth() > 0 && entry.file_name().as_encoded_bytes().starts_with(b".");
                let is_index = entry.file_type().is_dir() && index.is_some() && entry.path().canonicalize().ok() == index;
                !hidden && !is_index
            })
            .filter_map(|entry| match entry {
                Ok(entry) if entry.file_type().is_dir() => None,
                Ok(entry) if entry.file_type().is_file() => Some(Ok(entry.into_path())),
                Ok(entry) => Some(Err(Rejection::of_file(entry.path(), Reason::NotAFile))),
                Err(error) => Some(Err(rejection(error))),
            });
        Box::new(entries)
    })
}

fn rejection(error: walkdir::Error) -> Rejection {
    let path = error.path().unwrap_or(Path::new("")).to_path_buf();
    let reason = match error.loop_ancestor() {
        Some(ancestor) => Reason::Loop { ancestor: ancestor.to_path_buf() },
        None => Reason::Unreadable(error.io_error().map_or_else(|| "cannot be entered".to_owned(), |e| e.to_string())),
    };
    Rejection::of_file(&path, reason)
}
