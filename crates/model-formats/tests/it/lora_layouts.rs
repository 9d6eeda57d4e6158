//! LoRA adapters from every layout into every other.

use std::fs;

use model_formats::{GgufFile, LoraAdapter, LoraLayout, SafetensorsFile};
use serde_json::{Value, json};

use crate::lora::{Q, base, folder, mlx_lm_config, open, peft_config, pirate, smol};

#[test]
fn a_real_adapter_survives_every_layout() {
    let adapter = open(pirate().join("0000040_adapters.safetensors")).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);

    adapter.write_peft(at("peft")).unwrap();
    assert_eq!(LoraAdapter::layout(at("peft")).unwrap(), LoraLayout::Peft);
    let peft = open(at("peft")).unwrap();
    assert_eq!(peft, adapter);

    peft.write_gguf(at("pirate.gguf"), &smol()).unwrap();
    assert_eq!(
        LoraAdapter::layout(at("pirate.gguf")).unwrap(),
        LoraLayout::Gguf
    );
    let gguf = LoraAdapter::open(at("pirate.gguf"), Some(&smol())).unwrap();
    assert_eq!(gguf, adapter);

    gguf.write_mlx_lm(at("mlx")).unwrap();
    assert_eq!(LoraAdapter::layout(at("mlx")).unwrap(), LoraLayout::MlxLm);
    assert_eq!(open(at("mlx")).unwrap(), adapter);
    let config: Value =
        serde_json::from_slice(&fs::read(at("mlx/adapter_config.json")).unwrap()).unwrap();
    let expected = json!({
        "rank": 8, "scale": 20.0, "dropout": 0.0,
        "keys": ["mlp.down_proj", "mlp.gate_proj", "mlp.up_proj", "self_attn.k_proj",
                 "self_attn.o_proj", "self_attn.q_proj", "self_attn.v_proj"],
    });
    assert_eq!(config["lora_parameters"], expected);
}

#[test]
fn peft_gets_the_fields_that_it_asks_for() {
    let adapter = open(pirate().join("0000020_adapters.safetensors")).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("peft");
    adapter.write_peft(&out).unwrap();
    let config: Value =
        serde_json::from_slice(&fs::read(out.join("adapter_config.json")).unwrap()).unwrap();
    assert_eq!(config["r"], 8);
    assert_eq!(config["lora_alpha"], 160);
    assert_eq!(config["rank_pattern"], json!({}));
    assert_eq!(config["target_modules"].as_array().unwrap().len(), 7);
    assert_eq!(
        config["layers_to_transform"],
        json!([22, 23, 24, 25, 26, 27, 28, 29])
    );
    let file = SafetensorsFile::open(out.join("adapter_model.safetensors")).unwrap();
    let shape = |part: &str| {
        let name = format!("base_model.model.model.layers.22.mlp.down_proj.lora_{part}.weight");
        file.tensors()[&name].shape.clone()
    };
    assert_eq!((shape("A"), shape("B")), (vec![8, 1536], vec![576, 8]));
}

#[test]
fn a_head_is_an_adapter_in_every_layout() {
    let names = [format!("{Q}.lora_a"), format!("{Q}.lora_b")];
    let tensors = [
        (names[0].as_str(), [4, 2], 0),
        (names[1].as_str(), [2, 4], 10),
        ("lm_head.lora_a", [4, 2], 20),
        ("lm_head.lora_b", [2, 6], 30),
    ];
    let folder = folder("adapters.safetensors", &mlx_lm_config(2), &tensors);
    let adapter = open(folder.path()).unwrap();
    let at = |name: &str| folder.path().join(name);
    adapter.write_peft(at("peft")).unwrap();
    assert_eq!(open(at("peft")).unwrap(), adapter);
    let config: Value =
        serde_json::from_slice(&fs::read(at("peft/adapter_config.json")).unwrap()).unwrap();
    assert_eq!(config["layers_to_transform"], Value::Null);
    let heads = base(&json!({"model_type": "llama", "num_attention_heads": 2}));
    adapter.write_gguf(at("a.gguf"), &heads).unwrap();
    assert_eq!(
        LoraAdapter::open(at("a.gguf"), Some(&heads)).unwrap(),
        adapter
    );
    adapter.write_mlx_lm(at("mlx")).unwrap();
    assert_eq!(open(at("mlx")).unwrap(), adapter);
}

