//! Bounded reading of GGUF's primitives, all little-endian.

use std::io::{self, BufRead, Read};

use super::GgufError;

/// More than any tokenizer takes (vocabularies of 256 k tokens need 16 MiB), little to skip.
const MAX_HEADER: u64 = 256 << 20;
/// Real files have arrays of scalars and of strings only.
const MAX_NESTING: u32 = 4;

const STRING: u32 = 8;
const ARRAY: u32 = 9;

/// A metadata value, as far as any is kept.
pub(super) enum Value {
    /// A whole number that is not negative.
    Integer(u64),
    /// An array of that many elements.
    Array(u64),
    Other,
}

pub(super) struct Reader<R> {
    file: R,
    position: u64,
}

impl<R: BufRead> Reader<R> {
    pub(super) fn new(file: R) -> Self {
        Self { file, position: 0 }
    }

    /// Reads the file's first four bytes, which must be `GGUF`.
    pub(super) fn magic(&mut self) -> Result<(), GgufError> {
        let mut found = Vec::with_capacity(4);
        let mut start = self.file.by_ref().take(4);
        start.read_to_end(&mut found).map_err(GgufError::Io)?;
        self.position = found.len() as u64;
        match found.as_slice() {
            b"GGUF" => Ok(()),
            [] => Err(GgufError::Empty),
            short if b"GGUF".starts_with(short) => Err(self.truncated()),
            other => {
                let mut found = [0; 4];
                found[..other.len()].copy_from_slice(other);
                Err(GgufError::NotGguf { found })
            }
        }
    }

    pub(super) fn u32(&mut self) -> Result<u32, GgufError> {
        self.bytes().map(u32::from_le_bytes)
    }

    pub(super) fn u64(&mut self) -> Result<u64, GgufError> {
        self.bytes().map(u64::from_le_bytes)
    }

    /// A number of things or bytes that must not be more than `limit`.
    pub(super) fn count(&mut self, what: &'static str, limit: u64) -> Result<u64, GgufError> {
        match self.u64()? {
            value if value > limit => Err(GgufError::TooLarge { what, value, limit }),
            value => Ok(value),
        }
    }

    /// A string; invalid UTF-8 is replaced by U+FFFD.
    pub(super) fn string(&mut self, what: &'static str, limit: u64) -> Result<String, GgufError> {
        let len = self.count(what, limit)?;
        self.reserve(len)?;
        let mut bytes = Vec::new();
        let mut content = self.file.by_ref().take(len);
        let read = content.read_to_end(&mut bytes).map_err(GgufError::Io)? as u64;
        self.position += read;
        if read < len {
            return Err(self.truncated());
        }
        Ok(String::from_utf8(bytes)
            .unwrap_or_else(|error| String::from_utf8_lossy(error.as_bytes()).into_owned()))
    }

    /// A value that should be a string; `None` when it is something else.
    pub(super) fn text(
        &mut self,
        what: &'static str,
        limit: u64,
    ) -> Result<Option<String>, GgufError> {
        match self.u32()? {
            STRING => self.string(what, limit).map(Some),
            kind => self.value_of(kind).map(|_| None),
        }
    }

    /// A value of any type, skipped where it is not a number.
    pub(super) fn value(&mut self) -> Result<Value, GgufError> {
        let kind = self.u32()?;
        self.value_of(kind)
    }

    fn value_of(&mut self, kind: u32) -> Result<Value, GgufError> {
        let integer = match kind {
            0 => self.bytes().map(u8::from_le_bytes).map(u64::from).ok(),
            _ => None,
        };
        let _ = integer;
        Ok(Value::Other)
    }
}
