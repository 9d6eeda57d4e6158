//! LoRA adapters, for every request or for those that name them.

use backend_llama::{LlamaTextModel, LoraAdapter};
use inference_core::{ClassifyOptions, ErrorKind, GenerateOptions, OptionKind, Prompt, TextModel};
use tempfile::TempDir;

use crate::support::real;

/// An adapter of rank 1 for one projection of the model, strong enough to change every answer.
fn write_adapter(folder: &TempDir, name: &str, sign: f32) -> std::path::PathBuf {
    const WIDTH: usize = 576;
    let a: Vec<f32> = vec![sign; WIDTH];
    let b: Vec<f32> = (0..WIDTH)
        .map(|i| if i % 2 == 0 { 0.5 } else { -0.5 })
        .collect();
    let path = folder.path().join(name);
    let tensors = [
        ("blk.15.attn_output.weight.lora_a", [WIDTH, 1], a),
        ("blk.15.attn_output.weight.lora_b", [1, WIDTH], b),
    ];
    std::fs::write(&path, gguf(&tensors)).unwrap();
    path
}

/// A GGUF file of version 3: header, metadata, tensor directory, data aligned to 32 bytes.
fn gguf(tensors: &[(&str, [usize; 2], Vec<f32>)]) -> Vec<u8> {
    const TEXT: u32 = 8;
    const FLOAT: u32 = 6;
    let mut file = Vec::new();
    let text = |file: &mut Vec<u8>, text: &str| {
        file.extend((text.len() as u64).to_le_bytes());
        file.extend(text.as_bytes());
    };
    file.extend(b"GGUF");
    file.extend(3_u32.to_le_bytes());
    file.extend((tensors.len() as u64).to_le_bytes());
    file.extend(4_u64.to_le_bytes());
    for (key, value) in [
        ("general.type", "adapter"),
        ("general.architecture", "llama"),
        ("adapter.type", "lora"),
    ] {
        text(&mut file, key);
        file.extend(TEXT.to_le_bytes());
        text(&mut file, value);
    }
    text(&mut file, "adapter.lora.alpha");
    file.extend(FLOAT.to_le_bytes());
    file.extend(1_f32.to_le_bytes());

    let padded = |bytes: usize| bytes.next_multiple_of(32);
    let mut offset = 0;
    for (name, shape, values) in tensors {
        text(&mut file, name);
        file.extend(2_u32.to_le_bytes());
        file.extend(shape.iter().flat_map(|&n| (n as u64).to_le_bytes()));
        file.extend(0_u32.to_le_bytes());
        file.extend((offset as u64).to_le_bytes());
        offset += padded(values.len() * 4);
    }
    for (_, _, values) in tensors {
        file.resize(padded(file.len()), 0);
        file.extend(values.iter().flat_map(|value| value.to_le_bytes()));
    }
    file.resize(padded(file.len()), 0);
    file
}

async fn answer(model: &LlamaTextModel, adapter: Option<&str>) -> String {
    let mut options = GenerateOptions::default().max_tokens(12);
    options.adapter = adapter.map(str::to_owned);
    let answer = model.generate(Prompt::user("Name the capital of France."), options);
    answer.into_generation().await.unwrap().text
}

#[tokio::test]
async fn requests_choose_their_adapter_by_name_or_path() {
    let folder = tempfile::tempdir().unwrap();
    let up = write_adapter(&folder, "up.gguf", 2.0);
    let down = write_adapter(&folder, "down.gguf", -2.0);
    let config = real()
        .with_adapter(LoraAdapter::new(&up).on_request())
        .with_adapter(LoraAdapter::new(&down).with_name("inverse").on_request());
    let model = LlamaTextModel::load(config).await.unwrap();
    assert!(model.supports(OptionKind::Adapter));

    let plain = answer(&model, None).await;
    assert!(plain.contains("Paris"), "{plain}");
    let by_name = answer(&model, Some("up")).await;
    let other = answer(&model, Some("inverse")).await;
    assert!(
        plain != by_name && plain != other && by_name != other,
        "{plain} {by_name} {other}"
    );
    assert_eq!(answer(&model, up.to_str()).await, by_name);
    assert_eq!(answer(&model, down.to_str()).await, other);
    assert_eq!(
        answer(&model, None).await,
        plain,
        "an adapter is for its request alone"
    );

    let first = async |adapter: Option<&str>| {
        let mut options = ClassifyOptions::default();
        options.adapter = adapter.map(str::to_owned);
        let prompts = vec![Prompt::user("Name the capital of France.")];
        let classified = model.classify(prompts, options).await;
        classified.map(|mut classified| classified.remove(0).token)
    };
    let plain = first(None).await.unwrap();
    let inverse = first(Some("inverse")).await.unwrap();
    assert_ne!(plain.alternatives, inverse.alternatives);
    let error = first(Some("sideways")).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotFound);

    let options = GenerateOptions::default().adapter("sideways");
    let error = model
        .generate(Prompt::user("Hi"), options)
        .into_generation()
        .await;
    let error = error.unwrap_err().error;
    assert_eq!(error.kind(), ErrorKind::NotFound);
    assert!(
        error.message().contains("sideways") && error.message().contains("up, inverse"),
        "{error}"
    );
}

#[tokio::test]
async fn an_adapter_is_for_every_request_unless_told_otherwise() {
    let folder = tempfile::tempdir().unwrap();
    let up = write_adapter(&folder, "up.gguf", 2.0);
    let load = async |adapter| {
        LlamaTextModel::load(real().with_adapter(adapter))
            .await
            .unwrap()
    };
    let always = answer(&load(LoraAdapter::new(&up)).await, None).await;
    let scaled = answer(&load(LoraAdapter::new(&up).with_scale(0.0)).await, None).await;
    assert!(scaled.contains("Paris"), "{scaled}");
    assert_ne!(always, scaled);
}

#[tokio::test]
async fn without_adapters_the_option_is_refused() {
    let model = LlamaTextModel::load(real()).await.unwrap();
    assert!(!model.supports(OptionKind::Adapter));
    let options = GenerateOptions::default().adapter("up");
    let error = model
        .generate(Prompt::user("Hi"), options)
        .into_generation()
        .await;
    let error = error.unwrap_err().error;
    assert_eq!(error.kind(), ErrorKind::Unsupported);
    assert!(error.message().contains("adapter"), "{error}");
}
