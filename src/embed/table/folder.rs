//! A **folder** is a static embedding model in Model2Vec's format: `model.safetensors` with a row a token (`embeddings`, and where
//! they are given `weights` that the rows are multiplied by and a `mapping` from tokens to rows), `tokenizer.json` with the
//! vocabulary, and `config.json`. Where the `tokens` module cannot cut text as `tokenizer.json` says, the file itself is part of the
//! model, and the `tokenizers` crate will.
//!
//! Three things are read beyond that format, and ignored by its other readers: tokens of two words with a space between, a tensor
//! `cells` of centroids, and `"repeats": "square_root"` in `config.json`.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::{fs, io};

use serde::Deserialize;
use serde_json::Value;

use super::{flag, tensors};

/// The largest table that is read, in bytes of its numbers: far above any static model in use.
const LARGEST: usize = 1 << 31;

/// The files of a model, read.
#[derive(Debug)]
pub struct Folder {
    pub name: String,
    pub dimension: usize,
    /// How text is cut into tokens.
    pub cut: Cut,
    /// `dimension` numbers a token, weights multiplied in.
    pub rows: Vec<f32>,
    /// Centroids of the coarse quantiser, `dimension` numbers each; empty where the model has none.
    pub cells: Vec<f32>,
    /// A sum of [`flag`]'s constants.
    pub flags: u32,
}

/// How text is cut into a model's tokens.
#[derive(Debug)]
pub enum Cut {
    /// As the `tokens` module does, into these: the vocabulary, in the order of its rows; a token without a use in running text
    /// (`[PAD]`) is left out.
    Walk(Vec<String>),
    /// As this `tokenizer.json` says, into tokens with the number of their row. Rows of unknown and special tokens are zero.
    Tokenizer(Vec<u8>),
}

/// Why a folder is not a model.
#[derive(Debug, thiserror::Error)]
pub enum EmbedError {
    #[error("{path}: {error}; a model folder holds model.safetensors, tokenizer.json and config.json in Model2Vec's format")]
    Missing { path: PathBuf, error: io::Error },
    #[error("{path}: {problem}; give the folder of a static embedding model in Model2Vec's format")]
    Unfit { path: PathBuf, problem: String },
    #[error("{path} {problem}")]
    Damaged { path: PathBuf, problem: String },
    #[error(
        "{path} {met}, for which this curbside was built without tokenizers: build it with `cargo build --release --features tokenizers`"
    )]
    WithoutTokenizers { path: PathBuf, met: String },
    #[error("{path}: {error}; a sentence transformer's folder holds config.json, tokenizer.json and model.safetensors")]
    NoTransformer { path: PathBuf, error: io::Error },
    #[error("{path} {problem}; give the folder of a BERT sentence transformer")]
    UnfitTransformer { path: PathBuf, problem: String },
    #[error(
        "this curbside was built without sentence transformers: build it with `cargo build --release --features transformer`"
    )]
    WithoutTransformers,
    #[error("{path}: {problem}")]
    Distil { path: PathBuf, problem: String },
}

#[derive(Deserialize)]
struct Tokenizer {
    normalizer: Option<Value>,
    pre_tokenizer: Option<Value>,
    #[serde(default)]
    added_tokens: Vec<Added>,
    model: Model,
}

/// A token that is found in text before the rest is cut.
#[derive(Deserialize)]
struct Added {
    id: usize,
    content: String,
    #[serde(default)]
    special: bool,
}

#[derive(Deserialize)]
struct Model {
    #[serde(rename = "type")]
    kind: Option<String>,
    vocab: Value,
    unk_token: Option<String>,
    /// Unigram's, which names it by number.
    unk_id: Option<usize>,
    continuing_subword_prefix: Option<String>,
}

