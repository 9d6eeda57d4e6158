//! Model folders in another precision, beside what mlx-lm makes of them.

use std::collections::BTreeMap;
use std::error::Error;
use std::fs;
use std::path::{Path, PathBuf};

use model_formats::{
    ConvertFault, Dtype, FolderConversion, Quantization, SafetensorsFolder, SafetensorsWriter,
    TensorSpec,
};
use serde_json::{Value, json};
use tempfile::TempDir;

fn golden(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/golden/convert")
        .join(name)
}

fn quantized(bits: u32, group_size: usize) -> FolderConversion {
    FolderConversion {
        dtype: None,
        quantization: Some(Quantization::new(bits, group_size).unwrap()),
    }
}

fn dense(dtype: Dtype) -> FolderConversion {
    FolderConversion {
        dtype: Some(dtype),
        quantization: None,
    }
}

fn config(folder: &Path) -> Value {
    serde_json::from_slice(&fs::read(folder.join("config.json")).unwrap()).unwrap()
}

#[track_caller]
fn assert_same_weights(ours: &Path, theirs: &Path) {
    let (ours, theirs) = (open(ours), open(theirs));
    let names = |folder: &SafetensorsFolder| -> Vec<String> {
        folder.tensors().map(|(name, _)| name.to_owned()).collect()
    };
    assert_eq!(names(&ours), names(&theirs));
    for name in names(&ours) {
        assert_eq!(
            ours.read(&name).unwrap(),
            theirs.read(&name).unwrap(),
            "{name}"
        );
    }
}

#[track_caller]
fn open(folder: &Path) -> SafetensorsFolder {
    SafetensorsFolder::open(folder).unwrap()
}

/// A folder with this configuration and these tensors, all ones but for zeros in `U32`.
fn folder(config: &Value, tensors: &[TensorSpec]) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("config.json"), config.to_string()).unwrap();
    let path = folder.path().join("model.safetensors");
    let mut writer = SafetensorsWriter::create(path, tensors, &BTreeMap::new()).unwrap();
    for spec in tensors {
        let one: &[u8] = match spec.dtype {
            Dtype::F32 => &[0, 0, 0x80, 0x3f],
            Dtype::Bf16 => &[0x80, 0x3f],
            _ => &[0; 4],
        };
        writer
            .write(&spec.name, &one.repeat(spec.shape.iter().product()))
            .unwrap();
    }
    writer.finish().unwrap();
    folder
}

fn spec(name: &str, dtype: Dtype, shape: &[usize]) -> TensorSpec {
    TensorSpec::new(name, dtype, shape)
}

#[track_caller]
fn run(conversion: FolderConversion, from: &Path) -> Result<TempDir, ConvertFault> {
    let to = tempfile::tempdir().unwrap();
    match conversion.run(from, to.path(), |_| {}) {
        Ok(()) => Ok(to),
        Err(error) => {
            let message = error.to_string();
            if let Some(source) = error.source() {
                assert!(!message.contains(&source.to_string()), "{message}");
            }
            assert_eq!(
                fs::read_dir(to.path()).unwrap().count(),
                0,
                "nothing is left"
            );
            Err(error.fault)
        }
    }
}

#[track_caller]
fn refused(conversion: FolderConversion, config: &Value, tensors: &[TensorSpec], message: &str) {
    let from = folder(config, tensors);
    let fault = run(conversion, from.path()).expect_err(message).to_string();
    assert!(fault.contains(message), "{fault}");
}

#[test]
fn a_quantised_folder_is_the_one_that_mlx_lm_makes() {
    let to = run(quantized(4, 32), &golden("original")).unwrap();
    assert_same_weights(to.path(), &golden("quantized"));
    assert_eq!(config(to.path()), config(&golden("quantized")));
    let shards = open(to.path());
    assert_eq!(shards.files()[0].metadata()["format"], "mlx");
}

#[test]
fn only_matrices_that_are_weights_are_quantised() {
    let tensors = [
        spec("linear.weight", Dtype::F32, &[2, 32]),
        spec("cube.weight", Dtype::F32, &[2, 2, 32]),
        spec("table", Dtype::F32, &[2, 32]),
        spec("narrow.weight", Dtype::F32, &[2, 31]),
        spec("norm.weight", Dtype::F32, &[32]),
    ];
    let from = folder(&json!({"model_type": "llama"}), &tensors);
    let to = run(quantized(8, 32), from.path()).unwrap();
    let words: Vec<_> = open(to.path())
        .tensors()
        .filter(|(_, info)| info.dtype == Dtype::U32)
        .map(|(name, _)| name.to_owned())
        .collect();
    assert_eq!(words, ["linear.weight"]);
}

