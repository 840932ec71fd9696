//! How many connections this process may have open.

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

/// Descriptors for the index, for its next state while the last is still open, and for what else a process opens.
const RESERVED: u64 = 512;

/// More idle connections than this are of no use to anybody.
const MOST: u64 = 16_384;

/// Raises the soft limit on open files to the hard one, as servers do, and says how many connections fit.
pub fn connections() -> usize {
    let limit = getrlimit(Resource::Nofile);
    let wanted = limit.maximum.unwrap_or(MOST + RESERVED).min(MOST + RESERVED);
    let mut files = limit.current.unwrap_or(wanted);
    if files < wanted && setrlimit(Resource::Nofile, Rlimit { current: Some(wanted), maximum: limit.maximum }).is_ok() {
        files = wanted;
    }
    files.saturating_sub(RESERVED).clamp(16, MOST) as usize
}
