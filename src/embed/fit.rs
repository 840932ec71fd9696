//! **Fitting** a table to a teacher's vectors, by ridge regression. A text is the bag of its tokens, each counted one over the square
//! root of how many there are; its target is the teacher's vector. Each row begins as the teacher's own vector of the token, weighted
//! by rarity, and is held there where the texts say nothing. Then all rows are turned to the main axes of the texts' vectors, which
//! are cut to the wanted dimension, and written with 8 bits a number.
//!
//! In: a teacher, sentences, a lexicon. Out: a folder in Model2Vec's format, and how near it came on sentences kept apart.

use std::fmt::Display;
use std::fs;
use std::path::Path;

use nalgebra::{DMatrix, DVector, SymmetricEigen};
use nalgebra_sparse::{CooMatrix, CsrMatrix};
use safetensors::Dtype;
use safetensors::tensor::TensorView;
use serde_json::{Value, json};
use xxhash_rust::xxh3::xxh3_64;

use super::distill::{Distilled, Distilling, Stage};
use super::table::{self, Cut, Folder};
use super::{EmbedError, Embedder, MOST_TOKENS, Transformer, Vector, tokens};
use crate::clinical::{ConceptId, Lexicon};

/// One sentence in this many is kept apart, but no more than so many.
const HELD_OUT: (usize, usize) = (20, 1_000);

/// Sentences nearest to one that are compared.
const NEIGHBOURS: usize = 10;

/// Conjugate gradient ends when what is left of the gradient is this share of the first, squared.
const NEAR_ENOUGH: f32 = 1e-5;

/// Distils a table into the folder `out`, which is made. `progress` is told the stage, how much is done and of how much.
///
/// # Errors
///
/// When there are too few sentences, when the teacher does not cut words as BERT does, or when the folder cannot be written.
pub fn distill(
    teacher: &Transformer,
    sentences: Vec<String>,
    lexicon: &Lexicon,
    options: &Distilling,
    out: &Path,
    progress: &dyn Fn(Stage, usize, usize),
) -> Result<Distilled, EmbedError> {
    let failed = |problem: String| EmbedError::Distil { path: out.to_path_buf(), problem };
    let chosen = chosen(sentences, options.sentences);
    let apart = (chosen.len() / HELD_OUT.0).min(HELD_OUT.1);
    if apart <= NEIGHBOURS {
        let least = HELD_OUT.0 * (NEIGHBOURS + 1);
        return Err(failed(format!(
            "{} sentences are too few to distil from: give an archive of at least {least}",
            chosen.len()
        )));
    }
    let (held_out, sentences) = chosen.split_at(apart);
    let terms = terms(lexicon, options.sentences);

    let vocabulary = Vocabulary::of(teacher, &[held_out, sentences].concat(), &terms)?;
    let told = |stage, total| {
        let done = std::cell::Cell::new(0);
        move |more: usize| {
            done.set(done.get() + more);
            progress(stage, done.get(), total);
        }
    };
    let plain: Vec<&str> = vocabulary.tokens.iter().map(|token| token.strip_prefix("##").unwrap_or(token)).collect();
    let own = teacher.embed(&plain, &told(Stage::Tokens, plain.len()))?;

    let texts: Vec<&str> = sentences.iter().map(String::as_str).chain(terms.iter().map(|(term, _)| *term)).collect();
    let each = told(Stage::Texts, texts.len() + held_out.len());
    let mut targets = teacher.embed(&texts, &each)?;
    let judged = teacher.embed(&held_out.iter().map(String::as_str).collect::<Vec<_>>(), &each)?;
    draw_synonyms_together(&mut targets[sentences.len()..], &terms);

    let bags = vocabulary.bags(&texts);
    let targets = matrix(&targets);
    let start = start(&bags, matrix(&own), &targets);
    let gap = &targets - &bags * &start;
    let rows = start + ridge(&bags, &gap, options, &|step| progress(Stage::Fitting, step, options.steps));
    let axes = main_axes(&(&bags * &rows), options.dimension.min(teacher.dimension()));
    vocabulary.write(out, &(rows * &axes))?;

    let embedder = Embedder::open(out)?;
    let ours: Vec<Option<Vector>> = held_out.iter().map(|sentence| embedder.embed(sentence)).collect();
    let bytes = fs::read_dir(out).map_err(|error| failed(error.to_string()))?;
    Ok(Distilled {
        texts: texts.len(),
        held_out: held_out.len(),
        tokens: vocabulary.tokens.len(),
        dimension: embedder.dimension(),
        bytes: bytes.filter_map(|entry| entry.ok()?.metadata().ok()).map(|metadata| metadata.len()).sum(),
        cosine: cosine(&ours, &matrix(&judged), &axes),
        neighbours: neighbours(&ours, &judged),
    })
}

