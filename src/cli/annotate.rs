//! `annotate`: what clinical reading makes of text. One line of input is one document.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Write};
use std::path::PathBuf;

use anstyle::{AnsiColor, Style};
use anyhow::Context as _;

use crate::clinical::{Annotator, Assertion, Kind, Lexicon, Mention, Reading};

use super::{Context, Format, Outcome, style};

#[derive(Debug, clap::Args)]
pub struct Args {
    /// A file of documents, one a line; - or nothing is standard input
    #[arg(value_name = "FILE")]
    file: Option<PathBuf>,
    /// Tables and standard terminologies to add to the built-in lexicon
    #[arg(long, value_name = "FILE", num_args = 1..)]
    lexicon: Vec<PathBuf>,
}

pub(super) fn run(args: Args, context: &Context) -> anyhow::Result<Outcome> {
    let annotator = Annotator::new(Lexicon::with_tables(&args.lexicon)?);
    let input: Box<dyn BufRead> = match args.file.filter(|file| file.as_os_str() != "-") {
        Some(file) => {
            let opened = File::open(&file).with_context(|| format!("{}: cannot be read", file.display()))?;
            Box::new(BufReader::new(opened))
        }
        None => Box::new(io::stdin().lock()),
    };
    let mut out = anstream::stdout().lock();
    for line in input.split(b'\n') {
        let line = line.context("the input cannot be read")?;
        let text = String::from_utf8_lossy(&line);
        let text = text.strip_suffix('\r').unwrap_or(&text);
        let mentions = annotator.annotate(text);
        match context.format() {
            Format::Human => print_text(&mut out, &annotator, text, &mentions)?,
            _ => {
                serde_json::to_writer(&mut out, &Reading::told(text, &mentions, annotator.lexicon())).map_err(io::Error::from)?;
                writeln!(out)?;
            }
        }
    }
    Ok(Outcome::Done)
}

/// The text with its mentions coloured by type; denied ones struck, what does not hold now dimmed, cues underlined.
fn print_text(out: &mut impl Write, annotator: &Annotator, text: &str, mentions: &[Mention]) -> io::Result<()> {
    let cues = mentions.iter().filter_map(|mention| mention.cue).map(|(start, end)| (start, end, Style::new().underline()));
    let named = mentions.iter().map(|mention| {
        let look = look(annotator.lexicon().concept(mention.concept).kind, mention.assertion);
        (mention.start, mention.end, look)
    });
    let mut pieces: Vec<(u32, u32, Style)> = named.chain(cues).collect();
    pieces.sort_by_key(|&(start, end, _)| (start, end));
    let mut at = 0;
    for (start, end, look) in pieces {
        let (start, end) = (start as usize, end as usize);
        // A cue may stand for several mentions, and within one.
        if start < at {
            continue;
        }
        write!(out, "{}{look}{}{look:#}", style::clean(&text[at..start]), style::clean(&text[start..end]))?;
        at = end;
    }
    writeln!(out, "{}", style::clean(&text[at..]))
}

fn look(kind: Kind, assertion: Assertion) -> Style {
    let colour = match kind {
        Kind::Symptom => AnsiColor::Yellow,
        Kind::Condition => AnsiColor::Red,
        Kind::Procedure => AnsiColor::Blue,
        Kind::Drug => AnsiColor::Green,
        Kind::Investigation => AnsiColor::Magenta,
    };
    let look = colour.on_default();
    match assertion {
        Assertion::Present => look.bold(),
        Assertion::Denied => look.strikethrough(),
        Assertion::Possible => look.italic(),
        Assertion::Past | Assertion::Family | Assertion::Hypothetical => look.dimmed(),
    }
}
