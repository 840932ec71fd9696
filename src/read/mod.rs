//! **Read** turns bytes into threads. In: files or streams in whatever form an archive has: JSON, JSON Lines, raw text pages, saved HTML
//! pages, tables, MedQuAD's XML; plain or packed (gzip, bzip2, Zstandard), alone or in a tar or zip archive. Out: [`Thread`]s, and a
//! [`Rejection`] for each input that is none.
//!
//! The form is known by the content, not by the name. An input is first cut into [`Chunk`]s by one thread, cheaply; chunks are then
//! parsed by as many threads as there are. Pages are read by **site profiles**: files of markers in `schema/sites/`, so that a new
//! site is a new file and no new code.
//!
//! An entry of an archive is named by the archive's path and its own: `archive.zip/folder/page.txt`. Nothing is unpacked to disk.

mod archive;
mod chunks;
mod decode;
mod html;
mod json;
mod medquad;
mod packed;
mod page;
mod parquet;
mod pieces;
mod profile;
mod rejection;
mod sniff;
mod table;

use std::fs::File;
use std::io::Read;
use std::path::Path;
use std::sync::Arc;

pub use chunks::{Chunk, Chunks};
pub use profile::{Profile, ProfileError};
pub use rejection::{Reason, Rejection};
pub use sniff::holds_entries;
pub use table::Columns;

use chunks::{Content, Source};
use sniff::Form;
use table::Tables;

use crate::thread::{Thread, ThreadId};

/// Reads inputs by their content, with the site profiles it was given. Shared between threads.
#[derive(Debug, Clone)]
pub struct Reader {
    profiles: Vec<Profile>,
    tables: Arc<Tables>,
}

impl Default for Reader {
    fn default() -> Reader {
        Reader::new()
    }
}

impl Reader {
    /// A reader with the built-in site profiles.
    pub fn new() -> Reader {
        Reader { profiles: Profile::built_in(), tables: Arc::default() }
    }

    /// A reader that tries the profiles (`*.toml`) of a folder before the built-in ones.
    pub fn with_profiles(folder: &Path) -> Result<Reader, ProfileError> {
        let (mut profiles, tables) = Profile::read_folder(folder)?;
        profiles.extend(Profile::built_in());
        Ok(Reader { profiles, tables: Arc::new(Tables { given: Columns::default(), profiles: tables }) })
    }

    /// Reads every table by these columns, and by what its header says for itself.
    pub fn with_columns(self, columns: Columns) -> Reader {
        let tables = Tables { given: columns, profiles: self.tables.profiles.clone() };
        Reader { tables: Arc::new(tables), ..self }
    }

    /// Opens a file and gives its pieces in order; `-` is standard input. What is no regular file is refused before it is opened.
    pub fn open(&self, path: &Path) -> Result<Chunks, Rejection> {
        if path == Path::new("-") {
            return self.open_stream(path, Box::new(std::io::stdin()));
        }
        let unreadable = |error: std::io::Error| Rejection::of_file(path, Reason::of(error));
        if !std::fs::metadata(path).map_err(unreadable)?.is_file() {
            return Err(Rejection::of_file(path, Reason::NotAFile));
        }
        let file = File::open(path).map_err(unreadable)?;
        Chunks::open(path, Source::File(file), self.tables.clone())
    }

    /// The same over any stream, under a name for messages. What is read from its end, as zip archives are, needs a file.
    pub fn open_stream(&self, name: &Path, input: Box<dyn Read + Send>) -> Result<Chunks, Rejection> {
        Chunks::open(name, Source::Stream(input), self.tables.clone())
    }

    /// Every thread or rejection of one chunk, in order. The work of parsing is here.
    pub fn threads(&self, chunk: &Chunk) -> Vec<Result<Thread, Rejection>> {
        let mut results = Vec::new();
        match &chunk.content {
            Content::Lines(first, bytes) => json::read_lines(&chunk.path, *first, bytes, &mut results),
            Content::Rows(rows) => table::read_rows(&chunk.path, rows, &mut results),
            Content::Document(Form::Json, bytes) => json::read_document(&chunk.path, bytes, &mut results),
            Content::Document(Form::MedQuad, bytes) => {
                medquad::read_document(&chunk.path, &decode::text(bytes), &mut results);
            }
            Content::Document(Form::Html, bytes) => results.push(self.page(chunk, html::lines(&decode::html(bytes)))),
            Content::Document(Form::Text, bytes) => {
                results.push(self.page(chunk, page::Lines::of_text(&decode::text(bytes))));
            }
        }
        for thread in results.iter_mut().flatten() {
            if thread.id.is_empty() {
                thread.id = thread.id_from_content();
            }
        }
        results
    }

    fn page(&self, chunk: &Chunk, lines: page::Lines) -> Result<Thread, Rejection> {
        page::read(&lines, &self.profiles).map_err(|reason| Rejection::of_file(&chunk.path, reason))
    }
}

/// What every form must come to: an id that prints on one line, and at least one post that says something.
fn accept(mut thread: Thread) -> Result<Thread, Reason> {
    thread.id = ThreadId::from(thread.id.as_str());
    thread.posts.retain(|post| !post.is_empty());
    if thread.posts.is_empty() { Err(Reason::NoPosts) } else { Ok(thread) }
}
