//! **Archives**: tar and zip, each entry an input by itself. Nothing is ever written to disk, so that an entry's path is no more than its
//! name: what would climb out of the archive is left out of it.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::path::{Component, Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use flate2::CrcReader;
use flate2::read::DeflateDecoder;
use zip::CompressionMethod;
use zip::read::ZipArchiveMetadata;

use super::chunks::{Layer, Step};
use super::packed::{Scale, Unpacked};
use super::{Reason, Rejection};

/// Where an entry is, as it is told: the archive's path, then the entry's. `None` for what is hidden, as in a folder.
fn entry_path(archive: &Path, entry: &Path) -> Option<PathBuf> {
    let mut path = archive.to_path_buf();
    for component in entry.components() {
        let Component::Normal(name) = component else { continue };
        if name.as_encoded_bytes().starts_with(b".") || name == "__MACOSX" {
            return None;
        }
        path.push(name);
    }
    Some(path)
}

/// A tar archive, read as a stream.
pub(super) struct Tar {
    path: Arc<Path>,
    shared: Arc<Mutex<Shared>>,
}

/// What the archive and the entry that is open read from.
struct Shared {
    input: Box<dyn Read + Send>,
    /// Bytes of the open entry that were not read yet, and what fills its last block.
    left: u64,
    padding: u64,
    broken: Option<Reason>,
}

impl Shared {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let most = buffer.len().min(usize::try_from(self.left).unwrap_or(usize::MAX));
        if most == 0 {
            return Ok(0);
        }
        let reason = match self.input.read(&mut buffer[..most]) {
            Ok(0) => Reason::CutOff { packing: "tar" },
            Ok(n) => {
                self.left -= n as u64;
                return Ok(n);
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => return Err(error),
            Err(error) => Reason::of(error),
        };
        self.broken = Some(reason.clone());
        Err(io::Error::other(reason))
    }

    /// The next entry's path, kind and size; what is left of the last one is passed over.
    fn next(&mut self) -> io::Result<Option<(PathBuf, tar::EntryType)>> {
        let rest = self.left + self.padding;
        (self.left, self.padding) = (0, 0);
        if io::copy(&mut (&mut self.input).take(rest), &mut io::sink())? < rest {
            return Err(io::Error::other(Reason::CutOff { packing: "tar" }));
        }
        // The crate reads a header with its extensions and nothing beyond, so that what follows can be read from the same stream.
        let mut archive = tar::Archive::new(&mut self.input);
        let Some(entry) = archive.entries()?.next().transpose()? else { return Ok(None) };
        let path = entry.path()?.into_owned();
        let kind = entry.header().entry_type();
        let size = if kind.is_gnu_sparse() { entry.header().entry_size()? } else { entry.size() };
        const BLOCK: u64 = 512;
        self.left = size;
        self.padding = size.next_multiple_of(BLOCK) - size;
        Ok(Some((path, kind)))
    }
}

impl Tar {
    pub(super) fn open(path: &Path, input: Box<dyn Read + Send>) -> Tar {
        let shared = Shared { input, left: 0, padding: 0, broken: None };
        Tar { path: Arc::from(path), shared: Arc::new(Mutex::new(shared)) }
    }
}

fn lock(shared: &Mutex<Shared>) -> MutexGuard<'_, Shared> {
    shared.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Layer for Tar {
    fn step(&mut self) -> Step {
        let mut shared = lock(&self.shared);
        loop {
            let (entry, kind) = match shared.next() {
                Ok(Some(entry)) => entry,
                Ok(None) => return Step::End,
                Err(error) => {
                    let reason = match Reason::of(error) {
                        Reason::Unreadable(met) => Reason::Corrupt { packing: "tar", met },
                        reason => reason,
                    };
                    shared.broken = Some(reason.clone());
                    return Step::Rejected(Rejection::of_file(&self.path, reason));
                }
            };
            let Some(path) = entry_path(&self.path, &entry) else { continue };
            if kind.is_file() || kind.is_contiguous() {
                return Step::Member(path, Box::new(Entry { shared: self.shared.clone() }));
            }
            // Links lead to what is there under its own name, or lead out.
            let passed = kind.is_dir() || kind.is_hard_link() || kind.is_symlink() || kind.is_pax_global_extensions();
            if !passed {
                return Step::Rejected(Rejection::of_file(&path, Reason::NotAFile));
            }
        }
    }

    fn broken(&self) -> Option<Rejection> {
        lock(&self.shared).broken.clone().map(|reason| Rejection::of_file(&self.path, reason))
    }
}

