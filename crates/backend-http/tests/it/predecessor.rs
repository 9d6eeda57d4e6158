//! The observable behaviour of the predecessor's client, where it was right.

use backend_http::{HttpBackend, HttpTextModel};
use futures::StreamExt as _;
use inference_conformance::fake_server::{FakeServer, Reply, events, in_turn};
use inference_core::{
    Availability, Backend as _, BatchOptions, ClassifyOptions, ErrorKind, GenerateOptions, Message,
    Prompt, TextModel as _,
};

use crate::server::{config, handle, model, serve, soon};

fn backend(server: &FakeServer) -> HttpBackend {
    HttpTextModel::new(config(server).max_retries(2))
        .expect("a model")
        .into_backend()
}

fn answer(text: &str) -> Reply {
    let body = serde_json::json!({
        "choices": [{"message": {"role": "assistant", "content": text}, "finish_reason": "stop"}],
    });
    Reply::json(200, body.to_string())
}

#[tokio::test]
async fn a_backend_sends_one_user_message() {
    let server = serve(answer("world"));
    let options = GenerateOptions::default();
    let backend = backend(&server);
    let reply = soon(backend.generate("hello", &options))
        .await
        .expect("an answer");
    assert_eq!(reply.text, "world");
    let request = &server.requests()[0];
    assert_eq!(request.path, "/v1/chat/completions");
    assert_eq!(
        request.json()["messages"],
        serde_json::json!([{"role": "user", "content": "hello"}])
    );
}

#[tokio::test]
async fn a_refusal_is_an_error_and_is_not_repeated() {
    let server = serve(Reply::error(400, "bad"));
    let options = GenerateOptions::default();
    let backend = backend(&server);
    let failed = soon(backend.generate("hello", &options))
        .await
        .expect_err("a refusal");
    assert!(failed.to_string().contains("400"), "{failed}");
    assert_eq!(server.stats().requests, 1);
}

#[tokio::test]
async fn two_failures_are_survived_with_three_requests() {
    let oops = || Reply::error(500, "oops");
    let server = handle(in_turn([oops(), oops(), answer("recovered")]));
    let options = GenerateOptions::default();
    let backend = backend(&server);
    let reply = soon(backend.generate("hello", &options))
        .await
        .expect("an answer");
    assert_eq!(reply.text, "recovered");
    assert_eq!(server.stats().requests, 3);
}

#[tokio::test]
async fn a_backend_has_a_name_and_tells_whether_it_can_be_used() {
    let models = r#"{"object":"list","data":[{"id":"m"}]}"#;
    let server = serve(Reply::json(200, models));
    let running = backend(&server);
    assert_eq!(running.name(), "http");
    assert_eq!(running.availability().await, Availability::Available);
    let gone = backend(&server);
    drop(server);
    tokio::task::yield_now().await;
    let gone = gone.availability().await;
    assert!(
        gone.reason()
            .expect("gone")
            .contains("is the server running?"),
        "{gone}"
    );
}

#[tokio::test]
async fn a_stop_sequence_cuts_the_answer() {
    let server = serve(answer("hello STOP world"));
    let options = GenerateOptions::default().stop(["STOP"]);
    let backend = backend(&server);
    let reply = soon(backend.generate("hi", &options))
        .await
        .expect("an answer");
    assert_eq!(reply.text, "hello ");
}

#[tokio::test]
async fn a_whole_reply_is_one_token() {
    let server = serve(answer("the whole text"));
    let stream = model(&server).generate(Prompt::user("hi"), GenerateOptions::default());
    let reply = soon(stream.into_generation()).await.expect("an answer");
    assert_eq!(reply.tokens.len(), 1);
    assert_eq!(reply.text, "the whole text");
}

#[tokio::test]
async fn options_are_on_the_wire() {
    let server = serve(answer("ok"));
    let options = GenerateOptions::default().temperature(0.8).max_tokens(100);
    crate::server::ask_with(&model(&server), options)
        .await
        .expect("an answer");
    let body = server.requests()[0].json();
    assert_eq!(
        (&body["temperature"], &body["max_tokens"]),
        (&0.8.into(), &100.into())
    );
}

#[tokio::test]
async fn a_chat_of_two_roles() {
    let server = serve(answer("ok"));
    let messages = vec![Message::system("be brief"), Message::user("hi")];
    let stream = model(&server).generate(Prompt::Chat(messages), GenerateOptions::default());
    soon(stream.into_generation()).await.expect("an answer");
    let body = server.requests()[0].json();
    assert_eq!(body["messages"][0]["role"], "system");
    assert_eq!(body["messages"][1]["content"], "hi");
}

#[tokio::test]
async fn an_error_belongs_to_its_call() {
    let server = handle(in_turn([Reply::error(400, "bad"), answer("fine")]));
    let model = model(&server);
    let failed = crate::server::ask(&model).await.expect_err("a refusal");
    assert!(failed.to_string().contains("400"), "{failed}");
    assert!(failed.partial.tokens.is_empty());
    assert_eq!(
        crate::server::ask(&model).await.expect("an answer").text,
        "fine"
    );
}

#[tokio::test]
async fn classification_without_log_probabilities_is_refused() {
    let server = serve(answer("ok"));
    let config = config(&server).dialect(backend_http::Dialect::MlxLm);
    let model = HttpTextModel::new(config).expect("a model");
    let asked = model.classify(vec![Prompt::user("a")], ClassifyOptions::default());
    let error = soon(asked).await.expect_err("refused");
    assert_eq!(error.kind(), ErrorKind::Unsupported);
    assert!(error.message().contains("classification"), "{error}");
    assert_eq!(server.stats().requests, 0);
}

#[tokio::test]
async fn a_batch_survives_one_failure() {
    let server = handle(|request| {
        let prompt = request.json()["messages"][0]["content"].clone();
        match prompt.as_str() {
            Some("beta") => Reply::error(400, "bad"),
            Some(prompt) => Reply::sse(events::chat(["reply:", prompt])),
            None => Reply::error(400, "no prompt"),
        }
    });
    let prompts = ["alpha", "beta", "gamma"].map(Prompt::user).to_vec();
    let batch =
        model(&server).batch_generate(prompts, GenerateOptions::default(), BatchOptions::default());
    let mut answers: Vec<_> = soon(batch.collect::<Vec<_>>()).await;
    answers.sort_by_key(|(index, _)| *index);
    let texts: Vec<_> = answers
        .iter()
        .map(|(_, answer)| answer.as_ref().map(|answer| answer.text.as_str()).ok())
        .collect();
    assert_eq!(texts, [Some("reply:alpha"), None, Some("reply:gamma")]);
}

#[tokio::test]
async fn a_model_is_named_and_closed() {
    let server = serve(answer("ok"));
    let named = model(&server);
    assert_eq!(
        (named.info().name.as_str(), named.info().backend.as_str()),
        ("m", "http")
    );
    let nameless =
        HttpTextModel::new(backend_http::HttpConfig::new(server.url())).expect("a model");
    assert_eq!(nameless.info().name, "http");
    named.close().await.expect("closed");
    named.close().await.expect("closed again");
    let failed = crate::server::ask(&named).await.expect_err("closed");
    assert_eq!(failed.error.kind(), ErrorKind::Closed);
}

#[tokio::test]
async fn empty_choices_are_an_error() {
    let server = serve(Reply::json(200, r#"{"choices":[]}"#));
    let failed = crate::server::ask(&model(&server))
        .await
        .expect_err("no choices");
    assert!(failed.to_string().contains("no choices"), "{failed}");
}
