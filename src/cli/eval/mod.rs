//! `eval`: measures search and related against judgements, compares runs, tunes weights, and measures clinical reading.

mod rankings;
mod reading;
mod tables;
mod traps;

use std::path::PathBuf;

use anyhow::{Context as _, bail};
use clap::ValueEnum;

use crate::clinical::Kind;
use crate::eval::{Measure, Source};
use crate::search::Weights;

use super::{Context, Outcome};

#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  curbside eval --topics topics.tsv --qrels qrels.txt --mode search --relevant 2 --baseline bm25
  curbside eval --all --qrels related-qrels.txt --ablation --rerank-model all-MiniLM-L6-v2
  curbside eval --traps traps.tsv --baseline bm25
  curbside eval --qrels qrels.txt --compare ours.run theirs.run
  curbside eval --mode related --tune --set a=a-index,a.tsv,a-qrels.txt --set b=b-index,all,b-qrels.txt,1,ndcg@10
  curbside eval --spans spans.jsonl --kinds condition,symptom")]
pub struct Args {
    /// What is asked: a line each of qid, tab, text
    #[arg(long, value_name = "FILE", requires = "qrels")]
    topics: Option<PathBuf>,
    /// What is relevant: a line each of qid, 0, thread id, grade
    #[arg(long, value_name = "FILE")]
    qrels: Option<PathBuf>,
    /// What is asked of the index
    #[arg(long, value_name = "MODE", default_value = "search", default_value_if("all", "true", "related"))]
    mode: Mode,
    /// Ask the related threads of every thread that has qrels: the qid is the thread's id
    #[arg(long, requires = "qrels", conflicts_with = "topics")]
    all: bool,
    /// A dataset, instead of --topics and --qrels; may be repeated
    #[arg(long = "set", value_name = "NAME=INDEX,TOPICS|all,QRELS[,RELEVANT[,MEASURE]]", conflicts_with_all = ["topics", "qrels", "all"])]
    sets: Vec<Source>,
    /// What to measure; the first is what is compared and tuned by
    #[arg(long, value_name = "NAME,…", value_delimiter = ',', default_value = "ndcg@10,map,mrr,recall@100,p@5")]
    measures: Vec<Measure>,
    /// The lowest grade that is relevant; lower ones count as 0, in nDCG too
    #[arg(long, value_name = "GRADE", default_value_t = 1, value_parser = clap::value_parser!(i32).range(1..))]
    relevant: i32,
    /// Take threads without a judgement out of rankings before they are cut
    #[arg(long)]
    judged_only: bool,
    /// Measure a plainer system on the same index beside
    #[arg(long, value_name = "SYSTEM", conflicts_with_all = ["run", "compare", "tune", "ablation"])]
    baseline: Option<Baseline>,
    /// Read the best 10 of related again with the sentence transformer in a folder; with --tune, tune what that adds
    #[arg(long, value_name = "DIR", conflicts_with_all = ["run", "compare"])]
    rerank_model: Option<PathBuf>,
    /// Rank by these weights, in the form of schema/ranking.toml; sections or lines that are missing stay as built in
    #[arg(long, value_name = "FILE")]
    weights: Option<PathBuf>,
    /// Measure a stored run instead of searching
    #[arg(long, value_name = "FILE", requires = "qrels", conflicts_with_all = ["topics", "all"])]
    run: Option<PathBuf>,
    /// Write what was found, in TREC form
    #[arg(long, value_name = "FILE", conflicts_with_all = ["sets", "compare", "tune", "ablation"])]
    write_run: Option<PathBuf>,
    /// Write what the related ranking knows of each candidate, in LETOR form, to train a ranking of one's own
    #[arg(long, value_name = "FILE", conflicts_with_all = ["run", "compare", "tune", "ablation", "baseline", "write_run"])]
    write_features: Option<PathBuf>,
    /// Compare two stored runs topic by topic
    #[arg(long, num_args = 2, value_names = ["RUN_A", "RUN_B"], requires = "qrels", conflicts_with_all = ["topics", "all", "run"])]
    compare: Vec<PathBuf>,
    /// Count how often related puts a relative before a decoy: a line each of group, thread, relative, decoy, tabs between
    #[arg(long, value_name = "FILE", conflicts_with_all = ["run", "compare", "tune", "ablation", "sets", "topics", "all", "rerank_model"])]
    traps: Option<PathBuf>,
    /// Show what each part of the related ranking adds
    #[arg(long, conflicts_with_all = ["run", "compare", "tune"])]
    ablation: bool,
    /// Search better weights, and print what they give on held-out topics
    #[arg(long, conflicts_with_all = ["run", "compare"])]
    tune: bool,
    /// Parts that the topics are cut into for tuning; each is held out once
    #[arg(long, value_name = "K", default_value_t = 5, requires = "tune")]
    folds: usize,
    /// Times at most that tuning goes over all weights
    #[arg(long, value_name = "N", default_value_t = 3, requires = "tune")]
    rounds: usize,
    /// Weights to tune, as in schema/ranking.toml: title,search.narrower [default: all of the mode]
    #[arg(long, value_name = "NAME,…", value_delimiter = ',', requires = "tune")]
    only: Vec<String>,
    /// Measure mentions against gold spans: JSON Lines of id, text, spans
    #[arg(long, value_name = "FILE", group = "reading")]
    spans: Option<PathBuf>,
    /// Types of mention that count for --spans
    #[arg(long, value_name = "TYPE,…", value_delimiter = ',', requires = "spans")]
    kinds: Vec<Kind>,
    /// Measure assertions: concept, sentence, Affirmed or Negated, then a count, or temporality and experiencer
    #[arg(long, value_name = "FILE", group = "reading")]
    assertions: Option<PathBuf>,
    /// Count mentions per 1,000 words of threads in files or folders
    #[arg(long, value_name = "PATH", num_args = 1.., group = "reading")]
    density: Vec<PathBuf>,
    /// Lexicon tables to read with on top of the built-in ones
    #[arg(long, value_name = "FILE", requires = "reading")]
    lexicon: Vec<PathBuf>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Mode {
    Search,
    Related,
}

/// A plainer system to stand beside.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum Baseline {
    /// Plain BM25 (k1 1.2, b 0.75) over all text of a thread
    Bm25,
}

