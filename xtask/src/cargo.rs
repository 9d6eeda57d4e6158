//! Cargo, run from the root of the repository.

use std::env;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail};
use serde_json::Value;

use crate::spoken;

/// The root of the repository.
pub(crate) fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .expect("xtask's own folder lies in the repository's")
}

/// The Cargo that runs us, with the root as its working folder.
pub(crate) fn cargo<S: AsRef<std::ffi::OsStr>>(args: impl IntoIterator<Item = S>) -> Command {
    let program = env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut command = Command::new(program);
    command.current_dir(root()).args(args);
    command
}

/// Prints the command, runs it with our terminal, and waits.
///
/// # Errors
/// It cannot be started, or ends with anything but success.
pub(crate) fn run(command: &mut Command) -> Result<()> {
    let line = spoken::command(command);
    println!("$ {line}");
    let status = command
        .status()
        .with_context(|| format!("start `{line}`"))?;
    if !status.success() {
        bail!("`{line}` failed ({status})");
    }
    Ok(())
}

/// Whether Cargo has this additional command, such as `deny`.
pub(crate) fn has(command: &str) -> bool {
    let mut version = cargo([command, "--version"]);
    version.stdout(Stdio::null()).stderr(Stdio::null());
    version.status().is_ok_and(|status| status.success())
}

/// What `cargo metadata` says, with these arguments: `--no-deps` for the workspace's own crates alone.
pub(crate) fn metadata(arguments: &[&str]) -> Result<Value> {
    let output = cargo(["metadata", "--format-version", "1"])
        .args(arguments)
        .output()
        .context("start `cargo metadata`")?;
    if !output.status.success() {
        bail!(
            "`cargo metadata` failed: {}",
            String::from_utf8_lossy(&output.stderr).trim()
        );
    }
    serde_json::from_slice(&output.stdout).context("read what `cargo metadata` printed")
}

/// The folder that Cargo builds into.
pub(crate) fn target_folder() -> Result<PathBuf> {
    metadata(&["--no-deps"])?["target_directory"]
        .as_str()
        .map(PathBuf::from)
        .context("`cargo metadata` names no target folder")
}
