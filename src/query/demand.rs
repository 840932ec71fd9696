//! A **demand** is what a thread must meet to be found, whatever its score. In: clauses of a query and a lexicon. Out: demands, and
//! which bytes of the query are left to be read as running text.

use std::ops::Range;

use jiff::civil::Date;
use rustc_hash::FxHashSet;

use crate::clinical::{ConceptId, Kind, Lexicon};
use crate::index::analyzer;
use crate::thread::Sex;

use super::Field;
use super::field::{About, Place};
use super::tree::{Clause, Query, Remark, What, remark};
use super::value::{self, Span};

/// What a thread must meet.
#[derive(Debug, Clone, PartialEq)]
pub enum Demand {
    /// Words one after the other; each with its distance from the first. At least one.
    Words {
        within: Scope,
        words: Vec<(usize, String)>,
    },
    /// It is about this concept or a narrower one.
    Concept(ConceptId),
    /// Its patient has not this.
    Denied(ConceptId),
    Published(Span<Date>),
    Age(Span<f64>),
    Sex(Sex),
    Id(String),
    Not(Box<Demand>),
    All(Vec<Demand>),
    Any(Vec<Demand>),
}

/// Where words are to be looked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Scope {
    /// Title, question or answers.
    Thread,
    Place(Place),
    About(About),
}

/// A demand as it stands in the query.
#[derive(Debug, Clone, PartialEq)]
pub struct AskedDemand {
    pub demand: Demand,
    /// As it may be typed: `drug:nsaid`.
    pub typed: String,
}

impl Demand {
    /// Whether a thread meets it by its text. What it finds is then an answer by itself; any other demand only filters.
    pub fn is_of_text(&self) -> bool {
        match self {
            Demand::Words { within, .. } => !matches!(within, Scope::About(_)),
            Demand::All(demands) | Demand::Any(demands) => demands.iter().any(Demand::is_of_text),
            _ => false,
        }
    }
}

/// A concept that a demand names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DemandedConcept {
    pub concept: ConceptId,
    /// Demanded as absent: `denied:fever`, `-symptom:fever`.
    pub denied: bool,
}

/// More free words than a query has: a text that somebody pasted, in which quotation marks and dashes are punctuation.
const RUNNING_TEXT: usize = 30;

/// Words without a small letter that make a text shouted, in which OR and NOT are no operators.
const SHOUTED: usize = 8;

/// The words that a concept's name may have after a bare `symptom:`.
const LONGEST_NAME: usize = 6;

/// What was made of a query's clauses.
#[derive(Debug, Default)]
pub struct Demands {
    pub demands: Vec<AskedDemand>,
    /// Concepts that filters name.
    pub concepts: Vec<DemandedConcept>,
    /// Bytes of the query that are not running text.
    pub blanks: Vec<Range<usize>>,
    /// Values of concept filters that the lexicon has, and those that it has not.
    pub named: Vec<Range<usize>>,
    pub unknown: Vec<Range<usize>>,
    pub remarks: Vec<Remark>,
}

impl Demands {
    pub fn of(query: &Query, text: &str, lexicon: &Lexicon) -> Demands {
        let mut reader = Reader { lexicon, text, made: Demands::default(), turned: false };
        let is_running_text = is_running_text(query, text);
        if is_running_text && query.clauses.iter().any(is_operator) {
            let says = "read as a running text: quotation marks, dashes and words in capitals are no operators in it";
            remark(&mut reader.made.remarks, 0, text.len(), says);
        }
        let mut rest = query.clauses.as_slice();
        while let [clause, after @ ..] = rest {
            rest = after;
            if !(is_operator(clause) && is_running_text) {
                rest = &after[reader.item(clause, after)..];
            }
        }
        reader.made
    }
}

fn is_running_text(query: &Query, text: &str) -> bool {
    let words = query.clauses.iter().filter(|clause| matches!(clause.what, What::Word(_))).count();
    let shouted = || !text.contains(char::is_lowercase) && query.clauses.iter().map(leaves).sum::<usize>() >= SHOUTED;
    words > RUNNING_TEXT || shouted()
}

fn leaves(clause: &Clause) -> usize {
    match &clause.what {
        What::Word(_) | What::Phrase(_) | What::Field(..) => 1,
        What::Not(of) => leaves(of),
        What::Group(clauses) | What::And(clauses) | What::Or(clauses) => clauses.iter().map(leaves).sum(),
    }
}

fn is_operator(clause: &Clause) -> bool {
    matches!(clause.what, What::Phrase(_) | What::Not(_) | What::And(_) | What::Or(_) | What::Group(_))
}

