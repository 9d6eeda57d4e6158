//! LoRA adapters, real and made, and what is read of them.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use model_formats::{Dtype, LoraAdapter, LoraBase, SafetensorsFile, SafetensorsWriter, TensorSpec};
use serde_json::{Value, json};
use tempfile::TempDir;

/// Real checkpoints of mlx-lm.
pub(crate) fn pirate() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/fixtures/adapters-smol-pirate")
}

pub(crate) fn open(path: impl AsRef<Path>) -> Result<LoraAdapter, String> {
    LoraAdapter::open(path, None).map_err(|error| error.to_string())
}

#[track_caller]
pub(crate) fn refused(path: impl AsRef<Path>, message: &str) {
    let error = open(path).expect_err(message);
    assert!(error.contains(message), "{error}");
}

pub(crate) fn base(config: &Value) -> LoraBase {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("config.json"), config.to_string()).unwrap();
    LoraBase::open(folder.path()).unwrap()
}

pub(crate) fn smol() -> LoraBase {
    base(&json!({"model_type": "llama", "num_attention_heads": 9, "num_key_value_heads": 3}))
}

/// A tensor of a made adapter: its name, shape and first element; the others count on from there.
pub(crate) type Made<'a> = (&'a str, [usize; 2], u8);

/// A folder with an adapter of these tensors, of one byte in every four.
pub(crate) fn folder(weights: &str, config: &Value, tensors: &[Made<'_>]) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    fs::write(
        folder.path().join("adapter_config.json"),
        config.to_string(),
    )
    .unwrap();
    let specs: Vec<_> = tensors
        .iter()
        .map(|(name, shape, _)| TensorSpec::new(*name, Dtype::F32, *shape))
        .collect();
    let path = folder.path().join(weights);
    let mut writer = SafetensorsWriter::create(path, &specs, &BTreeMap::new()).unwrap();
    for (spec, (name, _, first)) in specs.iter().zip(tensors) {
        let count = u8::try_from(spec.shape[0] * spec.shape[1]).unwrap();
        let data: Vec<_> = (*first..first + count)
            .flat_map(|byte| [byte, 0, 0, 0])
            .collect();
        writer.write(name, &data).unwrap();
    }
    writer.finish().unwrap();
    folder
}

pub(crate) fn mlx_lm_config(rank: usize) -> Value {
    json!({"lora_parameters": {"rank": rank, "scale": 2.0}})
}

pub(crate) fn peft_config(rank: usize) -> Value {
    json!({"peft_type": "LORA", "r": rank, "lora_alpha": 2 * rank})
}

pub(crate) const Q: &str = "model.layers.0.self_attn.q_proj";

/// The low bytes of a matrix's elements.
pub(crate) fn bytes(tensor: &model_formats::Tensor) -> Vec<u8> {
    tensor.data.iter().step_by(4).copied().collect()
}

#[test]
fn a_checkpoint_of_mlx_lm_is_read() {
    let adapter = open(pirate().join("0000040_adapters.safetensors")).unwrap();
    assert_eq!(
        adapter.base_model(),
        Some("SmolLM2-135M-Instruct (Q4_1, converted)")
    );
    assert_eq!(adapter.modules().len(), 8 * 7);
    let down = &adapter.modules()["model.layers.22.mlp.down_proj"];
    assert_eq!((down.input(), down.rank(), down.output()), (1536, 8, 576));
    assert_eq!(down.a().shape, [1536, 8]);
    assert_eq!(down.b().shape, [8, 576]);
    assert!((down.scale() - 20.0).abs() < f64::EPSILON);
    let file = SafetensorsFile::open(pirate().join("0000040_adapters.safetensors")).unwrap();
    assert_eq!(
        *down.b(),
        file.read("model.layers.22.mlp.down_proj.lora_b").unwrap()
    );
}

#[test]
fn peft_is_read_with_and_without_the_name_of_the_adapter() {
    for name in ["", ".default"] {
        let a = format!("base_model.model.{Q}.lora_A{name}.weight");
        let b = format!("base_model.model.{Q}.lora_B{name}.weight");
        let tensors = [(a.as_str(), [2, 3], 0), (b.as_str(), [4, 2], 10)];
        let folder = folder("adapter_model.safetensors", &peft_config(2), &tensors);
        let adapter = open(folder.path()).unwrap();
        let q = &adapter.modules()[Q];
        assert_eq!(
            (&q.a().shape, bytes(q.a())),
            (&vec![3, 2], vec![0, 3, 1, 4, 2, 5])
        );
        assert_eq!(
            (&q.b().shape, bytes(q.b())),
            (&vec![2, 4], vec![10, 12, 14, 16, 11, 13, 15, 17])
        );
    }
}

#[test]
fn matrices_that_lie_transposed_are_recognised() {
    let config = json!({"fine_tune_type": "lora", "rank": 2, "alpha": 4});
    let a = format!("{Q}.lora_a");
    let b = format!("{Q}.lora_b");
    for config in [config, mlx_lm_config(2)] {
        let tensors = [(a.as_str(), [2, 3], 0), (b.as_str(), [4, 2], 10)];
        let turned = folder("adapters.safetensors", &config, &tensors);
        let adapter = open(turned.path()).unwrap();
        let q = &adapter.modules()[Q];
        assert_eq!((q.input(), q.rank(), q.output()), (3, 2, 4));
        assert_eq!(bytes(q.a()), [0, 3, 1, 4, 2, 5]);
    }
    let tensors = [(a.as_str(), [3, 4], 0), (b.as_str(), [4, 5], 12)];
    let other_rank = folder("adapters.safetensors", &mlx_lm_config(2), &tensors);
    refused(
        other_rank.path(),
        "the shapes [3, 4] and [4, 5], which do not fit rank 2",
    );
}
