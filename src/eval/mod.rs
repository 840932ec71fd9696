//! **Eval** measures rankings. In: topics (what is asked), qrels (what is relevant), runs (what was found). Out: measures.

mod run;
mod topics;

pub use run::write_run;
pub use topics::{EvalError, Topic, read_topics};
