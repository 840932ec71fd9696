//! What happens to an index when the machine, the disk, another process or the archive does its worst.
//!
//! `CURBSIDE_FAULTS=200 cargo test --test faults killed` kills as many runs, and `CURBSIDE_FAULTS_SEED` does it at other moments.

mod common;
#[path = "common/packed.rs"]
mod packed;

use std::collections::BTreeMap;
use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use common::Place;
use curbside::index::Index;

fn line(id: &str, question: &str) -> String {
    serde_json::json!({ "id": id, "title": question, "question": question, "answers": ["rest it and take ibuprofen"] })
        .to_string()
        + "\n"
}

/// Everything an index says of each thread: the thread itself and its mentions, as they are stored.
fn state(index: &Path) -> BTreeMap<String, (String, String)> {
    let view = Index::open(index).unwrap().view().unwrap();
    let threads = view.addresses().map(|at| {
        let (thread, annotation) = view.annotated(at).unwrap();
        (thread.id.to_string(), (serde_json::to_string(&thread).unwrap(), format!("{annotation:?}")))
    });
    threads.collect()
}

/// What searches find, each by itself in order: postings of words and of concepts are compared too. Scores are not, since what was replaced
/// counts as rare until segments are merged.
fn found(place: &Place, index: &str) -> Vec<String> {
    place.write("topics.tsv", "a\tmy knee clicks\nb\tibuprofen\nc\tfever 17\nd\tnumb wrist\ne\t1\nf\tsymptom:fever -jaw\n");
    let args = ["search", "--topics", "topics.tsv", "--format", "trec", "--index", index, "-n", "1000"];
    let run = place.run(&args).ok().out;
    let mut found: Vec<String> =
        run.lines().map(|line| line.split(' ').step_by(2).take(2).collect::<Vec<_>>().join(" ")).collect();
    found.sort();
    assert!(found.len() > 300, "{run}");
    found
}

fn from_environment(name: &str, default: u64) -> u64 {
    std::env::var(name).ok().and_then(|value| value.parse().ok()).unwrap_or(default)
}

/// Marsaglia's xorshift: moments that are the same in each run of the test.
fn next(random: &mut u64) -> u64 {
    *random ^= *random << 13;
    *random ^= *random >> 7;
    *random ^= *random << 17;
    *random
}

/// An archive in several forms. `version` changes every third thread, takes every tenth out and adds one in ten.
fn write_archive(place: &Place, version: u64) -> Vec<(String, String)> {
    const PARTS: [&str; 5] = ["knee", "wrist", "jaw", "elbow", "shoulder"];
    const FILES: u64 = 6;
    const THREADS: u64 = 60;
    let mut order = Vec::new();
    for file in 0..FILES {
        let mut lines = String::new();
        for n in 0..THREADS + version * THREADS / 10 {
            if version > 0 && n % 10 == 3 {
                continue;
            }
            let id = format!("t{file}-{n}");
            let times = if n % 3 == 0 { version } else { 0 };
            let said = format!("my {} clicks and I had fever {} times, no rash {times}", PARTS[(n % 5) as usize], n * 7);
            lines += &line(&id, &said);
            order.push((id, said));
        }
        // The same thread in two files: the first one counts.
        lines += &line("shared", &format!("my toe clicks as file {file} says {version}"));
        match file {
            1 => place.write("archive/1.jsonl.gz", packed::gzip(lines.as_bytes())),
            2 => place.write("archive/2.zip", packed::zip(&[("inner/a.jsonl", lines.as_bytes())])),
            _ => place.write(&format!("archive/{file}.jsonl"), lines),
        };
    }
    order
}

