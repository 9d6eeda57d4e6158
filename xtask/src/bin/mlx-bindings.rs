//! Declares the C interface of MLX in Rust, for mlx-sys. A program of its own: only set-up needs it and what it takes to
//! read C.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result, bail};

fn main() -> Result<()> {
    let arguments: Vec<_> = env::args_os().skip(1).map(PathBuf::from).collect();
    let [sources, half, bindings] = &arguments[..] else {
        bail!("usage: mlx-bindings SOURCES HALF_H BINDINGS_RS");
    };
    let mut builder = bindgen::Builder::default()
        // mlx-sys is of edition 2021, whose declarations are not marked `unsafe`.
        .rust_target("1.73.0".parse().map_err(anyhow::Error::msg)?)
        .clang_arg(format!("-I{}", sources.display()))
        .clang_args(["-include".into(), half.display().to_string()])
        .clang_args(["-isystem".into(), compilers_own_headers()?])
        .allowlist_function("_?mlx_.*")
        .allowlist_type("mlx_.*")
        .allowlist_var("(mlx|MLX)_.*")
        .opaque_type("_IO_FILE")
        .layout_tests(false)
        // As mlx-rs takes them apart.
        .blocklist_type("b?float16_t")
        .raw_line("#[repr(transparent)]")
        .raw_line("#[derive(Debug, Copy, Clone, Default)]")
        .raw_line("pub struct float16_t(pub u16);")
        .raw_line("pub type bfloat16_t = u16;");
    for header in headers(&sources.join("mlx/c"))? {
        builder = builder.header(header.display().to_string());
    }
    builder
        .generate()
        .context("read the headers")?
        .write_to_file(bindings)
        .with_context(|| format!("write {}", bindings.display()))
}

/// Where the compiler keeps `stddef.h` and its like; libclang comes without.
fn compilers_own_headers() -> Result<String> {
    let output = Command::new("c++")
        .arg("-print-file-name=include")
        .output()
        .context("start c++")?;
    let folder = String::from_utf8(output.stdout).context("c++ names no folder")?;
    Ok(folder.trim_end().to_owned())
}

/// The headers in a folder, in order.
fn headers(folder: &Path) -> Result<Vec<PathBuf>> {
    let list = || -> std::io::Result<Vec<PathBuf>> {
        fs::read_dir(folder)?
            .map(|entry| entry.map(|entry| entry.path()))
            .collect()
    };
    let mut files = list().with_context(|| format!("list {}", folder.display()))?;
    files.retain(|file| file.extension().is_some_and(|e| e == "h"));
    files.sort();
    Ok(files)
}
