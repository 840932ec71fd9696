//! **Embedding** turns a text into a [`Vector`], so that texts about the same matter point the same way though they share no word:
//! *heart attack* and *myocardial infarction*. It is a table of token vectors, added up: microseconds a text, no neural network.
//!
//! In: text, or a [`Thread`]. Out: [`Vector`], [`Meaning`], and the numbers of the cells of a coarse quantiser in which a vector's
//! neighbours are found. The built-in table is compiled from `schema/model` and read in place; [`Embedder::open`] takes any
//! static model in Model2Vec's format (<https://github.com/MinishLab/model2vec>), those that are not cut by WordPiece with the
//! feature `tokenizers`.
//!
//! With the feature `transformer`, a [`Transformer`] reads texts with a neural network instead, and [`distill`] makes a table from one.
//! Without it both are there and say how to be had.

mod cells;
mod distill;
#[cfg(feature = "transformer")]
mod fit;
mod packed;
#[doc(hidden)]
pub mod table;
#[cfg(feature = "tokenizers")]
mod tokenizer;
mod tokens;
#[cfg(feature = "transformer")]
mod transformer;
mod vector;
#[cfg(not(all(feature = "tokenizers", feature = "transformer")))]
mod without;

use std::ops::Range;
use std::path::Path;
use std::sync::{Arc, OnceLock};

use memmap2::Mmap;

use crate::clinical::{ConceptId, Lexicon};
use crate::thread::Thread;

pub use distill::{Distilled, Distilling, Stage, sentences_of};
#[cfg(feature = "transformer")]
pub use fit::distill;
pub use packed::{Mixed, packed_scale, unpack};
pub use table::EmbedError;
#[cfg(feature = "transformer")]
pub use transformer::Transformer;
pub use vector::Vector;
#[cfg(not(feature = "transformer"))]
pub use without::{Transformer, distill};

use cells::{Centroids, Groups};
use table::{Folder, Header, Layout, flag};
#[cfg(feature = "tokenizers")]
use tokenizer::Tokenizer;
#[cfg(not(feature = "tokenizers"))]
use without::Tokenizer;

/// Of a longer text, this many tokens count. Model2Vec has the same limit.
const MOST_TOKENS: usize = 512;

/// Words of a question that [`Embedder::meaning`] reads: what is asked stands at the beginning.
pub const QUESTION_WORDS: usize = 100;

/// The built-in table, where 64-bit words can be read in place.
#[repr(C, align(8))]
struct Aligned<Bytes: ?Sized>(Bytes);

static BUILTIN: &Aligned<[u8]> = &Aligned(*include_bytes!(concat!(env!("OUT_DIR"), "/builtin.embedding")));

/// A static embedding model. Immutable and cheap to clone.
#[derive(Clone)]
pub struct Embedder {
    table: Table,
    header: Header,
    layout: Layout,
    /// Where the table has one.
    tokenizer: Option<Arc<Tokenizer>>,
    /// Made when a cell is first asked for.
    groups: Arc<OnceLock<Groups>>,
}

/// Where the bytes of a table lie, always at an address that 64-bit words have.
#[derive(Clone)]
enum Table {
    BuiltIn(&'static [u8]),
    Compiled(Arc<[u64]>),
    Mapped(Arc<Mmap>),
}

impl Table {
    fn bytes(&self) -> &[u8] {
        match self {
            Table::BuiltIn(bytes) => bytes,
            Table::Compiled(words) => bytemuck::cast_slice(words),
            Table::Mapped(file) => file,
        }
    }
}

/// What a thread is about, as vectors. A part without a known word has none.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Meaning {
    /// Of [`Thread::heading`].
    pub title: Option<Vector>,
    /// Of the first [`QUESTION_WORDS`] words of the patient's first post.
    pub question: Option<Vector>,
}

impl Embedder {
    /// The model that travels in the program: English, trained for health questions.
    pub fn builtin() -> Embedder {
        Embedder::over(Table::BuiltIn(&BUILTIN.0))
    }

