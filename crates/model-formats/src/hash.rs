//! The identity of models and adapters: hashes of what is in their files.

use std::collections::BTreeMap;
use std::fmt;
use std::fs::{self, File};
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};

use crate::lora::{self, LoraError};

/// A BLAKE3 hash of content, which is the same wherever the content lies and whenever it was
/// written. Shown in hexadecimal.
///
/// ```
/// let folder = tempfile::tempdir()?;
/// let path = folder.path().join("model.gguf");
/// std::fs::write(&path, "abc")?;
/// let hash = model_formats::ContentHash::of_model(&path)?;
/// assert!(hash.to_string().starts_with("6437b3ac38465133ffb63b75273a8db5"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ContentHash([u8; 32]);

/// Content that cannot be hashed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum HashError {
    /// A file or folder cannot be read.
    #[error("cannot read {}", path.display())]
    Io {
        /// The file or folder.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// The files of an adapter cannot be told.
    #[error(transparent)]
    Adapter(#[from] LoraError),
}

/// Keeps hashes of several files apart from those of single ones. The number changes with the
/// order or choice of files.
const CONTEXT: &str = "model-formats 2026-11 files by name, version 1";

impl ContentHash {
    /// The hash of a file: plain BLAKE3, as `b3sum` prints it. Reads the file once, in parts.
    ///
    /// # Errors
    /// The file cannot be read, or is none.
    pub fn of_file(path: impl AsRef<Path>) -> Result<Self, HashError> {
        let path = path.as_ref();
        hash_file(path).map_err(|source| HashError::Io {
            path: path.to_owned(),
            source,
        })
    }

    /// The hash of a model: of its file, or of its folder.
    ///
    /// A folder's hash is over the names and hashes of the files right in it, ordered by name. What
    /// is hidden, folders within, and texts for people (`*.md`, `LICENSE*`, `NOTICE*`) do not count:
    /// they do not change an answer, and ways of downloading differ in them.
    ///
    /// # Errors
    /// A file or the folder cannot be read.
    pub fn of_model(path: impl AsRef<Path>) -> Result<Self, HashError> {
        let path = path.as_ref();
        let failed = |source| HashError::Io {
            path: path.to_owned(),
            source,
        };
        if fs::metadata(path).map_err(failed)?.is_file() {
            return Self::of_file(path);
        }
        let mut hashes = BTreeMap::new();
        for entry in fs::read_dir(path).map_err(failed)? {
            let entry = entry.map_err(failed)?;
            let name = entry.file_name().into_encoded_bytes();
            let is_file = || fs::metadata(entry.path()).map(|metadata| metadata.is_file());
            if counts(&name) && is_file().map_err(failed)? {
                hashes.insert(name, Self::of_file(entry.path())?);
            }
        }
        Ok(of_files(&hashes))
    }

    /// The hash of a LoRA adapter, in any layout that [`LoraAdapter::open`] reads.
    ///
    /// It is over the file of weights that would be read, whatever it is called, and the
    /// configuration, where the layout has one: a checkpoint's hash does not depend on the other
    /// checkpoints beside it.
    ///
    /// [`LoraAdapter::open`]: crate::LoraAdapter::open
    ///
    /// # Errors
    /// The adapter's files cannot be told, as at [`LoraAdapter::open`], or cannot be read.
    pub fn of_adapter(path: impl AsRef<Path>) -> Result<Self, HashError> {
        let files = lora::files(path.as_ref())?;
        let mut hashes = BTreeMap::from([(b"weights".to_vec(), Self::of_file(files.weights)?)]);
        if let Some(config) = files.config {
            hashes.insert(b"config".to_vec(), Self::of_file(config)?);
        }
        Ok(of_files(&hashes))
    }

    /// The hash's bytes.
    pub fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

impl fmt::Display for ContentHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

fn hash_file(path: &Path) -> io::Result<ContentHash> {
    // Opening a pipe would wait for a writer.
    if !fs::metadata(path)?.is_file() {
        return Err(io::Error::new(ErrorKind::InvalidInput, "not a file"));
    }
    let mut hasher = blake3::Hasher::new();
    hasher.update_reader(File::open(path)?)?;
    Ok(ContentHash(hasher.finalize().into()))
}

/// For each file, by name: the name's length as eight bytes, little-endian; the name; the hash.
fn of_files(hashes: &BTreeMap<Vec<u8>, ContentHash>) -> ContentHash {
    let mut hasher = blake3::Hasher::new_derive_key(CONTEXT);
    for (name, hash) in hashes {
        hasher.update(&(name.len() as u64).to_le_bytes());
        hasher.update(name);
        hasher.update(&hash.0);
    }
    ContentHash(hasher.finalize().into())
}

fn counts(name: &[u8]) -> bool {
    let texts: [&[u8]; 3] = [b".", b"LICENSE", b"NOTICE"];
    !texts.iter().any(|text| name.starts_with(text)) && !name.ends_with(b".md")
}
