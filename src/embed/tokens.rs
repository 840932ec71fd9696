//! A **token** is a row of the table that a text has a part in: a whole word, or, of a word that the vocabulary does not have, the
//! longest pieces that it does have, from the left (WordPiece), or two known words that stand beside each other.
//!
//! In: text. Out: the numbers of its tokens, in order. Letters and digits in a row are a word; every other visible character is a word of
//! its own, as BERT's tokenizer has it but for symbols outside ASCII, which BERT leaves within words.

use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

use super::Embedder;
use super::table::flag;

/// A longer word, in bytes, is no word (BERT's limit, in characters there).
const LONGEST_WORD: usize = 100;

/// One walk over a text.
pub(super) struct Walk<'e, F> {
    embedder: &'e Embedder,
    /// Takes a token, says whether it wants more.
    found: F,
    done: bool,
    word: String,
    /// The whole word just before, where it is a token of its own, then room for a space and the word after it.
    pair: String,
    piece: Vec<u8>,
}

impl<'e, F: FnMut(u32) -> bool> Walk<'e, F> {
    /// Calls `found` with each token of a text, until it returns false.
    pub(super) fn over(embedder: &'e Embedder, text: &str, found: F) {
        let mut walk = Walk { embedder, found, done: false, word: String::new(), pair: String::new(), piece: Vec::new() };
        let lowercase = embedder.has(flag::LOWERCASE);
        let strip = embedder.has(flag::STRIP_ACCENTS);
        for character in text.chars() {
            if walk.done {
                return;
            }
            if character.is_ascii() {
                walk.character(if lowercase { character.to_ascii_lowercase() } else { character });
            } else {
                walk.beyond_ascii(character, lowercase, strip);
            }
        }
        walk.end_word();
    }

    fn beyond_ascii(&mut self, character: char, lowercase: bool, strip: bool) {
        let mut each = |character: char| match (lowercase, strip && is_combining_mark(character)) {
            (_, true) => {}
            (true, _) => character.to_lowercase().for_each(|lower| self.character(lower)),
            (false, _) => self.character(character),
        };
        if strip { std::iter::once(character).nfd().for_each(each) } else { each(character) }
    }

    fn character(&mut self, character: char) {
        if character.is_alphanumeric() && !stands_alone(character) || is_combining_mark(character) {
            self.word.push(character);
        } else {
            self.end_word();
            if !character.is_whitespace() && !character.is_control() && character != '\u{fffd}' {
                self.word.push(character);
                self.end_word();
            }
        }
    }

    fn take(&mut self, token: u32) {
        self.done = self.done || !(self.found)(token);
    }

    fn end_word(&mut self) {
        if self.word.is_empty() {
            return;
        }
        let whole = (self.word.len() <= LONGEST_WORD).then(|| self.embedder.token(self.word.as_bytes())).flatten();
        match whole {
            Some(token) => {
                self.take(token);
                self.end_pair();
            }
            None => {
                self.pair.clear();
                if self.embedder.has(flag::PIECES) && self.word.len() <= LONGEST_WORD {
                    self.pieces();
                }
            }
        }
        self.word.clear();
    }

    /// The word is a token: so may be the word before it and it together.
    fn end_pair(&mut self) {
        if !self.embedder.has(flag::PAIRS) {
            return;
        }
        if !self.pair.is_empty() {
            self.pair.push(' ');
            self.pair.push_str(&self.word);
            if let Some(token) = self.embedder.token(self.pair.as_bytes()) {
                self.take(token);
            }
        }
        self.pair.clear();
        self.pair.push_str(&self.word);
    }

    /// The longest pieces from the left; a word with a part that no piece covers has none.
    fn pieces(&mut self) {
        let word = std::mem::take(&mut self.word);
        let mut tokens = Vec::new();
        let mut at = 0;
        while at < word.len() {
            let Some((token, end)) = self.longest_piece(&word, at) else {
                self.word = word;
                return;
            };
            tokens.push(token);
            at = end;
        }
        tokens.into_iter().for_each(|token| self.take(token));
        self.word = word;
    }

    fn longest_piece(&mut self, word: &str, at: usize) -> Option<(u32, usize)> {
        self.piece.clear();
        if at > 0 {
            self.piece.extend_from_slice(b"##");
        }
        let prefix = self.piece.len();
        let room = self.embedder.longest_token().saturating_sub(prefix);
        self.piece.extend_from_slice(&word.as_bytes()[at..word.len().min(at + room)]);
        while self.piece.len() > prefix {
            let end = at + self.piece.len() - prefix;
            if word.is_char_boundary(end)
                && let Some(token) = self.embedder.token(&self.piece)
            {
                return Some((token, end));
            }
            self.piece.pop();
        }
        None
    }
}

/// Ideographs are words one by one, as BERT's tokenizer has it.
fn stands_alone(character: char) -> bool {
    matches!(character, '\u{3400}'..='\u{4dbf}' | '\u{4e00}'..='\u{9fff}' | '\u{f900}'..='\u{faff}' | '\u{20000}'..='\u{2fa1f}')
}
