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
        "my left foot is swollen and numb",
        &[("left foot is swollen", "symptom:foot-swelling"), ("numb", "symptom:foot-numbness")],
    );
    assert_reads(
        "my foot is swollen, numb and painful",
        &[("foot is swollen", "symptom:foot-swelling"), ("numb", "symptom:foot-numbness"), ("painful", "symptom:foot-pain")],
    );
    assert_reads("knee pain and swelling", &[("knee pain", "symptom:knee-pain"), ("swelling", "symptom:knee-swelling")]);
    assert_reads(
        "pain and numbness in my foot",
        &[("pain", "symptom:foot-pain"), ("numbness in my foot", "symptom:foot-numbness")],
    );
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
        "It is my wisdom tooth. Swelling came later.",
        &[("wisdom tooth", "condition:wisdom-tooth-problem"), ("Swelling", "symptom:swelling")],
    );
    assert_reads("headache and weakness", &[("headache", "symptom:headache"), ("weakness", "symptom:weakness")]);
    assert_reads(
        "knee pain and swelling in my ankle",
        &[("knee pain", "symptom:knee-pain"), ("swelling in my ankle", "symptom:ankle-swelling")],
    );
    assert_reads(
        "burning in my stomach and chest tightness",
        &[("burning in my stomach", "symptom:stomach-burning"), ("chest tightness", "symptom:chest-tightness")],
    );
}

#[test]
fn a_verb_between_a_site_or_the_first_word_of_a_term_and_what_is_said_of_it_is_passed_over() {
    assert_reads("my belly is swollen", &[("belly is swollen", "symptom:abdominal-swelling")]);
    assert_reads("my skin is crawling", &[("skin is crawling", "symptom:formication")]);
    assert_reads("his speech was slurred", &[("speech was slurred", "symptom:slurred-speech")]);
    assert_reads("my heart keeps racing", &[("heart keeps racing", "symptom:palpitations")]);
    assert_reads("the blood is thinner than water", &[]);
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
    for text in [
        "don't worry about it",
        "we can all fall and act",
        "he lives in the iron age",
        "a second opinion",
        "I feel cold water",
        "THEY WERE DIAGNOSED WITH ALL THE SAME",
        "I WANT TO THANK YOU ALL",
    ] {
        assert_reads(text, &[]);
    }
    assert_reads("diagnosed with ALL", &[("ALL", "condition:acute-lymphoblastic-leukemia")]);
    assert_reads("diagnosed with all of it", &[]);
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

/// The time is linear in the text: a step for each pair of words of these texts would take hours.
#[test]
fn a_long_run_of_one_thing_is_read_to_its_end() {
    const UNITS: [&str; 17] = [
        "no ",
        "a",
        "\u{e9}",
        "pain in the ",
        "knee and ",
        "left left ",
        "swollen, ",
        "swollen and ",
        "knee pain and ",
        "worms ",
        "-",
        "\n",
        "x-",
        "back of my ",
        "gabapentinz ",
        "no fever, ",
        "if you ALL ",
    ];
    let annotator = annotator();
    for unit in UNITS {
        let text = unit.repeat(100_000) + " and fever";
        let mentions = annotator.annotate(&text);
        assert!(mentions.iter().all(|mention| mention.end as usize <= text.len()), "{unit:?}");
        assert_eq!(mentions.last().map(|mention| mention.end as usize), Some(text.len()), "{unit:?}");
    }
}

/// Mentions lie in their text, on boundaries of characters, in order and apart.
fn hold(text: &str) -> Result<(), TestCaseError> {
    let mut last = 0;
    for mention in annotator().annotate(text) {
        let (start, end) = (mention.start as usize, mention.end as usize);
        prop_assert!(last <= start && start < end && text.get(start..end).is_some(), "{:?} of {:?}", mention, text);
        if let Some((start, end)) = mention.cue {
            prop_assert!(start < end && text.get(start as usize..end as usize).is_some(), "{:?} of {:?}", mention, text);
        }
        last = end;
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn mentions_of_any_text_lie_in_it_in_order_and_apart(text in "(\\PC|[ \n.,']|pain|knee|left|swollen|and|of|my|no){0,60}") {
        hold(&text)?;
    }

    #[test]
    fn mentions_of_any_bytes_do_too(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
        hold(&String::from_utf8_lossy(&bytes))?;
    }

    #[test]
    fn terms_cut_and_glued_anywhere_are_read(pieces in proptest::collection::vec((any::<u16>(), any::<u16>(), " ?[,.'-]?"), 0..20)) {
        let lexicon = Lexicon::core();
        let terms: Vec<&str> = lexicon.all_terms().map(|(term, _)| term).collect();
        let text: String = pieces
            .iter()
            .map(|(term, cut, glue)| {
                let term = terms[*term as usize % terms.len()];
                let cut = term.floor_char_boundary(*cut as usize % (term.len() + 1));
                format!("{}{glue}", &term[cut..])
            })
            .collect();
        hold(&text)?;
    }
}
