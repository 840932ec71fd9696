//! What stands for a **tokenizer** and a **transformer** in a program that was built without the features of these names: opening one
//! says how to get it.

#[cfg(not(feature = "transformer"))]
pub use transformer::{Transformer, distill};

/// There is none.
#[cfg(not(feature = "tokenizers"))]
pub enum Tokenizer {}

#[cfg(not(feature = "tokenizers"))]
impl Tokenizer {
    pub fn read(_file: &[u8]) -> Result<Tokenizer, String> {
        Err("needs the feature `tokenizers`".to_owned())
    }

    pub fn cut(&self, _text: &str) -> Vec<u32> {
        match *self {}
    }
}

#[cfg(not(feature = "transformer"))]
mod transformer {
    use std::path::Path;

    use crate::clinical::Lexicon;
    use crate::embed::{Distilled, Distilling, EmbedError, Stage};

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
}