/// The same sentences each time, however the archive is ordered.
fn chosen(mut sentences: Vec<String>, most: usize) -> Vec<String> {
    sentences.sort_by_cached_key(|sentence| (xxh3_64(sentence.as_bytes()), sentence.clone()));
    sentences.dedup();
    sentences.truncate(most);
    sentences
}

/// Terms with the concept that they are of, whole concepts, evenly spaced through the lexicon where it has too many.
fn terms(lexicon: &Lexicon, most: usize) -> Vec<(&str, ConceptId)> {
    let step = lexicon.all_terms().count().div_ceil(most.max(1)).max(1);
    let concepts = (0..lexicon.len() as u32).step_by(step).map(ConceptId);
    concepts.flat_map(|concept| lexicon.terms(concept).map(move |term| (term, concept))).collect()
}

/// Every pair of synonyms is a pair to learn from: a term's target lies between the teacher's vector of it and that of its concept.
fn draw_synonyms_together(targets: &mut [Box<[f32]>], terms: &[(&str, ConceptId)]) {
    let mut at = 0;
    for concept in terms.chunk_by(|a, b| a.1 == b.1) {
        let of_concept = &mut targets[at..at + concept.len()];
        at += concept.len();
        let mut mean = vec![0.0; of_concept[0].len()];
        of_concept.iter().for_each(|vector| mean.iter_mut().zip(vector).for_each(|(sum, x)| *sum += x));
        let length = mean.iter().map(|x| x * x).sum::<f32>().sqrt().max(f32::MIN_POSITIVE);
        for vector in of_concept {
            vector.iter_mut().zip(&mean).for_each(|(x, sum)| *x += sum / length);
            let length = vector.iter().map(|x| x * x).sum::<f32>().sqrt().max(f32::MIN_POSITIVE);
            vector.iter_mut().for_each(|x| *x /= length);
        }
    }
}

/// The teacher's tokens that a table is made of.
struct Vocabulary {
    tokens: Vec<String>,
    /// The teacher's `tokenizer.json`.
    tokenizer: Value,
    /// Cuts texts; its rows are of no use.
    cutter: Embedder,
}

impl Vocabulary {
    /// Those of ASCII letters, and of the rest those that are met.
    fn of(teacher: &Transformer, sentences: &[String], terms: &[(&str, ConceptId)]) -> Result<Vocabulary, EmbedError> {
        let path = teacher.folder().join("tokenizer.json");
        let unfit = |problem: String| EmbedError::UnfitTransformer { path: path.clone(), problem };
        let file = fs::read(&path).map_err(|error| EmbedError::NoTransformer { path: path.clone(), error })?;
        let tokenizer = serde_json::from_slice(&file).map_err(|error| unfit(format!("is not JSON ({error})")))?;
        let (known, flags) = table::tokens_of(&file).map_err(unfit)?;
        let known: Vec<String> = known.into_iter().map(|(token, _)| token).collect();
        let cutter = |tokens: &[String]| {
            let rows = vec![1.0; tokens.len()];
            let cut = Cut::Walk(tokens.to_vec());
            let folder = Folder { name: String::new(), dimension: 1, cut, rows, cells: vec![1.0], flags };
            Embedder::over(super::Table::Compiled(table::compile(&folder).into()))
        };
        let all = cutter(&known);
        let mut met = vec![false; known.len()];
        let texts = sentences.iter().map(String::as_str).chain(terms.iter().map(|(term, _)| *term));
        texts.for_each(|text| cut(&all, text).into_iter().for_each(|token| met[token as usize] = true));
        let tokens: Vec<String> =
            known.into_iter().zip(met).filter(|(token, met)| *met || token.is_ascii()).map(|(token, _)| token).collect();
        Ok(Vocabulary { cutter: cutter(&tokens), tokens, tokenizer })
    }

