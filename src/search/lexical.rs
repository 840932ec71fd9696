//! **Lexical** scores: how well words match threads, by BM25F. A word's frequencies in title, question and answers are weighted,
//! normalised by each field's length and added *before* saturation (Robertson, Zaragoza and Taylor 2004), so that a word is
//! counted once, not once a field.
//!
//! In: weighted words and a view. Out: for each segment, scores of the threads that hold the rare words; and, for threads that were
//! picked, what the common words add.

use std::sync::Arc;

use tantivy::postings::TermInfo;
use tantivy::schema::{Field, IndexRecordOption};
use tantivy::{DocId, InvertedIndexReader, SegmentReader, Term};

use crate::index::{IndexError, View, idf};

use super::WordWeights;

/// A word of the index and how much it matters to who asks.
#[derive(Debug, Clone, PartialEq)]
pub struct WeightedWord {
    pub stem: String,
    /// Factor on the word's idf, 0 or more.
    pub weight: f32,
    /// The same where the word is one of a title: what a match adds to [`Scores::title`] and [`Scores::focus`].
    pub title_weight: f32,
}

/// The words of one question, looked up in one view.
pub struct Lexical<'v> {
    view: &'v View,
    fields: [FieldStatistics; 3],
    segments: Vec<Segment>,
    words: Vec<LookedUp>,
    /// The first so many of `words` are read whole; the rest only for picked threads.
    rare: usize,
    k1: f32,
}

/// What words add to a thread's score.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Scores {
    /// BM25F over title, question and answers.
    pub all: f32,
    /// Of the words weighed as a title's: BM25 of the thread's title alone,
    pub title: f32,
    /// and BM25F over all fields.
    pub focus: f32,
    /// What concepts gave while candidates were chosen.
    pub concepts: f32,
}

struct FieldStatistics {
    weight: f32,
    /// Length norm by tantivy's one-byte code for a length.
    norms: [f32; 256],
}

struct Segment {
    readers: [Arc<InvertedIndexReader>; 3],
}

struct LookedUp {
    word: usize,
    idf: f32,
    weight: f32,
    title_weight: f32,
    /// Postings over all fields and segments.
    postings: u64,
    /// By segment and field.
    infos: Vec<[Option<TermInfo>; 3]>,
}

/// Work space for one segment: two numbers a thread, and the list of those that are not zero.
#[derive(Default)]
pub struct Accumulator {
    frequencies: Vec<f32>,
    scores: Vec<Scores>,
    of_word: Vec<DocId>,
    touched: Vec<DocId>,
}

