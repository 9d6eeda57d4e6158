//! Loading by the registry.

use std::error::Error as _;
use std::sync::{Arc, Mutex};

use backend_llama::LlamaLoader;
use inference_core::{ErrorKind, GenerateOptions, LoadOptions, ModelSource, Prompt, Registry};

use crate::support::{fake, real};

#[tokio::test]
async fn the_registry_loads_a_gguf_file_as_it_is_told() {
    let config = real();
    let source = ModelSource::Path(config.model.clone());
    let registry = Registry::new().with(LlamaLoader::with_config(config));
    for name in [None, Some("llama_cpp"), Some("llama")] {
        assert_eq!(registry.select(&source, name).unwrap().name(), "llama_cpp");
    }

    let phases = Arc::<Mutex<Vec<String>>>::default();
    let seen = Arc::clone(&phases);
    let options = LoadOptions::default()
        .with_context_length(512)
        .with_parallel_slots(1)
        .with_gpu_layers(0)
        .with_progress(move |progress| seen.lock().unwrap().push(progress.phase));
    let model = registry.load(source, options).await.unwrap();
    assert_eq!(model.info().context_length, Some(512));
    let prompt = Prompt::user("Name the capital of France.");
    let answer = model.generate(prompt, GenerateOptions::default().max_tokens(16));
    assert!(
        answer
            .into_generation()
            .await
            .unwrap()
            .text
            .contains("Paris")
    );
    let phases = phases.lock().unwrap();
    assert_eq!(phases.last().unwrap(), "ready", "{phases:?}");
    assert!(phases.len() <= 3, "{phases:?}");
}

#[tokio::test]
async fn what_cannot_be_loaded_is_told_with_the_way_out() {
    let nowhere = real().with_binary("/nowhere/llama-server");
    let source = ModelSource::Path(nowhere.model.clone());
    let registry = Registry::new().with(LlamaLoader::with_config(nowhere));
    let error = registry
        .load(source, LoadOptions::default())
        .await
        .map(|_| ())
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unavailable);
    assert!(error.message().contains("cargo xtask setup"), "{error}");

    let registry = Registry::new().with(LlamaLoader::with_config(real()));
    let load = async |source: ModelSource, options| {
        registry
            .load(source, options)
            .await
            .map(|_| ())
            .unwrap_err()
    };
    let missing = || ModelSource::Path("/nowhere/model.gguf".into());
    let error = load(missing(), LoadOptions::default()).await;
    assert_eq!(
        (error.kind(), error.backend()),
        (ErrorKind::NotFound, Some("llama_cpp"))
    );
    assert!(error.message().contains("/nowhere/model.gguf"), "{error}");

    let error = load(missing(), LoadOptions::default().with_gpu_layers(-7)).await;
    assert_eq!(error.kind(), ErrorKind::InvalidRequest);
    let folder = ModelSource::Path("/".into());
    assert_eq!(
        load(folder, LoadOptions::default()).await.kind(),
        ErrorKind::Unsupported
    );
}

#[tokio::test]
async fn a_wrong_argument_is_told_with_its_cause() {
    let loader = LlamaLoader::with_config(fake(&["--port", "80"]));
    let source = ModelSource::Path("m.gguf".into());
    let loaded = Registry::new()
        .with(loader)
        .load(source, LoadOptions::default())
        .await;
    let error = loaded.map(|_| ()).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidRequest);
    assert!(error.source().unwrap().to_string().contains("--port"));
}
