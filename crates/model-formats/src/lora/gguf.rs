//! Adapters as GGUF files, for llama.cpp.

use std::collections::BTreeMap;
use std::path::Path;

use super::base::{check_architecture, reorders};
use super::gguf_writer::{self, Value};
use super::matrix::{halved, interleaved, reorder_rows, transpose};
use super::name::{from_gguf, to_gguf};
use super::orientation::Orientation;
use super::tensors::{Pairs, Part};
use super::write::io_fault;
use super::{LoraAdapter, LoraBase, LoraError, LoraFault};
use crate::output::write_file;
use crate::{Dtype, GgmlType, GgufFile, GgufValue, Tensor};

const ARCHITECTURE: &str = "general.architecture";
const KIND: &str = "general.type";
const ADAPTER_KIND: &str = "adapter.type";
const ALPHA: &str = "adapter.lora.alpha";
const BASE_COUNT: &str = "general.base_model.count";
const BASE_NAME: &str = "general.base_model.0.name";

/// The stored types that are read, and what they are in memory.
const TYPES: &[(GgmlType, Dtype)] = &[
    (GgmlType::F32, Dtype::F32),
    (GgmlType::F16, Dtype::F16),
    (GgmlType::BF16, Dtype::Bf16),
];

pub(super) fn read(file: &GgufFile, base: Option<&LoraBase>) -> Result<LoraAdapter, LoraFault> {
    let text = |key: &str| file.metadata().get(key).and_then(GgufValue::as_str);
    expect(KIND, text(KIND), "adapter")?;
    expect(ADAPTER_KIND, text(ADAPTER_KIND), "lora")?;
    if file
        .metadata()
        .contains_key("adapter.alora.invocation_tokens")
    {
        return Err(LoraFault::Unsupported {
            what: "an adapter that an invocation activates".to_owned(),
        });
    }
    let architecture = text(ARCHITECTURE).ok_or(LoraFault::MissingKey { key: ARCHITECTURE })?;
    check_architecture(architecture)?;
    check_base(architecture, base)?;
    let alpha = file.metadata().get(ALPHA).and_then(GgufValue::as_f64);
    let alpha = alpha.ok_or(LoraFault::MissingKey { key: ALPHA })?;
    let (pairs, ranks) = matrices(file, architecture, base)?;
    let rank = |module: &str| ranks.get(module).copied().unwrap_or(0);
    #[expect(clippy::cast_precision_loss, reason = "ranks are small")]
    let scale = |module: &str| alpha / rank(module) as f64;
    Ok(LoraAdapter {
        base_model: text(BASE_NAME).map(str::to_owned),
        modules: pairs.modules(Orientation::RankFirst, rank, scale)?,
    })
}

/// The matrices in Hugging Face's order of rows, and the ranks of the modules.
fn matrices(
    file: &GgufFile,
    architecture: &str,
    base: Option<&LoraBase>,
) -> Result<(Pairs, BTreeMap<String, usize>), LoraFault> {
    let mut pairs = Pairs::default();
    let mut ranks = BTreeMap::new();
    for name in file.tensors().keys() {
        let unknown = || LoraFault::UnknownTensor {
            tensor: name.clone(),
        };
        let (weight, part) = split(name).ok_or_else(unknown)?;
        let (module, kind) = from_gguf(weight, architecture).ok_or_else(unknown)?;
        let mut matrix = read_matrix(file, name)?;
        if part == Part::B {
            // `[output, rank]`; what has other dimensions is refused with its shape below.
            ranks.insert(module.clone(), matrix.shape.get(1).copied().unwrap_or(0));
            if let Some(heads) = base.and_then(|base| base.reordered_heads(kind)) {
                matrix = reorder(&module, &matrix, heads, halved)?;
            }
        }
        pairs.insert(&module, part, matrix)?;
    }
    Ok((pairs, ranks))
}

fn split(name: &str) -> Option<(&str, Part)> {
    match name.rsplit_once('.')? {
        (weight, "lora_a") => Some((weight, Part::A)),
        (weight, "lora_b") => Some((weight, Part::B)),
        _ => None,
    }
}

