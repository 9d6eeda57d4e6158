//! Where the ledger lies.

use std::path::{Path, PathBuf};

use anyhow::anyhow;
use etcetera::base_strategy::{BaseStrategy as _, choose_native_strategy};
use ml_judge::Ledger;

use crate::failure::Failure;

/// Opens the ledger that was named, or the user's own: `ml/ledger.sqlite` below `$XDG_DATA_HOME`
/// (`~/.local/share`), on macOS below `~/Library/Application Support`.
pub(super) fn open(named: Option<&Path>) -> Result<Ledger, Failure> {
    let path = match named {
        Some(path) => path.to_owned(),
        None => default_path().ok_or_else(|| {
            anyhow!("there is no home folder to keep the ledger in: name a file with --ledger")
        })?,
    };
    Ledger::open(path).map_err(|error| anyhow::Error::new(error).into())
}

fn default_path() -> Option<PathBuf> {
    let folders = choose_native_strategy().ok()?;
    Some(folders.data_dir().join("ml").join("ledger.sqlite"))
}