    /// The model in a folder of Model2Vec's format.
    ///
    /// # Errors
    ///
    /// When the folder is not such a model: the error names the file, what was met and what is expected.
    pub fn open(folder: &Path) -> Result<Embedder, EmbedError> {
        let path = folder.join("tokenizer.json");
        let mut folder = Folder::read(folder)?;
        let mut embedder = Embedder::over(Table::Compiled(table::compile(&folder).into()));
        embedder.read_tokenizer(&path, |problem| EmbedError::Unfit { path: path.clone(), problem })?;
        if folder.cells.is_empty() {
            folder.cells = embedder.cells_of_concepts();
            let tokenizer = embedder.tokenizer;
            embedder = Embedder { tokenizer, ..Embedder::over(Table::Compiled(table::compile(&folder).into())) };
        }
        Ok(embedder)
    }

    /// A model that [`Embedder::bytes`] wrote to a file, read where it lies.
    ///
    /// # Errors
    ///
    /// When the file cannot be read, or is not as it was written.
    pub fn open_compiled(path: &Path) -> Result<Embedder, EmbedError> {
        let unreadable =
            |error: std::io::Error| EmbedError::Damaged { path: path.into(), problem: format!("cannot be read: {error}") };
        let file = std::fs::File::open(path).map_err(unreadable)?;
        // SAFETY: an index's table is written once under a new name and never changed in place.
        let file = unsafe { Mmap::map(&file) }.map_err(unreadable)?;
        Embedder::of_checked(Table::Mapped(Arc::new(file)), path)
    }

    /// The same of its bytes, read from somewhere under `path`.
    ///
    /// # Errors
    ///
    /// When they are not as they were written.
    pub fn of_compiled(bytes: &[u8], path: &Path) -> Result<Embedder, EmbedError> {
        let mut words = vec![0u64; bytes.len().div_ceil(size_of::<u64>())];
        bytemuck::cast_slice_mut(&mut words)[..bytes.len()].copy_from_slice(bytes);
        Embedder::of_checked(Table::Compiled(words.into()), path)
    }

    /// A table that was read from somewhere under `path`, once it is known to be as it was written.
    fn of_checked(table: Table, path: &Path) -> Result<Embedder, EmbedError> {
        let damaged = |problem: String| EmbedError::Damaged { path: path.into(), problem };
        table::check(table.bytes()).map_err(|problem| damaged(problem.into()))?;
        let mut embedder = Embedder::over(table);
        embedder.read_tokenizer(path, damaged)?;
        Ok(embedder)
    }

    /// The compiled form, to be written to a file and opened again.
    pub fn bytes(&self) -> &[u8] {
        self.table.bytes()
    }

    fn over(table: Table) -> Embedder {
        let header: Header = bytemuck::pod_read_unaligned(&table.bytes()[..size_of::<Header>()]);
        debug_assert_eq!(header.magic, table::MAGIC);
        Embedder { layout: header.layout(), header, table, tokenizer: None, groups: Arc::default() }
    }

    /// Reads the tokenizer that the table may have; without it such a table is of no use.
    fn read_tokenizer(&mut self, path: &Path, wrong: impl FnOnce(String) -> EmbedError) -> Result<(), EmbedError> {
        if self.has(flag::TOKENIZER) {
            let file: &[u8] = self.section(&self.layout.text);
            if cfg!(not(feature = "tokenizers")) {
                return Err(EmbedError::WithoutTokenizers { path: path.into(), met: table::differs(file) });
            }
            self.tokenizer = Some(Arc::new(Tokenizer::read(file).map_err(wrong)?));
        }
        Ok(())
    }

    /// Centroids for a model that brings none: the names of the built-in lexicon's concepts, which lie where consults do. None where
    /// the model knows no word of them.
    fn cells_of_concepts(&self) -> Vec<f32> {
        let lexicon = Lexicon::core();
        let names = (0..lexicon.len() as u32).map(|id| lexicon.concept(ConceptId(id)).name);
        let mut vectors: Vec<Vector> = names.filter_map(|name| self.embed(name)).collect();
        vectors.dedup();
        let numbers: Vec<f32> = vectors.iter().flat_map(Vector::numbers).collect();
        table::cells_among(&numbers, self.dimension())
    }

    /// The direction of a text: the sum of its tokens' rows. `None` for a text without a known token. Of a long text the first 512
    /// tokens count.
    pub fn embed(&self, text: &str) -> Option<Vector> {
        let mut found = self.tokens(text);
        found.sort_unstable();
        let mut sum = vec![0f32; self.dimension()];
        for same in found.chunk_by(|a, b| a == b) {
            let times = same.len() as f32;
            self.add(same[0] as usize, if self.has(flag::SQUARE_ROOT) { times.sqrt() } else { times }, &mut sum);
        }
        Vector::towards(&sum)
    }

