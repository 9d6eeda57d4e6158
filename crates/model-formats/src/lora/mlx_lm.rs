//! mlx-lm's layout: how its tensors are named, and writing it.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use serde_json::{Value, json};

use super::tensors::Part;
use super::write::{Folder, layer_of, write_folder};
use super::{LoraAdapter, LoraError, LoraFault, LoraModule};

pub(super) const WEIGHTS: &str = "adapters.safetensors";

/// Whether a file is a checkpoint that mlx-lm saves on the way, such as
/// `0000040_adapters.safetensors`.
pub(super) fn is_checkpoint(name: &str) -> bool {
    let digits = name.strip_suffix("_adapters.safetensors");
    digits.is_some_and(|digits| !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit()))
}

/// The module and matrix of a tensor.
pub(super) fn parse(name: &str) -> Result<(&str, Part), LoraFault> {
    match name.rsplit_once('.') {
        Some((module, "lora_a")) => Ok((module, Part::A)),
        Some((module, "lora_b")) => Ok((module, Part::B)),
        Some((_, "m")) => Err(LoraFault::Unsupported {
            what: format!("DoRA (the tensor {name})"),
        }),
        _ => Err(LoraFault::UnknownTensor {
            tensor: name.to_owned(),
        }),
    }
}

pub(super) fn write(adapter: &LoraAdapter, folder: &Path) -> Result<(), LoraError> {
    let config = config(adapter).map_err(|fault| LoraError {
        path: folder.to_owned(),
        fault,
    })?;
    let tensors = adapter.modules.iter().flat_map(|(path, module)| {
        [
            (format!("{path}.lora_a"), module.a.clone()),
            (format!("{path}.lora_b"), module.b.clone()),
        ]
    });
    let content = Folder {
        weights: WEIGHTS,
        metadata: BTreeMap::from([("format".to_owned(), "mlx".to_owned())]),
        tensors: tensors.collect(),
        config,
    };
    write_folder(folder, &content)
}

/// mlx-lm gives LoRA to the named modules of the last `num_layers` layers, -1 being all, and then
/// reads the weights; a module without weights adds nothing.
fn config(adapter: &LoraAdapter) -> Result<Value, LoraFault> {
    let one = uniform(&adapter.modules)?;
    let keys: BTreeSet<_> = adapter.modules.keys().map(|path| key(path)).collect();
    Ok(json!({
        "fine_tune_type": "lora",
        "lora_parameters": {
            "rank": one.rank(),
            "scale": one.scale,
            "dropout": 0.0,
            "keys": keys,
        },
        "model": adapter.base_model,
        "num_layers": -1,
    }))
}

/// The path of a module within its layer.
fn key(path: &str) -> &str {
    layer_of(path).map_or(path, |(_, _, within)| within)
}

/// A module whose rank and scale are those of all.
fn uniform(modules: &BTreeMap<String, LoraModule>) -> Result<&LoraModule, LoraFault> {
    let one = modules.values().next().ok_or(LoraFault::Empty)?;
    let differing = |what, module: &String| LoraFault::NotUniform {
        module: module.clone(),
        what,
    };
    for (path, module) in modules {
        if module.rank() != one.rank() {
            return Err(differing("rank", path));
        }
        #[expect(clippy::float_cmp, reason = "equal scales come of equal numbers")]
        if module.scale != one.scale {
            return Err(differing("scale", path));
        }
    }
    Ok(one)
}
