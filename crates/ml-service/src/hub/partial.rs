//! A file that is being received: what is there, and its hash so far.

use std::fs::{self, File};
use std::io::{self, Read as _, Seek as _, Write as _};
use std::path::{Path, PathBuf};

use super::HubError;
use super::digest::{Digest, Hasher};
use super::listing::RepoFile;

/// What is hashed between two chances for others to run.
const BLOCK: usize = 1 << 20;

/// A file that is being received. Dropping it leaves what came on the disk, and the next one of
/// the same path goes on with it.
pub(super) struct Partial {
    path: PathBuf,
    file: File,
    received: u64,
    hasher: Hasher,
    expected: Digest,
    size: u64,
}

impl Partial {
    /// Opens it, and hashes what is there already.
    pub(super) async fn open(path: PathBuf, whole: &RepoFile) -> Result<Self, HubError> {
        let opened = File::options()
            .create(true)
            .truncate(false)
            .read(true)
            .write(true)
            .open(&path);
        let file = opened.map_err(|error| HubError::cache("open", &path, error))?;
        let mut partial = Self {
            hasher: Hasher::new(whole.digest, whole.size),
            expected: whole.digest,
            size: whole.size,
            received: 0,
            path,
            file,
        };
        partial.hash_what_is_there().await?;
        Ok(partial)
    }

    async fn hash_what_is_there(&mut self) -> Result<(), HubError> {
        let mut block = vec![0; BLOCK];
        loop {
            let read = self.file.read(&mut block).map_err(self.failed("read"))?;
            if read == 0 {
                return Ok(());
            }
            self.hasher.update(&block[..read]);
            self.received += read as u64;
            if self.received > self.size {
                return self.restart();
            }
            tokio::task::yield_now().await;
        }
    }

    /// How many bytes are there.
    pub(super) fn received(&self) -> u64 {
        self.received
    }

    /// How many bytes are still to come.
    pub(super) fn left(&self) -> u64 {
        self.size - self.received
    }

    /// Forgets what came.
    pub(super) fn restart(&mut self) -> Result<(), HubError> {
        self.file
            .set_len(0)
            .and_then(|()| self.file.rewind())
            .map_err(self.failed("empty"))?;
        self.hasher = Hasher::new(self.expected, self.size);
        self.received = 0;
        Ok(())
    }

    /// Appends bytes, of which there may be no more than are [`left`](Self::left). The write goes
    /// to the system's memory; it does not wait for the disk.
    pub(super) fn write(&mut self, bytes: &[u8]) -> Result<(), HubError> {
        self.file
            .write_all(bytes)
            .map_err(|error| match error.kind() {
                io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => HubError::NoSpace {
                    folder: self.path.parent().unwrap_or(&self.path).to_owned(),
                    missing: self.left(),
                },
                _ => HubError::cache("write", &self.path, error),
            })?;
        self.hasher.update(bytes);
        self.received += bytes.len() as u64;
        Ok(())
    }

    /// The hash of what is there.
    pub(super) fn digest(&self) -> Digest {
        self.hasher.clone().finish()
    }

    /// Makes the whole and checked content last, under its final name.
    pub(super) async fn finish(self, blob: &Path) -> Result<(), HubError> {
        let Self { path, file, .. } = self;
        let synced = tokio::task::spawn_blocking(move || file.sync_all()).await;
        synced
            .map_err(io::Error::other)
            .flatten()
            .and_then(|()| fs::rename(&path, blob))
            .map_err(|error| HubError::cache("store", blob, error))
    }

    /// Takes it off the disk.
    pub(super) fn remove(self) -> Result<(), HubError> {
        fs::remove_file(&self.path).map_err(|error| HubError::cache("remove", &self.path, error))
    }

    fn failed(&self, action: &'static str) -> impl FnOnce(io::Error) -> HubError + use<> {
        let path = self.path.clone();
        move |error| HubError::cache(action, &path, error)
    }
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;

    #[test]
    fn a_disk_that_fills_up_meanwhile_is_said() {
        let full = Path::new("/dev/full");
        let expected = Digest::GitBlob([0; 20]);
        let mut partial = Partial {
            path: full.to_owned(),
            file: File::options().write(true).open(full).expect("it exists"),
            received: 0,
            hasher: Hasher::new(expected, 10),
            expected,
            size: 10,
        };
        let error = partial.write(b"bytes").expect_err("no space");
        assert!(
            matches!(error, HubError::NoSpace { missing: 10, .. }),
            "{error}"
        );
        assert_eq!(partial.received(), 0);
    }
}
