//! What the folder of MLX is made of, and the name that follows from it.

use std::path::PathBuf;

use crate::cache::Cache;
use crate::setup::checksum;
use crate::setup::pinned::{Form, Pinned};

/// The crate whose C sources are compiled, in the version that mlx-rs asks for.
pub(super) const MLX_SYS: &str = "0.7.0";

/// The version of MLX that the C sources are for.
const MLX: &str = "0.32.2";

const OPENBLAS: &str = "0.3.34.481.3";

const LIBCLANG: &str = "18.1.1";

/// Where `libclang.so` is in its wheel.
pub(super) const LIBCLANG_FOLDER: &str = "libclang-18.1.1.data/platlib/clang/native";

/// Headers of our own, for what the C sources expect and Linux lacks.
pub(super) const HEADERS: &[(&str, &str)] = &[
    ("format.h", include_str!("shim/format.h")),
    ("half.h", include_str!("shim/half.h")),
];

/// Sources of our own, for what mlx-rs expects and Linux lacks.
pub(super) const SOURCES: &[(&str, &str)] = &[
    ("half.cpp", include_str!("shim/half.cpp")),
    ("clock.cpp", include_str!("shim/clock.cpp")),
    ("blas.cpp", include_str!("shim/blas.cpp")),
];

/// How the library is compiled, beside files and folders.
///
/// One source is compiled, which includes all others: a fifth of the time. The optimiser has little to do in calls that
/// are handed on.
pub(super) const OPTIONS: &[&str] = &["-std=c++20", "-O1", "-fPIC", "-w", "-shared"];

/// The program that makes the bindings.
const BINDINGS: &str = include_str!("../../bin/mlx-bindings.rs");

/// The downloads for one processor.
#[derive(Debug)]
pub(super) struct Wheels {
    /// MLX itself: `libmlx.so`, its headers, a BLAS and LAPACK.
    pub(super) mlx: Pinned,
    /// A faster BLAS.
    pub(super) openblas: Pinned,
    /// The C parser behind the bindings. Not part of the folder.
    pub(super) libclang: Pinned,
}

const X86_64: Wheels = Wheels {
    mlx: wheel(
        "mlx-cpu",
        MLX,
        "mlx_cpu-0.32.2-py3-none-manylinux_2_35_x86_64.whl",
        "fc5d31b90fc4f457b2f9614ed45651a567d22a6a11a03d114a90a4e10bdd8878",
    ),
    openblas: wheel(
        "scipy-openblas32",
        OPENBLAS,
        "scipy_openblas32-0.3.34.481.3-py3-none-manylinux_2_27_x86_64.manylinux_2_28_x86_64.whl",
        "0595f94cd58c1f8a0d90c975621f4587337a003916b1979e834ebdf2cb5d9504",
    ),
    libclang: wheel(
        "libclang",
        LIBCLANG,
        "libclang-18.1.1-py2.py3-none-manylinux2010_x86_64.whl",
        "c533091d8a3bbf7460a00cb6c1a71da93bffe148f172c7d03b1c31fbf8aa2a0b",
    ),
};

const AARCH64: Wheels = Wheels {
    mlx: wheel(
        "mlx-cpu",
        MLX,
        "mlx_cpu-0.32.2-py3-none-manylinux_2_35_aarch64.whl",
        "d0f94625588b51a878786dd51cec5617894ce586cf3c94645ce1b64e24c27c0b",
    ),
    openblas: wheel(
        "scipy-openblas32",
        OPENBLAS,
        "scipy_openblas32-0.3.34.481.3-py3-none-manylinux_2_27_aarch64.manylinux_2_28_aarch64.whl",
        "e085dddbc5b9aa130f83def515d31c440e69f387a90c7e63b154a5575b4466bc",
    ),
    libclang: wheel(
        "libclang",
        LIBCLANG,
        "libclang-18.1.1-py2.py3-none-manylinux2014_aarch64.whl",
        "54dda940a4a0491a9d1532bf071ea3ef26e6dbaf03b5000ed94dd7174e8f9592",
    ),
};

const fn wheel(
    package: &'static str,
    version: &'static str,
    file: &'static str,
    sha256: &'static str,
) -> Pinned {
    Pinned {
        package,
        version,
        form: Form::Wheel,
        file,
        sha256,
    }
}

/// The downloads for this machine; `None` where there are none.
pub(super) const fn wheels() -> Option<&'static Wheels> {
    if !cfg!(all(target_os = "linux", target_env = "gnu")) {
        None
    } else if cfg!(target_arch = "x86_64") {
        Some(&X86_64)
    } else if cfg!(target_arch = "aarch64") {
        Some(&AARCH64)
    } else {
        None
    }
}

/// What Rust calls this machine, where there are downloads for it.
pub(super) fn target() -> String {
    format!("{}-unknown-linux-gnu", std::env::consts::ARCH)
}

/// Where MLX is in a filled cache. Whatever changes in what it is made of changes the name, so that clones of different
/// age share a cache.
pub(super) fn folder(cache: &Cache) -> PathBuf {
    cache.join(format!("mlx-{MLX}-{}", &digest()[..8]))
}

fn digest() -> String {
    let wheels = wheels().map(|wheels| [&wheels.mlx, &wheels.openblas, &wheels.libclang]);
    let downloads = wheels.iter().flatten().map(|wheel| wheel.sha256);
    let shims = HEADERS.iter().chain(SOURCES);
    let shims = shims.flat_map(|(name, text)| [*name, *text]);
    let parts: Vec<_> = [MLX_SYS, BINDINGS]
        .into_iter()
        .chain(OPTIONS.iter().copied())
        .chain(shims)
        .chain(downloads)
        .collect();
    checksum::of(parts.join("\0").as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_names_of_the_downloads_hold_their_versions() {
        for wheels in [&X86_64, &AARCH64] {
            for wheel in [&wheels.mlx, &wheels.openblas, &wheels.libclang] {
                let start = format!("{}-{}-", wheel.package.replace('-', "_"), wheel.version);
                assert!(wheel.file.starts_with(&start), "{}", wheel.file);
                assert_eq!(wheel.sha256.len(), 64, "{}", wheel.file);
            }
        }
    }

    #[test]
    fn libclang_is_looked_for_where_its_version_puts_it() {
        assert!(LIBCLANG_FOLDER.starts_with(&format!("libclang-{LIBCLANG}.")));
    }

    #[test]
    fn the_lock_file_has_the_sources_that_the_folder_is_made_of() {
        let lock = std::fs::read_to_string(crate::cargo::root().join("Cargo.lock"));
        let entry = format!("name = \"mlx-sys\"\nversion = \"{MLX_SYS}\"\n");
        assert!(lock.expect("it is there").contains(&entry), "{entry}");
    }

    #[test]
    fn every_shim_is_listed() {
        let folder = crate::cargo::root().join("xtask/src/setup/mlx/shim");
        let mut files: Vec<_> = std::fs::read_dir(folder)
            .expect("it is there")
            .map(|entry| entry.expect("readable").file_name())
            .collect();
        let shims = HEADERS.iter().chain(SOURCES);
        let mut listed: Vec<_> = shims.map(|(name, _)| *name).collect();
        files.sort();
        listed.sort_unstable();
        assert_eq!(files, listed);
    }
}
