//! **Eval** measures what the other rooms do. In: topics (what is asked), qrels (what is relevant), traps (what is confused), runs (what was found); texts with
//! gold spans and assertions. Out: measures, comparisons of two systems, and better weights.

mod assertions;
mod compare;
mod dataset;
mod density;
mod error;
mod features;
mod layers;
mod lines;
mod measure;
mod qrels;
mod run;
mod spans;
mod system;
mod topics;
mod traps;
mod tune;

pub use assertions::{AssertionScores, JudgedSentence, Said, judge_sentences, read_sentences};
pub use compare::Comparison;
pub use dataset::{Dataset, Source, read_qrels};
pub use density::Density;
pub use error::EvalError;
pub use features::{feature_names, write_features};
pub use layers::{Layer, layers};
pub use measure::{Judging, Measure, Measured, TopicMeasures};
pub use qrels::{Judged, Qrels};
pub use run::{Retrieved, Run, write_run};
pub use spans::{GoldSpan, SpanScores, SpannedText, read_spans, score_spans};
pub use system::{Mode, Question, System};
pub use topics::{Topic, read_topics};
pub use traps::{Trap, TrapScores, qrels_of_traps, read_traps};
pub use tune::{Step, Tuned, Tuning, tune, weights_toml};
