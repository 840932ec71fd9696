//! The **layout** of a compiled lexicon: a header, then sections of rows of a fixed size, each on a 16-byte boundary, in the byte
//! order of the machine. It is read where it lies; no row is parsed or copied.

use bytemuck::{Pod, Zeroable};
use xxhash_rust::xxh3::xxh3_64;

/// The first bytes of every compiled lexicon. Read on a machine of the other byte order, the version after it does not fit.
const MAGIC: [u8; 8] = *b"curblex\n";
/// Raised whenever a row or its meaning changes.
const VERSION: u32 = 1;
const ALIGNMENT: usize = 16;

/// No concept, node, guard, or whatever the number would name.
pub const NONE: u32 = u32::MAX;

#[repr(C)]
#[derive(Debug, Clone, Copy, Pod, Zeroable)]
struct Header {
    magic: [u8; 8],
    version: u32,
    sections: u32,
    /// Of everything after the header.
    checksum: u64,
    /// Of the whole file, in bytes.
    len: u64,
}

/// A piece of another section: rows or bytes from `start` to `end`.
#[repr(C)]
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Pod, Zeroable)]
pub struct Piece {
    pub start: u32,
    pub end: u32,
}

#[repr(C)]
#[derive(Debug, Clone, Copy, Pod, Zeroable)]
pub struct ConceptRow {
    pub id: Piece,
    pub name: Piece,
    pub terms: Piece,
    pub parents: Piece,
    pub children: Piece,
    pub kind: u32,
    /// What of it joins with a site: its quality, or itself.
    pub head: u32,
    /// The site that it has already.
    pub site: u32,
}

#[repr(C)]
#[derive(Debug, Clone, Copy, Pod, Zeroable)]
pub struct TermRow {
    pub text: Piece,
    pub concept: u32,
}

/// A word as it may be written, and which word it is.
#[repr(C)]
#[derive(Debug, Clone, Copy, Pod, Zeroable)]
pub struct FormRow {
    pub text: Piece,
    pub word: u32,
}

/// A place in a hash table: some bits of the key's hash, and the row it stands for.
#[repr(C)]
#[derive(Debug, Clone, Copy, Pod, Zeroable)]
pub struct Slot {
    pub hash: u32,
    pub row: u32,
}

#[repr(C)]
#[derive(Debug, Clone, Copy, Pod, Zeroable)]
pub struct WordRow {
    /// The node of the terms that begin with this word.
    pub root: u32,
    /// The [`Role`](super::table::Role)s of a link.
    pub roles: u32,
}

/// A beginning of terms.
#[repr(C)]
#[derive(Debug, Clone, Copy, Pod, Zeroable)]
pub struct NodeRow {
    /// What the words so far name.
    pub entries: Piece,
    /// How many longer beginnings there are.
    pub edges: u32,
}

#[repr(C)]
#[derive(Debug, Clone, Copy, Pod, Zeroable)]
pub struct EdgeSlot {
    pub node: u32,
    pub word: u32,
    pub to: u32,
}

/// What a term names.
#[repr(C)]
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Pod, Zeroable)]
pub struct EntryRow {
    /// One of [`NAMES_CONCEPT`], [`NAMES_HEAD`], [`NAMES_SITE`], [`NAMES_NOTHING`].
    pub names: u32,
    pub number: u32,
    pub guard: u32,
}

pub const NAMES_CONCEPT: u32 = 0;
pub const NAMES_HEAD: u32 = 1;
pub const NAMES_SITE: u32 = 2;
/// A phrase whose words, by themselves, would name something that is not meant.
pub const NAMES_NOTHING: u32 = 3;

#[repr(C)]
#[derive(Debug, Clone, Copy, Pod, Zeroable)]
pub struct GuardRow {
    pub rules: u32,
    /// The term in the upper and lower case that counts.
    pub written: Piece,
    pub needs: Piece,
}

pub const GUARD_STOP: u32 = 1;
pub const GUARD_CASE: u32 = 2;
pub const GUARD_EXACT: u32 = 4;

/// What can be said of a site: a quality, a condition such as *fracture*, or a bare phrase such as *replacement*.
#[repr(C)]
#[derive(Debug, Clone, Copy, Pod, Zeroable)]
pub struct HeadRow {
    /// Broader heads, nearest first.
    pub above: Piece,
    /// What it is of no known site.
    pub concept: u32,
    /// Whether it joins by verbs and all links, or as a bare phrase by *of* and *in* only.
    pub free: u32,
}