pub(super) fn run(args: Args, context: &Context) -> anyhow::Result<Outcome> {
    if let Some(path) = &args.spans {
        return reading::spans(path, &args, context);
    }
    if let Some(path) = &args.assertions {
        return reading::assertions(path, &args, context);
    }
    if !args.density.is_empty() {
        return reading::density(&args.density, &args, context);
    }
    if args.measures.is_empty() {
        bail!("no measure: name one or more with --measures, such as ndcg@10");
    }
    if let [first, second] = args.compare.as_slice() {
        return rankings::compare(first, second, &args, context);
    }
    let weights = weights(&args)?;
    if let Some(path) = &args.write_features {
        return rankings::write_features(path, &args, &weights, context);
    }
    if let Some(path) = &args.traps {
        return traps::measure(path, &args, &weights, context);
    }
    if args.ablation {
        return rankings::ablation(&args, &weights, context);
    }
    if args.tune {
        return rankings::tune(&args, &weights, context);
    }
    rankings::measure(&args, &weights, context)
}

/// The built-in weights with what the user's file changes.
fn weights(args: &Args) -> anyhow::Result<Weights> {
    let Some(path) = &args.weights else { return Ok(Weights::built_in().clone()) };
    let read = || -> anyhow::Result<Weights> {
        let theirs: toml::Table = std::fs::read_to_string(path)?.parse()?;
        let mut weights = toml::Table::try_from(Weights::built_in())?;
        for (section, lines) in theirs {
            match (weights.get_mut(&section), lines) {
                (Some(toml::Value::Table(known)), toml::Value::Table(lines)) => known.extend(lines),
                (_, value) => _ = weights.insert(section, value),
            }
        }
        Ok(weights.try_into()?)
    };
    read().with_context(|| format!("{}: no weights in the form of schema/ranking.toml", path.display()))
}
