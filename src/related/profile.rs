//! A **profile** is what a thread is about: the words of its title and question, weighted, and its concepts with their place and
//! assertion; the stock phrases of its source count for nothing. In: a thread with its annotation. Out: what candidates are sought and ranked by.

use std::borrow::Cow;
use std::ops::Range;

use rustc_hash::FxHashMap;

use crate::clinical::{Annotation, Annotator, Assertion, ConceptId, Part, PatientFacts};
use crate::embed::Meaning;
use crate::index::{ConceptUse, IndexError, Place, View, analyzer};
use crate::search::{RelatedWeights, WeightedWord};
use crate::thread::{Post, Role, Thread, ThreadId};

/// What a panel is asked for.
#[derive(Debug, Clone)]
pub struct Subject {
    pub thread: Thread,
    pub annotation: Annotation,
    /// Set when the thread is in the index: it is never in its own panel.
    pub own: Option<ThreadId>,
}

impl Subject {
    /// Text that somebody typed: its first line, or the whole when it is short, also counts as a title.
    pub fn of_text(text: &str, annotator: &Annotator) -> Subject {
        let thread = Thread { posts: vec![Post::patient(text)], ..Thread::default() };
        Subject::of_thread(thread, annotator)
    }

    /// A thread that is not in the index.
    pub fn of_thread(thread: Thread, annotator: &Annotator) -> Subject {
        let annotation = annotator.annotate_thread(&thread);
        Subject { thread, annotation, own: None }
    }
}

/// What a thread is about.
#[derive(Debug, Clone, Default)]
pub struct Profile {
    pub words: Vec<WeightedWord>,
    pub concepts: Vec<ProfileConcept>,
    pub facts: PatientFacts,
    pub meaning: Meaning,
    /// By which a candidate's concepts are weighed as its own were.
    pub saliences: Saliences,
}

/// One concept of a thread, over all places.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ProfileConcept {
    pub concept: ConceptId,
    /// What it is worth by place, assertion and number of mentions, before rarity; 0 for one that is only denied.
    pub salience: f32,
    pub stance: Stance,
}

/// Whether the patient has a thing, over a whole thread.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stance {
    Has,
    HasNot,
    /// Asked about, advised, a relative's: neither.
    Open,
}

impl Profile {
    pub fn of(view: &View, subject: &Subject, weights: &RelatedWeights) -> Result<Profile, IndexError> {
        let stock = view.stock_phrases(&subject.thread, &subject.annotation)?;
        let subject = if stock.is_empty() { Cow::Borrowed(subject) } else { Cow::Owned(without(subject, &stock)) };
        let saliences = Saliences::new(weights);
        let mut rows = Vec::new();
        concepts(ConceptUse::of_thread(&subject.thread, &subject.annotation).into_iter(), &saliences, &mut rows);
        Ok(Profile {
            words: words(&subject.thread, weights),
            concepts: rows,
            facts: subject.annotation.facts,
            meaning: view.embedder().meaning(&subject.thread),
            saliences,
        })
    }
}

/// The subject with spaces where some phrases stand, and without what they mention.
fn without(subject: &Subject, phrases: &[(Part, Range<usize>)]) -> Subject {
    let mut subject = subject.clone();
    for (part, range) in phrases {
        if let Part::Post(n) = part {
            subject.thread.posts[*n as usize].text.replace_range(range.clone(), &" ".repeat(range.len()));
        }
        for annotated in subject.annotation.parts.iter_mut().filter(|annotated| annotated.part == *part) {
            annotated.mentions.retain(|mention| !range.contains(&(mention.start as usize)));
        }
    }
    subject
}

