//! **Assertion**: whether the patient has what a mention names. The way is ConText (Harkema and others, 2009): cues, each with a
//! direction and a reach, and words that end it. The cues are data, in `schema/assertion.tsv`.
//!
//! In: the tokens of a text, its sentences, its mentions, and the [`Context`] it stands in. Out: each mention's assertion and the
//! place of the cue that decided. Only sentences with a mention are read, each once.
//!
//! How cues become an assertion: a relative's finding is the family's; a question or a condition about the patient outranks a
//! denial within it; else the cue nearest to the mention decides, a denial before a past. Where there is no cue, the kind of
//! concept, the author and whether the sentence speaks of the patient do.

mod line;
mod rules;

use std::ops::Range;

use super::tokens::Tokens;
use super::{AskedFor, Assertion, ConceptId, Kind, Mention};
use crate::thread::{Role, SectionKind};
use line::Item;
use rules::{Channel, Met, Reach, Rule, Rules, Says, Sought, Speaker, Symbol};

/// What is known of a text beside its words.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Context {
    /// Who wrote it; guessed from each sentence where it is not known.
    pub author: Option<Role>,
    /// The section of a doctor's post that it is.
    pub section: Option<SectionKind>,
    /// Whom the thread asks about: that person's findings are the patient's.
    pub asked_for: AskedFor,
}

/// Unpacks the rules beside other work, such as opening an index: otherwise the first text waits for them.
pub fn prepare() {
    std::thread::spawn(Rules::get);
}

/// Sets the assertion and the cue of each mention. Mentions and sentences are in the order of the text; a mention outside every
/// sentence keeps what it has.
pub fn judge(
    tokens: &Tokens,
    sentences: &[Range<usize>],
    mentions: &mut [Mention],
    kind_of: impl Fn(ConceptId) -> Kind,
    context: &Context,
) {
    let mut judge = Judge::new(context);
    let mut rest = mentions;
    for sentence in sentences {
        let before = rest.iter().take_while(|mention| (mention.start as usize) < sentence.start).count();
        let within = rest[before..].iter().take_while(|mention| (mention.start as usize) < sentence.end).count();
        let (read, later) = rest.split_at_mut(before + within);
        if within > 0 {
            judge.sentence(tokens, sentence, &mut read[before..], &kind_of);
        }
        rest = later;
    }
}

/// The assertion of one span of a text, read as a mention of a concept of a kind, with the bytes of its cue.
pub fn judge_span(text: &str, span: Range<usize>, kind: Kind, context: &Context) -> (Assertion, Option<(u32, u32)>) {
    let tokens = Tokens::of(text);
    let mut mentions = [Mention {
        start: span.start as u32,
        end: span.end as u32,
        concept: ConceptId(0),
        assertion: Assertion::Present,
        cue: None,
    }];
    let sentences = super::sentences(text);
    judge(&tokens, &sentences, &mut mentions, |_| kind, context);
    (mentions[0].assertion, mentions[0].cue)
}

/// One rule found in a line, with the items that its cue may reach.
struct Cue {
    rule: &'static Rule,
    /// Items of the cue, end exclusive.
    start: u32,
    end: u32,
    /// Items that it reaches, end exclusive.
    from: u32,
    to: u32,
}

impl Cue {
    fn new(rule: &'static Rule, start: usize, end: usize) -> Cue {
        Cue { rule, start: start as u32, end: end as u32, from: 0, to: 0 }
    }
}

/// What a sentence as a whole says of its speaker and of whom it speaks.
struct Voice {
    speaker: Speaker,
    /// It speaks of the patient.
    points: bool,
    /// It has a finite verb, so that it is a statement and not a heading.
    states: bool,
}

