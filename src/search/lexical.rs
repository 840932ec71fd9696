//! **Lexical** scores: how well words match threads, by BM25F. A word's frequencies in title, question and answers are weighted,
//! normalised by each field's length and added *before* saturation (Robertson, Zaragoza and Taylor 2004), so that a word is
//! counted once, not once a field.
//!
//! In: weighted words and a view. Out: first, from the posting lists of the rare words, which threads are worth ranking; then, from the
//! column of words, the exact score of any one thread, by all words.

use std::sync::Arc;

use rustc_hash::FxHashMap;
use tantivy::postings::TermInfo;
use tantivy::schema::{Field, IndexRecordOption};
use tantivy::{DocId, InvertedIndexReader, Term};

use crate::index::{Columns, IndexError, View, WordCode, idf};

use super::WordWeights;
use super::accumulator::Accumulator;

/// A word of the index and how much it matters to who asks, each a factor on its idf, 0 or more.
#[derive(Debug, Clone, PartialEq)]
pub struct WeightedWord {
    pub stem: String,
    pub weight: f32,
    /// The same where the word is one of a title, a question, an answer: what a match adds to the scores of that name.
    pub of_title: f32,
    pub of_question: f32,
    pub of_answers: f32,
}

/// The words of one question, looked up in one view.
pub struct Lexical<'v> {
    pub(super) view: &'v View,
    pub(super) fields: [FieldStatistics; 3],
    /// By segment and field.
    pub(super) readers: Vec<[Arc<InvertedIndexReader>; 3]>,
    /// The weightiest first.
    pub(super) words: Vec<LookedUp>,
    /// The first so many bring candidates.
    seeking: usize,
    by_code: FxHashMap<WordCode, u16>,
    /// A bit for each code modulo its size: most words of a thread are none of these.
    sieve: [u64; 64],
    k1: f32,
}

/// What words add to a thread's score.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Scores {
    /// BM25F over title, question and answers.
    pub all: f32,
    /// Of the words of a title: BM25 of the thread's title alone,
    pub title: f32,
    /// and BM25F over all fields.
    pub focus: f32,
    /// Of the words of a question: BM25 of the thread's question alone.
    pub question: f32,
    /// Of the words of answers: BM25 of the thread's answers alone.
    pub answers: f32,
}

pub(super) struct FieldStatistics {
    pub weight: f32,
    /// Length norm by tantivy's one-byte code for a length.
    norms: [f32; 256],
    /// What a word that occurs once gives, saturated, by the same code.
    once: [f32; 256],
}

pub(super) struct LookedUp {
    word: WeightedWord,
    /// Which of the words that were asked for.
    pub place: usize,
    idf: f32,
    /// Postings over all fields and segments.
    postings: u64,
    /// By segment and field.
    pub infos: Vec<[Option<TermInfo>; 3]>,
}

impl LookedUp {
    /// How much it counts: rarity times weight.
    pub fn worth(&self) -> f32 {
        self.idf * self.word.weight
    }
}

impl<'v> Lexical<'v> {
    /// Looks the words up. Words that the archive does not have are left out.
    pub fn new(view: &'v View, words: Vec<WeightedWord>, weights: &WordWeights) -> Result<Lexical<'v>, IndexError> {
        let fields = [view.fields().title, view.fields().question, view.fields().answers];
        Lexical::look_up(view, fields, words, weights).map_err(|error| view.damaged(error))
    }

    fn look_up(
        view: &'v View,
        fields: [Field; 3],
        words: Vec<WeightedWord>,
        weights: &WordWeights,
    ) -> tantivy::Result<Lexical<'v>> {
        let segments = view.searcher().segment_readers();
        let mut readers = Vec::with_capacity(segments.len());
        for reader in segments {
            let [title, question, answers] = fields;
            readers.push([reader.inverted_index(title)?, reader.inverted_index(question)?, reader.inverted_index(answers)?]);
        }
        let threads = segments.iter().map(|reader| u64::from(reader.max_doc())).sum::<u64>();
        let field_weights = [weights.title, weights.question, weights.answers];
        let statistics = std::array::from_fn(|f| {
            let tokens: u64 = readers.iter().map(|of_segment| of_segment[f].total_num_tokens()).sum();
            FieldStatistics::new(field_weights[f], tokens as f32 / threads.max(1) as f32, weights)
        });

        let mut found = Vec::with_capacity(words.len());
        for (place, word) in words.into_iter().enumerate() {
            let mut infos = Vec::with_capacity(segments.len());
            // Threads that have the word in any field are at least those of the field that has it most.
            let mut in_field = [0u64; 3];
            for of_segment in &readers {
                let mut of_fields = [const { None }; 3];
                for (f, reader) in of_segment.iter().enumerate() {
                    of_fields[f] = reader.get_term_info(&Term::from_field_text(fields[f], &word.stem))?;
                    in_field[f] += of_fields[f].as_ref().map_or(0, |info| u64::from(info.doc_freq));
                }
                infos.push(of_fields);
            }
            let having = in_field.into_iter().max().unwrap_or(0);
            if having > 0 {
                found.push(LookedUp { word, place, idf: idf(having, threads), postings: in_field.iter().sum(), infos });
            }
        }
        found.sort_by(|a, b| b.worth().total_cmp(&a.worth()).then(a.place.cmp(&b.place)));
        found.truncate(weights.most_words as usize);
        let budget = weights.budget();
        let mut read = 0;
        let within = |word: &&LookedUp| {
            read += word.postings;
            read <= budget || read == word.postings
        };
        let seeking = found.iter().take_while(within).count();
        let (mut by_code, mut sieve) = (FxHashMap::default(), [0; 64]);
        for (n, word) in found.iter().enumerate() {
            let code = WordCode::of(&word.word.stem);
            by_code.insert(code, n as u16);
            sieve[code.0 as usize % 4096 / 64] |= 1 << (code.0 % 64);
        }
        Ok(Lexical { view, fields: statistics, readers, words: found, seeking, by_code, sieve, k1: weights.k1 })
    }

