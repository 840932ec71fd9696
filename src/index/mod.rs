//! The **index** is a tantivy index of threads with the lexicon and the embedding model that read them. In: threads with their annotations, from one writer.
//! Out: a [`View`], the index as of one commit, whose postings, columns and stored threads the rooms below read.
//!
//! All that an index needs lies in its directory: tantivy's files, the compiled lexicon whose concept numbers the columns hold, and
//! the embedding model that made its vectors.
//! What belongs to the state of one commit stands in that commit's payload ([`Settings`]), so that there is no second file to
//! disagree with it.

pub mod analyzer;
mod check;
mod columns;
mod concept_use;
mod document;
mod error;
mod mapped;
mod schema;
mod settings;
mod snapshot;
mod standing;
mod stats;
mod stock;
mod view;
mod word_use;
mod writer;

use std::path::{Path, PathBuf};

pub use check::Checked;
pub use columns::Columns;
pub use concept_use::{ConceptUse, Place};
use document::sex_of_code;
pub use document::{Origin, content_hash, date_of_days, days_since_epoch, sex_code};
pub use error::IndexError;
pub use schema::Fields;
pub use settings::{FORMAT_VERSION, Settings};
pub use standing::Standing;
pub use stats::Stats;
pub use view::{View, idf};
pub use word_use::{WordCode, WordUse};
pub use writer::Writer;

use crate::clinical::{Annotator, Lexicon};
use crate::embed::{EmbedError, Embedder};
use mapped::MappedFiles;
use tantivy::IndexSettings;
use tantivy::tokenizer::TextAnalyzer;

/// Tantivy's file that says what an index consists of; every commit writes it anew.
pub const META: &str = "meta.json";

/// An index directory, open.
#[derive(Clone)]
pub struct Index {
    path: PathBuf,
    files: MappedFiles,
    tantivy: tantivy::Index,
    fields: Fields,
    annotator: Annotator,
    embedder: Embedder,
}

impl Index {
    /// Opens an index that was made before.
    pub fn open(path: &Path) -> Result<Index, IndexError> {
        if !path.exists() {
            return Err(IndexError::Missing(path.to_path_buf()));
        }
        if !path.join(META).is_file() {
            return Err(IndexError::NotAnIndex(path.to_path_buf()));
        }
        let files = MappedFiles::open(path).map_err(|error| IndexError::opening(path, error.into()))?;
        let tantivy = tantivy::Index::open(files.clone()).map_err(|error| IndexError::opening(path, error))?;
        let settings = Settings::of(&tantivy, path)?;
        let (schema, fields) = Fields::schema();
        if tantivy.schema() != schema {
            return Err(IndexError::damaged(path, "its fields are not those of its format version"));
        }
        let lexicon = settings.open_lexicon(path)?;
        let embedder = settings.open_embedder(path)?;
        Ok(Index::with(path, files, tantivy, fields, lexicon, embedder))
    }

    /// Opens the index at `path`, or makes an empty one that reads with `lexicon` and `embedder` where there is none yet.
    pub fn open_or_create(path: &Path, lexicon: &Lexicon, embedder: &Embedder) -> Result<Index, IndexError> {
        // What is made lies in a folder within until all of it is there; a run that was killed leaves that folder.
        let new = path.join(".new");
        let write = |error: std::io::Error| IndexError::Write { path: path.display().to_string(), reason: error.to_string() };
        let half_made = new.exists();
        if half_made {
            std::fs::remove_dir_all(&new).map_err(write)?;
        }
        if path.join(META).exists() {
            return Index::open(path);
        }
        if path.exists() && !half_made && !is_empty_directory(path) {
            return Err(IndexError::NotAnIndex(path.to_path_buf()));
        }
        std::fs::create_dir_all(&new).map_err(write)?;
        let (schema, fields) = Fields::schema();
        let settings = Settings::new(lexicon, embedder);
        settings.save_lexicon(&new, lexicon)?;
        settings.save_embedder(&new, embedder)?;
        let files = MappedFiles::open(&new).map_err(|error| IndexError::opening(path, error.into()))?;
        let tantivy = tantivy::Index::create(files.clone(), schema, IndexSettings::default())
            .map_err(|error| IndexError::opening(path, error))?;
        let index = Index::with(&new, files, tantivy, fields, lexicon.clone(), embedder.clone());
        // The first, empty commit carries the settings.
        index.writer(1, Writer::LEAST_MEMORY)?.commit([], false)?;
        drop(index);
        // With its meta.json, which comes last, a directory is an index.
        for file in std::fs::read_dir(&new).map_err(write)? {
            let file = file.map_err(write)?;
            if file.file_name() != META {
                std::fs::rename(file.path(), path.join(file.file_name())).map_err(write)?;
            }
        }
        std::fs::rename(new.join(META), path.join(META)).map_err(write)?;
        std::fs::remove_dir_all(&new).map_err(write)?;
        Index::open(path)
    }

