//! The scripted model as a tool for tests.

use std::sync::Arc;

use futures::executor::block_on;
use futures::{FutureExt as _, StreamExt as _};
use inference_conformance::{Script, ScriptedModel};
use inference_core::{Error, ErrorKind, FinishReason, GenerateOptions, Message, Prompt, TextModel};

fn say(model: &ScriptedModel, prompt: &str, options: GenerateOptions) -> (String, FinishReason) {
    let answer = model
        .generate(Prompt::user(prompt), options)
        .into_generation();
    let answer = block_on(answer).expect("an answer");
    (answer.text, answer.finish_reason)
}

#[test]
fn the_first_part_that_fits_decides() {
    let model = ScriptedModel::new("test")
        .on("weather", ["Rain."])
        .on(
            "we",
            Script::new(["Us", "."]).then_finish(FinishReason::ToolCalls),
        )
        .otherwise(vec!["What?".to_owned()]);
    let options = GenerateOptions::default;
    assert_eq!(say(&model, "the weather", options()).0, "Rain.");
    assert_eq!(
        say(&model, "we two", options()),
        ("Us.".to_owned(), FinishReason::ToolCalls)
    );
    assert_eq!(say(&model, "hello", options()).0, "What?");
    let conversation = vec![Message::user("weather"), Message::assistant("hm")];
    let answer = model.generate(conversation.clone().into(), options());
    assert_eq!(
        block_on(answer.into_generation()).expect("an answer").text,
        "What?"
    );
    assert_eq!(model.requests().len(), 4);
    assert_eq!(model.requests()[3].0, Prompt::Chat(conversation));
}

#[test]
fn stop_tokens_end_an_answer_unseen() {
    let model = ScriptedModel::new("test").otherwise(["a", "b", "c"]);
    let stream = model.generate("x".into(), GenerateOptions::default());
    let answer = block_on(stream.into_generation()).expect("an answer");
    let id = answer.tokens[1].id.expect("an id");
    let options = GenerateOptions::default().stop_tokens([id]);
    assert_eq!(
        say(&model, "x", options),
        ("a".to_owned(), FinishReason::Stop)
    );
}

#[test]
fn held_text_is_shown_where_no_stop_came() {
    let model = ScriptedModel::new("test").otherwise(["a S", "TO"]);
    let options = GenerateOptions::default().stop(["STOP"]);
    assert_eq!(
        say(&model, "x", options),
        ("a STO".to_owned(), FinishReason::Stop)
    );
}

#[test]
fn the_context_limits_prompt_and_answer_together() {
    let model = ScriptedModel::new("test")
        .with_context_length(4)
        .otherwise(["a", "b", "c"]);
    let options = GenerateOptions::default;
    assert_eq!(
        say(&model, "one two", options()),
        ("ab".to_owned(), FinishReason::Length)
    );
    let full = model.generate("one two three four".into(), options());
    let error = block_on(full.into_generation()).expect_err("full").error;
    assert_eq!(error.kind(), ErrorKind::ContextExceeded);
}

#[test]
fn a_failure_comes_after_the_tokens() {
    let error = Error::new(ErrorKind::OutOfMemory, "out of memory");
    let model = ScriptedModel::new("test").otherwise(Script::new(["a"]).then_fail(error));
    let answer = model.generate("x".into(), GenerateOptions::default());
    let failed = block_on(answer.into_generation()).expect_err("failed");
    assert_eq!(failed.partial.text, "a");
    assert_eq!(failed.error.kind(), ErrorKind::OutOfMemory);
}

#[test]
fn a_stall_lasts_until_the_model_is_closed() {
    let model = Arc::new(ScriptedModel::new("test").otherwise(Script::new(["a"]).then_stall()));
    let mut stream = model.generate("x".into(), GenerateOptions::default());
    block_on(async {
        stream.next().await.expect("a token").expect("no error");
        let mut next = stream.next().fuse();
        let waits = futures::future::poll_fn(|context| {
            let waits = next.poll_unpin(context).is_pending();
            std::task::Poll::Ready(waits)
        });
        assert!(waits.await);
        assert_eq!(model.activity().generating, 1);
        model.close().await.expect("closed");
        let error = next.await.expect("an end").expect_err("closed");
        assert_eq!(error.kind(), ErrorKind::Closed);
    });
    drop(stream);
    assert_eq!(model.activity().generating, 0);
}
