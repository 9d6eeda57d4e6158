//! The types of GGUF's metadata values.

/// The type of a metadata value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum GgufType {
    /// A number or a truth value.
    Scalar(GgufScalarType),
    /// A text.
    String,
    /// Values of one type.
    Array,
}

impl GgufType {
    /// The type with this number in a file; `None` where the format has none.
    pub const fn new(number: u32) -> Option<Self> {
        Some(Self::Scalar(match number {
            0 => GgufScalarType::U8,
            1 => GgufScalarType::I8,
            2 => GgufScalarType::U16,
            3 => GgufScalarType::I16,
            4 => GgufScalarType::U32,
            5 => GgufScalarType::I32,
            6 => GgufScalarType::F32,
            7 => GgufScalarType::Bool,
            8 => return Some(Self::String),
            9 => return Some(Self::Array),
            10 => GgufScalarType::U64,
            11 => GgufScalarType::I64,
            12 => GgufScalarType::F64,
            _ => return None,
        }))
    }
}

/// The type of a metadata value that is a number or a truth value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names say it all")]
pub enum GgufScalarType {
    U8,
    I8,
    U16,
    I16,
    U32,
    I32,
    F32,
    Bool,
    U64,
    I64,
    F64,
}

impl GgufScalarType {
    /// Bytes of one value.
    pub const fn size(self) -> usize {
        match self {
            Self::U8 | Self::I8 | Self::Bool => 1,
            Self::U16 | Self::I16 => 2,
            Self::U32 | Self::I32 | Self::F32 => 4,
            Self::U64 | Self::I64 | Self::F64 => 8,
        }
    }

    /// The value that the first [`size`](Self::size) bytes hold, little-endian.
    pub fn decode(self, bytes: [u8; 8]) -> GgufScalar {
        let [a, b, c, d, ..] = bytes;
        match self {
            Self::U8 => GgufScalar::Unsigned(a.into()),
            Self::I8 => GgufScalar::Signed(i8::from_le_bytes([a]).into()),
            Self::U16 => GgufScalar::Unsigned(u16::from_le_bytes([a, b]).into()),
            Self::I16 => GgufScalar::Signed(i16::from_le_bytes([a, b]).into()),
            Self::U32 => GgufScalar::Unsigned(u32::from_le_bytes([a, b, c, d]).into()),
            Self::I32 => GgufScalar::Signed(i32::from_le_bytes([a, b, c, d]).into()),
            Self::F32 => GgufScalar::Float(f32::from_le_bytes([a, b, c, d]).into()),
            Self::Bool => GgufScalar::Bool(a != 0),
            Self::U64 => GgufScalar::Unsigned(u64::from_le_bytes(bytes)),
            Self::I64 => GgufScalar::Signed(i64::from_le_bytes(bytes)),
            Self::F64 => GgufScalar::Float(f64::from_le_bytes(bytes)),
        }
    }
}

/// A metadata value that is a number or a truth value.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum GgufScalar {
    /// Of an unsigned type.
    Unsigned(u64),
    /// Of a signed type.
    Signed(i64),
    /// Of a floating-point type.
    Float(f64),
    /// True or false.
    Bool(bool),
}

impl GgufScalar {
    /// The whole number, where it is one and is not negative.
    pub fn as_u64(self) -> Option<u64> {
        match self {
            Self::Unsigned(number) => Some(number),
            Self::Signed(number) => u64::try_from(number).ok(),
            Self::Float(_) | Self::Bool(_) => None,
        }
    }
}
