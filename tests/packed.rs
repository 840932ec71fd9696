//! Packed inputs and archives: what lies in them is read as if it lay beside them, and what is cut off, damaged or meant ill is told.

mod common;
#[path = "common/packed.rs"]
mod packed;

use common::Place;
use packed::{bzip2, gzip, tar, zip, zstd};

fn line(id: &str, question: &str) -> String {
    serde_json::json!({ "id": id, "title": question, "question": question, "answers": ["rest it"] }).to_string() + "\n"
}

/// Ids of what `parse` makes of a file.
#[track_caller]
fn parsed(place: &Place, file: &str) -> Vec<String> {
    let ran = place.run(&["parse", file]).ok();
    let ids =
        ran.out.lines().map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap()["id"].as_str().unwrap().to_owned());
    ids.collect()
}

#[test]
fn a_packed_file_reads_as_what_was_packed_whatever_its_name() {
    let place = Place::new();
    let lines = line("one", "my knee clicks") + &line("two", "my elbow clicks");
    type Pack = fn(&[u8]) -> Vec<u8>;
    let packings: [(&str, Pack); 3] = [("gz", gzip), ("bz2", bzip2), ("zst", zstd)];
    for (name, pack) in packings {
        place.write(&format!("a.jsonl.{name}"), pack(lines.as_bytes()));
        place.write(&format!("{name}.dat"), pack(lines.as_bytes()));
        assert_eq!(parsed(&place, &format!("a.jsonl.{name}")), ["one", "two"], "{name}");
        assert_eq!(parsed(&place, &format!("{name}.dat")), ["one", "two"], "{name} under another name");
        // As `cat a.gz b.gz` and parallel compressors make them.
        let twice = [pack(line("one", "my knee clicks").as_bytes()), pack(line("two", "my elbow clicks").as_bytes())].concat();
        place.write("twice", twice);
        assert_eq!(parsed(&place, "twice"), ["one", "two"], "{name} in two members");
        let ran = place.run_with_input(&["parse", "-"], &pack(lines.as_bytes())).ok();
        assert_eq!(ran.out.lines().count(), 2, "{name} on standard input");
    }
}

#[test]
fn the_entries_of_an_archive_are_named_by_its_path_and_their_own() {
    let place = Place::new();
    let one = line("one", "my knee clicks");
    let entries: [(&str, &[u8]); 5] = [
        ("folder/a.jsonl", one.as_bytes()),
        ("folder/b.txt", b"no site that we know"),
        ("folder/c.jsonl.gz", &gzip(line("two", "my elbow clicks").as_bytes())),
        ("__MACOSX/._a.jsonl", b"\0\x05\x16\x07"),
        (".hidden/d.jsonl", b"{broken"),
    ];
    for (name, bytes) in [
        ("a.tar", tar(&entries)),
        ("a.tar.gz", gzip(&tar(&entries))),
        ("a.tar.bz2", bzip2(&tar(&entries))),
        ("a.tar.zst", zstd(&tar(&entries))),
        ("a.zip", zip(&entries)),
    ] {
        place.write(name, bytes);
        let ran = place.run(&["parse", name]);
        assert_eq!(ran.out.lines().count(), 2, "{name}: {}", ran.err);
        assert_eq!(ran.err.lines().count(), 1, "{name}: what is hidden is passed over: {}", ran.err);
        ran.told(2, &format!("{name}/folder/b.txt: fits no site profile"));
    }
}

#[test]
fn an_unchanged_archive_is_not_read_again_and_what_left_a_changed_one_goes_out() {
    let place = Place::new();
    let (one, two, three) = (line("one", "my knee clicks"), line("two", "my elbow clicks"), line("three", "my jaw clicks"));
    for (name, pack) in [("a.zip", zip as fn(&[(&str, &[u8])]) -> Vec<u8>), ("a.tar", tar)] {
        let archive = place.write(name, pack(&[("x.jsonl", one.as_bytes()), ("y/z.jsonl", two.as_bytes())]));
        assert_eq!(place.index(&[&archive]).ok().json()["added"], 2, "{name}");
        let again = place.index(&[&archive]).ok().json();
        assert_eq!((again["files_unchanged"].as_u64(), again["unchanged"].as_u64()), (Some(1), Some(2)), "{name}: {again}");
        place.write(name, pack(&[("x.jsonl", one.as_bytes()), ("y/w.jsonl", three.as_bytes())]));
        let changed = place.index(&[&archive]).ok().json();
        let counts = ["added", "unchanged", "removed"].map(|count| changed[count].as_u64().unwrap());
        assert_eq!(counts, [1, 1, 1], "{name}: {changed}");
        place.write(name, pack(&[("x.jsonl", one.as_bytes()), ("y/w.jsonl", b"{broken\n")]));
        let broken = place.index(&[&archive]).json();
        assert_eq!((broken["rejected"].as_u64(), broken["removed"].as_u64()), (Some(1), Some(0)), "{name}: {broken}");
        std::fs::remove_dir_all(place.path("index")).unwrap();
    }
}