#[test]
fn a_run_killed_at_any_moment_leaves_a_prefix_that_the_next_run_completes() {
    let place = Place::new();
    let index =
        |place: &Place, to: &str| place.run(&["index", "archive", "--commit-every", "40", "--threads", "2", "--index", to]);
    write_archive(&place, 0);
    index(&place, "base").ok();
    let before = state(&place.path("base"));
    let order = write_archive(&place, 1);
    place.run(&["snapshot", "whole", "--index", "base"]).ok();
    let started = Instant::now();
    index(&place, "whole").ok();
    let took = started.elapsed();
    let (after, hits) = (state(&place.path("whole")), found(&place, "whole"));
    assert_ne!(before, after);

    let mut random = from_environment("CURBSIDE_FAULTS_SEED", 0x9e37_79b9_7f4a_7c15);
    let (mut cut, mut committed) = (0, 0);
    for round in 0..from_environment("CURBSIDE_FAULTS", 12) {
        // Every third run begins with nothing; the others bring an older state up to date.
        let fresh = round % 3 == 2;
        let none = BTreeMap::new();
        let before = if fresh { &none } else { &before };
        if !fresh {
            place.run(&["snapshot", "index", "--index", "base"]).ok();
        }
        let mut command = place.command(&["index", "archive", "--commit-every", "40", "--threads", "2"]);
        let mut child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        std::thread::sleep(Duration::from_micros(next(&mut random) % (took.as_micros() as u64 * 11 / 10)));
        child.kill().unwrap();
        cut += u64::from(!child.wait().unwrap().success());

        let at = place.path("index");
        if at.join("meta.json").exists() {
            assert_eq!(place.run(&["check", "--format", "json"]).ok().json()["faults"], serde_json::json!([]), "round {round}");
            let now = state(&at);
            for (id, content) in &now {
                assert!(before.get(id) == Some(content) || after.get(id) == Some(content), "round {round}: {id} is of no state");
            }
            // What a commit holds is what the walk met first.
            let fresh_of = |(id, _): &&(String, String)| before.get(id) != after.get(id);
            let done: Vec<bool> = order.iter().filter(fresh_of).map(|(id, _)| now.get(id) == after.get(id)).collect();
            assert!(done.is_sorted_by(|a, b| a >= b), "round {round}: not a prefix");
            committed += u64::from(done.iter().any(|&is| is) && done.iter().any(|&is| !is));
        } else {
            assert!(fresh, "round {round}: the index is gone");
        }
        index(&place, "index").ok();
        assert_eq!(state(&at), after, "round {round}");
        assert_eq!(found(&place, "index"), hits, "round {round}");
        place.run(&["check"]).ok();
        std::fs::remove_dir_all(at).unwrap();
    }
    eprintln!("{cut} runs were cut off, {committed} of them between two commits");
    assert!(cut > 0);
}

#[test]
fn a_disk_that_is_full_is_told_and_the_old_state_stays() {
    let place = Place::new();
    place.write("small.jsonl", line("one", "my knee clicks"));
    place.run(&["index", "small.jsonl"]).ok();
    let before = state(&place.path("index"));
    let lines: String = (0..3_000).map(|n| line(&format!("t{n}"), &format!("my elbow {} clicks {}", n * 31, n * n))).collect();
    place.write("large.jsonl", lines);
    // No file may grow beyond 64 blocks of 512 bytes; the signal is ignored, so that writing fails as on a full disk.
    let limited = format!("trap '' XFSZ; ulimit -f 64; exec {} index large.jsonl", env!("CARGO_BIN_EXE_curbside"));
    let full = || {
        let out = Command::new("bash")
            .args(["-c", &limited])
            .current_dir(place.path(""))
            .env("CURBSIDE_INDEX", place.path("index"))
            .output()
            .unwrap();
        (out.status.code(), String::from_utf8_lossy(&out.stderr).into_owned())
    };
    for _ in 0..2 {
        let (code, err) = full();
        assert_eq!(code, Some(2), "{err}");
        assert!(err.contains("cannot write to the index at") && err.contains("what was committed before is intact"), "{err}");
        assert!(err.contains("File too large") && !err.contains("panicked"), "{err}");
        assert_eq!(state(&place.path("index")), before);
        place.run(&["check"]).ok();
    }
    place.run(&["index", "small.jsonl", "large.jsonl"]).ok();
    assert_eq!(state(&place.path("index")).len(), 3_001);
}

