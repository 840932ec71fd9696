//! The command line as people and programs use it: streams, exit codes, forms of output.

mod common;

use common::{Place, sample};

fn place() -> Place {
    let place = Place::new();
    place.index(&[&sample()]).ok();
    place
}

#[test]
fn results_go_to_stdout_and_everything_else_to_stderr() {
    let place = Place::new();
    place.write("a.jsonl", "{\"question\": \"my knee hurts\"}\n{broken\n");
    let ran = place.run(&["parse", "a.jsonl"]);
    assert_eq!(ran.out.lines().count(), 1);
    ran.told(2, "a.jsonl:2:");
}

#[test]
fn nothing_found_is_exit_1_and_a_wrong_argument_is_exit_2() {
    let place = place();
    assert_eq!(place.run(&["search", "zzxqvwk", "--exact"]).code, 1);
    assert_eq!(place.run(&["search", "numb"]).code, 0);
    place.run(&["search", "--no-such-flag"]).told(2, "--no-such-flag");
    place.run(&["no-such-verb"]).told(2, "no-such-verb");
    assert_eq!(place.run(&["search"]).code, 1, "nothing is asked for, and that is said");
    place.run(&["show", "no-such-thread"]).told(2, "no thread \"no-such-thread\"");
    place.run(&["related", "no-such-thread"]).told(2, "no thread \"no-such-thread\"");
    place.run(&["search", "x", "--topics", "y"]).told(2, "cannot be used with");
}

#[test]
fn a_closed_pipe_ends_quietly() {
    let place = place();
    let mut command = place.command(&["related", "--all", "--format", "json"]);
    let mut child = command.stdout(std::process::Stdio::piped()).stderr(std::process::Stdio::piped()).spawn().unwrap();
    drop(child.stdout.take());
    let ended = child.wait_with_output().unwrap();
    assert_eq!(ended.status.code(), Some(0));
    assert_eq!(String::from_utf8_lossy(&ended.stderr), "");
}

#[test]
fn a_program_reads_json_and_a_person_reads_lines_without_colour_codes_in_a_file() {
    let place = place();
    let json = place.run(&["search", "numb foot", "-n", "2"]).ok().json();
    assert_eq!(json["hits"].as_array().unwrap().len(), 2);
    let human = place.run(&["search", "numb foot", "-n", "2", "--format", "human"]).ok().out;
    assert!(human.contains(" 1. ") && human.contains("not medical advice") && !human.contains('\u{1b}'), "{human}");
    assert!(human.lines().all(|line| line.chars().count() <= 80), "{human}");
}

#[test]
fn what_an_archive_says_cannot_speak_to_the_terminal() {
    let place = Place::new();
    let thread = serde_json::json!({
        "id": "esc\u{1b}[1m1", "title": "weirdword \u{1b}[31mred\u{1b}[0m \u{7}bell \u{202e}turned", "question": "weirdword \u{1b}]0;x\u{7} here",
        "answers": ["\u{9b}31m ok"], "doctor": "Dr \u{1b}[5m Blink",
    });
    place.write("a.jsonl", thread.to_string());
    place.index(&[&place.path("a.jsonl")]).ok();
    for args in [&["search", "weirdword", "--exact", "--format", "human"][..], &["show", "esc[1m1", "--format", "human"]] {
        let out = place.run(args).ok().out;
        assert!(out.contains("weirdword"));
        assert!(!out.chars().any(|c| (c.is_control() && c != '\n') || c == '\u{202e}'), "{out:?}");
    }
}

#[test]
fn a_run_in_trec_form_has_six_columns_ranks_in_order_and_falling_scores() {
    let place = place();
    let topics = place.write("topics.tsv", "t1\tnumbness after back operation\nt2\tchild with fever and no rash\n");
    for verb in ["search", "related"] {
        let ran = place.run(&[verb, "--topics", topics.to_str().unwrap(), "--format", "trec", "-n", "15"]).ok();
        let mut last = (String::new(), 0usize, f32::MAX);
        for line in ran.out.lines() {
            let columns: Vec<&str> = line.split(' ').collect();
            assert_eq!((columns.len(), columns[1], columns[5]), (6, "Q0", "curbside"), "{line}");
            let (rank, score): (usize, f32) = (columns[3].parse().unwrap(), columns[4].parse().unwrap());
            if columns[0] == last.0 {
                assert!(rank == last.1 + 1 && score <= last.2, "{line} after {last:?}");
            } else {
                assert_eq!(rank, 1, "{line}");
            }
            last = (columns[0].to_owned(), rank, score);
        }
        assert_eq!(last.0, "t2", "{verb}");
    }
    place.write("bad.tsv", "t1 no tab here\n");
    place.run(&["search", "--topics", "bad.tsv"]).told(2, "bad.tsv:1: no tab");
}

#[test]
fn a_thread_is_never_in_its_own_panel() {
    let place = place();
    let ran = place.run(&["related", "--all", "--format", "json"]).ok();
    let mut panels = 0;
    for line in ran.out.lines() {
        let panel: serde_json::Value = serde_json::from_str(line).unwrap();
        for entry in panel["panel"].as_array().unwrap() {
            assert_ne!(entry["id"], panel["of"]);
        }
        panels += 1;
    }
    let threads = place.run(&["stats", "--format", "json"]).json()["threads"].as_u64().unwrap();
    assert_eq!(panels, threads);
}

#[test]
fn the_panel_of_a_file_of_typed_text_and_of_an_id_agree_on_what_is_near() {
    let place = place();
    let text = b"my foot tingles six weeks after microdiscectomy, will the nerve recover?";
    let typed = place.run_with_input(&["related", "-"], text).json();
    assert!(
        typed["panel"]
            .as_array()
            .unwrap()
            .iter()
            .any(|entry| entry["id"].as_str().unwrap().starts_with("tingling-foot-after-microdiscectomy"))
    );
    let file = place.write("q.json", serde_json::json!({ "question": String::from_utf8_lossy(text) }).to_string());
    let of_file = place.run(&["related", file.to_str().unwrap()]).ok().json();
    assert_eq!(of_file["panel"][0]["id"], typed["panel"][0]["id"]);
}

#[test]
fn show_gives_the_thread_as_it_was_stored() {
    let place = place();
    let thread = place.run(&["show", "tingling-foot-after-microdiscectomy"]).ok().json();
    assert_eq!(thread["id"], "tingling-foot-after-microdiscectomy");
    assert!(thread["posts"].as_array().unwrap().len() >= 2);
    let human = place.run(&["show", "tingling-foot-after-microdiscectomy", "--format", "human"]).ok().out;
    assert!(human.contains("Patient") && human.contains("Doctor"));
}

#[test]
fn the_demo_runs_in_any_folder() {
    let place = Place::new();
    let out = place.run(&["demo", "--format", "human"]).ok().out;
    assert!(out.contains("numb"), "{out}");
    assert!(!place.path("index").exists(), "the demo leaves the user's index alone");
}

#[test]
fn completions_the_manual_and_help_are_there_for_every_verb() {
    let place = Place::new();
    for shell in ["bash", "zsh", "fish", "powershell", "elvish"] {
        assert!(place.run(&["completions", shell]).ok().out.len() > 500);
    }
    assert!(place.run(&["man"]).ok().out.contains(".TH"));
    for verb in ["index", "search", "related", "show", "parse", "stats", "demo", "completions", "man"] {
        assert!(place.run(&[verb, "--help"]).ok().out.contains("Usage: curbside"), "{verb}");
    }
}
