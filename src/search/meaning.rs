//! **Meaning**: threads near in vector space. The index keeps for each thread the cells of a coarse quantiser in which its vectors lie,
//! and the vectors themselves in a column. In: vectors. Out: the threads of the nearest cells, and cosines of any thread.
//!
//! The cells are fixed with the embedding table, so their posting lists grow with the archive: with 1,024 cells and eight probes
//! a 128th of the archive is compared. [`MOST_COMPARED`] bounds that: beyond some millions of threads, the probes get fewer.

use tantivy::columnar::Column;
use tantivy::schema::IndexRecordOption;
use tantivy::{DocId, SegmentReader, Term};

use crate::embed::{Meaning, Vector};
use crate::index::{IndexError, View};

/// Cells looked into for one vector.
const PROBES: usize = 6;

/// Threads compared for one vector and segment at most: about two milliseconds' work.
const MOST_COMPARED: usize = 20_000;

/// How near a thread's title and question are to those asked about, as cosines.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Nearness {
    pub title: f32,
    pub question: f32,
    /// The better of title to question and question to title.
    pub crossed: f32,
}

/// The vectors of the threads of one segment.
pub struct VectorColumn {
    column: Column<u64>,
    packed_len: usize,
    buffer: Vec<u64>,
}

impl VectorColumn {
    pub fn open(view: &View, reader: &SegmentReader) -> Result<VectorColumn, IndexError> {
        let column = reader.fast_fields().u64("vector").map_err(|error| view.damaged(error))?;
        let packed_len = view.embedder().packed_len();
        Ok(VectorColumn { column, packed_len, buffer: vec![0; 2 * packed_len] })
    }

    /// All zero for a thread without vectors.
    pub fn nearness(&mut self, meaning: &Meaning, doc: DocId) -> Nearness {
        let rows = self.column.index.value_row_ids(doc);
        if rows.len() != self.buffer.len() {
            return Nearness::default();
        }
        self.column.values.get_range(u64::from(rows.start), &mut self.buffer);
        let (title, question) = self.buffer.split_at(self.packed_len);
        let cosine = |vector: &Option<Vector>, other: &[u64]| vector.as_ref().map_or(0.0, |vector| vector.cosine_packed(other));
        Nearness {
            title: cosine(&meaning.title, title),
            question: cosine(&meaning.question, question),
            crossed: cosine(&meaning.title, question).max(cosine(&meaning.question, title)),
        }
    }
}

/// The `most` threads of a segment that are nearest by any of the cosines.
pub fn nearest(view: &View, segment: usize, meaning: &Meaning, most: usize) -> Result<Vec<DocId>, IndexError> {
    let reader = view.searcher().segment_reader(segment as u32);
    let mut column = VectorColumn::open(view, reader)?;
    let mut docs = in_cells(view, reader, meaning).map_err(|error| view.damaged(error))?;
    docs.sort_unstable();
    docs.dedup();
    let mut compared: Vec<(f32, DocId)> = docs
        .into_iter()
        .map(|doc| {
            let near = column.nearness(meaning, doc);
            (near.title.max(near.question).max(near.crossed), doc)
        })
        .collect();
    if compared.len() > most {
        compared.select_nth_unstable_by(most, |a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)));
        compared.truncate(most);
    }
    Ok(compared.into_iter().map(|(_, doc)| doc).collect())
}

fn in_cells(view: &View, reader: &SegmentReader, meaning: &Meaning) -> tantivy::Result<Vec<DocId>> {
    let inverted = reader.inverted_index(view.fields().cell)?;
    let mut docs = Vec::new();
    for vector in [&meaning.title, &meaning.question].into_iter().flatten() {
        let before = docs.len();
        for cell in view.embedder().cells(vector, PROBES) {
            let term = Term::from_field_u64(view.fields().cell, u64::from(cell));
            let Some(mut block) = inverted.read_block_postings(&term, IndexRecordOption::Basic)? else { continue };
            while block.block_len() > 0 && docs.len() - before < MOST_COMPARED {
                docs.extend_from_slice(block.docs());
                block.advance();
            }
        }
    }
    Ok(docs)
}
