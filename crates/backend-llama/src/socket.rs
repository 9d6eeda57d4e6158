//! A private folder for the UNIX socket of one server.

use std::env;
use std::fs::Permissions;
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use tempfile::TempDir;

/// llama-server takes a host for a socket when it ends in `.sock`.
const NAME: &str = "llama.sock";

/// Bytes in the address of a socket, with the final NUL.
const ADDRESS: usize = if cfg!(target_os = "linux") { 108 } else { 104 };

/// Nobody but this user can enter the folder; it is removed when dropped.
#[derive(Debug)]
pub(crate) struct SocketFolder {
    folder: TempDir,
    socket: PathBuf,
}

impl SocketFolder {
    /// Creates the folder where temporary files go, or in `/tmp` where that is too long a path.
    pub(crate) fn create() -> io::Result<Self> {
        let temporary = std::path::absolute(env::temp_dir())?;
        Self::create_in(&temporary).or_else(|error| match error.kind() {
            io::ErrorKind::InvalidFilename => Self::create_in(Path::new("/tmp")),
            _ => Err(error),
        })
    }

    fn create_in(parent: &Path) -> io::Result<Self> {
        let folder = tempfile::Builder::new()
            .prefix("ml-")
            .rand_bytes(12)
            .permissions(Permissions::from_mode(0o700))
            .tempdir_in(parent)?;
        let socket = folder.path().join(NAME);
        let bytes = socket.as_os_str().as_bytes();
        // llama-server splits its hosts at commas.
        if bytes.len() >= ADDRESS || bytes.contains(&b',') {
            let message = format!("{} cannot be the address of a socket", socket.display());
            return Err(io::Error::new(io::ErrorKind::InvalidFilename, message));
        }
        Ok(Self { folder, socket })
    }

    pub(crate) fn path(&self) -> &Path {
        self.folder.path()
    }

    pub(crate) fn socket(&self) -> &Path {
        &self.socket
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::net::UnixListener;

    use super::*;

    #[test]
    fn the_folder_is_private_and_goes_away() {
        let folder = SocketFolder::create().unwrap();
        let path = folder.path().to_owned();
        assert_eq!(path.metadata().unwrap().permissions().mode() & 0o777, 0o700);
        UnixListener::bind(folder.socket()).unwrap();
        drop(folder);
        assert!(!path.exists());
    }

    #[test]
    fn a_path_that_no_socket_can_have_is_refused() {
        let parent = tempfile::tempdir().unwrap();
        for name in ["x".repeat(80), "a,b".to_owned()] {
            let long = parent.path().join(name);
            std::fs::create_dir(&long).unwrap();
            let error = SocketFolder::create_in(&long).unwrap_err();
            assert_eq!(error.kind(), io::ErrorKind::InvalidFilename);
            assert_eq!(long.read_dir().unwrap().count(), 0);
        }
    }

    #[test]
    fn every_address_that_is_accepted_can_be_bound() {
        let parent = tempfile::tempdir().unwrap();
        let rest =
            ADDRESS - 1 - parent.path().as_os_str().len() - "//ml-xxxxxxxxxxxx/llama.sock".len();
        let longest = parent.path().join("x".repeat(rest));
        std::fs::create_dir(&longest).unwrap();
        let folder = SocketFolder::create_in(&longest).unwrap();
        assert_eq!(folder.socket().as_os_str().len(), ADDRESS - 1);
        UnixListener::bind(folder.socket()).unwrap();
    }
}
