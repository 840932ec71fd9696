//! A thread's **standing**: what speaks for reading it whatever was asked. Ranking uses it as a soft prior.

use crate::thread::Thread;

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Standing {
    /// A doctor has answered.
    pub answered: bool,
    /// Somebody has reviewed the answer.
    pub reviewed: bool,
    /// At least one section is set off.
    pub structured: bool,
}

impl Standing {
    pub fn of(thread: &Thread) -> Standing {
        Standing {
            answered: thread.is_answered(),
            reviewed: thread.reviewer.is_some() || thread.reviewed.is_some(),
            structured: thread.posts.iter().any(|post| !post.sections.is_empty()),
        }
    }

    pub fn bits(self) -> u64 {
        u64::from(self.answered) | u64::from(self.reviewed) << 1 | u64::from(self.structured) << 2
    }

    pub fn from_bits(bits: u64) -> Standing {
        Standing { answered: bits & 1 != 0, reviewed: bits & 2 != 0, structured: bits & 4 != 0 }
    }
}
