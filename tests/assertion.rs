//! Assertion: whether the patient has what a text names. Each row of `schema/assertion.tsv` carries an example; here they are read.

use curbside::clinical::assertion::{Context, judge_span};
use curbside::clinical::{Annotator, AskedFor, Assertion, Kind, Lexicon, Part, sentences};
use curbside::thread::{Post, Role, SectionKind, Sex, Thread};
use proptest::prelude::*;

/// Takes the brackets out of "no [fever]" and gives the text and the place of what they held.
fn marked(example: &str) -> (String, std::ops::Range<usize>) {
    let start = example.find('[').unwrap_or_else(|| panic!("no [ in {example:?}"));
    let end = example.find(']').unwrap_or_else(|| panic!("no ] in {example:?}"));
    let text = format!("{}{}{}", &example[..start], &example[start + 1..end], &example[end + 1..]);
    (text, start..end - 1)
}

fn judged(example: &str, kind: Kind, context: &Context) -> Assertion {
    let (text, span) = marked(example);
    judge_span(&text, span, kind, context).0
}

#[test]
fn every_rule_does_to_its_example_what_its_row_says() {
    let table = include_str!("../schema/assertion.tsv");
    let mut rows = table.lines().zip(1..).filter(|(line, _)| line.contains('\t'));
    let header: Vec<&str> = rows.next().expect("a header").0.split('\t').collect();
    let column = |name: &str| header.iter().position(|h| *h == name).unwrap_or_else(|| panic!("no column {name}"));
    let (on, by, example, expected) = (column("on"), column("by"), column("example"), column("expected"));
    let mut wrong = Vec::new();
    let mut read = 0;
    for (line, number) in rows {
        let fields: Vec<&str> = line.split('\t').collect();
        let kind =
            fields[on].split('|').next().filter(|kind| !kind.is_empty()).map_or(Kind::Symptom, |kind| kind.parse().unwrap());
        let author = match fields[by] {
            "doctor" => Some(Role::Doctor),
            "patient" => Some(Role::Patient),
            _ => None,
        };
        let context = Context { author, ..Context::default() };
        let found = judged(fields[example], kind, &context);
        if found.name() != fields[expected] {
            wrong.push(format!("line {number}: {kind} {:?} is {found}, expected {}", fields[example], fields[expected]));
        }
        read += 1;
    }
    assert!(read >= 400, "only {read} rules");
    assert!(wrong.is_empty(), "{} of {read}:\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn a_denial_reaches_over_a_list_and_ends_where_the_sentence_turns() {
    let context = Context::default();
    for (example, expected) in [
        ("No fever, chills or [night sweats].", Assertion::Denied),
        ("No fever or chills but [night sweats].", Assertion::Present),
        ("No fever. [Night sweats] every day.", Assertion::Present),
        ("She denies nausea, and she has [headache].", Assertion::Present),
        ("I don't have fever, my [throat pain] is terrible", Assertion::Present),
    ] {
        assert_eq!(judged(example, Kind::Symptom, &context), expected, "{example}");
    }
}

#[test]
fn the_same_words_are_past_for_an_operation_and_present_for_a_test_or_a_device() {
    let context = Context::default();
    assert_eq!(judged("Numb foot after my [hemilaminectomy]", Kind::Procedure, &context), Assertion::Past);
    assert_eq!(judged("I have a [pacemaker]", Kind::Procedure, &context), Assertion::Present);
    assert_eq!(judged("I had an [MRI] last year", Kind::Investigation, &context), Assertion::Present);
    assert_eq!(judged("I stopped [pregabalin]", Kind::Drug, &context), Assertion::Past);
    assert_eq!(judged("I am taking [pregabalin]", Kind::Drug, &context), Assertion::Present);
    assert_eq!(judged("[Surgery] is not required", Kind::Procedure, &context), Assertion::Denied);
}

#[test]
fn a_condition_is_possible_about_this_patient_and_hypothetical_about_anybody() {
    let context = Context::default();
    assert_eq!(judged("If you are [overweight], walk daily.", Kind::Condition, &context), Assertion::Possible);
    assert_eq!(judged("If anybody gets [fever], rest.", Kind::Symptom, &context), Assertion::Hypothetical);
    assert_eq!(judged("People with [diabetes] heal slowly.", Kind::Condition, &context), Assertion::Hypothetical);
}

#[test]
fn the_person_whom_the_thread_asks_about_is_the_patient() {
    let example = "My mother has [diabetes] and takes two tablets.";
    let about_her = Context { asked_for: AskedFor::Parent, ..Context::default() };
    assert_eq!(judged(example, Kind::Condition, &Context::default()), Assertion::Family);
    assert_eq!(judged(example, Kind::Condition, &about_her), Assertion::Present);
}

#[test]
fn what_a_doctor_names_is_advice_unless_the_words_say_it_is_taken() {
    let doctor = Context { author: Some(Role::Doctor), ..Context::default() };
    assert_eq!(judged("[Paracetamol] thrice daily after food.", Kind::Drug, &doctor), Assertion::Hypothetical);
    assert_eq!(judged("The [metformin] you are taking is fine.", Kind::Drug, &doctor), Assertion::Present);
    assert_eq!(judged("Your [MRI] shows a slipped disc.", Kind::Investigation, &doctor), Assertion::Present);
}

#[test]
fn the_section_decides_where_no_word_does() {
    let within = |section| Context { author: Some(Role::Doctor), section: Some(section), ..Context::default() };
    assert_eq!(judged("[Peripheral neuropathy]", Kind::Condition, &within(SectionKind::ProbableDiagnosis)), Assertion::Possible);
    assert_eq!(judged("[Spinal stenosis]", Kind::Condition, &within(SectionKind::DifferentialDiagnosis)), Assertion::Possible);
    assert_eq!(judged("[Pregabalin] 75 mg", Kind::Drug, &within(SectionKind::TreatmentPlan)), Assertion::Hypothetical);
    assert_eq!(
        judged("[Nerve conduction study]", Kind::Investigation, &within(SectionKind::Investigations)),
        Assertion::Hypothetical
    );
}

#[test]
fn the_cue_is_the_words_that_decided() {
    let (text, span) = marked("He came without any [fever] today");
    let (assertion, cue) = judge_span(&text, span, Kind::Symptom, &Context::default());
    assert_eq!(assertion, Assertion::Denied);
    let (start, end) = cue.expect("a cue");
    assert_eq!(&text[start as usize..end as usize], "without");
}

#[test]
fn sentences_end_where_patients_and_doctors_end_them() {
    let pieces = |text: &'static str| sentences(text).into_iter().map(|range| &text[range]).collect::<Vec<_>>();
    assert_eq!(pieces("Dr. Rao gave 2.5 mg, e.g. at night. It helps."), ["Dr. Rao gave 2.5 mg, e.g. at night.", "It helps."]);
    assert_eq!(pieces("no fever.also my back hurts"), ["no fever.", "also my back hurts"]);
    assert_eq!(pieces("i asked icliniq.com before. no reply"), ["i asked icliniq.com before.", "no reply"]);
    assert_eq!(pieces("Fever\nCough\n\n- rash"), ["Fever", "Cough", "- rash"]);
    assert_eq!(
        pieces("the pain began in my lower back some years ago and then\nit went down the leg"),
        ["the pain began in my lower back some years ago and then\nit went down the leg"]
    );
    assert_eq!(pieces("Is it bad? what now"), ["Is it bad?", "what now"]);
}

#[test]
fn facts_say_who_the_patient_is_and_for_how_long() {
    let annotator = Annotator::new(Lexicon::core());
    for (text, age, sex) in [
        ("I am a 34 yr old male with back pain", Some(34.0), Some(Sex::Male)),
        ("Hi, I am 24 f and my hair falls", Some(24.0), Some(Sex::Female)),
        ("24F, headache since two days", Some(24.0), Some(Sex::Female)),
        ("My 3 month old son has a rash", Some(0.25), Some(Sex::Male)),
        ("I weigh 70 kg and take 20 mg", None, None),
    ] {
        let facts = annotator.facts(text);
        assert_eq!(facts.age.map(|age| (age * 100.0).round() / 100.0), age, "{text}");
        assert_eq!(facts.sex, sex, "{text}");
    }
    assert_eq!(annotator.facts("I am 8 weeks pregnant and bleed").pregnant, Some(true));
    assert_eq!(annotator.facts("am I pregnant?").pregnant, None);
    assert_eq!(annotator.facts("cough for 3 weeks").duration_days, Some(21.0));
    assert_eq!(annotator.facts("My son has had a fever since Monday").asked_for, AskedFor::Child);
    assert_eq!(annotator.facts("I have asthma and my mother has diabetes").asked_for, AskedFor::Oneself);
}

#[test]
fn a_title_is_judged_with_its_thread() {
    let annotator = Annotator::new(Lexicon::core());
    let thread = Thread {
        title: "What causes vertigo?".into(),
        posts: vec![Post::patient("I have vertigo since Monday.")],
        ..Thread::default()
    };
    let annotation = annotator.annotate_thread(&thread);
    let title: Vec<_> = annotation.mentions().filter(|(part, _)| *part == Part::Title).collect();
    assert!(!title.is_empty() && title.iter().all(|(_, mention)| mention.assertion == Assertion::Present), "{title:?}");
}

proptest! {
    #[test]
    fn no_text_makes_assertion_panic_and_every_offset_lies_within(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
        let text = String::from_utf8_lossy(&bytes);
        hold(&text);
    }

    #[test]
    fn cue_words_in_any_order_are_read(words in proptest::collection::vec(0..WORDS.len(), 0..60)) {
        let text = words.into_iter().map(|n| WORDS[n]).collect::<Vec<_>>().join(" ");
        hold(&text);
    }
}

const WORDS: [&str; 24] = [
    "no", "fever", "not", "if", "you", "have", "my", "mother", "had", "pain", "surgery", ",", ".", "and", "but", "is", "it",
    "MRI", "ruled", "out", "?", "could", "be", "\n",
];

fn hold(text: &str) {
    let mut behind = 0;
    for range in sentences(text) {
        assert!(range.start >= behind && range.start < range.end, "{range:?} of {text:?}");
        assert!(!text[range.clone()].trim().is_empty());
        behind = range.end;
    }
    for mention in Annotator::new(Lexicon::core()).annotate(text) {
        assert!(text.get(mention.start as usize..mention.end as usize).is_some());
        if let Some((start, end)) = mention.cue {
            assert!(start < end && text.get(start as usize..end as usize).is_some(), "{mention:?} of {text:?}");
        }
    }
}

#[test]
fn a_relative_who_is_the_patient_leaves_the_words_behind_free_for_other_cues() {
    let text = "I am asking for my mother, she is 60. My mother has never had a fever.";
    let mentions = Annotator::new(Lexicon::core()).annotate(text);
    let [fever] = &mentions[..] else { panic!("{mentions:?}") };
    let (start, end) = fever.cue.expect("a cue");
    assert_eq!((fever.assertion, &text[start as usize..end as usize]), (Assertion::Denied, "has never had"));
}
