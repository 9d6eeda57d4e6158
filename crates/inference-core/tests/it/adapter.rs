//! `InferenceAdapter`: a text model behind strings.
#![expect(deprecated, reason = "the callback interface is still supported")]

use std::sync::Arc;
use std::sync::atomic::Ordering;

use futures::executor::block_on;
use inference_core::{
    Backend as _, BoxError, Error, ErrorKind, FinishReason, GenerateOptions, GenerationError,
    InferenceAdapter, Message, OptionKind, Prompt, StreamingBackend as _, TextModel,
};

use crate::toy::Toy;

fn adapter(tokens: &[&'static str]) -> InferenceAdapter<Toy> {
    InferenceAdapter::new(Toy::saying(tokens))
}

#[test]
fn tokens_become_the_text() {
    let adapter = adapter(&["Hello", " ", "world"]);
    let answer = block_on(adapter.generate("hi", &GenerateOptions::default()));
    let answer = answer.expect("an answer");
    assert_eq!(answer.text, "Hello world");
    assert_eq!(answer.finish_reason, FinishReason::Stop);
    assert_eq!(answer.usage.prompt_tokens, Some(3));
}

#[test]
fn no_tokens_are_an_empty_answer() {
    let answer = block_on(adapter(&[]).generate("hi", &GenerateOptions::default()));
    assert_eq!(answer.expect("an answer").text, "");
}

#[test]
fn a_failure_keeps_the_partial_text() {
    let error = Error::new(ErrorKind::OutOfMemory, "out of memory");
    let adapter = InferenceAdapter::new(Toy::saying(&["partial"]).then(error));
    let failed = block_on(adapter.generate("hi", &GenerateOptions::default()));
    let failed = failed.expect_err("failed");
    assert!(failed.error.message().contains("out of memory"));
    assert_eq!(failed.partial.text, "partial");
}

#[test]
fn a_cancelled_answer_says_so() {
    let adapter = InferenceAdapter::new(Toy::saying(&[]).then(Error::cancelled()));
    let failed = block_on(adapter.generate("hi", &GenerateOptions::default()));
    assert!(failed.expect_err("cancelled").error.is_cancelled());
}

#[test]
fn a_prompt_becomes_one_user_message_and_options_pass_unchanged() {
    let adapter = adapter(&["hi"]);
    let options = GenerateOptions::default()
        .temperature(0.0)
        .top_k(0)
        .repeat_penalty(1.5);
    block_on(adapter.generate("hello", &options)).expect("an answer");
    let messages = [
        Message::system("be brief"),
        Message::user("hello"),
        Message::assistant("hi"),
    ];
    block_on(adapter.chat(&messages, &GenerateOptions::default())).expect("an answer");
    let asked = adapter.model().asked.lock().expect("no panic while held");
    assert_eq!(asked[0], (Prompt::user("hello"), options));
    assert_eq!(
        asked[1],
        (Prompt::Chat(messages.to_vec()), GenerateOptions::default())
    );
}

#[test]
fn a_callback_gets_every_token_in_order() {
    let adapter = adapter(&["one", "two", "three"]);
    let mut seen = Vec::new();
    let mut each = |text: &str| {
        seen.push(text.to_owned());
        Ok::<(), BoxError>(())
    };
    let answer = block_on(adapter.generate_stream("hi", &GenerateOptions::default(), &mut each));
    assert_eq!(answer.expect("an answer").text, "onetwothree");
    assert_eq!(seen, ["one", "two", "three"]);
}

#[test]
fn a_callback_error_comes_back_as_it_is() {
    #[derive(Debug, thiserror::Error)]
    #[error("enough")]
    struct Enough;
    let adapter = adapter(&["one", "two", "three"]);
    let mut calls = 0;
    let mut each = |_: &str| {
        calls += 1;
        if calls == 2 {
            Err(Enough.into())
        } else {
            Ok::<(), BoxError>(())
        }
    };
    let messages = [Message::user("hi")];
    let failed = block_on(adapter.chat_stream(&messages, &GenerateOptions::default(), &mut each));
    assert!(failed.expect_err("stopped").is::<Enough>());
    assert_eq!(calls, 2);
}

#[test]
fn a_failed_stream_is_a_generation_error() {
    let error = Error::new(ErrorKind::Timeout, "nothing came for 30 s");
    let adapter = InferenceAdapter::new(Toy::saying(&["a"]).then(error));
    let mut each = |_: &str| Ok(());
    let failed = block_on(adapter.generate_stream("hi", &GenerateOptions::default(), &mut each));
    let failed = failed.expect_err("failed").downcast::<GenerationError>();
    assert_eq!(failed.expect("the stream's own error").partial.text, "a");
}

#[test]
fn name_support_and_availability_are_the_models() {
    let adapter = adapter(&[]);
    assert_eq!(adapter.name(), "toy");
    assert!(block_on(adapter.availability()).is_available());
    assert!(adapter.supports(OptionKind::TopK));
    assert!(!adapter.supports(OptionKind::MinP));
    assert!(adapter.streaming().is_some());
}

#[test]
fn closing_reaches_the_model() {
    let adapter = adapter(&[]);
    block_on(adapter.close()).expect("closed");
    assert!(adapter.model().closed.load(Ordering::SeqCst));
    assert_eq!(adapter.into_model().info.name, "toy-1");
}

#[test]
fn attention_is_shown_or_refused_by_name() {
    let mut toy = Toy::saying(&[]);
    let refused = InferenceAdapter::new(Toy::saying(&[]));
    let error = block_on(refused.inspect_attention(Prompt::text("hi"))).expect_err("refused");
    assert_eq!(
        error.to_string(),
        "toy: attention inspection is not supported"
    );
    toy.inspects = true;
    let shown = InferenceAdapter::new(toy);
    let snapshot = block_on(shown.inspect_attention(Prompt::text("hi"))).expect("a snapshot");
    assert_eq!((snapshot.num_layers, snapshot.num_heads), (28, 8));
    assert_eq!((snapshot.seq_len, snapshot.head_dim), (10, 64));
    assert!(!snapshot.has_queries());
}

#[test]
fn a_shared_model_adapts_too() {
    let shared: Arc<dyn TextModel> = Arc::new(Toy::saying(&["hi"]));
    let adapter = InferenceAdapter::new(Arc::clone(&shared));
    let answer = block_on(adapter.generate("hi", &GenerateOptions::default()));
    assert_eq!(answer.expect("an answer").text, "hi");
}
