//! Models from load to close, alone and beside others.

use std::path::Path;
use std::process::Command;
use std::sync::{Arc, Mutex};

use backend_mlx::{MlxConfig, MlxLoader, MlxTextModel};
use futures::future::join_all;
use inference_core::{
    Availability, Backend as _, ClassifyOptions, ErrorKind, GenerateOptions, LoadOptions,
    LoadProgress, ModelLoader as _, ModelSource, Prompt, Registry, TextModel as _,
};

use crate::cached::cached;
use crate::support::{greedy, load, one_of};
use crate::tiny::{Tiny, VOCABULARY};

#[tokio::test]
async fn the_registry_loads_a_folder_as_it_is_told() {
    let files = Tiny::following(&[b"SParis."]);
    let source = ModelSource::Path(files.path().to_owned());
    let registry = Registry::new().with(MlxLoader::new());
    for name in [None, Some("mlx")] {
        let loader = registry.select(&source, name).unwrap();
        assert_eq!(loader.name(), MlxLoader::new().name());
    }

    let reports = Arc::<Mutex<Vec<LoadProgress>>>::default();
    let seen = Arc::clone(&reports);
    let options = LoadOptions::default()
        .with_context_length(100)
        .with_parallel_slots(2)
        .with_progress(move |progress| seen.lock().unwrap().push(progress));
    let model = registry.load(source, options).await.unwrap();
    let info = model.info();
    assert_eq!(info.backend, MlxLoader::new().name());
    assert_eq!(info.architecture.as_deref(), Some("llama"));
    assert_eq!(info.vocab_size, Some(u32::try_from(VOCABULARY).unwrap()));
    assert_eq!((info.num_layers, info.hidden_size), (Some(2), Some(320)));
    assert_eq!((info.quant_bits, info.quant_group), (Some(0), None));
    assert_eq!(info.context_length, Some(100));
    assert_eq!(info.has_chat_template, Some(true));
    let answer = model.generate(Prompt::user("S"), GenerateOptions::default());
    assert_eq!(answer.into_generation().await.unwrap().text, "Paris.");

    let reports = reports.lock().unwrap();
    let (first, last) = (&reports[0], reports.last().unwrap());
    assert_eq!(
        (&*first.phase, first.fraction),
        ("checking the model's files", None)
    );
    assert_eq!((&*last.phase, last.fraction), ("ready", Some(1.0)));
    let fractions: Vec<_> = reports
        .iter()
        .filter_map(|report| report.fraction)
        .collect();
    assert!(
        fractions.is_sorted() && fractions.len() > 3,
        "{fractions:?}"
    );
}

#[tokio::test]
async fn what_is_missing_or_damaged_is_told_by_name() {
    let load = async |path: &Path| {
        let loaded = MlxTextModel::load(path, MlxConfig::default()).await;
        loaded.unwrap_err()
    };
    let error = load(Path::new("/nowhere/model")).await;
    assert_eq!(error.kind(), ErrorKind::NotFound);
    assert!(error.message().contains("/nowhere/model"), "{error}");

    for (name, text, kind) in [
        ("tokenizer.json", "{}", ErrorKind::InvalidModel),
        ("model.safetensors", "", ErrorKind::InvalidModel),
        (
            "config.json",
            r#"{"model_type": "bert"}"#,
            ErrorKind::Unsupported,
        ),
        ("config.json", "{", ErrorKind::InvalidModel),
    ] {
        let files = Tiny::random(1);
        std::fs::write(files.path().join(name), text).unwrap();
        let error = load(files.path()).await;
        assert_eq!(error.kind(), kind, "{name}: {error}");
    }
}

#[tokio::test]
async fn models_answer_beside_each_other() {
    let counting = Tiny::following(&[b"L0123456789,0"]);
    let naming = Tiny::following(&[b"LParis."]);
    let (counting, naming) = futures::join!(
        load(&counting, MlxConfig::default()),
        load(&naming, MlxConfig::default())
    );
    let long = counting
        .generate(Prompt::text("L"), greedy(400))
        .into_generation();
    let short = (0..20).map(|_| {
        naming
            .generate(Prompt::text("L"), greedy(40))
            .into_generation()
    });
    let (long, short) = futures::join!(long, join_all(short));
    assert_eq!(long.unwrap().usage.generated_tokens, Some(400));
    for answer in short {
        assert_eq!(answer.unwrap().text, "Paris.");
    }
}

#[tokio::test]
async fn answers_go_on_while_another_model_is_loaded() {
    let counting = Tiny::following(&[b"L0123456789,0"]);
    let model = load(&counting, MlxConfig::default()).await;
    let answer = model
        .generate(Prompt::text("L"), greedy(400))
        .into_generation();
    let other = Tiny::random(2);
    let other = load(&other, MlxConfig::default());
    let (answer, other) = futures::join!(answer, other);
    assert_eq!(answer.unwrap().usage.generated_tokens, Some(400));
    assert!(other.availability().await.is_available());
}

#[tokio::test]
async fn a_closed_model_is_gone_and_says_so() {
    let files = Tiny::following(&[b"L0123456789,0"]);
    let model = load(&files, MlxConfig::default()).await;
    let clone = model.clone();
    let mut answer = model.generate(Prompt::text("L"), greedy(400));
    one_of(&mut answer).await;
    let (one, other) = futures::join!(model.close(), clone.close());
    one.and(other).unwrap();
    let error = answer.into_generation().await.unwrap_err().error;
    assert_eq!(error.kind(), ErrorKind::Closed);
    assert!(matches!(
        model.availability().await,
        Availability::Unavailable(_)
    ));
    let error = model
        .classify(vec![Prompt::text("x")], ClassifyOptions::default())
        .await;
    assert_eq!(error.unwrap_err().kind(), ErrorKind::Closed);
}

#[tokio::test]
async fn an_answer_outlives_the_handle_that_asked() {
    let files = Tiny::following(&[b"SParis."]);
    let model = load(&files, MlxConfig::default()).await;
    let answer = model.generate(Prompt::text("S"), greedy(40));
    drop(model);
    assert_eq!(answer.into_generation().await.unwrap().text, "Paris.");
}

#[tokio::test]
async fn the_older_interface_answers_too() {
    let files = Tiny::following(&[b"SParis."]);
    let backend = load(&files, MlxConfig::default()).await.into_backend();
    let options = GenerateOptions::default();
    let answer = backend.generate("Which town? S", &options);
    assert_eq!(answer.await.unwrap().text, "Paris.");
    assert_eq!(backend.name(), MlxLoader::new().name());
}

/// Does something in a process of its own, which checks its memory and its end.
#[track_caller]
fn alone(what: &str, model: &Path) {
    let program = env!("CARGO_BIN_EXE_mlx-alone");
    let output = Command::new(program).arg(what).arg(model).output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{what}: {} {said}", output.status);
}

#[test]
fn memory_comes_back_when_a_model_is_closed_or_dropped_or_its_load_given_up() {
    let files = Tiny::random(10);
    let real = cached("models/SmolLM2-135M-Instruct.Q4_1.gguf");
    for what in ["close", "drop"] {
        alone(what, files.path());
    }
    alone("give-up", &real);
}

#[test]
fn what_is_kept_for_later_is_given_back_at_rest() {
    let files = Tiny::following(&[b"s0123456789,0"]);
    alone("rest", files.path());
}

#[test]
fn a_process_may_end_in_the_middle_of_an_answer() {
    let files = Tiny::following(&[b"s0123456789,0"]);
    for _ in 0..5 {
        alone("exit", files.path());
    }
}
