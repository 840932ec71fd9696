//! **Checking** an index: whether its files are as they were written, and whether what it says of a thread in one place agrees with
//! what it says in another.

use super::{ConceptUse, IndexError, View};

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
    /// Reads every file and every thread: checksums, stored threads and mentions that parse, counts and concepts that agree.
    pub fn check(&self) -> Result<Checked, IndexError> {
        let mut checked = Checked::default();
        let damaged = self.index().damaged_files().map_err(|error| self.damaged(error))?;
        for file in damaged {
            checked.fault(format!("{}: its checksum is not that of its bytes", file.display()));
        }
        for at in self.addresses() {
            checked.threads += 1;
            let (thread, annotation) = match self.annotated(at) {
                Ok(read) => read,
                Err(error) => {
                    checked.fault(error.to_string());
                    continue;
                }
            };
            let mentions = annotation.mentions().count() as u64;
            checked.mentions += mentions;
            let columns = self.searcher().segment_reader(at.segment_ord).fast_fields();
            let counted = columns.u64("mentions").map_err(|error| self.damaged(error))?.first(at.doc_id);
            if counted != Some(mentions) {
                checked.fault(format!("thread {}: {mentions} mentions are stored, its column says {counted:?}", thread.id));
            }
            let concepts = columns.u64("concepts").map_err(|error| self.damaged(error))?;
            let of_column: Vec<_> = concepts.values_for_doc(at.doc_id).filter_map(ConceptUse::unpack).collect();
            if of_column != ConceptUse::of_thread(&thread, &annotation) {
                checked.fault(format!("thread {}: the concepts of its column are not those of its stored mentions", thread.id));
            }
        }
        Ok(checked)
    }
}
