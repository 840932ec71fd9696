//! **Plain tantivy**: an archive's text in an index with nothing of curbside's, and what one would ask of it.

use std::path::Path;

use curbside::ingest::Options;
use tantivy::collector::TopDocs;
use tantivy::query::{BooleanQuery, MoreLikeThisQuery, Query, TermQuery};
use tantivy::schema::{Field, IndexRecordOption, STORED, Schema, TextFieldIndexing, TextOptions};
use tantivy::snippet::SnippetGenerator;
use tantivy::tokenizer::{Language, LowerCaser, RemoveLongFilter, SimpleTokenizer, Stemmer, StopWordFilter, TextAnalyzer};
use tantivy::{DocAddress, Index, Searcher, TantivyDocument, Term};

/// The fields of a thread's text. An index with the first of them alone has all text in it.
pub const NAMES: [&str; 3] = ["title", "question", "answers"];

/// How text becomes terms.
#[derive(Clone, Copy)]
pub enum Analysis {
    /// tantivy's default: words in lower case.
    Words,
    /// As curbside does it, with tantivy's own filters: lower case, without the same stop words, English Snowball stems.
    Stems,
}

/// How a question's words are joined.
#[derive(Clone, Copy)]
pub enum Or {
    /// One OR over the fields a word, and one OR over these.
    PerWord,
    /// One OR over every word in every field.
    Flat,
}

pub struct Plain {
    index: Index,
    fields: Vec<Field>,
    searcher: Searcher,
}

/// The words that curbside leaves out, for other analyzers.
pub fn stop_words() -> impl Iterator<Item = &'static str> {
    include_str!("../../schema/stopwords.txt").lines().filter(|line| !line.is_empty() && !line.starts_with('#'))
}

impl Plain {
    /// Writes texts, stored, on as many threads and with as much memory as curbside takes.
    pub fn write(path: &Path, names: &[&str], analysis: Analysis, texts: impl Iterator<Item = [String; 3]>) -> Plain {
        std::fs::create_dir_all(path).unwrap();
        let mut schema = Schema::builder();
        let indexing = TextFieldIndexing::default()
            .set_tokenizer(analysis.name())
            .set_index_option(IndexRecordOption::WithFreqsAndPositions);
        let options = TextOptions::default().set_indexing_options(indexing) | STORED;
        let fields: Vec<Field> = names.iter().map(|name| schema.add_text_field(name, options.clone())).collect();
        let index = Index::create_in_dir(path, schema.build()).unwrap();
        index.tokenizers().register(Analysis::Stems.name(), stems());
        let Options { threads, memory, .. } = Options::default();
        let mut writer = index.writer_with_num_threads(threads, memory).unwrap();
        for texts in texts {
            let mut document = TantivyDocument::default();
            for (n, text) in texts.iter().enumerate() {
                document.add_text(fields[n.min(fields.len() - 1)], text);
            }
            writer.add_document(document).unwrap();
        }
        writer.commit().unwrap();
        writer.wait_merging_threads().unwrap();
        Plain::of(index, fields)
    }

    /// Opens what was written before.
    pub fn open(path: &Path) -> Plain {
        let index = Index::open_in_dir(path).unwrap();
        index.tokenizers().register(Analysis::Stems.name(), stems());
        let fields = index.schema().fields().map(|(field, _)| field).collect();
        Plain::of(index, fields)
    }

    fn of(index: Index, fields: Vec<Field>) -> Plain {
        let searcher = index.reader().unwrap().searcher();
        Plain { index, fields, searcher }
    }

    pub fn searcher(&self) -> &Searcher {
        &self.searcher
    }

    /// Every document, in the order of the index.
    pub fn all(&self) -> Vec<DocAddress> {
        let segments = self.searcher.segment_readers().iter().enumerate();
        segments.flat_map(|(n, reader)| (0..reader.max_doc()).map(move |doc| DocAddress::new(n as u32, doc))).collect()
    }

    /// The best ten for a question.
    pub fn top(&self, question: &str, or: Or) -> Vec<(f32, DocAddress)> {
        self.best(&self.query(question, or))
    }

    /// The best ten with their texts and a passage of question and answers each, by tantivy's own snippets.
    pub fn shown(&self, question: &str, or: Or) -> Vec<(TantivyDocument, String)> {
        let query = self.query(question, or);
        let posts = self.fields[1..].iter();
        let makers: Vec<SnippetGenerator> =
            posts.map(|&field| SnippetGenerator::create(&self.searcher, &query, field).unwrap()).collect();
        let best = self.best(&query).into_iter().map(|(_, at)| {
            let document: TantivyDocument = self.searcher.doc(at).unwrap();
            let passages = makers.iter().map(|maker| maker.snippet_from_doc(&document).to_html()).collect();
            (document, passages)
        });
        best.collect()
    }

    fn best(&self, query: &dyn Query) -> Vec<(f32, DocAddress)> {
        self.searcher.search(query, &TopDocs::with_limit(10).order_by_score()).unwrap()
    }

    /// A word that the question repeats counts once.
    fn query(&self, question: &str, or: Or) -> BooleanQuery {
        let mut words: Vec<String> = Vec::new();
        let mut analyzer = self.index.tokenizer_for_field(self.fields[0]).unwrap();
        analyzer.token_stream(question).process(&mut |token| {
            if !words.contains(&token.text) {
                words.push(token.text.clone());
            }
        });
        let in_field = |word: &String, field: Field| -> Box<dyn Query> {
            Box::new(TermQuery::new(Term::from_field_text(field, word), IndexRecordOption::WithFreqs))
        };
        let in_fields = |word: &String| self.fields.iter().map(|&field| in_field(word, field)).collect::<Vec<_>>();
        let clauses = match or {
            Or::PerWord => words.iter().map(|word| Box::new(BooleanQuery::union(in_fields(word))) as Box<dyn Query>).collect(),
            Or::Flat => words.iter().flat_map(in_fields).collect(),
        };
        BooleanQuery::union(clauses)
    }

    /// The ten that are most like a document.
    pub fn more_like(&self, at: DocAddress) -> Vec<(f32, DocAddress)> {
        // Its defaults pass over words that a thread has once or the archive a few times, which leaves nothing of a short question.
        let query = MoreLikeThisQuery::builder().with_min_term_frequency(1).with_min_doc_frequency(2).with_document(at);
        self.best(&query)
    }
}

impl Analysis {
    fn name(self) -> &'static str {
        match self {
            Analysis::Words => "default",
            Analysis::Stems => "stems",
        }
    }
}

fn stems() -> TextAnalyzer {
    TextAnalyzer::builder(SimpleTokenizer::default())
        .filter(RemoveLongFilter::limit(40))
        .filter(LowerCaser)
        .filter(StopWordFilter::remove(stop_words().map(str::to_owned)))
        .filter(Stemmer::new(Language::English))
        .build()
}
