//! `ml convert`: the real model, real adapters, and what is refused.

use std::fs;
use std::path::{Path, PathBuf};

use rustix::process::Signal;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use tempfile::TempDir;

use crate::support::{Done, cached, eventually, ml};

/// A folder to convert in.
struct Folder(TempDir);

impl Folder {
    fn new() -> Self {
        Self(tempfile::tempdir().expect("a folder"))
    }

    fn at(&self, name: &str) -> String {
        self.path(name).display().to_string()
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn names(&self) -> Vec<String> {
        names(self.0.path())
    }
}

fn names(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).expect("a folder");
    let mut names: Vec<_> = entries
        .map(|entry| {
            entry
                .expect("readable")
                .file_name()
                .to_string_lossy()
                .into_owned()
        })
        .collect();
    names.sort();
    names
}

fn convert(args: &[&str]) -> Done {
    ml(["convert"]).args(args).run()
}

fn smol() -> String {
    let file = cached("models/SmolLM2-135M-Instruct.Q4_1.gguf");
    file.display().to_string()
}

/// A real checkpoint of mlx-lm.
fn pirate() -> String {
    let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/fixtures");
    let file = fixtures.join("adapters-smol-pirate/0000060_adapters.safetensors");
    file.display().to_string()
}

/// A model folder of one layer, all of whose weights are 0.5.
fn tiny(folder: &Path) {
    let weight = |name: &str, shape: &[usize]| (format!("model.{name}.weight"), shape.to_vec());
    let weights = [
        weight("embed_tokens", &[256, 64]),
        weight("layers.0.input_layernorm", &[64]),
        weight("layers.0.mlp.down_proj", &[64, 128]),
        weight("layers.0.mlp.gate_proj", &[128, 64]),
        weight("layers.0.mlp.up_proj", &[128, 64]),
        weight("layers.0.post_attention_layernorm", &[64]),
        weight("layers.0.self_attn.k_proj", &[64, 64]),
        weight("layers.0.self_attn.o_proj", &[64, 64]),
        weight("layers.0.self_attn.q_proj", &[64, 64]),
        weight("layers.0.self_attn.v_proj", &[64, 64]),
        weight("norm", &[64]),
    ];
    let mut header = serde_json::Map::new();
    let mut end = 0;
    for (name, shape) in weights {
        let start = end;
        end += 4 * shape.iter().product::<usize>();
        let info = json!({"dtype": "F32", "shape": shape, "data_offsets": [start, end]});
        header.insert(name, info);
    }
    let header = Value::Object(header).to_string();
    let mut bytes = (header.len() as u64).to_le_bytes().to_vec();
    bytes.extend(header.as_bytes());
    bytes.extend(0.5_f32.to_le_bytes().repeat(end / 4));
    let config = json!({
        "model_type": "llama", "hidden_size": 64, "intermediate_size": 128,
        "num_hidden_layers": 1, "num_attention_heads": 4, "num_key_value_heads": 4,
        "vocab_size": 256, "rms_norm_eps": 1e-5, "tie_word_embeddings": true,
    });
    fs::create_dir(folder).expect("made");
    fs::write(folder.join("config.json"), config.to_string()).expect("written");
    fs::write(folder.join("tokenizer.json"), "{}").expect("written");
    fs::write(folder.join("model.safetensors"), bytes).expect("written");
}

fn config(folder: &Path) -> Value {
    let text = fs::read(folder.join("config.json")).expect("there");
    serde_json::from_slice(&text).expect("JSON")
}

#[test]
fn the_real_model_becomes_a_folder() {
    let folder = Folder::new();
    let out = folder.path("smol");
    let done = convert(&[&smol(), &folder.at("smol")]).code(0).says([
        "6 files, 101 MB, 694 tensors, 4-bit in groups of 32\n",
        "next: ml generate --model ",
    ]);
    assert_eq!(done.stdout, format!("{}\n", out.display()));
    assert_eq!(folder.names(), ["smol"]);
    let files = [
        "config.json",
        "generation_config.json",
        "model.safetensors",
        "model.safetensors.index.json",
        "tokenizer.json",
        "tokenizer_config.json",
    ];
    assert_eq!(names(&out), files);
    let config = config(&out);
    assert_eq!(config["model_type"], "llama");
    assert_eq!(config["quantization"]["bits"], 4);
    let weights = fs::read(out.join("model.safetensors")).expect("readable");
    assert_eq!(Sha256::digest(weights)[..], WEIGHTS);
}

/// SHA-256 of the weights of SmolLM2-135M-Instruct.Q4_1.gguf in a folder for MLX.
const WEIGHTS: [u8; 32] = [
    0x60, 0x1d, 0x36, 0x78, 0x8f, 0x28, 0x7a, 0x9c, 0x1f, 0xa2, 0xb9, 0xca, 0xad, 0x78, 0x3e, 0xd8,
    0xbb, 0xd7, 0xc5, 0xec, 0xd9, 0x1c, 0xd7, 0x90, 0xb3, 0x6b, 0xfe, 0xc3, 0xf0, 0xd0, 0xde, 0xe0,
];

