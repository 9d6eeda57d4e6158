//! The metadata of a GGUF file.

use inference_core::{GgufScalar, GgufScalarType};

/// A value of the metadata.
#[derive(Debug, Clone, PartialEq)]
pub enum GgufValue {
    /// A number or a truth value.
    Scalar(GgufScalar),
    /// A text; what was not UTF-8 in it is U+FFFD.
    String(String),
    /// Values of one type.
    Array(GgufArray),
}

/// An array in the metadata.
#[derive(Debug, Clone, PartialEq)]
pub enum GgufArray {
    /// Numbers or truth values.
    Scalars {
        /// Their type.
        kind: GgufScalarType,
        /// The values as in the file: each of [`GgufScalarType::size`] bytes, little-endian.
        bytes: Vec<u8>,
    },
    /// Texts.
    Strings(Vec<String>),
    /// Arrays, at most four deep.
    Arrays(Vec<Self>),
}

impl GgufValue {
    /// The text, where it is one.
    pub fn as_str(&self) -> Option<&str> {
        match self {
            Self::String(text) => Some(text),
            _ => None,
        }
    }

    /// The whole number, where it is one and is not negative.
    pub fn as_u64(&self) -> Option<u64> {
        match self {
            Self::Scalar(scalar) => scalar.as_u64(),
            _ => None,
        }
    }

    /// The number as a floating-point one, where it is of such a type.
    pub fn as_f64(&self) -> Option<f64> {
        match self {
            Self::Scalar(GgufScalar::Float(number)) => Some(*number),
            _ => None,
        }
    }

    /// The truth value, where it is one.
    pub fn as_bool(&self) -> Option<bool> {
        match self {
            Self::Scalar(GgufScalar::Bool(truth)) => Some(*truth),
            _ => None,
        }
    }

    /// The texts, where it is an array of them.
    pub fn as_strings(&self) -> Option<&[String]> {
        match self {
            Self::Array(GgufArray::Strings(texts)) => Some(texts),
            _ => None,
        }
    }

    /// The values, where it is an array of numbers or truth values.
    pub fn as_scalars(&self) -> Option<impl ExactSizeIterator<Item = GgufScalar>> {
        let Self::Array(GgufArray::Scalars { kind, bytes }) = self else {
            return None;
        };
        Some(bytes.chunks_exact(kind.size()).map(|value| {
            let mut all = [0; 8];
            all[..value.len()].copy_from_slice(value);
            kind.decode(all)
        }))
    }
}