#[repr(C)]
#[derive(Debug, Clone, Copy, Pod, Zeroable)]
pub struct PairSlot {
    pub head: u32,
    pub site: u32,
    pub concept: u32,
}

/// The sections, by number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u32)]
pub enum Section {
    Text,
    Concepts,
    Terms,
    Numbers,
    Words,
    Forms,
    FormSlots,
    Nodes,
    EdgeSlots,
    Entries,
    Guards,
    Needs,
    Heads,
    Sites,
    PairSlots,
    DeleteSlots,
}

const SECTIONS: usize = Section::DeleteSlots as usize + 1;

/// Gathers sections and writes them as one file.
#[derive(Default)]
pub struct Writer {
    sections: [Vec<u8>; SECTIONS],
}

impl Writer {
    pub fn put<T: Pod>(&mut self, section: Section, rows: &[T]) {
        self.sections[section as usize].extend_from_slice(bytemuck::cast_slice(rows));
    }

    /// The file, as words so that it lies on a 16-byte boundary. The last word is filled with zeros.
    pub fn finish(self) -> Vec<u128> {
        let table = size_of::<Header>();
        let mut bytes = vec![0; table + SECTIONS * size_of::<[u64; 2]>()];
        for (n, section) in self.sections.iter().enumerate() {
            bytes.resize(bytes.len().next_multiple_of(ALIGNMENT), 0);
            let place = [bytes.len() as u64, section.len() as u64];
            bytes[table + n * 16..table + n * 16 + 16].copy_from_slice(bytemuck::bytes_of(&place));
            bytes.extend_from_slice(section);
        }
        bytes.resize(bytes.len().next_multiple_of(ALIGNMENT), 0);
        let checksum = xxh3_64(&bytes[table..]);
        let header = Header { magic: MAGIC, version: VERSION, sections: SECTIONS as u32, checksum, len: bytes.len() as u64 };
        bytes[..table].copy_from_slice(bytemuck::bytes_of(&header));
        bytes.chunks_exact(ALIGNMENT).map(bytemuck::pod_read_unaligned).collect()
    }
}

/// Where the sections of a compiled lexicon lie.
#[derive(Debug, Clone, Copy)]
pub struct Places {
    places: [(usize, usize); SECTIONS],
    pub checksum: u64,
}

impl Places {
    /// Reads the header. With `whole`, the content is held against its checksum; what this program was built with needs none.
    pub fn of(bytes: &[u8], whole: bool) -> Result<Places, String> {
        let table = size_of::<Header>();
        let again = "index again, or compile the tables again";
        let header: Header = match bytes.get(..table) {
            Some(head) if head.starts_with(&MAGIC) => bytemuck::pod_read_unaligned(head),
            _ => return Err("is not a compiled lexicon".to_owned()),
        };
        if header.version != VERSION || header.sections != SECTIONS as u32 {
            return Err(format!("is a compiled lexicon of version {}, and this is version {VERSION}; {again}", header.version));
        }
        if header.len != bytes.len() as u64 || (whole && xxh3_64(&bytes[table..]) != header.checksum) {
            return Err(format!("is damaged; {again}"));
        }
        let mut places = [(0, 0); SECTIONS];
        for (n, place) in places.iter_mut().enumerate() {
            let at = table + n * 16;
            let [start, len]: [u64; 2] = match bytes.get(at..at + 16) {
                Some(cell) => bytemuck::pod_read_unaligned(cell),
                None => return Err(format!("is damaged; {again}")),
            };
            *place = (start as usize, (start + len) as usize);
        }
        Ok(Places { places, checksum: header.checksum })
    }

    pub fn rows<'b, T: Pod>(&self, bytes: &'b [u8], section: Section) -> &'b [T] {
        let (start, end) = self.places[section as usize];
        bytemuck::cast_slice(&bytes[start..end])
    }
}

/// The hash of a pair of numbers, for edges and for pairs of head and site.
pub fn hash_pair(a: u32, b: u32) -> u64 {
    let both = (u64::from(a) << 32 | u64::from(b)).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    both ^ (both >> 29)
}

/// How many slots a hash table of so many rows has: a power of two, at most half of it filled.
pub fn slots_for(rows: usize) -> usize {
    (rows * 2).next_power_of_two().max(2)
}