/// A word weighs by where it stands and, damped, by how often.
fn words(thread: &Thread, weights: &RelatedWeights) -> Vec<WeightedWord> {
    #[derive(Default)]
    struct Occurrences {
        title: f32,
        question: f32,
        answers: f32,
    }
    let mut occurrences: Vec<(String, Occurrences)> = Vec::new();
    let mut known: FxHashMap<String, usize> = FxHashMap::default();
    let mut add = |text: &str, count: fn(&mut Occurrences) -> &mut f32| {
        analyzer::for_each_word(text, |stem| {
            let at = known.get(stem).copied().unwrap_or_else(|| {
                known.insert(stem.to_owned(), occurrences.len());
                occurrences.push((stem.to_owned(), Occurrences::default()));
                occurrences.len() - 1
            });
            *count(&mut occurrences[at].1) += 1.0;
        });
    };
    add(thread.heading(), |found| &mut found.title);
    for post in &thread.posts {
        match post.role {
            Role::Patient => add(&post.text, |found| &mut found.question),
            Role::Doctor => {
                add(&post.text, |found| &mut found.answers);
                post.sections.iter().for_each(|section| add(&section.text, |found| &mut found.answers));
            }
        }
    }
    let weigh = |(stem, found): (String, Occurrences)| {
        let of_title = if found.title > 0.0 { 1.0 } else { 0.0 };
        let (of_question, of_answers) = (found.question.ln_1p(), found.answers.ln_1p());
        let weight =
            weights.source_title * of_title + weights.source_question * of_question + weights.source_answers * of_answers;
        WeightedWord { stem, weight, of_title, of_question, of_answers }
    };
    occurrences.into_iter().map(weigh).collect()
}

/// What a use of a concept is worth by place, assertion and number of mentions, looked up.
#[derive(Debug, Clone, Default)]
pub struct Saliences {
    table: Vec<(f32, Stance)>,
}

/// Counts of a [`ConceptUse`] are below this.
const COUNTS: usize = 16;

impl Saliences {
    pub fn new(weights: &RelatedWeights) -> Saliences {
        let mut table = Vec::with_capacity(Place::ALL.len() * Assertion::ALL.len() * COUNTS);
        for place in Place::ALL {
            for assertion in Assertion::ALL {
                let (salience, stance) = salience(place, assertion, weights);
                table.extend((0..COUNTS).map(|count| (salience * (1.0 + 0.3 * (count.max(1) as f32).ln()), stance)));
            }
        }
        Saliences { table }
    }

    fn of(&self, used: &ConceptUse) -> (f32, Stance) {
        let row = used.place as usize * Assertion::ALL.len() + used.assertion as usize;
        self.table[row * COUNTS + usize::from(used.count)]
    }
}

/// One row a concept from the uses of one thread, into `rows`.
pub fn concepts(uses: impl Iterator<Item = ConceptUse>, saliences: &Saliences, rows: &mut Vec<ProfileConcept>) {
    rows.clear();
    for used in uses {
        let (salience, stance) = saliences.of(&used);
        // Uses come grouped by concept.
        match rows.last_mut().filter(|row| row.concept == used.concept) {
            None => rows.push(ProfileConcept { concept: used.concept, salience, stance }),
            Some(row) => {
                row.salience = row.salience.max(salience) + 0.25 * row.salience.min(salience);
                row.stance = match (row.stance, stance) {
                    (Stance::Has, _) | (_, Stance::Has) => Stance::Has,
                    (Stance::HasNot, _) | (_, Stance::HasNot) => Stance::HasNot,
                    _ => Stance::Open,
                };
            }
        }
    }
}

/// Of one mention.
fn salience(place: Place, assertion: Assertion, weights: &RelatedWeights) -> (f32, Stance) {
    // What a doctor says beside the diagnosis is often general, or what to watch for.
    let has = match place {
        Place::Title | Place::Question | Place::Causes | Place::Diagnosis => Stance::Has,
        Place::Answer | Place::Treatment | Place::Investigations | Place::Advice => Stance::Open,
    };
    let place = match place {
        Place::Title => weights.place_title,
        Place::Question => weights.place_question,
        Place::Answer => weights.place_answer,
        Place::Diagnosis | Place::Causes => weights.place_finding,
        Place::Treatment | Place::Investigations | Place::Advice => weights.place_plan,
    };
    let (assertion, stance) = match assertion {
        Assertion::Present => (1.0, has),
        Assertion::Past => (weights.past, has),
        Assertion::Possible => (weights.possible, Stance::Open),
        Assertion::Hypothetical => (weights.hypothetical, Stance::Open),
        Assertion::Family => (0.2, Stance::Open),
        Assertion::Denied => (0.0, Stance::HasNot),
    };
    (place * assertion, stance)
}
