//! Hashes of models and adapters, made once and kept while the files stay as they are.

use std::fmt::Write as _;
use std::fs::{self, Metadata};
use std::io;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use inference_core::{Error, ErrorKind, Places};
use model_formats::{ContentHash, HashError};

/// A file that changed less than this long ago may change once more within the resolution of its
/// time stamps, so its hash is not kept.
const SETTLED: Duration = Duration::from_secs(2);

/// A folder with the hashes of models and adapters.
///
/// A file's name is a hash of where the content lies and of what the file system says of it:
/// device, inode, size and times. Every file may be deleted at any time.
#[derive(Debug)]
pub(crate) struct HashCache {
    /// `None` without a home folder: nothing is kept.
    folder: Option<PathBuf>,
}

impl HashCache {
    /// `hashes` in our cache folder.
    pub(crate) fn from_env() -> Self {
        let models = Places::from_env().ml_cache;
        Self {
            folder: models.map(|models| models.with_file_name("hashes")),
        }
    }

    /// The hash of a model's file or folder. Blocks, for as long as reading it takes where it is
    /// not known.
    pub(crate) fn model(&self, path: &Path) -> Result<String, Error> {
        self.hash("model", path, |path| ContentHash::of_model(path))
    }

    /// The hash of an adapter, in the same way.
    pub(crate) fn adapter(&self, path: &Path) -> Result<String, Error> {
        self.hash("adapter", path, |path| ContentHash::of_adapter(path))
    }

    fn hash(
        &self,
        kind: &str,
        path: &Path,
        make: impl FnOnce(&Path) -> Result<ContentHash, HashError>,
    ) -> Result<String, Error> {
        let stamp = Stamp::of(kind, path).map_err(|error| unreadable(path, error))?;
        let file = self.folder.as_ref().map(|folder| folder.join(stamp.name()));
        let known = file.as_ref().and_then(|file| fs::read_to_string(file).ok());
        if let Some(known) = known.filter(|known| is_hash(known)) {
            return Ok(known);
        }
        let hash = make(path).map_err(|error| unreadable(path, error))?;
        let hash = hash.to_string();
        if let Some(file) = file.filter(|_| stamp.is_settled()) {
            keep(&file, &hash);
        }
        Ok(hash)
    }
}

fn is_hash(text: &str) -> bool {
    text.len() == 64 && text.bytes().all(|byte| byte.is_ascii_hexdigit())
}

/// Writes beside the place and moves there. What cannot be kept is made again next time.
fn keep(file: &Path, hash: &str) {
    let beside = file.with_extension(std::process::id().to_string());
    let write = || {
        fs::create_dir_all(file.parent().unwrap_or(Path::new(".")))?;
        fs::write(&beside, hash)?;
        fs::rename(&beside, file)
    };
    if write().is_err() {
        let _ = fs::remove_file(&beside);
    }
}

fn unreadable(path: &Path, error: impl std::error::Error + Send + Sync + 'static) -> Error {
    let message = format!("cannot tell what is in {}", path.display());
    Error::new(ErrorKind::InvalidRequest, message).with_source(error)
}

/// What the file system says of a file, or of a folder and all files right in it.
struct Stamp {
    text: String,
    changed: SystemTime,
}

impl Stamp {
    fn of(kind: &str, path: &Path) -> io::Result<Self> {
        let path = fs::canonicalize(path)?;
        let mut stamp = Self {
            text: format!("{kind} {}\n", path.display()),
            changed: SystemTime::UNIX_EPOCH,
        };
        let metadata = fs::metadata(&path)?;
        stamp.add("", &metadata);
        if metadata.is_dir() {
            let entries = fs::read_dir(&path)?.collect::<io::Result<Vec<_>>>()?;
            let mut files: Vec<_> = entries.iter().map(fs::DirEntry::path).collect();
            files.sort();
            for file in files {
                // A link to nowhere has no content.
                if let Ok(metadata) = fs::metadata(&file) {
                    stamp.add(&file.to_string_lossy(), &metadata);
                }
            }
        }
        Ok(stamp)
    }

    fn add(&mut self, name: &str, metadata: &Metadata) {
        let (device, inode, size) = (metadata.dev(), metadata.ino(), metadata.len());
        let modified = (metadata.mtime(), metadata.mtime_nsec());
        let changed = (metadata.ctime(), metadata.ctime_nsec());
        writeln!(
            self.text,
            "{name} {device} {inode} {size} {modified:?} {changed:?}"
        )
        .expect("a text can be written to");
        let since = u64::try_from(metadata.ctime()).unwrap_or_default();
        let changed = SystemTime::UNIX_EPOCH + Duration::from_secs(since);
        self.changed = self.changed.max(changed);
    }

    fn name(&self) -> String {
        blake3::hash(self.text.as_bytes()).to_hex().to_string()
    }

    fn is_settled(&self) -> bool {
        let age = SystemTime::now().duration_since(self.changed);
        age.is_ok_and(|age| age >= SETTLED)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hash_is_kept_while_the_file_stays_as_it_is() {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("model.gguf");
        fs::write(&file, "one").expect("written");
        let cache = HashCache {
            folder: Some(folder.path().join("hashes")),
        };
        let stamp = Stamp::of("model", &file).expect("a stamp");
        let kept = cache.folder.as_ref().expect("set").join(stamp.name());
        let true_hash = ContentHash::of_model(&file).expect("a hash").to_string();

        assert_eq!(cache.model(&file).expect("a hash"), true_hash);
        assert!(!kept.exists(), "the file has just changed");
        let other = "0".repeat(64);
        keep(&kept, &other);
        assert_eq!(cache.model(&file).expect("a hash"), other);
        fs::write(&kept, "nonsense").expect("written");
        assert_eq!(cache.model(&file).expect("a hash"), true_hash);

        fs::write(&file, "another").expect("written");
        keep(&kept, &other);
        assert_ne!(cache.model(&file).expect("a hash"), other);
    }

    #[test]
    fn what_is_not_there_is_named() {
        let cache = HashCache { folder: None };
        let error = cache.model(Path::new("/no/such/model")).expect_err("none");
        assert!(error.message().contains("/no/such/model"), "{error}");
    }
}
