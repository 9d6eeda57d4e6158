//! The real model, and real adapters of it, beside what mlx-lm answers.

use std::fs;
use std::path::{Path, PathBuf};

use backend_mlx::{MlxConfig, MlxTextModel};
use futures::future::join_all;
use inference_core::{Prompt, TextModel as _};
use model_formats::{Precision, gguf_to_folder};
use serde::Deserialize;
use serde::de::DeserializeOwned;

use crate::cached::cached;
use crate::support::greedy;

/// What mlx-lm answered.
#[derive(Deserialize)]
struct Answer {
    prompt: String,
    tokens: Vec<u32>,
}

/// What mlx-lm answered with the adapter of so many iterations.
#[derive(Deserialize)]
struct Adapted {
    adapter: Option<u32>,
    prompt: String,
    text: String,
}

fn gguf() -> PathBuf {
    cached("models/SmolLM2-135M-Instruct.Q4_1.gguf")
}

fn read<T: DeserializeOwned>(path: impl AsRef<Path>) -> T {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(path);
    serde_json::from_slice(&fs::read(path).unwrap()).unwrap()
}

async fn load(path: &Path) -> MlxTextModel {
    MlxTextModel::load(path, MlxConfig::default())
        .await
        .unwrap()
}

#[tokio::test]
async fn it_says_what_mlx_lm_says() {
    let model = load(&gguf()).await;
    for expected in read::<Vec<Answer>>("tests/golden/smollm2.json") {
        let answer = model.generate(Prompt::user(&expected.prompt), greedy(32));
        let answer = answer.into_generation().await.unwrap();
        let tokens: Vec<u32> = answer.tokens.iter().filter_map(|token| token.id).collect();
        assert_eq!(
            tokens, expected.tokens,
            "{}: {}",
            expected.prompt, answer.text
        );
    }
}

/// Asks everything at once, each with its own adapter.
async fn check_adapters(model: &MlxTextModel) {
    const FOLDER: &str = "../../tests/fixtures/adapters-smol-pirate";
    let all: Vec<Adapted> = read(format!("{FOLDER}/greedy.json"));
    let answers = all.iter().map(|asked| {
        // The eighth token is the last for which mlx-lm's own order of sums does not matter.
        let mut options = greedy(8);
        options.adapter = asked.adapter.map(|iterations| {
            let file = format!("{FOLDER}/{iterations:07}_adapters.safetensors");
            let file = Path::new(env!("CARGO_MANIFEST_DIR")).join(file);
            file.to_string_lossy().into_owned()
        });
        model
            .generate(Prompt::user(&asked.prompt), options)
            .into_generation()
    });
    for (asked, answer) in all.iter().zip(join_all(answers).await) {
        let text = answer.unwrap().text;
        let (prompt, adapter) = (&asked.prompt, asked.adapter);
        assert!(!text.is_empty(), "{prompt} {adapter:?}");
        assert!(
            asked.text.starts_with(&text),
            "{prompt} {adapter:?}: {text:?}"
        );
    }
}

#[tokio::test]
async fn adapters_change_each_request_by_itself() {
    check_adapters(&load(&gguf()).await).await;
}

#[tokio::test]
async fn a_converted_folder_takes_the_same_adapters() {
    let scratch = tempfile::tempdir().unwrap();
    let folder = scratch.path().join("smollm2");
    gguf_to_folder(gguf(), &folder, Precision::F32, |_| ()).unwrap();
    check_adapters(&load(&folder).await).await;
}
