//! **Values** of fields that are not words: spans of dates and ages, and sex. Each reader says `None` for what it cannot read.

use jiff::civil::{Date, date};

use crate::thread::Sex;

/// From one value to another, both within; an end that is open is `None`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Span<T> {
    pub from: Option<T>,
    pub to: Option<T>,
}

/// A span as it was read, and whether it ended before it began and was turned round.
pub type Turned<T> = (Span<T>, bool);

/// `2016`, `2016-05`, `2016-05-03`, `2016..2018`, `2016-05..`, `..2018`.
pub fn dates(text: &str) -> Option<Turned<Date>> {
    span(text, |part| {
        let mut numbers = part.split(['-', '/']);
        let year = digits(numbers.next()?, 4)?;
        let month = numbers.next().map(|month| digits(month, 2));
        let day = numbers.next().map(|day| digits(day, 2));
        if numbers.next().is_some() || month == Some(None) || day == Some(None) {
            return None;
        }
        let (month, day) = (month.flatten(), day.flatten());
        let first = Date::new(year, i8::try_from(month.unwrap_or(1)).ok()?, i8::try_from(day.unwrap_or(1)).ok()?).ok()?;
        let last = match (month, day) {
            (_, Some(_)) => first,
            (Some(_), None) => first.last_of_month(),
            (None, None) => date(year, 12, 31),
        };
        Some((first, last))
    })
}

/// `34`, `30..40`, `65..`, `..2`: whole years, so that `30..40` has who is 40 and a half.
pub fn ages(text: &str) -> Option<Turned<f64>> {
    span(text, |part| {
        let years: u16 = part.parse().ok().filter(|&years| years <= 150)?;
        // Up to, but not with, the next birthday.
        Some((f64::from(years), f64::from(years) + 1.0 - 1e-9))
    })
}

pub fn sex(text: &str) -> Option<Sex> {
    match text.to_lowercase().as_str() {
        "f" | "female" | "woman" | "girl" => Some(Sex::Female),
        "m" | "male" | "man" | "boy" => Some(Sex::Male),
        _ => None,
    }
}

/// `read` gives the first and the last value that a part stands for.
fn span<T: PartialOrd + Copy>(text: &str, read: impl Fn(&str) -> Option<(T, T)>) -> Option<Turned<T>> {
    let text = text.trim();
    let (from, to) = text.split_once("..").unwrap_or((text, text));
    let end = |part: &str| if part.trim().is_empty() { Some(None) } else { read(part.trim()).map(Some) };
    let (from, to) = (end(from)?, end(to)?);
    if from.is_none() && to.is_none() {
        return None;
    }
    let turned = matches!((&from, &to), (Some(from), Some(to)) if from.0 > to.1);
    let (from, to) = if turned { (to, from) } else { (from, to) };
    Some((Span { from: from.map(|(first, _)| first), to: to.map(|(_, last)| last) }, turned))
}

fn digits(text: &str, most: usize) -> Option<i16> {
    let only_digits = !text.is_empty() && text.len() <= most && text.bytes().all(|byte| byte.is_ascii_digit());
    text.parse().ok().filter(|_| only_digits && (most != 4 || text.len() == 4))
}