impl Folder {
    /// Reads a model's folder.
    ///
    /// # Errors
    ///
    /// When a file is missing or is not what Model2Vec writes, with the file's path and what was met.
    pub fn read(folder: &Path) -> Result<Folder, EmbedError> {
        let bytes = |name: &str| {
            let path = folder.join(name);
            fs::read(&path).map_err(|error| EmbedError::Missing { path, error })
        };
        let unfit = |name: &str, problem: String| EmbedError::Unfit { path: folder.join(name), problem };
        let config: Value = serde_json::from_slice(&bytes("config.json")?)
            .map_err(|error| unfit("config.json", format!("is not JSON ({error})")))?;
        let tokenizer_file = bytes("tokenizer.json")?;
        let tokenizer = read(&tokenizer_file).map_err(|problem| unfit("tokenizer.json", problem))?;
        let (walks, mut flags) = flags(&tokenizer).map_or((false, flag::TOKENIZER), |flags| (true, flags));
        let vocabulary = if walks { vocabulary(&tokenizer.model) } else { numbered(&tokenizer) };
        let vocabulary = vocabulary.map_err(|problem| unfit("tokenizer.json", problem))?;
        drop(tokenizer);
        match config.get("repeats").and_then(Value::as_str) {
            None => {}
            Some("square_root") => flags |= flag::SQUARE_ROOT,
            Some(other) => {
                return Err(unfit("config.json", format!("has \"repeats\": {other:?}; only \"square_root\" is known")));
            }
        }

        let file = bytes("model.safetensors")?;
        let wrong = |problem: String| unfit("model.safetensors", problem);
        let mut tensors = tensors::read(&file, &["embeddings", "weights", "mapping", "cells"]).map_err(wrong)?;
        drop(file);
        let embeddings = tensors.remove("embeddings").ok_or_else(|| wrong("has no tensor \"embeddings\"".into()))?;
        let &[height, dimension] = embeddings.shape.as_slice() else {
            return Err(wrong(format!("has \"embeddings\" of {} dimensions, not of 2", embeddings.shape.len())));
        };
        if height == 0 || dimension == 0 || embeddings.numbers.len() > LARGEST {
            return Err(wrong(format!("has \"embeddings\" of {height} by {dimension}")));
        }
        let weights = tensors.remove("weights").map(|tensor| tensor.numbers);
        let mapping = tensors.remove("mapping").map(|tensor| tensor.numbers);
        let cells = tensors.remove("cells").map_or(Vec::new(), |tensor| tensor.numbers);
        if cells.len() % dimension != 0 {
            return Err(wrong(format!("has \"cells\" that are not rows of {dimension}")));
        }
        if cells.iter().any(|x| !x.is_finite()) {
            return Err(wrong("has a number in \"cells\" that is not finite".into()));
        }
        let row_of = |token: &str, id: usize| {
            let row = mapping.as_ref().map_or(Some(id), |mapping| mapping.get(id).map(|&row| row as usize));
            let row = row.filter(|&row| row < height);
            let row =
                row.ok_or_else(|| wrong(format!("has {height} rows, and none for token {id}, {token:?}, of tokenizer.json")))?;
            let weight = weights.as_ref().map_or(Some(1.0), |weights| weights.get(id).copied());
            let weight = weight.ok_or_else(|| wrong(format!("has no weight for token {id}, {token:?}, of tokenizer.json")))?;
            Ok((row, weight))
        };
        let found: Vec<(usize, f32)> = vocabulary.iter().map(|(token, id)| row_of(token, *id)).collect::<Result<_, _>>()?;
        let count = if walks { found.len() } else { vocabulary.last().map_or(0, |(_, id)| id + 1) };
        let mut rows = vec![0.0; count * dimension];
        for (place, (&(row, weight), (_, id))) in found.iter().zip(&vocabulary).enumerate() {
            let to = &mut rows[if walks { place } else { *id } * dimension..][..dimension];
            for (to, x) in to.iter_mut().zip(&embeddings.numbers[row * dimension..]) {
                let product = x * weight;
                *to = if product.is_finite() { product } else { 0.0 };
            }
        }
        let cut = if walks {
            Cut::Walk(vocabulary.into_iter().map(|(token, _)| token).collect())
        } else {
            Cut::Tokenizer(tokenizer_file)
        };
        let called = config.get("name").and_then(Value::as_str).map(str::to_owned);
        let name = called.or_else(|| folder.file_name().map(|name| name.to_string_lossy().into_owned()));
        Ok(Folder { name: name.unwrap_or_default(), dimension, cut, rows, cells, flags })
    }
}

fn read(file: &[u8]) -> Result<Tokenizer, String> {
    serde_json::from_slice(file).map_err(|error| format!("is not a tokenizer's JSON ({error})"))
}

/// The tokens of a `tokenizer.json` that running text can have, by their numbers, and how the `tokens` module cuts text into them. The
/// error says what is wrong, without the path.
pub fn tokens_of(file: &[u8]) -> Result<(Vec<(String, usize)>, u32), String> {
    let tokenizer = read(file)?;
    let flags = flags(&tokenizer).map_err(|met| format!("{met}; a WordPiece tokenizer as BERT has it is expected"))?;
    Ok((vocabulary(&tokenizer.model)?, flags))
}

/// In what a `tokenizer.json` differs from what the `tokens` module knows; empty where it is not read.
pub fn differs(file: &[u8]) -> String {
    read(file).ok().and_then(|tokenizer| flags(&tokenizer).err()).unwrap_or_default()
}