fn read_matrix(file: &GgufFile, name: &str) -> Result<Tensor, LoraFault> {
    let tensor = &file.tensors()[name];
    let Some((_, dtype)) = TYPES.iter().find(|(kind, _)| *kind == tensor.kind) else {
        return Err(LoraFault::GgmlType {
            tensor: name.to_owned(),
            kind: tensor.kind,
        });
    };
    Ok(Tensor {
        dtype: *dtype,
        shape: tensor.shape.clone(),
        data: file.read(name)?,
    })
}

/// A matrix `[output, rank]` with the rows of each head in another order.
fn reorder(
    module: &str,
    matrix: &Tensor,
    heads: usize,
    source: fn(usize, usize) -> usize,
) -> Result<Tensor, LoraFault> {
    let rows = matrix.shape.first().copied().unwrap_or(0);
    if rows == 0 || rows % (2 * heads) != 0 {
        return Err(LoraFault::Heads {
            module: module.to_owned(),
            rows,
            heads,
        });
    }
    Ok(reorder_rows(matrix, |row| source(row, rows / heads)))
}

pub(super) fn write(adapter: &LoraAdapter, place: &Path, base: &LoraBase) -> Result<(), LoraError> {
    let written =
        encode(adapter, base).and_then(|bytes| write_file(place, &bytes).map_err(io_fault));
    written.map_err(|fault| LoraError {
        path: place.to_owned(),
        fault,
    })
}

fn encode(adapter: &LoraAdapter, base: &LoraBase) -> Result<Vec<u8>, LoraFault> {
    #[expect(
        clippy::cast_possible_truncation,
        reason = "llama.cpp reads single precision"
    )]
    let alpha = uniform_alpha(adapter)? as f32;
    let mut header = vec![
        (KIND, Value::Text("adapter")),
        (ARCHITECTURE, Value::Text(&base.architecture)),
        (ADAPTER_KIND, Value::Text("lora")),
        (ALPHA, Value::Number(alpha)),
    ];
    if let Some(name) = &adapter.base_model {
        header.push((BASE_COUNT, Value::Count(1)));
        header.push((BASE_NAME, Value::Text(name)));
    }
    let mut tensors = BTreeMap::new();
    for (path, module) in &adapter.modules {
        let (name, kind) =
            to_gguf(path, &base.architecture).ok_or_else(|| LoraFault::UnknownModule {
                module: path.clone(),
                architecture: base.architecture.clone(),
            })?;
        let mut b = transpose(&module.b);
        if let Some(heads) = base.reordered_heads(kind) {
            b = reorder(path, &b, heads, interleaved)?;
        }
        tensors.insert(format!("{name}.lora_a"), transpose(&module.a));
        tensors.insert(format!("{name}.lora_b"), b);
    }
    Ok(gguf_writer::encode(&header, &tensors))
}

/// The alpha that all modules have.
fn uniform_alpha(adapter: &LoraAdapter) -> Result<f64, LoraFault> {
    let mut modules = adapter.modules.iter();
    let (_, one) = modules.next().ok_or(LoraFault::Empty)?;
    #[expect(clippy::float_cmp, reason = "equal alphas come of equal numbers")]
    match modules.find(|(_, module)| module.alpha() != one.alpha()) {
        None => Ok(one.alpha()),
        Some((path, _)) => Err(LoraFault::NotUniform {
            module: path.clone(),
            what: "alpha",
        }),
    }
}

fn expect(key: &'static str, found: Option<&str>, wanted: &str) -> Result<(), LoraFault> {
    match found {
        Some(text) if text == wanted => Ok(()),
        None => Err(LoraFault::MissingKey { key }),
        Some(other) => Err(LoraFault::BadField {
            field: key.to_owned(),
            value: format!("{other:?}, not {wanted:?}"),
        }),
    }
}

fn check_base(architecture: &str, base: Option<&LoraBase>) -> Result<(), LoraFault> {
    match base {
        Some(base) if base.architecture() != architecture => Err(LoraFault::OtherArchitecture {
            adapter: architecture.to_owned(),
            base: base.architecture().to_owned(),
        }),
        None if reorders(architecture) => Err(LoraFault::NeedsBase {
            architecture: architecture.to_owned(),
        }),
        _ => Ok(()),
    }
}
