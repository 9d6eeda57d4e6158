//! GGUF models in Hugging Face's form, beside what the oracle makes of the same files.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use model_formats::{Dtype, GgufModel, Precision};
use serde::Deserialize;
use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};

use crate::gguf_bytes::smollm2;

#[derive(Deserialize)]
struct Golden {
    #[serde(default)]
    config: Map<String, Value>,
    tensors: BTreeMap<String, Expected>,
}

#[derive(Debug, PartialEq, Eq, Deserialize)]
struct Expected {
    dtype: Dtype,
    shape: Vec<usize>,
    sha256: String,
}

fn golden_path(file: &str) -> PathBuf {
    let goldens = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden/gguf_models");
    goldens.join(file)
}

fn golden(name: &str) -> Golden {
    let text = std::fs::read(golden_path(&format!("{name}.json"))).unwrap();
    serde_json::from_slice(&text).unwrap()
}

fn tiny(name: &str) -> GgufModel {
    GgufModel::open(golden_path(&format!("{name}.gguf")), Precision::AsStored).unwrap()
}

fn tensors(model: &GgufModel) -> BTreeMap<String, Expected> {
    let mut tensors = BTreeMap::new();
    for weight in model.weights() {
        let parts = weight.parts();
        let read = model.read(&weight.name).unwrap();
        assert_eq!(parts.len(), read.len());
        for (spec, (name, tensor)) in parts.into_iter().zip(read) {
            assert_eq!((&spec.name, spec.dtype), (&name, tensor.dtype));
            assert_eq!(
                (&spec.shape, spec.byte_len()),
                (&tensor.shape, Some(tensor.data.len()))
            );
            let digest = Sha256::digest(&tensor.data);
            let start = u64::from_be_bytes(digest[..8].try_into().unwrap());
            let found = Expected {
                dtype: tensor.dtype,
                shape: tensor.shape,
                sha256: format!("{start:016x}"),
            };
            assert!(
                tensors.insert(name, found).is_none(),
                "twice: {}",
                spec.name
            );
        }
    }
    tensors
}

#[track_caller]
fn check(name: &str) {
    let (model, golden) = (tiny(name), golden(name));
    for (field, value) in &golden.config {
        assert_eq!(&model.config()[field], value, "{name}: {field}");
    }
    let quantized = golden.config.contains_key("quantization");
    assert_eq!(model.config().get("quantization").is_some(), quantized);
    let found = tensors(&model);
    for (tensor, expected) in &golden.tensors {
        assert_eq!(found.get(tensor), Some(expected), "{name}: {tensor}");
    }
    assert_eq!(found.len(), golden.tensors.len(), "{name}");
}

#[test]
fn llama() {
    for name in ["llama", "llama_biased", "llama_mixed", "llama_scaled"] {
        check(name);
    }
}

#[test]
fn mistral() {
    check("mistral");
}

#[test]
fn qwen() {
    for name in ["qwen2", "qwen2_scaled", "qwen3"] {
        check(name);
    }
}

#[test]
fn gemma() {
    for name in ["gemma2", "gemma3"] {
        check(name);
    }
}

#[test]
fn phi3() {
    for name in ["phi3", "phi3_scaled"] {
        check(name);
    }
}

#[test]
fn what_ends_an_answer_is_told_with_all_its_ids() {
    let model = tiny("llama");
    let ids = json!({"bos_token_id": 257, "eos_token_id": [256, 258], "pad_token_id": 256});
    assert_eq!(model.generation_config(), ids);
    let template = "{% for message in messages %}{{ message.content }}{% endfor %}";
    assert_eq!(model.chat_template(), Some(template));
    let config = model.tokenizer_config();
    assert_eq!(config["chat_template"], template);
    assert_eq!(config["bos_token"], "<|im_start|>");
    assert_eq!(config["eos_token"], "<|im_end|>");
    assert_eq!(config["pad_token"], "<|endoftext|>");
    assert_eq!(config["model_max_length"], 512);
}

#[test]
fn numbers_come_in_the_type_that_was_asked_for() {
    let path = golden_path("llama_mixed.gguf");
    for (precision, dtype, name) in [
        (Precision::F32, Dtype::F32, "float32"),
        (Precision::Bf16, Dtype::Bf16, "bfloat16"),
        (Precision::F16, Dtype::F16, "float16"),
    ] {
        let model = GgufModel::open(&path, precision).unwrap();
        assert_eq!(model.config()["torch_dtype"], name);
        for (tensor, found) in tensors(&model) {
            let expected = if found.dtype == Dtype::U32 {
                Dtype::U32
            } else {
                dtype
            };
            assert_eq!(found.dtype, expected, "{tensor}");
        }
    }
}

#[test]
fn a_real_model_is_bit_for_bit_what_mlx_makes_of_it() {
    let model = GgufModel::open(smollm2(), Precision::AsStored).unwrap();
    assert!(tensors(&model) == golden("smollm2").tensors);
    let config = model.config();
    assert_eq!(config["model_type"], "llama");
    assert_eq!(config["rms_norm_eps"], 1e-5);
    assert_eq!(config["rope_theta"], 1e5);
    let quantization = json!({
        "group_size": 32,
        "bits": 4,
        "mode": "affine",
        "model.embed_tokens": {"group_size": 32, "bits": 8},
    });
    assert_eq!(config["quantization"], quantization);
}
