//! A sentence transformer reads the best of a ranking again and teaches a table; a folder that is none is named. The transformer here
//! is a BERT of one layer whose numbers are drawn by a fixed rule.

mod common;

use std::fs;
use std::path::Path;

use common::{Place, bytes_of, drawn, safetensors, sample};
use curbside::embed::{Embedder, Transformer};
use curbside::search::Weights;
use serde_json::{Value, json};

const WIDTH: usize = 16;

/// Words of the sample archive, and letters for the rest.
fn vocabulary() -> Vec<String> {
    let words = "my i have pain knee numb numbness foot after surgery back the a is and for what can doctor it ? . ,";
    let special = ["[PAD]", "[UNK]", "[CLS]", "[SEP]"].map(str::to_owned);
    let letters = ('a'..='z').chain('0'..='9').flat_map(|letter| [letter.to_string(), format!("##{letter}")]);
    let mut all: Vec<String> = special.into_iter().chain(words.split(' ').map(str::to_owned)).chain(letters).collect();
    let mut seen = std::collections::HashSet::new();
    all.retain(|token| seen.insert(token.clone()));
    all
}

fn write_transformer(folder: &Path) {
    fs::create_dir_all(folder).unwrap();
    let vocabulary = vocabulary();
    let config = json!({
        "model_type": "bert", "vocab_size": vocabulary.len(), "hidden_size": WIDTH, "num_hidden_layers": 1, "num_attention_heads": 2,
        "intermediate_size": 32, "hidden_act": "gelu", "hidden_dropout_prob": 0.1, "max_position_embeddings": 64,
        "type_vocab_size": 2, "initializer_range": 0.02, "layer_norm_eps": 1e-12, "pad_token_id": 0,
    });
    fs::write(folder.join("config.json"), config.to_string()).unwrap();
    let numbered: serde_json::Map<String, Value> = vocabulary.iter().cloned().zip((0..).map(Value::from)).collect();
    let tokenizer = json!({
        "version": "1.0", "truncation": null, "padding": null, "added_tokens": [],
        "normalizer": {"type": "BertNormalizer", "clean_text": true, "handle_chinese_chars": true, "strip_accents": null, "lowercase": true},
        "pre_tokenizer": {"type": "BertPreTokenizer"}, "post_processor": null, "decoder": null,
        "model": {"type": "WordPiece", "unk_token": "[UNK]", "continuing_subword_prefix": "##", "max_input_chars_per_word": 100,
                  "vocab": numbered},
    });
    fs::write(folder.join("tokenizer.json"), tokenizer.to_string()).unwrap();
    let mut tensors = vec![
        ("embeddings.word_embeddings.weight".to_owned(), vec![vocabulary.len(), WIDTH]),
        ("embeddings.position_embeddings.weight".to_owned(), vec![64, WIDTH]),
        ("embeddings.token_type_embeddings.weight".to_owned(), vec![2, WIDTH]),
    ];
    let layer = "encoder.layer.0";
    for (name, out, within) in [
        ("attention.self.query", WIDTH, WIDTH),
        ("attention.self.key", WIDTH, WIDTH),
        ("attention.self.value", WIDTH, WIDTH),
        ("attention.output.dense", WIDTH, WIDTH),
        ("intermediate.dense", 32, WIDTH),
        ("output.dense", WIDTH, 32),
    ] {
        tensors.push((format!("{layer}.{name}.weight"), vec![out, within]));
        tensors.push((format!("{layer}.{name}.bias"), vec![out]));
    }
    for norm in ["embeddings", &format!("{layer}.attention.output"), &format!("{layer}.output")] {
        tensors.push((format!("{norm}.LayerNorm.weight"), vec![WIDTH]));
        tensors.push((format!("{norm}.LayerNorm.bias"), vec![WIDTH]));
    }
    let mut drawn = drawn();
    let tensors = tensors.iter().map(|(name, shape)| {
        let number = |drawn: f32| if name.ends_with("LayerNorm.weight") { 1.0 } else { drawn * 0.3 };
        let numbers = drawn.by_ref().take(shape.iter().product()).map(number);
        (name.as_str(), "F32", shape.clone(), bytes_of(numbers))
    });
    fs::write(folder.join("model.safetensors"), safetensors(tensors)).unwrap();
}

