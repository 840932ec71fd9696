//! Text to a vector: what is about the same matter points the same way, any text is taken, and a folder that is not a model is
//! named.

mod common;

use std::fs;
use std::path::Path;

use curbside::embed::{Embedder, Mixed, Vector, packed_scale, unpack};
use curbside::thread::{Post, Thread};
use proptest::prelude::*;
use serde_json::json;

use common::{Place, safetensors};

fn vector(text: &str) -> Vector {
    Embedder::builtin().embed(text).unwrap_or_else(|| panic!("{text:?} has known words"))
}

/// Of each group, every text is nearer to its own group's texts than to any text of another group.
const GROUPS: &[&[&str]] = &[
    &["heart attack", "myocardial infarction"],
    &["high blood pressure treatment", "how is hypertension treated", "medicine to lower bp"],
    &["can't sleep at night", "insomnia, what can I do?", "trouble falling asleep"],
    &["tingling and numbness in my foot after back surgery", "pins and needles in the leg since laminectomy"],
    &["is it safe to take paracetamol while pregnant", "acetaminophen during pregnancy"],
    &["my toddler has a fever and a rash", "child with high temperature and red spots on the skin"],
    &["acid reflux and heartburn after meals", "GERD symptoms after eating"],
    &["missed period, could I be pregnant?", "period is late, should I take a pregnancy test"],
];

#[test]
fn paraphrases_are_nearer_than_strangers() {
    for (number, group) in GROUPS.iter().enumerate() {
        for (one, text) in group.iter().enumerate() {
            for (other, paraphrase) in group.iter().enumerate().filter(|(other, _)| *other != one) {
                let near = vector(text).cosine(&vector(paraphrase));
                for stranger in GROUPS.iter().enumerate().filter(|(group, _)| *group != number).flat_map(|(_, group)| *group) {
                    let far = vector(text).cosine(&vector(stranger));
                    assert!(near > far, "{text:?}: {paraphrase:?} ({other}) at {near}, {stranger:?} at {far}");
                }
            }
        }
    }
}

#[test]
fn a_lay_word_lies_near_the_doctors_word() {
    for (lay, doctors, stranger) in [
        ("kidney stones", "nephrolithiasis", "hepatitis"),
        ("shortness of breath", "dyspnea", "dysuria"),
        ("chickenpox", "varicella", "scoliosis"),
        ("Tylenol", "acetaminophen", "insulin"),
        ("hair loss", "alopecia", "anemia"),
        ("stroke", "cerebrovascular accident", "appendicitis"),
    ] {
        let (near, far) = (vector(lay).cosine(&vector(doctors)), vector(lay).cosine(&vector(stranger)));
        assert!(near > far, "{lay:?}: {doctors:?} at {near}, {stranger:?} at {far}");
    }
}

#[test]
fn words_count_however_they_are_written() {
    assert_eq!(vector("Knee PAIN"), vector("knee pain"));
    assert_eq!(vector("knee\n\n\tpain"), vector("knee pain"));
    assert_eq!(vector("Ménière disease"), vector("meniere disease"));
    assert_ne!(vector("knee pain"), vector("knee pain?"), "a question mark is a word too");
}

#[test]
fn a_word_that_is_not_in_the_vocabulary_is_read_by_its_pieces() {
    let (near, far) =
        (vector("gastroenteritislike").cosine(&vector("gastroenteritis")), vector("gastroenteritislike").cosine(&vector("knee")));
    assert!(near > far, "{near} against {far}");
}

#[test]
fn a_text_without_a_known_token_has_no_vector() {
    let embedder = Embedder::builtin();
    for text in ["", " \n\t", "\u{0}\u{1}", "\u{1f9ff}\u{1fae8}", "건강"] {
        assert_eq!(embedder.embed(text), None, "{text:?}");
    }
}

