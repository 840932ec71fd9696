//! **Features** say how one candidate relates to a profile; ranking is their weighted sum. Each is about 0 to 1.

use rustc_hash::FxHashMap;
use tantivy::DocAddress;
use tantivy::columnar::{Column, StrColumn};

use crate::clinical::ConceptId;
use crate::index::{IndexError, View, sex_code};
use crate::search::{Candidate, ConceptColumns, RelatedWeights, VectorColumn};
use crate::thread::ThreadId;

use super::profile::{Profile, ProfileConcept, Stance, concepts};

/// How one candidate relates to a profile.
#[derive(Debug, Clone, Copy, Default, PartialEq, serde::Serialize)]
pub struct Features {
    /// Share of the profile's weighted words that the candidate meets, by BM25F.
    pub words: f32,
    /// Share of the words of the profile's title that the candidate's title meets, by BM25, and that the whole candidate meets.
    pub title_words: f32,
    pub focus_words: f32,
    /// Cosine of the two threads' concepts, weighted by rarity and salience; broader and narrower ones count in part.
    pub concepts: f32,
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
    pub fn score(&self, weights: &RelatedWeights) -> f32 {
        weights.words * self.words
            + weights.title_words * self.title_words
            + weights.focus_words * self.focus_words
            + weights.concepts * self.concepts
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

/// Scores the candidates and puts the best first; equal scores in the order of their ids.
///
/// `most_words` is what a thread would score that has every word of the profile many times.
pub fn rank(
    view: &View,
    profile: &Profile,
    candidates: &[Candidate],
    most_words: (f32, f32),
    weights: &RelatedWeights,
) -> Result<Vec<Ranked>, IndexError> {
    let kinship = Kinship::new(view, &profile.concepts, weights.step)?;
    let mut ranked = Vec::with_capacity(candidates.len());
    for of_segment in candidates.chunk_by(|a, b| a.at.segment_ord == b.at.segment_ord) {
        let mut columns = Columns::open(view, of_segment[0].at.segment_ord)?;
        for candidate in of_segment {
            let doc = candidate.at.doc_id;
            let (concepts, conflict) = kinship.compare(&concepts(columns.concepts.uses(doc), weights));
            let near = columns.vectors.nearness(&profile.meaning, doc);
            let features = Features {
                titles: near.title,
                questions: near.question,
                crossed: near.crossed,
                words: candidate.words.all / most_words.0.max(f32::MIN_POSITIVE),
                title_words: candidate.words.title / most_words.1.max(f32::MIN_POSITIVE),
                focus_words: candidate.words.focus / most_words.1.max(f32::MIN_POSITIVE),
                concepts,
                conflict,
                patient: columns.patient(doc, profile),
            };
            ranked.push(Ranked { at: candidate.at, id: columns.id(view, doc)?, features, score: features.score(weights) });
        }
    }
    ranked.sort_unstable_by(|a, b| b.score.total_cmp(&a.score).then_with(|| a.id.cmp(&b.id)));
    Ok(ranked)
}

/// The profile's concepts, with all that are near them.
struct Kinship {
    /// For each concept that counts: what it is worth to the profile.
    near: FxHashMap<ConceptId, f32>,
    stances: FxHashMap<ConceptId, (Stance, f32)>,
    norm: f32,
    total: f32,
    idf: std::sync::Arc<[f32]>,
}

impl Kinship {
    fn new(view: &View, profile: &[ProfileConcept], step: f32) -> Result<Kinship, IndexError> {
        let lexicon = view.lexicon();
        let idf = view.concept_idf()?;
        let mut near: FxHashMap<ConceptId, f32> = FxHashMap::default();
        let mut stances = FxHashMap::default();
        let (mut square, mut total) = (0.0, 0.0);
        for row in profile {
            let rarity = idf[row.concept.0 as usize];
            let worth = row.salience * rarity;
            square += worth * worth;
            total += rarity * row.salience.max(1.0);
            stances.insert(row.concept, (row.stance, rarity));
            let mut count = |concept: ConceptId, share: f32| {
                let kept = near.entry(concept).or_default();
                *kept = kept.max(worth * share);
            };
            count(row.concept, 1.0);
            if worth > 0.0 {
                for (broader, distance) in lexicon.ancestors(row.concept) {
                    count(broader, step.powi(i32::from(distance)));
                }
                for child in lexicon.children(row.concept) {
                    count(child, step);
                }
            }
        }
        Ok(Kinship { near, stances, norm: square.sqrt(), total, idf })
    }

    /// Likeness and contradiction with a candidate's concepts.
    fn compare(&self, candidate: &[ProfileConcept]) -> (f32, f32) {
        let (mut dot, mut square, mut conflict) = (0.0, 0.0, 0.0);
        for row in candidate {
            let rarity = self.idf[row.concept.0 as usize];
            let worth = row.salience * rarity;
            square += worth * worth;
            if let Some(&of_profile) = self.near.get(&row.concept) {
                dot += of_profile * worth;
            }
            if let Some(&(stance, rarity)) = self.stances.get(&row.concept)
                && matches!((stance, row.stance), (Stance::Has, Stance::HasNot) | (Stance::HasNot, Stance::Has))
            {
                conflict += rarity;
            }
        }
        let norm = self.norm * f32::sqrt(square);
        (if norm > 0.0 { dot / norm } else { 0.0 }, if self.total > 0.0 { conflict / self.total } else { 0.0 })
    }
}

struct Columns {
    concepts: ConceptColumns,
    vectors: VectorColumn,
    age: Column<f64>,
    sex: Column<u64>,
    id: StrColumn,
}

impl Columns {
    fn open(view: &View, segment: u32) -> Result<Columns, IndexError> {
        let reader = view.searcher().segment_reader(segment);
        let fast = reader.fast_fields();
        let open = || -> tantivy::Result<_> { Ok((fast.f64("age")?, fast.u64("sex")?, fast.str("id")?)) };
        let (age, sex, id) = open().map_err(|error| view.damaged(error))?;
        let id = id.ok_or_else(|| view.damaged("its threads have no ids"))?;
        Ok(Columns { concepts: ConceptColumns::open(view, reader)?, vectors: VectorColumn::open(view, reader)?, age, sex, id })
    }

    fn patient(&self, doc: tantivy::DocId, profile: &Profile) -> f32 {
        let sex = match (profile.facts.sex, self.sex.first(doc)) {
            (Some(of_profile), Some(found)) if sex_code(of_profile) == found => 0.5,
            (Some(_), Some(_)) => -1.0,
            _ => 0.0,
        };
        let age = match (profile.facts.age, self.age.first(doc)) {
            // A decade apart is half as alike; a child is unlike any adult.
            (Some(of_profile), Some(found)) => 0.5 * (-(f64::from(of_profile) - found).abs() / 14.4).exp() as f32,
            _ => 0.0,
        };
        sex + age
    }

    fn id(&self, view: &View, doc: tantivy::DocId) -> Result<ThreadId, IndexError> {
        let mut id = String::new();
        let ord = self.id.term_ords(doc).next().ok_or_else(|| view.damaged("a thread has no id"))?;
        self.id.ord_to_str(ord, &mut id).map_err(|error| view.damaged(error))?;
        Ok(ThreadId::from(id))
    }
}
