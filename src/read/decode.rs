//! **Decoding**: bytes of a page to text. UTF-8 with or without a byte-order mark, UTF-16 with one, and Windows-1252 for what is
//! neither, as browsers do. Line ends, non-breaking and zero-width spaces come out plain.

use std::borrow::Cow;

use encoding_rs::{Encoding, UTF_8, WINDOWS_1252};

/// The text of a plain page.
pub fn text(bytes: &[u8]) -> String {
    plain(&decoded(bytes, None))
}

/// The text of an HTML page, which may name its own encoding.
pub fn html(bytes: &[u8]) -> String {
    const DECLARATION_WITHIN: usize = 1024; // as the HTML standard's prescan
    let head = &bytes[..bytes.len().min(DECLARATION_WITHIN)];
    plain(&decoded(bytes, declared(head)))
}

fn decoded<'a>(bytes: &'a [u8], declared: Option<&'static Encoding>) -> Cow<'a, str> {
    if let Some((encoding, mark)) = Encoding::for_bom(bytes) {
        return encoding.decode_without_bom_handling(&bytes[mark..]).0;
    }
    match std::str::from_utf8(bytes) {
        Ok(text) => Cow::Borrowed(text),
        Err(_) => declared.filter(|&encoding| encoding != UTF_8).unwrap_or(WINDOWS_1252).decode_without_bom_handling(bytes).0,
    }
}

/// The encoding after `charset=` in the page's head.
fn declared(head: &[u8]) -> Option<&'static Encoding> {
    let head = String::from_utf8_lossy(head).to_ascii_lowercase();
    let (_, after) = head.split_once("charset=")?;
    let label: String = after
        .trim_start_matches(['"', '\''])
        .chars()
        .take_while(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_'))
        .collect();
    Encoding::for_label(label.as_bytes())
}

fn plain(text: &str) -> String {
    text.replace("\r\n", "\n")
        .chars()
        .filter(|c| !matches!(c, '\u{200b}'..='\u{200d}' | '\u{2060}' | '\u{feff}' | '\u{ad}'))
        .map(|c| match c {
            '\r' | '\u{2028}' | '\u{2029}' => '\n',
            '\u{a0}' | '\u{2007}' | '\u{202f}' => ' ',
            c => c,
        })
        .collect()
}
