//! A **rejection** says why an input is not in: the place, what was met, and what to do about it.

use std::fmt;
use std::path::{Path, PathBuf};

use super::chunks::LARGEST_PIECE;

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rejection {
    pub path: PathBuf,
    /// From 1.
    pub line: Option<u64>,
    pub reason: Reason,
}

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Reason {
    #[error("cannot be read: {0}; check that it is there and that you may read it")]
    Unreadable(String),
    #[error("leads back to {}, a folder that holds it; the link was not followed", .ancestor.display())]
    Loop { ancestor: PathBuf },
    #[error("is not a regular file (a pipe, socket or device); it was passed over")]
    NotAFile,
    #[error("is empty; remove it or put a thread in")]
    Empty,
    #[error("is binary, not text; expected JSON, JSON Lines, a text page or an HTML page")]
    Binary,
    #[error("is {megabytes} MB or more in one piece, the limit is {limit} MB; split it into threads, one a line")]
    TooLarge { megabytes: u64, limit: u64 },
    #[error("ends in the middle of its {packing} data; what came before is in, the file seems cut off, fetch it again")]
    CutOff { packing: &'static str },
    #[error(
        "cannot be unpacked, as its {packing} data is damaged or of an unknown kind: {met}; fetch it again, or unpack it yourself"
    )]
    Corrupt { packing: &'static str, met: String },
    #[error("unpacks to more than {times} times its size, which no archive of text does; if it is right, unpack it first")]
    Bomb { times: u64 },
    #[error("is packed more than {most} times over; unpack it first")]
    TooDeep { most: usize },
    #[error(
        "is a {form} file within another, or from standard input, and can only be read from a file of its own; unpack it first"
    )]
    NotSeekable { form: &'static str },
    #[error("is a Parquet file, which this curbside does not read; build it with `--features parquet`, or export it as CSV")]
    WithoutParquet,
    #[error("is a table that cannot be read: {0}")]
    Table(String),
    #[error("is a row that makes no thread: {0}")]
    Row(String),
    #[error("is not the XML that it begins as: {0}; mend or remove it")]
    Xml(String),
    #[error(
        "gave nothing for {seconds} seconds and was given up; see that its disk or mount answers, or allow more with --timeout"
    )]
    TimedOut { seconds: u64 },
    #[error("is not valid JSON: {0}; mend or remove it")]
    Json(String),
    #[error("ends in the middle of the JSON: {0}; the file seems cut off, fetch it again")]
    Truncated(String),
    #[error(
        "is JSON but not a thread: {0}; expected \"posts\", or \"question\" with \"answer\" or \"answers\", or \"input\" with \"output\""
    )]
    Shape(String),
    #[error("has no post with text; nothing to index")]
    NoPosts,
    #[error("fits no site profile: {looked_for}; add a profile for the site with --profiles")]
    NoProfile { looked_for: String },
    #[error("fits the site profile {profile}, but no turn begins in it: looked for {looked_for}; mend the profile")]
    NoTurns { profile: String, looked_for: String },
}

impl Reason {
    /// A piece of at least so many bytes.
    pub(super) fn too_large(bytes: usize) -> Reason {
        Reason::TooLarge { megabytes: bytes as u64 >> 20, limit: LARGEST_PIECE as u64 >> 20 }
    }
}

impl Rejection {
    pub fn of_file(path: &Path, reason: Reason) -> Rejection {
        Rejection { path: path.to_path_buf(), line: None, reason }
    }

    pub fn of_line(path: &Path, line: u64, reason: Reason) -> Rejection {
        Rejection { path: path.to_path_buf(), line: Some(line), reason }
    }
}

impl fmt::Display for Rejection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // A path may hold anything but a zero byte; one rejection stays one line.
        let path: String = self.path.to_string_lossy().chars().map(|c| if c.is_control() { '\u{fffd}' } else { c }).collect();
        match self.line {
            Some(line) => write!(f, "{path}:{line}: {}", self.reason),
            None => write!(f, "{path}: {}", self.reason),
        }
    }
}

impl std::error::Error for Rejection {}
