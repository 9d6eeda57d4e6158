//! Models on this machine: SmolLM2 on the real llama-server, as set-up put them into the cache.

use std::path::PathBuf;
use std::sync::{Arc, Mutex};

use inference_core::{
    ErrorKind, GenerateOptions, LoadOptions, Message, Places, Prompt, TextModel as _,
};
use ml_service::{Config, Service};

use crate::folder::Folder;

pub(crate) const MODEL: &str = "SmolLM2-135M-Instruct.Q4_1.gguf";

/// A part that `cargo xtask setup` provides.
pub(crate) fn cached(name: &str) -> PathBuf {
    let models = Places::from_env().ml_cache.expect("a home folder");
    let path = models.parent().unwrap().join(name);
    let shown = path.display();
    assert!(path.exists(), "{shown} is missing: run `cargo xtask setup`");
    path
}

/// SmolLM2 with all that a file can say of it, small enough for a test.
pub(crate) fn smol() -> Config {
    let text = format!(
        "default = 'smol'\n\
         [models.smol]\nbackend = 'llama'\npath = '{}'\nllama_server = '{}'\n\
         context_length = 512\nparallel_slots = 1\nthreads = 1\nstart_patience = 300\n\
         stop_grace = 10\nextra_args = ['--cache-ram', '0']\n\
         options = {{ temperature = 0, max_tokens = 16 }}\n",
        cached(&format!("models/{MODEL}")).display(),
        cached("bin/llama-server").display(),
    );
    Folder::new().read(&text).unwrap()
}

pub(crate) async fn ask(service: &Service) -> String {
    let messages = vec![
        Message::system("You are a helpful assistant."),
        Message::user("What is the capital of France?"),
    ];
    let stream = service.chat(None, messages, GenerateOptions::default());
    stream.await.unwrap().into_generation().await.unwrap().text
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn a_configured_model_starts_answers_and_goes() {
    let phases = Arc::new(Mutex::new(Vec::new()));
    let seen = Arc::clone(&phases);
    let service = Service::new(&smol()).with_progress(move |name, step| {
        seen.lock().unwrap().push(format!("{name}: {}", step.phase));
    });
    let status = service.status().await;
    assert!(status[0].availability.is_available(), "{status:?}");
    assert_eq!(status[0].backend.as_deref(), Some("llama_cpp"));
    assert!(!status[0].state.is_loaded());

    let answer = ask(&service).await;
    assert!(answer.contains("Paris"), "{answer}");
    let first = phases.lock().unwrap().first().cloned();
    assert_eq!(first.as_deref(), Some("smol: starting llama-server"));

    let model = service.get(Some("smol")).await.unwrap();
    assert_eq!(model.info().context_length, Some(512));
    assert!(service.status().await[0].state.is_loaded());
    service.close().await.unwrap();
    let late = model.generate(Prompt::user("x"), GenerateOptions::default());
    let error = late.into_generation().await.unwrap_err().error;
    assert_eq!(error.kind(), ErrorKind::Closed);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn a_program_that_is_not_there_is_said_before_a_load() {
    let text = format!(
        "[models.smol]\npath = '{}'\nllama_server = '/no/such/llama-server'\n",
        cached(&format!("models/{MODEL}")).display()
    );
    let service = Service::new(&Folder::new().read(&text).unwrap());
    let status = service.status().await;
    let reason = status[0].availability.reason().unwrap_or_default();
    assert!(reason.contains("/no/such/llama-server"), "{status:?}");
    let error = service.get(None).await.map(drop).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unavailable);
    assert!(
        error.to_string().contains("/no/such/llama-server"),
        "{error}"
    );
}

#[test]
fn a_file_name_finds_the_model_in_the_cache() {
    let path = cached(&format!("models/{MODEL}"));
    let mut places = Places::default();
    places.ml_cache = path.parent().map(Into::into);
    let service = Service::new(&Config::default()).with_places(places);
    let name = service.open(Some(MODEL), &LoadOptions::default()).unwrap();
    assert_eq!(name, MODEL.trim_end_matches(".gguf"));
    assert_eq!(service.list(), [name]);
}