    /// What a thread would score that has every word without end, in each way.
    pub fn most(&self) -> Scores {
        let sum = |weight: fn(&WeightedWord) -> f32| {
            self.words.iter().map(|found| found.idf * weight(&found.word)).sum::<f32>() * (self.k1 + 1.0)
        };
        let title = sum(|word| word.of_title);
        let (question, answers) = (sum(|word| word.of_question), sum(|word| word.of_answers));
        Scores { all: sum(|word| word.weight), title, focus: title, question, answers }
    }

    /// The weightiest words, at most so many, each with its worth as a share of the first one's.
    pub fn weightiest(&self, most: usize) -> impl Iterator<Item = (&str, f32)> {
        let first = self.words.first().map_or(1.0, LookedUp::worth);
        self.words.iter().take(most).map(move |found| (found.word.stem.as_str(), found.worth() / first))
    }

    /// Adds to every thread of a segment about what its rare words give: enough to tell which threads are worth ranking.
    pub fn accumulate(&self, segment: usize, into: &mut Accumulator) -> Result<(), IndexError> {
        let columns = self.view.columns(segment as u32)?;
        let mut add = || -> tantivy::Result<()> {
            for word in &self.words[..self.seeking] {
                let worth = word.worth();
                for (f, statistics) in self.fields.iter().enumerate() {
                    let Some(info) = &word.infos[segment][f] else { continue };
                    let reader = &self.readers[segment][f];
                    let mut block = reader.read_block_postings_from_terminfo(info, IndexRecordOption::WithFreqs)?;
                    while block.block_len() > 0 {
                        for (&doc, &frequency) in block.docs().iter().zip(block.freqs()) {
                            let code = columns.length_code(f, doc);
                            let saturated = match frequency {
                                1 => statistics.once[code],
                                _ => self.saturated(frequency as f32 * statistics.norms[code] * statistics.weight),
                            };
                            into.add(doc, worth * saturated);
                        }
                        block.advance();
                    }
                }
            }
            Ok(())
        };
        add().map_err(|error| self.view.damaged(error))
    }

    /// The exact scores of a thread. `buffer` is work space.
    pub fn scores(&self, columns: &Columns, doc: DocId, buffer: &mut Vec<u64>) -> Scores {
        let mut scores = Scores::default();
        self.for_each_met(columns, doc, buffer, |found, [title, question, answers], together| {
            let (word, idf) = (&found.word, found.idf);
            scores.all += found.worth() * together;
            scores.focus += word.of_title * idf * together;
            if word.of_title > 0.0 && title > 0.0 {
                scores.title += word.of_title * idf * self.saturated(title);
            }
            if word.of_question > 0.0 && question > 0.0 {
                scores.question += word.of_question * idf * self.saturated(question);
            }
            if word.of_answers > 0.0 && answers > 0.0 {
                scores.answers += word.of_answers * idf * self.saturated(answers);
            }
        });
        scores
    }

    /// What each word gives to [`Scores::all`] of a thread, by its place among the words that were asked for.
    pub fn parts(&self, columns: &Columns, doc: DocId) -> Vec<(usize, f32)> {
        let mut parts = Vec::new();
        self.for_each_met(columns, doc, &mut Vec::new(), |found, _, together| {
            parts.push((found.place, found.worth() * together));
        });
        parts
    }

    /// Calls `each` with every word that the thread has: its frequency in each field, normalised by length, and that of all, saturated.
    #[inline]
    fn for_each_met(&self, columns: &Columns, doc: DocId, buffer: &mut Vec<u64>, mut each: impl FnMut(&LookedUp, [f32; 3], f32)) {
        let norms: [f32; 3] = std::array::from_fn(|f| self.fields[f].norms[columns.length_code(f, doc)]);
        columns.for_each_word(doc, buffer, |used| {
            let code = used.word.0;
            if self.sieve[code as usize % 4096 / 64] & 1 << (code % 64) == 0 {
                return;
            }
            let Some(&n) = self.by_code.get(&used.word) else { return };
            let of_fields: [f32; 3] = std::array::from_fn(|f| f32::from(used.counts[f]) * norms[f]);
            let together = (0..3).map(|f| of_fields[f] * self.fields[f].weight).sum();
            each(&self.words[usize::from(n)], of_fields, self.saturated(together));
        });
    }

    #[inline]
    pub(super) fn saturated(&self, frequency: f32) -> f32 {
        frequency * (self.k1 + 1.0) / (frequency + self.k1)
    }
}

impl FieldStatistics {
    fn new(weight: f32, average_length: f32, weights: &WordWeights) -> FieldStatistics {
        let (k1, b) = (weights.k1, weights.b);
        let norms = std::array::from_fn(|code| {
            let length = tantivy::fieldnorm::FieldNormReader::id_to_fieldnorm(code as u8) as f32;
            1.0 / (1.0 - b + b * length / average_length.max(1.0))
        });
        let once = norms.map(|norm: f32| norm * weight * (k1 + 1.0) / (norm * weight + k1));
        FieldStatistics { weight, norms, once }
    }
}