/// The open entry of a tar archive.
struct Entry {
    shared: Arc<Mutex<Shared>>,
}

impl Read for Entry {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        lock(&self.shared).read(buffer)
    }
}

/// A zip archive: its directory stands at the end, so that it is read from a file.
pub(super) struct Zip {
    path: Arc<Path>,
    file: Arc<File>,
    directory: Arc<ZipArchiveMetadata>,
    next: usize,
    scale: Arc<Scale>,
}

impl Zip {
    pub(super) fn open(path: &Path, file: Arc<File>) -> Result<Zip, Rejection> {
        let reject = |met: String| Rejection::of_file(path, Reason::Corrupt { packing: "zip", met });
        let size = file.metadata().map_err(|error| reject(error.to_string()))?.len();
        let archive = zip::ZipArchive::new(io::BufReader::new(file.clone())).map_err(|error| reject(error.to_string()))?;
        Ok(Zip { path: Arc::from(path), file, directory: archive.metadata(), next: 0, scale: Arc::new(Scale::of(size)) })
    }

    fn entry(&self, at: usize) -> Option<Step> {
        let corrupt = |met: String| Reason::Corrupt { packing: "zip", met };
        let entry = match self.directory.entry(at) {
            Ok(entry) => entry,
            Err(error) => return Some(Step::Rejected(Rejection::of_file(&self.path, corrupt(error.to_string())))),
        };
        let name = entry.name().unwrap_or_else(|_| String::from_utf8_lossy(entry.name_raw()).into_owned().into());
        let path = entry_path(&self.path, Path::new(name.as_ref()))?;
        if !entry.is_file() {
            return None;
        }
        let rejected = |reason| Some(Step::Rejected(Rejection::of_file(&path, reason)));
        if entry.encrypted() {
            return rejected(corrupt("it is encrypted".to_owned()));
        }
        let packed = match content(&self.file, entry.header_start()) {
            Ok(()) => self.file.clone().take(entry.compressed_size()),
            Err(error) => return rejected(corrupt(error.to_string())),
        };
        let unpacked: Box<dyn Read + Send> = match entry.compression() {
            CompressionMethod::STORE => Box::new(packed),
            CompressionMethod::DEFLATE => Box::new(DeflateDecoder::new(packed)),
            other => return rejected(corrupt(format!("it is compressed by {other}, which is not read"))),
        };
        let checked = Checked { input: CrcReader::new(unpacked), expected: entry.crc32() };
        Some(Step::Member(path, Box::new(Unpacked::new(checked, "zip", self.scale.clone()))))
    }
}

/// Goes to where an entry's bytes begin: behind a header of its own, which repeats the name.
fn content(mut file: &File, header: u64) -> io::Result<()> {
    file.seek(SeekFrom::Start(header))?;
    let mut fixed = [0; 30];
    file.read_exact(&mut fixed)?;
    if !fixed.starts_with(b"PK\x03\x04") {
        return Err(io::Error::other("its directory names an entry where none begins"));
    }
    let lengths = [26, 28].map(|at| i64::from(u16::from_le_bytes([fixed[at], fixed[at + 1]])));
    file.seek(SeekFrom::Current(lengths.iter().sum())).map(drop)
}

impl Layer for Zip {
    fn step(&mut self) -> Step {
        while self.next < self.directory.len() {
            self.next += 1;
            if let Some(step) = self.entry(self.next - 1) {
                return step;
            }
        }
        Step::End
    }
}

/// Compares at the end what was read with the checksum that the archive keeps.
struct Checked<R> {
    input: CrcReader<R>,
    expected: u32,
}

impl<R: Read> Read for Checked<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let n = self.input.read(buffer)?;
        if n == 0 && !buffer.is_empty() && self.input.crc().sum() != self.expected {
            return Err(io::Error::other("its checksum is not that of its bytes"));
        }
        Ok(n)
    }
}