impl<'v> Lexical<'v> {
    /// Looks the words up. Words that the archive does not have are left out.
    pub fn new(view: &'v View, words: &[WeightedWord], weights: &WordWeights) -> Result<Lexical<'v>, IndexError> {
        let fields = [view.fields().title, view.fields().question, view.fields().answers];
        Lexical::look_up(view, fields, words, weights).map_err(|error| view.damaged(error))
    }

    fn look_up(
        view: &'v View,
        fields: [Field; 3],
        words: &[WeightedWord],
        weights: &WordWeights,
    ) -> tantivy::Result<Lexical<'v>> {
        let mut segments = Vec::new();
        for reader in view.searcher().segment_readers() {
            let [title, question, answers] = fields;
            segments.push(Segment {
                readers: [reader.inverted_index(title)?, reader.inverted_index(question)?, reader.inverted_index(answers)?],
            });
        }
        let threads = view.searcher().segment_readers().iter().map(|reader| u64::from(reader.max_doc())).sum::<u64>();
        let field_weights = [weights.title, weights.question, weights.answers];
        let statistics = std::array::from_fn(|f| {
            let tokens: u64 = segments.iter().map(|segment| segment.readers[f].total_num_tokens()).sum();
            FieldStatistics::new(field_weights[f], tokens as f32 / threads.max(1) as f32, weights.b)
        });

        let mut found = Vec::new();
        for (n, word) in words.iter().enumerate() {
            let mut infos = Vec::with_capacity(segments.len());
            for segment in &segments {
                let mut of_segment = [const { None }; 3];
                for (f, reader) in segment.readers.iter().enumerate() {
                    of_segment[f] = reader.get_term_info(&Term::from_field_text(fields[f], &word.stem))?;
                }
                infos.push(of_segment);
            }
            // Threads that have the word in any field are at least those of the field that has it most.
            let in_field =
                |f: usize| infos.iter().filter_map(|i| i[f].as_ref()).map(|info| u64::from(info.doc_freq)).sum::<u64>();
            let frequencies = [in_field(0), in_field(1), in_field(2)];
            let document_frequency = frequencies.into_iter().max().unwrap_or(0);
            if document_frequency > 0 {
                let idf = idf(document_frequency, threads);
                let (weight, title_weight) = (word.weight, word.title_weight);
                found.push(LookedUp { word: n, idf, weight, title_weight, postings: frequencies.iter().sum(), infos });
            }
        }
        found.sort_by(|a, b| (b.idf * b.weight).total_cmp(&(a.idf * a.weight)).then(a.word.cmp(&b.word)));
        found.truncate(weights.most_words as usize);
        let budget = (weights.postings_budget * 1000.0) as u64;
        let mut read = 0;
        let rare = found
            .iter()
            .take_while(|word| {
                let fits = read == 0 || read + word.postings <= budget;
                read += word.postings;
                fits
            })
            .count();
        Ok(Lexical { view, fields: statistics, segments, words: found, rare, k1: weights.k1 })
    }

    /// What a thread would score that has every word without end, in all fields and in the title.
    pub fn most(&self) -> (f32, f32) {
        let sum =
            |weight: fn(&LookedUp) -> f32| self.words.iter().map(|word| word.idf * weight(word)).sum::<f32>() * (self.k1 + 1.0);
        (sum(|word| word.weight), sum(|word| word.title_weight))
    }

    /// Whether no word is in the archive.
    pub fn is_empty(&self) -> bool {
        self.words.is_empty()
    }

    /// Scores of all threads of a segment by the rare words.
    pub fn accumulate(&self, segment: usize, into: &mut Accumulator) -> Result<(), IndexError> {
        let reader = self.view.searcher().segment_reader(segment as u32);
        into.clear(reader.max_doc());
        self.norms(reader)
            .and_then(|norms| {
                for word in &self.words[..self.rare] {
                    self.add_word(segment, word, &norms, into)?;
                }
                Ok(())
            })
            .map_err(|error| self.view.damaged(error))
    }

    fn add_word(&self, segment: usize, word: &LookedUp, norms: &Norms, into: &mut Accumulator) -> tantivy::Result<()> {
        for (f, statistics) in self.fields.iter().enumerate() {
            let Some(info) = &word.infos[segment][f] else { continue };
            let mut block =
                self.segments[segment].readers[f].read_block_postings_from_terminfo(info, IndexRecordOption::WithFreqs)?;
            while block.block_len() > 0 {
                for (&doc, &frequency) in block.docs().iter().zip(block.freqs()) {
                    let normalised = frequency as f32 * statistics.norms[norms.code(f, doc)];
                    let so_far = &mut into.frequencies[doc as usize];
                    if *so_far == 0.0 {
                        into.of_word.push(doc);
                    }
                    *so_far += normalised * statistics.weight;
                    if f == TITLE && word.title_weight > 0.0 {
                        into.scores[doc as usize].title += word.idf * word.title_weight * self.saturated(normalised);
                    }
                }
                block.advance();
            }
        }
        for doc in into.of_word.drain(..) {
            let frequency = std::mem::take(&mut into.frequencies[doc as usize]);
            let scores = &mut into.scores[doc as usize];
            if scores.all == 0.0 {
                into.touched.push(doc);
            }
            let saturated = word.idf * self.saturated(frequency);
            scores.all += word.weight * saturated;
            scores.focus += word.title_weight * saturated;
        }
        Ok(())
    }

