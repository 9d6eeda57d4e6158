//! Inspect AI's side of the comparison.

use std::env;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::measured::Figures;

/// A Python that has Inspect AI, which `cargo xtask bench judge` names.
pub(crate) fn python() -> Option<PathBuf> {
    env::var_os("ML_INSPECT_PYTHON").map(PathBuf::from)
}

/// Answers and scores so many samples in a fresh process.
pub(crate) fn measure(python: &Path, samples: u64) -> Figures {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("benches/engine/peer.py");
    let logs = tempfile::tempdir().expect("a folder");
    let mut command = Command::new(python);
    command
        .arg(script)
        .arg(samples.to_string())
        .arg(logs.path());
    Figures::from_output(&mut command)
}
