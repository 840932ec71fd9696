//! **Compiling** turns lexicon tables into the flat form that the lexicon is read from. The build script and `Lexicon::with_tables`
//! run this same code.

mod table;

pub use table::{Entry, Guard, LexiconError, Link, Place, Rule, Spelling, TYPES, Tables};
