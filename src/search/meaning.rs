//! **Meaning**: threads near in vector space. The index keeps for each thread the cells of a coarse quantiser in which its vectors lie,
//! and the vectors themselves in a column. In: vectors. Out: the threads of the nearest cells, and cosines of any thread.
//!
//! The cells are fixed with the embedding table, so their posting lists grow with the archive: with 2,048 cells and four probes
//! a 512th of the archive is compared. [`MOST_COMPARED`] bounds that: beyond half a million threads fewer cells are looked into, and beyond
//! two millions not the whole of the nearest.

use tantivy::schema::IndexRecordOption;
use tantivy::{DocAddress, DocId, SegmentReader, Term};

use crate::embed::{Embedder, Meaning, Mixed, Vector, packed_scale, unpack};
use crate::index::{Columns, IndexError, View};

use super::accumulator::Best;

/// Cells looked into for one vector.
const PROBES: usize = 4;

/// Threads compared for one vector at most, over all segments: about a tenth of a millisecond's work.
const MOST_COMPARED: usize = 1_000;

/// How near a thread's title and question are to those asked about, as cosines.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Nearness {
    pub title: f32,
    pub question: f32,
    /// The better of title to question and question to title.
    pub crossed: f32,
}

/// Compares vectors with those of an index's threads.
pub struct Comparer {
    title: Option<Mixed>,
    question: Option<Mixed>,
    buffer: Vec<u64>,
}

impl Comparer {
    pub fn new(embedder: &Embedder, meaning: &Meaning) -> Comparer {
        let mixed = |vector: &Option<Vector>| vector.as_ref().map(Mixed::of);
        let buffer = vec![0; 2 * embedder.packed_len()];
        Comparer { title: mixed(&meaning.title), question: mixed(&meaning.question), buffer }
    }

    /// All zero for a thread without vectors.
    pub fn nearness(&mut self, columns: &Columns, doc: DocId) -> Nearness {
        if !columns.vectors(doc, &mut self.buffer) {
            return Nearness::default();
        }
        let (title, question) = self.buffer.split_at(self.buffer.len() / 2);
        let [title, question] = [title, question].map(|packed| (packed, packed_scale(packed)));
        let cosine = |vector: &Option<Mixed>, (packed, scale): (&[u64], f32)| {
            vector.as_ref().map_or(0.0, |vector| vector.cosine(packed, scale))
        };
        Nearness {
            title: cosine(&self.title, title),
            question: cosine(&self.question, question),
            crossed: cosine(&self.title, question).max(cosine(&self.question, title)),
        }
    }
}

/// The vectors of a thread's title and question, as far as it has them.
pub fn vectors(view: &View, at: DocAddress) -> Result<[Option<Vector>; 2], IndexError> {
    let embedder = view.embedder();
    let mut buffer = vec![0; 2 * embedder.packed_len()];
    if !view.columns(at.segment_ord)?.vectors(at.doc_id, &mut buffer) {
        return Ok([None, None]);
    }
    let (title, question) = buffer.split_at(embedder.packed_len());
    Ok([title, question].map(|packed| unpack(packed, embedder.dimension())))
}

/// The threads that are nearest by any of the cosines, at most `most`.
pub fn nearest(view: &View, meaning: &Meaning, most: usize) -> Result<Vec<DocAddress>, IndexError> {
    let mut comparer = Comparer::new(view.embedder(), meaning);
    let mut best = Best::new(most);
    let threads = view.searcher().segment_readers().iter().map(|reader| u64::from(reader.max_doc())).sum::<u64>().max(1);
    let probes = [&meaning.title, &meaning.question].map(|vector| match vector {
        Some(vector) => view.embedder().cells(vector, PROBES),
        None => Vec::new(),
    });
    for (segment, reader) in view.searcher().segment_readers().iter().enumerate() {
        let columns = view.columns(segment as u32)?;
        let share = (MOST_COMPARED as u64 * u64::from(reader.max_doc())).div_ceil(threads) as usize;
        let mut docs = in_cells(view, reader, &probes, share).map_err(|error| view.damaged(error))?;
        docs.sort_unstable();
        docs.dedup();
        docs.retain(|&doc| !reader.is_deleted(doc));
        for doc in docs {
            let near = comparer.nearness(columns, doc);
            best.keep(near.title.max(near.question).max(near.crossed), DocAddress::new(segment as u32, doc));
        }
    }
    Ok(best.into_addresses())
}

/// The threads of the nearest cells of a segment, at most so many for each vector.
fn in_cells(view: &View, reader: &SegmentReader, probes: &[Vec<u32>], most: usize) -> tantivy::Result<Vec<DocId>> {
    let inverted = reader.inverted_index(view.fields().cell)?;
    let mut docs = Vec::new();
    for cells in probes {
        let before = docs.len();
        for &cell in cells {
            let term = Term::from_field_u64(view.fields().cell, u64::from(cell));
            let Some(mut block) = inverted.read_block_postings(&term, IndexRecordOption::Basic)? else { continue };
            while block.block_len() > 0 && docs.len() - before < most {
                docs.extend_from_slice(block.docs());
                block.advance();
            }
        }
        docs.truncate(before + most);
    }
    Ok(docs)
}