/// The tokens for the `tokens` module.
fn vocabulary(model: &Model) -> Result<Vec<(String, usize)>, String> {
    let mut vocabulary = tokens_of_model(model)?;
    vocabulary.retain(|(token, _)| {
        let special =
            model.unk_token.as_deref() == Some(token) || (token.starts_with('[') && token.ends_with(']') && token.len() > 2);
        !special && !token.is_empty()
    });
    in_order(vocabulary)
}

/// The tokens that any other tokenizer can find in running text: the model's and those added to it, without the unknown and the special
/// ones.
fn numbered(tokenizer: &Tokenizer) -> Result<Vec<(String, usize)>, String> {
    let model = &tokenizer.model;
    let mut vocabulary = tokens_of_model(model)?;
    let unknown = vocabulary.iter().find(|(token, _)| model.unk_token.as_deref() == Some(token)).map(|&(_, id)| id);
    let added = &tokenizer.added_tokens;
    let special = added.iter().filter(|token| token.special).map(|token| token.id);
    let without: BTreeSet<usize> = special.chain(unknown).chain(model.unk_id).collect();
    vocabulary.extend(added.iter().map(|token| (token.content.clone(), token.id)));
    vocabulary.retain(|(_, id)| !without.contains(id));
    in_order(vocabulary)
}

/// What a model's vocabulary says: an object of token to number, or Unigram's list of token and score.
fn tokens_of_model(model: &Model) -> Result<Vec<(String, usize)>, String> {
    match (&model.vocab, model.kind.as_deref()) {
        (Value::Array(entries), Some("Unigram")) => {
            let token = |(id, entry): (usize, &Value)| entry.get(0).and_then(Value::as_str).map(|token| (token.to_owned(), id));
            let tokens: Option<Vec<(String, usize)>> = entries.iter().enumerate().map(token).collect();
            tokens.ok_or_else(|| "has a vocabulary of the kind Unigram whose entries are not all a token and a score".to_owned())
        }
        (_, Some("Unigram")) => Err("is of the kind Unigram without a list of tokens and scores as vocabulary".to_owned()),
        (Value::Object(entries), _) => {
            let number = |(token, id): (&String, &Value)| {
                let id = id.as_u64().ok_or_else(|| format!("has a token {token:?} without a number"))?;
                Ok((token.clone(), id as usize))
            };
            entries.iter().map(number).collect()
        }
        _ => Err("has no vocabulary of token to number".to_owned()),
    }
}

fn in_order(mut vocabulary: Vec<(String, usize)>) -> Result<Vec<(String, usize)>, String> {
    if vocabulary.is_empty() {
        return Err("has an empty vocabulary".into());
    }
    vocabulary.sort_by_key(|(_, id)| *id);
    Ok(vocabulary)
}

/// How the tokenizer cuts text, where it is a way that the `tokens` module knows; else in what it differs.
fn flags(tokenizer: &Tokenizer) -> Result<u32, String> {
    let kind = |value: &Option<Value>| value.as_ref().and_then(|v| v.get("type")).and_then(Value::as_str).map(str::to_owned);
    let mut flags = 0;
    match tokenizer.model.kind.as_deref() {
        Some("WordPiece") => match tokenizer.model.continuing_subword_prefix.as_deref() {
            None | Some("##") => flags |= flag::PIECES,
            Some(prefix) => return Err(format!("writes word pieces with {prefix:?}")),
        },
        Some("WordLevel") => {}
        other => return Err(format!("is of the kind {}", other.unwrap_or("not named"))),
    }
    match kind(&tokenizer.normalizer).as_deref() {
        None => {}
        Some("Lowercase") => flags |= flag::LOWERCASE,
        Some("BertNormalizer") => {
            let told = |field: &str| tokenizer.normalizer.as_ref().and_then(|value| value.get(field)).and_then(Value::as_bool);
            let lowercase = told("lowercase").unwrap_or(true);
            flags |= if lowercase { flag::LOWERCASE } else { 0 };
            flags |= if told("strip_accents").unwrap_or(lowercase) { flag::STRIP_ACCENTS } else { 0 };
        }
        Some(other) => return Err(format!("normalises text by {other}")),
    }
    match kind(&tokenizer.pre_tokenizer).as_deref() {
        None | Some("BertPreTokenizer" | "Whitespace") => {}
        Some(other) => return Err(format!("parts words by {other}")),
    }
    match tokenizer.added_tokens.iter().find(|token| !token.special) {
        Some(token) => Err(format!("looks for {:?} before it cuts words", token.content)),
        None => Ok(flags),
    }
}
