//! A **folder** is a static embedding model in Model2Vec's format: `model.safetensors` with a row a token (`embeddings`, and where
//! they are given `weights` that the rows are multiplied by and a `mapping` from tokens to rows), `tokenizer.json` with the
//! vocabulary, and `config.json`.
//!
//! Three things are read beyond that format, and ignored by its other readers: tokens of two words with a space between, a tensor
//! `cells` of centroids, and `"repeats": "square_root"` in `config.json`.

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
    /// The vocabulary, in the order of its rows; a token without a use in running text (`[PAD]`) is left out.
    pub tokens: Vec<String>,
    /// `dimension` numbers a token, weights multiplied in.
    pub rows: Vec<f32>,
    /// Centroids of the coarse quantiser, `dimension` numbers each; empty where the model has none.
    pub cells: Vec<f32>,
    /// A sum of [`flag`]'s constants.
    pub flags: u32,
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
    model: Model,
}

#[derive(Deserialize)]
struct Model {
    #[serde(rename = "type")]
    kind: Option<String>,
    vocab: Value,
    unk_token: Option<String>,
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
        let (vocabulary, mut flags) = tokens_of(&bytes("tokenizer.json")?).map_err(|problem| unfit("tokenizer.json", problem))?;
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
        let mut tokens = Vec::with_capacity(vocabulary.len());
        let mut rows = Vec::with_capacity(vocabulary.len() * dimension);
        for (token, id) in vocabulary {
            let row = mapping.as_ref().map_or(Some(id), |mapping| mapping.get(id).map(|&row| row as usize));
            let row = row.filter(|&row| row < height);
            let row =
                row.ok_or_else(|| wrong(format!("has {height} rows, and none for token {id}, {token:?}, of tokenizer.json")))?;
            let weight = weights.as_ref().map_or(Some(1.0), |weights| weights.get(id).copied());
            let weight = weight.ok_or_else(|| wrong(format!("has no weight for token {id}, {token:?}, of tokenizer.json")))?;
            let numbers = embeddings.numbers[row * dimension..][..dimension].iter().map(|x| x * weight);
            rows.extend(numbers.map(|x| if x.is_finite() { x } else { 0.0 }));
            tokens.push(token);
        }
        let called = config.get("name").and_then(Value::as_str).map(str::to_owned);
        let name = called.or_else(|| folder.file_name().map(|name| name.to_string_lossy().into_owned()));
        Ok(Folder { name: name.unwrap_or_default(), dimension, tokens, rows, cells, flags })
    }
}

/// The tokens of a `tokenizer.json` that running text can have, by their numbers, and how text is cut into them. The error says what
/// is wrong, without the path.
pub fn tokens_of(file: &[u8]) -> Result<(Vec<(String, usize)>, u32), String> {
    let tokenizer: Tokenizer = serde_json::from_slice(file).map_err(|error| format!("is not a tokenizer's JSON ({error})"))?;
    let flags = flags(&tokenizer)?;
    Ok((vocabulary(&tokenizer.model)?, flags))
}

fn vocabulary(model: &Model) -> Result<Vec<(String, usize)>, String> {
    let Value::Object(entries) = &model.vocab else { return Err("has no vocabulary of token to number".into()) };
    let mut vocabulary = Vec::with_capacity(entries.len());
    for (token, id) in entries {
        let id = id.as_u64().ok_or_else(|| format!("has a token {token:?} without a number"))?;
        let special =
            model.unk_token.as_deref() == Some(token) || (token.starts_with('[') && token.ends_with(']') && token.len() > 2);
        if !special && !token.is_empty() {
            vocabulary.push((token.clone(), id as usize));
        }
    }
    if vocabulary.is_empty() {
        return Err("has an empty vocabulary".into());
    }
    vocabulary.sort_by_key(|(_, id)| *id);
    Ok(vocabulary)
}

/// How the tokenizer cuts text, where it is a way that the `tokens` module knows.
fn flags(tokenizer: &Tokenizer) -> Result<u32, String> {
    let kind = |value: &Option<Value>| value.as_ref().and_then(|v| v.get("type")).and_then(Value::as_str).map(str::to_owned);
    let mut flags = 0;
    match tokenizer.model.kind.as_deref() {
        Some("WordPiece") => match tokenizer.model.continuing_subword_prefix.as_deref() {
            None | Some("##") => flags |= flag::PIECES,
            Some(prefix) => return Err(format!("writes word pieces with {prefix:?}; only \"##\" is known")),
        },
        Some("WordLevel") => {}
        other => {
            return Err(format!("is of the kind {}; WordPiece and WordLevel are known", other.unwrap_or("not named")));
        }
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
        Some(other) => return Err(format!("normalises text by {other}; BertNormalizer and Lowercase are known")),
    }
    match kind(&tokenizer.pre_tokenizer).as_deref() {
        None | Some("BertPreTokenizer" | "Whitespace") => Ok(flags),
        Some(other) => Err(format!("parts words by {other}; BertPreTokenizer and Whitespace are known")),
    }
}
