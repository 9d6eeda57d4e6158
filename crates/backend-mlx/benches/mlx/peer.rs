//! mlx-lm's side of the comparison.

use std::env;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::measured::Figures;
use crate::workload::Workload;

/// Whose BLAS mlx-lm's dense products run on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Blas {
    /// The one that comes with MLX.
    Wheel,
    /// The one that our set-up puts before it.
    Ours,
}

/// A Python that has mlx-lm.
pub(crate) fn python() -> PathBuf {
    let python = env::var_os("ML_ORACLE_PYTHON").map(PathBuf::from);
    python.expect("`cargo xtask bench mlx` provides a Python with mlx-lm and says where it is")
}

/// Runs the workload in a fresh process.
pub(crate) fn measure(python: &Path, folder: &Path, workload: &Workload, blas: Blas) -> Figures {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("benches/mlx/peer.py");
    let workload = serde_json::to_string(workload).expect("a workload is JSON");
    let mut command = Command::new(python);
    command.arg(script).arg(folder).arg(workload);
    if blas == Blas::Ours {
        let mlx = env::var_os("ML_MLX").expect("cargo says where MLX is, as in .cargo/mlx.toml");
        command.env("LD_PRELOAD", Path::new(&mlx).join("libmlxc.so"));
    }
    Figures::from_output(&mut command)
}
