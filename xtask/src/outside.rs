//! `cargo xtask outside`: our crates as somebody else's dependencies, and each crate alone.

use anyhow::Result;

use crate::cargo;

pub(crate) fn run() -> Result<()> {
    cargo::metadata().map(drop)
}
