//! MLX, the runtime of backend-mlx: on Linux a folder of the cache, on macOS what its build needs.
//!
//! On Linux nothing of MLX is built. Its library and headers come as a wheel; the C interface that mlx-rs calls is
//! compiled from the sources in the crate mlx-sys into `libmlxc.so`. Cargo is told by `.cargo/mlx.toml` to link that
//! in place of running the crate's build script, which knows macOS alone.

mod cargo_config;
mod folder;
mod library;
mod recipe;
mod xcode;

use anyhow::{Result, bail};

use crate::cache::Cache;

pub(super) const WHAT: &str = "MLX (a minute on Linux)";

/// Whether MLX runs on this system.
pub(super) const fn runs_here() -> bool {
    recipe::wheels().is_some() || xcode::HERE
}

/// Why MLX cannot be used in this clone, if so.
pub(super) fn fault(cache: &Cache) -> Result<Option<String>> {
    if xcode::HERE {
        return Ok(xcode::fault());
    }
    let folder = recipe::folder(cache);
    Ok(match folder::fault(&folder)? {
        Some(fault) => Some(fault),
        None => cargo_config::fault(&folder),
    })
}

/// Makes the folder, unless it is there and right, and points this clone at it.
///
/// # Errors
/// On macOS always: it says how to install what is missing.
pub(super) fn provide(cache: &Cache) -> Result<()> {
    if xcode::HERE {
        return xcode::fault().map_or(Ok(()), |fault| bail!(fault));
    }
    let folder = recipe::folder(cache);
    if folder::fault(&folder)?.is_some() {
        library::build(cache, &folder)?;
    }
    cargo_config::write(&folder)
}

/// The Cargo configuration with which another workspace finds MLX; on macOS none is needed.
///
/// # Errors
/// MLX is not set up.
pub(super) fn configuration(cache: &Cache) -> Result<Option<String>> {
    if xcode::HERE {
        return Ok(None);
    }
    if let Some(fault) = fault(cache)? {
        bail!("MLX is not set up: {fault}; `cargo xtask setup` does it");
    }
    Ok(Some(cargo_config::text(&recipe::folder(cache))))
}
