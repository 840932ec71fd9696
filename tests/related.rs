//! Panels: what stands under a thread, what does not, and why; and the panels of a whole archive over time.

mod common;

use common::{Place, sample};
use serde_json::{Value, json};

fn place() -> Place {
    let place = Place::new();
    place.index(&[&sample()]);
    place
}

/// An index of a few threads of one's own: id, title, question, answer.
fn of_threads(threads: &[(&str, &str, &str, &str)]) -> Place {
    let place = Place::new();
    let archive = place.write("archive.jsonl", lines(threads));
    assert_eq!(place.index(&[&archive]).code, 0);
    place
}

fn lines(threads: &[(&str, &str, &str, &str)]) -> String {
    let line = |(id, title, question, answer): &(&str, &str, &str, &str)| {
        json!({"id": id, "title": title, "question": question, "answers": [answer]}).to_string() + "\n"
    };
    threads.iter().map(line).collect()
}

fn ids(panel: &Value) -> Vec<&str> {
    panel["panel"].as_array().expect("a panel").iter().map(|entry| entry["id"].as_str().expect("an id")).collect()
}

const GOUT: (&str, &str, &str, &str) = (
    "gout",
    "Big toe red and swollen overnight, is it gout?",
    "I am a man of 52. My big toe became red, hot and very painful last night after beer and steak. My uric acid was 9.",
    "This sounds like an attack of gout. Rest the joint, take colchicine or naproxen, and drink water.",
);
const GOUT_AGAIN: (&str, &str, &str, &str) = (
    "gout-again",
    "Gout in my toe came back, do I need allopurinol?",
    "I had gout in the big toe twice this year, with high uric acid. The toe is painful and swollen again. Should I begin allopurinol?",
    "Two attacks a year are a reason to lower uric acid with allopurinol once this attack is over.",
);
const GOUT_COPY: (&str, &str, &str, &str) = (
    "gout-copy",
    "Gout in my toe came back, do I need allopurinol?",
    "I had gout in the big toe twice this year, with high uric acid. The toe is painful and swollen again. Should I start allopurinol?",
    "Lower uric acid with allopurinol, and have it measured after a month.",
);
const MIGRAINE: (&str, &str, &str, &str) = (
    "migraine",
    "Zigzag lights before a one-sided headache",
    "For ten years I see zigzag lights for half an hour and then have a throbbing headache on one side with nausea.",
    "That is migraine with aura. A triptan at the beginning of the headache helps.",
);
const VERTIGO: (&str, &str, &str, &str) = (
    "vertigo",
    "The room spins when I turn over in bed",
    "Each time I turn in bed the room spins for some seconds. I have no hearing loss and no headache.",
    "This is positional vertigo. The Epley manoeuvre puts it right in most people.",
);

#[test]
fn a_question_that_was_posted_twice_is_one_entry_that_lists_the_copy() {
    let place = of_threads(&[GOUT, GOUT_AGAIN, GOUT_COPY, MIGRAINE, VERTIGO]);
    let panel = place.run(&["related", "gout", "--format", "json"]).ok().json();
    let entries = panel["panel"].as_array().unwrap();
    let shown = ids(&panel);
    assert_eq!(shown.iter().filter(|id| id.starts_with("gout-")).count(), 1, "{shown:?}");
    let both = [entries[0]["id"].as_str().unwrap(), entries[0]["duplicates"][0].as_str().unwrap()];
    assert!(both.contains(&"gout-again") && both.contains(&"gout-copy"), "{both:?}");
}

#[test]
fn a_thread_that_stands_alone_has_no_panel_and_it_is_said() {
    let place = of_threads(&[GOUT, GOUT_AGAIN, MIGRAINE, VERTIGO]);
    let question = "how do I fill in the form for a parking permit";
    let ran = place.run_with_input(&["related", "-", "--format", "json"], question.as_bytes());
    assert_eq!(ran.code, 1, "nothing found is exit 1; {}", ran.err);
    assert_eq!(ran.json()["panel"], json!([]));
    assert_eq!(ran.json()["remark"], "no thread in the index is close enough");
    let told = place.run_with_input(&["related", "-", "--format", "human"], question.as_bytes());
    assert!(told.out.contains("no thread in the index is close enough"), "{}", told.out);
}

#[test]
fn what_is_beside_the_point_is_left_out_rather_than_filling_the_panel() {
    let place = of_threads(&[GOUT, GOUT_AGAIN, MIGRAINE, VERTIGO]);
    let panel = place.run(&["related", "gout", "--format", "json"]).ok().json();
    assert_eq!(ids(&panel), ["gout-again"]);
}

