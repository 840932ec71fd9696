//! What a search finds and shows: filters, phrases, exclusion, spelling, relaxing, folding, facets, explanation, suggestions; and
//! that whatever is typed is answered.

mod common;

use common::{Place, Ran, sample};
use serde_json::{Value, json};

/// An archive of a few threads whose every answer is known.
fn small() -> Place {
    let place = Place::new();
    let threads = [
        json!({"id": "ankle", "title": "Sprained ankle", "question": "My ankle hurts since I fell, I take ibuprofen.", "answers": ["Rest it."],
            "doctor": {"name": "Dr. Claire Thibodeau", "specialty": "Orthopedics"}, "published": "2016-05-03", "patient": {"age": 34, "sex": "female"}}),
        json!({"id": "pins", "title": "Strange feeling in the foot", "question": "I have pins and needles in my foot.", "answers": ["Gabapentin may help."],
            "doctor": {"name": "Dr. Omar Haddad", "specialty": "Neurology"}, "published": "2018-12-31", "patient": {"age": 40.5, "sex": "male"}}),
        json!({"id": "sewing", "title": "Needles and pins at work", "question": "I sew with needles and pins and have a rash and hives.", "answers": ["Wash it."],
            "doctor": {"name": "Dr. Omar Haddad", "specialty": "Dermatology"}, "published": "2020-01-01"}),
        json!({"id": "undated", "title": "Paresthesia after a laminectomy", "question": "Paresthesia in both legs after my laminectomy.", "answers": ["It may pass."]}),
        json!({"id": "unanswered", "title": "Aspirin and a rash", "question": "A rash since I take aspirin."}),
        json!({"id": "pressure", "title": "Hydralazine", "question": "I take hydralazine for my blood pressure and went zorbing."}),
    ];
    place.write("a/threads.jsonl", threads.map(|thread| thread.to_string() + "\n").concat());
    place.index(&[&place.path("a")]).ok();
    place
}

fn search(place: &Place, args: &[&str]) -> Value {
    let ran = run(place, args);
    assert!(ran.code < 2, "{}", ran.err);
    ran.json()
}

fn run(place: &Place, args: &[&str]) -> Ran {
    let all: Vec<&str> = ["search", "--format", "json"].into_iter().chain(args.iter().copied()).collect();
    place.run(&all)
}

fn ids(answer: &Value) -> Vec<&str> {
    answer["hits"].as_array().unwrap().iter().map(|hit| hit["id"].as_str().unwrap()).collect()
}

#[track_caller]
fn finds(place: &Place, query: &str, expected: &[&str]) {
    let answer = search(place, &["--exact", "--", query]);
    let mut found = ids(&answer);
    found.sort_unstable();
    assert_eq!(found, expected, "{query}");
    assert_eq!(answer["total"], expected.len(), "{query}");
}

#[test]
fn a_concept_filter_finds_synonyms_and_narrower_concepts() {
    let place = small();
    finds(&place, "drug:nsaid", &["ankle", "unanswered"]);
    finds(&place, "symptom:\"pins and needles\"", &["pins", "undated"]);
    finds(&place, "symptom:pins and needles", &["pins", "undated"]);
    finds(&place, "procedure:laminectomy", &["undated"]);
    finds(&place, "-drug:nsaid", &["pins", "pressure", "sewing", "undated"]);
    finds(&place, "drug:(ibuprofen OR gabapentin)", &["ankle", "pins"]);
}

#[test]
fn filters_of_facts_hold_at_their_ends() {
    let place = small();
    finds(&place, "published:2016..2018", &["ankle", "pins"]);
    finds(&place, "published:2018-12", &["pins"]);
    finds(&place, "published:2019..", &["sewing"]);
    finds(&place, "published:..2016-05-03", &["ankle"]);
    finds(&place, "age:30..40", &["ankle", "pins"]);
    finds(&place, "age:40 sex:m", &["pins"]);
    finds(&place, "sex:female", &["ankle"]);
    finds(&place, "doctor:haddad", &["pins", "sewing"]);
    finds(&place, "doctor:\"Haddad, Omar\" specialty:neurology", &["pins"]);
    finds(&place, "id:undated", &["undated"]);
}

