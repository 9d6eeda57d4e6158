//! `.cargo/mlx.toml`, which tells Cargo where MLX is on this machine.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};
use toml::Value;

use super::recipe;
use crate::cargo;

/// Included by `.cargo/config.toml`, and ignored by Git.
fn file() -> PathBuf {
    cargo::root().join(".cargo/mlx.toml")
}

/// Why this clone does not find MLX in the folder, if so.
pub(super) fn fault(folder: &Path) -> Option<String> {
    let file = file();
    match fs::read_to_string(&file) {
        Ok(found) if found == own(folder) => None,
        Ok(_) => Some(format!(
            "{} does not point to {}",
            file.display(),
            folder.display()
        )),
        Err(_) => Some(format!("there is no {}", file.display())),
    }
}

/// Points this clone at the folder.
pub(super) fn write(folder: &Path) -> Result<()> {
    let file = file();
    let new = file.with_extension("new");
    fs::write(&new, own(folder))
        .and_then(|()| fs::rename(&new, &file))
        .with_context(|| format!("write {}", file.display()))
}

/// The whole of this clone's file.
fn own(folder: &Path) -> String {
    format!(
        "# Where MLX is on this machine, written by `cargo xtask setup`.\n{}",
        text(folder)
    )
}

/// The configuration of any workspace that builds backend-mlx with its feature `cpu`.
///
/// Naming the native library takes the place of mlx-sys's build script. `force`, because a Cargo that runs us hands down
/// what it read before.
pub(super) fn text(folder: &Path) -> String {
    let value = |text: String| Value::String(text);
    let path = value(folder.display().to_string());
    let search = value(format!("native={}", folder.display()));
    format!(
        "[env]\n\
         ML_MLX = {{ value = {path}, force = true }}\n\
         \n\
         [target.{}.mlx]\n\
         rustc-link-search = [{search}]\n\
         rustc-link-lib = [\"dylib=mlxc\"]\n\
         rustc-env = {{ OUT_DIR = {path} }}\n",
        recipe::target()
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_configuration_names_the_folder_whatever_it_is_called() {
        for folder in ["/c/mlx-1", "/a \"b\"\\c/mlx"] {
            let table: toml::Table = text(Path::new(folder)).parse().expect("it is TOML");
            assert_eq!(table["env"]["ML_MLX"]["value"].as_str(), Some(folder));
            let mlx = &table["target"][recipe::target().as_str()]["mlx"];
            assert_eq!(mlx["rustc-env"]["OUT_DIR"].as_str(), Some(folder));
            let search = mlx["rustc-link-search"][0].as_str();
            assert_eq!(search, Some(format!("native={folder}").as_str()));
        }
    }
}
