//! **Patient facts** are what a thread says of its patient beside findings: age, sex, pregnancy, for how long, and for whom the
//! question is asked. They are soft signals: ranking prefers threads of a like patient, nothing is left out for them.
//!
//! In: the tokens of a text. Out: [`PatientFacts`], each `None` where the text does not say it.

use serde::{Deserialize, Serialize};

use super::tokens::{Class, Gap, Tokens};
use crate::thread::Sex;

#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
pub struct PatientFacts {
    /// In years; fractions are infants.
    pub age: Option<f32>,
    pub sex: Option<Sex>,
    /// Whether the patient is pregnant now; `None` where nothing is said.
    pub pregnant: Option<bool>,
    /// For how long the complaint has lasted, in days.
    pub duration_days: Option<f32>,
    pub asked_for: AskedFor,
}

/// Whom the writer asks about.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum AskedFor {
    #[default]
    Oneself,
    Child,
    Parent,
    Partner,
    Other,
}

/// No patient is older.
const OLDEST: f32 = 120.0;

/// Tokens at the head of a question within which its subject is named.
const OPENING: usize = 8;

/// Days in a unit of time.
fn days(word: &str) -> Option<f32> {
    Some(match word {
        "hour" | "hours" | "hr" | "hrs" => 1.0 / 24.0,
        "day" | "days" => 1.0,
        "week" | "weeks" | "wk" | "wks" => 7.0,
        "month" | "months" | "mo" | "mos" | "mth" | "mths" => 30.4,
        "year" | "years" | "yr" | "yrs" | "yo" | "y" => 365.25,
        _ => return None,
    })
}

/// Numbers as words, as far as durations and ages are written so.
fn number_word(word: &str) -> Option<f32> {
    Some(match word {
        "one" | "a" | "an" => 1.0,
        "two" | "couple" => 2.0,
        "three" | "few" => 3.0,
        "four" => 4.0,
        "five" => 5.0,
        "six" => 6.0,
        "seven" => 7.0,
        "eight" => 8.0,
        "nine" => 9.0,
        "ten" => 10.0,
        "eleven" => 11.0,
        "twelve" => 12.0,
        _ => return None,
    })
}

fn sex_of(word: &str) -> Option<Sex> {
    match word {
        "female" | "woman" | "girl" | "lady" | "wife" | "mother" | "mom" | "mum" | "daughter" | "girlfriend" | "sister"
        | "aunt" | "grandmother" | "granddaughter" | "niece" | "f" => Some(Sex::Female),
        "male" | "man" | "boy" | "gentleman" | "guy" | "husband" | "father" | "dad" | "son" | "boyfriend" | "brother"
        | "uncle" | "grandfather" | "grandson" | "nephew" | "m" => Some(Sex::Male),
        _ => None,
    }
}

fn relation(word: &str) -> Option<AskedFor> {
    Some(match word {
        "son" | "daughter" | "child" | "children" | "kid" | "baby" | "infant" | "toddler" | "newborn" | "boy" | "girl"
        | "grandson" | "granddaughter" | "grandchild" | "nephew" | "niece" => AskedFor::Child,
        "mother" | "mom" | "mum" | "father" | "dad" | "parents" | "grandmother" | "grandma" | "grandfather" | "grandpa" => {
            AskedFor::Parent
        }
        "husband" | "wife" | "boyfriend" | "girlfriend" | "partner" | "spouse" | "fiance" | "fiancee" => AskedFor::Partner,
        "friend" | "brother" | "sister" | "cousin" | "uncle" | "aunt" => AskedFor::Other,
        _ => return None,
    })
}

impl PatientFacts {
    /// What a text says of its patient. In a question of a thread, a relative of whom it speaks first is who it is about; in a text
    /// by itself, "my mother has diabetes" is family history.
    pub(super) fn of(tokens: &Tokens, is_question: bool) -> PatientFacts {
        let reader = Reader { tokens };
        let (asked_for, relative) = reader.asked_for(is_question);
        let mut facts = PatientFacts { asked_for, ..PatientFacts::default() };
        facts.sex = relative.and_then(sex_of);
        for at in 0..tokens.len() {
            if facts.age.is_none() {
                facts.age = reader.age(at, &mut facts.sex);
            }
            if facts.duration_days.is_none() {
                facts.duration_days = reader.duration(at);
            }
            if facts.pregnant.is_none() {
                facts.pregnant = reader.pregnant(at);
            }
            if facts.sex.is_none() {
                facts.sex = reader.sex(at);
            }
        }
        if facts.sex.is_none() && facts.pregnant == Some(true) && asked_for == AskedFor::Oneself {
            facts.sex = Some(Sex::Female);
        }
        facts
    }
}