#[test]
fn a_contradiction_is_told_with_the_words_that_say_so() {
    let place = of_threads(&[
        (
            "with",
            "Sore throat with fever for three days",
            "I have a sore throat and a fever of 39 since three days.",
            "Rest and drink.",
        ),
        (
            "without",
            "Sore throat for three days",
            "I have a sore throat since three days but no fever at all.",
            "Gargle with salt water.",
        ),
        MIGRAINE,
    ]);
    let panel = place.run(&["related", "with", "--format", "json"]).ok().json();
    let why = &panel["panel"][0]["why"];
    assert_eq!(why["shared"], json!(["sore throat"]), "{panel}");
    assert_eq!(why["conflicting"], json!(["fever"]), "{panel}");
    assert_eq!(why["cues"], json!([{"of": "fever", "denied_in": "entry", "says": "no fever"}]));
    let told = place.run(&["related", "with", "--format", "human"]).ok().out;
    assert!(told.contains("conflicting: fever (there: “no fever”)"), "{told}");
}

#[test]
fn the_passage_that_is_shown_answers_and_ends_with_its_sentence() {
    let place = of_threads(&[GOUT, GOUT_AGAIN, MIGRAINE]);
    let panel = place.run(&["related", "gout", "--format", "json"]).ok().json();
    let text = panel["panel"][0]["snippet"]["text"].as_str().unwrap();
    assert_eq!(text, GOUT_AGAIN.3);
}

#[test]
fn another_angle_stands_before_the_next_copy_of_the_same_point() {
    let place = place();
    for line in place.run(&["related", "--all", "--format", "json"]).ok().out.lines() {
        let panel: Value = serde_json::from_str(line).unwrap();
        let titles: Vec<&str> = panel["panel"].as_array().unwrap().iter().map(|entry| entry["title"].as_str().unwrap()).collect();
        let mut unlike = titles.clone();
        unlike.sort_unstable();
        unlike.dedup();
        assert_eq!(unlike.len(), titles.len(), "one title twice under {}", panel["of"]);
    }
}

#[test]
fn what_a_site_writes_under_every_answer_is_neither_shared_nor_shown() {
    const FAREWELL: &str = "For fever or headache take paracetamol, and write back to our team.";
    let archive = |of: &[(&str, &str, &str, &str)]| {
        let line = |(id, title, question, answer): &(&str, &str, &str, &str)| {
            let answer = format!("{answer} {FAREWELL}");
            json!({"id": id, "source": "a.example", "title": title, "question": question, "answers": [answer]}).to_string() + "\n"
        };
        let place = Place::new();
        let archive = place.write("archive.jsonl", of.iter().map(line).collect::<String>());
        assert_eq!(place.index(&[&archive]).code, 0);
        place
    };
    let shared = |place: &Place| place.run(&["related", "gout", "--format", "json"]).json()["panel"].to_string();
    // A few threads that say the same may mean it.
    let few = shared(&archive(&[GOUT, GOUT_AGAIN, MIGRAINE]));
    assert!(few.contains("paracetamol"), "{few}");
    let many = shared(&archive(&[
        GOUT,
        GOUT_AGAIN,
        MIGRAINE,
        VERTIGO,
        ("nails", "Ridges in my nails", "My nails have ridges.", "That is age."),
    ]));
    assert!(many.contains("gout-again") && !many.contains("paracetamol") && !many.contains("our team"), "{many}");
}

#[test]
fn an_id_that_is_not_there_is_met_with_those_that_may_be_meant() {
    let place = place();
    for verb in ["related", "show"] {
        place.run(&[verb, "tingling-foot-after-microdisectomy"]).told(2, "did you mean tingling-foot-after-microdiscectomy");
    }
}