    /// A row a text, a column a token.
    fn bags(&self, texts: &[&str]) -> CsrMatrix<f32> {
        let mut bags = CooMatrix::new(texts.len(), self.tokens.len());
        for (row, text) in texts.iter().enumerate() {
            let found = cut(&self.cutter, text);
            let worth = 1.0 / (found.len() as f32).sqrt();
            found.into_iter().for_each(|token| bags.push(row, token as usize, worth));
        }
        CsrMatrix::from(&bags)
    }

    fn write(&self, out: &Path, rows: &DMatrix<f32>) -> Result<(), EmbedError> {
        let failed = |error: &dyn Display| EmbedError::Distil {
            path: out.to_path_buf(),
            problem: format!("cannot write a model: {error}"),
        };
        let special = ["[PAD]", "[UNK]"];
        let vocabulary: serde_json::Map<String, Value> = special
            .into_iter()
            .chain(self.tokens.iter().map(String::as_str))
            .map(str::to_owned)
            .zip((0..).map(Value::from))
            .collect();
        let mut tokenizer = self.tokenizer.clone();
        for unused in ["truncation", "padding", "post_processor"] {
            tokenizer[unused] = Value::Null;
        }
        tokenizer["model"]["vocab"] = vocabulary.into();
        tokenizer["added_tokens"] = special.iter().enumerate().map(|(id, token)| json!({
            "id": id, "content": token, "single_word": false, "lstrip": false, "rstrip": false, "normalized": false, "special": true,
        })).collect();
        let dimension = rows.ncols();
        let name = out.file_name().map(|name| name.to_string_lossy().into_owned());
        let config = json!({
            "model_type": "model2vec", "architectures": ["StaticModel"], "name": name, "hidden_dim": dimension,
            "seq_length": MOST_TOKENS, "normalize": true,
        });

        let mut by_row = vec![0.0; special.len() * dimension];
        by_row.extend(rows.transpose().iter());
        let (numbers, scales) = table::quantise(&by_row, dimension);
        let height = scales.len();
        let tensors = [
            ("embeddings", TensorView::new(Dtype::I8, vec![height, dimension], bytemuck::cast_slice(&numbers))),
            ("weights", TensorView::new(Dtype::F32, vec![height], bytemuck::cast_slice(&scales))),
        ];
        let mut views = Vec::new();
        for (name, view) in tensors {
            views.push((name, view.map_err(|error| failed(&error))?));
        }
        fs::create_dir_all(out).map_err(|error| failed(&error))?;
        safetensors::serialize_to_file(views, None, &out.join("model.safetensors")).map_err(|error| failed(&error))?;
        for (file, value) in [("tokenizer.json", tokenizer), ("config.json", config)] {
            fs::write(out.join(file), format!("{value:#}\n")).map_err(|error| failed(&error))?;
        }
        Ok(())
    }
}

fn cut(cutter: &Embedder, text: &str) -> Vec<u32> {
    let mut found = Vec::new();
    tokens::Walk::over(cutter, text, |token| {
        found.push(token);
        found.len() < MOST_TOKENS
    });
    found
}

/// A row a vector.
fn matrix(vectors: &[Box<[f32]>]) -> DMatrix<f32> {
    let width = vectors.first().map_or(0, |vector| vector.len());
    DMatrix::from_row_iterator(vectors.len(), width, vectors.iter().flat_map(|vector| vector.iter().copied()))
}