/// llama.cpp's converter puts row `i` of a head's first half at `2 i`, of its second at `2 i + 1`.
#[test]
fn a_gguf_adapter_has_its_rows_where_llama_cpp_has_them() {
    let config = mlx_lm_config(1);
    let tensors = [
        ("model.layers.0.self_attn.q_proj.lora_a", [2, 1], 100),
        ("model.layers.0.self_attn.q_proj.lora_b", [1, 8], 0),
        ("model.layers.0.self_attn.v_proj.lora_a", [2, 1], 100),
        ("model.layers.0.self_attn.v_proj.lora_b", [1, 8], 0),
    ];
    let folder = folder("adapters.safetensors", &config, &tensors);
    let adapter = open(folder.path()).unwrap();
    let write = |kind: &str| {
        let heads = json!({"model_type": kind, "num_attention_heads": 2});
        let path = folder.path().join(format!("{kind}.gguf"));
        adapter.write_gguf(&path, &base(&heads)).unwrap();
        GgufFile::open(path).unwrap()
    };
    let b = |file: &GgufFile, name: &str| -> Vec<u8> {
        let data = file.read(&format!("blk.0.{name}.weight.lora_b")).unwrap();
        data.into_iter().step_by(4).collect()
    };
    let llama = write("llama");
    assert_eq!(b(&llama, "attn_q"), [0, 2, 1, 3, 4, 6, 5, 7]);
    assert_eq!(b(&llama, "attn_v"), [0, 1, 2, 3, 4, 5, 6, 7]);
    let text = |key: &str| llama.metadata()[key].as_str().unwrap().to_owned();
    assert_eq!(text("general.type"), "adapter");
    assert_eq!(text("adapter.type"), "lora");
    assert_eq!(text("general.architecture"), "llama");
    assert_eq!(llama.metadata()["adapter.lora.alpha"].as_f64(), Some(2.0));
    assert_eq!(llama.tensors()["blk.0.attn_q.weight.lora_a"].shape, [1, 2]);
    assert_eq!(llama.tensors()["blk.0.attn_q.weight.lora_b"].shape, [8, 1]);
    assert_eq!(b(&write("qwen2"), "attn_q"), [0, 1, 2, 3, 4, 5, 6, 7]);
}

#[test]
fn ranks_and_scales_of_single_modules_survive_where_the_layout_has_them() {
    let mut config = peft_config(2);
    config["rank_pattern"] = json!({"k_proj": 1});
    config["alpha_pattern"] = json!({"k_proj": 3});
    let k = "model.layers.0.self_attn.k_proj";
    let name = |module: &str, part: &str| format!("base_model.model.{module}.lora_{part}.weight");
    let names = [name(Q, "A"), name(Q, "B"), name(k, "A"), name(k, "B")];
    let tensors = [
        (names[0].as_str(), [2, 3], 0),
        (names[1].as_str(), [4, 2], 10),
        (names[2].as_str(), [1, 3], 20),
        (names[3].as_str(), [4, 1], 30),
    ];
    let folder = folder("adapter_model.safetensors", &config, &tensors);
    let adapter = open(folder.path()).unwrap();
    let of = |module: &str| {
        (
            adapter.modules()[module].rank(),
            adapter.modules()[module].scale(),
        )
    };
    assert_eq!((of(Q), of(k)), ((2, 2.0), (1, 3.0)));

    let again = folder.path().join("again");
    adapter.write_peft(&again).unwrap();
    assert_eq!(open(&again).unwrap(), adapter);
    let error = adapter.write_mlx_lm(folder.path().join("mlx")).unwrap_err();
    assert!(
        error.to_string().contains("another rank than the others"),
        "{error}"
    );
    let heads = base(&json!({"model_type": "llama", "num_attention_heads": 2}));
    let error = adapter
        .write_gguf(folder.path().join("x.gguf"), &heads)
        .unwrap_err();
    assert!(
        error.to_string().contains("another alpha than the others"),
        "{error}"
    );
}