#[test]
fn a_file_system_that_is_full_is_told_and_the_old_state_stays() {
    let place = Place::new();
    place.write("small.jsonl", line("one", "my knee clicks"));
    let lines: String = (0..6_000).map(|n| line(&format!("t{n}"), &format!("my elbow {} clicks {}", n * 31, n * n))).collect();
    place.write("large.jsonl", lines);
    place.run(&["index", "small.jsonl"]).ok();
    let size: u64 = std::fs::read_dir(place.path("index")).unwrap().map(|entry| entry.unwrap().metadata().unwrap().len()).sum();
    std::fs::create_dir(place.path("disk")).unwrap();
    let disk = place.path("disk");
    let options = format!("size={}", size + 700_000);
    let mounted = Command::new("mount").args(["-t", "tmpfs", "-o", &options, "none"]).arg(&disk).stderr(Stdio::null()).status();
    if !mounted.is_ok_and(|status| status.success()) {
        eprintln!("skipped: no file system can be mounted here");
        return;
    }
    let run = std::panic::catch_unwind(|| {
        place.run(&["index", "small.jsonl", "--index", "disk/index"]).ok();
        let before = state(&disk.join("index"));
        place
            .run(&["index", "small.jsonl", "large.jsonl", "--index", "disk/index"])
            .told(2, "No space left on device")
            .told(2, "what was committed before is intact");
        assert_eq!(state(&disk.join("index")), before);
        place.run(&["check", "--index", "disk/index"]).ok();
    });
    Command::new("umount").arg(&disk).status().unwrap();
    run.unwrap();
}

#[test]
fn an_index_that_was_half_made_or_half_replaced_is_made_whole() {
    let place = Place::new();
    place.write("a.jsonl", line("one", "my knee clicks"));
    // As a kill leaves them: before anything has its place, and between the two renames.
    place.write("index/.new/lexicon-0.partial", "half");
    place.write("index/embedding-0.bin", "whole");
    place.run(&["search", "knee"]).told(2, "is not a curbside index");
    place.run(&["index", "a.jsonl"]).ok();
    place.run(&["check"]).ok();
    std::fs::rename(place.path("index"), place.path("index.anew")).unwrap();
    place.write("index.replaced/meta.json", "the old one");
    assert_eq!(place.run(&["index", "a.jsonl", "--format", "json"]).ok().json()["unchanged"], 1);
    assert!(!place.path("index.replaced").exists() && !place.path("index.anew").exists());
}

#[test]
fn readers_and_snapshots_see_whole_states_while_a_writer_commits_and_merges() {
    let place = Place::new();
    place.write("first.jsonl", line("first", "my knee clicks"));
    place.run(&["index", "first.jsonl"]).ok();
    let mut command = place.command(&["index", "-", "--commit-every", "30", "--threads", "1"]);
    let mut writer = command.stdin(Stdio::piped()).stdout(Stdio::null()).spawn().unwrap();
    let mut input = writer.stdin.take().unwrap();
    let feed = std::thread::spawn(move || {
        for n in 0..2_400 {
            input.write_all(line(&format!("t{n:04}"), &format!("my elbow clicks {n} times")).as_bytes()).unwrap();
            // Chunks are cut when a buffer is full or the input ends; comfort for the readers below.
            if n % 400 == 399 {
                std::thread::sleep(Duration::from_millis(100));
            }
        }
    });
    let mut seen = 0;
    let mut round = 0;
    while writer.try_wait().unwrap().is_none() {
        let into = format!("copy{round}");
        place.run(&["snapshot", &into]).ok();
        let whole = place.run(&["check", "--index", &into, "--format", "json"]).ok().json();
        let threads = whole["threads"].as_u64().unwrap();
        assert!(threads >= seen, "{threads} after {seen}");
        seen = threads;
        assert_eq!(place.run(&["search", "knee", "--exact", "--format", "json"]).ok().json()["hits"][0]["id"], "first");
        round += 1;
    }
    feed.join().unwrap();
    assert!(writer.wait().unwrap().success());
    assert_eq!(place.run(&["check"]).ok().json()["threads"], 2_401);
    assert!(round > 0);
}