#[test]
fn threads_of_no_question_one_word_many_words_or_another_language_are_answered() {
    let place = of_threads(&[GOUT, GOUT_AGAIN, MIGRAINE, VERTIGO]);
    let long = "gout in the toe ".repeat(60_000);
    for text in ["", "gout", "?!…", "У меня болит большой палец ноги, это подагра?", &long]
    {
        let ran = place.run_with_input(&["related", "-", "--format", "json"], text.as_bytes());
        assert!(ran.code == 0 || ran.code == 1, "{}: {}", ran.code, ran.err);
        assert!(ran.json()["panel"].is_array());
    }
    let no_question =
        place.write("answers.json", r#"{"posts": [{"role": "doctor", "text": "Gout is treated with colchicine."}]}"#);
    assert!(place.run(&["related", no_question.to_str().unwrap(), "--format", "json"]).json()["panel"].is_array());
}

#[test]
fn a_run_over_the_archive_that_was_cut_off_goes_on_where_it_was() {
    let place = place();
    let all = ["related", "--all", "--format", "json", "--out", "panels.jsonl"];
    place.run(&all).ok();
    let whole = without_times(&std::fs::read_to_string(place.path("panels.jsonl")).unwrap());
    let bytes = std::fs::read(place.path("panels.jsonl")).unwrap();
    std::fs::write(place.path("panels.jsonl"), &bytes[..bytes.len() / 3]).unwrap();
    place.run(&all).ok();
    assert_eq!(without_times(&std::fs::read_to_string(place.path("panels.jsonl")).unwrap()), whole);
}

#[test]
fn after_a_change_only_the_panels_that_can_differ_are_made_again() {
    let place = place();
    let before = place.run(&["related", "--all", "--format", "json"]).ok().out;
    std::fs::write(place.path("before.jsonl"), &before).unwrap();
    let new = place.write("new.jsonl", lines(&[GOUT_AGAIN]));
    place.index(&[&new]);
    let ran = place.run(&["related", "--all", "--format", "json", "--since", "before.jsonl"]).ok();
    let kept: usize = ran.err.split(' ').next().unwrap().parse().unwrap_or_else(|_| panic!("{}", ran.err));
    assert!(kept > 50, "most panels cannot have changed: {}", ran.err);
    assert!(ran.err.contains("1 of new threads"), "{}", ran.err);

    let of = |lines: &str| -> Vec<(String, Vec<String>)> {
        let panels = lines.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
        let owned = |panel: &Value| ids(panel).into_iter().map(str::to_owned).collect();
        panels.map(|panel| (panel["of"].as_str().unwrap().to_owned(), owned(&panel))).collect()
    };
    let (renewed, anew) = (of(&ran.out), of(&place.run(&["related", "--all", "--format", "json"]).ok().out));
    assert_eq!(renewed.len(), 231);
    let with_new = |panels: &[(String, Vec<String>)]| -> Vec<(String, Vec<String>)> {
        panels.iter().filter(|(id, panel)| id == "gout-again" || panel.iter().any(|id| id == "gout-again")).cloned().collect()
    };
    assert!(with_new(&renewed).len() > 1, "a thread on gout comes into panels on gout");
    assert_eq!(with_new(&renewed), with_new(&anew));
}

#[test]
fn panels_of_another_state_are_not_gone_on_with() {
    let place = Place::new();
    let archive = place.path("archive");
    place.write("archive/first.jsonl", lines(&[GOUT, MIGRAINE]));
    place.index(&[&archive]);
    place.run(&["related", "--all", "--format", "json", "--out", "panels.jsonl"]).ok();
    let changed = (GOUT.0, GOUT.1, "My big toe hurts.", GOUT.3);
    place.write("archive/first.jsonl", lines(&[changed, MIGRAINE]));
    place.index(&[&archive]);
    place
        .run(&["related", "--all", "--format", "json", "--out", "panels.jsonl"])
        .told(2, "panels.jsonl: was made of another state of the index");
    place.write("no-panels.jsonl", "{\"of\": 1}\n");
    place
        .run(&["related", "--all", "--format", "json", "--since", "no-panels.jsonl"])
        .told(2, "no-panels.jsonl:1: is no panel of `related --all --format json`");
}

#[test]
fn a_report_tells_orphans_hubs_and_how_far_panels_agree_with_the_sites_own() {
    let place = place();
    let report = place.run(&["related", "--all", "--report", "--format", "json"]).ok().json();
    assert_eq!(report["threads"], 230);
    assert_eq!(report["self_links"], 0);
    assert!(report["hubs"][0]["panels"].as_u64().unwrap() > 1);
    for share in ["symmetry", "coverage"] {
        let share = report[share].as_f64().unwrap();
        assert!(0.0 < share && share <= 1.0, "{share}");
    }
    assert!(report["agreement"]["threads"].as_u64().unwrap() > 0, "pages of the sample have panels of their own");
    let told = place.run(&["related", "--all", "--report", "--format", "human"]).ok().out;
    assert!(told.contains("threads that stand in a panel"), "{told}");
}

/// Panels with the milliseconds taken out, in the order of their threads.
fn without_times(lines: &str) -> Vec<String> {
    let mut panels: Vec<String> = lines
        .lines()
        .map(|line| {
            let mut panel: Value = serde_json::from_str(line).unwrap();
            panel.as_object_mut().unwrap().remove("took_ms");
            panel.to_string()
        })
        .collect();
    panels.sort();
    panels
}
