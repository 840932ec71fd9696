//! **Features** say how one candidate relates to a profile; ranking is their weighted sum. Each is about 0 to 1.

use rustc_hash::FxHashMap;
use tantivy::{DocAddress, DocId};

use crate::clinical::{ConceptId, PatientFacts};
use crate::index::{Columns, IndexError, View};
use crate::search::{Comparer, Lexical, RelatedWeights, Scored, best};
use crate::thread::ThreadId;

use super::profile::{Profile, ProfileConcept, Stance, concepts};
use super::why::contradict;

/// How one candidate relates to a profile.
#[derive(Debug, Clone, Copy, Default, PartialEq, serde::Serialize)]
pub struct Features {
    /// Share of the profile's weighted words that the candidate meets, by BM25F.
    pub words: f32,
    /// Share of the words of the profile's title that the candidate's title meets, by BM25, and that the whole candidate meets.
    pub title_words: f32,
    pub focus_words: f32,
    /// Share of the words of the profile's question that the candidate's question meets, by BM25, and the same of answers.
    pub question_words: f32,
    pub answer_words: f32,
    /// Cosine of the two threads' concepts, weighted by rarity and salience; broader and narrower ones count in part.
    pub concepts: f32,
    /// The same of concepts that are kinds of one thing: breast pain and a breast lump.
    pub kin: f32,
    /// Cosines of the two titles, of the two questions, and the better of title to question and question to title.
    pub titles: f32,
    pub questions: f32,
    pub crossed: f32,
    /// Share of the profile's concepts on which the two contradict: one has what the other has not.
    pub conflict: f32,
    /// 1 for a patient of the same sex and a like age, −1 for one of the other sex, 0 where nothing is known.
    pub patient: f32,
}

impl Features {
    /// Their names, in the order of [`Features::values`].
    pub const NAMES: [&str; 12] = [
        "words",
        "title_words",
        "focus_words",
        "question_words",
        "answer_words",
        "concepts",
        "kin",
        "titles",
        "questions",
        "crossed",
        "conflict",
        "patient",
    ];

    pub fn values(&self) -> [f32; 12] {
        [
            self.words,
            self.title_words,
            self.focus_words,
            self.question_words,
            self.answer_words,
            self.concepts,
            self.kin,
            self.titles,
            self.questions,
            self.crossed,
            self.conflict,
            self.patient,
        ]
    }

    pub fn score(&self, weights: &RelatedWeights) -> f32 {
        weights.words * self.words
            + weights.title_words * self.title_words
            + weights.focus_words * self.focus_words
            + weights.question_words * self.question_words
            + weights.answer_words * self.answer_words
            + weights.concepts * self.concepts
            + weights.kin * self.kin
            + weights.vectors
                * (weights.titles * self.titles + weights.questions * self.questions + weights.crossed * self.crossed)
            - weights.conflict * self.conflict
            + weights.same_patient * self.patient
    }
}

/// A candidate with its features and final score.
#[derive(Debug, Clone)]
pub struct Ranked {
    pub at: DocAddress,
    pub id: ThreadId,
    pub features: Features,
    pub score: f32,
}

/// Scores the candidates and puts the `most` best first; equal scores in the order of their ids.
pub fn rank(
    view: &View,
    profile: &Profile,
    lexical: &Lexical<'_>,
    candidates: &[DocAddress],
    weights: &RelatedWeights,
    most: usize,
) -> Result<Vec<Ranked>, IndexError> {
    let kinship = Kinship::new(view, &profile.concepts, weights.step)?;
    let mut of_candidate = Vec::new();
    let mut comparer = Comparer::new(view.embedder(), &profile.meaning);
    let best_words = lexical.most();
    let share = |score: f32, most: f32| if most > 0.0 { score / most } else { 0.0 };
    let mut buffer = Vec::new();
    let mut scored = Vec::with_capacity(candidates.len());
    for &at in candidates {
        let (columns, doc) = (view.columns(at.segment_ord)?, at.doc_id);
        let words = lexical.scores(columns, doc, &mut buffer);
        concepts(columns.concepts(doc), &profile.saliences, &mut of_candidate);
        let kin = kinship.compare(&of_candidate);
        let near = comparer.nearness(columns, doc);
        let features = Features {
            words: share(words.all, best_words.all),
            title_words: share(words.title, best_words.title),
            focus_words: share(words.focus, best_words.focus),
            question_words: share(words.question, best_words.question),
            answer_words: share(words.answers, best_words.answers),
            concepts: kin.same,
            kin: kin.near,
            titles: near.title,
            questions: near.question,
            crossed: near.crossed,
            conflict: kin.conflict,
            patient: patient(&profile.facts, columns, doc),
        };
        scored.push(Scored { at, score: features.score(weights), more: features });
    }
    let ranked = best(view, scored, most, most)?.into_iter();
    ranked
        .map(|thread| Ok(Ranked { at: thread.at, id: view.id(thread.at)?, features: thread.more, score: thread.score }))
        .collect()
}

