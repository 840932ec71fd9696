//! A **tokenizer** cuts text as a model's own `tokenizer.json` says, where the `tokens` module does not know how: Unigram, byte pairs,
//! Metaspace and whatever else the `tokenizers` crate reads.
//!
//! In: the file's bytes, then text. Out: the numbers of a text's tokens, in order.

use tokenizers::Tokenizer as Cutter;

use super::MOST_TOKENS;

/// Bytes of a text that are read at most: of so many the tokens that count can be expected, and a text of any length takes little time.
const MOST_BYTES: usize = 16 * MOST_TOKENS;

pub(super) struct Tokenizer {
    cutter: Cutter,
}

impl Tokenizer {
    /// The error says what is wrong, without the path.
    pub fn read(file: &[u8]) -> Result<Tokenizer, String> {
        let mut cutter = Cutter::from_bytes(file).map_err(|error| format!("is no tokenizer ({error})"))?;
        cutter.with_padding(None);
        cutter.with_truncation(None).map_err(|error| format!("cannot be cut short ({error})"))?;
        Ok(Tokenizer { cutter })
    }

    /// Without the special tokens that stand around a text. A text that cannot be cut, as one with a letter that is in no token of a
    /// model without an unknown one, has none.
    pub fn cut(&self, text: &str) -> Vec<u32> {
        let text = &text[..text.floor_char_boundary(MOST_BYTES)];
        let cut = self.cutter.encode_fast(text, false);
        cut.map_or_else(|_| Vec::new(), |tokens| tokens.get_ids().to_vec())
    }
}
