//! A model whose text is cut by Unigram or by pairs of bytes gives the vectors that its own tokenizer and the mean of its rows give, and
//! an index made with it needs nothing beside.

mod common;

use std::collections::HashSet;
use std::fs;
use std::path::Path;

use common::{Place, bytes_of, drawn, safetensors, sample};
use curbside::embed::Embedder;
use serde_json::{Value, json};
use tokenizers::models::TrainerWrapper;
use tokenizers::models::bpe::{BPE, BpeTrainer};
use tokenizers::models::unigram::{Unigram, UnigramTrainer};
use tokenizers::models::wordpiece::WordPiece;
use tokenizers::normalizers::{BertNormalizer, NFKC};
use tokenizers::pre_tokenizers::bert::BertPreTokenizer;
use tokenizers::pre_tokenizers::byte_level::ByteLevel;
use tokenizers::pre_tokenizers::metaspace::Metaspace;
use tokenizers::{AddedToken, Tokenizer};

const DIMENSION: usize = 24;

const TEXTS: [&str; 12] = [
    "numbness after a laminectomy, is it normal?",
    "My DOCTOR said it's   a herniated disc...",
    "Ménière's disease: déjà vu, naïve, ﬁbrosis ½ tablet",
    "膝盖疼痛 手术后",
    "무릎 통증",
    "pain 😀😀 in my knee 🦵🏽",
    "a heart attack or heartburn",
    "<s> and </s> and <unk> and <|end|>",
    "\u{0}\u{7f}\u{fffd}",
    "x",
    " \n\t ",
    "",
];

/// Text that the sample archive is searched with, and its lines on traps.
fn training_text() -> Vec<String> {
    let read = |name: &str| fs::read_to_string(sample().join(name)).unwrap();
    [read("topics.tsv"), read("traps.tsv")].concat().lines().map(|line| line.replace(['\t', '-'], " ")).collect()
}

fn trained(mut tokenizer: Tokenizer, trainer: impl Into<TrainerWrapper>) -> Tokenizer {
    tokenizer.train(&mut trainer.into(), training_text().into_iter()).unwrap();
    tokenizer
}

/// As multilingual models have it: a marked space, and the likeliest parts.
fn unigram() -> Tokenizer {
    let mut tokenizer = Tokenizer::new(Unigram::default());
    tokenizer.with_normalizer(Some(NFKC)).unwrap();
    tokenizer.with_pre_tokenizer(Some(Metaspace::default()));
    let special = ["<s>", "</s>", "<unk>"].map(|token| AddedToken::from(token, true)).to_vec();
    let trainer = UnigramTrainer::builder().vocab_size(700).special_tokens(special).unk_token(Some("<unk>".into())).build();
    trained(tokenizer, trainer.unwrap())
}

/// As GPT-2 has it: every byte is a sign, and nothing is unknown.
fn byte_pairs() -> Tokenizer {
    let mut tokenizer = Tokenizer::new(BPE::default());
    tokenizer.with_pre_tokenizer(Some(ByteLevel::default().add_prefix_space(false)));
    tokenizer.with_post_processor(Some(ByteLevel::default()));
    let trainer = BpeTrainer::builder()
        .vocab_size(900)
        .special_tokens(vec![AddedToken::from("<|end|>", true)])
        .initial_alphabet(ByteLevel::alphabet().into_iter().collect());
    trained(tokenizer, trainer.build())
}

/// Pairs of letters with a marked space, as SentencePiece has them; the special tokens come last.
fn letter_pairs() -> Tokenizer {
    let mut tokenizer = Tokenizer::new(BPE::builder().unk_token("<unk>".into()).fuse_unk(true).build().unwrap());
    tokenizer.with_pre_tokenizer(Some(Metaspace::default()));
    let unknown = vec![AddedToken::from("<unk>", true)];
    let mut tokenizer = trained(tokenizer, BpeTrainer::builder().vocab_size(600).special_tokens(unknown).build());
    tokenizer.add_special_tokens([AddedToken::from("<s>", true), AddedToken::from("</s>", true)]).unwrap();
    tokenizer
}

/// BERT's, with a token of two words that is looked for first.
fn word_pieces_and_more() -> Tokenizer {
    let words = ["[UNK]", "a", "heart", "or", "##burn", "##s", "knee", "pain", "in", "my", "attack"];
    let mut numbers = 0u32..;
    let vocabulary = words.map(|word| (word.to_owned(), numbers.next().expect("enough of them")));
    let model = WordPiece::builder().vocab(vocabulary).unk_token("[UNK]".into()).build().unwrap();
    let mut tokenizer = Tokenizer::new(model);
    tokenizer.with_normalizer(Some(BertNormalizer::default())).unwrap();
    tokenizer.with_pre_tokenizer(Some(BertPreTokenizer));
    tokenizer.add_special_tokens([AddedToken::from("[UNK]", true)]).unwrap();
    tokenizer.add_tokens([AddedToken::from("heart attack", false).normalized(true)]).unwrap();
    tokenizer
}

