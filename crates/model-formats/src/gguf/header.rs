//! Reads the header of a GGUF file and checks it.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{BufRead, BufReader};

use inference_core::{GgufError, GgufReader, GgufType};

use super::{GgmlType, GgufArray, GgufFault, GgufTensor, GgufValue};

/// More than any text in the metadata has; the largest is a tokenizer in JSON.
const MAX_TEXT: u64 = 64 << 20;
/// ggml's own names have at most 64 bytes.
const MAX_NAME: u64 = 1 << 16;
/// The largest models have some thousands.
const MAX_TENSORS: u64 = 1 << 18;
/// The largest vocabularies have 256 k tokens.
const MAX_TEXTS: u64 = 1 << 22;
/// ggml has no tensors of more dimensions.
const MAX_DIMENSIONS: u32 = 4;
/// Where `general.alignment` does not say otherwise.
const ALIGNMENT: u64 = 32;
const MAX_ALIGNMENT: u64 = 1 << 16;
/// Models have arrays of scalars and of strings only.
const MAX_NESTING: u32 = 4;

#[derive(Debug)]
pub(super) struct Header {
    pub(super) metadata: BTreeMap<String, GgufValue>,
    pub(super) tensors: BTreeMap<String, GgufTensor>,
}

pub(super) fn read(file: &File) -> Result<Header, GgufFault> {
    let length = file.metadata().map_err(GgufFault::Io)?.len();
    parse(BufReader::with_capacity(1 << 16, file), length)
}

/// Reads the header of a file of so many bytes.
fn parse(file: impl BufRead, length: u64) -> Result<Header, GgufFault> {
    let mut reader = GgufReader::new(file);
    let preamble = reader.preamble()?;
    check_count("the number of tensors", preamble.tensor_count, MAX_TENSORS)?;
    let mut metadata = BTreeMap::new();
    for _ in 0..preamble.key_count {
        let key = reader.key()?;
        if metadata.contains_key(&key) {
            return Err(GgufFault::DuplicateKey { key });
        }
        let value = value(&mut reader)?;
        metadata.insert(key, value);
    }
    let alignment = alignment(&metadata)?;
    let mut tensors = BTreeMap::new();
    for _ in 0..preamble.tensor_count {
        let (name, tensor) = tensor(&mut reader)?;
        if tensor.offset % alignment != 0 {
            return Err(GgufFault::Misaligned {
                tensor: name,
                offset: tensor.offset,
            });
        }
        if tensors.contains_key(&name) {
            return Err(GgufFault::DuplicateTensor { tensor: name });
        }
        tensors.insert(name, tensor);
    }
    let data = reader.position().next_multiple_of(alignment);
    place(&mut tensors, data, length)?;
    Ok(Header { metadata, tensors })
}

/// In memory, tensors and texts take several times the room that they have in a file.
fn check_count(what: &'static str, value: u64, limit: u64) -> Result<(), GgufError> {
    if value <= limit {
        return Ok(());
    }
    Err(GgufError::TooLarge { what, value, limit })
}

fn value(reader: &mut GgufReader<impl BufRead>) -> Result<GgufValue, GgufError> {
    Ok(match reader.kind()? {
        GgufType::Scalar(kind) => GgufValue::Scalar(reader.scalar(kind)?),
        GgufType::String => GgufValue::String(text(reader)?),
        GgufType::Array => GgufValue::Array(array(reader, MAX_NESTING)?),
    })
}

fn text(reader: &mut GgufReader<impl BufRead>) -> Result<String, GgufError> {
    reader.string("the length of a metadata text", MAX_TEXT)
}