#[test]
fn a_phrase_is_found_only_word_after_word() {
    let place = small();
    finds(&place, "\"pins and needles\"", &["pins"]);
    finds(&place, "\"needles and pins\"", &["sewing"]);
    finds(&place, "title:\"needles and pins\"", &["sewing"]);
    finds(&place, "question:\"strange feeling\"", &[]);
    finds(&place, "-\"pins and needles\" needles", &["sewing"]);
}

#[test]
fn excluded_words_remove_and_groups_need_one_or_all() {
    let place = small();
    finds(&place, "rash -hives", &["unanswered"]);
    finds(&place, "rash NOT aspirin", &["sewing"]);
    finds(&place, "hives OR zorbing", &["pressure", "sewing"]);
    finds(&place, "rash AND (aspirin OR zorbing)", &["unanswered"]);
    finds(&place, "rash AND zorbing", &[]);
    finds(&place, "paresthesia AND gabapentin", &["pins"]);
}

#[test]
fn filters_alone_list_threads_by_standing_then_by_date() {
    let place = small();
    let answer = search(&place, &["NOT nothing"]);
    assert_eq!(ids(&answer), ["sewing", "pins", "ankle", "undated", "pressure", "unanswered"]);
    assert_eq!(answer["total"], 6);
    let second = search(&place, &["NOT nothing", "--from", "2", "-n", "2"]);
    assert_eq!(
        (ids(&second), second["total"].as_u64(), second["hits"][0]["rank"].as_u64()),
        (vec!["ankle", "undated"], Some(6), Some(3))
    );
}

#[test]
fn hits_stand_in_the_order_of_their_dates_when_asked() {
    let place = small();
    assert_eq!(ids(&search(&place, &["foot ankle needles legs", "--sort", "date"])), ["ankle", "pins", "sewing", "undated"]);
    assert_eq!(ids(&search(&place, &["foot ankle needles legs", "--sort", "-date"])), ["sewing", "pins", "ankle", "undated"]);
    assert_eq!(
        ids(&search(&place, &["NOT drug:aspirin NOT drug:hydralazine", "--sort=-date"])),
        ["sewing", "pins", "ankle", "undated"]
    );
}

#[test]
fn filters_of_the_command_line_combine_with_the_query() {
    let place = small();
    let answer = search(&place, &["needles", "--doctor", "haddad", "--published", "2018"]);
    assert_eq!(ids(&answer), ["pins"]);
    assert_eq!(ids(&search(&place, &["--drug", "nsaid", "--sex", "f"])), ["ankle"]);
    assert_eq!(ids(&search(&place, &["\"unbalanced (quote", "--drug", "nsaid", "--age", "30..40"])), ["ankle"]);
    place.run(&["search"]).told(1, "");
}

#[test]
fn a_page_past_the_end_is_empty_and_says_how_many_there_are() {
    let place = small();
    for query in ["rash", "drug:nsaid"] {
        let ran = run(&place, &[query, "--from", "1000000000"]);
        assert_eq!(ran.code, 1);
        let answer = ran.json();
        assert_eq!((answer["hits"].as_array().unwrap().len(), answer["total"].as_u64()), (0, Some(2)));
        assert!(answer["remark"].as_str().unwrap().starts_with("2 threads match"), "{answer}");
    }
    assert_eq!(run(&place, &["rash", "--from", "18446744073709551615", "-n", "18446744073709551615"]).code, 1);
}

#[test]
fn misspelt_words_are_corrected_and_it_is_said() {
    let place = small();
    for (typed, meant) in
        [("gabapentine", "gabapentin"), ("paresthisia", "paresthesia"), ("laminectmy", "laminectomy"), ("zoorbing", "zorbing")]
    {
        let answer = search(&place, &[&format!("{typed} please")]);
        assert_eq!(answer["query"]["corrected"], format!("{meant} please"), "{answer}");
        assert_eq!(answer["query"]["text"], format!("{typed} please"));
        assert_eq!(ids(&answer)[0], search(&place, &[meant])["hits"][0]["id"].as_str().unwrap());
    }
    let answer = search(&place, &["drug:gabapentine"]);
    assert_eq!((ids(&answer), &answer["query"]["corrected"]), (vec!["pins"], &json!("drug:gabapentin")));
    let shown = place.run(&["search", "paresthisia", "--format", "human"]).ok();
    assert!(shown.out.contains("Showing results for paresthesia; --exact searches as typed."), "{}", shown.out);
}

