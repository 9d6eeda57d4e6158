//! What can be wrong with a GGUF file.

use std::error::Error;
use std::fmt;
use std::io;
use std::path::PathBuf;

use inference_core::GgufError;

use super::GgmlType;
use crate::Dtype;

/// A GGUF file that cannot be read or used, and why.
#[derive(Debug)]
pub struct GgufFileError {
    /// The file.
    pub path: PathBuf,
    /// What is wrong with it.
    pub fault: GgufFault,
}

impl fmt::Display for GgufFileError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.path.display(), self.fault)
    }
}

/// The fault is part of the message, so that the source is what caused the fault.
impl Error for GgufFileError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.fault.source()
    }
}

/// What is wrong with a GGUF file; the messages do not name the file.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum GgufFault {
    /// The operating system refused.
    #[error("the file cannot be read")]
    Io(#[source] io::Error),
    /// The header is damaged, or the file is something else.
    #[error(transparent)]
    Header(#[from] GgufError),
    /// The metadata has a key twice.
    #[error("the metadata key {key} is there twice: the file is damaged, get it again")]
    DuplicateKey {
        /// The key.
        key: String,
    },
    /// Two tensors have one name.
    #[error("the tensor {tensor} is there twice: the file is damaged, get it again")]
    DuplicateTensor {
        /// Its name.
        tensor: String,
    },
    /// `general.alignment` is not a power of two between 1 and 65536.
    #[error("general.alignment is {alignment}: the file is damaged, get it again")]
    Alignment {
        /// The alignment in the file.
        alignment: u64,
    },
    /// The tensor has more dimensions than ggml knows.
    #[error("the tensor {tensor} has {dimensions} dimensions, at most 4 are read")]
    Dimensions {
        /// Its name.
        tensor: String,
        /// How many it has.
        dimensions: u32,
    },
    /// The tensor's type is none that is known.
    #[error(
        "the tensor {tensor} has the unknown type {number}: \
         convert the model again with a current llama.cpp"
    )]
    UnknownType {
        /// Its name.
        tensor: String,
        /// The number of its type.
        number: u32,
    },
    /// The tensor cannot have this shape: a row is not made of whole blocks, or its bytes are more
    /// than can be addressed.
    #[error("the tensor {tensor} of type {kind} cannot have the shape {shape:?}")]
    Shape {
        /// Its name.
        tensor: String,
        /// Its type.
        kind: GgmlType,
        /// Sizes of its dimensions, outermost first.
        shape: Vec<u64>,
    },
    /// The tensor does not begin at a multiple of the alignment.
    #[error("the tensor {tensor} at {offset} is not aligned: the file is damaged, get it again")]
    Misaligned {
        /// Its name.
        tensor: String,
        /// Where it begins among the tensors, in bytes.
        offset: u64,
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
    /// Two tensors share bytes.
    #[error("the tensors {tensor} and {other} overlap: the file is damaged, get it again")]
    Overlap {
        /// The later of the two in the file.
        tensor: String,
        /// The earlier.
        other: String,
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
        /// Bytes that were asked for.
        bytes: usize,
    },
    /// The tensor is stored in a way that MLX has no form for.
    #[error(
        "the tensor {tensor} is of type {kind}, which is not converted: get the model as F16, \
         BF16, Q8_0, Q4_0, Q4_1 or Q2_K to Q6_K, or run it with llama.cpp"
    )]
    UnsupportedType {
        /// Its name.
        tensor: String,
        /// Its type.
        kind: GgmlType,
    },
    /// A number of the tensor is finite, but not in the type that was asked for.
    #[error("the tensor {tensor} has numbers that {dtype} cannot hold: take BF16 or F32")]
    Overflow {
        /// Its name.
        tensor: String,
        /// The type that was asked for.
        dtype: Dtype,
    },
    /// The file is one of several that a model was split into.
    #[error(
        "the model is split into {count} files: join them with \
         `llama-gguf-split --merge FIRST JOINED` and take the joined one"
    )]
    Split {
        /// How many.
        count: u64,
    },
    /// The model's architecture is none that is known.
    #[error(
        "the architecture {architecture} is not supported, only llama, mistral, qwen2, qwen3, \
         gemma2, gemma3 and phi3 are: run the model with llama.cpp"
    )]
    UnsupportedArchitecture {
        /// `general.architecture`.
        architecture: String,
    },
    /// The metadata lacks something that every model of the kind has.
    #[error("the metadata key {key} is missing: convert the model again with a current llama.cpp")]
    MissingKey {
        /// The key.
        key: String,
    },
    /// A value of the metadata is of another type, or beyond what makes sense.
    #[error("the metadata key {key} is not {expected}")]
    Mistyped {
        /// The key.
        key: String,
        /// What it should be.
        expected: &'static str,
    },
    /// The model makes use of something that Hugging Face's form of its architecture has not.
    #[error("the model has {key} = {value}, which is not converted: run it with llama.cpp")]
    UnsupportedValue {
        /// The metadata key or tensor.
        key: String,
        /// Its value.
        value: String,
    },
    /// A tensor of the architecture is not there.
    #[error("the tensor {tensor} is missing: download the model again")]
    MissingTensor {
        /// Its name.
        tensor: String,
    },
    /// The architecture has no such tensor.
    #[error("the tensor {tensor} is none of a {architecture} model: run it with llama.cpp")]
    UnexpectedTensor {
        /// Its name.
        tensor: String,
        /// `general.architecture`.
        architecture: &'static str,
    },
    /// The tensor's shape does not fit the metadata.
    #[error(
        "the tensor {tensor} has the shape {shape:?}, not {expected}: download the model again"
    )]
    UnexpectedShape {
        /// Its name.
        tensor: String,
        /// Its shape, outermost first.
        shape: Vec<usize>,
        /// What the shape should be.
        expected: String,
    },
    /// The tokenizer cannot be expressed as a `tokenizer.json`.
    #[error(transparent)]
    Tokenizer(#[from] TokenizerFault),
}