impl AskedFor {
    /// Whom a text by itself asks about.
    pub(super) fn of(tokens: &Tokens) -> AskedFor {
        Reader { tokens }.asked_for(false).0
    }
}

struct Reader<'r, 't> {
    tokens: &'r Tokens<'t>,
}

impl Reader<'_, '_> {
    /// The folded word at a place; empty before the beginning and behind the end.
    fn word(&self, at: usize) -> &str {
        if at < self.tokens.len() { self.tokens.folded(at) } else { "" }
    }

    fn before(&self, at: usize, back: usize) -> &str {
        at.checked_sub(back).map_or("", |at| self.word(at))
    }

    fn number(&self, at: usize) -> Option<f32> {
        let token = self.tokens.as_slice().get(at)?;
        match token.class {
            Class::Number => self.word(at).parse().ok(),
            Class::Word => number_word(self.word(at)),
            Class::Mark => None,
        }
    }

    /// The place behind hyphens and white space.
    fn behind_hyphen(&self, at: usize) -> usize {
        if matches!(self.word(at), "-" | "/") { at + 1 } else { at }
    }

    /// "34 yr old", "3-month-old", "24F", "I am 24 f", "age 52", "M/45".
    fn age(&self, at: usize, sex: &mut Option<Sex>) -> Option<f32> {
        let number = self.number(at).filter(|number| *number > 0.0 && *number < OLDEST)?;
        let unit_at = self.behind_hyphen(at + 1);
        if let Some(unit) = days(self.word(unit_at)) {
            let old_at = self.behind_hyphen(unit_at + 1);
            let is_age = matches!(self.word(old_at), "old" | "of")
                && (self.word(old_at) == "old" || self.word(old_at + 1) == "age")
                || self.word(unit_at) == "yo"
                || self.word(unit_at) == "y" && matches!(self.word(old_at), "o" | "f" | "m")
                || matches!(self.word(unit_at), "year" | "years" | "yr" | "yrs" | "month") && sex_of(self.word(old_at)).is_some();
            if is_age {
                let near = (old_at..old_at + 3).find_map(|place| sex_of(self.word(place)));
                *sex = sex.or(near);
                return Some(number * unit / 365.25).filter(|age| *age < OLDEST);
            }
            return None;
        }
        let written = self.tokens.as_slice()[at].class == Class::Number && number.fract() == 0.0;
        if !written {
            return None;
        }
        // A sex written to the number: "24F", "24 f", "M/45".
        let letter = match self.word(unit_at) {
            letter @ ("f" | "m") if self.tokens.as_slice()[unit_at].gap == Gap::None || self.said_of_self(at) => sex_of(letter),
            "female" | "male" => sex_of(self.word(unit_at)),
            _ => None,
        };
        let before = match (self.before(at, 2), self.before(at, 1)) {
            (letter @ ("f" | "m"), "/" | "," | "-") => sex_of(letter),
            _ => None,
        };
        if let Some(found) = letter.or(before).filter(|_| number >= 10.0) {
            *sex = sex.or(Some(found));
            return Some(number);
        }
        let named = matches!(self.before(at, 1), "age" | "aged")
            || matches!((self.before(at, 2), self.before(at, 1)), ("age", ":" | "is" | "-"));
        let counts =
            matches!(self.word(at + 1), "weeks" | "days" | "months" | "kg" | "lbs" | "pounds" | "mg" | "feet" | "cm" | "%");
        let stated = self.said_of_self(at) && (10.0..100.0).contains(&number) && !counts && ends_phrase(self.word(at + 1));
        (named || stated).then_some(number)
    }