    /// Adds what the common words give to threads of one segment, which must be in ascending order.
    pub fn complete(&self, segment: usize, docs: &[DocId], scores: &mut [Scores]) -> Result<(), IndexError> {
        let reader = self.view.searcher().segment_reader(segment as u32);
        let mut add = || -> tantivy::Result<()> {
            let norms = self.norms(reader)?;
            let mut frequencies = vec![0.0; docs.len()];
            for word in &self.words[self.rare..] {
                frequencies.fill(0.0);
                for (f, statistics) in self.fields.iter().enumerate() {
                    let Some(info) = &word.infos[segment][f] else { continue };
                    let mut block = self.segments[segment].readers[f]
                        .read_block_postings_from_terminfo(info, IndexRecordOption::WithFreqs)?;
                    for (n, &doc) in docs.iter().enumerate() {
                        let at = block.seek(doc);
                        if block.doc(at) != doc {
                            continue;
                        }
                        let normalised = block.freq(at) as f32 * statistics.norms[norms.code(f, doc)];
                        frequencies[n] += normalised * statistics.weight;
                        if f == TITLE && word.title_weight > 0.0 {
                            scores[n].title += word.idf * word.title_weight * self.saturated(normalised);
                        }
                    }
                }
                for (score, &frequency) in scores.iter_mut().zip(&frequencies) {
                    let saturated = word.idf * self.saturated(frequency);
                    score.all += word.weight * saturated;
                    score.focus += word.title_weight * saturated;
                }
            }
            Ok(())
        };
        add().map_err(|error| self.view.damaged(error))
    }

    fn saturated(&self, frequency: f32) -> f32 {
        frequency * (self.k1 + 1.0) / (frequency + self.k1)
    }

    fn norms(&self, reader: &SegmentReader) -> tantivy::Result<Norms> {
        let fields = self.view.fields();
        Ok(Norms([
            reader.get_fieldnorms_reader(fields.title)?,
            reader.get_fieldnorms_reader(fields.question)?,
            reader.get_fieldnorms_reader(fields.answers)?,
        ]))
    }
}

const TITLE: usize = 0;

struct Norms([tantivy::fieldnorm::FieldNormReader; 3]);

impl Norms {
    #[inline]
    fn code(&self, field: usize, doc: DocId) -> usize {
        usize::from(self.0[field].fieldnorm_id(doc))
    }
}

impl FieldStatistics {
    fn new(weight: f32, average_length: f32, b: f32) -> FieldStatistics {
        let norms = std::array::from_fn(|code| {
            let length = tantivy::fieldnorm::FieldNormReader::id_to_fieldnorm(code as u8) as f32;
            1.0 / (1.0 - b + b * length / average_length.max(1.0))
        });
        FieldStatistics { weight, norms }
    }
}

impl Accumulator {
    fn clear(&mut self, threads: u32) {
        for doc in self.touched.drain(..) {
            self.scores[doc as usize] = Scores::default();
        }
        let threads = threads as usize;
        if self.scores.len() < threads {
            self.scores.resize(threads, Scores::default());
            self.frequencies.resize(threads, 0.0);
        }
    }

    /// The threads that have a score, in no order.
    pub fn touched(&self) -> &[DocId] {
        &self.touched
    }

    pub fn score(&self, doc: DocId) -> Scores {
        self.scores[doc as usize]
    }

    /// Adds what a concept gives to a thread.
    pub fn add_concept(&mut self, doc: DocId, score: f32) {
        let scores = &mut self.scores[doc as usize];
        if scores.all == 0.0 && scores.concepts == 0.0 {
            self.touched.push(doc);
        }
        scores.concepts += score;
    }
}
