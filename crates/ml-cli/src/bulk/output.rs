//! Files that appear when they are complete.

use std::fs::{self, File, Permissions};
use std::io::{self, BufWriter, Write};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use tempfile::NamedTempFile;

/// A file that is written beside its place and moved there once it is complete, so that what was
/// there before stays until then. Standard output, for `-`, and what is no file, such as a pipe,
/// are written as it comes.
///
/// Dropping it leaves the place as it was.
pub(crate) struct Output {
    writer: Writer,
    path: PathBuf,
}

enum Writer {
    Beside(BufWriter<NamedTempFile>, PathBuf),
    There(File),
    Stdout(io::Stdout),
}

impl Output {
    /// Prepares to write.
    ///
    /// # Errors
    /// The folder is not there or may not be written.
    pub(crate) fn create(path: &Path) -> anyhow::Result<Self> {
        let writer = Writer::open(path);
        let writer = writer.with_context(|| format!("cannot write {}", path.display()))?;
        let path = path.to_owned();
        Ok(Self { writer, path })
    }

    /// Whether lines go where somebody may read them at once.
    pub(crate) fn is_stdout(&self) -> bool {
        matches!(self.writer, Writer::Stdout(_))
    }

    /// Puts the file into its place.
    ///
    /// # Errors
    /// It cannot be written to its end.
    pub(crate) fn commit(self) -> anyhow::Result<()> {
        let path = self.path;
        let put = match self.writer {
            Writer::Beside(writer, place) => writer
                .into_inner()
                .map_err(io::IntoInnerError::into_error)
                .and_then(|file| {
                    file.as_file().sync_all()?;
                    file.persist(place).map(drop).map_err(|error| error.error)
                }),
            Writer::There(mut file) => file.flush(),
            Writer::Stdout(mut stdout) => stdout.flush(),
        };
        put.with_context(|| format!("cannot write {}", path.display()))
    }
}

impl Writer {
    fn open(path: &Path) -> io::Result<Self> {
        if path.as_os_str() == "-" {
            return Ok(Self::Stdout(io::stdout()));
        }
        // A link stays one: what it points to is replaced.
        let place = fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
        if fs::metadata(&place).is_ok_and(|metadata| !metadata.is_file()) {
            return File::options().write(true).open(&place).map(Self::There);
        }
        let folder = place.parent().filter(|folder| *folder != Path::new(""));
        let beside = tempfile::Builder::new()
            .prefix(".ml-")
            .permissions(Permissions::from_mode(0o666))
            .tempfile_in(folder.unwrap_or(Path::new(".")))?;
        Ok(Self::Beside(BufWriter::new(beside), place))
    }
}

impl Write for Output {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match &mut self.writer {
            Writer::Beside(writer, _) => writer.write(bytes),
            Writer::There(file) => file.write(bytes),
            Writer::Stdout(stdout) => stdout.write(bytes),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match &mut self.writer {
            Writer::Beside(writer, _) => writer.flush(),
            Writer::There(file) => file.flush(),
            Writer::Stdout(stdout) => stdout.flush(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_there_stays_until_the_new_file_is_complete() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("scores.json");
        fs::write(&path, "old").expect("written");
        let mut dropped = Output::create(&path).expect("writable");
        dropped.write_all(b"half").expect("written");
        drop(dropped);
        assert_eq!(fs::read_to_string(&path).expect("there"), "old");
        let mut output = Output::create(&path).expect("writable");
        output.write_all(b"new").expect("written");
        assert_eq!(fs::read_to_string(&path).expect("there"), "old");
        output.commit().expect("moved");
        assert_eq!(fs::read_to_string(&path).expect("there"), "new");
        let left = fs::read_dir(folder.path()).expect("readable").count();
        assert_eq!(left, 1);
    }

    #[test]
    fn a_folder_that_is_not_there_is_named() {
        let error = Output::create(Path::new("/no/such/folder/x"))
            .err()
            .expect("refused");
        assert!(error.to_string().contains("/no/such/folder/x"), "{error}");
    }
}
