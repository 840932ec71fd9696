//! The **columns** of a segment: what ranking reads of a thread without touching its text. A view opens them once and keeps them.

use tantivy::columnar::{Column, StrColumn};
use tantivy::fieldnorm::FieldNormReader;
use tantivy::{DocAddress, DocId, SegmentReader};

use crate::thread::{Sex, ThreadId};

use super::{ConceptUse, Fields, IndexError, Standing, View, WordUse, sex_of_code};

/// What ranking reads of the threads of one segment.
pub struct Columns {
    concepts: Column<u64>,
    words: Column<u64>,
    vector: Column<u64>,
    standing: Column<u64>,
    published: Column<i64>,
    age: Column<f64>,
    sex: Column<u64>,
    content: Column<u64>,
    /// `None` in a segment without threads.
    id: Option<StrColumn>,
    norms: [FieldNormReader; 3],
}

impl Columns {
    pub(super) fn open(reader: &SegmentReader, fields: &Fields) -> tantivy::Result<Columns> {
        let fast = reader.fast_fields();
        Ok(Columns {
            concepts: fast.u64("concepts")?,
            words: fast.u64("words")?,
            vector: fast.u64("vector")?,
            standing: fast.u64("standing")?,
            published: fast.i64("published")?,
            age: fast.f64("age")?,
            sex: fast.u64("sex")?,
            content: fast.u64("content")?,
            id: fast.str("id")?,
            norms: [
                reader.get_fieldnorms_reader(fields.title)?,
                reader.get_fieldnorms_reader(fields.question)?,
                reader.get_fieldnorms_reader(fields.answers)?,
            ],
        })
    }

    /// The concepts of a thread, by number.
    pub fn concepts(&self, doc: DocId) -> impl Iterator<Item = ConceptUse> + '_ {
        self.concepts.values_for_doc(doc).filter_map(ConceptUse::unpack)
    }

    /// Calls `each` with every word of a thread. `buffer` is work space.
    #[inline]
    pub fn for_each_word(&self, doc: DocId, buffer: &mut Vec<u64>, each: impl FnMut(WordUse)) {
        let rows = self.words.index.value_row_ids(doc);
        buffer.resize(rows.len(), 0);
        self.words.values.get_range(u64::from(rows.start), buffer);
        buffer.iter().map(|&packed| WordUse::unpack(packed)).for_each(each);
    }

    /// The packed vectors of a thread's title and question, one after the other, into `buffer`; `false` where it has none of that
    /// length.
    pub fn vectors(&self, doc: DocId, buffer: &mut [u64]) -> bool {
        let rows = self.vector.index.value_row_ids(doc);
        let fits = rows.len() == buffer.len();
        if fits {
            self.vector.values.get_range(u64::from(rows.start), buffer);
        }
        fits
    }

    /// Tantivy's one-byte code for a field's length; fields are title, question, answers.
    #[inline]
    pub fn length_code(&self, field: usize, doc: DocId) -> usize {
        usize::from(self.norms[field].fieldnorm_id(doc))
    }

    pub fn standing(&self, doc: DocId) -> Standing {
        Standing::from_bits(self.standing.first(doc).unwrap_or(0))
    }

    /// Days from 1970-01-01.
    pub fn published(&self, doc: DocId) -> Option<i64> {
        self.published.first(doc)
    }

    /// In years.
    pub fn age(&self, doc: DocId) -> Option<f64> {
        self.age.first(doc)
    }

    pub fn sex(&self, doc: DocId) -> Option<Sex> {
        self.sex.first(doc).and_then(sex_of_code)
    }

    /// Hash of all that the thread says.
    pub fn content(&self, doc: DocId) -> Option<u64> {
        self.content.first(doc)
    }

    fn id(&self, doc: DocId) -> Option<ThreadId> {
        let column = self.id.as_ref()?;
        let mut id = String::new();
        let ord = column.term_ords(doc).next()?;
        column.ord_to_str(ord, &mut id).ok()?.then(|| ThreadId::from(id))
    }
}

impl View {
    /// The id of a thread. A dictionary has to be asked for it: read it only of threads that are shown or may tie.
    pub fn id(&self, at: DocAddress) -> Result<ThreadId, IndexError> {
        self.columns(at.segment_ord)?.id(at.doc_id).ok_or_else(|| self.damaged("a thread has no id"))
    }
}
