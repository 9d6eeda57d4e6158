//! Models that are folders with `config.json` and safetensors, as Hugging Face and MLX keep them.

use std::fs::File;
use std::io::Read;
use std::path::Path;

use serde_json::Value;

use super::parts::{Parts, Weights};
use super::walk::Entry;
use super::{DiscoveredModel, DiscoverySource, ModelFormat};

/// Far more than any configuration needs.
const MAX_CONFIG: u64 = 4 << 20;

/// The model that a folder is, if its entries make it one.
pub(super) fn model(
    entries: &[Entry],
    folder: &Path,
    name: String,
    source: DiscoverySource,
) -> Option<DiscoveredModel> {
    let config = entries.iter().find(|entry| entry.name == "config.json")?;
    let files = entries
        .iter()
        .filter(|entry| entry.has_extension("safetensors") && entry.may_be_file());
    let groups = Parts::group(files);
    if groups.is_empty() {
        return None;
    }
    let weights = Weights::sum(&groups);
    let mut model = DiscoveredModel {
        size_bytes: weights.size_bytes,
        num_files: weights.num_files,
        problem: weights.problem,
        ..DiscoveredModel::new(name, folder.to_owned(), ModelFormat::Safetensors, source)
    };
    match read(&config.path) {
        Ok(config) => describe(&mut model, &config),
        Err(problem) => {
            model.problem.get_or_insert(problem);
        }
    }
    Some(model)
}

fn read(path: &Path) -> Result<Value, String> {
    let mut text = Vec::new();
    File::open(path)
        .and_then(|file| file.take(MAX_CONFIG).read_to_end(&mut text))
        .map_err(|error| format!("config.json cannot be read: {error}"))?;
    match serde_json::from_slice(&text) {
        Ok(config @ Value::Object(_)) => Ok(config),
        Ok(_) => Err("config.json is no JSON object: download or copy it again".to_owned()),
        Err(error) => Err(format!(
            "config.json is not valid JSON ({error}): download or copy it again"
        )),
    }
}

fn describe(model: &mut DiscoveredModel, config: &Value) {
    let number = |pointer| {
        let number = config.pointer(pointer).and_then(Value::as_u64);
        number.and_then(|number| u32::try_from(number).ok())
    };
    let architecture = config.get("model_type").and_then(Value::as_str);
    model.architecture = architecture.map(str::to_owned);
    model.context_length = number("/max_position_embeddings")
        .or_else(|| number("/text_config/max_position_embeddings"));
    // MLX writes `quantization`, transformers `quantization_config`.
    model.quant_bits = number("/quantization/bits").or_else(|| number("/quantization_config/bits"));
    model.quant_group =
        number("/quantization/group_size").or_else(|| number("/quantization_config/group_size"));
    let quantized = |key| config.get(key).is_some_and(|value| !value.is_null());
    if !quantized("quantization") && !quantized("quantization_config") {
        model.quant_bits = Some(0);
    }
}
