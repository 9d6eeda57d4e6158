//! Output that appears whole or not at all.

use std::fs::{self, File};
use std::io::{self, ErrorKind, Write};
use std::path::{Path, PathBuf};
use std::process;

/// A folder that is written beside its place and moved there when it is finished.
///
/// One that is dropped before is removed. A process that is killed meanwhile leaves a hidden
/// `.NAME.PID.partial` beside the place.
#[derive(Debug)]
pub(crate) struct OutputFolder {
    staging: PathBuf,
    place: PathBuf,
}

impl OutputFolder {
    /// Makes the folder. Its place must not exist or be an empty folder; else the error is of the
    /// kind [`ErrorKind::AlreadyExists`].
    pub(crate) fn create(place: &Path) -> io::Result<Self> {
        match fs::read_dir(place).map(|mut entries| entries.next().is_none()) {
            Ok(true) => {}
            Err(error) if error.kind() == ErrorKind::NotFound => {}
            Err(error) if error.kind() != ErrorKind::NotADirectory => return Err(error),
            _ => return Err(ErrorKind::AlreadyExists.into()),
        }
        let staging = staging(place)?;
        fs::create_dir(&staging)?;
        Ok(Self {
            staging,
            place: place.to_owned(),
        })
    }

    /// Where the files are written.
    pub(crate) fn path(&self) -> &Path {
        &self.staging
    }

    /// Moves the folder to its place. Files that must survive a power failure are synchronised
    /// before.
    pub(crate) fn finish(self) -> io::Result<()> {
        sync(&self.staging)?;
        fs::rename(&self.staging, &self.place)?;
        sync_parent(&self.place)
    }
}

impl Drop for OutputFolder {
    fn drop(&mut self) {
        // Gone already after a successful `finish`.
        let _ = fs::remove_dir_all(&self.staging);
    }
}

/// Writes a file that must not exist; else the error is of the kind [`ErrorKind::AlreadyExists`].
pub(crate) fn write_file(place: &Path, bytes: &[u8]) -> io::Result<()> {
    if place.symlink_metadata().is_ok() {
        return Err(ErrorKind::AlreadyExists.into());
    }
    let staging = staging(place)?;
    let write = || {
        let mut file = File::create_new(&staging)?;
        file.write_all(bytes)?;
        file.sync_all()?;
        fs::rename(&staging, place)
    };
    match write() {
        Ok(()) => sync_parent(place),
        Err(error) => {
            let _ = fs::remove_file(&staging);
            Err(error)
        }
    }
}

fn staging(place: &Path) -> io::Result<PathBuf> {
    let name = place.file_name().ok_or(ErrorKind::InvalidInput)?;
    let mut hidden = std::ffi::OsString::from(".");
    hidden.push(name);
    hidden.push(format!(".{}.partial", process::id()));
    Ok(place.with_file_name(hidden))
}

fn sync_parent(place: &Path) -> io::Result<()> {
    match place.parent() {
        Some(parent) if parent != Path::new("") => sync(parent),
        _ => sync(Path::new(".")),
    }
}

fn sync(folder: &Path) -> io::Result<()> {
    File::open(folder)?.sync_all()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(folder: &Path) -> Vec<String> {
        let names = fs::read_dir(folder).unwrap();
        let mut names: Vec<_> = names
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        names
    }

    #[test]
    fn a_folder_appears_when_it_is_finished() {
        let parent = tempfile::tempdir().unwrap();
        let place = parent.path().join("out");
        let output = OutputFolder::create(&place).unwrap();
        fs::write(output.path().join("a"), "a").unwrap();
        assert!(!place.exists());
        output.finish().unwrap();
        assert_eq!(names(parent.path()), ["out"]);
        assert_eq!(names(&place), ["a"]);
    }

    #[test]
    fn a_dropped_folder_leaves_nothing() {
        let parent = tempfile::tempdir().unwrap();
        let output = OutputFolder::create(&parent.path().join("out")).unwrap();
        fs::write(output.path().join("a"), "a").unwrap();
        drop(output);
        assert!(names(parent.path()).is_empty());
    }

    #[test]
    fn only_an_empty_folder_may_be_there() {
        let parent = tempfile::tempdir().unwrap();
        OutputFolder::create(parent.path())
            .unwrap()
            .finish()
            .unwrap();
        fs::write(parent.path().join("file"), "mine").unwrap();
        for taken in [parent.path(), &parent.path().join("file")] {
            let error = OutputFolder::create(taken).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::AlreadyExists);
        }
        let absent = parent.path().join("absent/out");
        let error = OutputFolder::create(&absent).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::NotFound);
    }

    #[test]
    fn a_file_is_never_replaced() {
        let parent = tempfile::tempdir().unwrap();
        let place = parent.path().join("out.gguf");
        write_file(&place, b"first").unwrap();
        let error = write_file(&place, b"second").unwrap_err();
        assert_eq!(error.kind(), ErrorKind::AlreadyExists);
        assert_eq!(fs::read(&place).unwrap(), b"first");
        assert_eq!(names(parent.path()), ["out.gguf"]);
    }
}
