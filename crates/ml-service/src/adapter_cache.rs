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

#[cfg(test)]
mod tests {
    use std::os::unix::fs::MetadataExt as _;

    use tempfile::TempDir;

    use super::*;

    fn cache() -> (TempDir, AdapterCache) {
        let home = tempfile::tempdir().unwrap();
        let folder = home.path().join("adapters");
        (home, AdapterCache { folder })
    }

    /// A folder that says as much of a base model as a conversion asks.
    fn base(kv_heads: usize) -> TempDir {
        let folder = tempfile::tempdir().unwrap();
        let config = format!(
            r#"{{"model_type": "llama", "num_attention_heads": 9, "num_key_value_heads": {kv_heads}}}"#
        );
        fs::write(folder.path().join("config.json"), config).unwrap();
        folder
    }

    fn pirate(iterations: u32) -> PathBuf {
        let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/fixtures");
        let name = format!("adapters-smol-pirate/{iterations:07}_adapters.safetensors");
        fixtures.join(name)
    }

    #[test]
    fn an_adapter_is_converted_once() {
        let (_home, cache) = cache();
        let base = base(3);
        let first = cache.gguf(&pirate(20), base.path()).unwrap();
        assert!(is_gguf_file(&first).unwrap());
        let inode = first.metadata().unwrap().ino();
        assert_eq!(cache.gguf(&pirate(20), base.path()).unwrap(), first);
        assert_eq!(first.metadata().unwrap().ino(), inode);
        // Where it lies and in which layout says nothing.
        let elsewhere = cache.folder.with_file_name("peft");
        let adapter = LoraAdapter::open(pirate(20), None).unwrap();
        adapter.write_peft(&elsewhere).unwrap();
        assert_eq!(cache.gguf(&elsewhere, base.path()).unwrap(), first);
        assert_eq!(fs::read_dir(&cache.folder).unwrap().count(), 1);
    }

    #[test]
    fn another_adapter_or_base_makes_another_file() {
        let (_home, cache) = cache();
        let files = [
            cache.gguf(&pirate(20), base(3).path()).unwrap(),
            cache.gguf(&pirate(40), base(3).path()).unwrap(),
            cache.gguf(&pirate(20), base(1).path()).unwrap(),
        ];
        assert_ne!(files[0], files[1]);
        assert_ne!(files[0], files[2]);
        assert!(files.iter().all(|file| file.is_file()));
    }

    #[test]
    fn what_cannot_be_converted_is_named_and_leaves_nothing() {
        let (home, cache) = cache();
        let error = cache
            .gguf(&home.path().join("gone"), base(3).path())
            .unwrap_err();
        assert_eq!(error.kind(), ErrorKind::NotFound);
        assert!(error.message().contains("gone"), "{error}");
        let error = cache.gguf(&pirate(20), base(7).path()).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidModel);
        assert!(error.message().contains("heads"), "{error}");
        let left = fs::read_dir(&cache.folder).map(Iterator::count);
        assert_eq!(left.unwrap_or_default(), 0);
        let error = is_gguf_file(&home.path().join("gone")).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::NotFound);
    }

    #[test]
    fn a_folder_gives_its_whole_name_and_a_file_its_stem() {
        let home = tempfile::tempdir().unwrap();
        let folder = home.path().join("pirate.v2");
        fs::create_dir(&folder).unwrap();
        assert_eq!(name(&folder), "pirate.v2");
        assert_eq!(name(&pirate(20)), "0000020_adapters");
    }
}
