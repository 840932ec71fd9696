//! Which threads are **allowed**: those that meet every demand of an ask. In: demands. Out: for each segment, a set of threads.

use tantivy::columnar::Column;
use tantivy::query::{EnableScoring, PhraseQuery, Query as _};
use tantivy::schema::{Field, IndexRecordOption};
use tantivy::{DocId, SegmentReader, Term};

use crate::clinical::ConceptId;
use crate::index::{IndexError, View, days_since_epoch, sex_code};
use crate::query::{About, AskedDemand, Demand, Place, Scope};
use crate::thread::SectionKind;

/// Threads of one segment, a bit each.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ThreadSet {
    bits: Vec<u64>,
}

impl ThreadSet {
    pub fn empty(threads: u32) -> ThreadSet {
        ThreadSet { bits: vec![0; threads.div_ceil(64) as usize] }
    }

    pub fn insert(&mut self, doc: DocId) {
        self.bits[doc as usize / 64] |= 1 << (doc % 64);
    }

    pub fn contains(&self, doc: DocId) -> bool {
        self.bits[doc as usize / 64] & 1 << (doc % 64) != 0
    }

    pub fn len(&self) -> u64 {
        self.bits.iter().map(|bits| u64::from(bits.count_ones())).sum()
    }

    /// In ascending order.
    pub fn iter(&self) -> impl Iterator<Item = DocId> + '_ {
        self.bits.iter().enumerate().flat_map(|(n, &bits)| {
            let mut left = bits;
            std::iter::from_fn(move || {
                let bit = (left != 0).then(|| left.trailing_zeros())?;
                left &= left - 1;
                Some(n as u32 * 64 + bit)
            })
        })
    }

    fn join(&mut self, other: &ThreadSet) {
        self.bits.iter_mut().zip(&other.bits).for_each(|(bits, other)| *bits |= other);
    }

    pub fn keep(&mut self, other: &ThreadSet) {
        self.bits.iter_mut().zip(&other.bits).for_each(|(bits, other)| *bits &= other);
    }

    fn remove(&mut self, other: &ThreadSet) {
        self.bits.iter_mut().zip(&other.bits).for_each(|(bits, other)| *bits &= !other);
    }
}

/// The threads that meet all of the demands, deleted ones left out, by segment.
pub fn allowed(view: &View, demands: &[AskedDemand]) -> Result<Vec<ThreadSet>, IndexError> {
    let segments = view.searcher().segment_readers().iter();
    segments
        .map(|reader| {
            let segment = Segment { view, reader };
            let mut set = segment.alive();
            for asked in demands {
                let mut met = ThreadSet::empty(reader.max_doc());
                segment.add(&asked.demand, &mut met).map_err(|error| view.damaged(error))?;
                set.keep(&met);
            }
            Ok(set)
        })
        .collect()
}

struct Segment<'v> {
    view: &'v View,
    reader: &'v SegmentReader,
}

impl Segment<'_> {
    fn alive(&self) -> ThreadSet {
        let mut set = ThreadSet::empty(self.reader.max_doc());
        self.reader.doc_ids_alive().for_each(|doc| set.insert(doc));
        set
    }

    /// Adds the threads that meet the demand.
    fn add(&self, demand: &Demand, into: &mut ThreadSet) -> tantivy::Result<()> {
        match demand {
            Demand::Words { within, words } => {
                for field in self.fields(*within) {
                    self.add_words(field, words, into)?;
                }
            }
            Demand::Concept(concept) => self.add_concept(self.view.fields().within, *concept, into)?,
            Demand::Denied(concept) => {
                let kind = self.view.lexicon().concept(*concept).kind;
                self.add_concept(self.view.fields().denied_of[kind as usize], *concept, into)?;
            }
            Demand::Published(span) => {
                let from = span.from.map_or(i64::MIN, days_since_epoch);
                self.add_range(
                    &self.reader.fast_fields().i64("published")?,
                    from,
                    span.to.map_or(i64::MAX, days_since_epoch),
                    into,
                );
            }
            Demand::Age(span) => {
                let column = self.reader.fast_fields().f64("age")?;
                self.add_range(&column, span.from.unwrap_or(f64::MIN), span.to.unwrap_or(f64::MAX), into);
            }
            Demand::Sex(sex) => self.add_range(&self.reader.fast_fields().u64("sex")?, sex_code(*sex), sex_code(*sex), into),
            Demand::Id(id) => self.add_term(&Term::from_field_text(self.view.fields().id, id), into)?,
            Demand::Not(of) => {
                let mut met = ThreadSet::empty(self.reader.max_doc());
                self.add(of, &mut met)?;
                let mut rest = self.alive();
                rest.remove(&met);
                into.join(&rest);
            }
            Demand::All(all) => {
                let mut met = self.alive();
                for of in all {
                    let mut of_one = ThreadSet::empty(self.reader.max_doc());
                    self.add(of, &mut of_one)?;
                    met.keep(&of_one);
                }
                into.join(&met);
            }
            Demand::Any(any) => any.iter().try_for_each(|of| self.add(of, into))?,
        }
        Ok(())
    }

    fn fields(&self, within: Scope) -> Vec<Field> {
        let fields = self.view.fields();
        match within {
            Scope::Thread => vec![fields.title, fields.question, fields.answers],
            Scope::Place(Place::Title) => vec![fields.title],
            Scope::Place(Place::Question) => vec![fields.question],
            Scope::Place(Place::Answer) => vec![fields.answers],
            Scope::Place(place) => {
                let of_kind = |kind: &SectionKind| SectionKind::ALL.iter().position(|known| known == kind);
                place.sections().iter().filter_map(of_kind).map(|n| fields.sections[n]).collect()
            }
            Scope::About(About::Doctor) => vec![fields.doctor],
            Scope::About(About::Specialty) => vec![fields.specialty],
            Scope::About(About::Source) => vec![fields.source],
            Scope::About(About::Tag) => vec![fields.tags],
        }
    }

    fn add_words(&self, field: Field, words: &[(usize, String)], into: &mut ThreadSet) -> tantivy::Result<()> {
        if let [(_, word)] = words {
            return self.add_term(&Term::from_field_text(field, word), into);
        }
        let terms = words.iter().map(|(at, word)| (*at, Term::from_field_text(field, word))).collect();
        let phrase = PhraseQuery::new_with_offset(terms);
        let weight = phrase.weight(EnableScoring::disabled_from_searcher(self.view.searcher()))?;
        weight.for_each_no_score(self.reader, &mut |docs| docs.iter().for_each(|&doc| into.insert(doc)))
    }

    fn add_term(&self, term: &Term, into: &mut ThreadSet) -> tantivy::Result<()> {
        let inverted = self.reader.inverted_index(term.field())?;
        let Some(mut block) = inverted.read_block_postings(term, IndexRecordOption::Basic)? else { return Ok(()) };
        while block.block_len() > 0 {
            block.docs().iter().for_each(|&doc| into.insert(doc));
            block.advance();
        }
        Ok(())
    }

    fn add_concept(&self, field: Field, concept: ConceptId, into: &mut ThreadSet) -> tantivy::Result<()> {
        self.add_term(&Term::from_field_text(field, self.view.lexicon().concept(concept).id), into)
    }

    fn add_range<T>(&self, column: &Column<T>, from: T, to: T, into: &mut ThreadSet)
    where
        T: PartialOrd + Copy + std::fmt::Debug + Send + Sync + 'static,
    {
        let within = |doc: &DocId| column.first(*doc).is_some_and(|value| from <= value && value <= to);
        (0..self.reader.max_doc()).filter(within).for_each(|doc| into.insert(doc));
    }
}
