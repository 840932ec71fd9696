//! The **vocabulary** numbers the words of all tables. Ways to write one word share a number: singular and plural, British and
//! American, and whatever else the spelling tables hold together.

use rustc_hash::FxHashMap;

use super::table::{Spelling, Within};

#[derive(Default)]
pub struct Vocabulary {
    numbers: FxHashMap<String, u32>,
    forms: Vec<String>,
    /// The word that each form belongs to: itself, or an earlier form.
    words: Vec<u32>,
    /// How many forms stand in tables; those after them are derived.
    written: usize,
}

impl Vocabulary {
    /// Adds a folded form and gives its number, which is a word's number only after [`Vocabulary::join`].
    pub fn add(&mut self, form: &str) -> u32 {
        if let Some(&number) = self.numbers.get(form) {
            return number;
        }
        let number = self.forms.len() as u32;
        self.numbers.insert(form.to_owned(), number);
        self.forms.push(form.to_owned());
        self.words.push(number);
        self.written = self.forms.len();
        number
    }

    /// Joins the forms of each word, and adds the forms that no table has. To be called once, when all tables are in.
    pub fn join(&mut self, spellings: &[Spelling]) {
        for number in 0..self.written {
            let form = self.forms[number].clone();
            let mut derived = vec![form];
            for spelling in spellings {
                let respelt: Vec<String> = derived.iter().flat_map(|form| respell(form, spelling)).collect();
                derived.extend(respelt);
            }
            let plurals: Vec<String> = derived.iter().filter_map(|form| plural(form)).collect();
            derived.extend(plurals);
            for other in derived.drain(1..) {
                match self.numbers.get(&other) {
                    Some(&known) => self.unite(number as u32, known),
                    None => {
                        self.numbers.insert(other.clone(), self.forms.len() as u32);
                        self.forms.push(other);
                        self.words.push(number as u32);
                    }
                }
            }
        }
        for number in 0..self.words.len() as u32 {
            self.words[number as usize] = self.root(number);
        }
    }

    /// The word of a form.
    pub fn word(&self, form: &str) -> Option<u32> {
        self.numbers.get(form).map(|&number| self.words[number as usize])
    }

    /// The place of a form among [`Vocabulary::forms`].
    pub fn form(&self, form: &str) -> Option<u32> {
        self.numbers.get(form).copied()
    }

    /// How many numbers there are; every word's is below.
    pub fn len(&self) -> usize {
        self.written
    }

    /// Every form with its word.
    pub fn forms(&self) -> impl Iterator<Item = (&str, u32)> {
        self.forms.iter().map(String::as_str).zip(self.words.iter().copied())
    }

    fn root(&self, mut number: u32) -> u32 {
        while self.words[number as usize] != number {
            number = self.words[number as usize];
        }
        number
    }

    fn unite(&mut self, a: u32, b: u32) {
        let (a, b) = (self.root(a), self.root(b));
        self.words[a.max(b) as usize] = a.min(b);
    }
}

/// The plural, where a plain rule gives it. Words on *-s* have none (*diabetes*, *hives*), but for *-ss*, *-us* and *-sis*.
fn plural(word: &str) -> Option<String> {
    if word.len() < 3 || !word.bytes().all(|b| b.is_ascii_lowercase()) {
        return None;
    }
    let vowel = |b: Option<u8>| matches!(b, Some(b'a' | b'e' | b'i' | b'o' | b'u'));
    let ends = |tails: &[&str]| tails.iter().any(|tail| word.ends_with(tail));
    if let Some(stem) = word.strip_suffix("sis") {
        return Some(format!("{stem}ses"));
    }
    if ends(&["ss", "us", "x", "z", "ch", "sh"]) {
        return Some(format!("{word}es"));
    }
    match word.strip_suffix('y') {
        _ if word.ends_with('s') => None,
        Some(stem) if !vowel(stem.bytes().last()) => Some(format!("{stem}ies")),
        _ => Some(format!("{word}s")),
    }
}

/// The other way to write a word, in both directions.
fn respell(word: &str, spelling: &Spelling) -> Option<String> {
    let replaced = |from: &str, to: &str| match spelling.within {
        Within::Whole => (word == from).then(|| to.to_owned()),
        Within::End => word.strip_suffix(from).filter(|stem| stem.len() > 2).map(|stem| format!("{stem}{to}")),
        Within::Anywhere => word.contains(from).then(|| word.replace(from, to)),
    };
    let (variant, standard) = (spelling.variant.as_str(), spelling.standard.as_str());
    // "foetus" holds "oe" and not "e" alone: where the variant contains the standard, it is looked for first.
    replaced(variant, standard).or_else(|| replaced(standard, variant)).filter(|other| other != word)
}
