//! The files of a model folder beside its weights.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::Path;

use serde_json::Value;

use super::config;

/// Endings of weights and of lists of them, in any format.
const WEIGHTS: &[&str] = &[
    ".safetensors",
    ".safetensors.index.json",
    ".bin",
    ".bin.index.json",
    ".pt",
    ".pth",
    ".gguf",
    ".h5",
    ".msgpack",
    ".onnx",
    ".onnx_data",
];

/// Copies all files but weights, the configuration and what is hidden; folders are left out.
pub(super) fn copy_others(from: &Path, to: &Path) -> io::Result<()> {
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let name = entry.file_name();
        let wanted = name.to_str().is_some_and(is_wanted);
        // Follows links, of which Hugging Face's cache consists.
        if wanted && fs::metadata(entry.path())?.is_file() {
            fs::copy(entry.path(), to.join(&name))?;
        }
    }
    Ok(())
}

fn is_wanted(name: &str) -> bool {
    let is_weights = WEIGHTS.iter().any(|ending| name.ends_with(ending));
    !name.starts_with('.') && name != config::NAME && !is_weights
}

/// Writes a new file, indented as the tools do.
pub(super) fn write_json(path: &Path, value: &Value) -> io::Result<()> {
    let mut text = serde_json::to_vec_pretty(value)?;
    text.push(b'\n');
    let mut file = File::create_new(path)?;
    file.write_all(&text)?;
    file.sync_all()
}
