//! LoRA adapters in GGUF form, made once and kept.

use std::fmt::Write as _;
use std::fs::{self, File};
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};

use inference_core::{Error, ErrorKind, Places};
use model_formats::{LoraAdapter, LoraBase};
use sha2::{Digest as _, Sha256};

use crate::format_error;

/// A folder of GGUF adapters that were converted from other layouts.
///
/// A file's name is the hash of what went into it: the adapter's modules and what of the base
/// model decides over the order of rows. So the same adapter is converted once, whatever its
/// folder is called, and a changed one anew. Every file may be deleted at any time.
#[derive(Debug)]
pub(crate) struct AdapterCache {
    folder: PathBuf,
}

impl AdapterCache {
    /// `adapters` in our cache folder; `None` without a home folder.
    pub(crate) fn from_env() -> Option<Self> {
        let models = Places::from_env().ml_cache?;
        Some(Self {
            folder: models.with_file_name("adapters"),
        })
    }

    /// The GGUF form of an adapter for a base model, which is a GGUF file or a folder.
    pub(crate) fn gguf(&self, adapter: &Path, base: &Path) -> Result<PathBuf, Error> {
        let base = LoraBase::open(base).map_err(|error| format_error::convert(&error))?;
        let adapter = LoraAdapter::open(adapter, Some(&base))
            .map_err(|error| format_error::convert(&error))?;
        let file = self.folder.join(format!("{}.gguf", key(&adapter, &base)));
        if !file.exists() {
            self.write(&adapter, &base, &file)?;
        }
        Ok(file)
    }

    /// Writes beside the place and moves there, so that others who do the same are not in the way.
    fn write(&self, adapter: &LoraAdapter, base: &LoraBase, file: &Path) -> Result<(), Error> {
        let unwritable = |error: io::Error| {
            let folder = self.folder.display();
            let message = format!("cannot keep a converted adapter in {folder}: check the folder");
            Error::new(ErrorKind::InvalidRequest, message).with_source(error)
        };
        fs::create_dir_all(&self.folder).map_err(unwritable)?;
        let beside = tempfile::tempdir_in(&self.folder).map_err(unwritable)?;
        let made = beside.path().join("adapter.gguf");
        adapter
            .write_gguf(&made, base)
            .map_err(|error| format_error::convert(&error))?;
        fs::rename(made, file).map_err(unwritable)
    }
}

/// Whether an adapter is a file that llama-server can read.
pub(crate) fn is_gguf_file(adapter: &Path) -> Result<bool, Error> {
    if adapter.is_dir() {
        return Ok(false);
    }
    let mut start = Vec::new();
    let read = File::open(adapter).and_then(|file| file.take(4).read_to_end(&mut start));
    match read {
        Ok(_) => Ok(start == b"GGUF"),
        Err(error) => Err(unreadable(adapter, error)),
    }
}

/// What requests call an adapter that has no other name: its folder, or its file without the
/// extension.
pub(crate) fn name(adapter: &Path) -> String {
    let name = if adapter.is_dir() {
        adapter.file_name()
    } else {
        adapter.file_stem()
    };
    name.map_or_else(
        || "adapter".to_owned(),
        |name| name.to_string_lossy().into_owned(),
    )
}

/// The hash of all that a converted file depends on, in hexadecimal.
fn key(adapter: &LoraAdapter, base: &LoraBase) -> String {
    let mut hash = Sha256::new();
    let mut add = |part: &[u8]| {
        hash.update((part.len() as u64).to_le_bytes());
        hash.update(part);
    };
    add(format!("{} {:?}", base.architecture(), base.heads()).as_bytes());
    for (name, module) in adapter.modules() {
        add(name.as_bytes());
        add(&module.scale().to_le_bytes());
        for matrix in [module.a(), module.b()] {
            add(format!("{} {:?}", matrix.dtype, matrix.shape).as_bytes());
            add(&matrix.data);
        }
    }
    let mut digits = String::new();
    for byte in hash.finalize() {
        // Writing to a text cannot fail.
        let _ = write!(digits, "{byte:02x}");
    }
    digits
}

fn unreadable(adapter: &Path, error: io::Error) -> Error {
    let adapter = adapter.display();
    let (kind, message) = match error.kind() {
        io::ErrorKind::NotFound => (
            ErrorKind::NotFound,
            format!("there is no adapter {adapter}"),
        ),
        _ => (
            ErrorKind::InvalidRequest,
            format!("cannot read the adapter {adapter}"),
        ),
    };
    Error::new(kind, message).with_source(error)
}
