//! The promises of a stream: one end, nothing after it, what came before is kept.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use futures::executor::block_on;
use futures::stream::FusedStream as _;

use super::*;
use crate::{FinishReason, Metrics, Summary, Usage};

#[expect(
    clippy::unnecessary_wraps,
    reason = "the items of a stream are results"
)]
fn token(text: &str) -> Result<Event, Error> {
    Ok(Event::Token(Token::new(text)))
}

#[expect(
    clippy::unnecessary_wraps,
    reason = "the items of a stream are results"
)]
fn finished() -> Result<Event, Error> {
    let end = Summary::new(FinishReason::Stop, Usage::default(), Metrics::default());
    Ok(Event::Finished(end))
}

fn stream(events: Vec<Result<Event, Error>>) -> TokenStream {
    TokenStream::new("toy", futures::stream::iter(events))
}

#[test]
fn nothing_follows_the_end() {
    let mut stream = stream(vec![token("a"), finished(), token("b"), finished()]);
    let seen: Vec<_> = block_on(async {
        let mut seen = Vec::new();
        while let Some(event) = stream.next().await {
            seen.push(event.expect("no error"));
        }
        seen
    });
    assert_eq!(seen.len(), 2);
    assert!(matches!(seen[1], Event::Finished(_)));
    assert!(stream.is_terminated());
    assert!(block_on(stream.next()).is_none());
}

#[test]
fn a_producer_that_just_stops_is_never_success() {
    let failed = block_on(stream(vec![token("par"), token("tial")]).into_generation());
    let failed = failed.expect_err("truncated");
    assert!(failed.error.is_truncated());
    assert_eq!(failed.error.backend(), Some("toy"));
    assert_eq!(failed.partial.text, "partial");
    assert_eq!(failed.partial.tokens.len(), 2);
}

#[test]
fn an_error_ends_the_stream_and_keeps_the_partial() {
    let broken = Error::new(ErrorKind::OutOfMemory, "out of memory");
    let events = vec![token("some"), Err(broken), token("more"), finished()];
    let failed = block_on(stream(events).into_generation()).expect_err("failed");
    assert_eq!(failed.error.kind(), ErrorKind::OutOfMemory);
    assert_eq!(failed.to_string(), "toy: out of memory");
    assert_eq!(failed.partial.text, "some");
}

#[test]
fn an_empty_answer_is_an_answer() {
    let whole = block_on(stream(vec![finished()]).into_generation()).expect("an answer");
    assert_eq!(whole.text, "");
    assert_eq!(whole.finish_reason, FinishReason::Stop);
}

#[test]
fn collecting_an_ended_stream_says_so() {
    let mut ended = stream(vec![finished()]);
    block_on(async { while ended.next().await.is_some() {} });
    let failed = block_on(ended.into_generation()).expect_err("ended");
    assert_eq!(failed.error.kind(), ErrorKind::Closed);
}

#[test]
fn cancelling_drops_the_producer_and_keeps_what_came() {
    struct Dropped(Arc<AtomicUsize>);
    impl Drop for Dropped {
        fn drop(&mut self) {
            self.0.fetch_add(1, Ordering::SeqCst);
        }
    }
    let drops = Arc::new(AtomicUsize::new(0));
    let guard = Dropped(Arc::clone(&drops));
    let endless = futures::stream::repeat_with(move || {
        let _ = &guard;
        token("x")
    });
    let (cancel, cancelled) = futures::channel::oneshot::channel::<()>();
    let mut stream = TokenStream::new("toy", endless).cancel_on(async {
        let _ = cancelled.await;
    });
    block_on(async {
        stream.next().await.expect("open").expect("a token");
        cancel.send(()).expect("the stream waits for it");
        let error = stream
            .next()
            .await
            .expect("one error")
            .expect_err("cancelled");
        assert!(error.is_cancelled());
        assert_eq!(
            drops.load(Ordering::SeqCst),
            1,
            "the producer is dropped at once"
        );
        assert!(stream.next().await.is_none());
    });
}

#[test]
fn a_cancel_wakes_a_stream_that_waits() {
    let (cancel, cancelled) = futures::channel::oneshot::channel::<()>();
    let silent = TokenStream::new("toy", futures::stream::pending()).cancel_on(async {
        let _ = cancelled.await;
    });
    let waiter = std::thread::spawn(move || block_on(silent.into_generation()));
    cancel.send(()).expect("the stream waits for it");
    let failed = waiter.join().expect("no panic").expect_err("cancelled");
    assert!(failed.error.is_cancelled());
}

#[test]
fn a_callback_error_comes_back_unchanged_and_at_once() {
    #[derive(Debug, PartialEq)]
    struct Enough(u32);
    let mut calls = 0;
    let answer = stream(vec![token("a"), token("b"), token("c"), finished()]).for_each_text(|_| {
        calls += 1;
        if calls == 2 { Err(Enough(2)) } else { Ok(()) }
    });
    match block_on(answer) {
        Err(ForEachError::Callback(error)) => assert_eq!(error, Enough(2)),
        other => panic!("unexpected {other:?}"),
    }
    assert_eq!(calls, 2);
}

#[test]
fn thinking_is_told_from_the_answer_across_tokens() {
    let events = ["<th", "ink>why", " not</thi", "nk>", "Yes", "."]
        .into_iter()
        .map(token)
        .chain([finished()])
        .collect();
    let split = stream(events).split_thinking(ThinkSplitter::new());
    let whole = block_on(split.into_generation()).expect("an answer");
    assert_eq!(whole.reasoning, "why not");
    assert_eq!(whole.text, "Yes.");
}

#[test]
fn a_token_outside_think_tags_keeps_its_facts() {
    let plain = Token::new("Yes").with_id(7).with_logprob(-0.5, Vec::new());
    let events = vec![Ok(Event::Token(plain.clone())), finished()];
    let split = stream(events).split_thinking(ThinkSplitter::new());
    let whole = block_on(split.into_generation()).expect("an answer");
    assert_eq!(whole.tokens, [plain]);
}

#[test]
fn a_truncated_thought_is_kept_with_the_error() {
    let split = stream(vec![token("<think>so far <")]).split_thinking(ThinkSplitter::new());
    let failed = block_on(split.into_generation()).expect_err("truncated");
    assert!(failed.error.is_truncated());
    assert_eq!(failed.partial.reasoning, "so far <");
    assert_eq!(failed.partial.text, "");
}