    /// "I am 24", "he is 24".
    fn said_of_self(&self, at: usize) -> bool {
        let subject = |word| matches!(word, "i" | "he" | "she" | "who");
        match self.before(at, 1) {
            "im" | "hes" | "shes" => true,
            "am" | "is" => subject(self.before(at, 2)) || relation(self.before(at, 2)).is_some(),
            "only" | "just" | "a" | "now" => matches!(self.before(at, 2), "am" | "is" | "im"),
            _ => false,
        }
    }

    /// "for 3 weeks", "since two months", "the last 10 days", "3 days ago", "5 month history".
    fn duration(&self, at: usize) -> Option<f32> {
        let number = self.number(at)?;
        let mut unit_at = self.behind_hyphen(at + 1);
        // "a couple of weeks", "2 to 3 weeks", "2-3 weeks".
        if self.word(unit_at) == "of" {
            unit_at += 1;
        }
        let number = match self.number(unit_at) {
            Some(upper) if days(self.word(unit_at + 1)).is_some() => {
                unit_at += 1;
                upper
            }
            _ if self.word(unit_at) == "to" => {
                let upper = self.number(unit_at + 1)?;
                unit_at += 2;
                upper
            }
            _ => number,
        };
        let unit = days(self.word(unit_at))?;
        if self.word(self.behind_hyphen(unit_at + 1)) == "old" {
            return None;
        }
        let mut back = 1;
        while matches!(
            self.before(at, back),
            "about" | "almost" | "nearly" | "around" | "over" | "approximately" | "a" | "past" | "last" | "the"
        ) && back < 4
        {
            back += 1;
        }
        let led = matches!(self.before(at, back), "for" | "since" | "from" | "lasting")
            || matches!(self.before(at, 1), "past" | "last");
        let told = matches!(self.word(unit_at + 1), "history" | "now") || self.word(unit_at + 1) == "ago" && self.began(at);
        (led || told).then_some(number * unit).filter(|days| *days > 0.0 && *days < OLDEST * 365.25)
    }

    /// Whether what happened so long ago was the beginning of the complaint.
    fn began(&self, at: usize) -> bool {
        (1..8).any(|back| matches!(self.before(at, back), "started" | "began" | "noticed" | "developed" | "start"))
    }

    /// "8 weeks pregnant", "I am pregnant", "I'm not pregnant".
    fn pregnant(&self, at: usize) -> Option<bool> {
        if self.word(at) != "pregnant" {
            return None;
        }
        let before = [self.before(at, 1), self.before(at, 2), self.before(at, 3), self.before(at, 4)];
        if before
            .iter()
            .any(|word| matches!(*word, "if" | "get" | "getting" | "be" | "could" | "might" | "become" | "when" | "while"))
        {
            return None;
        }
        if before[..3].iter().any(|word| matches!(*word, "not" | "isnt" | "never" | "arent" | "wasnt")) {
            return Some(false);
        }
        let asked = matches!(self.before(at, 1), "i") && matches!(self.before(at, 2), "am");
        let stated = before
            .iter()
            .any(|word| matches!(*word, "im" | "am" | "is" | "weeks" | "months" | "week" | "month" | "shes" | "currently"));
        (stated && !asked).then_some(true)
    }

    /// "I am a female", "male patient".
    fn sex(&self, at: usize) -> Option<Sex> {
        let word = self.word(at);
        let self_said = (1..5).any(|back| matches!(self.before(at, back), "am" | "im"));
        match word {
            "female" | "male" if self_said || matches!(self.before(at, 1), ":" | "sex" | "gender") => sex_of(word),
            "woman" | "man" | "girl" | "guy" | "boy" | "lady" if self_said => sex_of(word),
            _ => None,
        }
    }

