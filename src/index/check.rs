//! **Checking** an index: whether its files are as they were written, and whether what it says of a thread in one place agrees with
//! what it says in another.

use rustc_hash::FxHashSet;
use tantivy::schema::{Field, IndexRecordOption};
use tantivy::{DocAddress, DocSet, SegmentReader, TERMINATED};
use xxhash_rust::xxh3::{xxh3_64, xxh3_64_with_seed};

use super::document::for_each_concept_term;
use super::{ConceptUse, IndexError, View, content_hash};

/// What checking found. The index is whole when there is no fault.
#[derive(Debug, Default, serde::Serialize)]
pub struct Checked {
    pub threads: u64,
    pub mentions: u64,
    /// One sentence each; at most [`Checked::MOST`].
    pub faults: Vec<String>,
}

impl Checked {
    /// Faults that are told; a damaged file gives one for every thread.
    pub const MOST: usize = 20;

    fn fault(&mut self, says: String) {
        if self.faults.len() < Checked::MOST {
            self.faults.push(says);
        }
    }
}

impl View {
    /// Reads every file, and every thread of the segments whose files are whole: checksums, stored threads and mentions that parse,
    /// counts, columns and postings of concepts that agree, ids that are there once, and the lexicon and model that the index keeps.
    pub fn check(&self) -> Result<Checked, IndexError> {
        let mut checked = Checked::default();
        let damaged = self.index().damaged_files().map_err(|error| self.damaged(error))?;
        for file in &damaged {
            checked.fault(format!("{}: its checksum is not that of its bytes", file.display()));
        }
        for fault in self.settings()?.check_files(self.index()) {
            checked.fault(fault);
        }
        let mut ids = FxHashSet::default();
        for (segment, reader) in (0..).zip(self.searcher().segment_readers()) {
            // What such a file says is worth nothing, and may lead anywhere.
            let segment_id = reader.segment_id().uuid_string();
            if damaged.iter().any(|file| file.to_string_lossy().starts_with(&segment_id)) {
                checked.threads += u64::from(reader.num_docs());
                continue;
            }
            let postings = self.postings_of_concepts(reader).map_err(|error| self.damaged(error))?;
            for doc in reader.doc_ids_alive() {
                checked.threads += 1;
                self.check_thread(DocAddress::new(segment, doc), postings[doc as usize], &mut ids, &mut checked)?;
            }
        }
        Ok(checked)
    }

    fn check_thread(
        &self,
        at: DocAddress,
        postings: u64,
        ids: &mut FxHashSet<u64>,
        checked: &mut Checked,
    ) -> Result<(), IndexError> {
        let (thread, annotation) = match self.annotated(at) {
            Ok(read) => read,
            Err(error) => {
                checked.fault(error.to_string());
                return Ok(());
            }
        };
        let id = &thread.id;
        if !ids.insert(xxh3_64(id.as_str().as_bytes())) {
            checked.fault(format!("thread {id}: it is in the index twice"));
        }
        let mentions = annotation.mentions().count() as u64;
        checked.mentions += mentions;
        let columns = self.searcher().segment_reader(at.segment_ord).fast_fields();
        let counted = columns.u64("mentions").map_err(|error| self.damaged(error))?.first(at.doc_id);
        if counted != Some(mentions) {
            checked.fault(format!("thread {id}: {mentions} mentions are stored, its column says {counted:?}"));
        }
        let content = columns.u64("content").map_err(|error| self.damaged(error))?.first(at.doc_id);
        if content != Some(content_hash(&thread)) {
            checked.fault(format!("thread {id}: what is stored is not what was read"));
        }
        let concepts = columns.u64("concepts").map_err(|error| self.damaged(error))?;
        let of_column: Vec<_> = concepts.values_for_doc(at.doc_id).filter_map(ConceptUse::unpack).collect();
        let uses = ConceptUse::of_thread(&thread, &annotation);
        if of_column != uses {
            checked.fault(format!("thread {id}: the concepts of its column are not those of its stored mentions"));
        }
        let mut expected = 0;
        for_each_concept_term(&uses, self.fields(), self.lexicon(), |field, concept| {
            expected = posting(field, concept.as_bytes()).wrapping_add(expected);
        });
        if postings != expected {
            checked.fault(format!("thread {id}: the postings of concepts are not those of its stored mentions"));
        }
        Ok(())
    }

    /// A sum for each document of the concepts under whose postings it stands.
    fn postings_of_concepts(&self, reader: &SegmentReader) -> tantivy::Result<Vec<u64>> {
        let mut sums = vec![0u64; reader.max_doc() as usize];
        let fields = self.fields();
        for &field in fields.concepts_of.iter().chain(&fields.denied_of).chain([&fields.within]) {
            let inverted = reader.inverted_index(field)?;
            let mut terms = inverted.terms().stream()?;
            while terms.advance() {
                let concept = posting(field, terms.key());
                let mut postings = inverted.read_postings_from_terminfo(terms.value(), IndexRecordOption::Basic)?;
                while postings.doc() != TERMINATED {
                    if let Some(sum) = sums.get_mut(postings.doc() as usize) {
                        *sum = sum.wrapping_add(concept);
                    }
                    postings.advance();
                }
            }
        }
        Ok(sums)
    }
}

fn posting(field: Field, concept: &[u8]) -> u64 {
    xxh3_64_with_seed(concept, u64::from(field.field_id()))
}