/// Whether two patients are alike: see [`Features::patient`].
fn patient(facts: &PatientFacts, columns: &Columns, doc: DocId) -> f32 {
    let sex = match (facts.sex, columns.sex(doc)) {
        (Some(of_profile), Some(found)) if of_profile == found => 0.5,
        (Some(_), Some(_)) => -1.0,
        _ => 0.0,
    };
    let age = match (facts.age, columns.age(doc)) {
        // A decade apart is half as alike; a child is unlike any adult.
        (Some(of_profile), Some(found)) => 0.5 * (-(f64::from(of_profile) - found).abs() / 14.4).exp() as f32,
        _ => 0.0,
    };
    sex + age
}

/// The profile's concepts, with all that are near them.
struct Kinship {
    /// For each concept that counts: what it is worth to the profile, as the same one, a broader or a narrower one,
    near: FxHashMap<ConceptId, Worth>,
    /// For each concept: whether the patient has it, its salience and its rarity.
    stances: FxHashMap<ConceptId, (Stance, f32, f32)>,
    norm: f32,
    total: f32,
    idf: std::sync::Arc<[f32]>,
}

/// What a candidate's concept is worth to the profile.
#[derive(Debug, Clone, Copy, Default)]
struct Worth {
    /// As one of its own, or a broader or narrower one.
    own: f32,
    /// As another kind of a broader one.
    kin: f32,
}

/// How a candidate's concepts meet the profile's.
struct Met {
    same: f32,
    near: f32,
    conflict: f32,
}

/// A broader concept makes its kinds kin when at most this share of threads has it: [`idf`](crate::index::idf) from here on.
const KIN_FROM: f32 = 2.5;

/// Kinds of a broader concept that are looked at; one with more says little.
const MOST_KIN: usize = 200;

impl Kinship {
    fn new(view: &View, profile: &[ProfileConcept], step: f32) -> Result<Kinship, IndexError> {
        let lexicon = view.lexicon();
        let idf = view.concept_idf()?;
        let rarity = |concept: ConceptId| idf[concept.0 as usize];
        let mut near: FxHashMap<ConceptId, Worth> = FxHashMap::default();
        let mut stances = FxHashMap::default();
        let (mut square, mut total) = (0.0, 0.0);
        for row in profile {
            let worth = row.salience * rarity(row.concept);
            square += worth * worth;
            total += rarity(row.concept) * row.salience.max(1.0);
            stances.insert(row.concept, (row.stance, row.salience, rarity(row.concept)));
            let mut count = |concept: ConceptId, share: f32| {
                let kept = &mut near.entry(concept).or_default().own;
                *kept = kept.max(worth * share);
            };
            count(row.concept, 1.0);
            if worth == 0.0 {
                continue;
            }
            for child in lexicon.children(row.concept) {
                count(child, step);
            }
            for (broader, distance) in lexicon.ancestors(row.concept) {
                count(broader, step.powi(i32::from(distance)));
            }
            for (broader, distance) in lexicon.ancestors(row.concept) {
                if rarity(broader) < KIN_FROM {
                    continue;
                }
                // As rare as what they have in common, not as they are themselves.
                let share = step.powi(i32::from(distance)) * (rarity(broader) / rarity(row.concept)).min(1.0);
                for kind in lexicon.descendants(broader).into_iter().take(MOST_KIN).filter(|&kind| kind != row.concept) {
                    let kept = &mut near.entry(kind).or_default().kin;
                    *kept = kept.max(worth * share);
                }
            }
        }
        Ok(Kinship { near, stances, norm: square.sqrt(), total, idf })
    }

    /// Likeness and contradiction with a candidate's concepts.
    fn compare(&self, candidate: &[ProfileConcept]) -> Met {
        let (mut same, mut near, mut square, mut conflict) = (0.0, 0.0, 0.0, 0.0);
        for row in candidate {
            let rarity = self.idf[row.concept.0 as usize];
            let worth = row.salience * rarity;
            square += worth * worth;
            if let Some(of_profile) = self.near.get(&row.concept) {
                same += of_profile.own * worth;
                near += (of_profile.kin - of_profile.own).max(0.0) * worth;
            }
            if let Some(&(stance, salience, rarity)) = self.stances.get(&row.concept)
                && contradict(stance, row.stance)
            {
                // What a thread is about contradicts more than what it has beside: fever in the title and "no fever".
                conflict += rarity * if stance == Stance::Has { salience } else { row.salience };
            }
        }
        let norm = self.norm * f32::sqrt(square);
        let share = |sum: f32| if norm > 0.0 { sum / norm } else { 0.0 };
        Met { same: share(same), near: share(near), conflict: if self.total > 0.0 { conflict / self.total } else { 0.0 } }
    }
}