/// The teacher's own vectors of the tokens, by rarity, at the size at which texts come nearest to their targets.
fn start(bags: &CsrMatrix<f32>, mut own: DMatrix<f32>, targets: &DMatrix<f32>) -> DMatrix<f32> {
    let mut having = vec![0f32; bags.ncols()];
    bags.col_indices().iter().for_each(|&token| having[token] += 1.0);
    let all = bags.nrows() as f32;
    for (mut row, having) in own.row_iter_mut().zip(having) {
        row *= ((all + 1.0) / (having + 1.0)).ln();
    }
    let reached = bags * &own;
    let size = reached.dot(targets) / reached.norm_squared().max(f32::MIN_POSITIVE);
    own * size
}

/// What to add to the rows so that the bags reach over the gap: (XᵀX + λ) D = Xᵀ gap, by conjugate gradient, each column by itself.
fn ridge(bags: &CsrMatrix<f32>, gap: &DMatrix<f32>, options: &Distilling, step_done: &dyn Fn(usize)) -> DMatrix<f32> {
    let turned = bags.transpose();
    let squares =
        |matrix: &DMatrix<f32>| DVector::from_iterator(matrix.ncols(), matrix.column_iter().map(|column| column.norm_squared()));
    let mut rest = &turned * gap;
    let mut change = DMatrix::zeros(rest.nrows(), rest.ncols());
    let mut direction = rest.clone();
    let mut left = squares(&rest);
    let enough = left.sum() * NEAR_ENOUGH;
    for step in 1..=options.steps {
        let image = &turned * (bags * &direction) + &direction * options.hold;
        for column in 0..rest.ncols() {
            let along = direction.column(column);
            let far = left[column] / along.dot(&image.column(column)).max(f32::MIN_POSITIVE);
            change.column_mut(column).axpy(far, &along, 1.0);
            rest.column_mut(column).axpy(-far, &image.column(column), 1.0);
        }
        let now = squares(&rest);
        for column in 0..rest.ncols() {
            direction.column_mut(column).axpy(1.0, &rest.column(column), now[column] / left[column].max(f32::MIN_POSITIVE));
        }
        left = now;
        step_done(step);
        if left.sum() <= enough {
            break;
        }
    }
    change
}

/// The axes, a column each, on which the vectors are longest.
fn main_axes(vectors: &DMatrix<f32>, count: usize) -> DMatrix<f32> {
    let found = SymmetricEigen::new(vectors.tr_mul(vectors));
    let mut order: Vec<usize> = (0..found.eigenvalues.len()).collect();
    order.sort_by(|&a, &b| found.eigenvalues[b].total_cmp(&found.eigenvalues[a]));
    order.truncate(count);
    found.eigenvectors.select_columns(&order)
}

/// Mean cosine to the teacher's vectors, which keep the length that the cut axes take from them. A sentence without a vector counts 0.
fn cosine(ours: &[Option<Vector>], teachers: &DMatrix<f32>, axes: &DMatrix<f32>) -> f64 {
    let turned = teachers * axes;
    let cosines = ours.iter().zip(turned.row_iter()).map(|(ours, teachers)| {
        ours.as_ref().map_or(0.0, |ours| ours.numbers().zip(teachers.iter()).map(|(a, b)| f64::from(a * b)).sum())
    });
    cosines.sum::<f64>() / ours.len() as f64
}

/// Share of the teacher's nearest that are among ours.
fn neighbours(ours: &[Option<Vector>], teachers: &[Box<[f32]>]) -> f64 {
    let nearest = |of: usize, alike: &dyn Fn(usize) -> f32| {
        let mut others: Vec<(f32, usize)> =
            (0..ours.len()).filter(|&other| other != of).map(|other| (alike(other), other)).collect();
        others.sort_unstable_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)));
        others.into_iter().take(NEIGHBOURS).map(|(_, other)| other).collect::<Vec<_>>()
    };
    let mut shared = 0;
    for of in 0..ours.len() {
        let theirs = nearest(of, &|other| teachers[of].iter().zip(&teachers[other]).map(|(a, b)| a * b).sum());
        let found = nearest(of, &|other| match (&ours[of], &ours[other]) {
            (Some(a), Some(b)) => a.cosine(b),
            _ => 0.0,
        });
        shared += theirs.iter().filter(|other| found.contains(other)).count();
    }
    shared as f64 / (ours.len() * NEIGHBOURS) as f64
}
