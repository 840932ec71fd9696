//! Any bytes as a document: reading them does not panic, and what is found lies in the text, in order and apart.
#![no_main]

use std::sync::LazyLock;

use curbside::clinical::{Annotator, Lexicon};
use libfuzzer_sys::fuzz_target;

static ANNOTATOR: LazyLock<Annotator> = LazyLock::new(|| Annotator::new(Lexicon::core()));

fuzz_target!(|bytes: &[u8]| {
    // As the annotate verb reads input.
    let text = String::from_utf8_lossy(bytes);
    let mut behind = 0;
    for mention in ANNOTATOR.annotate(&text) {
        let (start, end) = (mention.start as usize, mention.end as usize);
        assert!(behind <= start && start < end && text.get(start..end).is_some());
        if let Some((start, end)) = mention.cue {
            assert!(start < end && text.get(start as usize..end as usize).is_some());
        }
        behind = end;
    }
});