struct Judge<'c> {
    context: &'c Context,
    rules: &'static Rules,
    opener: Option<Symbol>,
    finite: Option<Symbol>,
    /// The relatives who are the patient here.
    patient: Option<Symbol>,
    /// Who spoke last where the author is not given.
    spoke: Speaker,
    line: Vec<Item>,
    places: Vec<(u32, u32)>,
    met: Met,
    cues: Vec<Cue>,
    ends: Vec<(u32, u32, Reach)>,
    scratch: (Vec<Item>, Met),
}

impl<'c> Judge<'c> {
    fn new(context: &'c Context) -> Judge<'c> {
        let rules = Rules::get();
        let patient = match context.asked_for {
            AskedFor::Oneself => None,
            AskedFor::Child => rules.class("child"),
            AskedFor::Parent => rules.class("parent"),
            AskedFor::Partner => rules.class("partner"),
            AskedFor::Other => rules.class("other"),
        };
        Judge {
            context,
            rules,
            opener: rules.class("opener"),
            finite: rules.class("finite"),
            patient,
            spoke: Speaker::Unknown,
            line: Vec::new(),
            places: Vec::new(),
            met: Met::default(),
            cues: Vec::new(),
            ends: Vec::new(),
            scratch: Default::default(),
        }
    }

    fn sentence(
        &mut self,
        tokens: &Tokens,
        sentence: &Range<usize>,
        mentions: &mut [Mention],
        kind_of: &impl Fn(ConceptId) -> Kind,
    ) {
        line::read(tokens, sentence.start as u32, sentence.end as u32, mentions, &mut self.line, &mut self.places);
        let opened = self.line.iter().take_while(|item| self.rules.is_in(item.symbol, self.opener)).count();
        self.rules.meet(&self.line, opened, &mut self.met);
        let voice = self.hear();
        for kind in Kind::ALL {
            if !mentions.iter().any(|mention| kind_of(mention.concept) == kind) {
                continue;
            }
            self.find(voice.speaker, kind);
            self.settle(tokens, mentions, kind, kind_of, &voice);
        }
    }

    fn settle(
        &mut self,
        tokens: &Tokens,
        mentions: &mut [Mention],
        kind: Kind,
        kind_of: &impl Fn(ConceptId) -> Kind,
        voice: &Voice,
    ) {
        for (n, mention) in mentions.iter_mut().enumerate().filter(|(_, mention)| kind_of(mention.concept) == kind) {
            let place = self.places[n];
            let ongoing = kind == Kind::Procedure && line::is_ongoing(tokens, mention, &mut self.scratch);
            let (assertion, cue) = self.decide(place, kind, ongoing, voice);
            mention.assertion = assertion;
            mention.cue = cue.map(|(start, end)| (self.line[start as usize].start, self.line[end as usize - 1].end));
        }
    }

    /// Who speaks, and of whom.
    fn hear(&mut self) -> Voice {
        let (mut own, mut doctor, mut pointer) = (false, false, false);
        let sought = Sought { channel: Channel::Voice, speaker: Speaker::Unknown, kind: None };
        let mut at = 0;
        while at < self.line.len() {
            match self.met.longest(self.rules, at, sought) {
                None => at += 1,
                Some(found) => {
                    for rule in found.rules() {
                        match rule.says {
                            Says::Own => own = true,
                            Says::Doctor => doctor = true,
                            _ => pointer = true,
                        }
                    }
                    at = found.end.max(at + 1);
                }
            }
        }
        let speaker = match self.context.author {
            Some(Role::Patient) => Speaker::Patient,
            Some(Role::Doctor) => Speaker::Doctor,
            None if self.context.section.is_some() || doctor => Speaker::Doctor,
            None if own => Speaker::Patient,
            None => self.spoke,
        };
        self.spoke = speaker;
        let states = self.line.iter().any(|item| self.rules.is_in(item.symbol, self.finite));
        Voice { speaker, points: own || pointer, states }
    }

    /// Fills `cues`, each with the items it reaches.
    fn find(&mut self, speaker: Speaker, kind: Kind) {
        let sought = |channel| Sought { channel, speaker, kind: Some(kind) };
        self.cues.clear();
        self.ends.clear();
        let (mut cue_from, mut frame_from, mut end_from) = (0, 0, 0);
        for at in 0..self.line.len() {
            if at >= cue_from
                && let Some(found) = self.met.longest(self.rules, at, sought(Channel::Cue))
            {
                cue_from = at + 1;
                for rule in found.rules() {
                    let asked_for = rule.says == Says::Family
                        && self.line[at..found.end].iter().any(|item| self.rules.is_in(item.symbol, self.patient));
                    match rule.says {
                        // Words of a pseudo-cue end nothing either.
                        Says::Pseudo => end_from = found.end,
                        // What is said of the patient is no cue: its words are free for others.
                        _ if asked_for => continue,
                        _ => self.cues.push(Cue::new(rule, at, found.end)),
                    }
                    cue_from = found.end.max(at + 1);
                }
            }
            if at >= frame_from
                && let Some(found) = self.met.longest(self.rules, at, sought(Channel::Frame))
            {
                frame_from = found.end.max(at + 1);
                // "Get your MRI": the words that advise hold the one that would point.
                let held = found.end <= cue_from && at < cue_from;
                let kept = found.rules().filter(|rule| !held || rule.says == Says::General);
                self.cues.extend(kept.map(|rule| Cue::new(rule, at, found.end)));
            }
            if at >= end_from
                && let Some(found) = self.met.longest(self.rules, at, sought(Channel::End))
            {
                end_from = found.end.max(at + 1);
                let reach = found.rules().map(|rule| rule.reach).next().unwrap_or(Reach::Both);
                self.ends.push((at as u32, found.end as u32, reach));
            }
        }
        self.bound();
    }

    /// Sets what each cue reaches: both lists are in the order of the line, so one walk over each direction is enough.
    fn bound(&mut self) {
        let last = self.line.len() as u32;
        let mut next = 0;
        for cue in &mut self.cues {
            (cue.from, cue.to) = (cue.start, cue.end);
            if matches!(cue.rule.reach, Reach::Forward | Reach::Both) {
                while self.ends.get(next).is_some_and(|end| end.0 < cue.end || end.2 == Reach::Backward) {
                    next += 1;
                }
                let stop = match self.ends.get(next) {
                    Some(end) if cue.rule.scope != Rule::SENTENCE => end.0,
                    _ => last,
                };
                cue.to = stop;
            }
        }
        let mut next = self.ends.len();
        for cue in self.cues.iter_mut().rev() {
            if matches!(cue.rule.reach, Reach::Backward | Reach::Both) {
                while next > 0 && (self.ends[next - 1].1 > cue.start || self.ends[next - 1].2 == Reach::Forward) {
                    next -= 1;
                }
                let stop = if next > 0 && cue.rule.scope != Rule::SENTENCE { self.ends[next - 1].1 } else { 0 };
                cue.from = stop;
            }
        }
    }

    fn decide(&self, place: (u32, u32), kind: Kind, ongoing: bool, voice: &Voice) -> (Assertion, Option<(u32, u32)>) {
        let mut general = None;
        let (mut definite, mut stated) = (None, false);
        let mut outer: Option<(u32, &Cue)> = None;
        let mut near: Option<(u32, &Cue)> = None;
        let mut denied: Option<(u32, &Cue)> = None;
        for cue in &self.cues {
            let Some(distance) = self.distance(cue, place) else { continue };
            let nearer = |other: Option<(u32, &Cue)>| other.is_none_or(|(far, _)| distance < far);
            match cue.rule.says {
                Says::Family => return (Assertion::Family, Some((cue.start, cue.end))),
                Says::Asked | Says::Supposed if nearer(outer) => outer = Some((distance, cue)),
                Says::General => general = general.or(Some(cue)),
                Says::Definite => definite = Some(definite.map_or(distance, |other| distance.min(other))),
                Says::Stated => stated = true,
                Says::Denied if nearer(denied) => denied = Some((distance, cue)),
                Says::Present | Says::Possible | Says::Past | Says::Hypothetical if nearer(near) => near = Some((distance, cue)),
                _ => {}
            }
        }
        near = match (near, denied) {
            (Some((far, inner)), Some(denial)) if inner.rule.says == Says::Past || denial.0 <= far => Some(denial),
            (None, denied) => denied,
            (near, _) => near,
        };
        let by = |cue: &Cue| Some((cue.start, cue.end));
        // "Is my headache …": nothing that lies further off makes one's own headache uncertain.
        let owned = |far: u32| definite.is_some_and(|distance| distance <= far);
        if let Some((far, cue)) = outer.filter(|(far, _)| !owned(*far)) {
            let kept = near.filter(|(distance, inner)| matches!(inner.rule.says, Says::Present | Says::Past) && *distance < far);
            if kept.is_none() {
                let assertion = if cue.rule.says == Says::Asked { Assertion::Possible } else { Assertion::Hypothetical };
                return (assertion, by(cue));
            }
        }
        if let Some((far, cue)) = near {
            match cue.rule.says {
                Says::Denied => return (Assertion::Denied, by(cue)),
                Says::Past => return (Assertion::Past, by(cue)),
                Says::Present => return (Assertion::Present, by(cue)),
                Says::Possible if !owned(far) => return (Assertion::Possible, by(cue)),
                Says::Hypothetical if !owned(far) => return (Assertion::Hypothetical, by(cue)),
                _ => {}
            }
        }
        if definite.is_some() || stated {
            return (held(kind, ongoing), None);
        }
        if let Some(cue) = general {
            return (Assertion::Hypothetical, by(cue));
        }
        (self.unsaid(kind, ongoing, voice), None)
    }

    /// How many words lie from a cue to a mention that it reaches; `None` where it does not reach it.
    fn distance(&self, cue: &Cue, place: (u32, u32)) -> Option<u32> {
        let at = |item: u32| self.line[item as usize].at;
        if cue.start < place.1 && place.0 < cue.end {
            return (cue.rule.reach == Reach::Inside && cue.start <= place.0 && place.1 <= cue.end).then_some(0);
        }
        if cue.rule.reach == Reach::Inside || place.0 < cue.from || place.0 >= cue.to {
            return None;
        }
        let distance = if place.0 < cue.start { at(cue.start) - at(place.1 - 1) } else { at(place.0) - at(cue.end - 1) };
        (cue.rule.scope >= Rule::CLAUSE || distance <= u32::from(cue.rule.scope)).then_some(distance)
    }

    /// The assertion where no cue decides.
    fn unsaid(&self, kind: Kind, ongoing: bool, voice: &Voice) -> Assertion {
        let finding = matches!(kind, Kind::Symptom | Kind::Condition);
        match self.context.section {
            Some(SectionKind::ProbableCauses | SectionKind::DifferentialDiagnosis | SectionKind::ProbableDiagnosis)
                if finding =>
            {
                return Assertion::Possible;
            }
            Some(SectionKind::PreventiveMeasures) => return Assertion::Hypothetical,
            // What is to be watched for.
            Some(SectionKind::FollowUp) if finding => return Assertion::Hypothetical,
            _ => {}
        }
        let general = voice.states && !voice.points;
        match voice.speaker {
            Speaker::Doctor if !finding || general => Assertion::Hypothetical,
            Speaker::Unknown if general => Assertion::Hypothetical,
            _ => held(kind, ongoing),
        }
    }
}

/// What it means that the patient has a concept of a kind: an operation is over, all else is there.
fn held(kind: Kind, ongoing: bool) -> Assertion {
    if kind == Kind::Procedure && !ongoing { Assertion::Past } else { Assertion::Present }
}
