//! Retries: which errors, how often, and never after a token was shown.

use std::time::{Duration, Instant, SystemTime};

use backend_http::{HttpConfig, HttpTextModel};
use inference_conformance::fake_server::{FakeServer, Reply, events, in_turn};
use inference_core::{ErrorKind, GenerateOptions, Prompt, Retry, TextModel as _};

use crate::server::{ask, handle, refused, serve, soon};

/// A model with the default retries.
fn patient(server: &FakeServer) -> HttpConfig {
    HttpConfig::new(server.url())
}

fn good() -> Reply {
    Reply::sse(events::chat(["recovered"]))
}

#[tokio::test]
async fn what_may_pass_is_asked_again() {
    let whole = good();
    for bad in [
        Reply::error(500, "oops"),
        Reply::error(502, "gateway"),
        Reply::error(503, "busy"),
        Reply::error(429, "slow down"),
        Reply::raw(""),
        Reply::text(200, "text/event-stream", ""),
        whole.clone().cut_at(50),
        Reply::sse([events::error(503, "busy")]),
    ] {
        let server = handle(in_turn([bad.clone(), bad.clone(), good()]));
        let model = HttpTextModel::new(patient(&server)).expect("a model");
        let answer = ask(&model)
            .await
            .unwrap_or_else(|failed| panic!("{bad:?}: {failed}"));
        assert_eq!(answer.text, "recovered");
        assert_eq!(server.stats().requests, 3, "{bad:?}");
    }
}

#[tokio::test]
async fn what_will_not_pass_is_asked_once() {
    for status in [400, 401, 403, 404, 422, 501] {
        let server = serve(Reply::error(status, "no"));
        refused(patient(&server)).await;
        assert_eq!(server.stats().requests, 1, "{status}");
    }
    let server = serve(Reply::text(200, "text/html", "<html>"));
    refused(patient(&server)).await;
    assert_eq!(server.stats().requests, 1);
}

#[tokio::test]
async fn retries_end() {
    let server = serve(Reply::error(500, "oops"));
    let error = refused(patient(&server).max_retries(4)).await;
    assert_eq!(error.kind(), ErrorKind::Backend);
    assert_eq!(server.stats().requests, 5);
}

#[tokio::test]
async fn nothing_is_asked_again_once_a_token_was_shown() {
    let cut = Reply::sse(events::chat(["a", "b", "c"]));
    let cut = cut.clone().cut_at(cut.body_len() / 2);
    let server = handle(in_turn([cut, good()]));
    let model = HttpTextModel::new(patient(&server)).expect("a model");
    let failed = ask(&model).await.expect_err("a cut");
    assert!(failed.error.is_truncated());
    assert!("abc".starts_with(&failed.partial.text) && !failed.partial.text.is_empty());
    assert_eq!(server.stats().requests, 1);
}

#[tokio::test]
async fn the_wait_that_a_server_asks_for_is_kept() {
    let soon = SystemTime::now() + Duration::from_secs(3);
    let date = httpdate_of(soon);
    for (value, least) in [
        ("1", Duration::from_secs(1)),
        (date.as_str(), Duration::from_secs(1)),
    ] {
        let limited = Reply::error(429, "slow down").header("Retry-After", value);
        let server = handle(in_turn([limited, good()]));
        let model = HttpTextModel::new(patient(&server)).expect("a model");
        let start = Instant::now();
        ask(&model).await.expect("an answer");
        assert!(start.elapsed() >= least, "{value}: {:?}", start.elapsed());
        assert_eq!(server.stats().requests, 2);
    }
}

/// A time as HTTP writes it.
fn httpdate_of(time: SystemTime) -> String {
    httpdate::fmt_http_date(time)
}

#[tokio::test]
async fn a_wait_that_is_too_long_is_told_instead() {
    let server = serve(Reply::error(429, "slow down").header("Retry-After", "3600"));
    let error = refused(patient(&server)).await;
    assert_eq!(error.retry(), Retry::After(Duration::from_hours(1)));
    assert_eq!(server.stats().requests, 1);
}

#[tokio::test]
async fn a_server_that_loads_its_model_is_waited_for() {
    let loading = || Reply::error(503, "Loading model");
    let replies: Vec<_> = (0..4).map(|_| loading()).chain([good()]).collect();
    let server = handle(in_turn(replies));
    let model = HttpTextModel::new(patient(&server).max_retries(0)).expect("a model");
    ask(&model).await.expect("an answer");
    assert_eq!(
        server.stats().requests,
        5,
        "loading has a patience of its own"
    );

    let server = serve(loading());
    let config = patient(&server).loading_patience(Duration::from_millis(400));
    let error = refused(config).await;
    assert_eq!(
        (error.kind(), error.retry()),
        (ErrorKind::Unavailable, Retry::WhenLoaded)
    );
    assert!(server.stats().requests > 1);
}

#[tokio::test]
async fn dropping_a_stream_that_waits_for_a_retry_ends_it() {
    let server = serve(Reply::error(429, "slow down").header("Retry-After", "30"));
    let model = HttpTextModel::new(patient(&server)).expect("a model");
    let answer = model
        .generate(Prompt::user("hi"), GenerateOptions::default())
        .into_generation();
    let asked = server.wait_until(|stats| stats.requests == 1 && stats.open_replies == 0);
    tokio::select! {
        _ = answer => panic!("there is no answer"),
        stats = soon(asked) => assert_eq!(stats.requests, 1),
    }
    assert_eq!(server.stats().requests, 1);
}
