//! One repository in the cache that Hugging Face's libraries share:
//! `models--org--name/{blobs/HASH, snapshots/COMMIT/PATH → blob, refs/REVISION}`.
//!
//! Layout: <https://huggingface.co/docs/huggingface_hub/guides/manage-cache>.

use std::fs::{self, File, TryLockError};
use std::io;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use super::HubError;
use super::digest::Digest;
use super::listing::{Listing, RepoFile};
use super::progress::Tracker;

/// How often a lock is looked at; the system has no event for it.
const LOCK_POLL: Duration = Duration::from_millis(100);

/// A repository's folders.
pub(super) struct RepoCache {
    folder: PathBuf,
    locks: PathBuf,
    lock_patience: Duration,
}

/// What nobody else does while this value lives.
pub(super) struct Lock {
    _file: File,
}

impl RepoCache {
    pub(super) fn new(cache: &Path, repository: &str, lock_patience: Duration) -> Self {
        let name = format!("models--{}", repository.replace('/', "--"));
        Self {
            folder: cache.join(&name),
            locks: cache.join(".locks").join(name),
            lock_patience,
        }
    }

    /// Where a file's whole and checked content is.
    pub(super) fn blob(&self, digest: Digest) -> PathBuf {
        self.folder.join("blobs").join(digest.to_string())
    }

    /// Where the part of it is that was received so far.
    pub(super) fn partial(&self, digest: Digest) -> PathBuf {
        let name = format!("{digest}.incomplete");
        self.folder.join("blobs").join(name)
    }

    /// Where a commit's files are.
    pub(super) fn snapshot(&self, commit: &str) -> PathBuf {
        self.folder.join("snapshots").join(commit)
    }

    /// Whether a file's whole content is there.
    pub(super) fn has(&self, file: &RepoFile) -> bool {
        size_of(&self.blob(file.digest)) == Some(file.size)
    }

    /// Refuses what would not fit the disk.
    pub(super) fn require_space(&self, files: &[RepoFile]) -> Result<(), HubError> {
        let blobs = self.folder.join("blobs");
        make_folder(&blobs)?;
        let missing = files.iter().filter(|file| !self.has(file)).map(|file| {
            let received = size_of(&self.partial(file.digest)).unwrap_or_default();
            file.size.saturating_sub(received)
        });
        let missing = missing.fold(0, u64::saturating_add);
        let disk = rustix::fs::statvfs(&blobs)
            .map_err(|error| HubError::cache("ask for the free space of", &blobs, error.into()))?;
        if disk.f_blocks == 0 {
            // Some network disks do not tell.
            return Ok(());
        }
        let free = disk.f_bavail.saturating_mul(disk.f_frsize);
        if missing > free {
            return Err(HubError::NoSpace {
                folder: blobs,
                missing: missing - free,
            });
        }
        Ok(())
    }

    /// Waits until nobody else is at a file, neither one of ours nor Hugging Face's client.
    ///
    /// # Errors
    /// [`HubError::Busy`] where the holder does not get on with it.
    pub(super) async fn lock(&self, file: &RepoFile, tracker: &Tracker) -> Result<Lock, HubError> {
        let growing = self.partial(file.digest);
        self.lock_named(&file.digest.to_string(), &growing, || {
            let path = &file.path;
            tracker.waits(format!("another process fetches {path}"));
        })
        .await
    }

    async fn lock_named(
        &self,
        name: &str,
        growing: &Path,
        waits: impl Fn(),
    ) -> Result<Lock, HubError> {
        make_folder(&self.locks)?;
        let path = self.locks.join(format!("{name}.lock"));
        let failed = |error| HubError::cache("lock", &path, error);
        let file = File::options()
            .create(true)
            .truncate(false)
            .write(true)
            .open(&path)
            .map_err(failed)?;
        let mut seen = size_of(growing);
        let mut since = Instant::now();
        loop {
            match file.try_lock() {
                Ok(()) => return Ok(Lock { _file: file }),
                Err(TryLockError::Error(error)) => return Err(failed(error)),
                Err(TryLockError::WouldBlock) => {}
            }
            waits();
            let now = size_of(growing);
            if now != seen {
                (seen, since) = (now, Instant::now());
            } else if since.elapsed() > self.lock_patience {
                return Err(HubError::Busy { lock: path });
            }
            tokio::time::sleep(LOCK_POLL).await;
        }
    }

    /// Makes complete blobs known as the files of a commit, and the commit as a revision.
    ///
    /// What makes a folder a model comes last: whoever looks meanwhile sees none, or a whole one.
    pub(super) async fn publish(
        &self,
        listing: &Listing,
        revision: &str,
        files: &[RepoFile],
    ) -> Result<(), HubError> {
        let _lock = self.lock_named("refs", &self.folder, || {}).await?;
        let snapshot = self.snapshot(&listing.commit);
        let (last, first): (Vec<_>, Vec<_>) =
            files.iter().partition(|file| file.path == "config.json");
        for file in first.into_iter().chain(last) {
            self.link(&snapshot, file)?;
        }
        if revision == listing.commit {
            return Ok(());
        }
        let reference = self.folder.join("refs").join(revision);
        let new = self.folder.join(".ref.new");
        make_parent(&reference)?;
        fs::write(&new, &listing.commit)
            .and_then(|()| fs::rename(&new, &reference))
            .map_err(|error| HubError::cache("write", &reference, error))
    }

    /// Puts a symbolic link to a blob where the file is looked for.
    fn link(&self, snapshot: &Path, file: &RepoFile) -> Result<(), HubError> {
        let link = snapshot.join(&file.path);
        let up = "../".repeat(file.path.split('/').count() + 1);
        let blob = PathBuf::from(format!("{up}blobs/{}", file.digest));
        if fs::read_link(&link).is_ok_and(|target| target == blob) {
            return Ok(());
        }
        make_parent(&link)?;
        let new = self.folder.join(".link.new");
        // One may be left of a process that was killed here.
        let made = match fs::remove_file(&new) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
            _ => symlink(&blob, &new),
        };
        made.and_then(|()| fs::rename(&new, &link))
            .map_err(|error| HubError::cache("make the symbolic link", &link, error))
    }
}

fn size_of(path: &Path) -> Option<u64> {
    let metadata = fs::metadata(path).ok()?;
    Some(metadata.len())
}

fn make_parent(path: &Path) -> Result<(), HubError> {
    path.parent().map_or(Ok(()), make_folder)
}

pub(super) fn make_folder(folder: &Path) -> Result<(), HubError> {
    fs::create_dir_all(folder).map_err(|error| HubError::cache("make the folder", folder, error))
}
