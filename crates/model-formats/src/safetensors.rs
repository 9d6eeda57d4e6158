//! Reads one safetensors file.

use std::collections::BTreeMap;
use std::fs::File;
use std::path::{Path, PathBuf};

use rustix::buffer::spare_capacity;
use rustix::io::{Errno, pread};

use crate::{Dtype, Tensor};

mod error;
mod folder;
mod header;
mod shards;
mod writer;

pub use error::{SafetensorsError, SafetensorsFault};
pub use folder::SafetensorsFolder;
pub(crate) use header::byte_len;
pub use shards::{MAX_SHARD_BYTES, SafetensorsFolderWriter};
pub use writer::{SafetensorsWriter, TensorSpec};

/// A safetensors file whose header was read and checked.
///
/// The file stays open, and its tensors are read one by one when they are asked for. Reads from
/// several threads do not disturb each other. A file that another process changes meanwhile gives
/// errors or other numbers, never a crash.
///
/// Format: <https://huggingface.co/docs/safetensors/index#format>.
///
/// ```no_run
/// let file = model_formats::SafetensorsFile::open("model.safetensors")?;
/// for (name, info) in file.tensors() {
///     println!("{name} {} {:?}", info.dtype, info.shape);
/// }
/// let norm = file.read("model.norm.weight")?;
/// # Ok::<(), model_formats::SafetensorsError>(())
/// ```
#[derive(Debug)]
pub struct SafetensorsFile {
    path: PathBuf,
    file: File,
    metadata: BTreeMap<String, String>,
    tensors: BTreeMap<String, TensorInfo>,
}

/// What a safetensors header says of one tensor.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct TensorInfo {
    /// Type of the elements.
    pub dtype: Dtype,
    /// Sizes of the dimensions, outermost first; empty for a scalar.
    pub shape: Vec<usize>,
    /// Where in the file the elements begin, in bytes.
    pub offset: u64,
    /// Bytes of all elements.
    pub len: usize,
}

impl SafetensorsFile {
    /// Opens a file, reads its header and checks it against the file's length.
    ///
    /// # Errors
    /// Besides a file that cannot be read: a header longer than 100 MB or longer than the file,
    /// that is not JSON, or that names a tensor twice; a tensor of an unknown type, whose length is
    /// not that of its shape, or that overlaps another; bytes that belong to no tensor; a file
    /// that is shorter or longer than its header says.
    pub fn open(path: impl Into<PathBuf>) -> Result<Self, SafetensorsError> {
        let path = path.into();
        let read = || {
            let file = File::open(&path).map_err(SafetensorsFault::Io)?;
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
            Err(fault) => Err(SafetensorsError { path, fault }),
        }
    }

    /// The path that the file was opened by.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The texts of the header's `__metadata__`.
    pub fn metadata(&self) -> &BTreeMap<String, String> {
        &self.metadata
    }

    /// The tensors by name.
    pub fn tensors(&self) -> &BTreeMap<String, TensorInfo> {
        &self.tensors
    }

    /// Reads a tensor.
    ///
    /// # Errors
    /// The file has no tensor of that name, became shorter, cannot be read, or the tensor does not
    /// fit into memory.
    pub fn read(&self, name: &str) -> Result<Tensor, SafetensorsError> {
        self.try_read(name).map_err(|fault| SafetensorsError {
            path: self.path.clone(),
            fault,
        })
    }

    fn try_read(&self, name: &str) -> Result<Tensor, SafetensorsFault> {
        let missing = || SafetensorsFault::NoSuchTensor {
            tensor: name.to_owned(),
        };
        let info = self.tensors.get(name).ok_or_else(missing)?;
        let mut data = Vec::new();
        data.try_reserve_exact(info.len)
            .map_err(|_| SafetensorsFault::OutOfMemory {
                tensor: name.to_owned(),
                bytes: info.len,
            })?;
        // The allocator may have given more capacity than was asked for.
        while data.len() < info.len {
            let at = info.offset + data.len() as u64;
            match pread(&self.file, spare_capacity(&mut data), at) {
                Ok(0) => {
                    return Err(SafetensorsFault::Truncated {
                        tensor: name.to_owned(),
                        end: info.offset + info.len as u64,
                        length: at,
                    });
                }
                Ok(_) | Err(Errno::INTR) => {}
                Err(error) => return Err(SafetensorsFault::Io(error.into())),
            }
        }
        data.truncate(info.len);
        Ok(Tensor {
            dtype: info.dtype,
            shape: info.shape.clone(),
            data,
        })
    }
}
