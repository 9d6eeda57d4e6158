//! Files that appear when they are complete.

use std::fs::{self, File, Permissions};
use std::io::{self, BufWriter, Write};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, anyhow};
use tempfile::TempPath;

use crate::failure::Failure;

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
    Beside {
        file: BufWriter<File>,
        beside: TempPath,
        place: PathBuf,
    },
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

    /// Writes a text at the end of what there is.
    ///
    /// # Errors
    /// It cannot be written; the error names the file.
    pub(crate) fn push(&mut self, text: &str) -> Result<(), Failure> {
        let written = self.writer.write_all(text.as_bytes());
        written.map_err(|error| failed(&self.path, error.into()))
    }

    /// Has all of it written and puts the file into its place.
    ///
    /// # Errors
    /// That of `write`, or it cannot be written; the error names the file.
    pub(crate) fn fill(
        mut self,
        write: impl FnOnce(&mut dyn Write) -> anyhow::Result<()>,
    ) -> Result<(), Failure> {
        write(&mut self.writer).map_err(|error| failed(&self.path, error))?;
        self.commit()
    }

    /// Puts the file into its place.
    ///
    /// # Errors
    /// It cannot be written to its end; the error names the file.
    pub(crate) fn commit(self) -> Result<(), Failure> {
        let put = match self.writer {
            Writer::Beside {
                file,
                beside,
                place,
            } => file
                .into_inner()
                .map_err(io::IntoInnerError::into_error)
                .and_then(|file| {
                    file.sync_all()?;
                    beside.persist(place).map_err(|error| error.error)
                }),
            Writer::There(mut file) => file.flush(),
            Writer::Stdout(mut stdout) => stdout.flush(),
        };
        put.map_err(|error| failed(&self.path, error.into()))
    }
}

/// What became of a file that could not be written, and what to do about it.
fn failed(path: &Path, error: anyhow::Error) -> Failure {
    let cause = error.chain().find_map(|cause| cause.downcast_ref());
    let Some(cause): Option<&io::Error> = cause else {
        return error.into();
    };
    let is_stdout = path.as_os_str() == "-";
    let name = if is_stdout {
        "stdout".to_owned()
    } else {
        path.display().to_string()
    };
    let said = match cause.kind() {
        io::ErrorKind::BrokenPipe if is_stdout => return Failure::OutputClosed,
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded | io::ErrorKind::FileTooLarge => {
            format!("no room left for {name}: free some space and run the same command again")
        }
        _ => format!("cannot write {name}"),
    };
    // What stands between only says that something was to be written.
    anyhow!("{cause}").context(said).into()
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
        let (file, beside) = beside.into_parts();
        Ok(Self::Beside {
            file: BufWriter::new(file),
            beside,
            place,
        })
    }
}

impl Write for Writer {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self {
            Self::Beside { file, .. } => file.write(bytes),
            Self::There(file) => file.write(bytes),
            Self::Stdout(stdout) => stdout.write(bytes),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match self {
            Self::Beside { file, .. } => file.flush(),
            Self::There(file) => file.flush(),
            Self::Stdout(stdout) => stdout.flush(),
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
        dropped.push("half").expect("written");
        drop(dropped);
        assert_eq!(fs::read_to_string(&path).expect("there"), "old");
        let mut output = Output::create(&path).expect("writable");
        output.push("new").expect("written");
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
