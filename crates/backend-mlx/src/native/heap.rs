//! The heap of the GNU C library, which MLX takes its memory of on the CPU. Left alone, it keeps
//! after an answer of a small model as much free memory as half of the model's own size.
//!
//! Other C libraries need nothing of this, and Metal's memory is not theirs.

#![cfg_attr(
    all(target_os = "linux", target_env = "gnu"),
    expect(unsafe_code, reason = "the standard library has no name for it")
)]

/// Free bytes at the end of a heap that are kept for the next allocation.
#[cfg(all(target_os = "linux", target_env = "gnu"))]
const KEPT: libc::c_int = 4 << 20;

/// Bounds what is kept at the end of each heap. To be called when a model was loaded: by itself
/// the library keeps twice the largest block that was ever freed, which then is a weight's.
///
/// The whole process is concerned; where `MALLOC_TRIM_THRESHOLD_` is set, that holds.
#[cfg(all(target_os = "linux", target_env = "gnu"))]
pub(crate) fn bound() {
    if std::env::var_os("MALLOC_TRIM_THRESHOLD_").is_some() {
        return;
    }
    // SAFETY: `mallopt` takes the heaps' lock, and no pointer. It refuses no such number.
    let _ = unsafe { libc::mallopt(libc::M_TRIM_THRESHOLD, KEPT) };
}

/// Gives the system back what is free between what is used.
#[cfg(all(target_os = "linux", target_env = "gnu"))]
pub(crate) fn trim() {
    // SAFETY: `malloc_trim` may be called at any time, from any thread, and takes no pointer.
    let _ = unsafe { libc::malloc_trim(0) };
}

#[cfg(not(all(target_os = "linux", target_env = "gnu")))]
pub(crate) fn bound() {}

#[cfg(not(all(target_os = "linux", target_env = "gnu")))]
pub(crate) fn trim() {}
