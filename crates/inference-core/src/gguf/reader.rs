//! Bounded reading of GGUF's primitives, all little-endian.

use std::io::{BufRead, ErrorKind};

use super::{GgufError, GgufScalar, GgufScalarType, GgufType};

/// More than any tokenizer takes (16 MiB for a vocabulary of 256 k tokens), and quickly skipped.
const MAX_HEADER: u64 = 256 << 20;
const MAX_KEYS: u64 = 1 << 16;
const MAX_TENSORS: u64 = 1 << 24;
const MAX_NAME: u64 = 1 << 16;
/// Models have arrays of scalars and of strings only.
const MAX_NESTING: u32 = 4;

/// What stands at the beginning of a GGUF file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct GgufPreamble {
    /// Version of the format: 2 or 3.
    pub version: u32,
    /// Number of tensors in the file.
    pub tensor_count: u64,
    /// Number of metadata keys.
    pub key_count: u64,
}

/// Reads the parts of a GGUF header one after the other.
///
/// A file has the preamble; then each key's name, type and value; then the tensors. Nothing is
/// read beyond the file's first 256 MiB, and nothing is allocated for what a file merely claims
/// to hold.
#[derive(Debug)]
pub struct GgufReader<R> {
    file: R,
    position: u64,
}

impl<R: BufRead> GgufReader<R> {
    /// A reader at a file's first byte.
    pub fn new(file: R) -> Self {
        Self { file, position: 0 }
    }

    /// The number of bytes read so far.
    pub fn position(&self) -> u64 {
        self.position
    }

    /// Reads the file's mark, version and counts.
    ///
    /// # Errors
    /// The file is empty, not GGUF, of another version or byte order, ends here, or has more
    /// tensors or keys than any model.
    pub fn preamble(&mut self) -> Result<GgufPreamble, GgufError> {
        self.magic()?;
        let version = match self.u32()? {
            version @ (2 | 3) => version,
            version if matches!(version.swap_bytes(), 2 | 3) => return Err(GgufError::BigEndian),
            version => return Err(GgufError::UnsupportedVersion { version }),
        };
        Ok(GgufPreamble {
            version,
            tensor_count: self.count("the number of tensors", MAX_TENSORS)?,
            key_count: self.count("the number of metadata keys", MAX_KEYS)?,
        })
    }

    fn magic(&mut self) -> Result<(), GgufError> {
        let mut start = Vec::with_capacity(4);
        match self.take(4, |bytes| start.extend_from_slice(bytes)) {
            Err(GgufError::Truncated { at: 0 }) => return Err(GgufError::Empty),
            Err(error) if b"GGUF".starts_with(&start) => return Err(error),
            _ if start == b"GGUF" => return Ok(()),
            _ => start.resize(4, 0),
        }
        let found = [start[0], start[1], start[2], start[3]];
        Err(GgufError::NotGguf { found })
    }

    /// Reads the name of a key.
    ///
    /// # Errors
    /// The name is longer than any model's, or the file ends.
    pub fn key(&mut self) -> Result<String, GgufError> {
        self.string("the length of a metadata key", MAX_NAME)
    }

    /// Reads the type of a value.
    ///
    /// # Errors
    /// The format has no such type, or the file ends.
    pub fn kind(&mut self) -> Result<GgufType, GgufError> {
        let number = self.u32()?;
        GgufType::new(number).ok_or_else(|| self.malformed("an unknown metadata type"))
    }

    /// Reads a number or truth value.
    ///
    /// # Errors
    /// The file ends.
    pub fn scalar(&mut self, kind: GgufScalarType) -> Result<GgufScalar, GgufError> {
        let mut all = [0; 8];
        self.fill(&mut all[..kind.size()])?;
        Ok(kind.decode(all))
    }

    /// Reads a string; what is not UTF-8 in it becomes U+FFFD.
    ///
    /// # Errors
    /// It has more than `limit` bytes, `what` being its length, or the file ends.
    pub fn string(&mut self, what: &'static str, limit: u64) -> Result<String, GgufError> {
        let len = self.count(what, limit)?;
        let mut text = Vec::new();
        self.take(len, |bytes| text.extend_from_slice(bytes))?;
        Ok(match String::from_utf8(text) {
            Ok(text) => text,
            Err(error) => String::from_utf8_lossy(error.as_bytes()).into_owned(),
        })
    }

