//! A **view** is the index as of one commit. It stays the same while a writer goes on.

use std::sync::{Arc, OnceLock};

use tantivy::schema::{Field, IndexRecordOption, Value};
use tantivy::{DocAddress, DocSet, ReloadPolicy, Searcher, TERMINATED, TantivyDocument, Term};

use crate::clinical::{Annotation, Annotator, Lexicon};
use crate::embed::Embedder;
use crate::thread::{Thread, ThreadId};

use super::columns::Columns;
use super::{Fields, Index, IndexError, Settings};

#[derive(Clone)]
pub struct View {
    index: Index,
    searcher: Searcher,
    /// Made when they are first asked for.
    concept_idf: Arc<OnceLock<Arc<[f32]>>>,
    columns: Arc<OnceLock<Box<[Columns]>>>,
}

/// How rare something is: ln(1 + (N − n + ½) / (n + ½)), never negative (as BM25 in Lucene and tantivy). `having` of `all` threads
/// have it.
pub fn idf(having: u64, all: u64) -> f32 {
    let (having, all) = (having as f32, all.max(having) as f32);
    (1.0 + (all - having + 0.5) / (having + 0.5)).ln()
}

impl View {
    pub(super) fn open(index: &Index) -> Result<View, IndexError> {
        let reader = index
            .tantivy
            .reader_builder()
            .reload_policy(ReloadPolicy::Manual)
            .try_into()
            .map_err(|error| IndexError::opening(&index.path, error))?;
        Ok(View { index: index.clone(), searcher: reader.searcher(), concept_idf: Arc::default(), columns: Arc::default() })
    }

    pub fn index(&self) -> &Index {
        &self.index
    }

