//! What stands for a **transformer** in a program that was built without the feature `transformer`: opening one says how to get it.

use std::path::Path;

use super::{Distilled, Distilling, EmbedError, Stage};
use crate::clinical::Lexicon;

/// There is none.
#[derive(Debug)]
pub enum Transformer {}

impl Transformer {
    /// # Errors
    ///
    /// Always.
    pub fn open(_folder: &Path) -> Result<Transformer, EmbedError> {
        Err(EmbedError::WithoutTransformers)
    }

    pub fn embed(&self, _texts: &[&str], _each: &dyn Fn(usize)) -> Result<Vec<Box<[f32]>>, EmbedError> {
        match *self {}
    }
}

pub fn distill(
    teacher: &Transformer,
    _sentences: Vec<String>,
    _lexicon: &Lexicon,
    _options: &Distilling,
    _out: &Path,
    _progress: &dyn Fn(Stage, usize, usize),
) -> Result<Distilled, EmbedError> {
    match *teacher {}
}