#[test]
fn exact_refuses_correction_and_relaxing() {
    let place = small();
    let answer = search(&place, &["paresthisia", "--exact"]);
    assert_eq!((answer["total"].as_u64(), answer["query"].get("corrected")), (Some(0), None));
    assert_eq!(run(&place, &["rash doctor:zorro", "--exact"]).code, 1);
}

#[test]
fn a_known_word_and_a_valid_drug_are_never_corrected() {
    let place = small();
    for word in ["hydroxyzine", "hydralazine", "rash", "ankle", "rest"] {
        assert_eq!(search(&place, &[word])["query"].get("corrected"), None, "{word}");
    }
}

#[test]
fn what_finds_nothing_loses_a_part_and_says_which() {
    let place = small();
    let answer = search(&place, &["rash doctor:zorro"]);
    assert_eq!((answer["query"]["dropped"].clone(), answer["total"].as_u64()), (json!(["doctor:zorro"]), Some(2)));
    let answer = search(&place, &["qqqqq drug:nsaid"]);
    assert_eq!((answer["query"]["dropped"].clone(), answer["total"].as_u64()), (json!(["qqqqq"]), Some(2)));
    let answer = search(&place, &["rash doctor:zorro published:1999 sex:f"]);
    assert!(answer["total"].as_u64().unwrap() > 0 && answer["query"]["dropped"].as_array().unwrap().len() > 1, "{answer}");
    assert_eq!(search(&place, &["qqqqq xxxxx"])["total"], 0);
    let shown = place.run(&["search", "rash doctor:zorro", "--format", "human"]).ok();
    assert!(shown.out.contains("Nothing meets all of the query. Without doctor:zorro it finds 2:"), "{}", shown.out);
}

#[test]
fn a_question_that_was_posted_twice_is_shown_once() {
    let place = Place::new();
    let question =
        "For three weeks my left knee clicks whenever I climb stairs and it is stiff in the morning, what should I do about it?";
    let thread = |id: &str, question: &str| {
        json!({"id": id, "title": "Clicking knee", "question": question, "answers": ["Strengthen it."]}).to_string() + "\n"
    };
    let threads = [
        thread("first", question),
        thread("again", &format!("{question} Please answer, I am worried.")),
        thread("other", "My right knee was operated on and is warm and red now, and I have chills at night."),
    ];
    place.write("a/threads.jsonl", threads.concat());
    place.index(&[&place.path("a")]).ok();
    let answer = search(&place, &["knee clicks stairs"]);
    let shown = ids(&answer);
    assert_eq!(shown.len(), 2, "{answer}");
    assert_eq!(shown[1], "other");
    let folded = answer["hits"][0]["duplicates"][0].as_str().unwrap();
    assert!(["first", "again"].contains(&folded) && folded != shown[0]);
    assert_eq!(ids(&search(&place, &["knee clicks stairs", "--from", "1"])), ["other"]);
}

#[test]
fn a_facet_counts_what_its_filter_leaves() {
    let place = Place::new();
    place.index(&[&sample()]).ok();
    let query = "back pain";
    let answer = search(&place, &[query, "--facets", "-n", "1"]);
    let facets = &answer["facets"];
    for (facet, field) in [
        ("symptoms", "symptom"),
        ("drugs", "drug"),
        ("procedures", "procedure"),
        ("conditions", "condition"),
        ("investigations", "investigation"),
    ] {
        let counts = facets[facet].as_array().unwrap();
        assert!(!counts.is_empty() && counts.len() <= 10, "{facet}: {facets}");
        for count in [counts.first(), counts.last()].into_iter().flatten() {
            let flag = format!("--{field}={}", count["name"].as_str().unwrap());
            assert_eq!(search(&place, &[query, &flag])["total"], count["count"], "{flag}");
        }
    }
    let doctor = &facets["doctors"][0];
    assert_eq!(search(&place, &[query, "--doctor", doctor["name"].as_str().unwrap()])["total"], doctor["count"]);
    let years: u64 = facets["years"].as_array().unwrap().iter().map(|year| year["count"].as_u64().unwrap()).sum();
    assert!(years <= answer["total"].as_u64().unwrap() && years > 0);
}

