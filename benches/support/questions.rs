//! The **questions** that searches are measured with: short ones of 2 to 4 words that the index knows, long ones of [`LONG`] and more.

use std::path::{Path, PathBuf};

use curbside::eval::read_topics;
use curbside::index::analyzer;

use super::{each_thread, spread};

/// Words of a long question at the least.
const LONG: usize = 15;

/// Questions of threads among the long ones.
const OF_THREADS: usize = 200;

pub struct Questions {
    pub short: Vec<String>,
    pub long: Vec<String>,
}

impl Questions {
    /// From the topics of the sample archive, those of LiveQA where they lie beside the archive, and the archive's own questions.
    pub fn of(archive: &[PathBuf]) -> Questions {
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        let topics = |path: &Path| read_topics(path).into_iter().flatten().map(|topic| topic.text).collect::<Vec<_>>();
        let beside = |name: &str| archive.iter().flat_map(|path| topics(&path.with_file_name(name))).collect::<Vec<_>>();
        let mut short = topics(&root.join("corpus-sample/topics.tsv"));
        short.extend(beside("queries_summary.tsv"));
        short.retain(|text| (2..=4).contains(&words(text)));
        let is_long = |text: &String| words(text) >= LONG;
        let asked = each_thread(archive).filter_map(|thread| Some(thread.question()?.text.clone())).filter(is_long);
        let mut long: Vec<String> = beside("queries.tsv").into_iter().filter(is_long).collect();
        long.extend(spread(asked.collect(), OF_THREADS));
        // In no order, so that whoever has no time for all answers a fair part; a question a line, for engines that read them so.
        fastrand::Rng::with_seed(1).shuffle(&mut long);
        long.iter_mut().for_each(|text| *text = text.replace(['\n', '\r', '\t'], " "));
        Questions { short, long }
    }

    pub fn described(&self) -> String {
        let middle = |questions: &[String]| {
            let mut counts: Vec<usize> = questions.iter().map(|text| words(text)).collect();
            counts.sort_unstable();
            counts.get(counts.len() / 2).copied().unwrap_or(0)
        };
        format!(
            "{} short questions (2 to 4 words without stop words, median {}), {} long ones ({LONG} and more, median {}).\n",
            self.short.len(),
            middle(&self.short),
            self.long.len(),
            middle(&self.long)
        )
    }
}

/// Words of a question as the index knows them, each once.
fn words(question: &str) -> usize {
    let mut stems: Vec<String> = analyzer::words(question).into_iter().map(|word| word.stem).collect();
    stems.sort_unstable();
    stems.dedup();
    stems.len()
}