#[test]
fn a_packed_vector_keeps_its_direction_in_four_bits_a_number() {
    let embedder = Embedder::builtin();
    let texts = ["numbness after laminectomy", "pain", "Can I take ibuprofen for gout? It helped my father.", "q"];
    for text in texts {
        let vector = vector(text);
        let packed: Vec<u64> = Mixed::of(&vector).pack().collect();
        assert_eq!(packed.len(), embedder.packed_len());
        assert_eq!(packed.len() * 16, embedder.dimension());
        let back = unpack(&packed, embedder.dimension()).unwrap();
        assert!(vector.cosine(&back) > 0.98, "{text}: {}", vector.cosine(&back));
        for other in texts.map(self::vector) {
            let (plain, of_packed) = (other.cosine(&vector), Mixed::of(&other).cosine(&packed, packed_scale(&packed)));
            assert!((plain - of_packed).abs() < 0.05, "{text}: {plain}, packed {of_packed}");
            assert!((of_packed - other.cosine(&back)).abs() < 0.02, "both ways to compare say the same");
        }
        assert_eq!(unpack(&packed[1..], embedder.dimension()), None, "a word is missing");
        assert_eq!(unpack(&vec![0; packed.len()], embedder.dimension()), None, "no direction");
        assert_eq!(packed_scale(&vec![0; packed.len()]), 0.0, "no direction");
    }
}

#[test]
fn neighbours_share_cells() {
    let embedder = Embedder::builtin();
    let shared = |a: &str, b: &str| {
        let (a, b) = (embedder.cells(&vector(a), 64), embedder.cells(&vector(b), 64));
        a.iter().filter(|cell| b.contains(cell)).count()
    };
    let (near, far) =
        (shared("heart attack symptoms", "signs of a myocardial infarction"), shared("heart attack symptoms", "itchy scalp"));
    assert!(near > far, "{near} cells against {far}");
}

#[test]
fn cells_are_distinct_and_the_nearest_comes_first() {
    let embedder = Embedder::builtin();
    let vector = vector("tooth extraction aftercare");
    let cells = embedder.cells(&vector, 16);
    assert_eq!(cells.len(), 16);
    assert_eq!(cells[..1], embedder.cells(&vector, 1));
    assert_eq!(cells[..8], embedder.cells(&vector, 8));
    assert_eq!(embedder.cells(&vector, usize::MAX).len(), embedder.cell_count(), "no more cells than there are");
    assert!(embedder.cells(&vector, 0).is_empty());
    assert!(cells.iter().all(|&cell| (cell as usize) < embedder.cell_count()));
}

#[test]
fn a_threads_meaning_is_its_heading_and_what_the_patient_asks_first() {
    let embedder = Embedder::builtin();
    let long = format!("My knee hurts. {}", "and so on ".repeat(200));
    let thread = Thread {
        title: "Knee pain".into(),
        posts: vec![Post::doctor("How old are you?"), Post::patient(&long), Post::patient("I also have asthma.")],
        ..Thread::default()
    };
    let meaning = embedder.meaning(&thread);
    assert_eq!(meaning.title, embedder.embed("Knee pain"));
    assert_eq!(meaning.question, embedder.embed(&long.split_whitespace().take(100).collect::<Vec<_>>().join(" ")));

    let bare = Thread { posts: vec![Post::doctor("Drink water.")], ..Thread::default() };
    assert_eq!(embedder.meaning(&bare).question, None, "nobody asked");
}