#[test]
fn of_two_threads_with_the_same_words_the_one_where_they_stand_together_is_first() {
    let place = Place::new();
    let thread = |id: &str, question: &str| json!({"id": id, "title": "A question", "question": question}).to_string() + "\n";
    let threads = [
        thread(
            "a-apart",
            "The garage was painted yesterday. It is warm today. My old and lazy neighbour walks his dog past the door.",
        ),
        thread(
            "b-near",
            "My neighbour walks his dog past the old garage door. It is warm today. The lazy painted yesterday and was.",
        ),
        thread(
            "c-turned",
            "Her cousin bought a red bicycle next to the door garage on Monday, and then rode home in heavy rain without a coat.",
        ),
    ];
    place.write("a/threads.jsonl", threads.concat());
    place.index(&[&place.path("a")]).ok();
    let answer = search(&place, &["garage door", "--explain"]);
    assert_eq!(ids(&answer), ["b-near", "c-turned", "a-apart"]);
    let told: Vec<bool> = answer["hits"]
        .as_array()
        .unwrap()
        .iter()
        .map(|hit| hit["explanation"]["text"].as_str().unwrap().contains("words stand together"))
        .collect();
    assert_eq!(told, [true, true, false]);
}

#[test]
fn a_concept_that_is_asked_for_as_absent_is_told_as_denied() {
    let place = Place::new();
    place.index(&[&sample()]).ok();
    for (query, denied) in [
        ("numb foot, no fever", ["symptom:fever"].as_slice()),
        ("denied:fever headache", &["symptom:fever"]),
        ("headache -symptom:fever", &["symptom:fever"]),
        ("headache -denied:fever", &[]),
        ("fever and headache", &[]),
    ] {
        let answer = search(&place, &[query]);
        let concepts = answer["query"]["concepts"].as_array().unwrap();
        let told: Vec<&str> = concepts.iter().filter(|c| c["denied"] == true).map(|c| c["concept"].as_str().unwrap()).collect();
        assert_eq!(told, denied, "{query}: {concepts:?}");
        assert!(concepts.iter().any(|concept| concept["concept"] == "symptom:fever"), "{query}: {concepts:?}");
    }
}

#[test]
fn a_thread_that_has_what_is_asked_for_as_absent_stands_behind_even_where_it_denies_it_too() {
    let place = Place::new();
    let thread = |id: &str, question: &str| {
        json!({"id": id, "title": "Chest pain", "question": question, "answers": ["Please see a doctor."]}).to_string() + "\n"
    };
    let threads = [
        thread("a-both", "I have chest pain and I have a fever since Monday. Last week I had no fever."),
        thread("b-has", "A chest pain woke me up at night and I have a fever. My wife drove me to the clinic in our old car."),
        thread("c-denies", "There is a chest pain on the left whenever I lift my little son, but I had no fever all this month."),
    ];
    place.write("a/threads.jsonl", threads.concat());
    place.index(&[&place.path("a")]).ok();
    let answer = search(&place, &["chest pain but no fever", "--explain"]);
    assert_eq!(ids(&answer), ["c-denies", "a-both", "b-has"]);
    let told = answer["hits"][1]["explanation"]["text"].as_str().unwrap();
    assert!(
        told.contains("denied here, as asked: fever") && told.contains("asked for as denied, but question says fever"),
        "{told}"
    );
    assert_eq!(ids(&search(&place, &["chest pain and fever"]))[2], "c-denies");
    // The word alone stands in all of them, and says little where it is to be absent.
    let of_word = |query: &str| {
        let answer = search(&place, &[query, "--explain"]);
        let hit = answer["hits"].as_array().unwrap().iter().find(|hit| hit["id"] == "b-has").unwrap();
        let parts = hit["explanation"]["parts"].as_array().unwrap();
        parts.iter().find(|part| part["what"] == "the word fever").unwrap()["score"].as_f64().unwrap()
    };
    let (absent, present) = (of_word("chest pain but no fever"), of_word("chest pain and fever"));
    assert!(absent > 0.0 && absent < 0.5 * present, "{absent} {present}");
}

