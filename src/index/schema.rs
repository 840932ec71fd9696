//! The **schema**: which fields a thread has in the index, and what each is for.
//!
//! | field | holds | for |
//! | --- | --- | --- |
//! | `id` | the thread's id | finding it again |
//! | `title`, `question`, `answers` | words with positions: title; patient's posts; doctors' posts and sections | ranking by words, phrases |
//! | `section_probable_causes` … `section_follow_up` | words of one kind of section (they are in `answers` too) | `treatment:…` and the like |
//! | `symptoms` … `investigations` | ids of concepts that the thread is about: any assertion but denied and family | filters, candidates |
//! | `symptoms_denied` … | ids of concepts that the patient has not | `denied:…`, conflicts |
//! | `within` | ids of concepts and of all that are broader | "any NSAID" |
//! | `doctor`, `specialty`, `source`, `tags` | words, and whole for facets | filters, facets |
//! | `published`, `age`, `sex`, `standing`, `mentions`, `length` | numbers | filters, order, the prior, counts |
//! | `concepts` | one [`ConceptUse`](super::ConceptUse) for each concept, place and assertion | ranking, facets |
//! | `words` | one [`WordUse`](super::WordUse) for each word of title, question and answers | ranking |
//! | `sentence` | codes of its source and of the sentences at the ends of its posts | stock phrases |
//! | `cell`, `vector` | the nearest cells, and the vectors of title and question, packed to 4 bits a number, one after the other | candidates and ranking by meaning |
//! | `file`, `file_digest`, `content` | where the thread came from, and hashes of the file and of the thread | what changed |
//! | `thread`, `annotation` | the thread as JSON; its mentions (postcard) | showing it |

use tantivy::schema::{
    BytesOptions, FAST, Field, INDEXED, IndexRecordOption, NumericOptions, STORED, STRING, Schema, TextFieldIndexing, TextOptions,
};
use tantivy::tokenizer::RAW_TOKENIZER_NAME;

use crate::clinical::Kind;
use crate::thread::SectionKind;

use super::analyzer;

/// The fields by name; all indexes of one format version have the same.
#[derive(Debug, Clone)]
pub struct Fields {
    pub id: Field,
    pub title: Field,
    pub question: Field,
    pub answers: Field,
    /// In the order of [`SectionKind::ALL`].
    pub sections: [Field; 7],
    /// In the order of [`Kind::ALL`].
    pub concepts_of: [Field; 5],
    /// In the order of [`Kind::ALL`].
    pub denied_of: [Field; 5],
    pub within: Field,
    pub doctor: Field,
    pub specialty: Field,
    pub source: Field,
    pub tags: Field,
    pub published: Field,
    pub age: Field,
    pub sex: Field,
    pub standing: Field,
    pub mentions: Field,
    pub length: Field,
    pub concepts: Field,
    pub words: Field,
    pub sentence: Field,
    pub cell: Field,
    pub vector: Field,
    pub file: Field,
    pub file_digest: Field,
    pub content: Field,
    pub thread: Field,
    pub annotation: Field,
}

impl Fields {
    /// The schema and its fields, built the same way each time.
    pub fn schema() -> (Schema, Fields) {
        let mut schema = Schema::builder();
        let indexing = TextFieldIndexing::default().set_tokenizer(analyzer::NAME);
        let words = || {
            TextOptions::default()
                .set_indexing_options(indexing.clone().set_index_option(IndexRecordOption::WithFreqsAndPositions))
        };
        let whole = TextFieldIndexing::default().set_tokenizer(RAW_TOKENIZER_NAME).set_fieldnorms(false);
        let concept = || TextOptions::default().set_indexing_options(whole.clone().set_index_option(IndexRecordOption::Basic));
        let facet = || words().set_fast(RAW_TOKENIZER_NAME);
        let number = || NumericOptions::from(FAST);
        let fields = Fields {
            id: schema.add_text_field("id", STRING | FAST),
            title: schema.add_text_field("title", words()),
            question: schema.add_text_field("question", words()),
            answers: schema.add_text_field("answers", words()),
            sections: SectionKind::ALL.map(|kind| schema.add_text_field(&format!("section_{}", kind.name()), words())),
            concepts_of: Kind::ALL.map(|kind| schema.add_text_field(kind.plural(), concept())),
            denied_of: Kind::ALL.map(|kind| schema.add_text_field(&format!("{}_denied", kind.plural()), concept())),
            within: schema.add_text_field("within", concept()),
            doctor: schema.add_text_field("doctor", facet()),
            specialty: schema.add_text_field("specialty", facet()),
            source: schema.add_text_field("source", facet()),
            tags: schema.add_text_field("tags", words()),
            published: schema.add_i64_field("published", number()),
            age: schema.add_f64_field("age", number()),
            sex: schema.add_u64_field("sex", number()),
            standing: schema.add_u64_field("standing", number()),
            mentions: schema.add_u64_field("mentions", number()),
            length: schema.add_u64_field("length", number()),
            concepts: schema.add_u64_field("concepts", number()),
            words: schema.add_u64_field("words", number()),
            sentence: schema.add_u64_field("sentence", INDEXED),
            cell: schema.add_u64_field("cell", INDEXED),
            vector: schema.add_u64_field("vector", number()),
            file: schema.add_text_field("file", STRING | FAST),
            file_digest: schema.add_u64_field("file_digest", number()),
            content: schema.add_u64_field("content", number()),
            thread: schema.add_bytes_field("thread", BytesOptions::from(STORED)),
            annotation: schema.add_bytes_field("annotation", BytesOptions::from(STORED)),
        };
        (schema.build(), fields)
    }
}
