//! A LoRA adapter of any configuration and weights, in each layout.
//!
//! The bytes up to the first zero are the configuration, the rest are the weights.

#![no_main]

use std::fs;

use libfuzzer_sys::fuzz_target;
use model_formats::LoraAdapter;

fuzz_target!(|bytes: &[u8]| {
    let end = bytes
        .iter()
        .position(|byte| *byte == 0)
        .unwrap_or(bytes.len());
    let (config, weights) = bytes.split_at(end);
    let weights = weights.get(1..).unwrap_or_default();
    let folder = tempfile::tempdir().expect("a folder can be made");
    fs::write(folder.path().join("adapter_config.json"), config).expect("it can be written");
    for name in [
        "adapters.safetensors",
        "adapter_model.safetensors",
        "adapter.gguf",
    ] {
        let file = folder.path().join(name);
        fs::write(&file, weights).expect("it can be written");
        for path in [folder.path(), &file] {
            if let Ok(adapter) = LoraAdapter::open(path, None) {
                assert!(
                    adapter
                        .modules()
                        .values()
                        .all(|module| module.scale().is_finite())
                );
            }
        }
        fs::remove_file(&file).expect("it is there");
    }
});
