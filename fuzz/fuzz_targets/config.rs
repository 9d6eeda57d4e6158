//! A config.json of any content.

#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    if let Ok(config) = serde_json::from_slice(bytes) {
        read(&config);
    }
});

/// The crate shows its reader to builds by cargo-fuzz alone.
#[cfg(fuzzing)]
fn read(config: &serde_json::Value) {
    backend_mlx::read_config(config);
}

#[cfg(not(fuzzing))]
fn read(_: &serde_json::Value) {}