    /// Why bringing this directory up to date with `lexicon` and `embedder` means to make it anew; `None` where it does not.
    pub fn must_be_made_anew(path: &Path, lexicon: &Lexicon, embedder: &Embedder) -> Result<Option<Anew>, IndexError> {
        finish_replacing(path)?;
        if !path.join(META).is_file() {
            return Ok(None);
        }
        match Index::open(path) {
            Ok(index) if index.lexicon().fingerprint() != lexicon.fingerprint() => Ok(Some(Anew::OtherLexicon)),
            Ok(index) if index.embedder().fingerprint() != embedder.fingerprint() => {
                Ok(Some(Anew::OtherModel { was: index.embedder().name().to_owned(), is: embedder.name().to_owned() }))
            }
            Ok(_) => Ok(None),
            Err(IndexError::OtherFormat { .. } | IndexError::OtherModel(_) | IndexError::OtherLexicon(_)) => {
                Ok(Some(Anew::OtherVersion))
            }
            Err(IndexError::Embed(EmbedError::WithoutTokenizers { .. })) => Ok(Some(Anew::WithoutTokenizers)),
            Err(error) => Err(error),
        }
    }

    /// Puts the index at `new` in the place of the one at `old`. Until the last of two renames the old one is what readers find.
    pub fn replace(old: &Path, new: &Path) -> Result<(), IndexError> {
        let aside = beside(old, "replaced");
        let write = |error: std::io::Error| IndexError::Write { path: old.display().to_string(), reason: error.to_string() };
        if aside.exists() {
            std::fs::remove_dir_all(&aside).map_err(write)?;
        }
        std::fs::rename(old, &aside).map_err(write)?;
        std::fs::rename(new, old).map_err(write)?;
        std::fs::remove_dir_all(&aside).map_err(write)
    }

    /// Where an index that is to replace the one at `path` is made: an empty place beside it.
    pub fn place_for_anew(path: &Path) -> Result<PathBuf, IndexError> {
        let place = beside(path, "anew");
        if place.exists() {
            std::fs::remove_dir_all(&place)
                .map_err(|error| IndexError::Write { path: place.display().to_string(), reason: error.to_string() })?;
        }
        Ok(place)
    }

    fn with(
        path: &Path,
        files: MappedFiles,
        tantivy: tantivy::Index,
        fields: Fields,
        lexicon: Lexicon,
        embedder: Embedder,
    ) -> Index {
        let consult = TextAnalyzer::from(analyzer::ConsultTokenizer::default());
        tantivy.tokenizers().register(analyzer::NAME, consult);
        Index { path: path.to_path_buf(), files, tantivy, fields, annotator: Annotator::new(lexicon), embedder }
    }

    pub fn path(&self) -> &Path {
        &self.path
    }

    pub fn fields(&self) -> &Fields {
        &self.fields
    }

    /// Reads text as the threads of this index were read.
    pub fn annotator(&self) -> &Annotator {
        &self.annotator
    }

    pub fn lexicon(&self) -> &Lexicon {
        self.annotator.lexicon()
    }

    /// Makes vectors as those of this index were made.
    pub fn embedder(&self) -> &Embedder {
        &self.embedder
    }

    /// The state of the last commit.
    pub fn view(&self) -> Result<View, IndexError> {
        View::open(self)
    }

    /// Files whose bytes are not those that were written.
    fn damaged_files(&self) -> tantivy::Result<std::collections::HashSet<PathBuf>> {
        self.tantivy.validate_checksum()
    }

    /// The one writer. `memory` is the budget in bytes of what is not yet written, over all `threads`.
    pub fn writer(&self, threads: usize, memory: usize) -> Result<Writer, IndexError> {
        Writer::open(self, threads, memory)
    }
}

/// Does the second of the two renames of [`Index::replace`] where a run was killed between them: then there is only a new index, whole.
fn finish_replacing(path: &Path) -> Result<(), IndexError> {
    let (aside, anew) = (beside(path, "replaced"), beside(path, "anew"));
    if path.exists() || !aside.exists() || !anew.exists() {
        return Ok(());
    }
    let renamed = std::fs::rename(&anew, path).and_then(|()| std::fs::remove_dir_all(&aside));
    renamed.map_err(|error| IndexError::Write { path: path.display().to_string(), reason: error.to_string() })
}

/// Why an index cannot be brought up to date and must be made anew.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Anew {
    #[error("was written by another version of curbside")]
    OtherVersion,
    #[error("was read with another lexicon than is asked for now")]
    OtherLexicon,
    #[error("has vectors of the embedding model {was}, not of {is}")]
    OtherModel { was: String, is: String },
    #[error("has vectors of an embedding model for which this curbside was built without tokenizers")]
    WithoutTokenizers,
}

/// `index` and `anew` give `index.anew`.
fn beside(path: &Path, what: &str) -> PathBuf {
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(".");
    name.push(what);
    path.with_file_name(name)
}

fn is_empty_directory(path: &Path) -> bool {
    std::fs::read_dir(path).is_ok_and(|mut entries| entries.next().is_none())
}