#[test]
fn a_snapshot_is_an_index_of_its_own_and_overwrites_nothing() {
    let place = Place::new();
    place.write("a.jsonl", line("one", "my knee clicks") + &line("two", "my jaw clicks"));
    place.run(&["index", "a.jsonl"]).ok();
    let before = state(&place.path("index"));
    std::fs::create_dir(place.path("empty")).unwrap();
    assert_eq!(place.run(&["snapshot", "empty", "--format", "json"]).ok().json()["threads"], 2);
    place.write("a.jsonl", line("one", "my hip clicks"));
    place.run(&["index", "a.jsonl"]).ok();
    assert_eq!(state(&place.path("empty")), before, "what happens to the index does not happen to its copy");
    place.run(&["index", "a.jsonl", "--index", "empty"]).ok();
    assert_eq!(state(&place.path("empty")), state(&place.path("index")));
    place.run(&["check", "--index", "empty"]).ok();
    place.write("full/precious.txt", "mine");
    place.run(&["snapshot", "full"]).told(2, "full is there and not empty");
    assert_eq!(std::fs::read_to_string(place.path("full/precious.txt")).unwrap(), "mine");
}

#[test]
fn check_tells_what_is_damaged_and_what_to_do() {
    let place = Place::new();
    let lines: String = (0..50).map(|n| line(&format!("t{n}"), &format!("my elbow clicks {n} times"))).collect();
    place.write("a.jsonl", lines);
    place.run(&["index", "a.jsonl"]).ok();
    let files = || std::fs::read_dir(place.path("index")).unwrap().map(|entry| entry.unwrap().path());
    for ending in ["store", "idx", "term", "fast", "pos", "gz"] {
        let file = files().filter(|path| path.extension().is_some_and(|extension| extension == ending)).max().unwrap();
        let bytes = std::fs::read(&file).unwrap();
        let mut damaged = bytes.clone();
        // Files of a snapshot are shared; this one is not.
        damaged[bytes.len() / 3] ^= 0x20;
        std::fs::write(&file, damaged).unwrap();
        let ran = place.run(&["check", "--format", "human"]);
        assert_eq!(ran.code, 2, "{ending}: {} {}", ran.out, ran.err);
        assert!(format!("{}{}", ran.out, ran.err).contains("--full"), "{ending}: {} {}", ran.out, ran.err);
        assert!(!ran.err.contains("panicked"), "{ending}: {}", ran.err);
        std::fs::write(&file, bytes).unwrap();
    }
    place.run(&["check"]).ok();
}

#[test]
fn many_empty_files_are_each_told_in_little_memory() {
    let place = Place::new();
    for n in 0..20_000 {
        let folder = place.path(&format!("a/{:03}", n / 100));
        std::fs::create_dir_all(&folder).unwrap();
        std::fs::File::create(folder.join(format!("{n}.json"))).unwrap();
    }
    place.write("a/z.jsonl", line("one", "my knee clicks"));
    let ran = place.run(&["index", "a", "--format", "json"]);
    assert_eq!((ran.json()["rejected"].as_u64(), ran.json()["added"].as_u64()), (Some(20_000), Some(1)));
    assert_eq!(ran.err.lines().count(), 20_000);
}

#[test]
fn a_file_that_grows_while_it_is_read_is_read_again_by_the_next_run() {
    let place = Place::new();
    let lines: String = (0..2_000).map(|n| line(&format!("t{n}"), &format!("my elbow clicks {n} times"))).collect();
    let path = place.write("a.jsonl", &lines);
    let over = std::sync::Arc::new(std::sync::atomic::AtomicBool::new(false));
    let growing = {
        let (over, path) = (over.clone(), path.clone());
        std::thread::spawn(move || {
            let mut file = std::fs::OpenOptions::new().append(true).open(path).unwrap();
            let mut n = 2_000;
            while !over.load(std::sync::atomic::Ordering::Relaxed) {
                file.write_all(line(&format!("t{n}"), &format!("my jaw clicks {n} times")).as_bytes()).unwrap();
                n += 1;
                std::thread::sleep(Duration::from_millis(1));
            }
            n
        })
    };
    let ran = place.run(&["index", "a.jsonl", "--format", "json"]);
    assert!(ran.code == 0 || ran.json()["rejected"] == 1, "a line may be half there: {}", ran.err);
    over.store(true, std::sync::atomic::Ordering::Relaxed);
    let threads = growing.join().unwrap();
    place.run(&["index", "a.jsonl"]).ok();
    assert_eq!(state(&place.path("index")).len(), threads);
    place.run(&["check"]).ok();
}

