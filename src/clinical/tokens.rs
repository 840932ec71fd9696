//! **Tokens** are the words, numbers and punctuation marks of a text, each with its place and its folded form: lower case, without
//! diacritics, apostrophes and the possessive *'s*.
//!
//! In: any text. Out: [`Tokens`], made once a text and read by the matcher, by sentences and by assertion alike. Letters and digits
//! part where they meet (*b12* is *b*, *12*), so that *b12*, *b 12* and *b-12* have the same words.

use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

/// Words with a longer folded form have none: no term is so long, and a run of one letter stays cheap.
const LONGEST_WORD: usize = 64;

/// The tokens of one text, in its order.
#[derive(Debug, Clone)]
pub struct Tokens<'t> {
    text: &'t str,
    tokens: Vec<Token>,
    folded: String,
}

/// One word, number or punctuation mark.
#[derive(Debug, Clone, Copy)]
pub struct Token {
    /// Bytes of the text, end exclusive.
    pub start: u32,
    pub end: u32,
    fold: u32,
    fold_len: u8,
    pub class: Class,
    pub gap: Gap,
    pub(super) hash: u64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Class {
    /// Letters, with apostrophes inside.
    Word,
    /// Digits, with points and commas between digits: `2.5`, `1,500`.
    Number,
    /// One character that is neither.
    Mark,
}

/// What stands between a token and the one before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Gap {
    /// Nothing: the two are written as one.
    None,
    Space,
    /// One line end.
    Line,
    /// At least one blank line, or the beginning of the text.
    Paragraph,
}

impl<'t> Tokens<'t> {
    /// Reads a text; of one longer than 4 GiB, its first 4 GiB.
    pub fn of(text: &'t str) -> Tokens<'t> {
        let text = &text[..text.floor_char_boundary(u32::MAX as usize)];
        let mut reader = Reader {
            text,
            bytes: text.as_bytes(),
            at: 0,
            tokens: Vec::with_capacity(text.len() / 5 + 1),
            folded: Vec::with_capacity(text.len()),
        };
        reader.read();
        // Whole characters were pushed, so this is never empty for want of UTF-8.
        let folded = String::from_utf8(reader.folded).unwrap_or_default();
        Tokens { text, tokens: reader.tokens, folded }
    }

    pub fn text(&self) -> &'t str {
        self.text
    }

    pub fn len(&self) -> usize {
        self.tokens.len()
    }

    pub fn is_empty(&self) -> bool {
        self.tokens.is_empty()
    }

    pub fn as_slice(&self) -> &[Token] {
        &self.tokens
    }

    /// Token *n* as written.
    pub fn written(&self, n: usize) -> &'t str {
        let token = &self.tokens[n];
        &self.text[token.start as usize..token.end as usize]
    }

    /// The folded form of token *n*; of a mark, the mark itself; empty for a word that no table could hold.
    pub fn folded(&self, n: usize) -> &str {
        let token = &self.tokens[n];
        &self.folded[token.fold as usize..token.fold as usize + token.fold_len as usize]
    }

    pub(super) fn folded_bytes(&self, n: usize) -> &[u8] {
        self.folded(n).as_bytes()
    }

    /// The number of the first token that begins at or after a byte of the text.
    pub fn at_or_after(&self, byte: u32) -> usize {
        self.tokens.partition_point(|token| token.start < byte)
    }
}

/// The hash of a folded word, as tokens carry it and as the compiled lexicon stores it: a polynomial in the bytes, so that the
/// hash of a word with one byte left out follows from those of its ends.
pub(super) fn hash_of(folded: &[u8]) -> u64 {
    finish(folded.iter().fold(0, |hash, &byte| step(hash, byte)))
}

/// An odd constant with well-spread bits: 2^64 over the golden ratio.
pub(super) const BASE: u64 = 0x9e37_79b9_7f4a_7c15;

#[inline]
pub(super) fn step(hash: u64, byte: u8) -> u64 {
    hash.wrapping_mul(BASE).wrapping_add(u64::from(byte) + 1)
}

#[inline]
pub(super) fn finish(hash: u64) -> u64 {
    let hash = (hash ^ (hash >> 32)).wrapping_mul(0xd6e8_feb8_6659_fd93);
    hash ^ (hash >> 32)
}

const SPACE: u8 = 0;
const LINE: u8 = 1;
const LETTER: u8 = 2;
const DIGIT: u8 = 3;
const MARK: u8 = 4;
const WIDE: u8 = 5;