#[test]
fn an_explanation_adds_up_to_the_score() {
    let place = Place::new();
    place.index(&[&sample()]).ok();
    for query in
        ["numbness after laminectomy", "chest pain but no fever", "drug:nsaid", "\"pins and needles\" foot", "child fever -rash"]
    {
        let answer = search(&place, &[query, "--explain"]);
        for hit in answer["hits"].as_array().unwrap() {
            let parts = hit["explanation"]["parts"].as_array().unwrap();
            let sum: f64 = parts.iter().map(|part| part["score"].as_f64().unwrap()).sum();
            assert!((sum - hit["score"].as_f64().unwrap()).abs() < 1e-4, "{query}: {hit}");
        }
        assert!(!answer["hits"].as_array().unwrap().is_empty(), "{query}");
    }
    let shown = search(&place, &["numbness after laminectomy", "--explain"])["hits"][0]["explanation"]["text"]
        .as_str()
        .unwrap()
        .to_owned();
    assert!(shown.contains("numbness (") && shown.contains("answered ("), "{shown}");
}

#[test]
fn a_prefix_is_completed_by_concepts_and_titles() {
    let place = small();
    let suggest = |prefix: &str| place.run(&["suggest", prefix, "--format", "json"]).json()["suggestions"].clone();
    let texts = |suggestions: &Value| {
        suggestions.as_array().unwrap().iter().map(|s| s["text"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    let gabapentin = suggest("GABA");
    assert_eq!((gabapentin[0]["text"].as_str(), gabapentin[0]["type"].as_str()), (Some("gabapentin"), Some("drug")));
    assert_eq!(gabapentin[0]["threads"], 1);
    assert!(texts(&suggest("pins and n"))[0].starts_with("pins and needles"));
    assert!(texts(&suggest("strange feel")).contains(&"Strange feeling in the foot".to_owned()));
    assert!(texts(&suggest("feeling in the fo")).contains(&"Strange feeling in the foot".to_owned()));
    assert!(texts(&suggest("sprained ank")).contains(&"Sprained ankle".to_owned()));
    for nothing in ["", " ", "?", "zzzzzz"] {
        assert_eq!(
            place.run(&["suggest", nothing, "--format", "json"]).told(1, "").json()["suggestions"],
            json!([]),
            "{nothing:?}"
        );
    }
    assert_eq!(
        place.run(&["suggest", "p", "-n", "3", "--format", "json"]).ok().json()["suggestions"].as_array().unwrap().len(),
        3
    );
}

#[test]
fn whatever_is_typed_is_answered() {
    let place = small();
    let long = "my knee hurts and ".repeat(6_000);
    let many = (0..10_000).map(|n| format!("w{n}")).collect::<Vec<_>>().join(" OR ");
    let deep = format!("{}knee{}", "(".repeat(30_000), ")".repeat(30_000));
    for text in [
        "",
        "the of and",
        long.as_str(),
        "\"rash",
        "(rash",
        "rash))",
        many.as_str(),
        deep.as_str(),
        "ra\u{1b}[31msh \u{7} \u{202e}hsar\u{200f}",
        "'; DROP TABLE threads; -- .*(a|b)+\\d{9999}",
        "nofield:rash",
        "published:2016-02-31",
        "published:9999..0001 rash",
        "age:-5 sex:? rash",
        "id:\" \"",
        "NOT NOT NOT",
        "* ? ~ ^ && || ! \\",
    ] {
        let ran = run(&place, &["--explain", "--facets", "--", text]);
        assert!(ran.code == 0 || ran.code == 1, "{:.40}: {}", text, ran.err);
        assert!(ran.err.is_empty(), "{:.40}: {}", text, ran.err);
        let answer = ran.json();
        assert!(answer["total"].as_u64().unwrap() > 0 || answer["hits"] == json!([]));
    }
    let empty = search(&place, &[""]);
    assert!(empty["query"]["remarks"][0]["says"].as_str().unwrap().contains("nothing is asked for"), "{empty}");
}
