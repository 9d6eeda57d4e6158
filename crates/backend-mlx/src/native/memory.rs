//! The memory of MLX, which is one for the whole process.

use std::sync::atomic::{AtomicU64, Ordering};

use inference_core::{Error, ErrorKind};
use mlx_rs::error::Exception;
use mlx_rs::memory as mlx;

use super::engine::{Memory, require_device};
use super::heap;

/// The most that was held, as far as the engine has reset MLX's own count.
static HIGHEST: AtomicU64 = AtomicU64::new(0);

/// Bytes that models, caches and computations hold.
///
/// # Errors
/// [`ErrorKind::Unavailable`] where there is no device, as for all of these functions.
pub fn active() -> Result<u64, Error> {
    read(mlx::active_memory)
}

/// The most bytes that were held at once since the process began, or since [`reset_peak`].
///
/// # Errors
/// As [`active`].
pub fn peak() -> Result<u64, Error> {
    Ok(read(mlx::peak_memory)?.max(HIGHEST.load(Ordering::Acquire)))
}

/// Begins to count the [`peak`] anew.
///
/// # Errors
/// As [`active`].
pub fn reset_peak() -> Result<(), Error> {
    require_device()?;
    HIGHEST.store(0, Ordering::Release);
    mlx::reset_peak_memory().map_err(failed)
}

/// Bytes that were freed and are kept to be used again. When nothing has been asked of any model
/// for a quarter of a second, they are given back.
///
/// # Errors
/// As [`active`].
pub fn cached() -> Result<u64, Error> {
    read(mlx::cache_memory)
}

/// Gives what is [`cached`] back to the system.
///
/// # Errors
/// As [`active`].
pub fn clear_cache() -> Result<(), Error> {
    require_device()?;
    mlx::clear_cache().map_err(failed)?;
    heap::trim();
    Ok(())
}

/// The bytes that MLX tries to stay below: it frees its cache and waits for running computations
/// before it takes more, and takes it all the same when that does not help.
///
/// # Errors
/// As [`active`].
pub fn limit() -> Result<u64, Error> {
    read(mlx::memory_limit)
}

/// Sets the [`limit`].
///
/// # Errors
/// As [`active`].
pub fn set_limit(bytes: u64) -> Result<(), Error> {
    write(bytes, mlx::set_memory_limit)
}

/// Sets how many bytes may be [`cached`].
///
/// # Errors
/// As [`active`].
pub fn set_cache_limit(bytes: u64) -> Result<(), Error> {
    write(bytes, mlx::set_cache_limit)
}

/// Sets how many bytes the GPU may keep from being paged out. Metal on macOS 15 or later alone.
///
/// # Errors
/// As [`active`], and [`ErrorKind::Unsupported`] on the CPU.
pub fn set_wired_limit(bytes: u64) -> Result<(), Error> {
    if cfg!(not(target_os = "macos")) {
        let what = "a limit of wired memory, which only Metal has,";
        return Err(Error::unsupported(crate::BACKEND, what));
    }
    write(bytes, mlx::set_wired_limit)
}

/// The memory in the current turn of the engine, on whose thread this is called.
pub(crate) fn now() -> Memory {
    Memory {
        active: mlx::active_memory().map_or(0, |bytes| bytes as u64),
        peak: mlx::peak_memory().map_or(0, |bytes| bytes as u64),
    }
}

/// The most that was held in the turn that ends here.
pub(crate) fn take_peak() -> u64 {
    let peak = now().peak;
    HIGHEST.fetch_max(peak, Ordering::AcqRel);
    // It only reads and writes a counter.
    let _ = mlx::reset_peak_memory();
    peak
}

fn read(read: impl FnOnce() -> Result<usize, Exception>) -> Result<u64, Error> {
    require_device()?;
    read().map(|bytes| bytes as u64).map_err(failed)
}

fn write(bytes: u64, write: impl FnOnce(usize) -> Result<usize, Exception>) -> Result<(), Error> {
    require_device()?;
    let bytes = usize::try_from(bytes).unwrap_or(usize::MAX);
    write(bytes).map(drop).map_err(failed)
}

fn failed(exception: Exception) -> Error {
    Error::new(ErrorKind::Backend, "MLX could not tell or set its memory")
        .with_backend(crate::BACKEND)
        .with_source(exception)
}
