//! A **page** is one consult as a site shows it, reduced to its lines. In: lines and the site profiles. Out: the thread, without the
//! site's furniture.

use jiff::civil::Date;
use jiff::fmt::strtime;
use regex::Regex;

use super::{Profile, Reason, accept};
use crate::thread::{Doctor, PanelEntry, Post, Role, Section, SectionKind, Thread};

/// The lines of a page, trimmed, with runs of spaces as one; empty lines part paragraphs.
pub(super) struct Lines {
    lines: Vec<String>,
    /// What the page itself marks as its heading.
    heading: Option<String>,
}

impl Lines {
    pub(super) fn of_text(text: &str) -> Lines {
        let one_space = |line: &str| line.split_whitespace().collect::<Vec<_>>().join(" ");
        Lines { lines: text.lines().map(one_space).collect(), heading: None }
    }

    pub(super) fn with_heading(self, heading: Option<String>) -> Lines {
        Lines { heading, ..self }
    }

    fn filled(&self) -> impl Iterator<Item = &str> {
        self.lines.iter().map(String::as_str).filter(|line| !line.is_empty())
    }
}

/// Reads a page with the first profile that fits it.
pub(super) fn read(lines: &Lines, profiles: &[Profile]) -> Result<Thread, Reason> {
    let fits = |profile: &&Profile| profile.fits.iter().all(|mark| lines.filled().any(|line| mark.is_match(line)));
    let profile = profiles.iter().find(fits).ok_or_else(|| Reason::NoProfile {
        looked_for: profiles.iter().map(Profile::looked_for).collect::<Vec<_>>().join("; "),
    })?;
    let (head, body, panel) = parts(lines, profile)?;

    let value = |patterns: &[Regex]| head.iter().find_map(|line| capture(patterns, line));
    let date = |patterns: &[Regex]| value(patterns).and_then(|written| parse_date(&written));
    let title = value(&profile.title).or(lines.heading.clone()).or(head.first().map(|line| line.to_string()));
    let thread = Thread {
        source: Some(profile.name.clone()),
        title: title.unwrap_or_default(),
        doctor: value(&profile.doctor).map(|name| Doctor { name, specialty: value(&profile.specialty) }),
        reviewer: value(&profile.reviewer),
        published: date(&profile.published),
        reviewed: date(&profile.reviewed),
        premium: head.iter().any(|line| profile.premium.is_match(line)),
        posts: posts(body, profile),
        panel: panel_entries(panel, profile),
        ..Thread::default()
    };
    accept(thread)
}

type Parts<'a> = (Vec<&'a str>, &'a [String], &'a [String]);

/// What stands before the first turn, the turns, and what follows the panel's heading.
fn parts<'a>(lines: &'a Lines, profile: &Profile) -> Result<Parts<'a>, Reason> {
    let lines = &lines.lines;
    let begins_turn = |line: &String| turn_of(line, profile).is_some();
    let begin = lines.iter().position(begins_turn).ok_or_else(|| {
        let patterns = profile.doctor_turn.iter().chain(&profile.patient_turn).map(|p| format!("/{p}/")).collect::<Vec<_>>();
        Reason::NoTurns { profile: profile.name.clone(), looked_for: patterns.join(" or ") }
    })?;
    let end = lines[begin..].iter().position(|line| profile.end.is_match(line)).map_or(lines.len(), |at| begin + at);
    let panel = lines[end..].iter().position(|line| profile.panel_begin.is_match(line)).map_or(lines.len(), |at| end + at + 1);
    let panel_end = lines[panel..].iter().position(|line| profile.panel_end.is_match(line)).map_or(lines.len(), |at| panel + at);
    let head = lines[..begin].iter().map(String::as_str).filter(|line| !line.is_empty()).collect();
    Ok((head, &lines[begin..end], &lines[panel..panel_end]))
}

/// Whose turn a line begins, and what of it is the site's greeting.
fn turn_of(line: &str, profile: &Profile) -> Option<(Role, usize)> {
    let greeting = |pattern: &Regex| {
        let captures = pattern.captures(line)?;
        Some(captures.name("greeting").map_or(0, |greeting| greeting.end()))
    };
    let doctor = profile.doctor_turn.iter().find_map(greeting).map(|end| (Role::Doctor, end));
    doctor.or_else(|| profile.patient_turn.iter().find_map(greeting).map(|end| (Role::Patient, end)))
}

/// The turns, with what stands under a heading as sections.
fn posts(body: &[String], profile: &Profile) -> Vec<Post> {
    let mut posts: Vec<Post> = Vec::new();
    let mut paragraph_begins = true;
    for line in body {
        if line.is_empty() {
            paragraph_begins = true;
            continue;
        }
        if profile.furniture.is_match(line) {
            continue;
        }
        let mut said = line.as_str();
        if let Some((role, greeting)) = turn_of(line, profile) {
            // A patient who thanks the doctor in the middle of his own post does not begin another.
            let goes_on = role == Role::Patient && posts.last().is_some_and(|post| post.role == Role::Patient);
            if !goes_on {
                posts.push(Post { role, text: String::new(), sections: Vec::new() });
            }
            said = &line[greeting..];
        }
        let post = posts.last_mut().expect("the body begins with a turn");
        if let Some(kind) = section_of(line, profile).filter(|_| post.role == Role::Doctor) {
            post.sections.push(Section { kind, text: String::new() });
            paragraph_begins = true;
            continue;
        }
        let text = post.sections.last_mut().map_or(&mut post.text, |section| &mut section.text);
        if !said.is_empty() && !text.is_empty() {
            text.push_str(if paragraph_begins { "\n\n" } else { "\n" });
        }
        text.push_str(said);
        paragraph_begins = false;
    }
    posts
}

fn section_of(line: &str, profile: &Profile) -> Option<SectionKind> {
    profile.sections.iter().find(|(_, heading)| heading.is_match(line)).map(|(kind, _)| *kind)
}

/// Titles, each with the snippets that follow it.
fn panel_entries(lines: &[String], profile: &Profile) -> Vec<PanelEntry> {
    let mut entries: Vec<PanelEntry> = Vec::new();
    for line in lines.iter().filter(|line| !line.is_empty()) {
        match (capture(&profile.panel_snippet, line), entries.last_mut()) {
            (Some(snippet), Some(entry)) if entry.snippet.is_empty() => entry.snippet = snippet,
            (Some(_), _) => {}
            (None, _) => entries.push(PanelEntry { title: line.clone(), snippet: String::new() }),
        }
    }
    entries
}

/// The group `value` of the first pattern that matches.
fn capture(patterns: &[Regex], line: &str) -> Option<String> {
    patterns.iter().find_map(|pattern| Some(pattern.captures(line)?.name("value")?.as_str().trim().to_owned()))
}

/// "Jul 13, 2016" and "July 13, 2016".
pub(super) fn parse_date(written: &str) -> Option<Date> {
    let written = written.replace('.', "");
    ["%b %d, %Y", "%B %d, %Y"].iter().find_map(|form| strtime::parse(form, &written).ok()?.to_date().ok())
}
