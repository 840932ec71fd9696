//! `model`: makes an embedding model of a user's own, for `index --model`.

use std::io::{self, Write};
use std::path::PathBuf;

use anyhow::bail;
use clap::Subcommand;
use indicatif::{ProgressBar, ProgressStyle};

use crate::clinical::Lexicon;
use crate::embed::{Distilled, Distilling, Stage, Transformer, distill, sentences_of};

use super::parse::{for_each_thread, reader, warn_rejected};
use super::{Context, Format, Outcome, print_json, style};

#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Debug, Subcommand)]
enum Verb {
    /// Make a table that comes near a sentence transformer on the texts of an archive
    Distill(Distill),
}

#[derive(Debug, clap::Args)]
struct Distill {
    /// Folder of the sentence transformer to learn from: config.json, tokenizer.json, model.safetensors
    #[arg(long, value_name = "DIR")]
    teacher: PathBuf,
    /// Files or folders of threads whose sentences are learnt from
    #[arg(long, value_name = "PATH", num_args = 1.., required = true)]
    archive: Vec<PathBuf>,
    /// Folder to write the model to; new or empty
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
    /// Numbers in a vector
    #[arg(long, value_name = "N", default_value_t = 256, value_parser = clap::value_parser!(u16).range(1..))]
    dimension: u16,
    /// Sentences to learn from at most, and as many terms of the lexicon
    #[arg(long, value_name = "N", default_value_t = 50_000)]
    sentences: usize,
    /// Lexicon tables whose terms are learnt from, on top of the built-in ones
    #[arg(long, value_name = "FILE")]
    lexicon: Vec<PathBuf>,
    /// A folder of site profiles, tried before the built-in ones
    #[arg(long, value_name = "DIR")]
    profiles: Option<PathBuf>,
}

pub(super) fn run(args: Args, context: &Context) -> anyhow::Result<Outcome> {
    let Verb::Distill(args) = args.verb;
    if args.out.exists() && !std::fs::read_dir(&args.out).is_ok_and(|mut entries| entries.next().is_none()) {
        bail!("{} is there and not an empty folder: name a new one with --out", args.out.display());
    }
    let teacher = Transformer::open(&args.teacher)?;
    let lexicon = Lexicon::with_tables(&args.lexicon)?;
    let reader = reader(args.profiles.as_deref())?;
    let (mut sentences, mut rejected) = (Vec::new(), false);
    for_each_thread(&reader, &args.archive, &context.index, |thread| {
        match thread {
            Ok(thread) => sentences.extend(sentences_of(&thread)),
            Err(rejection) => {
                warn_rejected(&rejection);
                rejected = true;
            }
        }
        Ok(())
    })?;
    let options = Distilling { dimension: args.dimension.into(), sentences: args.sentences, ..Distilling::default() };
    let look = ProgressStyle::with_template("{msg} {bar:30} {pos}/{len}, {eta} left").expect("the template is valid");
    let bar = ProgressBar::new(0).with_style(look);
    let progress = |stage, done: usize, total: usize| {
        let message = match stage {
            Stage::Tokens => "the teacher reads tokens",
            Stage::Texts => "the teacher reads sentences and terms",
            Stage::Fitting => "fitting",
        };
        if bar.message() != message {
            bar.reset();
            bar.set_message(message);
        }
        bar.set_length(total as u64);
        bar.set_position(done as u64);
    };
    let distilled = distill(&teacher, sentences, &lexicon, &options, &args.out, &progress)?;
    bar.finish_and_clear();
    match context.format() {
        Format::Human => print(&distilled, &args)?,
        Format::Json | Format::Trec => print_json(&distilled)?,
    }
    Ok(if rejected { Outcome::SomeRejected } else { Outcome::Done })
}

fn print(distilled: &Distilled, args: &Distill) -> io::Result<()> {
    let Distilled { texts, held_out, tokens, dimension, bytes, cosine, neighbours } = distilled;
    let out = style::clean(&args.out.display().to_string()).into_owned();
    let mut to = anstream::stdout().lock();
    writeln!(
        to,
        "{}{out}{}: {tokens} tokens of {dimension} numbers, {:.1} MB",
        style::TITLE,
        style::TITLE.render_reset(),
        *bytes as f64 / 1e6
    )?;
    writeln!(to, "  fitted to {texts} sentences and terms; on {held_out} other sentences:")?;
    writeln!(to, "  {cosine:.3} mean cosine to the teacher")?;
    writeln!(to, "  {neighbours:.3} of the teacher's ten nearest are among the table's ten")?;
    writeln!(to, "Use it with `curbside index PATH… --full --model {out}`")
}
