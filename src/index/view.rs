//! A **view** is the index as of one commit. It stays the same while a writer goes on.

use tantivy::schema::{Field, IndexRecordOption, Value};
use tantivy::{DocAddress, DocSet, ReloadPolicy, Searcher, TERMINATED, TantivyDocument, Term};

use crate::clinical::{Annotation, Annotator, Lexicon};
use crate::thread::{Thread, ThreadId};

use super::{Fields, Index, IndexError};

#[derive(Clone)]
pub struct View {
    index: Index,
    searcher: Searcher,
}

impl View {
    pub(super) fn open(index: &Index) -> Result<View, IndexError> {
        let reader = index
            .tantivy
            .reader_builder()
            .reload_policy(ReloadPolicy::Manual)
            .try_into()
            .map_err(|error| IndexError::opening(&index.path, error))?;
        Ok(View { index: index.clone(), searcher: reader.searcher() })
    }

    pub fn index(&self) -> &Index {
        &self.index
    }

    pub fn fields(&self) -> &Fields {
        &self.index.fields
    }

    pub fn annotator(&self) -> &Annotator {
        self.index.annotator()
    }

    pub fn lexicon(&self) -> &Lexicon {
        self.index.lexicon()
    }

    pub fn searcher(&self) -> &Searcher {
        &self.searcher
    }

    /// Threads in the index.
    pub fn len(&self) -> u64 {
        self.searcher.num_docs()
    }

    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Where the thread of this id stands, if it is in.
    pub fn find(&self, id: &ThreadId) -> Result<Option<DocAddress>, IndexError> {
        let term = Term::from_field_text(self.fields().id, id.as_str());
        for (segment, reader) in self.searcher.segment_readers().iter().enumerate() {
            let inverted = reader.inverted_index(self.fields().id).map_err(|error| self.damaged(error))?;
            let postings = inverted.read_postings(&term, IndexRecordOption::Basic).map_err(|error| self.damaged(error))?;
            let Some(mut postings) = postings else { continue };
            while postings.doc() != TERMINATED {
                if !reader.is_deleted(postings.doc()) {
                    return Ok(Some(DocAddress::new(segment as u32, postings.doc())));
                }
                postings.advance();
            }
        }
        Ok(None)
    }

    /// The thread as it was stored.
    pub fn thread(&self, at: DocAddress) -> Result<Thread, IndexError> {
        let document = self.document(at)?;
        serde_json::from_slice(self.bytes_of(&document, self.fields().thread)?).map_err(|error| self.damaged(error))
    }

    /// The thread with the mentions that clinical reading found in it.
    pub fn annotated(&self, at: DocAddress) -> Result<(Thread, Annotation), IndexError> {
        let document = self.document(at)?;
        let thread = serde_json::from_slice(self.bytes_of(&document, self.fields().thread)?).map_err(|error| self.damaged(error))?;
        let annotation =
            postcard::from_bytes(self.bytes_of(&document, self.fields().annotation)?).map_err(|error| self.damaged(error))?;
        Ok((thread, annotation))
    }

    fn document(&self, at: DocAddress) -> Result<TantivyDocument, IndexError> {
        self.searcher.doc(at).map_err(|error| self.damaged(error))
    }

    fn bytes_of<'d>(&self, document: &'d TantivyDocument, field: Field) -> Result<&'d [u8], IndexError> {
        let name = || self.searcher.schema().get_field_name(field).to_owned();
        document.get_first(field).and_then(|value| value.as_bytes()).ok_or_else(|| self.damaged(format!("a thread has no {}", name())))
    }

    pub fn damaged(&self, reason: impl ToString) -> IndexError {
        IndexError::damaged(&self.index.path, reason)
    }
}
