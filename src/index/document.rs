//! A **document** is a thread as tantivy takes it. In: a thread, its annotation and where it came from. Out: field values.

use rustc_hash::FxHashSet;
use tantivy::TantivyDocument;
use tantivy::schema::Field;
use xxhash_rust::xxh3::xxh3_64;

use crate::clinical::{Annotation, Assertion, Lexicon};
use crate::embed::{Embedder, Mixed};
use crate::thread::{Role, SectionKind, Sex, Thread};

use super::schema::Fields;
use super::word_use::ThreadWords;
use super::{ConceptUse, Index, Standing, WordUse, stock};

/// The file that a thread was read from.
#[derive(Debug, Clone, Copy)]
pub struct Origin<'a> {
    /// As the index names it: a path, lossless.
    pub file: &'a str,
    /// Hash of the file's bytes.
    pub digest: u64,
}

/// Hash of all that a thread says, by which an unchanged thread is known.
pub fn content_hash(thread: &Thread) -> u64 {
    xxh3_64(&thread_json(thread))
}

fn thread_json(thread: &Thread) -> Vec<u8> {
    serde_json::to_vec(thread).expect("a thread has no map with keys other than strings")
}

impl Index {
    /// The document of one thread, and the thread's [`content_hash`], which it holds.
    pub fn document(&self, thread: &Thread, annotation: &Annotation, origin: Origin<'_>) -> (u64, TantivyDocument) {
        let fields = self.fields();
        let mut doc = TantivyDocument::default();
        let json = thread_json(thread);
        let content = xxh3_64(&json);
        doc.add_text(fields.id, thread.id.as_str());
        doc.add_text(fields.file, origin.file);
        doc.add_u64(fields.file_digest, origin.digest);
        doc.add_u64(fields.content, content);
        doc.add_bytes(fields.thread, &json);
        let mentions = postcard::to_allocvec(annotation).expect("an annotation is plain data");
        doc.add_bytes(fields.annotation, &mentions);

        add_words(&mut doc, fields, thread);
        add_facts(&mut doc, fields, thread, annotation);
        add_concepts(&mut doc, fields, self.lexicon(), thread, annotation);
        add_meaning(&mut doc, fields, self.embedder(), thread);
        (content, doc)
    }
}

fn add_words(doc: &mut TantivyDocument, fields: &Fields, thread: &Thread) {
    let words = ThreadWords::of(thread);
    doc.add_text(fields.title, words.title.for_tantivy());
    for post in &words.posts {
        let field = match post.role {
            Role::Patient => fields.question,
            Role::Doctor => fields.answers,
        };
        doc.add_text(field, post.text.for_tantivy());
        for (kind, section) in &post.sections {
            doc.add_text(fields.answers, section.for_tantivy());
            let of_kind = SectionKind::ALL.iter().position(|each| each == kind).expect("every kind is in ALL");
            doc.add_text(fields.sections[of_kind], section.for_tantivy());
        }
    }
    for tag in &thread.tags {
        doc.add_text(fields.tags, tag);
    }
    for used in WordUse::of_thread(&words) {
        doc.add_u64(fields.words, used.pack());
    }
    for code in stock::codes(thread, &words) {
        doc.add_u64(fields.sentence, u64::from(code));
    }
}

fn add_facts(doc: &mut TantivyDocument, fields: &Fields, thread: &Thread, annotation: &Annotation) {
    if let Some(doctor) = &thread.doctor {
        doc.add_text(fields.doctor, &doctor.name);
        if let Some(specialty) = &doctor.specialty {
            doc.add_text(fields.specialty, specialty);
        }
    }
    if let Some(source) = &thread.source {
        doc.add_text(fields.source, source);
    }
    if let Some(published) = thread.published {
        doc.add_i64(fields.published, days_since_epoch(published));
    }
    let patient = thread.patient.as_ref();
    if let Some(age) = patient.and_then(|p| p.age).or(annotation.facts.age.map(f64::from)) {
        doc.add_f64(fields.age, age);
    }
    if let Some(sex) = patient.and_then(|p| p.sex).or(annotation.facts.sex) {
        doc.add_u64(fields.sex, sex_code(sex));
    }
    doc.add_u64(fields.standing, Standing::of(thread).bits());
    doc.add_u64(fields.mentions, annotation.mentions().count() as u64);
    doc.add_u64(fields.length, thread.text_len() as u64);
}

