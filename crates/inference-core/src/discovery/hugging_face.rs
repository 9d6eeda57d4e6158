//! The cache of Hugging Face's libraries:
//! `models--org--name/{refs/main, snapshots/<revision>/…}`.
//!
//! Layout: <https://huggingface.co/docs/huggingface_hub/guides/manage-cache>.

use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use super::walk::{EntryKind, Walk};

/// Adds the models of the cache, each in the revision that `main` names, else in its newest.
pub(super) fn find(walk: &mut Walk, cache: &Path) -> io::Result<()> {
    for entry in walk.list(cache)? {
        let Some(id) = repository(&entry.name) else {
            continue;
        };
        if !matches!(entry.kind, EntryKind::Folder) {
            continue;
        }
        walk.attempt(&entry.path, |walk| match snapshot(walk, &entry.path)? {
            Some(snapshot) => walk.models_below(&snapshot, &id),
            None => Ok(()),
        });
    }
    Ok(())
}

/// `org/name` for `models--org--name`.
fn repository(folder: &str) -> Option<String> {
    let id = folder.strip_prefix("models--")?;
    Some(id.replacen("--", "/", 1))
}

fn snapshot(walk: &mut Walk, repository: &Path) -> io::Result<Option<PathBuf>> {
    let snapshots = repository.join("snapshots");
    if let Some(main) = main_revision(repository) {
        let path = snapshots.join(main);
        if path.is_dir() {
            return Ok(Some(path));
        }
    }
    let entries = match walk.list(&snapshots) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        entries => entries?,
    };
    let modified = |path: &PathBuf| fs::metadata(path).and_then(|file| file.modified()).ok();
    let folders = entries.into_iter().map(|entry| entry.path);
    Ok(folders.filter(|path| path.is_dir()).max_by_key(modified))
}

/// The commit that `refs/main` names.
fn main_revision(repository: &Path) -> Option<String> {
    let mut text = String::new();
    let file = File::open(repository.join("refs/main")).ok()?;
    file.take(1024).read_to_string(&mut text).ok()?;
    let revision = text.trim();
    let plain = !revision.is_empty() && revision.bytes().all(|byte| byte.is_ascii_alphanumeric());
    plain.then(|| revision.to_owned())
}
