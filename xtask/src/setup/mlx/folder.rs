//! The folder of MLX in the cache: whether it is whole.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};

use crate::setup::checksum::sha256;

/// What programs are built with and run with, beside the libraries.
const BINDINGS: &str = "bindings.rs";

/// Written last, in the format of `sha256sum`. The absolute paths in it tell a folder that was moved: its libraries
/// would be looked for where it was.
const SUMS: &str = "SHA256SUMS";

/// Why the folder cannot be used, if so.
pub(super) fn fault(folder: &Path) -> Result<Option<String>> {
    let Ok(expected) = fs::read_to_string(folder.join(SUMS)) else {
        return Ok(Some(format!("there is no {}", folder.join(SUMS).display())));
    };
    let fault = || format!("{} is not as it was set up", folder.display());
    Ok((expected != sums(folder, folder)?).then(fault))
}

/// Marks a folder as whole that is about to be moved to `home`.
pub(super) fn seal(folder: &Path, home: &Path) -> Result<()> {
    let file = folder.join(SUMS);
    fs::write(&file, sums(folder, home)?).with_context(|| format!("write {}", file.display()))
}

/// The checksums of the bindings and of all libraries.
fn sums(folder: &Path, home: &Path) -> Result<String> {
    let mut files = vec![folder.join(BINDINGS)];
    libraries(folder, &mut files).with_context(|| format!("look into {}", folder.display()))?;
    files.sort();
    let mut lines = Vec::new();
    for file in files {
        let sum = sha256(&file)?.unwrap_or_else(|| "absent".to_owned());
        let path = home.join(file.strip_prefix(folder).unwrap_or(&file));
        lines.push(format!("{sum}  {}\n", path.display()));
    }
    Ok(lines.concat())
}

/// Every `….so` and `….so.…` below the folder.
fn libraries(folder: &Path, found: &mut Vec<PathBuf>) -> std::io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let name = entry.file_name();
        if entry.file_type()?.is_dir() {
            libraries(&entry.path(), found)?;
        } else if name.to_string_lossy().split('.').any(|part| part == "so") {
            found.push(entry.path());
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sealed() -> tempfile::TempDir {
        let folder = tempfile::tempdir().expect("a folder");
        fs::create_dir(folder.path().join("lib")).expect("created");
        for file in ["bindings.rs", "libmlxc.so", "lib/libblas.so.3.1"] {
            fs::write(folder.path().join(file), file).expect("written");
        }
        seal(folder.path(), folder.path()).expect("it can be read");
        folder
    }

    fn fault_after(change: impl FnOnce(&Path)) -> Option<String> {
        let folder = sealed();
        change(folder.path());
        fault(folder.path()).expect("it can be read")
    }

    #[test]
    fn a_folder_stays_whole_whatever_else_is_put_into_it() {
        assert_eq!(
            fault_after(|f| fs::write(f.join("note.txt"), "").expect("written")),
            None
        );
    }

    #[test]
    fn whatever_is_damaged_lost_or_left_over_is_a_fault() {
        let damage =
            |path: &'static str| move |f: &Path| fs::write(f.join(path), "other").expect("written");
        let lose =
            |path: &'static str| move |f: &Path| fs::remove_file(f.join(path)).expect("removed");
        assert!(fault_after(damage("libmlxc.so")).is_some());
        assert!(fault_after(damage("lib/libblas.so.3.1")).is_some());
        assert!(fault_after(damage("lib/libold.so")).is_some());
        assert!(fault_after(lose("bindings.rs")).is_some());
        assert!(fault_after(lose("libmlxc.so")).is_some());
        assert!(fault_after(lose("SHA256SUMS")).is_some());
    }

    #[test]
    fn a_moved_folder_is_a_fault() {
        let folder = sealed();
        let elsewhere = tempfile::tempdir().expect("a folder");
        let moved = elsewhere.path().join("moved");
        fs::rename(folder.path(), &moved).expect("moved");
        assert!(fault(&moved).expect("it can be read").is_some());
    }
}
