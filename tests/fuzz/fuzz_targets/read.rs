//! Any bytes as an input: reading them does not panic, ends, and what comes out is a thread with an id and posts.
#![no_main]

use std::io::Cursor;
use std::path::Path;
use std::sync::LazyLock;

use curbside::read::{Columns, Reader};
use libfuzzer_sys::fuzz_target;

static READERS: LazyLock<[Reader; 2]> = LazyLock::new(|| {
    let columns = Columns::parse("question=body,answer=reply").expect("both are fields");
    [Reader::new(), Reader::new().with_columns(columns)]
});

fuzz_target!(|bytes: &[u8]| {
    for (reader, name) in READERS.iter().zip(["any", "any.csv"]) {
        let Ok(chunks) = reader.open_stream(Path::new(name), Box::new(Cursor::new(bytes.to_vec()))) else { continue };
        for chunk in chunks.flatten() {
            assert!(chunk.path().starts_with(name));
            for thread in reader.threads(&chunk).into_iter().flatten() {
                assert!(!thread.id.is_empty() && !thread.posts.is_empty());
            }
        }
    }
});