fn add_concepts(doc: &mut TantivyDocument, fields: &Fields, lexicon: &Lexicon, thread: &Thread, annotation: &Annotation) {
    let uses = ConceptUse::of_thread(thread, annotation);
    for used in &uses {
        doc.add_u64(fields.concepts, used.pack());
    }
    for_each_concept_term(&uses, fields, lexicon, |field, id| doc.add_text(field, id));
}

/// The postings that a thread with these uses has: ids of concepts, each once in a field.
pub(super) fn for_each_concept_term(uses: &[ConceptUse], fields: &Fields, lexicon: &Lexicon, mut each: impl FnMut(Field, &str)) {
    let mut about = FxHashSet::default();
    let mut denied = FxHashSet::default();
    for used in uses {
        match used.assertion {
            Assertion::Denied => _ = denied.insert(used.concept),
            Assertion::Family => {}
            _ => _ = about.insert(used.concept),
        }
    }
    let mut within = FxHashSet::default();
    for &id in &about {
        let concept = lexicon.concept(id);
        each(fields.concepts_of[concept.kind as usize], concept.id);
        within.insert(id);
        within.extend(lexicon.ancestors(id).into_iter().map(|(ancestor, _)| ancestor));
    }
    for id in within {
        each(fields.within, lexicon.concept(id).id);
    }
    for id in denied {
        let concept = lexicon.concept(id);
        each(fields.denied_of[concept.kind as usize], concept.id);
    }
}

/// A part without a known word has a vector of zeros, so that every thread has two.
fn add_meaning(doc: &mut TantivyDocument, fields: &Fields, embedder: &Embedder, thread: &Thread) {
    let meaning = embedder.meaning(thread);
    let mut cells = Vec::new();
    // Many exports have no title but the question.
    let same = meaning.title == meaning.question;
    for (n, vector) in [&meaning.title, &meaning.question].into_iter().enumerate() {
        match vector {
            Some(vector) => {
                Mixed::of(vector).pack().for_each(|word| doc.add_u64(fields.vector, word));
                if n == 0 || !same {
                    cells.extend(embedder.cells(vector, 1));
                }
            }
            None => (0..embedder.packed_len()).for_each(|_| doc.add_u64(fields.vector, 0)),
        }
    }
    cells.dedup();
    for cell in cells {
        doc.add_u64(fields.cell, u64::from(cell));
    }
}

/// Days from 1970-01-01, negative before; how dates are kept in the index.
pub fn days_since_epoch(date: jiff::civil::Date) -> i64 {
    let epoch = jiff::civil::date(1970, 1, 1);
    i64::from(date.since(epoch).map_or(0, |span| span.get_days()))
}

/// The reverse of [`days_since_epoch`]; `None` for a day that no date has.
pub fn date_of_days(days: i64) -> Option<jiff::civil::Date> {
    let days = jiff::Span::new().try_days(days).ok()?;
    jiff::civil::date(1970, 1, 1).checked_add(days).ok()
}

/// How sex is kept in the index.
pub fn sex_code(sex: Sex) -> u64 {
    match sex {
        Sex::Female => 0,
        Sex::Male => 1,
    }
}

/// The reverse of [`sex_code`].
pub(super) fn sex_of_code(code: u64) -> Option<Sex> {
    [Sex::Female, Sex::Male].into_iter().find(|&sex| sex_code(sex) == code)
}