#[test]
fn a_text_has_the_same_vector_whatever_is_read_beside_it() {
    let place = Place::new();
    write_transformer(&place.path("bert"));
    let transformer = Transformer::open(&place.path("bert")).unwrap();
    let long = "my knee has pain. ".repeat(60);
    let texts = ["my foot is numb", "", &long, "what can i have for pain?"];
    let together = transformer.embed(&texts, &|_| {}).unwrap();
    for (text, vector) in texts.iter().zip(&together) {
        let alone = &transformer.embed(&[text], &|_| {}).unwrap()[0];
        let (length, cosine): (f32, f32) =
            (vector.iter().map(|x| x * x).sum(), vector.iter().zip(alone).map(|(a, b)| a * b).sum());
        assert_eq!(vector.len(), transformer.dimension());
        assert!(!text.is_empty() && (length - 1.0).abs() < 1e-4 || length.is_finite(), "{text:?}: {length}");
        assert!((cosine - length).abs() < 1e-4, "{text:?}: {cosine}");
    }
}

#[test]
fn re_ranking_changes_the_order_of_the_best_and_loses_no_thread() {
    let place = Place::new();
    write_transformer(&place.path("bert"));
    place.index(&[&sample()]).ok();
    let ask = |more: &[&str]| {
        let args = [&["related", "tingling-foot-after-microdiscectomy", "-n", "300", "--format", "trec"], more].concat();
        let out = place.run(&args).ok().out;
        out.lines().map(|line| line.split(' ').nth(2).unwrap().to_owned()).collect::<Vec<_>>()
    };
    let (plain, again) = (ask(&[]), ask(&["--rerank-model", "bert"]));
    let read = Weights::built_in().rerank.depth();
    assert!(plain.len() > 5 * read, "{}", plain.len());
    assert_ne!(plain[..read], again[..read]);
    let sorted = |ids: &[String]| {
        let mut ids = ids.to_vec();
        ids.sort();
        ids
    };
    assert_eq!(sorted(&plain[..read]), sorted(&again[..read]), "so many are read again");
    assert_eq!(plain[read..], again[read..], "and the others stay as they were");
    assert_eq!(sorted(&plain), sorted(&again));
}

#[test]
fn what_the_transformer_adds_is_measured_written_down_and_tuned() {
    let place = Place::new();
    write_transformer(&place.path("bert"));
    place.index(&[&sample()]).ok();
    // The topics of a few threads: others would only take time.
    let all = fs::read_to_string(sample().join("related-qrels.txt")).unwrap();
    let some: Vec<&str> = all.split_inclusive('\n').take(120).collect();
    place.write("qrels.txt", some.concat());
    let eval = |more: &[&str]| {
        let args = [&["eval", "--all", "--qrels", "qrels.txt", "--measures", "ndcg@10", "--format", "json"], more].concat();
        place.run(&args).ok()
    };
    let again = ["--rerank-model", "bert"];
    let figure = |more: &[&str]| eval(more).json()["answerable_measures"]["ndcg@10"].as_f64().unwrap();
    let (plain, reranked) = (figure(&[]), figure(&again));
    assert_ne!(plain, reranked);

    let ablation = eval(&["--ablation", "--rerank-model", "bert"]).out;
    let last: Value = serde_json::from_str(ablation.lines().last().unwrap()).unwrap();
    assert_eq!(last["layer"], "+ transformer");
    assert_eq!(last["sets"]["qrels.txt"]["ndcg@10"].as_f64().unwrap(), reranked);

    let tuned = eval(&["--tune", "--folds", "2", "--rounds", "1", "--rerank-model", "bert"]).json();
    assert_eq!(tuned["start"].as_f64().unwrap(), reranked, "what is read once is weighed as a run weighs it");
    assert!(tuned["fitted"].as_f64().unwrap() > reranked, "a transformer of random numbers had better say less: {tuned}");
    assert_eq!(tuned["weights"].as_object().unwrap().keys().collect::<Vec<_>>(), ["rerank"]);
    let toml = tuned["weights"]["rerank"]
        .as_object()
        .unwrap()
        .iter()
        .map(|(key, value)| format!("{key} = {:?}\n", value.as_f64().unwrap()));
    place.write("tuned.toml", format!("[rerank]\n{}", toml.collect::<String>()));
    let with_tuned = figure(&["--rerank-model", "bert", "--weights", "tuned.toml"]);
    assert!((with_tuned - tuned["fitted"].as_f64().unwrap()).abs() < 1e-9, "{with_tuned} against {tuned}");

    eval(&["--write-features", "features.txt", "--rerank-model", "bert"]);
    let features = fs::read_to_string(place.path("features.txt")).unwrap();
    assert!(
        features.starts_with("# 1:words ") && features.lines().next().unwrap().contains("13:transformer_titles"),
        "{features:.300}"
    );
    let of_first = features.lines().filter(|line| line.split(' ').nth(1) == Some("qid:1")).count();
    assert_eq!(of_first, Weights::built_in().rerank.depth(), "candidates of the first topic that are read again");
    assert!(features.lines().skip(1).all(|line| line.contains(" 16:")));
    place.run(&["eval", "--topics", "t.tsv", "--qrels", "qrels.txt", "--rerank-model", "bert"]).told(2, "add --mode related");
}

