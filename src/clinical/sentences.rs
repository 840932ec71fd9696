//! A **sentence** is the stretch of text within which a cue can reach a mention. In: any text. Out: byte ranges in its order, without
//! the white space around them.
//!
//! Patients end sentences without a space, begin them in lower case, or end the line instead; doctors write "Dr.", "e.g." and
//! "2.5 mg". Each boundary is decided from the few bytes around it, so the time is linear in the text.

use std::ops::Range;

/// Words after which a full stop does not end the sentence.
const ABBREVIATIONS: &[&str] = &[
    "dr", "drs", "mr", "mrs", "ms", "prof", "st", "eg", "ie", "e.g", "i.e", "vs", "viz", "approx", "no", "nos", "fig", "inj",
    "tab", "tabs", "cap", "caps", "syp", "sr", "jr", "dept", "temp", "wt", "ht", "resp", "hosp", "a.m", "p.m", "b.i.d", "t.i.d",
    "q.i.d", "b.d", "o.d", "t.d.s", "p.o", "i.v", "i.m", "c.f", "cf", "w.r.t",
];

/// The same, but only where the next word begins in lower case: the sentence may well end after them.
const ABBREVIATIONS_WITHIN: &[&str] = &[
    "etc", "mg", "ml", "kg", "gm", "hr", "hrs", "yr", "yrs", "min", "mins", "wk", "wks", "mo", "mos", "lb", "lbs", "ft", "in",
    "cm", "mm",
];

/// Words that begin a sentence even where the writer forgot the space before them ("no fever.also my back hurts"), so that what
/// looks like "icliniq.com" stays whole.
const STARTERS: &[&str] = &[
    "i", "im", "ive", "my", "me", "we", "you", "your", "he", "she", "it", "its", "the", "this", "that", "these", "there", "they",
    "no", "not", "and", "but", "so", "also", "if", "is", "are", "was", "do", "does", "did", "can", "could", "should", "will",
    "would", "have", "has", "had", "please", "pls", "what", "why", "how", "when", "where", "now", "then", "after", "before",
    "since", "because", "thanks", "thank", "take", "hi", "hello", "in", "on", "for", "at", "a", "an", "as", "with", "due",
    "kindly", "any", "all", "avoid", "consult",
];

/// A line shorter than this that is followed by a line beginning in lower case was ended by its writer, not by wrapping.
const WRAPPED_LINE: usize = 50;

/// A longer sentence is cut at a space: what reaches so far is no cue, and the work per sentence stays bounded.
const LONGEST: usize = 1_200;

/// The sentences of a text, as ranges of its bytes on character boundaries.
pub fn sentences(text: &str) -> Vec<Range<usize>> {
    let bytes = text.as_bytes();
    let mut found = Vec::with_capacity(text.len() / 80 + 1);
    let mut start = 0;
    let mut line = 0;
    let mut at = 0;
    while let Some(step) = bytes[at..].iter().position(|byte| matches!(byte, b'.' | b'!' | b'?' | b'\n')) {
        let mark = at + step;
        at = mark + 1;
        if bytes[mark] == b'\n' {
            if line_ends(text, line, mark) {
                push(text, start..mark, &mut found);
                start = at;
            }
            line = at;
            continue;
        }
        while bytes.get(at).is_some_and(|byte| matches!(byte, b'.' | b'!' | b'?')) {
            at += 1;
        }
        let closed = at + bytes[at..].iter().take(3).take_while(|byte| matches!(byte, b'"' | b'\'' | b')' | b']')).count();
        if ends(text, start, mark, at, closed) {
            push(text, start..closed, &mut found);
            start = closed;
            at = closed;
        }
    }
    push(text, start..text.len(), &mut found);
    found
}

fn push(text: &str, range: Range<usize>, found: &mut Vec<Range<usize>>) {
    let piece = &text[range.clone()];
    let mut start = range.start + (piece.len() - piece.trim_start().len());
    let end = start + piece.trim().len();
    while end - start > LONGEST {
        let latest = text.floor_char_boundary(start + LONGEST);
        let cut = text[start..latest].rfind(char::is_whitespace).filter(|space| *space > 0).map_or(latest, |space| start + space);
        found.push(start..cut);
        start = cut + (text[cut..end].len() - text[cut..end].trim_start().len());
    }
    if start < end {
        found.push(start..end);
    }
}

/// Whether the line that ends at a line end ends a sentence too.
fn line_ends(text: &str, line: usize, end: usize) -> bool {
    let before = text[line..end].trim_end();
    let Some(next) = text[end + 1..].trim_start_matches([' ', '\t', '\r']).chars().next() else { return true };
    let listed = matches!(next, '\n' | '-' | '*' | '\u{2022}' | '\u{2023}' | '\u{25cf}' | '\u{b7}' | '\u{2013}');
    let short = before.len() < WRAPPED_LINE && !before.ends_with(',');
    listed || next.is_uppercase() || next.is_ascii_digit() || short || before.ends_with([':', ';'])
}

/// Whether the marks from `mark` to `after` end the sentence that began at `start`; `closed` is behind closing quotes.
fn ends(text: &str, start: usize, mark: usize, after: usize, closed: usize) -> bool {
    let bytes = text.as_bytes();
    let rest = &text[closed..];
    let next = rest.chars().next();
    let spaced = next.is_none_or(char::is_whitespace);
    let following = rest.trim_start().chars().next();
    let Some(following) = following else { return true };
    if bytes[mark] != b'.' || bytes[mark..after].contains(&b'?') || bytes[mark..after].contains(&b'!') {
        return true;
    }
    if after - mark > 1 {
        return following.is_uppercase();
    }
    let word = word_before(text, start, mark);
    if !spaced {
        let length = rest.bytes().take_while(u8::is_ascii_alphabetic).count();
        let next_word = &rest[..length];
        let glued = word.len() > 1 && !word.contains('.') && word.bytes().all(|byte| byte.is_ascii_alphabetic());
        let capital = following.is_ascii_uppercase()
            && rest.as_bytes().get(1).is_some_and(|&byte| byte.is_ascii_lowercase() || byte == b' ');
        return glued && (capital || is_one_of(next_word, STARTERS));
    }
    if is_one_of(word, ABBREVIATIONS) {
        // "no." is an abbreviation before a number only.
        return word.eq_ignore_ascii_case("no") && !following.is_ascii_digit();
    }
    if is_one_of(word, ABBREVIATIONS_WITHIN) {
        return !following.is_lowercase();
    }
    // A number by itself at the head of a sentence counts a list; a single letter is an initial or counts a list.
    let head = mark - word.len() <= start + 4 && text[start..mark - word.len()].trim().is_empty();
    let counts = head && word.len() <= 2 && !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_digit());
    let initial =
        word.len() == 1 && word.bytes().all(|byte| byte.is_ascii_uppercase() && byte != b'I') && following.is_uppercase();
    !(counts || initial)
}

/// The letters, digits and inner points directly before a full stop, at most a dozen bytes of them.
fn word_before(text: &str, start: usize, mark: usize) -> &str {
    let bytes = &text.as_bytes()[start..mark];
    let length = bytes.iter().rev().take(12).take_while(|byte| byte.is_ascii_alphanumeric() || **byte == b'.').count();
    text[mark - length..mark].trim_start_matches('.')
}

fn is_one_of(word: &str, list: &[&str]) -> bool {
    !word.is_empty() && word.len() <= 8 && list.iter().any(|known| word.eq_ignore_ascii_case(known))
}