    /// Whom the text asks about, and the word for that person. A relative counts where something is said of him or her near the
    /// beginning and the writer has no complaint of his or her own before.
    fn asked_for(&self, is_question: bool) -> (AskedFor, Option<&str>) {
        let mut own = false;
        let mut first = None;
        for at in 0..self.tokens.len() {
            // Most words decide nothing, and every text is asked this.
            if !matches!(self.tokens.folded_bytes(at), b"i" | b"ive" | b"im" | b"my" | b"our" | b"for") {
                continue;
            }
            let word = self.word(at);
            let next = self.word(at + 1);
            own |= matches!(word, "i" | "ive" | "im")
                && matches!(
                    next,
                    "have" | "had" | "feel" | "am" | "get" | "got" | "been" | "suffer" | "having" | "noticed" | "take"
                )
                && !matches!(self.word(at + 2), "a" | "worried" | "concerned" | "asking" | "writing" | "noticed")
                || word == "my" && relation(next).is_none() && self.is_body(next);
            if word != "my" && !(word == "our" || word == "for" && next == "a") {
                continue;
            }
            // "my 3 month old son", "my mother", "my older sister".
            let Some((place, asked_for)) = (at + 1..at + 8).find_map(|place| Some((place, relation(self.word(place))?))) else {
                continue;
            };
            let between = place - at - 1;
            let aged = (at + 1..place).any(|place| days(self.word(place)).is_some() || self.word(place) == "old");
            if between > 1 && !aged {
                continue;
            }
            let sentence_begins =
                at == 0 || matches!(self.before(at, 1), "." | "?" | "!" | "," | "hi" | "hello" | "dr" | "doctor" | "sir" | ":");
            let asked_about = matches!(self.before(at, 1), "for" | "about")
                && matches!(
                    self.before(at, 2),
                    "asking" | "question" | "worried" | "concerned" | "writing" | "query" | "anxious"
                );
            let about = (place + 1..place + 4).any(|place| {
                matches!(
                    self.word(place),
                    "has"
                        | "have"
                        | "had"
                        | "is"
                        | "was"
                        | "who"
                        | "keeps"
                        | "gets"
                        | "got"
                        | "suffers"
                        | "suffering"
                        | "complains"
                        | "feels"
                        | "cannot"
                        | "cant"
                        | "fell"
                        | "aged"
                        | "age"
                        | "needs"
                        | "does"
                        | "underwent"
                        | "weighs"
                )
            });
            let told =
                matches!(self.word(place + 1), "told" | "said" | "says" | "thinks" | "noticed" | "and" | "died" | "passed");
            // A grown relative's illness alone may be family history; a child's is what one asks about.
            let enough = match asked_for {
                AskedFor::Child => about || aged || asked_about,
                _ => asked_about || aged || about && self.goes_on(place),
            };
            if enough && !told && !own && (sentence_begins || asked_about || aged || asked_for == AskedFor::Child) {
                return (asked_for, Some(self.word(place)));
            }
            if at < OPENING && !told && !own && first.is_none() {
                first = Some((asked_for, Some(self.word(place))));
            }
        }
        first.filter(|_| is_question && !own).unwrap_or((AskedFor::Oneself, None))
    }

    /// Whether the text speaks of a relative as of a patient: his or her age, or what he or she has or is told, in more than one
    /// clause.
    fn goes_on(&self, place: usize) -> bool {
        let said = (place + 1..(place + 60).min(self.tokens.len()))
            .filter(|at| matches!(self.word(*at), "she" | "he" | "her" | "his" | "him" | "shes" | "hes"))
            .count();
        said >= 1
            || (place + 1..place + 8).any(|at| matches!(self.word(at), "suffering" | "since" | "recently" | "now" | "stopped"))
    }

    fn is_body(&self, word: &str) -> bool {
        matches!(
            word,
            "head"
                | "left"
                | "right"
                | "knee"
                | "back"
                | "stomach"
                | "chest"
                | "face"
                | "skin"
                | "eye"
                | "eyes"
                | "leg"
                | "legs"
                | "foot"
                | "feet"
                | "hand"
                | "hands"
                | "throat"
                | "neck"
                | "period"
                | "periods"
                | "penis"
                | "vagina"
                | "hair"
                | "ear"
                | "nose"
                | "tooth"
                | "teeth"
                | "heart"
                | "arm"
                | "shoulder"
                | "hip"
                | "breast"
                | "breasts"
                | "blood"
        )
    }
}

/// Whether a word behind "I am 24" lets the number be an age.
fn ends_phrase(next: &str) -> bool {
    matches!(
        next,
        "" | "."
            | ","
            | ";"
            | "and"
            | "yrs"
            | "years"
            | "yr"
            | "year"
            | "male"
            | "female"
            | "f"
            | "m"
            | "with"
            | "so"
            | "who"
            | "("
            | "&"
            | "now"
    )
}