#[test]
fn a_distilled_table_comes_near_its_teacher_and_indexes_an_archive() {
    let place = Place::new();
    write_transformer(&place.path("bert"));
    let args =
        ["model", "distill", "--teacher", "bert", "--out", "table", "--dimension", "12", "--sentences", "1500", "--archive"];
    let mut args: Vec<String> = args.map(str::to_owned).into();
    args.push(sample().display().to_string());
    args.extend(["--format", "json"].map(str::to_owned));
    let report = place.run(&args).ok().json();
    assert_eq!(report["dimension"], 12);
    assert!(report["held_out"].as_u64().unwrap() >= 50, "{report}");
    assert!(report["cosine"].as_f64().unwrap() > 0.8, "{report}");
    assert!(report["neighbours"].as_f64().unwrap() > 0.2, "as many by chance are 0.13: {report}");

    let (teacher, table) = (Transformer::open(&place.path("bert")).unwrap(), Embedder::open(&place.path("table")).unwrap());
    let texts = ["numbness after back surgery", "my knee has pain"];
    let theirs = teacher.embed(&texts, &|_| {}).unwrap();
    let theirs: f32 = theirs[0].iter().zip(&theirs[1]).map(|(a, b)| a * b).sum();
    let ours = table.embed(texts[0]).unwrap().cosine(&table.embed(texts[1]).unwrap());
    assert!((theirs - ours).abs() < 0.3, "{theirs} by the teacher, {ours} by the table");

    place.run(&["index".as_ref(), sample().as_os_str(), "--model".as_ref(), "table".as_ref()]).ok();
    assert_eq!(place.run(&["stats", "--format", "json"]).ok().json()["model"], "table");
    args.truncate(args.len() - 2);
    place.run(&args).told(2, "not an empty folder");
}

#[test]
fn a_folder_that_is_no_transformer_is_told_in_one_sentence() {
    type Break = fn(&Path);
    let cases: [(Break, &str); 6] = [
        (|f| fs::remove_file(f.join("config.json")).unwrap(), "config.json"),
        (|f| fs::remove_file(f.join("model.safetensors")).unwrap(), "model.safetensors"),
        (|f| fs::write(f.join("config.json"), r#"{"model_type": "t5"}"#).unwrap(), "not \"bert\""),
        (|f| fs::write(f.join("config.json"), "{}").unwrap(), "config.json is not what it should be"),
        (|f| fs::write(f.join("tokenizer.json"), "[]").unwrap(), "tokenizer.json is not a tokenizer"),
        (|f| fs::write(f.join("model.safetensors"), [0; 100]).unwrap(), "model.safetensors does not fit config.json"),
    ];
    for (spoil, sentence) in cases {
        let place = Place::new();
        write_transformer(&place.path("bert"));
        spoil(&place.path("bert"));
        let error = Transformer::open(&place.path("bert")).expect_err(sentence).to_string();
        assert!(error.contains(sentence) && error.lines().count() == 1, "{sentence:?}: {error}");
    }
}

#[test]
fn too_few_sentences_teach_nothing() {
    let place = Place::new();
    write_transformer(&place.path("bert"));
    place.write(
        "a.jsonl",
        json!({"title": "Knee pain after a fall", "posts": [{"role": "patient", "text": "It hurts."}]}).to_string(),
    );
    place
        .run(&["model", "distill", "--teacher", "bert", "--archive", "a.jsonl", "--out", "table"])
        .told(2, "too few to distil from");
    assert!(!place.path("table").exists());
}