#[test]
fn a_quantised_folder_is_made_dense_again() {
    let to = run(dense(Dtype::F32), &golden("quantized")).unwrap();
    let (dense, original) = (open(to.path()), open(&golden("quantized")));
    let part = |part: &str| original.read(&format!("lm_head.{part}")).unwrap();
    let quantization = Quantization::new(4, 32).unwrap();
    let scale = |name: &str| {
        let bf16 = part(name);
        let wide = |half: &[u8]| [0, 0, half[0], half[1]];
        model_formats::Tensor {
            dtype: Dtype::F32,
            data: bf16.data.chunks(2).flat_map(wide).collect(),
            shape: bf16.shape,
        }
    };
    let parts = model_formats::QuantizedTensor {
        weight: part("weight"),
        scales: scale("scales"),
        biases: scale("biases"),
    };
    assert_eq!(
        dense.read("lm_head.weight").unwrap(),
        quantization.dequantize(&parts).unwrap()
    );
    let config = config(to.path());
    assert_eq!(config.get("quantization"), None);
    assert_eq!(config.get("quantization_config"), None);
    assert_eq!(config["torch_dtype"], "float32");
}

#[test]
fn modules_have_their_own_quantisation() {
    let config = json!({
        "model_type": "qwen3", "tie_word_embeddings": true,
        "quantization": {"group_size": 32, "bits": 4, "a": {"group_size": 64, "bits": 8}},
    });
    let tensors = [
        spec("a.weight", Dtype::U32, &[2, 16]),
        spec("a.scales", Dtype::F32, &[2, 1]),
        spec("a.biases", Dtype::F32, &[2, 1]),
        spec("b.weight", Dtype::U32, &[2, 8]),
        spec("b.scales", Dtype::F32, &[2, 2]),
        spec("b.biases", Dtype::F32, &[2, 2]),
        spec("norm.weight", Dtype::F32, &[64]),
    ];
    let from = folder(&config, &tensors);
    let to = run(FolderConversion::default(), from.path()).unwrap();
    let shapes: Vec<_> = open(to.path())
        .tensors()
        .map(|(name, info)| (name.to_owned(), info.shape.clone()))
        .collect();
    let expected = [
        ("a.weight", vec![2, 64]),
        ("b.weight", vec![2, 64]),
        ("norm.weight", vec![64]),
    ];
    assert_eq!(
        shapes,
        expected.map(|(name, shape)| (name.to_owned(), shape))
    );
    let missing = [&tensors[..2], &tensors[3..]].concat();
    refused(
        FolderConversion::default(),
        &config,
        &missing,
        "the tensor a.biases is missing",
    );
    let missing = &tensors[1..];
    refused(
        FolderConversion::default(),
        &config,
        missing,
        "the tensor a.weight is missing",
    );
    let mut wrong = tensors.clone();
    wrong[0].shape = vec![2, 8];
    refused(
        FolderConversion::default(),
        &config,
        &wrong,
        "the tensor a.weight cannot be converted",
    );
}

#[test]
fn a_tied_head_is_left_out_and_said_where_nothing_was() {
    let tensors = [
        spec("model.embed_tokens.weight", Dtype::F32, &[4, 32]),
        spec("lm_head.weight", Dtype::F32, &[4, 32]),
    ];
    let cases = [
        (json!(true), 1, true),
        (json!(false), 2, false),
        (Value::Null, 2, false),
    ];
    for (tied, count, said) in cases {
        let from = folder(
            &json!({"model_type": "llama", "tie_word_embeddings": tied}),
            &tensors,
        );
        let to = run(FolderConversion::default(), from.path()).unwrap();
        assert_eq!(open(to.path()).tensors().count(), count);
        if tied.is_boolean() {
            assert_eq!(config(to.path())["tie_word_embeddings"], said);
        }
    }
    for (tensors, said) in [(&tensors[..1], true), (&tensors[..], false)] {
        let from = folder(&json!({"model_type": "llama"}), tensors);
        let to = run(FolderConversion::default(), from.path()).unwrap();
        assert_eq!(config(to.path())["tie_word_embeddings"], said);
    }
}

#[test]
fn models_that_see_are_reduced_to_their_text() {
    let names = [
        "model.language_model.layers.0.mlp.up_proj.weight",
        "model.vision_tower.vision_model.embeddings.patch_embedding.weight",
        "model.multi_modal_projector.mm_soft_emb_norm.weight",
        "vision_tower.x.weight",
        "multi_modal_projector.y.weight",
        "lm_head.weight",
        "language_model.model.norm.weight",
    ];
    let tensors = names.map(|name| spec(name, Dtype::Bf16, &[2, 32]));
    let config =
        json!({"model_type": "gemma3", "vision_config": {}, "text_config": {"dtype": "float32"}});
    let from = folder(&config, &tensors);
    let to = run(FolderConversion::default(), from.path()).unwrap();
    let kept: Vec<_> = open(to.path())
        .tensors()
        .map(|(name, info)| (name.to_owned(), info.dtype))
        .collect();
    let expected = [
        "language_model.lm_head.weight",
        "language_model.model.layers.0.mlp.up_proj.weight",
        "language_model.model.norm.weight",
    ];
    assert_eq!(kept, expected.map(|name| (name.to_owned(), Dtype::F32)));
    assert_eq!(self::config(to.path()).get("vision_config"), None);
    let both = [
        spec("model.language_model.norm.weight", Dtype::Bf16, &[2]),
        spec("language_model.model.norm.weight", Dtype::Bf16, &[2]),
    ];
    refused(
        FolderConversion::default(),
        &config,
        &both,
        "is there under two names",
    );
}

