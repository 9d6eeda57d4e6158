//! Whose options a request gets.

use inference_core::{EntryPoint, ErrorKind, GenerateOptions, Message, Prompt};
use ml_service::{Config, Service};

use crate::folder::Folder;
use crate::toy::Toy;

fn service(toy: &Toy) -> (Folder, Service) {
    let folder = Folder::new();
    let file = folder.file("x", "");
    let config = Config::from_toml(&format!(
        "options = {{ temperature = 0.1, top_k = 1, seed = 1 }}\n\
         [models.x]\npath = '{}'\noptions = {{ temperature = 0.2, top_k = 2 }}",
        file.display()
    ));
    (
        folder,
        Service::with_registry(&config.unwrap(), toy.registry()),
    )
}

#[tokio::test]
async fn the_request_wins_then_the_model_then_the_configuration_then_the_entry_point() {
    let toy = Toy::ready("toy");
    let (_folder, service) = service(&toy);
    let request = GenerateOptions::default().temperature(0.3);
    let prompt = Prompt::user("x");
    let answer = service.generate(None, prompt, request, EntryPoint::Judge);
    let answer = answer.await.unwrap().into_generation().await.unwrap();
    assert!(answer.text.ends_with('x'));
    let expected = GenerateOptions::default()
        .temperature(0.3)
        .top_k(2)
        .seed(1)
        .max_tokens(EntryPoint::Judge.max_tokens());
    assert_eq!(toy.asked(), expected);
}

#[tokio::test]
async fn a_chat_has_the_defaults_of_a_chat() {
    let toy = Toy::ready("toy");
    let (_folder, service) = service(&toy);
    let messages = vec![Message::user("x")];
    let answer = service.chat(Some("x"), messages, GenerateOptions::default());
    answer.await.unwrap().into_generation().await.unwrap();
    assert_eq!(toy.asked().max_tokens, Some(2048));
}

#[tokio::test]
async fn what_no_model_can_honour_is_refused_before_a_load() {
    let toy = Toy::ready("toy");
    let (_folder, service) = service(&toy);
    let nan = GenerateOptions::default().temperature(f64::NAN);
    let answer = service.generate(None, Prompt::user("x"), nan, EntryPoint::Library);
    let error = answer.await.map(drop).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidRequest);
    assert_eq!(toy.counts().started, 0);
}
