//! **Settings** of an index: its format version, and the lexicon and the embedding model that read it, kept in the payload of each
//! commit. Both are kept as files beside, so that an index stays readable when the program brings others.

use std::fs::File;
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

use flate2::Compression;
use flate2::read::GzDecoder;
use flate2::write::GzEncoder;
use serde::{Deserialize, Serialize};

use crate::clinical::Lexicon;
use crate::embed::{EmbedError, Embedder};

use super::{Index, IndexError};

/// Raised whenever fields, analyzer or the stored forms change their meaning.
pub const FORMAT_VERSION: u64 = 3;

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Settings {
    pub format_version: u64,
    /// Fingerprint of the lexicon whose concept numbers the columns hold, in hexadecimal.
    pub lexicon: String,
    /// Fingerprint of the embedding model that made the vectors, in hexadecimal.
    pub embedding: String,
    /// Files that the commit was made in the middle of, as the index names them; most commits have none.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub unfinished: Vec<String>,
    /// Some thread was met in several inputs, of which the index names only the one that counts.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub shadowed: bool,
}

impl Settings {
    pub fn new(lexicon: &Lexicon, embedder: &Embedder) -> Settings {
        Settings {
            format_version: FORMAT_VERSION,
            lexicon: format!("{:016x}", lexicon.fingerprint()),
            embedding: format!("{:016x}", embedder.fingerprint()),
            unfinished: Vec::new(),
            shadowed: false,
        }
    }

    pub(super) fn of(tantivy: &tantivy::Index, path: &Path) -> Result<Settings, IndexError> {
        let meta = tantivy.load_metas().map_err(|error| IndexError::opening(path, error))?;
        let payload = meta.payload.ok_or_else(|| IndexError::NotAnIndex(path.to_path_buf()))?;
        let version = serde_json::from_str::<serde_json::Value>(&payload).ok().and_then(|v| v["format_version"].as_u64());
        match version {
            Some(FORMAT_VERSION) => serde_json::from_str(&payload)
                .map_err(|error| IndexError::damaged(path, format!("its settings cannot be read: {error}"))),
            Some(found) => Err(IndexError::OtherFormat { path: path.to_path_buf(), found }),
            None => Err(IndexError::NotAnIndex(path.to_path_buf())),
        }
    }

    /// The files beside tantivy's that an index of these settings may have.
    pub(super) fn files(&self) -> [String; 4] {
        let [lexicon, embedding] = [self.lexicon_file(), self.embedding_file()];
        [packed(&lexicon), packed(&embedding), lexicon, embedding]
    }

    /// Faults of these files. An index that reads with what is built in does without them, but no longer when the program has others.
    pub(super) fn check_files(&self, index: &Index) -> Vec<String> {
        let kept = [(self.lexicon_file(), index.lexicon().bytes()), (self.embedding_file(), index.embedder().bytes())];
        let faults = kept.into_iter().filter_map(|(file, bytes)| match Kept::find(index.path(), &file).and_then(Kept::read) {
            Ok(read) if read == bytes => None,
            Ok(_) => Some(format!("{file}: its bytes are not those that were written")),
            Err(error) => Some(format!("{file}: cannot be read: {error}")),
        });
        faults.collect()
    }

    pub(super) fn payload(&self) -> String {
        serde_json::to_string(self).expect("settings are plain data")
    }

    /// The name holds the fingerprint, so that a writer that brings another lexicon leaves the file of open readers alone.
    fn lexicon_file(&self) -> String {
        format!("lexicon-{}.bin", self.lexicon)
    }

    pub(super) fn open_lexicon(&self, path: &Path) -> Result<Lexicon, IndexError> {
        // The built-in lexicon needs no file access; most indexes are read with it.
        let core = Lexicon::core();
        if format!("{:016x}", core.fingerprint()) == self.lexicon {
            return Ok(core);
        }
        match Kept::find(path, &self.lexicon_file()) {
            Ok(Kept::Plain(file)) => Ok(Lexicon::open(&file)?),
            Ok(packed) => {
                let bytes = packed.read().map_err(|error| IndexError::damaged(path, error))?;
                Ok(Lexicon::of_compiled(&bytes, path)?)
            }
            Err(_) => Err(IndexError::OtherLexicon(path.to_path_buf())),
        }
    }

    pub(super) fn save_lexicon(&self, path: &Path, lexicon: &Lexicon) -> Result<(), IndexError> {
        let is_built_in = lexicon.fingerprint() == Lexicon::core().fingerprint();
        save(path, &self.lexicon_file(), lexicon.bytes(), is_built_in)
    }

    fn embedding_file(&self) -> String {
        format!("embedding-{}.bin", self.embedding)
    }

    pub(super) fn open_embedder(&self, path: &Path) -> Result<Embedder, IndexError> {
        let builtin = Embedder::builtin();
        if format!("{:016x}", builtin.fingerprint()) == self.embedding {
            return Ok(builtin);
        }
        let wrong = |error| match error {
            EmbedError::WithoutTokenizers { .. } => IndexError::from(error),
            error => IndexError::damaged(path, error),
        };
        match Kept::find(path, &self.embedding_file()) {
            Ok(Kept::Plain(file)) => Embedder::open_compiled(&file).map_err(wrong),
            Ok(packed) => {
                let bytes = packed.read().map_err(|error| IndexError::damaged(path, error))?;
                Embedder::of_compiled(&bytes, path).map_err(wrong)
            }
            Err(_) => Err(IndexError::OtherModel(path.to_path_buf())),
        }
    }

    pub(super) fn save_embedder(&self, path: &Path, embedder: &Embedder) -> Result<(), IndexError> {
        let is_built_in = embedder.fingerprint() == Embedder::builtin().fingerprint();
        save(path, &self.embedding_file(), embedder.bytes(), is_built_in)
    }
}

/// A lexicon or a model as an index keeps it. What is brought by a user is read where it lies. What was built in is packed: only a program
/// that has another built in reads it, and it would be a quarter of a small index.
enum Kept {
    Plain(PathBuf),
    Packed(PathBuf),
}

impl Kept {
    fn find(index: &Path, file: &str) -> io::Result<Kept> {
        let (plain, packed) = (index.join(file), index.join(packed(file)));
        match (plain.exists(), packed.exists()) {
            (true, _) => Ok(Kept::Plain(plain)),
            (false, true) => Ok(Kept::Packed(packed)),
            (false, false) => Err(io::ErrorKind::NotFound.into()),
        }
    }

    fn read(self) -> io::Result<Vec<u8>> {
        match self {
            Kept::Plain(file) => std::fs::read(file),
            Kept::Packed(file) => {
                let mut bytes = Vec::new();
                GzDecoder::new(File::open(file)?).read_to_end(&mut bytes)?;
                Ok(bytes)
            }
        }
    }
}

fn packed(file: &str) -> String {
    format!("{file}.gz")
}

/// The file is there whole or not at all.
fn save(index: &Path, file: &str, bytes: &[u8], pack: bool) -> Result<(), IndexError> {
    let file = index.join(if pack { packed(file) } else { file.to_owned() });
    let partial = file.with_extension("partial");
    let write = || {
        if pack {
            let mut out = GzEncoder::new(File::create(&partial)?, Compression::fast());
            out.write_all(bytes)?;
            out.finish()?;
        } else {
            std::fs::write(&partial, bytes)?;
        }
        std::fs::rename(&partial, &file)
    };
    write().map_err(|error: io::Error| IndexError::Write { path: file.display().to_string(), reason: error.to_string() })
}
