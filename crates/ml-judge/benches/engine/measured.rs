//! What a process measured.

use std::path::Path;
use std::process::{Command, Stdio};

use serde::{Deserialize, Serialize};

/// One process's figures.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Figures {
    pub(crate) samples: u64,
    pub(crate) seconds: f64,
    /// Bytes in memory at the end of the work.
    pub(crate) resident: u64,
}

impl Figures {
    pub(crate) fn rate(&self) -> f64 {
        self.samples as f64 / self.seconds
    }

    /// Runs a program whose last line is its figures.
    pub(crate) fn from_output(command: &mut Command) -> Self {
        let output = command.stderr(Stdio::inherit()).output();
        let output = output.expect("it can be started");
        assert!(output.status.success(), "{command:?} failed");
        let text = String::from_utf8_lossy(&output.stdout);
        let line = text.lines().last().unwrap_or_default();
        serde_json::from_str(line).expect("the last line is its figures")
    }
}

/// Runs this program in a role.
pub(crate) fn child(role: &str, count: u64, folder: &Path) -> Figures {
    let program = std::env::current_exe().expect("this program knows where it is");
    let mut command = Command::new(program);
    command.args(["--role", role, &count.to_string()]);
    Figures::from_output(command.arg(folder))
}

pub(crate) fn median(values: impl Iterator<Item = f64>) -> f64 {
    let mut all: Vec<_> = values.collect();
    all.sort_by(f64::total_cmp);
    all[all.len() / 2]
}

/// Bytes of this process in memory.
pub(crate) fn resident() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let kib = line.and_then(|line| line.split_whitespace().next());
    kib.and_then(|kib| kib.parse::<u64>().ok()).unwrap_or(0) * 1024
}
