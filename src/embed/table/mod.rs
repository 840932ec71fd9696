//! A **table** is the flat form of an embedding model: a header, a hashed vocabulary or a tokenizer's file, one row of 8-bit numbers a
//! token, and the centroids of the coarse quantiser, laid out so that it is read in place.
//!
//! In: a [`Folder`], the files of a Model2Vec model. Out: the table as 64-bit words, by [`compile`]. The build script and
//! `Embedder::open` run this same code; `Embedder` reads what it wrote.

mod folder;
mod tensors;

use std::borrow::Cow;

use bytemuck::{Pod, Zeroable};
use xxhash_rust::xxh3::{xxh3_64, xxh3_64_with_seed};

pub use folder::{Cut, EmbedError, Folder, differs, tokens_of};

/// Written first in every table; the number is the layout's version.
pub const MAGIC: u64 = u64::from_le_bytes(*b"cbembed1");

/// A folder that brings no `cells` of its own gets this many.
pub const CELLS: usize = 1024;

/// What stands before the sections of a table. The sections follow in the order of [`Layout`]'s fields, each beginning at a
/// multiple of 8 bytes.
#[derive(Debug, Clone, Copy, Pod, Zeroable)]
#[repr(C)]
pub struct Header {
    pub magic: u64,
    /// xxh3 of the rest of the header and of all after it but the name: two models of the same fingerprint make the same vectors.
    pub fingerprint: u64,
    /// Numbers in a row.
    pub dimension: u32,
    /// Rows.
    pub tokens: u32,
    /// Places of the hashed vocabulary, a power of two.
    pub slots: u32,
    /// Centroids of the coarse quantiser.
    pub cells: u32,
    /// Bytes of all tokens' texts together, or of the tokenizer's file.
    pub text: u32,
    /// Bytes of the longest token's text; 0 with a tokenizer.
    pub longest: u32,
    /// Bytes of the model's name.
    pub name: u32,
    /// A sum of the constants of [`flag`].
    pub flags: u32,
}

/// How text is cut into tokens.
pub mod flag {
    /// Text is folded to lower case first.
    pub const LOWERCASE: u32 = 1;
    /// Diacritics are dropped first.
    pub const STRIP_ACCENTS: u32 = 2;
    /// A word that is not in the vocabulary is cut into pieces, those after the first written with `##`.
    pub const PIECES: u32 = 4;
    /// Some tokens are two words with a space between, and count beside the words themselves.
    pub const PAIRS: u32 = 8;
    /// A token that occurs n times counts as √n tokens, not as n.
    pub const SQUARE_ROOT: u32 = 16;
    /// A tokenizer cuts text: the table has its file, and no vocabulary.
    pub const TOKENIZER: u32 = 32;
}

/// Where the sections of a table lie, in bytes.
#[derive(Debug, Clone)]
pub struct Layout {
    /// `u32`: a token's number plus one, or 0.
    pub slots: std::ops::Range<usize>,
    /// `u32`: where each token's text ends.
    pub ends: std::ops::Range<usize>,
    /// `f32`: what a row's numbers are multiplied by.
    pub scales: std::ops::Range<usize>,
    /// `f32`: one over the length of each centroid.
    pub cell_scales: std::ops::Range<usize>,
    /// UTF-8: the tokens' texts, one after the other, or a `tokenizer.json`.
    pub text: std::ops::Range<usize>,
    /// `i8`: the rows.
    pub rows: std::ops::Range<usize>,
    /// `i8`: the centroids.
    pub cells: std::ops::Range<usize>,
    /// UTF-8: the model's name.
    pub name: std::ops::Range<usize>,
}

impl Header {
    pub fn layout(&self) -> Layout {
        let mut at = size_of::<Header>();
        let mut section = |bytes: usize| {
            let range = at..at + bytes;
            at = range.end.next_multiple_of(8);
            range
        };
        let (tokens, cells, dimension) = (self.tokens as usize, self.cells as usize, self.dimension as usize);
        let written = if self.flags & flag::TOKENIZER == 0 { tokens } else { 0 };
        Layout {
            slots: section(4 * self.slots as usize),
            ends: section(4 * written),
            scales: section(4 * tokens),
            cell_scales: section(4 * cells),
            text: section(self.text as usize),
            rows: section(tokens * dimension),
            cells: section(cells * dimension),
            name: section(self.name as usize),
        }
    }

    /// What the fingerprint is when these are the bytes between header and name.
    fn fingerprint_with(&self, bytes: &[u8]) -> u64 {
        xxh3_64_with_seed(bytes, xxh3_64(bytemuck::bytes_of(&Header { fingerprint: 0, name: 0, ..*self })))
    }
}

/// The header of a table in a file, once all of the table is known to be as it was written.
///
/// # Errors
///
/// What is wrong with it, without the path.
pub fn check(bytes: &[u8]) -> Result<Header, &'static str> {
    let head = bytes.get(..size_of::<Header>()).ok_or("is cut short")?;
    let header: Header = bytemuck::pod_read_unaligned(head);
    if header.magic != MAGIC {
        return Err("is no embedding table of this version");
    }
    let counts = [header.dimension, header.tokens, header.slots, header.cells, header.text, header.name];
    if counts.iter().any(|&count| count as usize > bytes.len()) {
        return Err("is damaged or cut short");
    }
    let layout = header.layout();
    if layout.name.end.next_multiple_of(8) != bytes.len()
        || header.fingerprint_with(&bytes[layout.slots.start..layout.name.start]) != header.fingerprint
    {
        return Err("is damaged or cut short");
    }
    Ok(header)
}

