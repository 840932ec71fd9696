//! The **annotator** reads texts and threads: where a concept is named, and whether the patient has it.

use super::assertion::{self, Context};
use super::compose::{Found, compose};
use super::matcher::Matcher;
use super::spelling::correct;
use super::tokens::Tokens;
use super::{AnnotatedPart, Annotation, AskedFor, Assertion, Lexicon, Mention, Part, PatientFacts, sentences};
use crate::thread::{Role, Thread};

/// A lexicon and the rules of assertion, ready to read. Cheap to clone.
#[derive(Clone)]
pub struct Annotator {
    lexicon: Lexicon,
}

impl Annotator {
    pub fn new(lexicon: Lexicon) -> Annotator {
        Annotator { lexicon }
    }

    pub fn lexicon(&self) -> &Lexicon {
        &self.lexicon
    }

    /// The mentions of a text by itself, in its order; they do not overlap.
    pub fn annotate(&self, text: &str) -> Vec<Mention> {
        let tokens = Tokens::of(text);
        self.read(&tokens, &Context { asked_for: AskedFor::of(&tokens), ..Context::default() })
    }

    fn read(&self, tokens: &Tokens, context: &Context) -> Vec<Mention> {
        let matcher = Matcher::of(self.lexicon.view(), tokens);
        let found = compose(&matcher, matcher.items());
        let mention = |found: &Found| Mention {
            start: tokens.as_slice()[found.first].start,
            end: tokens.as_slice()[found.end - 1].end,
            concept: found.concept,
            assertion: Assertion::Present,
            cue: None,
        };
        let mut mentions: Vec<Mention> = found.iter().map(mention).collect();
        if !mentions.is_empty() {
            let kind_of = |concept| self.lexicon.concept(concept).kind;
            assertion::judge(tokens, &sentences(tokens.text()), &mut mentions, kind_of, context);
        }
        mentions
    }

    /// The mentions of every part of a thread, read with what the thread says of its patient.
    pub fn annotate_thread(&self, thread: &Thread) -> Annotation {
        let title = Tokens::of(&thread.title);
        let posts: Vec<Tokens> = thread.posts.iter().map(|post| Tokens::of(&post.text)).collect();
        let question = thread.posts.iter().zip(&posts).find(|(post, _)| post.role == Role::Patient).map(|(_, tokens)| tokens);
        let facts = facts_of(thread, &title, question);
        let asked_for = facts.asked_for;
        let mut parts = Vec::new();
        let mut read = |part, tokens: &Tokens, author, section| {
            let mentions = self.read(tokens, &Context { author, section, asked_for });
            if !mentions.is_empty() {
                parts.push(AnnotatedPart { part, mentions });
            }
        };
        read(Part::Title, &title, Some(Role::Patient), None);
        for ((n, post), tokens) in (0..).zip(&thread.posts).zip(&posts) {
            read(Part::Post(n), tokens, Some(post.role), None);
            for (m, section) in (0..).zip(&post.sections) {
                read(Part::Section(n, m), &Tokens::of(&section.text), Some(post.role), Some(section.kind));
            }
        }
        settle_title(&mut parts);
        Annotation { parts, facts }
    }

    /// What a text says of its patient.
    pub fn facts(&self, text: &str) -> PatientFacts {
        PatientFacts::of(&Tokens::of(text), false)
    }

    /// The nearest word of a term for a misspelt word; `None` for a word that a term has, unless it is a misspelling of a drug's name,
    /// or that none is near.
    pub fn correct(&self, word: &str) -> Option<&str> {
        correct(&self.lexicon.view(), word)
    }
}

/// What the thread says of its patient: the question first, then its title, then what the site gives.
fn facts_of(thread: &Thread, title: &Tokens, question: Option<&Tokens>) -> PatientFacts {
    let question = question.map(|tokens| PatientFacts::of(tokens, true)).unwrap_or_default();
    let title = PatientFacts::of(title, true);
    let given = thread.patient.as_ref();
    PatientFacts {
        age: given.and_then(|patient| patient.age).map(|age| age as f32).or(question.age).or(title.age),
        sex: given.and_then(|patient| patient.sex).or(question.sex).or(title.sex),
        pregnant: question.pregnant.or(title.pregnant),
        duration_days: question.duration_days.or(title.duration_days),
        asked_for: if question.asked_for == AskedFor::Oneself { title.asked_for } else { question.asked_for },
    }
}

/// A title is judged with its thread: where it speaks of a concept in general, and the patient's own words say more, those hold.
fn settle_title(parts: &mut [AnnotatedPart]) {
    let Some((title, rest)) = parts.split_first_mut().filter(|(first, _)| first.part == Part::Title) else { return };
    let Some(question) = rest.iter().find(|part| matches!(part.part, Part::Post(_))) else { return };
    for mention in title.mentions.iter_mut().filter(|mention| mention.assertion == Assertion::Hypothetical) {
        let told = question.mentions.iter().find(|other| other.concept == mention.concept);
        if let Some(told) = told.filter(|told| told.assertion == Assertion::Present) {
            (mention.assertion, mention.cue) = (told.assertion, None);
        }
    }
}
