//! What reading a text finds: which words, as which concept.

mod common;

use curbside::clinical::{Annotator, Lexicon};
use proptest::prelude::*;

use common::Place;

fn annotator() -> Annotator {
    Annotator::new(Lexicon::core())
}

/// The mentions of a text: the words and the concept's id.
fn read(text: &str) -> Vec<(String, String)> {
    let annotator = annotator();
    let mentions = annotator.annotate(text).into_iter().map(|mention| {
        let words = text[mention.start as usize..mention.end as usize].to_owned();
        (words, annotator.lexicon().concept(mention.concept).id.to_owned())
    });
    mentions.collect()
}

fn assert_reads(text: &str, expected: &[(&str, &str)]) {
    let expected: Vec<(String, String)> = expected.iter().map(|&(words, id)| (words.to_owned(), id.to_owned())).collect();
    assert_eq!(read(text), expected, "{text}");
}

#[test]
fn a_quality_and_a_site_are_one_mention_of_the_finding_they_make() {
    assert_reads(
        "I have pain in the back of my left knee.",
        &[("pain in the back of my left knee", "symptom:back-of-knee-pain")],
    );
    assert_reads("pain in the side of the elbow", &[("pain in the side of the elbow", "symptom:elbow-pain")]);
    assert_reads("my chest feels tight", &[("chest feels tight", "symptom:chest-tightness")]);
    assert_reads("my lower back has been killing me", &[("lower back has been killing me", "symptom:lower-back-pain")]);
    assert_reads("severe pain left knee", &[("pain left knee", "symptom:knee-pain")]);
}

#[test]
fn two_findings_of_one_site_and_one_finding_of_two_sites_are_two_mentions() {
    assert_reads(
        "pain and swelling in my left knee and right hip",
        &[
            ("pain", "symptom:knee-pain"),
            ("swelling in my left knee", "symptom:knee-swelling"),
            ("right hip", "symptom:hip-swelling"),
        ],
    );
}

#[test]
fn a_finding_takes_no_site_of_another_sentence_and_none_that_another_finding_has() {
    assert_reads("There is pain. My knee is fine.", &[("pain", "symptom:pain")]);
    assert_reads(
        "burning in my stomach and chest tightness",
        &[("burning in my stomach", "symptom:stomach-burning"), ("chest tightness", "symptom:chest-tightness")],
    );
}

#[test]
fn what_is_named_after_its_site_is_also_read_before_it() {
    assert_reads("cancer of the breast", &[("cancer of the breast", "condition:breast-cancer")]);
    assert_reads("replacement of the left hip", &[("replacement of the left hip", "procedure:hip-replacement")]);
    assert_reads("an MRI of the lumbar spine", &[("MRI of the lumbar spine", "investigation:mri-lumbar-spine")]);
}

#[test]
fn spans_leave_out_degree_strength_and_dose_form_of_a_drug() {
    assert_reads("took Crocin 500mg and Gabapentin", &[("Crocin", "drug:paracetamol"), ("Gabapentin", "drug:gabapentin")]);
    assert_reads("a severe headache", &[("headache", "symptom:headache")]);
}

#[test]
fn words_that_mean_something_else_name_nothing() {
    for text in ["don't worry about it", "we can all fall and act", "he lives in the iron age", "a second opinion"] {
        assert_reads(text, &[]);
    }
}

#[test]
fn british_and_american_spelling_hyphens_possessives_and_diacritics_are_one() {
    for text in ["anaemia", "anemia", "Anaemia"] {
        assert_eq!(read(text)[0].1, "condition:anemia");
    }
    for text in ["Parkinson's disease", "parkinsons disease", "Parkinson disease", "Parkinson\u{2019}s disease"] {
        assert_eq!(read(text)[0].1, "condition:parkinson-disease", "{text}");
    }
    assert_eq!(read("Ménière's disease")[0].1, read("meniere disease")[0].1);
}

#[test]
fn annotate_prints_one_object_a_line_with_offsets_in_code_points() {
    let place = Place::new();
    let ran = place.run_with_input(&["annotate", "--format", "json"], "naïve… fever\n\nno cough\n".as_bytes());
    assert_eq!(ran.code, 0, "{}", ran.err);
    let lines: Vec<serde_json::Value> = ran.out.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
    assert_eq!(lines.len(), 3);
    let mention = &lines[0]["mentions"][0];
    assert_eq!((&mention["start"], &mention["end"]), (&7.into(), &12.into()));
    assert_eq!((&mention["text"], &mention["concept"]), (&"fever".into(), &"symptom:fever".into()));
    assert_eq!((&mention["type"], &mention["name"]), (&"symptom".into(), &"fever".into()));
    assert_eq!(lines[1]["mentions"], serde_json::json!([]));
}

#[test]
fn annotate_reads_with_a_users_table() {
    let place = Place::new();
    let table = place.write("extra.tsv", "id\tname\tsynonyms\nsymptom:zorb\tzorbing\tzorbed\n");
    let text = place.write("text", "I zorbed all night\n");
    let args =
        ["annotate".as_ref(), text.as_os_str(), "--lexicon".as_ref(), table.as_os_str(), "--format".as_ref(), "json".as_ref()];
    let ran = place.run(&args);
    assert!(ran.out.contains("symptom:zorb"), "{}{}", ran.out, ran.err);
}

#[test]
fn a_long_run_of_one_thing_is_read_to_its_end() {
    let annotator = annotator();
    for unit in ["no ", "a", "pain in the ", "knee and ", "left left ", "worms ", "-", "\n", "x-", "back of my ", "gabapentinz "]
    {
        let text = unit.repeat(100_000) + " and fever";
        let mentions = annotator.annotate(&text);
        assert!(mentions.iter().all(|mention| mention.end as usize <= text.len()), "{unit:?}");
        assert_eq!(mentions.last().map(|mention| mention.end as usize), Some(text.len()), "{unit:?}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn mentions_of_any_text_lie_in_it_in_order_and_apart(text in "(\\PC|[ \n.,']|pain|knee|left|swollen|and|of|my|no){0,60}") {
        let mentions = annotator().annotate(&text);
        let mut last = 0;
        for mention in &mentions {
            let (start, end) = (mention.start as usize, mention.end as usize);
            prop_assert!(last <= start && start < end && end <= text.len());
            prop_assert!(text.is_char_boundary(start) && text.is_char_boundary(end));
            last = end;
        }
    }
}