#[test]
fn other_files_are_copied_but_not_other_weights() {
    let from = folder(
        &json!({"model_type": "llama"}),
        &[spec("norm.weight", Dtype::F32, &[4])],
    );
    let files = [
        "tokenizer.json",
        "chat_template.jinja",
        "LICENSE",
        "pytorch_model.bin",
        ".cache",
    ];
    for name in files {
        fs::write(from.path().join(name), name).unwrap();
    }
    fs::create_dir(from.path().join("original")).unwrap();
    let to = run(FolderConversion::default(), from.path()).unwrap();
    let names = fs::read_dir(to.path()).unwrap();
    let mut names: Vec<_> = names
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    let expected = [
        "LICENSE",
        "chat_template.jinja",
        "config.json",
        "model.safetensors",
        "model.safetensors.index.json",
        "tokenizer.json",
    ];
    assert_eq!(names, expected);
    assert_eq!(
        fs::read_to_string(to.path().join("LICENSE")).unwrap(),
        "LICENSE"
    );
}

#[test]
fn progress_ends_with_all_that_was_read() {
    let to = tempfile::tempdir().unwrap();
    let mut seen = Vec::new();
    let out = to.path().join("out");
    quantized(8, 32)
        .run(golden("original"), &out, |progress| {
            assert!(!out.exists(), "the folder appears when it is complete");
            seen.push((progress.read, progress.total));
        })
        .unwrap();
    assert_eq!(seen.len(), 12);
    assert!(seen.is_sorted());
    assert!(seen.last().is_some_and(|(read, total)| read == total));
}

#[test]
fn a_folder_that_exists_is_kept() {
    let to = tempfile::tempdir().unwrap();
    fs::write(to.path().join("mine"), "").unwrap();
    let error = quantized(4, 32)
        .run(golden("original"), to.path(), |_| {})
        .unwrap_err();
    assert!(matches!(error.fault, ConvertFault::Exists), "{error}");
    assert_eq!(error.path, to.path());
    assert_eq!(fs::read_dir(to.path()).unwrap().count(), 1);
}

#[test]
fn what_cannot_be_converted_is_refused_by_name() {
    let plain = FolderConversion::default();
    let norm = [spec("norm.weight", Dtype::F32, &[4])];
    let llama = json!({"model_type": "llama"});
    let with = |key: &str, value: Value| {
        let mut config = llama.clone();
        config[key] = value;
        config
    };
    refused(plain, &json!([]), &norm, "config.json is malformed");
    refused(plain, &json!({}), &norm, "no usable model_type");
    refused(
        plain,
        &json!({"model_type": "mamba"}),
        &norm,
        "the type \"mamba\" are not converted",
    );
    refused(
        dense(Dtype::U32),
        &llama,
        &norm,
        "U32 is none of F32, F16 and BF16",
    );
    let words = [spec("a.weight", Dtype::U32, &[4])];
    refused(
        plain,
        &llama,
        &words,
        "the tensor a.weight of type U32 is not converted",
    );
    let awq = with("quantization_config", json!({"quant_method": "awq"}));
    refused(
        plain,
        &awq,
        &norm,
        "quantised with awq, which is not converted",
    );
    let mxfp4 = with(
        "quantization",
        json!({"group_size": 32, "bits": 4, "mode": "mxfp4"}),
    );
    refused(plain, &mxfp4, &norm, "quantised with mxfp4");
    let five = with("quantization", json!({"group_size": 32, "bits": 5}));
    refused(plain, &five, &norm, "quantization cannot be converted");
    let none = with("quantization", json!({"group_size": 32}));
    refused(plain, &none, &norm, "no usable bits and group_size");
    let four = with("quantization", json!({"group_size": 32, "bits": 4}));
    refused(quantized(4, 32), &four, &norm, "quantised already");
    let empty = tempfile::tempdir().unwrap();
    let fault = run(plain, empty.path()).unwrap_err();
    assert!(matches!(fault, ConvertFault::NoConfig { .. }), "{fault}");
    fs::write(empty.path().join("config.json"), llama.to_string()).unwrap();
    let fault = run(plain, empty.path()).unwrap_err();
    assert!(matches!(fault, ConvertFault::Weights(_)), "{fault}");
}

#[test]
fn numbers_that_do_not_fit_are_refused_by_name() {
    let from = tempfile::tempdir().unwrap();
    fs::write(
        from.path().join("config.json"),
        r#"{"model_type": "llama"}"#,
    )
    .unwrap();
    let specs = [spec("a.weight", Dtype::F32, &[1, 32])];
    let path = from.path().join("model.safetensors");
    let mut writer = SafetensorsWriter::create(path, &specs, &BTreeMap::new()).unwrap();
    writer
        .write("a.weight", &1e30_f32.to_le_bytes().repeat(32))
        .unwrap();
    writer.finish().unwrap();
    let fault = run(dense(Dtype::F16), from.path()).unwrap_err().to_string();
    assert!(
        fault.contains("a.weight has numbers that F16 cannot hold"),
        "{fault}"
    );
}
