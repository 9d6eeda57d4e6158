//! Reads one GGUF file.

use std::collections::BTreeMap;
use std::fs::File;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};

mod affine;
mod architecture;
mod config;
mod dequantize;
mod error;
mod ggml_type;
mod header;
mod hyperparameters;
mod layout;
mod model;
mod precision;
mod rope;
mod special;
mod tokenizer;
mod value;
mod weight;

pub(crate) use architecture::{Architecture, Rows};
pub use error::{GgufFault, GgufFileError, TokenizerFault};
pub use ggml_type::GgmlType;
pub use model::GgufModel;
pub use precision::Precision;
pub use value::{GgufArray, GgufValue};
pub use weight::GgufWeight;

/// A GGUF file, version 2 or 3, whose header was read and checked.
///
/// The file stays open, and its tensors are read one by one when they are asked for. Reads from
/// several threads do not disturb each other. A file that another process changes meanwhile gives
/// errors or other numbers, never a crash.
///
/// Format: <https://github.com/ggml-org/ggml/blob/master/docs/gguf.md>.
///
/// ```no_run
/// let file = model_formats::GgufFile::open("model.gguf")?;
/// for (name, tensor) in file.tensors() {
///     println!("{name} {} {:?}", tensor.kind, tensor.shape);
/// }
/// # Ok::<(), model_formats::GgufFileError>(())
/// ```
#[derive(Debug)]
pub struct GgufFile {
    path: PathBuf,
    file: File,
    metadata: BTreeMap<String, GgufValue>,
    tensors: BTreeMap<String, GgufTensor>,
}

/// What a GGUF header says of one tensor.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct GgufTensor {
    /// How the elements are stored.
    pub kind: GgmlType,
    /// Sizes of the dimensions, outermost first; the header has them the other way round.
    pub shape: Vec<usize>,
    /// Where in the file the elements begin, in bytes.
    pub offset: u64,
    /// Bytes of all elements.
    pub len: usize,
}

impl GgufFile {
    /// Opens a file, reads its header and checks it against the file's length.
    ///
    /// Needs memory for what the header really holds, at most a few times its 256 MiB.
    ///
    /// # Errors
    /// Besides a file that cannot be read or whose header is damaged: a key or a tensor that is
    /// there twice; a tensor of an unknown type, of a shape that its type cannot have, that is
    /// misaligned, overlaps another or ends beyond the file.
    pub fn open(path: impl Into<PathBuf>) -> Result<Self, GgufFileError> {
        let path = path.into();
        let read = || {
            let file = File::open(&path).map_err(GgufFault::Io)?;
            let header = header::read(&file)?;
            Ok((file, header))
        };
        match read() {
            Ok((file, header)) => Ok(Self {
                path,
                file,
                metadata: header.metadata,
                tensors: header.tensors,
            }),
            Err(fault) => Err(GgufFileError { path, fault }),
        }
    }

    /// The path that the file was opened by.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The metadata by key.
    pub fn metadata(&self) -> &BTreeMap<String, GgufValue> {
        &self.metadata
    }

    /// The tensors by name.
    pub fn tensors(&self) -> &BTreeMap<String, GgufTensor> {
        &self.tensors
    }

    /// Reads a tensor's bytes as the file has them: row by row, each row in the blocks of its type.
    ///
    /// # Errors
    /// The file has no tensor of that name, became shorter, cannot be read, or the tensor does not
    /// fit into memory.
    pub fn read(&self, name: &str) -> Result<Vec<u8>, GgufFileError> {
        self.try_read(name).map_err(|fault| self.error(fault))
    }

    fn try_read(&self, name: &str) -> Result<Vec<u8>, GgufFault> {
        let tensor = self.tensor(name)?;
        let mut data = Vec::new();
        data.try_reserve_exact(tensor.len)
            .map_err(|_| GgufFault::OutOfMemory {
                tensor: name.to_owned(),
                bytes: tensor.len,
            })?;
        data.resize(tensor.len, 0);
        self.file
            .read_exact_at(&mut data, tensor.offset)
            .map_err(GgufFault::Io)?;
        Ok(data)
    }

    fn tensor(&self, name: &str) -> Result<&GgufTensor, GgufFault> {
        let missing = || GgufFault::NoSuchTensor {
            tensor: name.to_owned(),
        };
        self.tensors.get(name).ok_or_else(missing)
    }

    fn error(&self, fault: GgufFault) -> GgufFileError {
        GgufFileError {
            path: self.path.clone(),
            fault,
        }
    }
}