#[test]
fn a_packed_file_cut_in_half_gives_what_was_whole_and_takes_nothing_out() {
    let place = Place::new();
    let lines: String = (0..4_000).map(|n| line(&format!("t{n}"), &format!("my knee clicks {} times", n * n))).collect();
    let entries: Vec<(String, String)> =
        (0..12).map(|n| (format!("{n}.jsonl"), lines.clone().replace("\"t", &format!("\"{n}t")))).collect();
    let entries: Vec<(&str, &[u8])> = entries.iter().map(|(name, text)| (name.as_str(), &text.as_bytes()[..30_000])).collect();
    for (name, whole) in [
        ("a.jsonl.gz", gzip(lines.as_bytes())),
        ("a.jsonl.bz2", bzip2(lines.as_bytes())),
        ("a.jsonl.zst", zstd(lines.as_bytes())),
        ("a.tar.gz", gzip(&tar(&entries))),
        ("a.tar", tar(&entries)),
    ] {
        let whole_entries = name.starts_with("a.tar");
        let archive = place.write(name, &whole);
        let before = place.index(&[&archive]).json();
        let all = before["threads"].as_u64().unwrap();
        place.write(name, &whole[..whole.len() / 2]);
        let ran = place.index(&[&archive]);
        let tally = ran.json();
        let told: Vec<&str> = ran.err.lines().filter(|line| line.contains("ends in the middle of its")).collect();
        assert_eq!(told.len(), 1, "{name}: {}", ran.err);
        assert!(told[0].contains(&format!("{name}:")), "{}", told[0]);
        assert!(whole_entries || tally["rejected"] == 1, "{name}: {tally}");
        let met = tally["unchanged"].as_u64().unwrap();
        // A Zstandard decoder gives nothing of its last window out before the frame ends.
        let least = if name.ends_with(".zst") { 0 } else { all / 10 };
        assert!(met >= least && met < all, "{name}: {met} of {all}");
        assert_eq!((tally["removed"].as_u64(), tally["threads"].as_u64()), (Some(0), Some(all)), "{name}: {tally}");
        assert_eq!(ran.code, 2);
        std::fs::remove_dir_all(place.path("index")).unwrap();
    }
    let whole = zip(&entries);
    place.write("a.zip", &whole[..whole.len() / 2]);
    place.run(&["parse", "a.zip"]).told(2, "a.zip: cannot be unpacked, as its zip data is damaged");
}

#[test]
fn damaged_bytes_are_told() {
    let place = Place::new();
    let lines: String = (0..2_000).map(|n| line(&format!("t{n}"), &format!("my knee clicks {} times", n * n))).collect();
    let packings: [(&str, Vec<u8>); 4] = [
        ("gzip", gzip(lines.as_bytes())),
        ("bzip2", bzip2(lines.as_bytes())),
        ("zstd", zstd(lines.as_bytes())),
        ("zip", zip(&[("a.jsonl", lines.as_bytes())])),
    ];
    for (name, mut bytes) in packings {
        let middle = bytes.len() / 2;
        bytes[middle..middle + 40].iter_mut().for_each(|byte| *byte = !*byte);
        place.write("a", bytes);
        let ran = place.run(&["parse", "a"]);
        assert!(ran.err.lines().any(|line| line.contains(&format!("its {name} data is damaged"))), "{name}: {}", ran.err);
        assert_eq!(ran.code, 2);
    }
}

#[test]
fn a_bomb_goes_off_in_bounded_time_and_memory() {
    let place = Place::new();
    // 400 MB of blank lines, and of one line.
    let mut blanks = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    let mut endless = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    use std::io::Write;
    blanks.write_all(line("one", "my knee clicks").as_bytes()).unwrap();
    endless.write_all(line("one", "my knee clicks").as_bytes()).unwrap();
    let blank = [vec![b' '; 999_999], vec![b'\n']].concat();
    for _ in 0..400 {
        blanks.write_all(&blank).unwrap();
        endless.write_all(&[b'a'; 1_000_000]).unwrap();
    }
    place.write("blanks.jsonl.gz", blanks.finish().unwrap());
    place.write("endless.jsonl.gz", endless.finish().unwrap());
    let ran = place.run(&["parse", "blanks.jsonl.gz"]);
    assert_eq!(ran.out.lines().count(), 1);
    ran.told(2, "unpacks to more than 500 times its size");
    let ran = place.run(&["parse", "endless.jsonl.gz"]);
    assert_eq!(ran.out.lines().count(), 1);
    assert_eq!(ran.err.lines().count(), 1, "{}", ran.err);
    ran.told(2, "endless.jsonl.gz:2: ");

    let mut deep = line("one", "my knee clicks").into_bytes();
    for _ in 0..9 {
        deep = gzip(&deep);
    }
    place.write("deep.gz", deep);
    place.run(&["parse", "deep.gz"]).told(2, "is packed more than 4 times over");
    let page = vec![b' '; 100_000_000];
    let huge: Vec<(&str, &[u8])> = ["a.txt", "b.txt", "c.txt", "d.txt"].map(|name| (name, &page[..])).to_vec();
    place.write("huge.zip", zip(&huge));
    place.run(&["parse", "huge.zip"]).told(2, "huge.zip/a.txt: is ");
}

