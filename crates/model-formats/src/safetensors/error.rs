//! What can be wrong with a safetensors file.

use std::error::Error;
use std::fmt;
use std::io;
use std::path::PathBuf;

/// A safetensors file or folder that cannot be read or written, and why.
#[derive(Debug)]
pub struct SafetensorsError {
    /// The file or folder.
    pub path: PathBuf,
    /// What is wrong with it.
    pub fault: SafetensorsFault,
}

impl fmt::Display for SafetensorsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.path.display(), self.fault)
    }
}

/// The fault is part of the message, so that the source is what caused the fault.
impl Error for SafetensorsError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.fault.source()
    }
}

/// What is wrong with a safetensors file; the messages do not name the file.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SafetensorsFault {
    /// The operating system refused.
    #[error("the file cannot be read or written")]
    Io(#[source] io::Error),
    /// The file is the pointer that Git LFS leaves in place of a file.
    #[error("this is a Git LFS pointer: run `git lfs pull`")]
    LfsPointer,
    /// The file ends inside its header.
    #[error("the file ends at byte {length}, inside its header: download or copy it again")]
    TruncatedHeader {
        /// Length of the file in bytes.
        length: u64,
    },
    /// The file's first eight bytes are no sensible length of a header.
    #[error(
        "not a safetensors file: its header would have {length} bytes, at most {limit} is read"
    )]
    HeaderTooLong {
        /// The length in the file.
        length: u64,
        /// The greatest length that is read.
        limit: u64,
    },
    /// The header is not the JSON that the format prescribes.
    #[error("the safetensors header is malformed")]
    Header(#[source] serde_json::Error),
    /// The header names a tensor twice.
    #[error("the tensor {tensor} is there twice")]
    Duplicate {
        /// Its name.
        tensor: String,
    },
    /// The tensor has a type that is not read.
    #[error("the tensor {tensor} has the unsupported type {dtype:?}")]
    UnsupportedDtype {
        /// Its name.
        tensor: String,
        /// The type as the header has it.
        dtype: String,
    },
    /// The tensor's length is not the product of its shape and type.
    #[error("the tensor {tensor} of type {dtype} and shape {shape:?} cannot have {len} bytes")]
    Length {
        /// Its name.
        tensor: String,
        /// Type of its elements.
        dtype: crate::Dtype,
        /// Sizes of its dimensions.
        shape: Vec<usize>,
        /// Bytes between its offsets; negative when they are swapped.
        len: i128,
    },
    /// Two tensors share bytes.
    #[error("the tensors {tensor} and {other} overlap")]
    Overlap {
        /// The later of the two in the file.
        tensor: String,
        /// The earlier.
        other: String,
    },
    /// Bytes before a tensor belong to none.
    #[error("{bytes} bytes before the tensor {tensor} belong to no tensor")]
    Gap {
        /// The tensor behind them.
        tensor: String,
        /// How many.
        bytes: u64,
    },
    /// The file ends before the tensor does.
    #[error(
        "the tensor {tensor} ends at byte {end}, the file at byte {length}: \
         download or copy it again"
    )]
    Truncated {
        /// Its name.
        tensor: String,
        /// Where the tensor would end.
        end: u64,
        /// Length of the file in bytes.
        length: u64,
    },
    /// Bytes after the last tensor belong to none.
    #[error("{bytes} bytes after the last tensor belong to no tensor: download or copy it again")]
    Padded {
        /// How many.
        bytes: u64,
    },
    /// No tensor has this name.
    #[error("there is no tensor {tensor}")]
    NoSuchTensor {
        /// The name that was asked for.
        tensor: String,
    },
    /// The tensor does not fit into memory.
    #[error("the tensor {tensor} of {bytes} bytes does not fit into memory")]
    OutOfMemory {
        /// Its name.
        tensor: String,
        /// Its length.
        bytes: usize,
    },
    /// The folder has neither `model.safetensors` nor `model.safetensors.index.json`.
    #[error("the folder has no model.safetensors and no model.safetensors.index.json")]
    NoWeights,
    /// The index is not the JSON that `transformers` writes.
    #[error("the index of shards is malformed")]
    Index(#[source] serde_json::Error),
    /// The index is longer than any model needs.
    #[error("the index of shards has {length} bytes, at most {limit} is read")]
    IndexTooLong {
        /// Its length.
        length: u64,
        /// The greatest length that is read.
        limit: u64,
    },
    /// The index names a shard that is not a plain file name.
    #[error("the index places {tensor} in {shard:?}, which is not a file name in this folder")]
    OutsideFolder {
        /// A tensor placed in it.
        tensor: String,
        /// The shard as the index has it.
        shard: String,
    },
    /// The index names a shard that does not exist.
    #[error("the shard {shard} with the tensor {tensor} is missing: download the model again")]
    MissingShard {
        /// The file's name.
        shard: String,
        /// A tensor placed in it.
        tensor: String,
    },
    /// The index places a tensor in a shard that does not have it.
    #[error("the index places {tensor} in {shard}, which does not have it")]
    MissingTensor {
        /// Its name.
        tensor: String,
        /// The file's name.
        shard: String,
    },
    /// Two shards have a tensor of the same name.
    #[error("the tensor {tensor} is in {first} and in {second}")]
    InTwoShards {
        /// Its name.
        tensor: String,
        /// One file's name.
        first: String,
        /// The other file's name.
        second: String,
    },
    /// The tensor was not announced to the writer, or was written before.
    #[error("the tensor {tensor} was not announced or is already written")]
    Unannounced {
        /// Its name.
        tensor: String,
    },
    /// The tensor to write is not what was announced.
    #[error("the tensor {tensor} has {bytes} bytes, {announced} were announced")]
    NotAsAnnounced {
        /// Its name.
        tensor: String,
        /// Its length.
        bytes: usize,
        /// The length that was announced.
        announced: usize,
    },
    /// The file was finished before all tensors were written.
    #[error("the tensor {tensor} was announced and never written")]
    Unwritten {
        /// The first of them.
        tensor: String,
    },
}
