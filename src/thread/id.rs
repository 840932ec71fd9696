//! A **thread id** names a thread for as long as the archive lives. In: what the archive says, or the thread's content. Out: a
//! short string without control characters.

use std::borrow::Borrow;
use std::fmt;

use serde::{Deserialize, Serialize};
use xxhash_rust::xxh3::Xxh3;

use super::Thread;

/// The stable name of a thread. Empty until a reader has given one.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "serve", derive(utoipa::ToSchema))]
#[serde(transparent)]
pub struct ThreadId(String);

impl ThreadId {
    pub fn as_str(&self) -> &str {
        &self.0
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl Thread {
    /// An id made from title, posts and sections: the same consult read twice, from whatever form, is one thread.
    /// White space does not count, so that a re-wrapped page keeps its id.
    pub fn id_from_content(&self) -> ThreadId {
        let mut hasher = Xxh3::new();
        let mut feed = |text: &str| {
            for word in text.split_whitespace() {
                hasher.update(word.as_bytes());
                hasher.update(b" ");
            }
            hasher.update(b"\n");
        };
        feed(&self.title);
        for post in &self.posts {
            feed(&post.role.to_string());
            feed(&post.text);
            for section in &post.sections {
                feed(section.kind.name());
                feed(&section.text);
            }
        }
        // 64 of the 128 bits: one chance in 3,700 of a single clash among 100 million threads.
        ThreadId(format!("t{:016x}", hasher.digest128() as u64))
    }
}

impl From<&str> for ThreadId {
    /// Control characters and surrounding space are dropped: ids are printed and put into runs, a line each.
    fn from(given: &str) -> ThreadId {
        ThreadId(given.trim().chars().filter(|c| !c.is_control()).collect())
    }
}

impl From<String> for ThreadId {
    fn from(given: String) -> ThreadId {
        ThreadId::from(given.as_str())
    }
}

impl fmt::Display for ThreadId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl AsRef<str> for ThreadId {
    fn as_ref(&self) -> &str {
        &self.0
    }
}

impl Borrow<str> for ThreadId {
    fn borrow(&self) -> &str {
        &self.0
    }
}