    /// The first of a text's tokens, by their rows.
    fn tokens(&self, text: &str) -> Vec<u32> {
        if let Some(tokenizer) = &self.tokenizer {
            let mut found = tokenizer.cut(text);
            found.truncate(MOST_TOKENS);
            // Special tokens may be numbered after the last that has a row.
            found.retain(|&token| token < self.header.tokens);
            return found;
        }
        let mut found = Vec::new();
        tokens::Walk::over(self, text, |token| {
            found.push(token);
            found.len() < MOST_TOKENS
        });
        found
    }

    /// The vectors of a thread.
    pub fn meaning(&self, thread: &Thread) -> Meaning {
        let question = thread.question().map_or("", |post| post.text.as_str());
        Meaning { title: self.embed(thread.heading()), question: self.embed(first_words(question, QUESTION_WORDS)) }
    }

    /// The cells in which a vector's neighbours lie, nearest first: at most `probes`. The first is the cell that the vector itself
    /// lies in. A cell's number is below [`Embedder::cell_count`].
    pub fn cells(&self, vector: &Vector, probes: usize) -> Vec<u32> {
        let centroids = Centroids {
            numbers: self.section(&self.layout.cells),
            scales: self.section(&self.layout.cell_scales),
            dimension: self.dimension(),
        };
        if vector.dimension() != centroids.dimension || probes == 0 {
            return Vec::new();
        }
        let groups = self.groups.get_or_init(|| Groups::of(centroids));
        groups.nearest(centroids, vector.raw(), probes)
    }

    /// Cells of the coarse quantiser.
    pub fn cell_count(&self) -> usize {
        self.header.cells as usize
    }

    /// Words that [`Mixed::pack`] gives for a vector of this model.
    pub fn packed_len(&self) -> usize {
        packed::packed_len(self.dimension())
    }

    /// Numbers in a vector of this model.
    pub fn dimension(&self) -> usize {
        self.header.dimension as usize
    }

    /// Tells models apart: an index keeps it, and vectors of two fingerprints are not compared.
    pub fn fingerprint(&self) -> u64 {
        self.header.fingerprint
    }

    /// The model's name: what its `config.json` calls it, or its folder's name.
    pub fn name(&self) -> &str {
        std::str::from_utf8(self.section(&self.layout.name)).unwrap_or_default()
    }

    fn has(&self, flag: u32) -> bool {
        self.header.flags & flag != 0
    }

    /// Bytes of the longest token's text.
    fn longest_token(&self) -> usize {
        self.header.longest as usize
    }

    fn add(&self, token: usize, weight: f32, sum: &mut [f32]) {
        let scale = self.section::<f32>(&self.layout.scales)[token] * weight;
        let row: &[i8] = &self.section(&self.layout.rows)[token * sum.len()..][..sum.len()];
        for (sum, &number) in sum.iter_mut().zip(row) {
            *sum += f32::from(number) * scale;
        }
    }

    /// The number of the token that is written so.
    fn token(&self, written: &[u8]) -> Option<u32> {
        let slots: &[u32] = self.section(&self.layout.slots);
        let ends: &[u32] = self.section(&self.layout.ends);
        let text: &[u8] = self.section(&self.layout.text);
        let mut place = table::slot(written, self.header.slots);
        loop {
            let token = slots[place as usize].checked_sub(1)?;
            let start = if token == 0 { 0 } else { ends[token as usize - 1] };
            if &text[start as usize..ends[token as usize] as usize] == written {
                return Some(token);
            }
            place = (place + 1) & (self.header.slots - 1);
        }
    }

    fn section<Number: bytemuck::Pod>(&self, range: &Range<usize>) -> &[Number] {
        bytemuck::cast_slice(&self.table.bytes()[range.clone()])
    }
}

/// The first words of a text.
pub fn first_words(text: &str, count: usize) -> &str {
    let end =
        text.split_whitespace().take(count).last().map_or(0, |word| word.as_ptr() as usize + word.len() - text.as_ptr() as usize);
    &text[..end]
}