#[test]
fn a_folder_is_quantised_and_made_dense_again() {
    let folder = Folder::new();
    tiny(&folder.path("tiny"));
    let (tiny, small, dense) = (folder.at("tiny"), folder.at("small"), folder.at("dense"));
    let done = convert(&[&tiny, &small, "--bits", "3", "--group-size", "32", "--json"]).code(0);
    let json = done.json();
    assert_eq!(json["path"], small.as_str());
    assert_eq!(
        (&json["kind"], &json["layout"]),
        (&json!("model"), &json!("mlx"))
    );
    assert_eq!(json["quantization"], json!({"bits": 3, "group_size": 32}));
    // Of 11 weights 3 are norms, the others come in three parts.
    assert_eq!(json["tensors"], 3 + 3 * 8);
    let files = json["files"].as_array().expect("a list");
    assert!(
        files.iter().any(|file| file["path"] == "tokenizer.json"),
        "{json}"
    );
    let small_config = config(Path::new(&small));
    assert_eq!(small_config["quantization"]["bits"], 3);

    convert(&[&small, &dense, "--dtype", "f32"]).code(0);
    let weights = |at: &str| fs::read(folder.path(at).join("model.safetensors")).expect("there");
    // All weights are the same, which no quantisation can spoil.
    let data = |bytes: Vec<u8>| bytes[bytes.len() - 4096..].to_vec();
    assert_eq!(data(weights("dense")), data(weights("tiny")));
    assert!(config(Path::new(&dense)).get("quantization").is_none());
}

#[test]
fn an_adapter_survives_every_layout() {
    let folder = Folder::new();
    let at = |name: &str| folder.at(name);
    convert(&[&pirate(), &at("mlx"), "--to", "mlx"]).code(0);
    let done = convert(&[&pirate(), &at("peft"), "--json"]).code(0);
    let json = done.json();
    assert_eq!(
        (&json["kind"], &json["layout"]),
        (&json!("adapter"), &json!("peft"))
    );
    assert_eq!(
        (&json["tensors"], &json["quantization"]),
        (&json!(112), &Value::Null)
    );
    let done = convert(&[&at("peft"), &at("pirate.gguf"), "--base", &smol()]).code(0);
    let next = format!(
        "next: ml generate --model {} --adapter {}",
        smol(),
        at("pirate.gguf")
    );
    done.says([next.as_str()]);
    let args = [
        &at("pirate.gguf"),
        &at("back"),
        "--to",
        "mlx",
        "--base",
        &smol(),
    ];
    convert(&args).code(0);
    let file = |name: &str| fs::read(folder.path(name).join("adapters.safetensors"));
    assert_eq!(file("back").expect("there"), file("mlx").expect("there"));
}

#[test]
fn what_cannot_be_meant_is_wrong_usage() {
    let folder = Folder::new();
    let (tiny_folder, out, gguf) = (folder.at("tiny"), folder.at("out"), folder.at("out.gguf"));
    tiny(&folder.path("tiny"));
    let (smol, pirate) = (smol(), pirate());
    for (args, says) in [
        (
            &[&smol, &out, "--bits", "4"][..],
            "keeps its own quantisation",
        ),
        (&[&smol, &gguf], "convert_hf_to_gguf.py"),
        (&[&tiny_folder, &out], "--bits 2, 3, 4, 6 or 8"),
        (
            &[&tiny_folder, &out, "--bits", "5"],
            "[possible values: 2, 3, 4, 6, 8]",
        ),
        (&[&tiny_folder, &out, "--group-size", "32"], "--bits"),
        (
            &[&tiny_folder, &out, "--dtype", "f16", "--base", &smol],
            "--base is for adapters",
        ),
        (
            &[&tiny_folder, &tiny_folder, "--bits", "4"],
            "exists already",
        ),
        (
            &[&tiny_folder, "/nowhere/out", "--bits", "4"],
            "no folder /nowhere",
        ),
        (&[&pirate, &gguf], "--base"),
        (&[&pirate, &gguf, "--to", "peft"], "without .gguf"),
        (&[&pirate, &out, "--to", "gguf"], "NAME.gguf"),
        (&[&pirate, &out, "--bits", "4"], "this is an adapter"),
    ] {
        let done = convert(args).code(2).says([says, "try '--help'"]);
        assert_eq!(done.stdout, "", "{args:?}");
    }
    assert_eq!(folder.names(), ["tiny"]);
}

#[test]
fn what_is_nothing_to_convert_is_refused_and_nothing_is_left() {
    let folder = Folder::new();
    let out = folder.at("out");
    let write = |name: &str, bytes: &[u8]| fs::write(folder.path(name), bytes).expect("written");
    convert(&["/nowhere/model", &out])
        .code(1)
        .says(["/nowhere/model", "no such file"]);
    convert(&[&folder.at("."), &out])
        .code(1)
        .says(["neither a model folder"]);
    write("notes.txt", b"hello");
    convert(&[&folder.at("notes.txt"), &out])
        .code(1)
        .says(["adapter_config.json"]);
    let model = fs::read(smol()).expect("readable");
    write("cut.gguf", &model[..2_000_000]);
    convert(&[&folder.at("cut.gguf"), &out])
        .code(1)
        .says(["cut.gguf"]);
    let done = convert(&[&folder.at("cut.gguf"), &out, "--json"]).code(1);
    assert_eq!(done.json()["error"]["code"], "invalid_model");
    assert_eq!(folder.names(), ["cut.gguf", "notes.txt"]);
}

#[test]
fn ctrl_c_leaves_nothing() {
    let folder = Folder::new();
    let out = folder.at("out");
    let running = ml(["convert", &smol(), &out, "--dtype", "f32", "--json"]).start();
    eventually("it writes", || !folder.names().is_empty());
    running.signal(Signal::INT);
    let done = running.end().code(130);
    assert_eq!(done.json()["error"]["code"], "cancelled");
    assert!(folder.names().is_empty(), "{:?}", folder.names());
}
