//! The **analyzer** turns text into the words of the index: lower case, without diacritics, without stop words
//! (`schema/stopwords.txt`), English Snowball stems. The same analyzer reads archives and queries.
//!
//! A thread's words are wanted in several places: postings, the column of words, stock phrases. They are found once, as an `Analyzed`
//! text, and tantivy is given the words in place of the text.

use std::cell::RefCell;
use std::ops::Range;
use std::sync::LazyLock;

use memchr::memchr;
use rustc_hash::{FxHashMap, FxHashSet};
use tantivy::tokenizer::{Language, SimpleTokenizer, Stemmer, TextAnalyzer, Token, TokenStream, Tokenizer};
use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

/// The name under which the analyzer is registered with tantivy.
pub const NAME: &str = "consult";

/// Begins what tantivy is given in place of a text: each word and a line's end, a stop word as an empty line.
const ANALYZED: char = '\u{2}';

/// Longer runs of letters are not words: base64, repeated letters.
const LONGEST_WORD: usize = 40;

/// Stems kept per analyzer; a vocabulary beyond this is mostly misspellings seen once.
const MOST_CACHED: usize = 100_000;

static STOP_WORDS: LazyLock<FxHashSet<&'static str>> = LazyLock::new(|| {
    include_str!("../../schema/stopwords.txt").lines().filter(|line| !line.is_empty() && !line.starts_with('#')).collect()
});

/// Whether a folded word is left out of the index.
pub fn is_stop_word(word: &str) -> bool {
    STOP_WORDS.contains(word)
}

thread_local! {
    /// Keeps the stems of words met before.
    static TOKENIZER: RefCell<ConsultTokenizer> = RefCell::default();
}

/// The words of a text as the index knows them, in order, with the bytes they came from.
pub fn words(text: &str) -> Vec<Word> {
    let mut words = Vec::new();
    for_each_token(text, |token| {
        words.push(Word { stem: token.text.clone(), start: token.offset_from, end: token.offset_to, position: token.position });
    });
    words
}

/// Calls `each` with the stem of every word of a text, in order.
pub fn for_each_word(text: &str, mut each: impl FnMut(&str)) {
    for_each_token(text, |token| each(&token.text));
}

/// The same with the bytes that each word came from.
pub fn for_each_placed_word(text: &str, mut each: impl FnMut(&str, Range<usize>)) {
    for_each_token(text, |token| each(&token.text, token.offset_from..token.offset_to));
}

fn for_each_token(text: &str, mut each: impl FnMut(&Token)) {
    TOKENIZER.with_borrow_mut(|tokenizer| {
        let mut stream = tokenizer.read(text);
        while stream.advance() {
            each(stream.token());
        }
    });
}

/// The words of a text, found once.
#[derive(Debug)]
pub(super) struct Analyzed {
    /// What tantivy is given.
    lines: String,
    /// Where each word stands in the text, and in the lines.
    words: Vec<(usize, Range<usize>)>,
}

impl Analyzed {
    pub(super) fn of(text: &str) -> Analyzed {
        let mut lines = String::with_capacity(text.len() + ANALYZED.len_utf8());
        lines.push(ANALYZED);
        let (mut words, mut next_position) = (Vec::with_capacity(text.len() / 8), 0);
        for_each_token(text, |token| {
            (next_position..token.position).for_each(|_| lines.push('\n'));
            next_position = token.position + 1;
            let start = lines.len();
            lines.push_str(&token.text);
            words.push((token.offset_from, start..lines.len()));
            lines.push('\n');
        });
        Analyzed { lines, words }
    }

    /// The text as a field that is analyzed by [`NAME`] takes it, to the same effect as the text itself.
    pub(super) fn for_tantivy(&self) -> &str {
        &self.lines
    }

    /// The stems in order.
    pub(super) fn stems(&self) -> impl Iterator<Item = &str> {
        self.words.iter().map(|(_, word)| &self.lines[word.clone()])
    }

    /// The stems that begin within these bytes of the text.
    pub(super) fn stems_within(&self, bytes: &Range<usize>) -> impl Iterator<Item = &str> {
        let first = self.words.partition_point(|&(start, _)| start < bytes.start);
        let end = self.words.partition_point(|&(start, _)| start < bytes.end);
        self.words[first..end].iter().map(|(_, word)| &self.lines[word.clone()])
    }
}

/// One word of a text as the index knows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Word {
    pub stem: String,
    /// Bytes of the text, end exclusive.
    pub start: usize,
    pub end: usize,
    /// Counted over all words, stop words too, so that phrases keep their gaps.
    pub position: usize,
}

/// Splits, folds, stops and stems in one pass, with the stems of words met before kept.
#[derive(Clone)]
pub struct ConsultTokenizer {
    stems: FxHashMap<String, Option<String>>,
    stemmer: TextAnalyzer,
    folded: String,
    token: Token,
}

impl Default for ConsultTokenizer {
    fn default() -> ConsultTokenizer {
        let stemmer = TextAnalyzer::builder(SimpleTokenizer::default()).filter(Stemmer::new(Language::English)).build();
        ConsultTokenizer { stems: FxHashMap::default(), stemmer, folded: String::new(), token: Token::default() }
    }
}