/// What each byte begins.
const BEGINS: [u8; 256] = {
    let mut table = [MARK; 256];
    let mut byte = 0;
    while byte < 256 {
        let b = byte as u8;
        table[byte] = match b {
            b'\n' => LINE,
            0..=b' ' | 0x7f => SPACE,
            b'0'..=b'9' => DIGIT,
            b'a'..=b'z' | b'A'..=b'Z' => LETTER,
            0x80.. => WIDE,
            _ => MARK,
        };
        byte += 1;
    }
    table
};

struct Reader<'t> {
    text: &'t str,
    bytes: &'t [u8],
    at: usize,
    tokens: Vec<Token>,
    folded: Vec<u8>,
}

impl Reader<'_> {
    fn read(&mut self) {
        let mut gap = Gap::Paragraph;
        while self.at < self.bytes.len() {
            match BEGINS[self.bytes[self.at] as usize] {
                SPACE => {
                    gap = gap.max(Gap::Space);
                    self.at += 1;
                }
                LINE => {
                    gap = if gap >= Gap::Line { Gap::Paragraph } else { Gap::Line };
                    self.at += 1;
                }
                LETTER => self.word(&mut gap),
                DIGIT => self.number(&mut gap),
                MARK => {
                    self.folded.push(self.bytes[self.at]);
                    self.at += 1;
                    self.push(self.at - 1, self.folded.len() - 1, Class::Mark, &mut gap);
                }
                _ => {
                    let c = self.wide();
                    if c.is_alphabetic() {
                        self.word(&mut gap);
                    } else if c.is_whitespace() || matches!(c, '\u{ad}' | '\u{200b}'..='\u{200d}' | '\u{feff}') {
                        gap = gap.max(Gap::Space);
                        self.at += c.len_utf8();
                    } else {
                        let fold = self.folded.len();
                        self.fold_wide(c);
                        self.at += c.len_utf8();
                        self.push(self.at - c.len_utf8(), fold, Class::Mark, &mut gap);
                    }
                }
            }
        }
    }

    fn wide(&self) -> char {
        self.text[self.at..].chars().next().unwrap_or('\u{fffd}')
    }

    fn word(&mut self, gap: &mut Gap) {
        let (start, fold) = (self.at, self.folded.len());
        // Where the folded form stood before the last apostrophe, for the possessive.
        let mut apostrophe = None;
        while self.at < self.bytes.len() {
            let byte = self.bytes[self.at];
            match BEGINS[byte as usize] {
                LETTER => {
                    self.folded.push(byte | 0x20);
                    self.at += 1;
                }
                MARK if byte == b'\'' && self.letter_at(self.at + 1) => {
                    apostrophe = Some(self.folded.len());
                    self.at += 1;
                }
                WIDE => {
                    let c = self.wide();
                    if c.is_alphabetic() || is_combining_mark(c) {
                        self.fold_wide(c);
                    } else if c == '\u{2019}' && self.letter_at(self.at + c.len_utf8()) {
                        apostrophe = Some(self.folded.len());
                    } else {
                        break;
                    }
                    self.at += c.len_utf8();
                }
                _ => break,
            }
        }
        if let Some(before) = apostrophe
            && self.folded[before..] == *b"s"
            && before > fold
        {
            self.folded.truncate(before);
        }
        self.push(start, fold, Class::Word, gap);
    }

    fn letter_at(&self, at: usize) -> bool {
        self.bytes.get(at).is_some_and(|byte| byte.is_ascii_alphabetic())
    }

    fn number(&mut self, gap: &mut Gap) {
        let (start, fold) = (self.at, self.folded.len());
        while let Some(&byte) = self.bytes.get(self.at) {
            let between = matches!(byte, b'.' | b',') && self.bytes.get(self.at + 1).is_some_and(u8::is_ascii_digit);
            if !byte.is_ascii_digit() && !between {
                break;
            }
            self.folded.push(byte);
            self.at += 1;
        }
        self.push(start, fold, Class::Number, gap);
    }

    fn fold_wide(&mut self, c: char) {
        let mut buffer = [0; 4];
        for lower in c.to_lowercase().nfkd().filter(|c| !is_combining_mark(*c)) {
            self.folded.extend_from_slice(lower.encode_utf8(&mut buffer).as_bytes());
        }
    }

    fn push(&mut self, start: usize, fold: usize, class: Class, gap: &mut Gap) {
        if self.folded.len() - fold > LONGEST_WORD {
            self.folded.truncate(fold);
        }
        let folded = &self.folded[fold..];
        self.tokens.push(Token {
            start: start as u32,
            end: self.at as u32,
            fold: fold as u32,
            fold_len: folded.len() as u8,
            class,
            gap: *gap,
            hash: hash_of(folded),
        });
        *gap = Gap::None;
    }
}
