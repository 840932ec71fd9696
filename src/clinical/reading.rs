//! A **reading** is what the annotator made of one text, as programs are told it: the JSON of `annotate`.

use serde::Serialize;

use super::{Annotator, Assertion, Kind, Lexicon, Mention};

/// The mentions of one text, in its order.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "serve", derive(utoipa::ToSchema))]
pub struct Reading {
    pub mentions: Vec<ReadMention>,
}

/// One place where a concept is named.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "serve", derive(utoipa::ToSchema))]
pub struct ReadMention {
    /// In code points of the text.
    pub start: usize,
    /// In code points, exclusive.
    pub end: usize,
    /// The words as they stand there.
    pub text: String,
    /// Id of the concept.
    #[cfg_attr(feature = "serve", schema(example = "symptom:paresthesia"))]
    pub concept: String,
    /// Its preferred name.
    pub name: String,
    pub r#type: Kind,
    pub assertion: Assertion,
    /// The words that decided the assertion: "no" of "no fever".
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cue: Option<String>,
}

impl Reading {
    /// Reads a text by itself.
    pub fn of(text: &str, annotator: &Annotator) -> Reading {
        Reading::told(text, &annotator.annotate(text), annotator.lexicon())
    }

    /// Tells mentions that were found in `text`, which come in its order.
    pub fn told(text: &str, mentions: &[Mention], lexicon: &Lexicon) -> Reading {
        let mut passed = (0, 0);
        let mut code_points = |byte: u32| {
            let byte = byte as usize;
            // Forward from the place before: a long text is counted once.
            let (from, count) = if byte >= passed.0 { passed } else { (0, 0) };
            passed = (byte, count + text[from..byte].chars().count());
            passed.1
        };
        let mentions = mentions.iter().map(|mention| {
            let concept = lexicon.concept(mention.concept);
            ReadMention {
                start: code_points(mention.start),
                end: code_points(mention.end),
                text: text[mention.start as usize..mention.end as usize].to_owned(),
                concept: concept.id.to_owned(),
                name: concept.name.to_owned(),
                r#type: concept.kind,
                assertion: mention.assertion,
                cue: mention.cue.map(|(start, end)| text[start as usize..end as usize].to_owned()),
            }
        });
        Reading { mentions: mentions.collect() }
    }
}
