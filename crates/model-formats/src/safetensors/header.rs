//! The header of a safetensors file: reading it and checking that it fits the file.

use std::collections::BTreeMap;
use std::fmt;
use std::fs::File;
use std::io::Read;

use serde::de::value::{Error as ValueError, StrDeserializer};
use serde::de::{Error as _, IntoDeserializer, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer};

use super::{SafetensorsFault, TensorInfo};
use crate::Dtype;

/// The limit that the format sets.
const MAX_HEADER: u64 = 100_000_000;
/// Bytes of the length before the header.
pub(super) const PREFIX: u64 = 8;
/// Numpy's own limit; models have at most five.
const MAX_DIMENSIONS: usize = 64;
pub(super) const METADATA: &str = "__metadata__";

#[derive(Debug)]
pub(super) struct Header {
    pub(super) metadata: BTreeMap<String, String>,
    pub(super) tensors: BTreeMap<String, TensorInfo>,
}

/// Reads the header from the start of a file and checks it.
pub(super) fn read(mut file: &File) -> Result<Header, SafetensorsFault> {
    let length = file.metadata().map_err(SafetensorsFault::Io)?.len();
    if length < PREFIX {
        return Err(SafetensorsFault::TruncatedHeader { length });
    }
    let mut prefix = [0; 8];
    file.read_exact(&mut prefix).map_err(SafetensorsFault::Io)?;
    if &prefix == b"version " {
        return Err(SafetensorsFault::LfsPointer);
    }
    let header = u64::from_le_bytes(prefix);
    if header > MAX_HEADER {
        return Err(SafetensorsFault::HeaderTooLong {
            length: header,
            limit: MAX_HEADER,
        });
    }
    let Some(data) = length.checked_sub(PREFIX + header) else {
        return Err(SafetensorsFault::TruncatedHeader { length });
    };
    let mut json = Vec::new();
    file.take(header)
        .read_to_end(&mut json)
        .map_err(SafetensorsFault::Io)?;
    parse(&json, data)
}

/// Checks a header that `data` bytes of tensors follow.
pub(super) fn parse(json: &[u8], data: u64) -> Result<Header, SafetensorsFault> {
    let start = PREFIX + json.len() as u64;
    let raw: RawHeader = serde_json::from_slice(json).map_err(SafetensorsFault::Header)?;
    check_layout(&raw.tensors, start, data)?;
    let mut tensors = BTreeMap::new();
    for (name, tensor) in raw.tensors {
        let info = tensor.check(&name, start)?;
        if tensors.insert(name.clone(), info).is_some() {
            return Err(SafetensorsFault::Duplicate { tensor: name });
        }
    }
    Ok(Header {
        metadata: raw.metadata,
        tensors,
    })
}

/// Checks that the tensors fill the bytes after the header without gap or overlap.
fn check_layout(
    tensors: &[(String, RawTensor)],
    start: u64,
    data: u64,
) -> Result<(), SafetensorsFault> {
    let mut sorted: Vec<_> = tensors
        .iter()
        .map(|(name, raw)| (raw.data_offsets, name))
        .collect();
    sorted.sort_unstable();
    let mut filled = 0;
    let mut previous = "";
    for ([from, to], name) in sorted {
        let tensor = || name.clone();
        if from < filled {
            return Err(SafetensorsFault::Overlap {
                tensor: tensor(),
                other: previous.to_owned(),
            });
        }
        if from > filled {
            return Err(SafetensorsFault::Gap {
                tensor: tensor(),
                bytes: from - filled,
            });
        }
        if to > data {
            return Err(SafetensorsFault::Truncated {
                tensor: tensor(),
                end: start.saturating_add(to),
                length: start + data,
            });
        }
        filled = to.max(filled);
        previous = name;
    }
    match data - filled {
        0 => Ok(()),
        bytes => Err(SafetensorsFault::Padded { bytes }),
    }
}

/// The header as it is written, in the order of the file.
struct RawHeader {
    metadata: BTreeMap<String, String>,
    tensors: Vec<(String, RawTensor)>,
}

#[derive(Deserialize)]
struct RawTensor {
    dtype: String,
    shape: Shape,
    data_offsets: [u64; 2],
}

impl RawTensor {
    fn check(self, name: &str, start: u64) -> Result<TensorInfo, SafetensorsFault> {
        let named: StrDeserializer<'_, ValueError> = self.dtype.as_str().into_deserializer();
        let dtype = Dtype::deserialize(named).map_err(|_| SafetensorsFault::UnsupportedDtype {
            tensor: name.to_owned(),
            dtype: self.dtype.clone(),
        })?;
        let [from, to] = self.data_offsets;
        let Shape(shape) = self.shape;
        match byte_len(dtype, &shape) {
            Some(len) if to.checked_sub(from) == Some(len as u64) => Ok(TensorInfo {
                dtype,
                shape,
                offset: start + from,
                len,
            }),
            _ => Err(SafetensorsFault::Length {
                tensor: name.to_owned(),
                dtype,
                shape,
                len: i128::from(to) - i128::from(from),
            }),
        }
    }
}

/// Bytes of a tensor, unless that is more than can be addressed.
pub(crate) fn byte_len(dtype: Dtype, shape: &[usize]) -> Option<usize> {
    shape
        .iter()
        .try_fold(dtype.size(), |bytes, &size| bytes.checked_mul(size))
}

impl<'de> Deserialize<'de> for RawHeader {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(HeaderVisitor)
    }
}

/// Keeps every entry, as a map would drop what is named twice.
struct HeaderVisitor;

impl<'de> Visitor<'de> for HeaderVisitor {
    type Value = RawHeader;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object of tensors")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<RawHeader, A::Error> {
        let mut metadata: Option<Option<BTreeMap<String, String>>> = None;
        let mut tensors = Vec::new();
        while let Some(name) = map.next_key::<String>()? {
            if name != METADATA {
                let tensor = map
                    .next_value()
                    .map_err(|error| A::Error::custom(format!("{name}: {error}")))?;
                tensors.push((name, tensor));
            } else if metadata.replace(map.next_value()?).is_some() {
                return Err(A::Error::duplicate_field(METADATA));
            }
        }
        Ok(RawHeader {
            // MLX writes null where there is none.
            metadata: metadata.flatten().unwrap_or_default(),
            tensors,
        })
    }
}

struct Shape(Vec<usize>);

impl<'de> Deserialize<'de> for Shape {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_seq(ShapeVisitor)
    }
}

struct ShapeVisitor;

impl<'de> Visitor<'de> for ShapeVisitor {
    type Value = Shape;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "at most {MAX_DIMENSIONS} sizes")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Shape, A::Error> {
        let mut shape = Vec::new();
        while let Some(size) = seq.next_element()? {
            if shape.len() == MAX_DIMENSIONS {
                return Err(A::Error::invalid_length(MAX_DIMENSIONS + 1, &self));
            }
            shape.push(size);
        }
        Ok(Shape(shape))
    }
}