#[test]
fn dates_that_are_none_and_threads_that_are_too_long_are_one_line_each() {
    let place = Place::new();
    let dated = |id: &str, date: &str| {
        serde_json::json!({ "id": id, "question": "my knee clicks", "published": date, "answers": [] }).to_string() + "\n"
    };
    place.write(
        "a.jsonl",
        dated("zero", "0000-01-01") + &dated("none", "0000-00-00") + &dated("far", "9999-12-31") + &dated("old", "-000044-03-15"),
    );
    let mut long = std::io::BufWriter::new(std::fs::File::create(place.path("b.jsonl")).unwrap());
    long.write_all(b"{\"question\": \"").unwrap();
    (0..200).for_each(|_| long.write_all(&[b'a'; 1_000_000]).unwrap());
    long.write_all(b"\"}\n").unwrap();
    long.write_all(line("after", "my jaw clicks").as_bytes()).unwrap();
    long.flush().unwrap();
    let ran = place.run(&["index", "a.jsonl", "b.jsonl", "--format", "json"]);
    assert_eq!((ran.json()["added"].as_u64(), ran.json()["rejected"].as_u64()), (Some(4), Some(2)), "{}", ran.err);
    assert_eq!(ran.err.lines().count(), 2, "{}", ran.err);
    ran.told(2, "b.jsonl:1: is 190 MB or more in one piece").told(2, "a.jsonl:2: is JSON but not a thread");
    let years = |id: &str| place.run(&["show", id]).ok().json()["published"].clone();
    assert_eq!((years("zero"), years("far"), years("old")), ("0000-01-01".into(), "9999-12-31".into(), "-000044-03-15".into()));
    assert_eq!(state(&place.path("index")).len(), 4);
}

#[test]
fn pipes_sockets_and_devices_are_refused_by_their_kind() {
    let place = Place::new();
    place.write("a/one.jsonl", line("one", "my knee clicks"));
    assert!(Command::new("mkfifo").arg(place.path("a/pipe.jsonl")).status().unwrap().success());
    let _socket = std::os::unix::net::UnixListener::bind(place.path("a/socket.jsonl")).unwrap();
    std::os::unix::fs::symlink("/dev/zero", place.path("a/device.jsonl")).unwrap();
    let ran = place.run(&["index", "a", "--format", "json"]);
    assert_eq!((ran.json()["added"].as_u64(), ran.json()["rejected"].as_u64()), (Some(1), Some(3)), "{}", ran.err);
    for name in ["pipe", "socket", "device"] {
        assert!(ran.err.contains(&format!("a/{name}.jsonl: is not a regular file")), "{}", ran.err);
    }
    // Named itself, a pipe is refused too, and nobody waits for a writer.
    place.run(&["index", "a/pipe.jsonl"]).told(2, "is not a regular file");
    place.run(&["parse", "a/pipe.jsonl"]).told(2, "is not a regular file");
}

#[test]
fn an_error_in_the_middle_of_reading_keeps_what_was_there() {
    // Reading a process's memory from its beginning is an error of the device, whoever asks.
    let memory = Path::new("/proc/self/mem");
    if !memory.exists() {
        eprintln!("skipped: there is no {}", memory.display());
        return;
    }
    let place = Place::new();
    place.write("a/one.jsonl", line("one", "my knee clicks"));
    place.write("a/two.jsonl", line("two", "my jaw clicks"));
    place.run(&["index", "a"]).ok();
    std::fs::remove_file(place.path("a/one.jsonl")).unwrap();
    std::os::unix::fs::symlink(memory, place.path("a/one.jsonl")).unwrap();
    let ran = place.run(&["index", "a", "--format", "json"]);
    assert_eq!((ran.json()["removed"].as_u64(), ran.json()["unchanged"].as_u64()), (Some(0), Some(1)), "{}", ran.err);
    ran.told(2, "a/one.jsonl: cannot be read: Input/output error");
    assert_eq!(state(&place.path("index")).len(), 2);
}
