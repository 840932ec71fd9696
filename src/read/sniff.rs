//! **Sniffing**: the form of an input by its first bytes. The name decides only what the bytes leave open: between JSON and JSON Lines when
//! the first line is broken, and between a page and a table whose columns nobody knows.

use std::path::Path;

use serde::de::IgnoredAny;

use super::Reason;
use super::packed::Packing;
use super::table::{Tables, delimiter};

/// Bytes looked at to tell the form.
pub(super) const SNIFFED: usize = 64 << 10;

/// How an input is to be taken apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Shape {
    Packed(Packing),
    Tar,
    Zip,
    Parquet,
    /// A table of delimited text.
    Table(u8),
    Lines,
    Document(Form),
}

/// What a whole document is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    Json,
    Html,
    /// MedQuAD's XML.
    MedQuad,
    Text,
}

/// Whether an input that begins so may hold others, which are inputs of their own.
pub fn holds_entries(head: &[u8]) -> bool {
    container(head).is_some()
}

/// The shape of what is packed or holds others.
fn container(head: &[u8]) -> Option<Shape> {
    if let Some(packing) = Packing::of(head) {
        return Some(Shape::Packed(packing));
    }
    if head.get(257..262) == Some(b"ustar") {
        return Some(Shape::Tar);
    }
    (head.starts_with(b"PK\x03\x04") || head.starts_with(b"PK\x05\x06")).then_some(Shape::Zip)
}

pub(super) fn shape(head: &[u8], path: &Path, tables: &Tables) -> Result<Shape, Reason> {
    if let Some(shape) = container(head) {
        return Ok(shape);
    }
    if head.starts_with(b"PAR1") {
        return Ok(Shape::Parquet);
    }
    text_shape(head, path, tables)
}

fn text_shape(head: &[u8], path: &Path, tables: &Tables) -> Result<Shape, Reason> {
    let utf16 = head.starts_with(b"\xff\xfe") || head.starts_with(b"\xfe\xff");
    if utf16 {
        return Ok(Shape::Document(Form::Text));
    }
    let text = head.strip_prefix(b"\xef\xbb\xbf").unwrap_or(head).trim_ascii_start();
    if head.is_empty() || text.is_empty() {
        return Err(Reason::Empty);
    }
    if memchr::memchr(0, head).is_some() {
        return Err(Reason::Binary);
    }
    let controls = head.iter().filter(|&&b| b < 0x20 && !matches!(b, b'\t' | b'\n' | b'\r' | 0x0c | 0x1b | 0x07)).count();
    if controls * 20 > head.len() {
        return Err(Reason::Binary);
    }
    Ok(match text[0] {
        b'[' if matches!(text[1..].trim_ascii_start().first(), Some(b'{' | b'[' | b']') | None) => Shape::Document(Form::Json),
        b'{' => json_shape(text, path),
        b'<' if is_medquad(text) => Shape::Document(Form::MedQuad),
        b'<' => Shape::Document(Form::Html),
        _ if has_extension(path, &["jsonl", "ndjson"]) => Shape::Lines,
        _ => table_shape(text, path, tables).unwrap_or(Shape::Document(Form::Text)),
    })
}

fn json_shape(text: &[u8], path: &Path) -> Shape {
    let Some(end) = memchr::memchr(b'\n', text) else { return Shape::Lines };
    let first_line_is_whole = serde_json::from_slice::<IgnoredAny>(&text[..end]).is_ok();
    let objects_begin_lines = memchr::memmem::find(text, b"\n{").is_some();
    let lines = first_line_is_whole || objects_begin_lines || has_extension(path, &["jsonl", "ndjson"]);
    if lines { Shape::Lines } else { Shape::Document(Form::Json) }
}

/// Its root is a `Document`, and no page of HTML has one.
fn is_medquad(text: &[u8]) -> bool {
    let root = memchr::memmem::find(text, b"<Document");
    root.is_some_and(|at| text[..at].starts_with(b"<?xml") || at == 0)
}

fn table_shape(text: &[u8], path: &Path, tables: &Tables) -> Option<Shape> {
    let line = &text[..memchr::memchr(b'\n', text).unwrap_or(text.len())];
    let delimiter = delimiter(line);
    let known = delimiter.filter(|&delimiter| tables.know(line, delimiter));
    let named = has_extension(path, &["csv", "tsv"]).then_some(delimiter.unwrap_or(b','));
    known.or(named).map(Shape::Table)
}

/// The extension, below that of a packing: `a.csv.gz` is a `csv`.
fn has_extension(path: &Path, known: &[&str]) -> bool {
    let is = |path: &Path, known: &[&str]| {
        path.extension().is_some_and(|extension| known.iter().any(|known| extension.eq_ignore_ascii_case(known)))
    };
    is(path, known) || (is(path, &["gz", "bz2", "zst"]) && path.file_stem().is_some_and(|stem| is(Path::new(stem), known)))
}
