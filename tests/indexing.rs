//! What `index` does with an archive: what goes in, what changes, what is refused, and that nothing is lost.

mod common;

use std::os::unix::ffi::OsStrExt;
use std::path::Path;

use common::{Place, sample, shared};

fn thread(id: &str, question: &str) -> String {
    serde_json::json!({ "id": id, "title": question, "question": question, "answers": ["rest it"] }).to_string() + "\n"
}

fn threads(place: &Place) -> u64 {
    place.run(&["stats", "--format", "json"]).ok().json()["threads"].as_u64().unwrap()
}

fn found(place: &Place, query: &str) -> Vec<String> {
    let ran = place.run(&["search", query, "--exact", "--format", "json"]);
    assert!(ran.code < 2, "{}", ran.err);
    ran.json()["hits"].as_array().unwrap().iter().map(|hit| hit["id"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn a_second_run_over_the_same_archive_touches_nothing() {
    let place = Place::new();
    let first = place.index(&[&sample()]).ok().json();
    assert!(first["added"].as_u64().unwrap() >= 200);
    assert_eq!(place.run(&["check"]).ok().json()["mentions"], first["mentions"]);
    let before = std::fs::read(place.path("index/meta.json")).unwrap();
    let second = place.index(&[&sample()]).ok().json();
    assert_eq!((second["added"].as_u64(), second["files_unchanged"] == second["files"]), (Some(0), true), "{second}");
    assert_eq!(second["unchanged"], first["added"]);
    assert_eq!(std::fs::read(place.path("index/meta.json")).unwrap(), before, "no commit was made");
}

#[test]
fn what_is_new_goes_in_what_changed_is_replaced_what_vanished_goes_out() {
    let place = Place::new();
    place.write("a/one.jsonl", thread("one", "my knee clicks") + &thread("two", "my elbow clicks"));
    place.write("a/three.jsonl", thread("three", "my ankle clicks"));
    place.write("b/four.jsonl", thread("four", "my wrist clicks"));
    place.index(&[&place.path("a"), &place.path("b")]).ok();
    assert_eq!(threads(&place), 4);

    place.write("a/one.jsonl", thread("one", "my shoulder clicks") + &thread("two", "my elbow clicks"));
    std::fs::remove_file(place.path("a/three.jsonl")).unwrap();
    std::fs::remove_file(place.path("b/four.jsonl")).unwrap();
    place.write("a/five.jsonl", thread("five", "my jaw clicks"));
    let tally = place.index(&[&place.path("a")]).ok().json();
    let counts: Vec<u64> =
        ["added", "replaced", "unchanged", "removed"].iter().map(|name| tally[name].as_u64().unwrap()).collect();
    assert_eq!(counts, [1, 1, 1, 1], "{tally}");
    assert_eq!(found(&place, "shoulder"), ["one"]);
    assert_eq!(found(&place, "knee"), [""; 0]);
    assert_eq!(found(&place, "ankle"), [""; 0]);
    assert_eq!(found(&place, "wrist"), ["four"], "b was not named in the second run");
}

#[test]
fn a_renamed_file_keeps_its_threads_once() {
    let place = Place::new();
    place.write("a/one.jsonl", thread("one", "my knee clicks"));
    place.index(&[&place.path("a")]).ok();
    std::fs::rename(place.path("a/one.jsonl"), place.path("a/uno.jsonl")).unwrap();
    place.index(&[&place.path("a")]).ok();
    assert_eq!(found(&place, "knee"), ["one"]);
    assert_eq!(threads(&place), 1);
}

#[test]
fn a_thread_met_twice_is_one_thread_and_the_first_counts() {
    let place = Place::new();
    place.write("a/1.jsonl", thread("one", "my knee clicks"));
    place.write("a/2.jsonl", thread("one", "my ankle clicks"));
    let tally = place.index(&[&place.path("a")]).ok().json();
    assert_eq!((tally["added"].as_u64(), tally["duplicates"].as_u64()), (Some(1), Some(1)));
    assert_eq!(found(&place, "knee"), ["one"]);
}

#[test]
fn what_cannot_be_read_is_told_and_the_rest_goes_in() {
    let place = Place::new();
    place.write("a/good.jsonl", thread("one", "my knee clicks"));
    place.write("a/empty.json", "");
    place.write("a/binary.dat", [0u8, 1, 2, 3]);
    place.write("a/cut.json", "{\n\"posts\": [");
    place.write("a/shape.json", "{\"name\": 1}");
    place.write("a/page.txt", "no site that we know");
    place.write("a/broken.jsonl", thread("two", "my elbow clicks") + "{broken\n" + &thread("three", "my jaw clicks"));
    std::os::unix::fs::symlink(place.path("a"), place.path("a/loop")).unwrap();
    std::os::unix::fs::symlink(place.path("nowhere"), place.path("a/dangling")).unwrap();
    let odd = place.path("a").join(std::ffi::OsStr::from_bytes(b"n\xffme.jsonl"));
    std::fs::write(&odd, thread("four", "my wrist clicks")).unwrap();
    let status = std::process::Command::new("mkfifo").arg(place.path("a/pipe")).status().unwrap();
    assert!(status.success());

    let ran = place.index(&[&place.path("a")]);
    let tally = ran.json();
    assert_eq!((tally["added"].as_u64(), tally["rejected"].as_u64()), (Some(4), Some(9)), "{}", ran.err);
    for sentence in [
        "a/empty.json: is empty",
        "a/binary.dat: is binary",
        "a/cut.json: ends in the middle of the JSON",
        "a/shape.json:1: is JSON but not a thread",
        "a/page.txt: fits no site profile",
        "a/broken.jsonl:2: is not valid JSON",
        "a/loop: leads back to",
        "a/dangling: cannot be read",
        "a/pipe: is not a regular file",
    ] {
        assert!(ran.err.contains(sentence), "{sentence:?} is not in {}", ran.err);
    }
    ran.told(2, "rejected:");
    assert_eq!(found(&place, "wrist"), ["four"], "a name that is not UTF-8");
    assert_eq!(threads(&place), 4);
    let again = place.index(&[&place.path("a")]).json();
    assert_eq!(again["removed"], 0, "a file that cannot be read loses nothing: {again}");
}

#[test]
fn a_file_that_broke_keeps_what_was_in_it() {
    let place = Place::new();
    place.write("a.jsonl", thread("one", "my knee clicks") + &thread("two", "my elbow clicks"));
    place.index(&[&place.path("a.jsonl")]).ok();
    place.write("a.jsonl", thread("one", "my knee clicks") + "{\"id\": \"two\", \"quest");
    let tally = place.index(&[&place.path("a.jsonl")]).json();
    assert_eq!(tally["removed"], 0, "{tally}");
    assert_eq!(found(&place, "elbow"), ["two"]);
}

#[test]
fn a_path_that_is_not_there_is_told_and_takes_nothing_out() {
    let place = Place::new();
    place.write("a/one.jsonl", thread("one", "my knee clicks"));
    place.index(&[&place.path("a")]).ok();
    std::fs::rename(place.path("a"), place.path("gone")).unwrap();
    place.index(&[&place.path("a")]).told(2, "cannot be read");
    assert_eq!(threads(&place), 1);
}

#[test]
fn standard_input_is_an_input() {
    let place = Place::new();
    let ran = place.run_with_input(&["index", "-"], thread("one", "my knee clicks").as_bytes());
    assert_eq!(ran.code, 0, "{}", ran.err);
    assert_eq!(found(&place, "knee"), ["one"]);
}

#[test]
fn a_directory_that_is_no_index_is_left_alone() {
    let place = Place::new();
    let page = place.write("a.jsonl", thread("one", "my knee clicks"));
    place.write("index/precious.txt", "mine");
    place.index(&[&page]).told(2, "is not a curbside index");
    place.run(&["search", "x"]).told(2, "is not a curbside index");
    assert_eq!(std::fs::read_to_string(place.path("index/precious.txt")).unwrap(), "mine");

    place.write("index/meta.json", "{}");
    place.run(&["stats"]).told(2, "index");
    let none = place.path("none");
    place
        .run(&["search".as_ref() as &std::ffi::OsStr, "x".as_ref(), "--index".as_ref(), none.as_os_str()])
        .told(2, "no index at");
}

#[test]
fn an_index_of_another_format_is_met_with_the_command_that_makes_it_anew() {
    let place = Place::new();
    let archive = place.write("a.jsonl", thread("one", "my knee clicks"));
    place.index(&[&archive]).ok();
    let meta = std::fs::read_to_string(place.path("index/meta.json")).unwrap();
    place.write("index/meta.json", meta.replace("format_version\\\":", "format_version\\\":9"));
    for args in [&["search", "x"][..], &["stats"], &["related", "one"], &["show", "one"]] {
        place.run(args).told(2, "was written in index format 9");
    }
    place.index(&[&archive]).told(2, "add --full to do so");
    place.run(&["index", "--full", "a.jsonl"]).ok();
    assert_eq!(found(&place, "knee"), ["one"]);
    assert!(!place.path("index.anew").exists() && !place.path("index.replaced").exists());
}

#[test]
fn a_lexicon_of_ones_own_reads_the_whole_archive_again() {
    let place = Place::new();
    let archive = place.write("a.jsonl", thread("one", "my glorb is inflamed"));
    let table = place.write("extra.tsv", "id\tname\tsynonyms\tparents\ncondition:glorbitis\tglorbitis\tglorb is inflamed\t\n");
    place.index(&[&archive]).ok();
    let args = ["index", "a.jsonl", "--lexicon", table.to_str().unwrap()];
    place.run(&args).told(2, "add --full to do so");
    place.run(&[&args[..], &["--full"]].concat()).ok();
    let hit = place.run(&["search", "glorbitis", "--format", "json"]).ok().json();
    assert_eq!(hit["hits"][0]["conditions"][0], "glorbitis", "{hit}");
    place.write("bad.tsv", "id\tname\ncondition:x\n");
    place.run(&["index", "a.jsonl", "--full", "--lexicon", "bad.tsv"]).told(2, "bad.tsv");
    assert_eq!(found(&place, "glorb"), ["one"], "the index is untouched");
}

#[test]
fn a_second_writer_is_told_to_wait() {
    let place = Place::new();
    let archive = place.write("a.jsonl", thread("one", "my knee clicks"));
    place.index(&[&archive]).ok();
    // A run that waits for its standard input holds the lock, once it has got it: it may itself meet the second writer first.
    let spawn = || {
        let mut command = place.command(&["index", "-"]);
        let quiet = std::process::Stdio::null;
        command.stdin(std::process::Stdio::piped()).stdout(quiet()).stderr(quiet()).spawn().unwrap()
    };
    let mut first = spawn();
    let mut second = place.index(&[&archive]);
    while second.code != 2 {
        if first.try_wait().unwrap().is_some() {
            first = spawn();
        }
        std::thread::sleep(std::time::Duration::from_millis(50));
        second = place.index(&[&archive]);
    }
    second.told(2, "another process is writing to the index");
    use std::io::Write;
    first.stdin.take().unwrap().write_all(thread("two", "my elbow clicks").as_bytes()).unwrap();
    assert!(first.wait().unwrap().success());
    assert_eq!(threads(&place), 2);
}

#[test]
fn a_damaged_index_is_told_not_panicked_over() {
    let place = Place::new();
    place.index(&[&sample()]).ok();
    for entry in std::fs::read_dir(place.path("index")).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_some_and(|extension| extension == "store" || extension == "fast") {
            let bytes = std::fs::read(&path).unwrap();
            std::fs::write(&path, &bytes[..bytes.len() / 2]).unwrap();
        }
    }
    place.run(&["search", "numb foot"]).told(2, "is damaged");
    assert_eq!(place.run(&["check"]).code, 2);
}

#[test]
fn the_real_archives_go_in_with_one_command() {
    let (Some(archive), Some(medquad)) = (shared("data/archive"), shared("data/search/liveqa_medquad/threads.jsonl")) else {
        return;
    };
    let place = Place::new();
    let tally = place.index(&[&archive, &medquad]).ok().json();
    assert_eq!(tally["added"], 51_217);
    assert_eq!(tally["rejected"], 0);
    let ran = place.run(&["search", "numbness after laminectomy", "--format", "json"]).ok().json();
    assert_eq!(ran["hits"].as_array().unwrap().len(), 10);
}

#[test]
fn the_page_that_started_the_project_is_found_first_by_other_words_than_its_own() {
    let Some(seed) = shared("seed/consult-page.txt") else { return };
    let place = Place::new();
    place.index(&[&sample(), Path::new(&seed)]).ok();
    let ran = place.run(&["search", "numbness after laminectomy", "--format", "json"]).ok().json();
    let first = &ran["hits"][0];
    assert_eq!(first["title"], "Why does my friend have numbness after hemilaminectomy surgery?");
    let text: Vec<char> = first["snippet"]["text"].as_str().unwrap().chars().collect();
    let marked: Vec<String> = first["snippet"]["highlights"]
        .as_array()
        .unwrap()
        .iter()
        .map(|range| text[range[0].as_u64().unwrap() as usize..range[1].as_u64().unwrap() as usize].iter().collect())
        .collect();
    assert!(marked.iter().any(|form| form.contains("numbness")), "{marked:?}");
    assert!(marked.iter().any(|form| form.contains("hemilaminectomy")), "the narrower operation is marked too: {marked:?}");
    let id = first["id"].as_str().unwrap();
    let panel = place.run(&["related", id, "--format", "json"]).ok().json();
    assert!(!panel["panel"].as_array().unwrap().is_empty());
}

#[test]
fn a_dry_run_says_what_would_be_done_and_touches_nothing() {
    let place = Place::new();
    let archive = place.write("a/one.jsonl", thread("one", "my knee clicks") + &thread("two", "my elbow clicks"));
    let dry = place.run(&["index", "a", "--dry-run", "--format", "json"]).ok().json();
    assert_eq!((dry["added"].as_u64(), dry["threads"].as_u64(), dry["dry_run"].as_bool()), (Some(2), Some(2), Some(true)));
    assert!(!place.path("index").exists(), "nothing is made");

    place.index(&[&archive]).ok();
    place.write("a/one.jsonl", thread("one", "my hip clicks"));
    place.write("a/three.jsonl", thread("three", "my jaw clicks") + "{broken\n");
    let before: Vec<_> = std::fs::read_dir(place.path("index")).unwrap().map(|entry| entry.unwrap().path()).collect();
    let ran = place.run(&["index", "a", "--dry-run", "--format", "json"]);
    let dry = ran.json();
    ran.told(2, "three.jsonl:2: is not valid JSON");
    let after: Vec<_> = std::fs::read_dir(place.path("index")).unwrap().map(|entry| entry.unwrap().path()).collect();
    assert_eq!(before, after);
    assert_eq!(found(&place, "knee"), ["one"]);
    let real = place.index(&[&place.path("a")]).json();
    for count in ["added", "replaced", "removed", "unchanged", "rejected", "files", "threads"] {
        assert_eq!(dry[count], real[count], "{count}: {dry} {real}");
    }
    assert!(place.run(&["index", "a", "--dry-run", "--format", "human"]).out.contains("would be in"));
}

#[test]
fn rejects_are_written_down_and_progress_is_told_as_events() {
    let place = Place::new();
    place.write("a/good.jsonl", thread("one", "my knee clicks") + "{broken\n");
    place.write("a/two\nlines.txt", "no site that we know");
    let ran = place.run(&["index", "a", "--rejects", "rejects.jsonl", "--progress", "json", "--format", "json"]);
    assert_eq!((ran.code, ran.json()["rejected"].as_u64()), (2, Some(2)));
    let lines = |text: &str| text.lines().map(|line| serde_json::from_str(line).unwrap()).collect::<Vec<serde_json::Value>>();
    let rejects = lines(&std::fs::read_to_string(place.path("rejects.jsonl")).unwrap());
    assert_eq!((rejects[0]["path"].as_str(), rejects[0]["line"].as_u64()), (Some("a/good.jsonl"), Some(2)));
    assert!(rejects[0]["reason"].as_str().unwrap().starts_with("is not valid JSON"), "{rejects:?}");
    assert_eq!((rejects[1]["path"].as_str(), rejects[1].get("line")), (Some("a/two\nlines.txt"), None));
    let events = lines(&ran.err);
    assert_eq!(events.iter().filter(|event| event["event"] == "rejected").count(), 2, "{}", ran.err);
    let done = events.last().unwrap();
    assert_eq!((&done["event"], done["files"].as_u64(), done["threads"].as_u64()), (&"done".into(), Some(2), Some(1)));
    assert!(done["bytes"].as_u64().unwrap() > 0 && done["seconds"].is_number());
    place.run(&["index", "a", "--rejects", "no/such/folder/x"]).told(2, "cannot write rejects to no/such/folder/x");
}

#[test]
fn a_file_that_gives_nothing_is_given_up_after_a_while() {
    let log = Path::new("/proc/kmsg");
    if std::fs::File::open(log).is_err() {
        eprintln!("skipped: {} may not be read here, and nothing else hangs", log.display());
        return;
    }
    let place = Place::new();
    place.write("a/one.jsonl", thread("one", "my knee clicks"));
    place.write("a/three.jsonl", thread("three", "my jaw clicks"));
    std::os::unix::fs::symlink(log, place.path("a/two.jsonl")).unwrap();
    let ran = place.run(&["index", "a", "--timeout", "1", "--format", "json"]);
    assert_eq!((ran.json()["added"].as_u64(), ran.json()["rejected"].as_u64()), (Some(2), Some(1)), "{}", ran.err);
    ran.told(2, "a/two.jsonl: gave nothing for 1 seconds and was given up");
}

#[test]
fn the_first_of_two_threads_with_one_id_counts_whichever_run_met_it() {
    let place = Place::new();
    place.write("a/2.jsonl", thread("one", "my knee clicks") + &thread("two", "my jaw clicks"));
    place.index(&[&place.path("a")]).ok();
    place.write("a/3.jsonl", thread("one", "my ankle clicks") + &thread("three", "my toe clicks"));
    let tally = place.index(&[&place.path("a")]).ok().json();
    assert_eq!((tally["duplicates"].as_u64(), tally["replaced"].as_u64()), (Some(1), Some(0)), "{tally}");
    assert_eq!(found(&place, "knee"), ["one"], "a file that did not change comes first");
    place.write("a/1.jsonl", thread("one", "my wrist clicks"));
    place.index(&[&place.path("a")]).ok();
    assert_eq!((found(&place, "wrist"), found(&place, "knee")), (vec!["one".to_owned()], vec![]));
    place.run(&["check"]).ok();
}

#[test]
fn what_one_file_loses_and_another_has_stays() {
    let place = Place::new();
    place.write("a/1.jsonl", thread("one", "my knee clicks") + &thread("two", "my jaw clicks"));
    place.write("a/2.jsonl", thread("one", "my ankle clicks") + &thread("three", "my toe clicks"));
    place.index(&[&place.path("a")]).ok();
    place.write("a/1.jsonl", thread("two", "my jaw clicks"));
    let dry = place.run(&["index", "a", "--dry-run", "--format", "json"]).ok().json();
    let tally = place.index(&[&place.path("a")]).ok().json();
    for tally in [&dry, &tally] {
        let counts = ["replaced", "removed", "unchanged", "files_unchanged"].map(|count| tally[count].as_u64().unwrap());
        assert_eq!(counts, [1, 0, 2, 1], "{tally}");
    }
    assert_eq!(found(&place, "ankle"), ["one"]);
    place.write("a/2.jsonl", thread("three", "my toe clicks"));
    assert_eq!(place.index(&[&place.path("a")]).ok().json()["removed"], 1);
    place.run(&["check"]).ok();
}

#[test]
fn a_watched_folder_is_kept_up_to_date_until_a_signal() {
    let place = Place::new();
    place.write("a/one.jsonl", thread("one", "my knee clicks"));
    // The index lies inside, and its own changes are none.
    let mut command = place.command(&["index", "a", "--watch", "--format", "json", "--index", "a/index"]);
    let mut child = command.stdout(std::process::Stdio::piped()).stderr(std::process::Stdio::piped()).spawn().unwrap();
    let mut tallies = std::io::BufRead::lines(std::io::BufReader::new(child.stdout.take().unwrap()));
    let mut next = || serde_json::from_str::<serde_json::Value>(&tallies.next().expect("a tally").unwrap()).unwrap();
    assert_eq!(next()["added"], 1);
    place.write("a/new/two.jsonl", thread("two", "my elbow clicks"));
    assert_eq!(next()["added"], 1);
    std::fs::remove_file(place.path("a/one.jsonl")).unwrap();
    let tally = next();
    assert_eq!((tally["removed"].as_u64(), tally["threads"].as_u64()), (Some(1), Some(1)), "{tally}");
    // Nothing changes, so nothing runs: what ends it is the signal.
    std::thread::sleep(std::time::Duration::from_secs(2));
    let killed = std::process::Command::new("kill").args(["-TERM", &child.id().to_string()]).status().unwrap();
    assert!(killed.success());
    let ended = child.wait().unwrap();
    assert_eq!(ended.code(), Some(0));
    assert!(tallies.next().is_none(), "no run of its own making");
    place.run(&["check", "--index", "a/index"]).ok();
    place.run(&["index", "-", "--watch"]).told(2, "standard input cannot be watched");
}