#[test]
fn a_path_that_climbs_out_is_only_a_name() {
    let place = Place::new();
    let one = line("one", "my knee clicks");
    let entries: [(&str, &[u8]); 2] = [("../../../evil.jsonl", one.as_bytes()), ("/etc/evil.txt", b"no site that we know")];
    for (name, bytes) in [("a.tar", tar(&entries)), ("a.zip", zip(&entries))] {
        let archive = place.write(&format!("{name}.d/{name}"), bytes);
        let ran = place.index(&[&archive]);
        assert_eq!(ran.json()["rejected"], 1, "{}", ran.err);
        ran.told(2, &format!("{name}.d/{name}/etc/evil.txt: fits no site profile"));
        let there: Vec<_> = std::fs::read_dir(place.path(&format!("{name}.d"))).unwrap().collect();
        assert_eq!(there.len(), 1, "nothing is written beside it: {there:?}");
    }
    assert!(!place.path("evil.jsonl").exists());
}

#[test]
fn what_is_read_from_its_end_is_refused_where_it_has_none() {
    let place = Place::new();
    let inner = zip(&[("a.jsonl", line("one", "my knee clicks").as_bytes())]);
    place.write("a.tar", tar(&[("inner.zip", &inner), ("b.jsonl", line("two", "my jaw clicks").as_bytes())]));
    let ran = place.run(&["parse", "a.tar"]);
    assert_eq!(ran.out.lines().count(), 1, "the rest goes on");
    ran.told(2, "a.tar/inner.zip: is a zip file within another");
    place.run_with_input(&["parse", "-"], &inner).told(2, "unpack it first");
}

#[test]
fn a_name_with_a_line_end_stays_one_line_of_rejects() {
    let place = Place::new();
    place.write("a.tar", tar(&[("two\nlines.txt", b"no site that we know")]));
    let ran = place.run(&["parse", "a.tar"]);
    assert_eq!(ran.err.lines().count(), 1, "{}", ran.err);
    ran.told(2, "a.tar/two");
}

proptest::proptest! {
    #![proptest_config(proptest::prelude::ProptestConfig::with_cases(96))]

    /// Every form, with bytes changed and its end cut off: reading ends, without a panic, in threads and rejections.
    #[test]
    fn no_damage_makes_reading_panic(
        form in 0usize..8,
        changes in proptest::collection::vec((proptest::prelude::any::<proptest::sample::Index>(), proptest::prelude::any::<u8>()), 0..6),
        cut in proptest::option::of(proptest::prelude::any::<proptest::sample::Index>()),
    ) {
        let lines: String = (0..30).map(|n| line(&format!("t{n}"), &format!("my knee clicks {} times", n * n))).collect();
        let entries: [(&str, &[u8]); 3] = [("a/b.jsonl", lines.as_bytes()), ("c.txt", b"no site"), ("d.jsonl.gz", &gzip(lines.as_bytes()))];
        let table = "id,question,answers\n1,\"my knee\nclicks\",\"[\"\"rest\"\"]\"\n2,my jaw clicks,\n";
        let pairs = "<Document id=\"1\"><Focus>x &amp; y</Focus><QAPairs><QAPair><Question>a</Question><Answer>b</Answer></QAPair></QAPairs></Document>";
        let mut bytes = match form {
            0 => gzip(lines.as_bytes()),
            1 => bzip2(lines.as_bytes()),
            2 => zstd(lines.as_bytes()),
            3 => tar(&entries),
            4 => zip(&entries),
            5 => gzip(&tar(&entries)),
            6 => table.as_bytes().to_vec(),
            _ => pairs.as_bytes().to_vec(),
        };
        if let Some(cut) = cut {
            bytes.truncate(cut.index(bytes.len()) + 1);
        }
        for (at, byte) in changes {
            let at = at.index(bytes.len());
            bytes[at] = byte;
        }
        let place = Place::new();
        let path = place.write("any", bytes);
        let reader = curbside::read::Reader::new();
        if let Ok(chunks) = reader.open(&path) {
            for thread in chunks.flatten().flat_map(|chunk| reader.threads(&chunk)).flatten() {
                proptest::prop_assert!(!thread.id.is_empty() && !thread.posts.is_empty());
            }
        }
    }
}
