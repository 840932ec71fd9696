//! An **ask** is a typed question as search understands it. In: text and the annotator of an index. Out: words, concepts, demands.

use rustc_hash::FxHashSet;

use crate::clinical::{Annotator, Assertion, ConceptId};
use crate::index::analyzer;

use super::demand::{AskedDemand, DemandedConcept, Demands};
use super::tree::{Query, Remark, remark};

/// A typed question as search understands it.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Ask {
    /// As it was typed, without control characters and marks of direction. All offsets are of this text, or of `corrected`.
    pub text: String,
    /// The text that was read instead, where a word was misspelt.
    pub corrected: Option<String>,
    /// In the order of the text, each once. They rank; a thread that has none of them is not found.
    pub words: Vec<AskedWord>,
    /// In the order of the text, each once. They rank and find like words.
    pub concepts: Vec<AskedConcept>,
    /// What every thread that is found meets, all of it.
    pub demands: Vec<AskedDemand>,
    /// Concepts that demands name: shown where they stand, but not ranked by.
    pub demanded: Vec<DemandedConcept>,
    /// What was not read as it may have been meant.
    pub remarks: Vec<Remark>,
    /// Bytes of filters' values that the lexicon has, and of those that it has not.
    pub(super) named: Vec<std::ops::Range<usize>>,
    pub(super) unknown: Vec<std::ops::Range<usize>>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AskedWord {
    pub stem: String,
    /// Bytes of the text.
    pub start: usize,
    pub end: usize,
    /// Counted over all words of the text, common ones too.
    pub position: usize,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AskedConcept {
    pub concept: ConceptId,
    /// Asked for as absent: "no fever".
    pub denied: bool,
    /// Bytes of the text.
    pub start: usize,
    pub end: usize,
}

impl Ask {
    /// Reads typed text. Any text is an ask; one without a word or a demand finds nothing.
    pub fn read(text: &str, annotator: &Annotator) -> Ask {
        let text = clean(text);
        let query = Query::parse(&text);
        let made = Demands::of(&query, &text, annotator.lexicon());
        let running = blanked(&text, &made);
        let mut seen = FxHashSet::default();
        let words = analyzer::words(&running)
            .into_iter()
            .filter(|word| seen.insert(word.stem.clone()))
            .map(|word| AskedWord { stem: word.stem, start: word.start, end: word.end, position: word.position })
            .collect();
        let mut seen = FxHashSet::default();
        let concepts = annotator
            .annotate(&running)
            .into_iter()
            .filter(|mention| seen.insert(mention.concept))
            .map(|mention| AskedConcept {
                concept: mention.concept,
                denied: mention.assertion == Assertion::Denied,
                start: mention.start as usize,
                end: mention.end as usize,
            })
            .collect();
        let mut remarks = query.remarks;
        remarks.extend(made.remarks);
        remarks.sort_by_key(|remark| remark.start);
        let (demands, demanded) = (made.demands, made.concepts);
        let (named, unknown) = (made.named, made.unknown);
        let mut ask = Ask { text, corrected: None, words, concepts, demands, demanded, remarks, named, unknown };
        if ask.is_empty() {
            remark(&mut ask.remarks, 0, ask.text.len(), "nothing is asked for: there is no word here that can be searched for");
        }
        ask
    }

    /// The text that words and concepts were read from: as typed, or corrected.
    pub fn read_text(&self) -> &str {
        self.corrected.as_deref().unwrap_or(&self.text)
    }

    /// The concepts that are asked for, ranked by and demanded, and whether as absent.
    pub fn asked_for(&self) -> impl Iterator<Item = (ConceptId, bool)> {
        let ranked = self.concepts.iter().map(|asked| (asked.concept, asked.denied));
        ranked.chain(self.demanded.iter().map(|demanded| (demanded.concept, demanded.denied)))
    }

    /// Whether nothing is asked for: no word that the index keeps, no concept, no demand.
    pub fn is_empty(&self) -> bool {
        self.has_no_words() && self.demands.is_empty()
    }

    /// Whether only demands are made, which list threads and do not rank them.
    pub fn has_no_words(&self) -> bool {
        self.words.is_empty() && self.concepts.is_empty()
    }
}

/// The text without what is not running text; every byte that stays, stays where it is.
fn blanked(text: &str, made: &Demands) -> String {
    let mut bytes = text.as_bytes().to_vec();
    for blank in &made.blanks {
        bytes[blank.clone()].fill(b' ');
        // A mark, so that no term is read across the gap.
        if let Some(first) = bytes.get_mut(blank.start) {
            *first = b';';
        }
    }
    // Clauses begin and end between characters, so whole characters were replaced.
    String::from_utf8(bytes).unwrap_or_default()
}

/// Without control characters and invisible marks, of which those that turn the direction of text are the worst; white space of any
/// kind becomes a space.
fn clean(text: &str) -> String {
    let invisible = |c: char| {
        c.is_control()
            || matches!(c, '\u{ad}' | '\u{61c}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}')
    };
    text.chars().filter_map(|c| if c.is_whitespace() { Some(' ') } else { (!invisible(c)).then_some(c) }).collect()
}
