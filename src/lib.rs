//! **curbside** is a full-text search engine over archives of medical consults: question-and-answer threads between patients and
//! doctors. It reads a folder of threads into a tantivy index that knows symptoms, procedures and drugs apart, answers searches such
//! as *numbness after laminectomy*, and ranks the *Related Questions* of a thread.
//!
//! What it prints is what other people were told; it is not medical advice.
//!
//! # The way through
//!
//! ```text
//! writing   file ─ read ─> Thread ─ clinical ─> Annotation ─ index ─> segment
//! reading   text ─ query ─> Ask ─ search ─> candidates ─ rank ─> Hits ─ cli/serve ─> reader
//! related   Thread or text ─ clinical ─> Profile ─ search ─> candidates ─ rank ─> Panel
//! ```
//!
//! One direction, one fact in one place. Candidates come from the index; the final order comes from one ranking function over at
//! most a few hundred candidates. The two are kept apart on purpose: the candidate side can become a distributed engine while
//! the ranking stays the same code.
//!
//! # The rooms
//!
//! A room imports only from rooms above it.
//!
//! | room | what it knows |
//! | --- | --- |
//! | [`thread`] | what a consult thread is. No input or output |
//! | [`read`] | bytes to threads: sniff, decode, raw text pages, HTML pages, JSON, JSON Lines; site profiles |
//! | [`clinical`] | text to mentions: sentences, lexicon, matcher, composed symptoms, assertion |
//! | [`embed`] | text to a vector: a static embedding table; with features, any tokenizer, a sentence transformer and distilling from one |
//! | [`index`] | the tantivy schema, analyzer, the one writer, opening, format version |
//! | [`ingest`] | walk, read, annotate in parallel, hand to the one writer; what changed since last time; the tally |
//! | [`query`] | typed text to an Ask: words, phrases, fields, filters, concepts, spelling |
//! | [`search`] | an Ask to candidates to hits: weights, ranking, snippets, explanation |
//! | [`related`] | a thread or text to a profile to a panel |
//! | [`eval`] | topics, qrels, runs, measures |
//! | [`serve`] | HTTP API and web page |
//! | [`cli`] | arguments, verbs, output |
//!
//! What is data and not code lies in `schema/`: the lexicon tables, assertion rules, site profiles and ranking weights, each line
//! reviewed and with an example that is a test.

pub mod cli;
pub mod clinical;
pub mod embed;
pub mod eval;
pub mod index;
pub mod ingest;
pub mod query;
pub mod read;
pub mod related;
pub mod search;
#[cfg(feature = "serve")]
pub mod serve;
pub mod thread;
