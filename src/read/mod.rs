//! **Read** turns bytes into threads. In: files or streams in whatever form an archive has: JSON, JSON Lines, raw text pages, saved
//! HTML pages. Out: [`Thread`]s, and a [`Rejection`] for each input that is none.
//!
//! The form is known by the content, not by the name. A file is first cut into [`Chunk`]s by one thread, cheaply; chunks are then
//! parsed by as many threads as there are. Pages are read by **site profiles**: files of markers in `schema/sites/`, so that a new
//! site is a new file and no new code.

mod chunks;
mod decode;
mod html;
mod json;
mod page;
mod profile;
mod rejection;

use std::fs::File;
use std::io::Read;
use std::path::Path;

pub use chunks::{Chunk, Chunks};
pub use profile::{Profile, ProfileError};
pub use rejection::{Reason, Rejection};

use crate::thread::{Thread, ThreadId};
use chunks::Form;

/// Reads inputs by their content, with the site profiles it was given. Shared between threads.
#[derive(Debug, Clone)]
pub struct Reader {
    profiles: Vec<Profile>,
}

impl Default for Reader {
    fn default() -> Reader {
        Reader::new()
    }
}

impl Reader {
    /// A reader with the built-in site profiles.
    pub fn new() -> Reader {
        Reader { profiles: Profile::built_in() }
    }

    /// A reader that tries the profiles (`*.toml`) of a folder before the built-in ones.
    pub fn with_profiles(folder: &Path) -> Result<Reader, ProfileError> {
        let mut profiles = Profile::read_folder(folder)?;
        profiles.extend(Profile::built_in());
        Ok(Reader { profiles })
    }

    /// Opens a file and gives its pieces in order; `-` is standard input.
    pub fn open(&self, path: &Path) -> Result<Chunks, Rejection> {
        if path == Path::new("-") {
            return self.open_stream(path, Box::new(std::io::stdin()));
        }
        let file = File::open(path).map_err(|error| Rejection::of_file(path, Reason::Unreadable(error.to_string())))?;
        self.open_stream(path, Box::new(file))
    }

    /// The same over any stream, under a name for messages.
    pub fn open_stream(&self, name: &Path, input: Box<dyn Read + Send>) -> Result<Chunks, Rejection> {
        Chunks::open(name, input)
    }

    /// Every thread or rejection of one chunk, in order. The work of parsing is here.
    pub fn threads(&self, chunk: &Chunk) -> Vec<Result<Thread, Rejection>> {
        let mut results = Vec::new();
        match chunk.form {
            Form::JsonLines => json::read_lines(chunk, &mut results),
            Form::Json => json::read_document(chunk, &mut results),
            Form::Html => results.push(self.page(chunk, html::lines(&decode::html(&chunk.bytes)))),
            Form::Text => results.push(self.page(chunk, page::Lines::of_text(&decode::text(&chunk.bytes)))),
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
