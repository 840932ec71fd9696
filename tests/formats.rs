//! Formats over time: an index of each format that was ever released opens, or is met with the command that makes it anew.
//!
//! `tests/fixtures/formats/N.tar.gz` is an index of format N, with two invented threads and with a lexicon and an embedding model of a few
//! words, which it keeps as every index does. `CURBSIDE_WRITE_FORMAT=1 cargo test --test formats` writes that of the present format, once
//! for each format, before it is released.

mod common;

use std::path::{Path, PathBuf};

use common::{Place, safetensors};
use curbside::clinical::Lexicon;
use curbside::embed::Embedder;
use curbside::index::{FORMAT_VERSION, Index};
use curbside::ingest::{Options, Progress, ingest};
use curbside::read::Reader;
use flate2::Compression;
use flate2::read::GzDecoder;
use flate2::write::GzEncoder;
use serde_json::json;

const THREADS: [&str; 2] = [
    r#"{"id": "knee", "title": "My knee clicks", "question": "My knee clicks but has no swelling.", "answers": ["Take glorbol."]}"#,
    r#"{"id": "jaw", "title": "My jaw clicks", "question": "My jaw clicks and has a swelling.", "answers": ["Rest it."]}"#,
];

fn fixtures() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/formats")
}

/// An index of the present format, packed as one file.
fn write_fixture(place: &Place, into: &Path) {
    let table = "id\tname\tsynonyms\tparents\nsymptom:swelling\tswelling\t\t\ndrug:glorbol\tglorbol\t\t\n";
    let lexicon = Lexicon::of_tables(&[place.write("table.tsv", table)]).unwrap();
    let tokenizer = json!({
        "normalizer": {"type": "BertNormalizer", "lowercase": true, "strip_accents": null},
        "pre_tokenizer": {"type": "BertPreTokenizer"},
        "model": {"type": "WordPiece", "unk_token": "[UNK]", "continuing_subword_prefix": "##",
                  "vocab": {"[UNK]": 0, "knee": 1, "jaw": 2, "clicks": 3}},
    });
    place.write("model/tokenizer.json", tokenizer.to_string());
    place.write("model/config.json", r#"{"model_type": "model2vec"}"#);
    let numbers: [i8; 8] = [0, 0, 100, 0, 0, 100, 50, 50];
    let numbers = numbers.map(|number| number as u8).to_vec();
    place.write("model/model.safetensors", safetensors([("embeddings", "I8", vec![4, 2], numbers)]));
    let embedder = Embedder::open(&place.path("model")).unwrap();

    let archive = place.write("archive.jsonl", THREADS.join("\n"));
    let index = Index::open_or_create(&place.path("made"), &lexicon, &embedder).unwrap();
    let options = Options { threads: 1, ..Options::default() };
    ingest(&index, &Reader::new(), &[archive], &options, &Progress::default(), &mut |rejection| panic!("{rejection}")).unwrap();
    let file = std::fs::File::create(into).unwrap();
    let mut out = tar::Builder::new(GzEncoder::new(file, Compression::best()));
    out.append_dir_all("index", place.path("made")).unwrap();
    out.into_inner().unwrap().finish().unwrap();
}

#[test]
fn an_index_of_each_format_opens_or_is_met_with_the_command_that_makes_it_anew() {
    let present = fixtures().join(format!("{FORMAT_VERSION}.tar.gz"));
    if std::env::var_os("CURBSIDE_WRITE_FORMAT").is_some() {
        write_fixture(&Place::new(), &present);
    }
    let mut met = Vec::new();
    for entry in std::fs::read_dir(fixtures()).unwrap() {
        let packed = entry.unwrap().path();
        let format: u64 = packed.file_name().unwrap().to_str().unwrap().split_once('.').unwrap().0.parse().unwrap();
        met.push(format);
        let place = Place::new();
        tar::Archive::new(GzDecoder::new(std::fs::File::open(&packed).unwrap())).unpack(place.path("")).unwrap();
        if format == FORMAT_VERSION {
            let stats = place.run(&["stats", "--format", "json"]).ok().json();
            assert_eq!((stats["threads"].as_u64(), stats["format_version"].as_u64()), (Some(2), Some(format)), "{stats}");
            place.run(&["check"]).ok();
            let hits = place.run(&["search", "knee", "--exact", "--format", "json"]).ok().json();
            assert_eq!((hits["total"].as_u64(), hits["hits"][0]["drugs"][0].as_str()), (Some(1), Some("glorbol")), "{hits}");
            let having = place.run(&["search", "symptom:swelling", "--exact", "--format", "json"]).ok().json();
            assert_eq!(having["hits"][0]["id"], "jaw", "the other one has none: {having}");
        } else {
            for args in [&["stats"][..], &["search", "knee"], &["show", "knee"], &["check"]] {
                place.run(args).told(2, &format!("was written in index format {format}")).told(2, "--full");
            }
        }
        // What the sentence names does it, whatever the index was read with.
        let archive = place.write("archive.jsonl", THREADS.join("\n"));
        place.index(&[&archive]).told(2, "add --full to do so");
        place.run(&["index", "archive.jsonl", "--full"]).ok();
        assert_eq!(place.run(&["stats", "--format", "json"]).ok().json()["format_version"], FORMAT_VERSION);
        assert_eq!(place.run(&["search", "knee", "--exact", "--format", "json"]).ok().json()["hits"][0]["id"], "knee");
    }
    assert!(met.contains(&FORMAT_VERSION), "no fixture of format {FORMAT_VERSION}: this file's head says how it is written");
}

#[test]
fn an_index_without_the_lexicon_or_model_that_it_needs_says_so() {
    let place = Place::new();
    let packed = fixtures().join(format!("{FORMAT_VERSION}.tar.gz"));
    tar::Archive::new(GzDecoder::new(std::fs::File::open(packed).unwrap())).unpack(place.path("")).unwrap();
    for (file, sentence) in
        [("lexicon-", "the lexicon that read the index"), ("embedding-", "an embedding model that is neither kept")]
    {
        let mut files = std::fs::read_dir(place.path("index")).unwrap().map(|entry| entry.unwrap().path());
        let file = files.find(|path| path.file_name().unwrap().to_str().unwrap().starts_with(file)).unwrap();
        std::fs::rename(&file, place.path("aside")).unwrap();
        place.run(&["search", "knee"]).told(2, sentence).told(2, "--full");
        std::fs::rename(place.path("aside"), &file).unwrap();
    }
}

#[test]
fn what_an_index_keeps_of_the_program_is_packed_and_read_packed() {
    // What is built in is kept packed, and checked.
    let place = Place::new();
    place.write("archive.jsonl", THREADS.join("\n"));
    place.run(&["index", "archive.jsonl"]).ok();
    let kept = |place: &Place, begins: &str, ends: &str| {
        let mut files = std::fs::read_dir(place.path("index")).unwrap().map(|entry| entry.unwrap().path());
        let fits =
            |path: &PathBuf| path.file_name().unwrap().to_str().is_some_and(|n| n.starts_with(begins) && n.ends_with(ends));
        files.find(fits).unwrap()
    };
    place.run(&["check"]).ok();
    for begins in ["lexicon-", "embedding-"] {
        let file = kept(&place, begins, ".gz");
        let whole = std::fs::read(&file).unwrap();
        std::fs::write(&file, &whole[..whole.len() / 2]).unwrap();
        let ran = place.run(&["check"]);
        assert!(ran.code == 2 && ran.out.contains(begins), "{} {}", ran.out, ran.err);
        std::fs::write(&file, whole).unwrap();
    }

    // As a program reads it that has others built in.
    let place = Place::new();
    let packed = fixtures().join(format!("{FORMAT_VERSION}.tar.gz"));
    tar::Archive::new(GzDecoder::new(std::fs::File::open(packed).unwrap())).unpack(place.path("")).unwrap();
    for begins in ["lexicon-", "embedding-"] {
        let file = kept(&place, begins, ".bin");
        let mut out = GzEncoder::new(std::fs::File::create(format!("{}.gz", file.display())).unwrap(), Compression::fast());
        std::io::copy(&mut std::fs::File::open(&file).unwrap(), &mut out).unwrap();
        out.finish().unwrap();
        std::fs::remove_file(file).unwrap();
    }
    let hits = place.run(&["search", "knee", "--exact", "--format", "json"]).ok().json();
    assert_eq!(hits["hits"][0]["drugs"][0], "glorbol");
    place.run(&["check"]).ok();
}
