//! **RRF** is the Rich Release Format of RxNorm and of the UMLS: tables of fields with | behind each, a file a table. A release is
//! read as a whole: with one of its files named, the others are read beside it.

use std::path::{Path, PathBuf};

use super::{Lines, Terminology, rxnorm, umls};
use crate::clinical::LexiconError;

/// A release in a folder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Release {
    folder: PathBuf,
    family: Family,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Family {
    RxNorm,
    Umls,
}

/// The files of each family, names first.
const FILES: [(Family, &[&str]); 2] =
    [(Family::RxNorm, &["RXNCONSO.RRF", "RXNREL.RRF"]), (Family::Umls, &["MRCONSO.RRF", "MRREL.RRF", "MRSTY.RRF"])];

impl Release {
    /// The release that a file, or a folder with such files, belongs to.
    pub fn of(path: &Path) -> Option<Release> {
        FILES.iter().find_map(|(family, files)| {
            let folder = if path.is_dir() {
                path.join(files[0]).exists().then_some(path)
            } else {
                let name = path.file_name()?.to_str()?;
                files.contains(&name).then(|| path.parent().unwrap_or(Path::new("")))
            };
            Some(Release { folder: folder?.into(), family: *family })
        })
    }

    pub fn read(&self) -> Result<Terminology, LexiconError> {
        match self.family {
            Family::RxNorm => rxnorm::read(self),
            Family::Umls => umls::read(self),
        }
    }

    pub fn file(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }
}

/// The rows of one file, each of as many fields as its release must have.
pub struct Rows<const FIELDS: usize> {
    lines: Lines,
    name: String,
}

impl<const FIELDS: usize> Rows<FIELDS> {
    pub fn open(path: &Path) -> Result<Rows<FIELDS>, LexiconError> {
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        Ok(Rows { lines: Lines::open(path)?, name })
    }

    /// The next row with the number of its line.
    pub fn next(&mut self) -> Result<Option<(usize, [&str; FIELDS])>, LexiconError> {
        let Some(line) = self.lines.next()? else { return Ok(None) };
        let fields = line.text.bytes().filter(|&byte| byte == b'|').count();
        if fields != FIELDS {
            let what = format!(
                "{fields} fields, each with | behind it, where {} has {FIELDS}; this is of another release: bring one in Rich Release Format",
                self.name
            );
            return Err(line.error(what));
        }
        let mut row = [""; FIELDS];
        line.text.split('|').zip(&mut row).for_each(|(field, cell)| *cell = field);
        Ok(Some((line.number, row)))
    }
}