    /// What the last commit says of the whole index. The same commit as this view's where a writer's lock is held.
    pub fn settings(&self) -> Result<Settings, IndexError> {
        Settings::of(&self.index.tantivy, &self.index.path)
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

    /// Makes vectors as those of this index were made.
    pub fn embedder(&self) -> &Embedder {
        self.index.embedder()
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

    /// The columns of a segment, by its number in the view.
    pub fn columns(&self, segment: u32) -> Result<&Columns, IndexError> {
        if self.columns.get().is_none() {
            let readers = self.searcher.segment_readers().iter();
            let opened: tantivy::Result<Box<[Columns]>> = readers.map(|reader| Columns::open(reader, self.fields())).collect();
            let opened = opened.map_err(|error| self.damaged(error))?;
            self.columns.get_or_init(|| opened);
        }
        Ok(&self.columns.get().expect("opened above")[segment as usize])
    }

    /// Where every thread stands.
    pub fn addresses(&self) -> impl Iterator<Item = DocAddress> + '_ {
        let segments = self.searcher.segment_readers().iter().enumerate();
        segments.flat_map(|(segment, reader)| reader.doc_ids_alive().map(move |doc| DocAddress::new(segment as u32, doc)))
    }

    /// Mentions over all threads.
    pub fn mentions(&self) -> Result<u64, IndexError> {
        let mut sum = 0;
        for reader in self.searcher.segment_readers() {
            let column = reader.fast_fields().u64("mentions").map_err(|error| self.damaged(error))?;
            sum += reader.doc_ids_alive().filter_map(|doc| column.first(doc)).sum::<u64>();
        }
        Ok(sum)
    }

    /// Concepts that at least one thread mentions, broader ones counted.
    pub fn concepts_met(&self) -> Result<usize, IndexError> {
        let unmet = idf(0, self.len());
        Ok(self.concept_idf()?.iter().filter(|&&rarity| rarity < unmet).count())
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

    /// Ids that are written much like one that is not there, the likest first.
    pub fn ids_like(&self, id: &str, most: usize) -> Result<Vec<ThreadId>, IndexError> {
        /// Likeness by Jaro and Winkler from which an id may have been meant.
        const LIKE: f64 = 0.85;
        /// Ids that are looked at: a moment's work.
        const LOOKED_AT: usize = 500_000;
        let mut like: Vec<(f64, String)> = Vec::new();
        for reader in self.searcher.segment_readers() {
            let inverted = reader.inverted_index(self.fields().id).map_err(|error| self.damaged(error))?;
            let mut terms = inverted.terms().stream().map_err(|error| self.damaged(error))?;
            let mut left = LOOKED_AT;
            while left > 0 && terms.advance() {
                left -= 1;
                let Ok(known) = std::str::from_utf8(terms.key()) else { continue };
                let likeness = strsim::jaro_winkler(known, id);
                if likeness >= LIKE {
                    like.push((likeness, known.to_owned()));
                }
            }
        }
        like.sort_by(|a, b| b.0.total_cmp(&a.0).then_with(|| a.1.cmp(&b.1)));
        like.dedup_by(|a, b| a.1 == b.1);
        let ids = like.into_iter().map(|(_, id)| ThreadId::from(id));
        // A thread that was taken out has its id in the dictionary until segments are merged.
        let mut found = Vec::new();
        for id in ids {
            if found.len() < most && self.find(&id)?.is_some() {
                found.push(id);
            }
        }
        Ok(found)
    }

    /// The thread as it was stored.
    pub fn thread(&self, at: DocAddress) -> Result<Thread, IndexError> {
        let document = self.document(at)?;
        serde_json::from_slice(self.bytes_of(&document, self.fields().thread)?).map_err(|error| self.damaged(error))
    }

    /// The thread with the mentions that clinical reading found in it.
    pub fn annotated(&self, at: DocAddress) -> Result<(Thread, Annotation), IndexError> {
        let document = self.document(at)?;
        let thread =
            serde_json::from_slice(self.bytes_of(&document, self.fields().thread)?).map_err(|error| self.damaged(error))?;
        let annotation =
            postcard::from_bytes(self.bytes_of(&document, self.fields().annotation)?).map_err(|error| self.damaged(error))?;
        Ok((thread, annotation))
    }

    /// The rarity of every concept of the lexicon, by its number: [`idf`] over the threads that mention it or a narrower one, other
    /// than as denied or a relative's.
    pub fn concept_idf(&self) -> Result<Arc<[f32]>, IndexError> {
        if let Some(known) = self.concept_idf.get() {
            return Ok(known.clone());
        }
        let lexicon = self.lexicon();
        let mut having = vec![0u64; lexicon.len()];
        for reader in self.searcher.segment_readers() {
            let inverted = reader.inverted_index(self.fields().within).map_err(|error| self.damaged(error))?;
            let mut terms = inverted.terms().stream().map_err(|error| self.damaged(error))?;
            while terms.advance() {
                let id = std::str::from_utf8(terms.key()).ok().and_then(|id| lexicon.by_id(id));
                let id = id.ok_or_else(|| self.damaged("it names a concept that its lexicon does not have"))?;
                having[id.0 as usize] += u64::from(terms.value().doc_freq);
            }
        }
        let all = self.len();
        let rarity: Arc<[f32]> = having.into_iter().map(|having| idf(having, all)).collect();
        Ok(self.concept_idf.get_or_init(|| rarity).clone())
    }

    fn document(&self, at: DocAddress) -> Result<TantivyDocument, IndexError> {
        self.searcher.doc(at).map_err(|error| self.damaged(error))
    }

    fn bytes_of<'d>(&self, document: &'d TantivyDocument, field: Field) -> Result<&'d [u8], IndexError> {
        let name = || self.searcher.schema().get_field_name(field).to_owned();
        document
            .get_first(field)
            .and_then(|value| value.as_bytes())
            .ok_or_else(|| self.damaged(format!("a thread has no {}", name())))
    }

    pub fn damaged(&self, reason: impl ToString) -> IndexError {
        IndexError::damaged(&self.index.path, reason)
    }
}
