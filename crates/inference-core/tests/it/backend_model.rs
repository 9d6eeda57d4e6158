//! `BackendModel`: a string backend as a text model.

use futures::StreamExt as _;
use futures::executor::block_on;
use futures::future::BoxFuture;
use inference_core::{
    Availability, Backend, BackendModel, Error, ErrorKind, Event, GenerateOptions, Generation,
    GenerationError, InferenceAdapter, Message, OptionKind, Prompt, TextModel as _,
};

use crate::toy::Toy;

fn model(toy: Toy) -> BackendModel<InferenceAdapter<Toy>> {
    BackendModel::new(InferenceAdapter::new(toy), "stringy")
}

#[test]
fn a_whole_answer_is_one_token_and_the_end() {
    let model = model(Toy::saying(&["Hello", " world"]));
    let stream = model.generate(Prompt::user("hi"), GenerateOptions::default());
    let events: Vec<_> = block_on(stream.collect::<Vec<_>>());
    assert_eq!(events.len(), 2);
    assert!(matches!(&events[0], Ok(Event::Token(token)) if token.text == "Hello world"));
    assert!(matches!(&events[1], Ok(Event::Finished(end)) if end.usage.prompt_tokens == Some(3)));
    assert_eq!(model.info().name, "stringy");
    assert_eq!(model.info().backend, "toy");
}

#[test]
fn defaults_are_those_of_the_library() {
    let model = model(Toy::saying(&["x"]));
    let stream = model.generate(Prompt::user("hi"), GenerateOptions::default());
    block_on(stream.into_generation()).expect("an answer");
    let asked = model
        .backend()
        .model()
        .asked
        .lock()
        .expect("no panic while held");
    assert_eq!(asked[0].1.max_tokens, Some(256));
    assert_eq!(asked[0].1.temperature, Some(0.0));
}

#[test]
fn a_partial_answer_comes_before_the_error() {
    let error = Error::new(ErrorKind::Crashed, "gone");
    let model = model(Toy::saying(&["half"]).then(error));
    let stream = model.generate(Prompt::user("hi"), GenerateOptions::default());
    let failed = block_on(stream.into_generation()).expect_err("failed");
    assert_eq!(failed.error.kind(), ErrorKind::Crashed);
    assert_eq!(failed.partial.text, "half");
}

#[test]
fn what_a_string_backend_cannot_do_is_refused_by_name() {
    #[track_caller]
    fn check(prompt: Prompt, options: GenerateOptions, kind: ErrorKind, names: &str) {
        let model = model(Toy::saying(&["x"]));
        let failed = block_on(model.generate(prompt, options).into_generation());
        let error = failed.expect_err("refused").error;
        assert_eq!(error.kind(), kind);
        assert!(error.message().contains(names), "{error}");
        let asked = model
            .backend()
            .model()
            .asked
            .lock()
            .expect("no panic while held");
        assert!(asked.is_empty(), "nothing was asked");
    }
    let options = GenerateOptions::default;
    check(
        Prompt::text("x"),
        options(),
        ErrorKind::Unsupported,
        "raw prompt",
    );
    check(
        Prompt::user("x"),
        options().min_p(0.1),
        ErrorKind::Unsupported,
        "min_p",
    );
    check(
        Prompt::user(""),
        options(),
        ErrorKind::InvalidRequest,
        "empty",
    );
    check(
        Prompt::user("x"),
        options().max_tokens(0),
        ErrorKind::InvalidRequest,
        "max_tokens",
    );
}

#[test]
fn a_closed_model_answers_nothing() {
    let model = model(Toy::saying(&["x"]));
    block_on(model.close()).expect("closed");
    block_on(model.close()).expect("closing again does nothing");
    let stream = model.generate(Prompt::user("hi"), GenerateOptions::default());
    let failed = block_on(stream.into_generation()).expect_err("closed");
    assert_eq!(failed.error.kind(), ErrorKind::Closed);
}

/// A backend of somebody else's, without streaming.
struct Echo;

impl Backend for Echo {
    fn name(&self) -> &'static str {
        "echo"
    }

    fn supports(&self, _: OptionKind) -> bool {
        false
    }

    fn generate<'a>(
        &'a self,
        prompt: &'a str,
        _: &'a GenerateOptions,
    ) -> BoxFuture<'a, Result<Generation, GenerationError>> {
        let toy = InferenceAdapter::new(Toy::saying(&["echo"]));
        Box::pin(async move { toy.generate(prompt, &GenerateOptions::default()).await })
    }

    fn chat<'a>(
        &'a self,
        messages: &'a [Message],
        options: &'a GenerateOptions,
    ) -> BoxFuture<'a, Result<Generation, GenerationError>> {
        self.generate(messages.last().map_or("", |last| &last.content), options)
    }

    fn availability(&self) -> BoxFuture<'_, Availability> {
        Box::pin(async { Availability::unavailable("echo is asleep") })
    }
}

#[test]
fn a_third_party_backend_needs_no_streaming() {
    assert!(Echo.streaming().is_none());
    let model = BackendModel::new(Echo, "e");
    assert_eq!(
        block_on(model.availability()).reason(),
        Some("echo is asleep")
    );
    let stream = model.generate(Prompt::user("hi"), GenerateOptions::default());
    assert_eq!(
        block_on(stream.into_generation()).expect("an answer").text,
        "echo"
    );
}