/// Why a tokenizer of the metadata cannot be expressed as a `tokenizer.json`.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TokenizerFault {
    /// The tokenizer is neither byte-level BPE nor SentencePiece's.
    #[error(
        "the tokenizer {model} is not supported, only gpt2 and llama are: \
         take the model's own tokenizer.json, or run the model with llama.cpp"
    )]
    UnsupportedModel {
        /// `tokenizer.ggml.model`.
        model: String,
    },
    /// It is not known how the tokenizer splits a text before it merges.
    #[error(
        "the pre-tokenizer {pre} is not known, only {known} are: \
         take the model's own tokenizer.json, or run the model with llama.cpp"
    )]
    UnsupportedPreTokenizer {
        /// `tokenizer.ggml.pre`.
        pre: String,
        /// Those that are known.
        known: String,
    },
    /// Lists that describe the same tokens differ in length.
    #[error("{key} has {len} entries for {tokens} tokens: the file is damaged, get it again")]
    Lengths {
        /// The key of the list, or the tensor with a row for each token.
        key: &'static str,
        /// Its length.
        len: usize,
        /// The number of tokens.
        tokens: usize,
    },
    /// Two tokens have one text.
    #[error("the tokens {first} and {second} are both {token:?}: convert the model again")]
    DuplicateToken {
        /// Their text.
        token: String,
        /// The lower id.
        first: usize,
        /// The higher id.
        second: usize,
    },
    /// A token is longer than any tokenizer makes.
    #[error("the token {id} has {bytes} bytes: the file is damaged, get it again")]
    LongToken {
        /// Its id.
        id: usize,
        /// Its length.
        bytes: usize,
    },
    /// A special token's id is none of a token.
    #[error("{key} is {id}, there are {tokens} tokens: the file is damaged, get it again")]
    TokenId {
        /// The metadata key.
        key: &'static str,
        /// The id.
        id: u64,
        /// The number of tokens.
        tokens: usize,
    },
    /// A merge does not join two tokens to a third.
    #[error("the merge {merge:?} is not of tokens: the file is damaged, get it again")]
    Merge {
        /// The merge as in the file.
        merge: String,
    },
}