    /// Reads a number of things or bytes that must not be more than `limit`.
    ///
    /// # Errors
    /// It is more, or the file ends.
    pub fn count(&mut self, what: &'static str, limit: u64) -> Result<u64, GgufError> {
        match self.u64()? {
            value if value > limit => Err(GgufError::TooLarge { what, value, limit }),
            value => Ok(value),
        }
    }

    /// Reads a number of four bytes.
    ///
    /// # Errors
    /// The file ends.
    pub fn u32(&mut self) -> Result<u32, GgufError> {
        self.bytes().map(u32::from_le_bytes)
    }

    /// Reads a number of eight bytes.
    ///
    /// # Errors
    /// The file ends.
    pub fn u64(&mut self) -> Result<u64, GgufError> {
        self.bytes().map(u64::from_le_bytes)
    }

    /// Skips a value and gives the length of an array, 0 for all others.
    ///
    /// # Errors
    /// The value does not end within the header, is nested more deeply than in any model, or has
    /// elements of an unknown type.
    pub fn skip(&mut self, kind: GgufType) -> Result<u64, GgufError> {
        self.skip_nested(kind, MAX_NESTING)
    }

    fn skip_nested(&mut self, kind: GgufType, nesting: u32) -> Result<u64, GgufError> {
        match kind {
            GgufType::Scalar(kind) => self.take(kind.size() as u64, |_| ())?,
            GgufType::String => {
                let len = self.u64()?;
                self.take(len, |_| ())?;
            }
            GgufType::Array if nesting == 0 => {
                return Err(self.malformed("arrays nested too deeply"));
            }
            GgufType::Array => {
                let (kind, count) = self.array()?;
                match kind {
                    GgufType::Scalar(kind) => {
                        self.take(count.saturating_mul(kind.size() as u64), |_| ())?;
                    }
                    kind => {
                        for _ in 0..count {
                            self.skip_nested(kind, nesting - 1)?;
                        }
                    }
                }
                return Ok(count);
            }
        }
        Ok(0)
    }

    /// Reads the type and the number of an array's elements.
    ///
    /// # Errors
    /// So many elements do not fit into a header, their type is unknown, or the file ends.
    pub fn array(&mut self) -> Result<(GgufType, u64), GgufError> {
        let kind = self.kind()?;
        let count = self.u64()?;
        let least = match kind {
            GgufType::Scalar(kind) => kind.size() as u64,
            GgufType::String => 8,
            GgufType::Array => 12,
        };
        self.check_end(count.saturating_mul(least))?;
        Ok((kind, count))
    }

    fn bytes<const N: usize>(&mut self) -> Result<[u8; N], GgufError> {
        let mut all = [0; N];
        self.fill(&mut all)?;
        Ok(all)
    }

    fn fill(&mut self, all: &mut [u8]) -> Result<(), GgufError> {
        let mut filled = 0;
        self.take(all.len() as u64, |bytes| {
            all[filled..filled + bytes.len()].copy_from_slice(bytes);
            filled += bytes.len();
        })
    }

    /// Takes the next `len` bytes from the file, in as many steps as they come.
    ///
    /// # Errors
    /// They do not fit into a header, the file ends or cannot be read.
    pub fn take(&mut self, len: u64, mut take: impl FnMut(&[u8])) -> Result<(), GgufError> {
        self.check_end(len)?;
        let end = self.position + len;
        while self.position < end {
            let bytes = match self.file.fill_buf() {
                Ok([]) => return Err(GgufError::Truncated { at: self.position }),
                Ok(bytes) => bytes,
                Err(error) if error.kind() == ErrorKind::Interrupted => continue,
                Err(error) => return Err(GgufError::Io(error)),
            };
            let missing = usize::try_from(end - self.position).unwrap_or(usize::MAX);
            let bytes = &bytes[..missing.min(bytes.len())];
            take(bytes);
            let taken = bytes.len();
            self.file.consume(taken);
            self.position += taken as u64;
        }
        Ok(())
    }

    fn check_end(&self, len: u64) -> Result<(), GgufError> {
        let value = self.position.saturating_add(len);
        if value > MAX_HEADER {
            return Err(GgufError::TooLarge {
                what: "the size of the header in bytes",
                value,
                limit: MAX_HEADER,
            });
        }
        Ok(())
    }

    fn malformed(&self, what: &'static str) -> GgufError {
        GgufError::Malformed {
            what,
            at: self.position,
        }
    }
}