fn tokenizers() -> [(&'static str, Tokenizer); 4] {
    [
        ("Unigram", unigram()),
        ("byte pairs", byte_pairs()),
        ("letter pairs", letter_pairs()),
        ("word pieces and more", word_pieces_and_more()),
    ]
}

fn rows_drawn(count: usize) -> Vec<f32> {
    drawn().take(count * DIMENSION).collect()
}

fn write_model(folder: &Path, tokenizer: &str, tensors: &[(&str, Vec<usize>, &[f32])]) {
    fs::create_dir_all(folder).unwrap();
    fs::write(folder.join("tokenizer.json"), tokenizer).unwrap();
    fs::write(folder.join("config.json"), r#"{"model_type": "model2vec", "normalize": true}"#).unwrap();
    let tensors = tensors.iter().map(|(name, shape, values)| (*name, "F32", shape.clone(), bytes_of(values.iter().copied())));
    fs::write(folder.join("model.safetensors"), safetensors(tensors)).unwrap();
}

/// A row for every token, and the rows.
fn write_plain_model(folder: &Path, tokenizer: &Tokenizer) -> Vec<f32> {
    let count = tokenizer.get_vocab_size(true);
    let rows = rows_drawn(count);
    write_model(folder, &tokenizer.to_string(false).unwrap(), &[("embeddings", vec![count, DIMENSION], &rows)]);
    rows
}

/// The numbers of a text's tokens, without special ones, as Model2Vec counts them.
fn tokens(tokenizer: &Tokenizer, text: &str) -> Vec<u32> {
    let special: HashSet<u32> =
        tokenizer.get_added_tokens_decoder().into_iter().filter(|(_, token)| token.special).map(|(id, _)| id).collect();
    let cut = tokenizer.encode(text, false).unwrap();
    cut.get_ids().iter().copied().filter(|id| !special.contains(id)).collect()
}

#[track_caller]
fn assert_same_direction(model: &Embedder, text: &str, sum: &[f32], what: &str) {
    let vector = model.embed(text).unwrap_or_else(|| panic!("{what}: {text:?} has tokens"));
    let length = sum.iter().map(|x| x * x).sum::<f32>().sqrt();
    let cosine = vector.numbers().zip(sum).map(|(a, b)| a * b).sum::<f32>() / length;
    assert!(cosine > 0.9995, "{what}: {text:?} at {cosine}");
}

#[test]
fn any_tokenizer_gives_the_vectors_that_its_own_library_gives() {
    for (name, tokenizer) in tokenizers() {
        let folder = tempfile::tempdir().unwrap();
        let rows = write_plain_model(folder.path(), &tokenizer);
        let model = Embedder::open(folder.path()).unwrap();
        let mut without = 0;
        for text in TEXTS {
            let tokens = tokens(&tokenizer, text);
            if tokens.is_empty() {
                assert_eq!(model.embed(text), None, "{name}: {text:?}");
                without += 1;
                continue;
            }
            let mut sum = vec![0.0; DIMENSION];
            for &token in &tokens {
                sum.iter_mut().zip(&rows[token as usize * DIMENSION..]).for_each(|(sum, x)| *sum += x);
            }
            assert_same_direction(&model, text, &sum, name);
        }
        assert!((1..10).contains(&without), "{name}: {without} texts without a token");
    }
}

#[test]
fn an_added_token_has_its_own_row_and_an_unknown_one_none() {
    let folder = tempfile::tempdir().unwrap();
    let tokenizer = word_pieces_and_more();
    let rows = write_plain_model(folder.path(), &tokenizer);
    let model = Embedder::open(folder.path()).unwrap();
    let added = tokenizer.token_to_id("heart attack").unwrap() as usize;
    assert_same_direction(&model, "Heart Attack", &rows[added * DIMENSION..][..DIMENSION], "the added token");
    let knee = tokenizer.token_to_id("knee").unwrap() as usize;
    assert_same_direction(&model, "knee zzz", &rows[knee * DIMENSION..][..DIMENSION], "a known word and one that is not");
    assert_eq!(model.embed("zzz"), None);
}

#[test]
fn rows_are_shared_by_mapping_and_weighed_by_weights() {
    let folder = tempfile::tempdir().unwrap();
    let tokenizer = unigram();
    let count = tokenizer.get_vocab_size(true);
    let few = 50;
    let rows = rows_drawn(few);
    let mapping: Vec<f32> = (0..count).map(|token| (token * 7 % few) as f32).collect();
    let weights: Vec<f32> = (0..count).map(|token| 0.5 + (token % 5) as f32).collect();
    let tensors =
        [("embeddings", vec![few, DIMENSION], &rows[..]), ("mapping", vec![count], &mapping), ("weights", vec![count], &weights)];
    write_model(folder.path(), &tokenizer.to_string(false).unwrap(), &tensors);
    let model = Embedder::open(folder.path()).unwrap();
    let text = "numb foot after back surgery";
    let mut sum = vec![0.0; DIMENSION];
    for token in tokens(&tokenizer, text) {
        let (row, weight) = (mapping[token as usize] as usize, weights[token as usize]);
        sum.iter_mut().zip(&rows[row * DIMENSION..]).for_each(|(sum, x)| *sum += x * weight);
    }
    assert_same_direction(&model, text, &sum, "mapped");

    write_model(folder.path(), &tokenizer.to_string(false).unwrap(), &tensors[..2]);
    assert_ne!(Embedder::open(folder.path()).unwrap().fingerprint(), model.fingerprint());
}

#[test]
fn models_that_differ_in_their_tokenizer_alone_are_told_apart() {
    let folder = tempfile::tempdir().unwrap();
    let mut tokenizer = unigram();
    write_plain_model(folder.path(), &tokenizer);
    let one = Embedder::open(folder.path()).unwrap().fingerprint();
    tokenizer.with_normalizer(Some(BertNormalizer::default())).unwrap();
    write_plain_model(folder.path(), &tokenizer);
    assert_ne!(one, Embedder::open(folder.path()).unwrap().fingerprint());
}

#[test]
fn a_text_of_any_length_is_read_in_no_time_and_by_its_beginning() {
    let folder = tempfile::tempdir().unwrap();
    write_plain_model(folder.path(), &unigram());
    let model = Embedder::open(folder.path()).unwrap();
    let (long, longer) = ("knee pain é ".repeat(2_000), "knee pain é ".repeat(200_000));
    assert_eq!(model.embed(&long), model.embed(&longer));
    assert!(model.embed(&"é".repeat(1_000_000)).is_none_or(|vector| vector.dimension() == DIMENSION));
}

#[test]
fn an_index_keeps_the_tokenizer_with_the_model() {
    let place = Place::new();
    let threads = [("knee", "pain in my knee"), ("heart", "a heart attack"), ("foot", "numb foot and knee after surgery")];
    let line = |(id, text): (&str, &str)| {
        format!("{}\n", json!({"id": id, "title": text, "posts": [{"role": "patient", "text": text}]}))
    };
    place.write("a.jsonl", threads.map(line).concat());
    write_plain_model(&place.path("model"), &unigram());
    place.run(&["index", "a.jsonl", "--model", "model"]).ok();
    let again = place.run(&["index", "a.jsonl", "--model", "model", "--format", "json"]).ok().json();
    assert_eq!(again["unchanged"], 3);
    place.run(&["index", "a.jsonl"]).told(2, "has vectors of the embedding model model");

    fs::remove_dir_all(place.path("model")).unwrap();
    let first = |args: &[&str], input: &str| {
        let out = place.run_with_input(args, input.as_bytes()).ok().out;
        out.lines().next().and_then(|line| line.split(' ').nth(2)).unwrap_or_default().to_owned()
    };
    assert_eq!(first(&["related", "-", "--format", "trec"], "pains in my knees"), "knee");
    assert_eq!(first(&["search", "heart attack", "--format", "trec"], ""), "heart");
    place.run(&["related", "foot", "--format", "trec"]).ok();
    assert_eq!(place.run(&["stats", "--format", "json"]).ok().json()["model"], "model");
    place.run(&["check"]).ok();
    place.run(&["snapshot", "copy"]).ok();
    place.run(&["related", "foot", "--format", "trec", "--index", "copy"]).ok();
}

#[test]
fn a_tokenizer_that_is_none_or_lacks_rows_is_told_in_one_sentence() {
    let tokenizer = unigram();
    let whole: Value = serde_json::from_str(&tokenizer.to_string(false).unwrap()).unwrap();
    type Break = fn(&mut Value);
    let cases: [(Break, &str, &str); 5] = [
        (|t| t["model"]["vocab"] = json!({"knee": 1}), "tokenizer.json", "without a list of tokens and scores"),
        (|t| t["model"]["vocab"] = json!([["knee"], 3]), "tokenizer.json", "not all a token and a score"),
        (|t| t["normalizer"] = json!({"type": "Sideways"}), "tokenizer.json", "is no tokenizer"),
        (|t| t["model"]["vocab"] = json!([]), "tokenizer.json", "vocabulary"),
        (
            |t| t["model"]["vocab"].as_array_mut().unwrap().push(json!(["knees", -9.0])),
            "model.safetensors",
            "rows, and none for token",
        ),
    ];
    for (spoil, file, sentence) in cases {
        let folder = tempfile::tempdir().unwrap();
        let count = tokenizer.get_vocab_size(true);
        let mut spoilt = whole.clone();
        spoil(&mut spoilt);
        write_model(folder.path(), &spoilt.to_string(), &[("embeddings", vec![count, DIMENSION], &rows_drawn(count))]);
        let error = Embedder::open(folder.path()).map(|model| model.name().to_owned()).expect_err(sentence).to_string();
        assert!(error.contains(file) && error.contains(sentence) && error.lines().count() == 1, "{sentence:?}: {error}");
    }
}