pub struct ConsultTokenStream<'a> {
    tokenizer: &'a mut ConsultTokenizer,
    text: &'a str,
    at: usize,
    next_position: usize,
    /// The text is lines of words.
    analyzed: bool,
}

impl Tokenizer for ConsultTokenizer {
    type TokenStream<'a> = ConsultTokenStream<'a>;

    /// Takes a text, or what `Analyzed::for_tantivy` gives of one.
    fn token_stream<'a>(&'a mut self, text: &'a str) -> ConsultTokenStream<'a> {
        match text.strip_prefix(ANALYZED) {
            Some(lines) => ConsultTokenStream { analyzed: true, ..self.read(lines) },
            None => self.read(text),
        }
    }
}

impl ConsultTokenizer {
    fn read<'a>(&'a mut self, text: &'a str) -> ConsultTokenStream<'a> {
        self.token.reset();
        ConsultTokenStream { tokenizer: self, text, at: 0, next_position: 0, analyzed: false }
    }

    /// Puts the stem of the folded word into the token; `false` for a stop word.
    fn stem_folded(&mut self) -> bool {
        if let Some(stem) = self.stems.get(&self.folded) {
            return match stem {
                Some(stem) => {
                    self.token.text.clone_from(stem);
                    true
                }
                None => false,
            };
        }
        let stem = (!is_stop_word(&self.folded)).then(|| {
            let mut stream = self.stemmer.token_stream(&self.folded);
            if stream.advance() { stream.token().text.clone() } else { self.folded.clone() }
        });
        if let Some(stem) = &stem {
            self.token.text.clone_from(stem);
        }
        if self.stems.len() >= MOST_CACHED {
            self.stems.clear();
        }
        let kept = stem.is_some();
        self.stems.insert(self.folded.clone(), stem);
        kept
    }
}

impl ConsultTokenStream<'_> {
    fn next_line(&mut self) -> bool {
        while self.at < self.text.len() {
            let (start, position) = (self.at, self.next_position);
            let end = memchr(b'\n', &self.text.as_bytes()[start..]).map_or(self.text.len(), |length| start + length);
            self.at = end + 1;
            self.next_position += 1;
            if end > start {
                let token = &mut self.tokenizer.token;
                token.text.clear();
                token.text.push_str(&self.text[start..end]);
                (token.offset_from, token.offset_to, token.position) = (start, end, position);
                return true;
            }
        }
        false
    }
}

impl TokenStream for ConsultTokenStream<'_> {
    fn advance(&mut self) -> bool {
        if self.analyzed {
            return self.next_line();
        }
        while let Some((start, end)) = next_run(self.text, self.at) {
            self.at = end;
            fold_into(&self.text[start..end], &mut self.tokenizer.folded);
            if self.tokenizer.folded.is_empty() || self.tokenizer.folded.len() > LONGEST_WORD {
                continue;
            }
            let position = self.next_position;
            self.next_position += 1;
            if self.tokenizer.stem_folded() {
                let token = &mut self.tokenizer.token;
                (token.offset_from, token.offset_to, token.position) = (start, end, position);
                return true;
            }
        }
        false
    }

    fn token(&self) -> &Token {
        &self.tokenizer.token
    }

    fn token_mut(&mut self) -> &mut Token {
        &mut self.tokenizer.token
    }
}

/// The next run of letters and digits from byte `at` on; an apostrophe between letters does not end it ("doctor's", "don't").
fn next_run(text: &str, at: usize) -> Option<(usize, usize)> {
    let bytes = text.as_bytes();
    let mut start = at;
    while start < bytes.len() && bytes[start].is_ascii() && !bytes[start].is_ascii_alphanumeric() {
        start += 1;
    }
    // Most words are letters and digits of ASCII, and what ends them is neither an apostrophe nor beyond ASCII.
    let plain = bytes[start..].iter().take_while(|byte| byte.is_ascii_alphanumeric()).count();
    let end = start + plain;
    if plain > 0 && bytes.get(end).is_none_or(|&byte| byte.is_ascii() && byte != b'\'') {
        return Some((start, end));
    }
    let mut chars = text[start..].char_indices().peekable();
    let mut run: Option<usize> = None;
    while let Some((offset, c)) = chars.next() {
        let inside = c.is_alphanumeric()
            || (run.is_some() && is_combining_mark(c))
            || (run.is_some() && matches!(c, '\'' | '’') && chars.peek().is_some_and(|(_, next)| next.is_alphabetic()));
        match (inside, run) {
            (true, None) => run = Some(start + offset),
            (false, Some(from)) => return Some((from, start + offset)),
            _ => {}
        }
    }
    run.map(|from| (from, text.len()))
}

/// Lower case, without diacritics, apostrophes and the possessive's s.
fn fold_into(word: &str, folded: &mut String) {
    folded.clear();
    let word = word.strip_suffix("'s").or(word.strip_suffix("’s")).unwrap_or(word);
    if word.is_ascii() {
        folded.push_str(word);
        folded.make_ascii_lowercase();
        if folded.contains('\'') {
            folded.retain(|c| c != '\'');
        }
        return;
    }
    let kept = word.nfkd().filter(|&c| !is_combining_mark(c) && c != '\'' && c != '’');
    folded.extend(kept.flat_map(char::to_lowercase));
}
