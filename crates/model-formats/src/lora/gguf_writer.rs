//! Writes GGUF, version 3, as far as adapters need it.

use std::collections::BTreeMap;

use crate::{Dtype, GgmlType, Tensor};

const VERSION: u32 = 3;
/// Where a file does not say otherwise.
const ALIGNMENT: usize = 32;

/// A value of the metadata.
pub(super) enum Value<'a> {
    Text(&'a str),
    Number(f32),
    Count(u32),
}

/// The bytes of a file with this metadata and these tensors, in the order of their names.
pub(super) fn encode(
    metadata: &[(&str, Value<'_>)],
    tensors: &BTreeMap<String, Tensor>,
) -> Vec<u8> {
    let mut bytes = b"GGUF".to_vec();
    bytes.extend(VERSION.to_le_bytes());
    length(&mut bytes, tensors.len());
    length(&mut bytes, metadata.len());
    for (key, value) in metadata {
        text(&mut bytes, key);
        self::value(&mut bytes, value);
    }
    let mut offset = 0;
    for (name, tensor) in tensors {
        text(&mut bytes, name);
        describe(&mut bytes, tensor, offset);
        offset += tensor.data.len().next_multiple_of(ALIGNMENT);
    }
    for tensor in tensors.values() {
        bytes.resize(bytes.len().next_multiple_of(ALIGNMENT), 0);
        bytes.extend_from_slice(&tensor.data);
    }
    bytes.resize(bytes.len().next_multiple_of(ALIGNMENT), 0);
    bytes
}

fn value(bytes: &mut Vec<u8>, value: &Value<'_>) {
    const U32: u32 = 4;
    const F32: u32 = 6;
    const STRING: u32 = 8;
    match value {
        Value::Count(count) => {
            bytes.extend(U32.to_le_bytes());
            bytes.extend(count.to_le_bytes());
        }
        Value::Number(number) => {
            bytes.extend(F32.to_le_bytes());
            bytes.extend(number.to_le_bytes());
        }
        Value::Text(value) => {
            bytes.extend(STRING.to_le_bytes());
            text(bytes, value);
        }
    }
}

/// Dimensions are written innermost first.
fn describe(bytes: &mut Vec<u8>, tensor: &Tensor, offset: usize) {
    let dimensions = u32::try_from(tensor.shape.len()).expect("an adapter has matrices only");
    bytes.extend(dimensions.to_le_bytes());
    for size in tensor.shape.iter().rev() {
        length(bytes, *size);
    }
    let kind = match tensor.dtype {
        Dtype::F16 => GgmlType::F16,
        Dtype::Bf16 => GgmlType::BF16,
        _ => GgmlType::F32,
    };
    bytes.extend(kind.number().to_le_bytes());
    length(bytes, offset);
}

fn text(bytes: &mut Vec<u8>, text: &str) {
    length(bytes, text.len());
    bytes.extend_from_slice(text.as_bytes());
}

fn length(bytes: &mut Vec<u8>, length: usize) {
    bytes.extend((length as u64).to_le_bytes());
}
