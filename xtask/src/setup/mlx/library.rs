//! Makes the folder of MLX: unpacks the wheels, compiles the C interface, generates its Rust declarations.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result, bail};

use super::folder;
use super::recipe::{self, HEADERS, LIBCLANG_FOLDER, MLX_SYS, OPTIONS, SOURCES};
use crate::cache::Cache;
use crate::setup::remove_folder;
use crate::{cargo, watch};

/// Makes the folder, in place of one that is there.
///
/// Everything happens in the cache's `build` folder; what is whole is moved in one step.
pub(super) fn build(cache: &Cache, home: &Path) -> Result<()> {
    let wheels = recipe::wheels().context("MLX has no build for this processor")?;
    let build = Build {
        sources: sources()?,
        folder: cache.join("build"),
        home: home.to_owned(),
    };
    remove_folder(&build.folder)?;
    for wheel in [&wheels.mlx, &wheels.openblas] {
        wheel.unpack(cache, &build.product())?;
    }
    wheels.libclang.unpack(cache, &build.libclang())?;
    build.write_shims()?;
    watch::run(&mut build.compile())?;
    watch::run(&mut build.declare())?;
    folder::seal(&build.product(), home)?;
    remove_folder(home)?;
    fs::rename(build.product(), home).with_context(|| format!("move it to {}", home.display()))?;
    remove_folder(&build.folder)
}

/// Where the crate mlx-sys keeps its C sources; Cargo downloads it if need be.
fn sources() -> Result<PathBuf> {
    let target = recipe::target();
    let metadata = cargo::metadata(&["--all-features", "--filter-platform", &target])?;
    let packages = metadata["packages"]
        .as_array()
        .map_or(&[][..], Vec::as_slice);
    let package = packages
        .iter()
        .find(|package| package["name"] == "mlx-sys")
        .context("no crate depends on mlx-sys")?;
    if package["version"] != MLX_SYS {
        bail!(
            "mlx-sys is {}, and the wheel in xtask/src/setup/mlx/recipe.rs is for {MLX_SYS}",
            package["version"]
        );
    }
    let manifest = package["manifest_path"].as_str().map(Path::new);
    let root = manifest.and_then(Path::parent);
    Ok(root.context("mlx-sys has no folder")?.join("src/mlx-c"))
}

/// The folders of one build.
#[derive(Debug)]
struct Build {
    /// The C sources of mlx-sys.
    sources: PathBuf,
    /// Where everything is made.
    folder: PathBuf,
    /// Where the product will be.
    home: PathBuf,
}

impl Build {
    fn product(&self) -> PathBuf {
        self.folder.join("product")
    }

    fn libclang(&self) -> PathBuf {
        self.folder.join("libclang")
    }

    fn shims(&self) -> PathBuf {
        self.folder.join("shims")
    }

    /// The one source that includes all others.
    fn unit(&self) -> PathBuf {
        self.shims().join("unit.cpp")
    }

    fn write_shims(&self) -> Result<()> {
        let folder = self.shims();
        let write = || {
            fs::create_dir_all(&folder)?;
            for (name, text) in HEADERS.iter().chain(SOURCES) {
                fs::write(folder.join(name), text)?;
            }
            fs::write(self.unit(), unit(&names(&self.sources.join("mlx/c"))?))
        };
        write().with_context(|| format!("write the sources to {}", folder.display()))
    }

    fn compile(&self) -> Command {
        let product = self.product();
        let mut compiler = Command::new("c++");
        compiler.args(OPTIONS);
        compiler.arg("-include").arg(self.shims().join("format.h"));
        compiler.arg("-I").arg(&self.sources);
        compiler.arg("-isystem").arg(product.join("mlx/include"));
        compiler.arg(self.unit());
        compiler.arg("-o").arg(product.join("libmlxc.so"));
        // The absolute path as its name: programs find the library without any search path of theirs.
        let name = self.home.join("libmlxc.so");
        compiler.arg(format!("-Wl,-soname,{}", name.display()));
        for (folder, library) in [
            ("mlx/lib", "mlx"),
            ("scipy_openblas32/lib", "scipy_openblas"),
        ] {
            compiler.arg("-L").arg(product.join(folder));
            compiler.arg(format!("-l{library}"));
            compiler.arg(format!("-Wl,-rpath,$ORIGIN/{folder}"));
        }
        compiler
    }

    /// Another program does it, so that only set-up builds what it takes to read C.
    fn declare(&self) -> Command {
        let mut bindings = cargo::cargo(["run", "--package", "xtask", "--features", "bindings"]);
        bindings.args(["--bin", "mlx-bindings", "--"]);
        bindings.arg(&self.sources).arg(self.shims().join("half.h"));
        bindings.arg(self.product().join("bindings.rs"));
        bindings.env("LIBCLANG_PATH", self.libclang().join(LIBCLANG_FOLDER));
        bindings
    }
}

/// The names of the C++ sources in a folder, in order.
fn names(folder: &Path) -> io::Result<Vec<String>> {
    let mut names = Vec::new();
    for entry in fs::read_dir(folder)? {
        let name = PathBuf::from(entry?.file_name());
        if name.extension().is_some_and(|e| e == "cpp") {
            names.push(name.display().to_string());
        }
    }
    names.sort();
    Ok(names)
}

/// A source that includes those of mlx-c and our own.
fn unit(names: &[String]) -> String {
    let theirs = names.iter().map(|name| format!("mlx/c/{name}"));
    let ours = SOURCES.iter().map(|(name, _)| (*name).to_owned());
    let lines = theirs
        .chain(ours)
        .map(|name| format!("#include \"{name}\""));
    lines.collect::<Vec<_>>().join("\n") + "\n"
}

#[cfg(test)]
mod tests {
    use super::*;

    fn build() -> Build {
        Build {
            sources: "/s".into(),
            folder: "/c/build".into(),
            home: "/c/mlx-1".into(),
        }
    }

    #[test]
    fn the_library_is_named_by_where_it_will_be_and_finds_the_others_from_there() {
        let command = build().compile();
        let words: Vec<_> = command.get_args().map(|a| a.to_string_lossy()).collect();
        let line = words.join(" ");
        assert!(line.contains("-o /c/build/product/libmlxc.so"), "{line}");
        assert!(line.contains("-Wl,-soname,/c/mlx-1/libmlxc.so"), "{line}");
        assert!(line.contains("-Wl,-rpath,$ORIGIN/mlx/lib"), "{line}");
        assert!(
            line.contains("-Wl,-rpath,$ORIGIN/scipy_openblas32/lib"),
            "{line}"
        );
    }

    #[test]
    fn one_source_includes_theirs_and_ours() {
        let folder = tempfile::tempdir().expect("a folder");
        for name in ["b.cpp", "a.cpp", "a.h"] {
            fs::write(folder.path().join(name), "").expect("written");
        }
        let unit = unit(&names(folder.path()).expect("it can be listed"));
        let lines: Vec<_> = unit.lines().collect();
        let expected = ["#include \"mlx/c/a.cpp\"", "#include \"mlx/c/b.cpp\""];
        assert_eq!(lines[..2], expected);
        assert_eq!(lines.last(), Some(&"#include \"blas.cpp\""));
    }
}