fn array(reader: &mut GgufReader<impl BufRead>, nesting: u32) -> Result<GgufArray, GgufError> {
    let (kind, count) = reader.array()?;
    Ok(match kind {
        GgufType::Scalar(kind) => {
            let mut bytes = Vec::new();
            reader.take(count * kind.size() as u64, |part| {
                bytes.extend_from_slice(part);
            })?;
            GgufArray::Scalars { kind, bytes }
        }
        GgufType::String => {
            check_count("the number of texts in a list", count, MAX_TEXTS)?;
            let mut texts = Vec::new();
            for _ in 0..count {
                texts.push(text(reader)?);
            }
            GgufArray::Strings(texts)
        }
        GgufType::Array if nesting == 1 => {
            return Err(GgufError::Malformed {
                what: "arrays nested too deeply",
                at: reader.position(),
            });
        }
        GgufType::Array => {
            let mut arrays = Vec::new();
            for _ in 0..count {
                arrays.push(array(reader, nesting - 1)?);
            }
            GgufArray::Arrays(arrays)
        }
    })
}

fn alignment(metadata: &BTreeMap<String, GgufValue>) -> Result<u64, GgufFault> {
    let Some(value) = metadata.get("general.alignment") else {
        return Ok(ALIGNMENT);
    };
    match value.as_u64() {
        Some(alignment) if alignment.is_power_of_two() && alignment <= MAX_ALIGNMENT => {
            Ok(alignment)
        }
        alignment => Err(GgufFault::Alignment {
            alignment: alignment.unwrap_or(0),
        }),
    }
}

/// Reads what the header says of one tensor; its offset counts from the first tensor.
fn tensor(reader: &mut GgufReader<impl BufRead>) -> Result<(String, GgufTensor), GgufFault> {
    let name = reader.string("the length of a tensor's name", MAX_NAME)?;
    let dimensions = reader.u32()?;
    if dimensions > MAX_DIMENSIONS {
        return Err(GgufFault::Dimensions {
            tensor: name,
            dimensions,
        });
    }
    let mut sizes = Vec::new();
    for _ in 0..dimensions {
        sizes.insert(0, reader.u64()?);
    }
    let number = reader.u32()?;
    let offset = reader.u64()?;
    let Some(kind) = GgmlType::new(number) else {
        return Err(GgufFault::UnknownType {
            tensor: name,
            number,
        });
    };
    match shape(kind, &sizes) {
        Some((shape, len)) => Ok((
            name,
            GgufTensor {
                kind,
                shape,
                offset,
                len,
            },
        )),
        None => Err(GgufFault::Shape {
            tensor: name,
            kind,
            shape: sizes,
        }),
    }
}

/// The shape and its bytes; `None` where a row is not made of whole blocks, or where they are more
/// than can be addressed.
fn shape(kind: GgmlType, sizes: &[u64]) -> Option<(Vec<usize>, usize)> {
    let shape: Vec<usize> = sizes
        .iter()
        .map(|&size| usize::try_from(size).ok())
        .collect::<Option<_>>()?;
    let elements = shape
        .iter()
        .try_fold(1_usize, |all, &size| all.checked_mul(size))?;
    let row = shape.last().copied().unwrap_or(1);
    if row % kind.block_len() != 0 {
        return None;
    }
    let len = (elements / kind.block_len()).checked_mul(kind.block_bytes())?;
    // As many elements are made of a tensor that is dequantised, each of four bytes.
    elements
        .checked_mul(4)
        .filter(|&all| isize::try_from(all).is_ok())?;
    Some((shape, len))
}

/// Makes offsets count from the file's beginning and checks that the tensors lie in the file, one
/// beside the other.
fn place(
    tensors: &mut BTreeMap<String, GgufTensor>,
    data: u64,
    length: u64,
) -> Result<(), GgufFault> {
    for (name, tensor) in tensors.iter_mut() {
        tensor.offset = tensor.offset.saturating_add(data);
        let end = tensor.offset.saturating_add(tensor.len as u64);
        if end > length {
            return Err(GgufFault::Truncated {
                tensor: name.clone(),
                end,
                length,
            });
        }
    }
    let mut sorted: Vec<_> = tensors
        .iter()
        .filter(|(_, tensor)| tensor.len > 0)
        .collect();
    sorted.sort_by_key(|(_, tensor)| tensor.offset);
    for pair in sorted.windows(2) {
        let [(other, before), (name, after)] = [pair[0], pair[1]];
        if before.offset + before.len as u64 > after.offset {
            return Err(GgufFault::Overlap {
                tensor: name.clone(),
                other: other.clone(),
            });
        }
    }
    Ok(())
}
