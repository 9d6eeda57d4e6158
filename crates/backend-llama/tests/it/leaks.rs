//! Many servers one after the other leave nothing behind.

#![cfg(target_os = "linux")]

use std::process::Command;

use crate::support::{real, rounds};

fn cycle(config: &str, n: usize) {
    let output = Command::new(env!("CARGO_BIN_EXE_llama-parent"))
        .args([config, "cycle", &n.to_string()])
        .output()
        .unwrap();
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
}

#[test]
fn a_hundred_cycles() {
    let binary = env!("CARGO_BIN_EXE_fake-llama-server");
    cycle(
        &format!(r#"{{"model":"/models/fake.gguf","binary":"{binary}"}}"#),
        100,
    );
}

#[test]
fn cycles_of_the_real_server() {
    let config = real();
    let config = format!(
        r#"{{"model":"{}","binary":"{}","context_length":512,"threads":1}}"#,
        config.model.display(),
        config.binary.unwrap().display()
    );
    cycle(&config, rounds(5));
}
