//! The header of a GGUF file: what a model is, without reading its tensors.

use std::fs::File;
use std::io::{self, BufRead, BufReader};
use std::path::Path;

mod file_type;
mod reader;
mod scalar;

pub use file_type::GgufFileType;
pub use reader::{GgufPreamble, GgufReader};
pub use scalar::{GgufScalar, GgufScalarType, GgufType};

/// What the header of a GGUF file, version 2 or 3, tells about a model.
///
/// A key that is missing, or whose value is not what the format prescribes, is `None`.
/// Format: <https://github.com/ggml-org/ggml/blob/master/docs/gguf.md>.
///
/// ```no_run
/// let header = inference_core::GgufHeader::open("model.gguf")?;
/// println!("{:?}, context {:?}", header.architecture, header.context_length);
/// # Ok::<(), inference_core::GgufError>(())
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct GgufHeader {
    /// Version of the format.
    pub version: u32,
    /// Number of tensors in this file.
    pub tensor_count: u64,
    /// `general.architecture`, such as `llama`.
    pub architecture: Option<String>,
    /// `general.name`: the model's own name.
    pub name: Option<String>,
    /// `general.type`: `model`, `adapter`, `mmproj`, …
    pub kind: Option<String>,
    /// `general.file_type`: how most of the tensors are quantised.
    pub file_type: Option<GgufFileType>,
    /// Most tokens that the model was trained to attend to.
    pub context_length: Option<u32>,
    /// Number of layers.
    pub block_count: Option<u32>,
    /// Size of the hidden state.
    pub embedding_length: Option<u32>,
    /// Number of tokens that the tokenizer lists, else the architecture's `vocab_size`.
    pub vocab_size: Option<u32>,
    /// `tokenizer.chat_template`: the model's own template, in Jinja.
    pub chat_template: Option<String>,
}

/// Why the header of a file cannot be read; the messages do not name the file.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum GgufError {
    /// Nothing is in the file.
    #[error("the file is empty: download or copy it again")]
    Empty,
    /// The file does not start with `GGUF`.
    #[error(
        "not a GGUF file, it starts with \"{}\": {}",
        found.escape_ascii(),
        hint(*found)
    )]
    NotGguf {
        /// The first four bytes.
        found: [u8; 4],
    },
    /// The file ends inside the header.
    #[error("the file ends at byte {at}, inside its header: download or copy it again")]
    Truncated {
        /// Length of the file in bytes.
        at: u64,
    },
    /// The format has a version that this reader does not know.
    #[error(
        "GGUF version {version} is not supported, 2 and 3 are: \
         convert the model again with a current llama.cpp"
    )]
    UnsupportedVersion {
        /// The version in the file.
        version: u32,
    },
    /// The file was made for big-endian machines.
    #[error("the file is big-endian: get the little-endian file of this model")]
    BigEndian,
    /// A count or a length is beyond what a model needs: the file is damaged or hostile.
    #[error("{what} is {value}, at most {limit} is read: the file is damaged, get it again")]
    TooLarge {
        /// What is too large.
        what: &'static str,
        /// Its value in the file.
        value: u64,
        /// The largest value that is read.
        limit: u64,
    },
    /// The header breaks the rules of the format.
    #[error("{what} at byte {at}: the file is damaged, get it again")]
    Malformed {
        /// What is wrong.
        what: &'static str,
        /// Where in the file.
        at: u64,
    },
    /// The operating system could not read the file.
    #[error("the file cannot be read: check that it exists, is a file and may be read")]
    Io(#[source] io::Error),
}

/// What a file is that starts with these bytes instead.
fn hint(found: [u8; 4]) -> &'static str {
    match &found {
        b"vers" => "this looks like a Git LFS pointer, run `git lfs pull`",
        b"<!DO" | b"<!do" | b"<htm" => "this looks like a web page, check the download's address",
        b"PK\x03\x04" => "this looks like a zip archive, unpack it or convert the model to GGUF",
        _ => "give the path to a .gguf file",
    }
}

const MAX_TEXT: u64 = 1 << 16;
const MAX_TEMPLATE: u64 = 1 << 22;

impl GgufHeader {
    /// Reads the header of a file.
    ///
    /// Needs memory for the values it keeps only (at most a few MiB, whatever the file claims)
    /// and never reads more than the first 256 MiB of the file.
    ///
    /// # Errors
    /// See [`GgufError`].
    pub fn open(path: impl AsRef<Path>) -> Result<Self, GgufError> {
        let file = File::open(path).map_err(GgufError::Io)?;
        Self::read(BufReader::with_capacity(1 << 16, file))
    }

