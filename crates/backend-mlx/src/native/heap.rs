//! The heap of the C library, which MLX takes its memory of on the CPU.

/// Gives the system back what is free between what is used. The GNU C library keeps it: after an
/// answer of a small model as much as half of the model's own size.
#[cfg(all(target_os = "linux", target_env = "gnu"))]
#[expect(unsafe_code, reason = "the standard library has no name for it")]
pub(crate) fn trim() {
    // SAFETY: `malloc_trim` may be called at any time, from any thread, and takes no pointer.
    let _ = unsafe { libc::malloc_trim(0) };
}

/// Nothing: other C libraries do it by themselves, and Metal's memory is not theirs.
#[cfg(not(all(target_os = "linux", target_env = "gnu")))]
pub(crate) fn trim() {}