struct Reader<'r> {
    lexicon: &'r Lexicon,
    text: &'r str,
    made: Demands,
    /// Whether what is read stands in a NOT.
    turned: bool,
}

impl Reader<'_> {
    /// One thing of those that stand side by side. Returns how many of those after it belong to it.
    fn item(&mut self, clause: &Clause, after: &[Clause]) -> usize {
        match &clause.what {
            What::Word(_) => return 0,
            What::Field(Field::Concept(kind), of) => {
                if let What::Word(word) = &of.what
                    && let Some((concepts, taken)) = self.longest_name(*kind, word, after)
                {
                    let end = if taken > 0 { after[taken - 1].end } else { clause.end };
                    let typed = self.text[clause.start..end].to_owned();
                    self.made.blanks.push(clause.start..end);
                    self.made.named.push(of.start..end);
                    self.names(&concepts, false);
                    self.made.demands.push(AskedDemand { demand: any(concepts.into_iter().map(Demand::Concept)), typed });
                    return taken;
                }
            }
            _ => {}
        }
        let demand = match &clause.what {
            // A filter that cannot be read is words, which need not all be there.
            What::Field(field, of) => self.field(clause, *field, of, true),
            _ => self.demand(clause, None, true),
        };
        if let Some(demand) = demand {
            self.made.demands.push(AskedDemand { demand, typed: clause.to_string() });
        }
        0
    }

    /// The longest name of a concept that begins with a filter's bare value and goes on in the words after it.
    fn longest_name(&self, kind: Kind, word: &str, after: &[Clause]) -> Option<(Vec<ConceptId>, usize)> {
        let mut name = word.to_owned();
        let mut best = self.of_kind(kind, &name).map(|concepts| (concepts, 0));
        for (n, next) in after.iter().take(LONGEST_NAME).enumerate() {
            let What::Word(next) = &next.what else { break };
            name.push(' ');
            name.push_str(next);
            if let Some(concepts) = self.of_kind(kind, &name) {
                best = Some((concepts, n + 1));
            }
        }
        best
    }

    fn of_kind(&self, kind: Kind, term: &str) -> Option<Vec<ConceptId>> {
        let by_id = self.lexicon.by_id(&format!("{kind}:{}", term.to_lowercase()));
        let mut concepts: Vec<ConceptId> = self.lexicon.lookup(term).iter().copied().chain(by_id).collect();
        concepts.retain(|&concept| self.lexicon.concept(concept).kind == kind);
        concepts.dedup();
        (!concepts.is_empty()).then_some(concepts)
    }

    /// `free`: words that are met here are also words of the running text.
    fn demand(&mut self, clause: &Clause, field: Option<Field>, free: bool) -> Option<Demand> {
        match &clause.what {
            What::Word(text) | What::Phrase(text) => self.leaf(clause, text, field, free),
            What::Field(field, of) => match self.field(clause, *field, of, free) {
                None if !matches!(field, Field::Text(_)) => self.demand(of, None, free),
                demand => demand,
            },
            What::Not(of) => {
                self.made.blanks.push(clause.start..clause.end);
                self.turned = !self.turned;
                let demand = self.demand(of, field, false);
                self.turned = !self.turned;
                Some(Demand::Not(Box::new(demand?)))
            }
            What::Group(clauses) | What::And(clauses) => {
                let demands: Vec<Demand> = clauses.iter().filter_map(|clause| self.demand(clause, field, free)).collect();
                one_or(demands, Demand::All)
            }
            What::Or(clauses) => {
                let demands: Vec<Demand> = clauses.iter().filter_map(|clause| self.demand(clause, field, free)).collect();
                (!demands.is_empty()).then(|| any(demands))
            }
        }
    }

    /// Where nothing comes of a filter, its value stays running text.
    fn field(&mut self, clause: &Clause, field: Field, of: &Clause, free: bool) -> Option<Demand> {
        let is_text = matches!(field, Field::Text(_));
        let demand = self.demand(of, Some(field), free && is_text);
        self.made.blanks.push(clause.start..if is_text || demand.is_none() { of.start } else { clause.end });
        demand
    }

    fn leaf(&mut self, clause: &Clause, text: &str, field: Option<Field>, free: bool) -> Option<Demand> {
        let unreadable = |reader: &mut Self, expected: &str| {
            let says = format!("`{text}` is not {expected}, so it is read as words");
            remark(&mut reader.made.remarks, clause.start, clause.end, says);
            None
        };
        match field {
            None => {
                let words = self.words(clause, text, Scope::Thread)?;
                // A word that must be there may be there as a concept by another name; what is quoted must be there as it is.
                let concepts =
                    if free && matches!(clause.what, What::Word(_)) { self.lexicon.lookup(text).to_vec() } else { Vec::new() };
                Some(any(std::iter::once(words).chain(concepts.into_iter().map(Demand::Concept))))
            }
            Some(Field::Text(place)) => self.words(clause, text, Scope::Place(place)),
            Some(Field::About(about)) => {
                let Demand::Words { within, words } = self.words(clause, text, Scope::About(about))? else { return None };
                // "Claire Thibodeau" finds "Thibodeau, Claire".
                one_or(words.into_iter().map(|(_, word)| Demand::Words { within, words: vec![(0, word)] }).collect(), Demand::All)
            }
            Some(Field::Concept(kind)) => self.concept(clause, text, kind),
            Some(Field::Denied) => {
                let concepts = self.lexicon.lookup(text).to_vec();
                if concepts.is_empty() {
                    self.made.unknown.push(clause.start..clause.end);
                    return unreadable(self, "in the lexicon");
                }
                self.names(&concepts, true);
                Some(any(concepts.into_iter().map(Demand::Denied)))
            }
            Some(Field::Published) => match value::dates(text) {
                Some((span, turned)) => {
                    self.say_turned(clause, text, turned);
                    Some(Demand::Published(span))
                }
                None => unreadable(self, "a date such as 2016, 2016-05 or 2016..2018"),
            },
            Some(Field::Age) => match value::ages(text) {
                Some((span, turned)) => {
                    self.say_turned(clause, text, turned);
                    Some(Demand::Age(span))
                }
                None => unreadable(self, "an age in years such as 34 or 30..40"),
            },
            Some(Field::Sex) => value::sex(text).map(Demand::Sex).or_else(|| unreadable(self, "f or m")),
            Some(Field::Id) => Some(Demand::Id(text.to_owned())),
        }
    }

    fn words(&mut self, clause: &Clause, text: &str, within: Scope) -> Option<Demand> {
        let words = analyzer::words(text);
        let Some(first) = words.first().map(|word| word.position) else {
            if matches!(clause.what, What::Phrase(_)) || within != Scope::Thread {
                let says = format!("`{text}` is only common words, which are not searched for");
                remark(&mut self.made.remarks, clause.start, clause.end, says);
            }
            return None;
        };
        Some(Demand::Words { within, words: words.into_iter().map(|word| (word.position - first, word.stem)).collect() })
    }

    fn concept(&mut self, clause: &Clause, text: &str, kind: Kind) -> Option<Demand> {
        if let Some(concepts) = self.of_kind(kind, text) {
            self.names(&concepts, false);
            return Some(any(concepts.into_iter().map(Demand::Concept)));
        }
        let others = self.lexicon.lookup(text).to_vec();
        let Some(&other) = others.first() else {
            self.made.unknown.push(clause.start..clause.end);
            let says = format!("the lexicon has no {kind} `{text}`, so it is read as words");
            remark(&mut self.made.remarks, clause.start, clause.end, says);
            return None;
        };
        let other = self.lexicon.concept(other).kind;
        remark(
            &mut self.made.remarks,
            clause.start,
            clause.end,
            format!("`{text}` is read as a {other}, for the lexicon has no {kind} of that name"),
        );
        self.names(&others, false);
        Some(any(others.into_iter().map(Demand::Concept)))
    }

    fn names(&mut self, concepts: &[ConceptId], denied: bool) {
        let denied = denied != self.turned;
        self.made.concepts.extend(concepts.iter().map(|&concept| DemandedConcept { concept, denied }));
    }

    fn say_turned(&mut self, clause: &Clause, text: &str, turned: bool) {
        if turned {
            let says = format!("`{text}` ends before it begins, so it is turned round");
            remark(&mut self.made.remarks, clause.start, clause.end, says);
        }
    }
}

/// Any of these; the same thing is asked for once, however often it is typed.
fn any(demands: impl IntoIterator<Item = Demand>) -> Demand {
    let mut seen = FxHashSet::default();
    let mut distinct: Vec<Demand> = Vec::new();
    for demand in demands {
        let inner = match demand {
            Demand::Any(inner) => inner,
            other => vec![other],
        };
        distinct.extend(inner.into_iter().filter(|demand| seen.insert(format!("{demand:?}"))));
    }
    if distinct.len() == 1 { distinct.remove(0) } else { Demand::Any(distinct) }
}

fn one_or(mut demands: Vec<Demand>, all: fn(Vec<Demand>) -> Demand) -> Option<Demand> {
    if demands.len() < 2 { demands.pop() } else { Some(all(demands)) }
}
