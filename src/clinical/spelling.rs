//! **Spelling**: which term's word a misspelt word may be.
//!
//! In text only drug names are respelt, and only by one edit: a letter left out, put in, put for another, or two letters swapped.
//! What a person typed as a query may be corrected to any term's word, which the person is told.

use super::Kind;
use super::compile::layout::NONE;
use super::tokens::{BASE, Tokens, finish, hash_of, step};
use super::view::View;

/// From this many letters on, a query's word may be two edits away.
const LONG: usize = 9;
/// Below this many letters, too many words are one edit away.
const SHORT: usize = 4;

/// The hash of a word and of each word that it becomes with one letter left out.
pub fn delete_hashes(word: &[u8]) -> impl Iterator<Item = u64> {
    // With p the hash of the letters before and s that of the letters after, the hash of both is p · BASE^|after| + s.
    let mut before = 0_u64;
    let mut after = word.iter().fold(0, |hash, &byte| step(hash, byte));
    let whole = finish(after);
    let mut power = BASE.wrapping_pow(word.len() as u32);
    let inverse = inverse(BASE);
    let deleted = word.iter().map(move |&byte| {
        power = power.wrapping_mul(inverse);
        after = after.wrapping_sub((u64::from(byte) + 1).wrapping_mul(power));
        let hash = finish(before.wrapping_mul(power).wrapping_add(after));
        before = step(before, byte);
        hash
    });
    std::iter::once(whole).chain(deleted)
}

/// The number that undoes multiplying by an odd number, modulo 2^64: each round doubles the bits that are right.
const fn inverse(odd: u64) -> u64 {
    let mut inverse = odd;
    let mut round = 0;
    while round < 5 {
        inverse = inverse.wrapping_mul(2_u64.wrapping_sub(odd.wrapping_mul(inverse)));
        round += 1;
    }
    inverse
}

/// Whether two different words are one edit apart.
pub fn is_one_edit(a: &[u8], b: &[u8]) -> bool {
    let front = a.iter().zip(b).take_while(|(x, y)| x == y).count();
    let (a, b) = (&a[front..], &b[front..]);
    match (a, b) {
        ([], [_]) | ([_], []) => true,
        ([_, rest @ ..], _) if rest == b => true,
        (_, [_, rest @ ..]) if rest == a => true,
        ([_, a_rest @ ..], [_, b_rest @ ..]) if a_rest == b_rest => true,
        ([x, y, a_rest @ ..], [z, w, b_rest @ ..]) => x == w && y == z && a_rest == b_rest,
        _ => false,
    }
}

/// The nearest word of a term for a word that no term has; of equally near ones, the first in the tables. A misspelling that the
/// tables keep as a synonym of a drug is corrected to the drug's name.
pub fn correct<'l>(view: &View<'l>, word: &str) -> Option<&'l str> {
    let tokens = Tokens::of(word);
    if tokens.len() != 1 {
        return None;
    }
    let folded = tokens.folded_bytes(0);
    if folded.len() < SHORT {
        return None;
    }
    let most = if folded.len() >= LONG { 2 } else { 1 };
    let known = view.word(folded, hash_of(folded));
    if known != NONE {
        let name = view.lookup(word).first().and_then(|drug| name_of_drug(view, drug.0))?;
        let is_other = view.word(name.as_bytes(), hash_of(name.as_bytes())) != known;
        return (is_other && edits(folded, name.as_bytes(), most).is_some()).then_some(name);
    }
    let near = view.forms.iter().filter_map(|form| {
        let form = view.text(form.text);
        let alike = form.len() >= SHORT && form[0] == folded[0] && form.len().abs_diff(folded.len()) <= most;
        let distance = if alike { edits(folded, form, most)? } else { return None };
        Some((distance, form))
    });
    let (_, nearest) = near.min_by_key(|&(distance, _)| distance)?;
    std::str::from_utf8(nearest).ok()
}

/// The name of a concept, where it is a drug's and one plain word.
fn name_of_drug<'l>(view: &View<'l>, concept: u32) -> Option<&'l str> {
    let row = &view.concepts[concept as usize];
    let name = std::str::from_utf8(view.text(row.name)).ok()?;
    (row.kind == Kind::Drug as u32 && name.bytes().all(|byte| byte.is_ascii_lowercase())).then_some(name)
}

/// The edits between two words, where there are no more than `most`.
fn edits(a: &[u8], b: &[u8], most: usize) -> Option<usize> {
    let mut before: Vec<usize> = Vec::new();
    let mut last: Vec<usize> = (0..=b.len()).collect();
    for (i, &x) in a.iter().enumerate() {
        let mut row = vec![i + 1];
        for (j, &y) in b.iter().enumerate() {
            let mut cost = (last[j] + usize::from(x != y)).min(last[j + 1] + 1).min(row[j] + 1);
            if i > 0 && j > 0 && x == b[j - 1] && a[i - 1] == y {
                cost = cost.min(before[j - 1] + 1);
            }
            row.push(cost);
        }
        if row.iter().all(|&cost| cost > most) {
            return None;
        }
        before = std::mem::replace(&mut last, row);
    }
    last.last().copied().filter(|&cost| cost <= most)
}
