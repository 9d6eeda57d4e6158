//! Decides whether MLX is part of the build (`cfg(mlx)`), and stops with the way out where it
//! should be but was not set up.

use std::env;
use std::path::Path;

/// Where set-up put MLX; the Cargo configuration that it writes sets this.
const FOLDER: &str = "ML_MLX";

fn main() {
    println!("cargo::rustc-check-cfg=cfg(mlx, fuzzing)");
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-env-changed={FOLDER}");
    let target = |name: &str| env::var(format!("CARGO_CFG_TARGET_{name}")).unwrap_or_default();
    let asked = env::var_os("CARGO_FEATURE_CPU").is_some();
    let on_metal = target("OS") == "macos" && target("ARCH") == "aarch64";
    let on_cpu = target("OS") == "linux" && asked;
    if !on_metal && !on_cpu {
        return;
    }
    println!("cargo::rustc-cfg=mlx");
    if on_cpu && !is_set_up() {
        println!(
            "cargo::error=the feature `cpu` of backend-mlx needs MLX, which is not set up here: \
             run `cargo xtask setup` in the repository of ml; for another workspace, \
             `cargo xtask mlx-config` prints what its .cargo/config.toml needs"
        );
    }
}

fn is_set_up() -> bool {
    env::var_os(FOLDER).is_some_and(|folder| Path::new(&folder).join("libmlxc.so").is_file())
}