    /// Reads the header from the start of a file's bytes.
    ///
    /// # Errors
    /// See [`GgufError`].
    pub fn read(file: impl BufRead) -> Result<Self, GgufError> {
        let mut reader = GgufReader::new(file);
        let preamble = reader.preamble()?;
        let mut header = Self {
            version: preamble.version,
            tensor_count: preamble.tensor_count,
            ..Self::default()
        };
        let mut sizes = Sizes::default();
        for _ in 0..preamble.key_count {
            let key = reader.key()?;
            header.read_value(&mut reader, &key, &mut sizes)?;
        }
        header.take_sizes(&sizes);
        Ok(header)
    }

    /// `Q4_K_M` and the like; `None` where the file does not tell or the type is unknown.
    pub fn quantization(&self) -> Option<&'static str> {
        self.file_type.and_then(GgufFileType::name)
    }

    /// Nominal bits of a quantised weight, 0 where weights are not quantised; `None` where the
    /// file does not tell or the type is unknown.
    pub fn quant_bits(&self) -> Option<u32> {
        self.file_type.and_then(GgufFileType::quant_bits)
    }

    fn read_value(
        &mut self,
        reader: &mut GgufReader<impl BufRead>,
        key: &str,
        sizes: &mut Sizes,
    ) -> Result<(), GgufError> {
        let what = "the length of a metadata text";
        match key {
            "general.architecture" => self.architecture = text(reader, what, MAX_TEXT)?,
            "general.name" => self.name = text(reader, what, MAX_TEXT)?,
            "general.type" => self.kind = text(reader, what, MAX_TEXT)?,
            "tokenizer.chat_template" => {
                self.chat_template = text(reader, "the length of the chat template", MAX_TEMPLATE)?;
            }
            "general.file_type" => self.file_type = integer(reader)?.map(GgufFileType::new),
            "tokenizer.ggml.tokens" => {
                let kind = reader.kind()?;
                let count = reader.skip(kind)?;
                self.vocab_size = (kind == GgufType::Array)
                    .then(|| u32::try_from(count).ok())
                    .flatten();
            }
            _ => {
                if let Some(number) = integer(reader)? {
                    sizes.keep(key, number);
                }
            }
        }
        Ok(())
    }

    fn take_sizes(&mut self, sizes: &Sizes) {
        let Some(architecture) = self.architecture.as_deref() else {
            return;
        };
        let size = |name| sizes.find(architecture, name);
        self.context_length = size("context_length");
        self.block_count = size("block_count");
        self.embedding_length = size("embedding_length");
        self.vocab_size = self.vocab_size.or_else(|| size("vocab_size"));
    }
}

/// Reads a value that should be a string; `None` when it is something else.
fn text(
    reader: &mut GgufReader<impl BufRead>,
    what: &'static str,
    limit: u64,
) -> Result<Option<String>, GgufError> {
    match reader.kind()? {
        GgufType::String => reader.string(what, limit).map(Some),
        kind => reader.skip(kind).map(|_| None),
    }
}

/// Reads a value that should be a whole number; `None` when it is something else.
fn integer(reader: &mut GgufReader<impl BufRead>) -> Result<Option<u32>, GgufError> {
    match reader.kind()? {
        GgufType::Scalar(kind) => {
            let number = reader.scalar(kind)?.as_u64();
            Ok(number.and_then(|number| u32::try_from(number).ok()))
        }
        kind => reader.skip(kind).map(|_| None),
    }
}

/// Sizes under the keys of some architecture, kept until it is known which one is the file's.
#[derive(Default)]
struct Sizes(Vec<(String, u32)>);

impl Sizes {
    const NAMES: [&str; 4] = [
        "context_length",
        "block_count",
        "embedding_length",
        "vocab_size",
    ];
    const MOST: usize = 64;

    fn keep(&mut self, key: &str, value: u32) {
        let known = key
            .rsplit_once('.')
            .is_some_and(|(_, name)| Self::NAMES.contains(&name));
        if known && self.0.len() < Self::MOST {
            self.0.push((key.to_owned(), value));
        }
    }

    fn find(&self, architecture: &str, name: &str) -> Option<u32> {
        let matches = |key: &str| {
            key.strip_prefix(architecture)
                .and_then(|key| key.strip_prefix('.'))
                == Some(name)
        };
        let found = self.0.iter().find(|(key, _)| matches(key));
        found.map(|(_, value)| *value)
    }
}

#[cfg(test)]
pub(crate) mod tests;