/// The place of the hashed vocabulary where the search for a token begins.
pub fn slot(token: &[u8], slots: u32) -> u32 {
    (xxh3_64(token) >> 32) as u32 & (slots - 1)
}

/// Lays a folder out as a table.
pub fn compile(folder: &Folder) -> Vec<u64> {
    let dimension = folder.dimension;
    let (rows, scales): (Vec<i8>, Vec<f32>) = quantise(&folder.rows, dimension);
    let centroids = if folder.cells.is_empty() { cells_among(&folder.rows, dimension) } else { folder.cells.clone() };
    let (cells, _) = quantise(&centroids, dimension);
    let length = |cell: &[i8]| cell.iter().map(|&x| f32::from(x).powi(2)).sum::<f32>().sqrt();
    let cell_scales: Vec<f32> = cells.chunks_exact(dimension).map(|cell| 1.0 / length(cell).max(1.0)).collect();

    let Vocabulary { places, ends, text, longest, pairs } = Vocabulary::of(&folder.cut);
    let mut header = Header {
        magic: MAGIC,
        fingerprint: 0,
        dimension: dimension as u32,
        tokens: scales.len() as u32,
        slots: places.len() as u32,
        cells: cell_scales.len() as u32,
        text: text.len() as u32,
        longest,
        name: folder.name.len() as u32,
        flags: folder.flags | pairs,
    };
    let layout = header.layout();
    let mut table = vec![0u64; layout.name.end.div_ceil(8)];
    let bytes: &mut [u8] = bytemuck::cast_slice_mut(&mut table);
    bytes[layout.slots.clone()].copy_from_slice(bytemuck::cast_slice(&places));
    bytes[layout.ends].copy_from_slice(bytemuck::cast_slice(&ends));
    bytes[layout.scales].copy_from_slice(bytemuck::cast_slice(&scales));
    bytes[layout.cell_scales].copy_from_slice(bytemuck::cast_slice(&cell_scales));
    bytes[layout.text].copy_from_slice(&text);
    bytes[layout.rows].copy_from_slice(bytemuck::cast_slice(&rows));
    bytes[layout.cells].copy_from_slice(bytemuck::cast_slice(&cells));
    bytes[layout.name.clone()].copy_from_slice(folder.name.as_bytes());
    header.fingerprint = header.fingerprint_with(&bytes[layout.slots.start..layout.name.start]);
    bytes[..size_of::<Header>()].copy_from_slice(bytemuck::bytes_of(&header));
    table
}

/// How a table's tokens are found by their text: nothing but its file with a tokenizer.
#[derive(Default)]
struct Vocabulary<'f> {
    places: Vec<u32>,
    ends: Vec<u32>,
    text: Cow<'f, [u8]>,
    longest: u32,
    /// [`flag::PAIRS`] or 0.
    pairs: u32,
}

impl Vocabulary<'_> {
    fn of(cut: &Cut) -> Vocabulary<'_> {
        let tokens = match cut {
            Cut::Walk(tokens) => tokens,
            Cut::Tokenizer(file) => return Vocabulary { text: file.into(), ..Vocabulary::default() },
        };
        let slots = (tokens.len() * 2).next_power_of_two() as u32;
        let mut places = vec![0u32; slots as usize];
        let mut text = Vec::new();
        let mut ends = Vec::with_capacity(tokens.len());
        for (number, token) in tokens.iter().enumerate() {
            text.extend_from_slice(token.as_bytes());
            ends.push(text.len() as u32);
            let mut place = slot(token.as_bytes(), slots);
            while places[place as usize] != 0 {
                place = (place + 1) & (slots - 1);
            }
            places[place as usize] = number as u32 + 1;
        }
        let longest = tokens.iter().map(String::len).max().unwrap_or(0) as u32;
        let pairs = if tokens.iter().any(|token| token.contains(' ')) { flag::PAIRS } else { 0 };
        Vocabulary { places, ends, text: text.into(), longest, pairs }
    }
}

/// Each row as 8-bit numbers and what they are multiplied by.
pub fn quantise(rows: &[f32], dimension: usize) -> (Vec<i8>, Vec<f32>) {
    let mut numbers = Vec::with_capacity(rows.len());
    let mut scales = Vec::with_capacity(rows.len() / dimension);
    for row in rows.chunks_exact(dimension) {
        let largest = row.iter().fold(0f32, |largest, x| largest.max(x.abs()));
        let scale = if largest > 0.0 { largest / 127.0 } else { 1.0 };
        scales.push(scale);
        numbers.extend(row.iter().map(|x| (x / scale).round() as i8));
    }
    (numbers, scales)
}

/// Centroids for a model that brings none: of these vectors, [`CELLS`] evenly spaced.
pub fn cells_among(vectors: &[f32], dimension: usize) -> Vec<f32> {
    let told: Vec<&[f32]> = vectors.chunks_exact(dimension).filter(|row| row.iter().any(|x| *x != 0.0)).collect();
    let cells = told.len().min(CELLS);
    (0..cells).flat_map(|cell| told[cell * told.len() / cells]).copied().collect()
}
