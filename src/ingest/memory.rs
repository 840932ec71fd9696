//! **Memory** that a run has let go of goes back to the system.
//!
//! The writer takes postings in blocks of a megabyte and frees them all when a segment is written. glibc learns from the first such
//! block that is freed to hold on to the others, for as long as the process lives, in pieces that fit nothing else: on 200,000
//! threads 446 MB instead of 332 of the process's own, at the same speed.

/// From this size on a block is the system's, in bytes.
#[cfg(all(target_os = "linux", target_env = "gnu"))]
const LARGE: std::ffi::c_int = 256 * 1024;

/// For the whole process, from now on: large blocks are taken from the system one by one and given back when they are freed.
pub(super) fn give_back_large_blocks() {
    #[cfg(all(target_os = "linux", target_env = "gnu"))]
    // SAFETY: sets a number of the allocator, under its own lock.
    unsafe {
        libc::mallopt(libc::M_MMAP_THRESHOLD, LARGE);
    }
}
