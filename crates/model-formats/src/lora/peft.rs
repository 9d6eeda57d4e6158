//! PEFT's layout: how its tensors are named, and writing it.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use serde_json::{Number, Value, json};

use super::matrix::transpose;
use super::orientation::Orientation;
use super::tensors::Part;
use super::write::{Folder, layer_of, write_folder};
use super::{LoraAdapter, LoraError, LoraFault, LoraModule};

pub(super) const WEIGHTS: &str = "adapter_model.safetensors";
/// What PEFT wrote before safetensors.
pub(super) const PICKLE: &str = "adapter_model.bin";
pub(super) const ORIENTATION: Orientation = Orientation::RankFirst;

const PREFIX: &str = "base_model.model.";

/// Tensors of what is not LoRA of linear modules.
const MORE_THAN_LORA: &[(&str, &str)] = &[
    (".lora_magnitude_vector", "DoRA"),
    (".lora_embedding_", "LoRA of embeddings"),
    (".modules_to_save.", "an adapter with modules_to_save"),
];

/// The module and matrix of a tensor; PEFT names the adapter `default` between, or leaves it out.
pub(super) fn parse(name: &str) -> Result<(&str, Part), LoraFault> {
    for (mark, what) in MORE_THAN_LORA {
        if name.contains(mark) {
            return Err(LoraFault::Unsupported {
                what: format!("{what} (the tensor {name})"),
            });
        }
    }
    let split = || {
        let path = name.strip_prefix(PREFIX)?.strip_suffix(".weight")?;
        let path = path.strip_suffix(".default").unwrap_or(path);
        match path.rsplit_once('.')? {
            (module, "lora_A") => Some((module, Part::A)),
            (module, "lora_B") => Some((module, Part::B)),
            _ => None,
        }
    };
    split().ok_or_else(|| LoraFault::UnknownTensor {
        tensor: name.to_owned(),
    })
}

pub(super) fn write(adapter: &LoraAdapter, folder: &Path) -> Result<(), LoraError> {
    let tensors = adapter.modules.iter().flat_map(|(path, module)| {
        [
            (
                format!("{PREFIX}{path}.lora_A.weight"),
                transpose(&module.a),
            ),
            (
                format!("{PREFIX}{path}.lora_B.weight"),
                transpose(&module.b),
            ),
        ]
    });
    let content = Folder {
        weights: WEIGHTS,
        metadata: BTreeMap::from([("format".to_owned(), "pt".to_owned())]),
        tensors: tensors.collect(),
        config: config(adapter),
    };
    write_folder(folder, &content)
}

/// The rank and alpha of the first module are the defaults; modules that differ are named.
fn config(adapter: &LoraAdapter) -> Value {
    let modules = &adapter.modules;
    let targets: BTreeSet<_> = modules
        .keys()
        .map(|path| path.rsplit('.').next().unwrap_or(path))
        .collect();
    // PEFT would leave out modules outside of the layers that it is told of.
    let layers: Option<BTreeSet<_>> = modules
        .keys()
        .map(|path| layer_of(path).map(|(_, layer, _)| layer))
        .collect();
    let (rank, alpha) = modules
        .values()
        .next()
        .map_or((0, 0.0), |module| (module.rank(), module.alpha()));
    let other_ranks = differing(modules, |module| {
        (module.rank() != rank).then(|| module.rank().into())
    });
    #[expect(clippy::float_cmp, reason = "equal alphas come of equal numbers")]
    let other_alphas = differing(modules, |module| {
        (module.alpha() != alpha).then(|| number(module.alpha()))
    });
    json!({
        "peft_type": "LORA",
        "task_type": "CAUSAL_LM",
        "base_model_name_or_path": adapter.base_model,
        "r": rank,
        "lora_alpha": number(alpha),
        "rank_pattern": other_ranks,
        "alpha_pattern": other_alphas,
        "target_modules": targets,
        "layers_to_transform": layers,
        "bias": "none",
        "fan_in_fan_out": false,
        "inference_mode": true,
        "init_lora_weights": true,
        "lora_dropout": 0.0,
        "modules_to_save": null,
        "use_dora": false,
        "use_rslora": false,
    })
}

/// What the modules of which there is a value have, by path. Dots stay as they are, since older
/// versions of PEFT look up the path itself and newer ones take it for an expression.
fn differing(
    modules: &BTreeMap<String, LoraModule>,
    value: impl Fn(&LoraModule) -> Option<Value>,
) -> BTreeMap<String, Value> {
    let exceptions = modules.iter().filter_map(|(path, module)| {
        Some((regex::escape(path).replace(r"\.", "."), value(module)?))
    });
    exceptions.collect()
}

/// Whole numbers as PEFT writes them, without a fraction.
fn number(value: f64) -> Value {
    const EXACT: f64 = 9_007_199_254_740_992.0;
    #[expect(
        clippy::cast_possible_truncation,
        reason = "the number is whole and small enough"
    )]
    if value.fract() == 0.0 && value.abs() < EXACT {
        Value::from(value as i64)
    } else {
        Number::from_f64(value).map_or(Value::Null, Value::Number)
    }
}
