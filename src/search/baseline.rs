//! The **baseline**: plain BM25 over all text of a thread as one bag of words, with no concepts, fields or prior, on the same index
//! and through the same analyzer. What curbside adds is what it ranks better than this.

use rustc_hash::FxHashMap;
use tantivy::postings::Postings;
use tantivy::schema::IndexRecordOption;
use tantivy::{DocAddress, DocId, DocSet, TERMINATED, Term};

use crate::index::{IndexError, View, analyzer, idf};

use super::best::{Scored, best};
use super::rank::{Found, Ranked};

/// Saturation and length normalisation, as Robertson and Zaragoza (2009) give them and Lucene and tantivy use them.
const K1: f32 = 1.2;
const B: f32 = 0.75;

/// The `most` best threads for a text by BM25 (k1 1.2, b 0.75) over title, question and answers; equal scores in the order of their
/// ids. A word that the text repeats counts once. `own` is left out.
pub fn bm25(view: &View, text: &str, own: Option<DocAddress>, most: usize) -> Result<Found, IndexError> {
    let scored = score(view, text).map_err(|error| view.damaged(error))?;
    let scored = scored.into_iter().filter(|&(_, at)| Some(at) != own);
    let scored: Vec<Scored<()>> = scored.map(|(score, at)| Scored { at, score, more: () }).collect();
    let total = scored.len() as u64;
    let ranked = best(view, scored, most, most)?.into_iter();
    let ranked = ranked.map(|thread| Ranked { at: thread.at, score: thread.score, words: thread.score, proximity: 0.0 });
    Ok(Found { total, ranked: ranked.collect() })
}

fn score(view: &View, text: &str) -> tantivy::Result<Vec<(f32, DocAddress)>> {
    let fields = [view.fields().title, view.fields().question, view.fields().answers];
    let mut asked: Vec<String> = analyzer::words(text).into_iter().map(|word| word.stem).collect();
    asked.sort_unstable();
    asked.dedup();

    let segments = view.searcher().segment_readers();
    let mut lengths = Vec::with_capacity(segments.len());
    let mut tokens = 0;
    for reader in segments {
        for field in fields {
            tokens += reader.inverted_index(field)?.total_num_tokens();
        }
        let [title, question, answers] = fields;
        lengths.push([
            reader.get_fieldnorms_reader(title)?,
            reader.get_fieldnorms_reader(question)?,
            reader.get_fieldnorms_reader(answers)?,
        ]);
    }
    let average_length = tokens as f32 / view.len().max(1) as f32;

    let mut scores: FxHashMap<DocAddress, f32> = FxHashMap::default();
    for stem in &asked {
        let mut frequencies: FxHashMap<(u32, DocId), f32> = FxHashMap::default();
        for (segment, reader) in (0..).zip(segments) {
            for field in fields {
                let inverted = reader.inverted_index(field)?;
                let term = Term::from_field_text(field, stem);
                let Some(mut postings) = inverted.read_postings(&term, IndexRecordOption::WithFreqs)? else { continue };
                while postings.doc() != TERMINATED {
                    if !reader.is_deleted(postings.doc()) {
                        *frequencies.entry((segment, postings.doc())).or_default() += postings.term_freq() as f32;
                    }
                    postings.advance();
                }
            }
        }
        let weight = idf(frequencies.len() as u64, view.len());
        for ((segment, doc), frequency) in frequencies {
            let length: u32 = lengths[segment as usize].iter().map(|norms| norms.fieldnorm(doc)).sum();
            let norm = K1 * (1.0 - B + B * length as f32 / average_length.max(1.0));
            *scores.entry(DocAddress::new(segment, doc)).or_default() += weight * frequency * (K1 + 1.0) / (frequency + norm);
        }
    }
    Ok(scores.into_iter().map(|(at, score)| (score, at)).collect())
}