/// A model folder of three words and one piece, of two numbers each.
fn write_model(folder: &Path, change: impl FnOnce(&mut serde_json::Value), dtype: &str, numbers: &[u8], shape: [usize; 2]) {
    let mut tokenizer = json!({
        "normalizer": {"type": "BertNormalizer", "lowercase": true, "strip_accents": null},
        "pre_tokenizer": {"type": "BertPreTokenizer"},
        "model": {"type": "WordPiece", "unk_token": "[UNK]", "continuing_subword_prefix": "##",
                  "vocab": {"[UNK]": 0, "knee": 1, "pain": 2, "##s": 3}},
    });
    change(&mut tokenizer);
    fs::write(folder.join("tokenizer.json"), tokenizer.to_string()).unwrap();
    fs::write(folder.join("config.json"), r#"{"model_type": "model2vec"}"#).unwrap();
    let file = safetensors([("embeddings", dtype, shape.to_vec(), numbers.to_vec())]);
    fs::write(folder.join("model.safetensors"), file).unwrap();
}

const ROWS: [i8; 8] = [0, 0, 100, 0, 0, 100, 50, 50];

#[test]
fn a_model2vec_folder_is_read_in_every_number_format() {
    let halves: [u16; 8] = [0, 0, 0x5640, 0, 0, 0x5640, 0x5240, 0x5240]; // 100 and 50 as binary16
    let forms = [
        ("F32", ROWS.iter().flat_map(|&x| f32::from(x).to_le_bytes()).collect::<Vec<u8>>()),
        ("F16", halves.iter().flat_map(|x| x.to_le_bytes()).collect()),
        ("I8", ROWS.iter().map(|&x| x as u8).collect()),
    ];
    for (dtype, numbers) in forms {
        let folder = tempfile::tempdir().unwrap();
        write_model(folder.path(), |_| {}, dtype, &numbers, [4, 2]);
        let model = Embedder::open(folder.path()).unwrap();
        assert_eq!(model.dimension(), 2);
        assert_eq!(model.name(), folder.path().file_name().unwrap().to_str().unwrap());
        let embed = |text: &str| model.embed(text).map(|vector| vector.numbers().map(|x| (x * 10.0).round()).collect::<Vec<_>>());
        assert_eq!(embed("Knee"), Some(vec![10.0, 0.0]), "{dtype}");
        assert_eq!(embed("knee pain"), Some(vec![7.0, 7.0]), "{dtype}");
        assert_eq!(embed("knees"), Some(vec![9.0, 3.0]), "{dtype}: knee and ##s");
        assert_eq!(embed("kneecap"), None, "{dtype}: no piece covers the end");
        assert!(model.cells(&model.embed("knee").unwrap(), 1).len() == 1, "{dtype}");
    }
}

/// Words that no model but this one knows.
fn write_own_model(folder: &Path) {
    fs::create_dir_all(folder).unwrap();
    let words = json!({"[UNK]": 0, "blorb": 1, "zandle": 2, "quux": 3});
    let rows: [i8; 8] = [0, 0, 100, 0, 99, 5, 0, 100];
    write_model(folder, |t| t["model"]["vocab"] = words, "I8", &rows.map(|x| x as u8), [4, 2]);
}

fn archive_of_own_words(place: &Place) {
    let thread =
        |id: &str, word: &str| format!("{}\n", json!({"id": id, "title": word, "posts": [{"role": "patient", "text": word}]}));
    place.write("a.jsonl", ["quux", "zandle"].map(|word| thread(word, word)).concat());
    write_own_model(&place.path("model"));
}

fn related_to(place: &Place, text: &str) -> Vec<String> {
    let ran = place.run_with_input(&["related", "-", "--format", "trec"], text.as_bytes());
    ran.out.lines().map(|line| line.split(' ').nth(2).unwrap().to_owned()).collect()
}

#[test]
fn an_index_is_read_with_the_model_that_it_was_made_with_wherever_its_folder_went() {
    let place = Place::new();
    archive_of_own_words(&place);
    place.run(&["index", "a.jsonl", "--model", "model"]).ok();
    assert_eq!(related_to(&place, "blorb")[0], "zandle", "no word is shared: the model says so");
    let again = place.run(&["index", "a.jsonl", "--model", "model", "--format", "json"]).ok().json();
    assert_eq!(again["unchanged"], 2);
    fs::remove_dir_all(place.path("model")).unwrap();
    assert_eq!(related_to(&place, "blorb")[0], "zandle");
    assert_eq!(place.run(&["stats", "--format", "json"]).ok().json()["model"], "model");
}

#[test]
fn an_index_of_another_model_is_not_mixed_with_this_one() {
    let place = Place::new();
    archive_of_own_words(&place);
    place.run(&["index", "a.jsonl"]).ok();
    let refused =
        place.run(&["index", "a.jsonl", "--model", "model"]).told(2, "add --full to do so, or give the --model of then");
    assert!(refused.err.contains("not of model"), "{}", refused.err);
    place.run(&["index", "a.jsonl", "--model", "model", "--full"]).ok();
    assert_eq!(related_to(&place, "blorb")[0], "zandle");
    place.run(&["index", "a.jsonl"]).told(2, "has vectors of the embedding model model");
}

#[test]
fn a_model_that_went_missing_or_broke_is_told_with_what_to_do() {
    let place = Place::new();
    archive_of_own_words(&place);
    place.run(&["index", "a.jsonl", "--model", "model"]).ok();
    let files = fs::read_dir(place.path("index")).unwrap().map(|entry| entry.unwrap().path());
    let table = files.into_iter().find(|path| path.file_name().unwrap().to_string_lossy().starts_with("embedding-")).unwrap();
    let whole = fs::read(&table).unwrap();
    for spoilt in [&whole[..8], &whole[..whole.len() - 8], &[0; 64], &[]] {
        fs::write(&table, spoilt).unwrap();
        for args in [&["search", "quux"][..], &["related", "quux"], &["index", "a.jsonl", "--model", "model"]] {
            place.run(args).told(2, "builds it anew");
        }
    }
    let mut flipped = whole.clone();
    *flipped.last_mut().unwrap() ^= 1; // the name, which changes no vector
    flipped[whole.len() / 2] ^= 1;
    fs::write(&table, flipped).unwrap();
    place.run(&["search", "quux"]).told(2, "damaged");
    fs::remove_file(&table).unwrap();
    place.run(&["search", "quux"]).told(2, "index the archive again with `curbside index PATH… --full");
    place.run(&["index", "a.jsonl", "--model", "model", "--full"]).ok();
    assert_eq!(related_to(&place, "blorb")[0], "zandle");
}

#[test]
fn a_folder_that_is_not_a_model_is_told_before_anything_is_indexed() {
    let place = Place::new();
    archive_of_own_words(&place);
    for folder in ["nowhere", "."] {
        place.run(&["index", "a.jsonl", "--model", folder]).told(2, "Model2Vec");
    }
    assert!(!place.path("index").exists());
}

#[cfg(not(feature = "transformer"))]
#[test]
fn without_its_feature_a_transformer_is_told_how_to_be_had() {
    let place = Place::new();
    archive_of_own_words(&place);
    place.run(&["index", "a.jsonl"]).ok();
    let out = ["--archive", "a.jsonl", "--out", "table"];
    for args in
        [&["related", "quux", "--rerank-model", "bert"][..], &[&["model", "distill", "--teacher", "bert"], &out[..]].concat()]
    {
        place.run(args).told(2, "build it with `cargo build --release --features transformer`");
    }
}

#[cfg(not(feature = "tokenizers"))]
#[test]
fn without_its_feature_a_model_of_another_tokenizer_is_told_how_to_be_had() {
    use curbside::embed::table::{Cut, Folder, compile, flag};
    const HOW: &str =
        "for which this curbside was built without tokenizers: build it with `cargo build --release --features tokenizers`";
    let place = Place::new();
    archive_of_own_words(&place);
    let unigram = json!({"model": {"type": "Unigram", "unk_id": 0, "vocab": [["<unk>", 0.0], ["▁knee", -1.0], ["▁", -2.0]]}});
    place.run(&["index", "a.jsonl", "--model", "model"]).ok();
    write_model(&place.path("model"), |t| *t = unigram.clone(), "I8", &[0, 0, 100, 0, 0, 100], [3, 2]);
    let refused = place.run(&["index", "a.jsonl", "--model", "model", "--full"]).told(2, HOW);
    assert!(refused.err.contains("tokenizer.json is of the kind Unigram"), "{}", refused.err);

    // An index that a program with the feature made.
    let folder = Folder {
        name: "unigram".into(),
        dimension: 2,
        cut: Cut::Tokenizer(unigram.to_string().into_bytes()),
        rows: vec![0.0, 0.0, 1.0, 0.0, 0.0, 1.0],
        cells: Vec::new(),
        flags: flag::TOKENIZER,
    };
    let kept = fs::read_dir(place.path("index")).unwrap().map(|entry| entry.unwrap().path());
    let kept = kept.into_iter().find(|path| path.file_name().unwrap().to_string_lossy().starts_with("embedding-")).unwrap();
    fs::write(kept, bytemuck::cast_slice(&compile(&folder))).unwrap();
    place.run(&["search", "quux"]).told(2, HOW);
    place
        .run(&["index", "a.jsonl"])
        .told(2, "add --full to do so, or build curbside with `cargo build --release --features tokenizers`");
    place.run(&["index", "a.jsonl", "--full"]).ok();
    place.run(&["search", "quux"]).ok();
}

#[test]
fn two_models_have_two_fingerprints() {
    let folder = tempfile::tempdir().unwrap();
    write_model(folder.path(), |_| {}, "I8", &ROWS.map(|x| x as u8), [4, 2]);
    let one = Embedder::open(folder.path()).unwrap().fingerprint();
    assert_eq!(one, Embedder::open(folder.path()).unwrap().fingerprint());
    write_model(folder.path(), |_| {}, "I8", &ROWS.map(|x| (x / 2) as u8 + 1), [4, 2]);
    assert_ne!(one, Embedder::open(folder.path()).unwrap().fingerprint());
    assert_ne!(one, Embedder::builtin().fingerprint());
}

#[test]
fn a_folder_that_is_not_a_model_is_named_in_one_sentence() {
    type Break = fn(&Path);
    let cases: [(&str, Break, &str, &str); 9] = [
        ("nothing in it", |f| fs::remove_file(f.join("config.json")).unwrap(), "config.json", "Model2Vec"),
        ("no table", |f| fs::remove_file(f.join("model.safetensors")).unwrap(), "model.safetensors", "Model2Vec"),
        ("a table cut short", |f| fs::write(f.join("model.safetensors"), [9, 0, 0]).unwrap(), "model.safetensors", "cut short"),
        (
            "a header of any length",
            |f| fs::write(f.join("model.safetensors"), [0xff; 40]).unwrap(),
            "model.safetensors",
            "cut short",
        ),
        (
            "another tokenizer",
            |f| write_model(f, |t| t["model"]["type"] = "Unigram".into(), "I8", &ROWS.map(|x| x as u8), [4, 2]),
            "tokenizer.json",
            "Unigram",
        ),
        (
            "no vocabulary",
            |f| write_model(f, |t| t["model"]["vocab"] = json!({}), "I8", &ROWS.map(|x| x as u8), [4, 2]),
            "tokenizer.json",
            "vocabulary",
        ),
        ("too few rows", |f| write_model(f, |_| {}, "I8", &[1, 2, 3, 4], [2, 2]), "model.safetensors", "rows"),
        ("a shape that does not fit", |f| write_model(f, |_| {}, "I8", &[1, 2, 3, 4], [2, 9]), "model.safetensors", "shape"),
        ("numbers of another kind", |f| write_model(f, |_| {}, "C64", &[1, 2, 3, 4], [2, 2]), "model.safetensors", "C64"),
    ];
    for (case, spoil, file, met) in cases {
        let folder = tempfile::tempdir().unwrap();
        write_model(folder.path(), |_| {}, "I8", &ROWS.map(|x| x as u8), [4, 2]);
        spoil(folder.path());
        let error = Embedder::open(folder.path()).map(|model| model.name().to_owned()).expect_err(case).to_string();
        assert!(error.contains(file) && error.contains(met), "{case}: {error}");
        assert_eq!(error.lines().count(), 1, "{case}: {error}");
    }
}

proptest! {
    #[test]
    fn any_text_has_a_vector_of_length_one_or_none_and_the_same_each_time(text in any::<String>(), words in "([a-z]{1,12}[ ,.?]){0,40}") {
        let embedder = Embedder::builtin();
        for text in [text, words] {
            let Some(vector) = embedder.embed(&text) else { continue };
            let length: f32 = vector.numbers().map(|x| x * x).sum();
            prop_assert!((length - 1.0).abs() < 1e-3, "{length}");
            prop_assert!((vector.cosine(&vector) - 1.0).abs() < 1e-3);
            prop_assert_eq!(embedder.cells(&vector, 3).len(), 3);
            prop_assert_eq!(Some(vector), embedder.embed(&text));
        }
    }

    #[test]
    fn any_bytes_in_a_model_folder_are_met_with_a_model_or_a_sentence(table in prop::collection::vec(any::<u8>(), 0..200), cut in 0usize..400) {
        let folder = tempfile::tempdir().unwrap();
        write_model(folder.path(), |_| {}, "I8", &ROWS.map(|x| x as u8), [4, 2]);
        let path = folder.path().join("model.safetensors");
        let mut file = fs::read(&path).unwrap();
        file.truncate(cut);
        file.extend_from_slice(&table);
        fs::write(&path, file).unwrap();
        if let Err(error) = Embedder::open(folder.path()) {
            prop_assert!(error.to_string().contains("model.safetensors"));
        }
    }
}
