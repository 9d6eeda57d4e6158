//! Compares what a script wrote with what the repository has.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail};

/// Checks that every file below `new` is, byte by byte, at the same place below `old`.
///
/// # Errors
/// Names those that are not, or says that there is no file at all.
pub(super) fn compare(new: &Path, old: &Path) -> Result<()> {
    let mut files = Vec::new();
    list(new, &mut files).with_context(|| format!("look into {}", new.display()))?;
    files.sort();
    let mut differing = Vec::new();
    for file in &files {
        let path = file.strip_prefix(new).unwrap_or(file);
        let written = fs::read(file).with_context(|| format!("read {}", file.display()))?;
        match fs::read(old.join(path)) {
            Ok(kept) if kept == written => {}
            Ok(_) => differing.push(format!("{} differs", path.display())),
            Err(_) => differing.push(format!("{} is new", path.display())),
        }
    }
    if files.is_empty() {
        bail!("it wrote no file into the folder that it was given");
    }
    if !differing.is_empty() {
        bail!(
            "{}\nwhat was written is in {}",
            differing.join(", "),
            new.display()
        );
    }
    Ok(())
}

/// Every file below a folder.
fn list(folder: &Path, found: &mut Vec<PathBuf>) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        if entry.file_type()?.is_dir() {
            list(&entry.path(), found)?;
        } else {
            found.push(entry.path());
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folder(files: &[(&str, &str)]) -> tempfile::TempDir {
        let folder = tempfile::tempdir().expect("a folder");
        for (path, text) in files {
            let file = folder.path().join(path);
            fs::create_dir_all(file.parent().expect("it is below the folder")).expect("created");
            fs::write(file, text).expect("written");
        }
        folder
    }

    #[track_caller]
    fn check(new: &[(&str, &str)], old: &[(&str, &str)], expected: Option<&str>) {
        let (new, old) = (folder(new), folder(old));
        let found = compare(new.path(), old.path()).map_err(|error| error.to_string());
        match expected {
            None => assert_eq!(found, Ok(())),
            Some(part) => {
                let error = found.expect_err("they differ");
                assert!(error.contains(part), "{error}");
            }
        }
    }

    #[test]
    fn only_what_was_written_is_compared() {
        let old = [("a/golden.json", "1"), ("b/other.json", "2")];
        check(&[("a/golden.json", "1")], &old, None);
        check(
            &[("a/golden.json", "3"), ("b/other.json", "2")],
            &old,
            Some("a/golden.json differs\n"),
        );
        check(&[("a/more.json", "1")], &old, Some("a/more.json is new"));
    }

    #[test]
    fn a_script_that_writes_nothing_fails() {
        check(&[], &[("a/golden.json", "1")], Some("no file"));
    }
}
