//! LoRA adapters: real ones in every layout and back, and what is refused.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use model_formats::{
    Dtype, GgufFile, LoraAdapter, LoraBase, LoraFault, LoraLayout, SafetensorsFile,
    SafetensorsWriter, TensorSpec,
};
use serde_json::{Value, json};
use tempfile::TempDir;

/// Real checkpoints of mlx-lm.
fn pirate() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/fixtures/adapters-smol-pirate")
}

fn open(path: impl AsRef<Path>) -> Result<LoraAdapter, String> {
    LoraAdapter::open(path, None).map_err(|error| error.to_string())
}

#[track_caller]
fn refused(path: impl AsRef<Path>, message: &str) {
    let error = open(path).expect_err(message);
    assert!(error.contains(message), "{error}");
}

fn base(config: &Value) -> LoraBase {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("config.json"), config.to_string()).unwrap();
    LoraBase::open(folder.path()).unwrap()
}

fn smol() -> LoraBase {
    base(&json!({"model_type": "llama", "num_attention_heads": 9, "num_key_value_heads": 3}))
}

/// A tensor of a made adapter: its name, shape and first element; the others count on from there.
type Made<'a> = (&'a str, [usize; 2], u8);

/// A folder with an adapter of these tensors, of one byte in every four.
fn folder(weights: &str, config: &Value, tensors: &[Made<'_>]) -> TempDir {
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

fn mlx_lm_config(rank: usize) -> Value {
    json!({"lora_parameters": {"rank": rank, "scale": 2.0}})
}

fn peft_config(rank: usize) -> Value {
    json!({"peft_type": "LORA", "r": rank, "lora_alpha": 2 * rank})
}

const Q: &str = "model.layers.0.self_attn.q_proj";

/// The low bytes of a matrix's elements.
fn bytes(tensor: &model_formats::Tensor) -> Vec<u8> {
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
fn a_gguf_adapter_needs_the_base_that_its_rows_are_of() {
    let adapter = open(pirate().join("0000040_adapters.safetensors")).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("pirate.gguf");
    adapter.write_gguf(&path, &smol()).unwrap();
    refused(&path, "the base model is needed to read the adapter");
    refused(
        folder.path(),
        "the base model is needed to read the adapter",
    );
    let other = base(&json!({"model_type": "qwen2", "num_attention_heads": 9}));
    let error = LoraAdapter::open(&path, Some(&other)).unwrap_err();
    assert!(
        matches!(error.fault, LoraFault::OtherArchitecture { .. }),
        "{error}"
    );
    let heads = base(&json!({"model_type": "llama", "num_attention_heads": 7}));
    let error = LoraAdapter::open(&path, Some(&heads)).unwrap_err();
    assert!(
        matches!(error.fault, LoraFault::Heads { heads: 7, .. }),
        "{error}"
    );
    let error = adapter.write_gguf(&path, &smol()).unwrap_err();
    assert!(matches!(error.fault, LoraFault::Exists), "{error}");
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

#[test]
fn which_checkpoint_is_meant_is_never_guessed() {
    refused(
        pirate(),
        "name one of 0000020_adapters.safetensors, 0000040_adapters.safetensors, \
         0000060_adapters.safetensors",
    );
    let folder = tempfile::tempdir().unwrap();
    let copy =
        |from: &str, to: &str| fs::copy(pirate().join(from), folder.path().join(to)).unwrap();
    copy(
        "0000020_adapters.safetensors",
        "0000020_adapters.safetensors",
    );
    refused(
        folder.path().join("0000020_adapters.safetensors"),
        "no adapter_config.json, which tells rank and scale",
    );
    refused(
        folder.path(),
        "no adapter_config.json, which tells rank and scale",
    );
    copy("adapter_config.json", "adapter_config.json");
    let only = open(folder.path()).unwrap();
    copy(
        "0000060_adapters.safetensors",
        "0000060_adapters.safetensors",
    );
    refused(folder.path(), "several checkpoints");
    copy("0000060_adapters.safetensors", "adapters.safetensors");
    let last = open(folder.path()).unwrap();
    assert_ne!(last, only);
    assert_eq!(
        last,
        open(pirate().join("0000060_adapters.safetensors")).unwrap()
    );
}

#[test]
fn absent_weights_are_named() {
    let folder = tempfile::tempdir().unwrap();
    let config = folder.path().join("adapter_config.json");
    fs::write(&config, mlx_lm_config(8).to_string()).unwrap();
    refused(folder.path(), "no adapters.safetensors beside");
    fs::write(&config, peft_config(8).to_string()).unwrap();
    refused(folder.path(), "no adapter_model.safetensors beside");
    fs::write(folder.path().join("adapter_model.bin"), "").unwrap();
    refused(folder.path(), "save them as safetensors");
    fs::write(&config, vec![b' '; 2 << 20]).unwrap();
    refused(folder.path(), "more than 1048576 bytes");
    refused(folder.path().join("absent"), "cannot be read");
}

#[test]
fn tensors_that_are_not_lora_are_refused_by_name() {
    let mlx = |name: &str| {
        folder(
            "adapters.safetensors",
            &mlx_lm_config(2),
            &[(name, [2, 2], 0)],
        )
    };
    refused(
        mlx("model.norm.weight").path(),
        "model.norm.weight is not one of a LoRA adapter",
    );
    refused(mlx("x.m").path(), "DoRA (the tensor x.m) is not supported");
    refused(mlx("x.lora_a").path(), "the module x lacks the matrix b");
    refused(mlx("x.lora_b").path(), "the module x lacks the matrix a");
    refused(
        mlx("model.embed_tokens.lora_a").path(),
        "LoRA of the embedding model.embed_tokens",
    );
    let none = folder("adapters.safetensors", &mlx_lm_config(2), &[]);
    refused(none.path(), "the adapter has no module");

    let peft = |name: &str| {
        let name = format!("base_model.model.{name}");
        folder(
            "adapter_model.safetensors",
            &peft_config(2),
            &[(&name, [2, 2], 0)],
        )
    };
    refused(
        peft("x.weight").path(),
        "base_model.model.x.weight is not one of",
    );
    refused(
        peft("x.lora_A.other.weight").path(),
        "is not one of a LoRA adapter",
    );
    refused(peft("x.lora_magnitude_vector").path(), "DoRA (the tensor");
    refused(
        peft("e.lora_embedding_A").path(),
        "LoRA of embeddings (the tensor",
    );
    refused(
        peft("lm_head.modules_to_save.weight").path(),
        "modules_to_save (the tensor",
    );
    let twice = ["", ".default"].map(|name| format!("base_model.model.x.lora_A{name}.weight"));
    let tensors = [
        (twice[0].as_str(), [2, 2], 0),
        (twice[1].as_str(), [2, 2], 0),
    ];
    let twice = folder("adapter_model.safetensors", &peft_config(2), &tensors);
    refused(twice.path(), "the module x has the matrix a twice");
}

#[test]
fn a_scale_or_rank_that_cannot_be_is_refused() {
    let tensors = [("x.lora_a", [2, 2], 0), ("x.lora_b", [2, 2], 0)];
    for scale in [json!(0), json!(1e39), json!(1e-60)] {
        let config = json!({"lora_parameters": {"rank": 2, "scale": scale}});
        refused(
            folder("adapters.safetensors", &config, &tensors).path(),
            "scale of x is",
        );
    }
    let none = [("x.lora_a", [2, 0], 0), ("x.lora_b", [0, 2], 0)];
    let config = json!({"rank": 0, "alpha": 2});
    refused(
        folder("adapters.safetensors", &config, &none).path(),
        "rank of x is 0",
    );
}

/// A damaged adapter opens (its names or numbers are others then) or is refused; it never panics.
#[test]
fn any_cut_and_any_changed_byte_is_survived() {
    let names = [format!("{Q}.lora_a"), format!("{Q}.lora_b")];
    let tensors = [
        (names[0].as_str(), [4, 2], 0),
        (names[1].as_str(), [2, 4], 10),
    ];
    let folder = folder("adapters.safetensors", &mlx_lm_config(2), &tensors);
    let heads = base(&json!({"model_type": "llama", "num_attention_heads": 2}));
    let at = |name: &str| folder.path().join(name);
    let adapter = open(folder.path()).unwrap();
    adapter.write_peft(at("peft")).unwrap();
    adapter.write_gguf(at("a.gguf"), &heads).unwrap();
    let cases = [
        (at("a.gguf"), at("a.gguf")),
        (at("peft"), at("peft/adapter_config.json")),
        (at("peft"), at("peft/adapter_model.safetensors")),
        (folder.path().to_owned(), at("adapter_config.json")),
    ];
    for (adapter, file) in cases {
        let whole = fs::read(&file).unwrap();
        let survives = |bytes: &[u8]| {
            fs::write(&file, bytes).unwrap();
            LoraAdapter::open(&adapter, Some(&heads)).is_ok()
        };
        let refused = |cut: &usize| !survives(&whole[..*cut]);
        let cuts = (0..whole.len()).step_by(11);
        assert!(
            cuts.clone().filter(refused).count() > cuts.len() / 2,
            "{}",
            file.display()
        );
        let mut changed = whole.clone();
        for at in 0..whole.len() {
            changed[at] = [0, b'9', b'"', 0xff][at % 4];
            survives(&changed);
            changed[at] = whole[at];
        }
        assert!(survives(&whole));
    }
}

#[test]
fn a_base_that_is_not_known_is_refused_by_name() {
    let check = |config: Value, message: &str| {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("config.json"), config.to_string()).unwrap();
        let error = LoraBase::open(folder.path()).unwrap_err().to_string();
        assert!(error.contains(message), "{error}");
    };
    check(json!({}), "the base model's architecture is not known");
    check(
        json!({"model_type": "mamba"}),
        "\"mamba\" are not converted",
    );
    check(
        json!({"model_type": "llama"}),
        "number of attention heads is not known",
    );
    let zero = json!({"model_type": "llama", "num_attention_heads": 2, "num_key_value_heads": 0});
    check(zero, "number of key and value heads is not known");
    check(json!({"model_type": 3}), "config.json is malformed");
}
