//! Bounded reading of GGUF's primitives, all little-endian.

use std::io::{BufRead, ErrorKind};

use super::GgufError;

/// More than any tokenizer takes (16 MiB for a vocabulary of 256 k tokens), and quickly skipped.
const MAX_HEADER: u64 = 256 << 20;
/// Models have arrays of scalars and of strings only.
const MAX_NESTING: u32 = 4;

const STRING: u32 = 8;
const ARRAY: u32 = 9;

/// A metadata value, as far as any is of use.
pub(super) enum Value {
    /// A whole number that is not negative.
    Integer(u64),
    /// An array of so many elements.
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
        let mut start = Vec::with_capacity(4);
        match self.consume(4, |bytes| start.extend_from_slice(bytes)) {
            Err(GgufError::Truncated { at: 0 }) => return Err(GgufError::Empty),
            Err(error) if b"GGUF".starts_with(&start) => return Err(error),
            _ if start == b"GGUF" => return Ok(()),
            _ => start.resize(4, 0),
        }
        let found = [start[0], start[1], start[2], start[3]];
        Err(GgufError::NotGguf { found })
    }

    pub(super) fn u32(&mut self) -> Result<u32, GgufError> {
        self.bytes().map(u32::from_le_bytes)
    }

    /// A number of things or bytes that must not be more than `limit`.
    pub(super) fn count(&mut self, what: &'static str, limit: u64) -> Result<u64, GgufError> {
        match self.u64()? {
            value if value > limit => Err(GgufError::TooLarge { what, value, limit }),
            value => Ok(value),
        }
    }

    /// A string; what is not UTF-8 in it becomes U+FFFD.
    pub(super) fn string(&mut self, what: &'static str, limit: u64) -> Result<String, GgufError> {
        let len = self.count(what, limit)?;
        let mut text = Vec::new();
        self.consume(len, |bytes| text.extend_from_slice(bytes))?;
        Ok(String::from_utf8_lossy(&text).into_owned())
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

    /// A value of any type.
    pub(super) fn value(&mut self) -> Result<Value, GgufError> {
        let kind = self.u32()?;
        self.value_of(kind)
    }

    fn value_of(&mut self, kind: u32) -> Result<Value, GgufError> {
        Ok(match kind {
            0 => Value::Integer(u8::from_le_bytes(self.bytes()?).into()),
            1 => whole(i8::from_le_bytes(self.bytes()?).into()),
            2 => Value::Integer(u16::from_le_bytes(self.bytes()?).into()),
            3 => whole(i16::from_le_bytes(self.bytes()?).into()),
            4 => Value::Integer(self.u32()?.into()),
            5 => whole(i32::from_le_bytes(self.bytes()?).into()),
            10 => Value::Integer(self.u64()?),
            11 => whole(i64::from_le_bytes(self.bytes()?)),
            STRING => {
                self.skip_string()?;
                Value::Other
            }
            ARRAY => Value::Array(self.skip_array(MAX_NESTING)?),
            float_or_bool => {
                let size = self.size_of(float_or_bool)?;
                self.skip(size)?;
                Value::Other
            }
        })
    }

    /// Skips an array and gives its length.
    fn skip_array(&mut self, nesting: u32) -> Result<u64, GgufError> {
        let kind = self.u32()?;
        let count = self.u64()?;
        match kind {
            STRING => {
                self.check_end(count.saturating_mul(8))?;
                for _ in 0..count {
                    self.skip_string()?;
                }
            }
            ARRAY if nesting == 0 => return Err(self.malformed("arrays nested too deeply")),
            ARRAY => {
                self.check_end(count.saturating_mul(12))?;
                for _ in 0..count {
                    self.skip_array(nesting - 1)?;
                }
            }
            scalar => {
                let size = self.size_of(scalar)?;
                self.skip(count.saturating_mul(size))?;
            }
        }
        Ok(count)
    }

    fn skip_string(&mut self) -> Result<(), GgufError> {
        let len = self.u64()?;
        self.skip(len)
    }

    fn size_of(&self, scalar: u32) -> Result<u64, GgufError> {
        match scalar {
            0 | 1 | 7 => Ok(1),
            2 | 3 => Ok(2),
            4..=6 => Ok(4),
            10..=12 => Ok(8),
            _ => Err(self.malformed("an unknown metadata type")),
        }
    }

    fn u64(&mut self) -> Result<u64, GgufError> {
        self.bytes().map(u64::from_le_bytes)
    }

    fn bytes<const N: usize>(&mut self) -> Result<[u8; N], GgufError> {
        let mut all = [0; N];
        let mut filled = 0;
        self.consume(N as u64, |bytes| {
            all[filled..filled + bytes.len()].copy_from_slice(bytes);
            filled += bytes.len();
        })?;
        Ok(all)
    }

    fn skip(&mut self, len: u64) -> Result<(), GgufError> {
        self.consume(len, |_| ())
    }

    /// Takes the next `len` bytes from the file, in as many steps as they come.
    fn consume(&mut self, len: u64, mut take: impl FnMut(&[u8])) -> Result<(), GgufError> {
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

fn whole(number: i64) -> Value {
    u64::try_from(number).map_or(Value::Other, Value::Integer)
}
