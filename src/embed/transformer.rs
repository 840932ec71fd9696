//! A **transformer** is a sentence transformer: a neural network that reads a text as a whole and gives its meaning as a vector. It
//! takes milliseconds a text where the table takes microseconds, and is nearer to what people mean.
//!
//! In: the folder of a BERT model as sentence-transformers writes it, then texts. Out: vectors of length one.

use std::fmt;
use std::fs;
use std::path::{Path, PathBuf};

use candle_core::{DType, Device, Tensor};
use candle_nn::VarBuilder;
use candle_transformers::models::bert::{BertModel, Config};
use serde::de::DeserializeOwned;
use serde_json::Value;
use tokenizers::{Encoding, Tokenizer, TruncationParams};

use super::EmbedError;

/// Of a longer text, this many tokens are read where the folder does not say: small sentence transformers were trained on no more.
const MOST_TOKENS: usize = 128;

/// Texts that are read at once; those of a like length, since each is filled up to the longest.
const TOGETHER: usize = 32;

pub struct Transformer {
    folder: PathBuf,
    network: BertModel,
    dimension: usize,
    tokenizer: Tokenizer,
    pooling: Pooling,
}

/// How a text's vector is made of its tokens'.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Pooling {
    Mean,
    First,
}

impl fmt::Debug for Transformer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Transformer").field("folder", &self.folder).finish_non_exhaustive()
    }
}

impl Transformer {
    /// Opens a folder with `config.json`, `tokenizer.json` and `model.safetensors`, and where it is not the mean of all tokens that
    /// makes a text's vector, `1_Pooling/config.json`. `sentence_bert_config.json` may say how many tokens of a text are read.
    ///
    /// # Errors
    ///
    /// When the folder is not a BERT model: the error names the file, what was met and what is expected.
    pub fn open(folder: &Path) -> Result<Transformer, EmbedError> {
        let unfit = |name: &str, problem: String| EmbedError::UnfitTransformer { path: folder.join(name), problem };
        let kind: Value = json(folder, "config.json")?;
        match kind.get("model_type").and_then(Value::as_str) {
            Some("bert") | None => {}
            Some(other) => return Err(unfit("config.json", format!("is of a model of the type {other:?}, not \"bert\""))),
        }
        let config: Config = json(folder, "config.json")?;
        let pooling = if folder.join("1_Pooling/config.json").exists() {
            let pooling: Value = json(folder, "1_Pooling/config.json")?;
            let is = |name: &str| pooling.get(name).and_then(Value::as_bool) == Some(true);
            match (is("pooling_mode_mean_tokens"), is("pooling_mode_cls_token")) {
                (true, _) => Pooling::Mean,
                (_, true) => Pooling::First,
                _ => return Err(unfit("1_Pooling/config.json", "pools neither by mean nor by the first token".into())),
            }
        } else {
            Pooling::Mean
        };
        let wrong = |error: &dyn fmt::Display| unfit("tokenizer.json", format!("is not a tokenizer ({error})"));
        let mut tokenizer = Tokenizer::from_bytes(read(folder, "tokenizer.json")?).map_err(|error| wrong(&error))?;
        let said: Option<Value> =
            folder.join("sentence_bert_config.json").exists().then(|| json(folder, "sentence_bert_config.json")).transpose()?;
        let said = said.and_then(|said| said.get("max_seq_length")?.as_u64()).map_or(MOST_TOKENS, |most| most as usize);
        let most = said.clamp(1, config.max_position_embeddings);
        tokenizer
            .with_padding(None)
            .with_truncation(Some(TruncationParams { max_length: most, ..TruncationParams::default() }))
            .map_err(|error| wrong(&error))?;
        let weights = VarBuilder::from_buffered_safetensors(read(folder, "model.safetensors")?, DType::F32, &Device::Cpu);
        let network = weights.and_then(|weights| BertModel::load(weights, &config));
        let network = network.map_err(|error| unfit("model.safetensors", format!("does not fit config.json ({error})")))?;
        Ok(Transformer { folder: folder.to_path_buf(), network, dimension: config.hidden_size, tokenizer, pooling })
    }

    /// Numbers in a vector.
    pub fn dimension(&self) -> usize {
        self.dimension
    }

    /// The folder that it was opened from.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// The vectors of texts, each of length one. `each` is called as texts are done, with how many.
    ///
    /// # Errors
    ///
    /// When the network cannot read a text that its own tokenizer cut, which is the model's fault.
    pub fn embed(&self, texts: &[&str], each: &dyn Fn(usize)) -> Result<Vec<Box<[f32]>>, EmbedError> {
        let failed = |error: &dyn fmt::Display| EmbedError::UnfitTransformer {
            path: self.folder.clone(),
            problem: format!("cannot read a text ({error})"),
        };
        let encoded = self.tokenizer.encode_batch_fast(texts.to_vec(), true).map_err(|error| failed(&error))?;
        let mut order: Vec<usize> = (0..texts.len()).collect();
        order.sort_by_key(|&text| encoded[text].len());
        let mut vectors = vec![Box::default(); texts.len()];
        for some in order.chunks(TOGETHER) {
            let batch: Vec<&Encoding> = some.iter().map(|&text| &encoded[text]).collect();
            for (&text, vector) in some.iter().zip(self.read(&batch).map_err(|error| failed(&error))?) {
                vectors[text] = vector.into_boxed_slice();
            }
            each(some.len());
        }
        Ok(vectors)
    }

    fn read(&self, batch: &[&Encoding]) -> candle_core::Result<Vec<Vec<f32>>> {
        let longest = batch.iter().map(|encoding| encoding.len()).max().unwrap_or(0).max(1);
        let filled = |numbers: &dyn Fn(&Encoding) -> Vec<u32>| {
            let rows = batch.iter().flat_map(|encoding| {
                let mut row = numbers(encoding);
                row.resize(longest, 0);
                row
            });
            Tensor::from_vec(rows.collect(), (batch.len(), longest), &Device::Cpu)
        };
        let ids = filled(&|encoding| encoding.get_ids().to_vec())?;
        let read = filled(&|encoding| vec![1; encoding.len()])?;
        let states = self.network.forward(&ids, &ids.zeros_like()?, Some(&read))?;
        let pooled = match self.pooling {
            Pooling::First => states.narrow(1, 0, 1)?.squeeze(1)?,
            // A mean up to its length, which is made one below.
            Pooling::Mean => states.broadcast_mul(&read.to_dtype(DType::F32)?.unsqueeze(2)?)?.sum(1)?,
        };
        let length = pooled.sqr()?.sum_keepdim(1)?.sqrt()?.maximum(f32::MIN_POSITIVE)?;
        pooled.broadcast_div(&length)?.to_vec2()
    }
}

fn read(folder: &Path, name: &str) -> Result<Vec<u8>, EmbedError> {
    let path = folder.join(name);
    fs::read(&path).map_err(|error| EmbedError::NoTransformer { path, error })
}

fn json<T: DeserializeOwned>(folder: &Path, name: &str) -> Result<T, EmbedError> {
    let problem =
        |error| EmbedError::UnfitTransformer { path: folder.join(name), problem: format!("is not what it should be ({error})") };
    serde_json::from_slice(&read(folder, name)?).map_err(problem)
}
