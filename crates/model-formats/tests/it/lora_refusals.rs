//! LoRA adapters that are not read, and why.

use std::fs;

use model_formats::{LoraAdapter, LoraBase, LoraFault};
use serde_json::{Value, json};

use crate::lora::{Q, base, folder, mlx_lm_config, open, peft_config, pirate, refused, smol};

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
