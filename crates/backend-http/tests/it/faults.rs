//! Servers that misbehave to the byte: never success, the partial kept, and the error says what.

use std::time::Duration;

use backend_http::{HttpConfig, HttpTextModel};
use inference_conformance::fake_server::{FakeServer, Framing, Reply, events};
use inference_core::ErrorKind;

use crate::recording::Recording;
use crate::server::{ask, config, model, serve};

#[tokio::test]
async fn a_cut_at_any_byte_is_never_success_and_keeps_the_partial() {
    let recording = Recording::read("chat_stream_usage");
    let wire = recording.wire();
    let text = "Two and two is";
    let marker = b"data: [DONE]\n\n";
    let done = wire.windows(marker.len()).position(|bytes| bytes == marker);
    let done = done.expect("an end") + marker.len();
    for cut in 0..=wire.len() {
        let server = serve(Reply::raw(&wire[..cut]));
        match ask(&model(&server)).await {
            Ok(answer) => {
                assert!(cut >= done, "cut at {cut} passed for a whole answer");
                assert_eq!(answer.text, text);
            }
            Err(failed) => {
                assert!(cut < done, "cut at {cut}: {}", failed.error);
                assert!(text.starts_with(&failed.partial.text), "cut at {cut}");
                let kind = failed.error.kind();
                let expected = [ErrorKind::Truncated, ErrorKind::Connection];
                assert!(
                    expected.contains(&kind),
                    "cut at {cut}: {kind} {}",
                    failed.error
                );
            }
        }
    }
}

#[tokio::test]
async fn a_body_that_ends_with_the_connection_is_cut_all_the_same() {
    let whole = Reply::sse(events::chat(["a", "b"]));
    let length = whole.body_len();
    for cut in (0..length).step_by(7) {
        let server = serve(whole.clone().framing(Framing::Close).cut_at(cut));
        let failed = ask(&model(&server)).await.expect_err("a cut");
        assert!(
            failed.error.is_truncated(),
            "cut at {cut}: {}",
            failed.error
        );
    }
    let server = serve(whole.framing(Framing::Close));
    assert_eq!(ask(&model(&server)).await.expect("an answer").text, "ab");
}

#[tokio::test]
async fn pieces_of_any_size_give_the_same_answer() {
    for bytes in [1, 2, 3, 50, 1000] {
        let reply = Reply::sse(events::chat(["Grüß", " dich", " 🌍"])).in_pieces_of(bytes);
        let server = serve(reply);
        let answer = ask(&model(&server)).await.expect("an answer");
        assert_eq!(answer.text, "Grüß dich 🌍", "pieces of {bytes}");
        assert_eq!(answer.tokens.len(), 3);
    }
}

/// A model with short time-outs, and a server that falls silent after so many bytes.
fn stalled(reply: Reply) -> (FakeServer, HttpTextModel) {
    let server = serve(reply);
    let config = config(&server)
        .first_token_timeout(Duration::from_secs(1))
        .idle_timeout(Duration::from_millis(700));
    let model = HttpTextModel::new(config).expect("a model");
    (server, model)
}

#[tokio::test]
async fn a_stall_after_tokens_is_a_time_out_that_keeps_the_partial() {
    let reply = Reply::sse(events::chat(["a", "b", "c"]));
    let role = format!("data: {}\n\n", events::role()).len();
    let token = format!("data: {}\n\n", events::delta("a")).len();
    let (server, model) = stalled(reply.stall_at(role + 2 * token + 5));
    let failed = ask(&model).await.expect_err("a stall");
    assert!(failed.error.is_timeout(), "{}", failed.error);
    assert!(
        failed.error.message().contains("idle_timeout"),
        "{}",
        failed.error
    );
    assert_eq!(failed.partial.text, "ab");
    server.wait_until(|stats| stats.open_connections == 0).await;
}

#[tokio::test]
async fn a_stall_before_the_first_token_is_a_time_out_without_a_retry() {
    let body = Reply::sse(events::chat(["a"]));
    for reply in [
        body.clone().stall_at(0),
        body.clone().stall_at(10),
        body.after(Duration::from_hours(1)),
    ] {
        let server = serve(reply);
        let config = config(&server)
            .first_token_timeout(Duration::from_millis(100))
            .max_retries(5);
        let model = HttpTextModel::new(config).expect("a model");
        let failed = ask(&model).await.expect_err("a stall");
        assert!(failed.error.is_timeout(), "{}", failed.error);
        assert_eq!(
            server.stats().requests,
            1,
            "a busy server is not asked again"
        );
    }
}

#[tokio::test]
async fn comments_do_not_hide_a_stall() {
    let mut stream = format!(
        "data: {}\n\ndata: {}\n\n",
        events::role(),
        events::delta("a")
    );
    let start = stream.len();
    stream.push_str(&": ping\n\n".repeat(200));
    let mut reply = Reply::text(200, "text/event-stream", stream).framing(Framing::Chunked);
    for ping in (0..200).rev() {
        reply = reply.pause_at(start + ping * 8, Duration::from_millis(20));
    }
    let (_server, model) = stalled(reply);
    let failed = ask(&model).await.expect_err("a stall");
    assert!(failed.error.is_timeout(), "{}", failed.error);
    assert_eq!(failed.partial.text, "a");
}

#[tokio::test]
async fn progress_that_the_server_reports_keeps_a_long_prefill_alive() {
    let progress = |done: u64| {
        format!(
            r#"{{"choices":[{{"index":0,"delta":{{"role":"assistant","content":null}}}}],"prompt_progress":{{"total":4,"cache":0,"processed":{done},"time_ms":1}}}}"#
        )
    };
    let mut stream: Vec<String> = (0..8).map(progress).collect();
    stream.extend(events::chat(["a"]));
    let step = format!("data: {}\n\n", stream[0]).len();
    let mut reply = Reply::sse(&stream);
    for event in (1..=8).rev() {
        reply = reply.pause_at(step * event, Duration::from_millis(250));
    }
    let (_server, model) = stalled(reply);
    let answer = ask(&model)
        .await
        .expect("a slow answer, but no silence of a second");
    assert_eq!(answer.text, "a");
}

#[tokio::test]
async fn a_slow_start_within_the_time_allowed_is_waited_for() {
    let server = serve(Reply::sse(events::chat(["a"])).after(Duration::from_millis(300)));
    let answer = ask(&model(&server)).await.expect("an answer");
    assert!(answer.metrics.prefill >= Duration::from_millis(300));
    assert!(answer.metrics.total >= answer.metrics.prefill);
}

#[tokio::test]
async fn an_endless_line_ends_with_an_error_and_not_with_the_memory() {
    let server = serve(Reply::endless_line());
    let failed = ask(&model(&server)).await.expect_err("no end");
    assert_eq!(failed.error.kind(), ErrorKind::Protocol);
    let cause = std::error::Error::source(&failed.error)
        .expect("a cause")
        .to_string();
    assert!(cause.contains("longer than"), "{cause}");
}

#[tokio::test]
async fn garbage_is_shown_and_never_text() {
    let server = serve(Reply::sse(["{\"choices\":[{]}"]));
    let failed = ask(&model(&server)).await.expect_err("garbage");
    assert_eq!(failed.error.kind(), ErrorKind::Protocol);
    assert!(
        failed.error.message().contains("{\"choices\":[{]}"),
        "{}",
        failed.error
    );

    let server = serve(Reply::text(
        200,
        "text/event-stream",
        "\u{1}\u{2}no event\n\n{]\n\n",
    ));
    let failed = ask(&model(&server)).await.expect_err("garbage");
    assert!(failed.error.is_truncated(), "{}", failed.error);

    let server = serve(Reply::raw("this is not HTTP\r\n\r\n"));
    let failed = ask(&model(&server)).await.expect_err("garbage");
    assert_eq!(failed.error.kind(), ErrorKind::Connection);
}

#[tokio::test]
async fn half_a_character_is_replaced_and_the_cut_is_an_error() {
    let event = format!("data: {}\n\n", events::delta("h\u{e9}"));
    let half = event.find('\u{e9}').expect("a character") + 1;
    let server = serve(Reply::sse([events::delta("h\u{e9}")]).cut_at(half));
    let failed = ask(&model(&server)).await.expect_err("a cut");
    assert!(failed.error.is_truncated(), "{}", failed.error);
    assert_eq!(failed.partial.text, "");

    let mut broken = event.into_bytes();
    broken.remove(half);
    let end = format!("data: {}\n\ndata: [DONE]\n\n", events::finish("stop"));
    broken.extend(end.into_bytes());
    let mut wire =
        b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nConnection: close\r\n\r\n".to_vec();
    wire.extend(broken);
    let server = serve(Reply::raw(wire));
    let answer = ask(&model(&server)).await.expect("an answer");
    assert_eq!(answer.text, "h\u{fffd}");
}

#[tokio::test]
async fn an_error_in_the_middle_is_typed_and_keeps_the_partial() {
    let mut stream = events::chat(["Hello", " world"]);
    stream.splice(3.., [events::error(503, "overloaded")]);
    let server = serve(Reply::sse(stream));
    let config = config(&server).max_retries(3);
    let failed = ask(&HttpTextModel::new(config).expect("a model"))
        .await
        .expect_err("an error");
    assert_eq!(failed.error.kind(), ErrorKind::Unavailable);
    assert_eq!(failed.partial.text, "Hello world");
    assert_eq!(
        server.stats().requests,
        1,
        "no retry once a token was shown"
    );
}

#[tokio::test]
async fn a_body_of_another_type_is_an_error_that_names_it() {
    for (reply, says) in [
        (
            Reply::text(200, "text/html", "<!DOCTYPE html><title>Sign in</title>"),
            "a web page (\"Sign in\")",
        ),
        (
            Reply::text(200, "text/plain", "hello there"),
            "text/plain: hello there",
        ),
        (
            Reply::sse(events::chat(["a"])).header("Content-Type", "application/octet-stream"),
            "application/octet-stream",
        ),
        (Reply::json(200, "[1,2"), "no completion: [1,2"),
        (Reply::json(200, ""), "no completion"),
        (Reply::json(200, r#"{"choices":[]}"#), "no choices"),
        (
            Reply::json(200, r#"{"error":"model is gone"}"#),
            "model is gone",
        ),
        (
            Reply::sse([events::usage(5, 0), events::DONE.to_owned()]),
            "no choices",
        ),
    ] {
        let server = serve(reply);
        let failed = ask(&model(&server)).await.expect_err(says);
        assert!(failed.error.message().contains(says), "{}", failed.error);
    }
}

#[tokio::test]
async fn a_whole_reply_that_is_too_large_is_refused() {
    let server = serve(Reply::json(200, "x".repeat(33 << 20)));
    let failed = ask(&model(&server)).await.expect_err("too large");
    assert_eq!(failed.error.kind(), ErrorKind::Protocol);
    assert!(
        failed.error.message().contains("larger than 32 MiB"),
        "{}",
        failed.error
    );
}

#[tokio::test]
async fn a_long_refusal_is_cut_short() {
    let server = serve(Reply::error(400, &"漢字".repeat(100_000)));
    let failed = ask(&model(&server)).await.expect_err("a refusal");
    assert_eq!(failed.error.kind(), ErrorKind::InvalidRequest);
    assert!(failed.error.message().chars().count() < 400);
}

#[tokio::test]
async fn a_server_without_the_marker_is_configured_so() {
    let stream = [events::role(), events::delta("a"), events::finish("stop")];
    let server = serve(Reply::sse(stream));
    let failed = ask(&model(&server)).await.expect_err("no [DONE]");
    assert!(
        failed.error.message().contains("[DONE]"),
        "{}",
        failed.error
    );
    let config: HttpConfig = config(&server).done_marker(false);
    let model = HttpTextModel::new(config).expect("a model");
    assert_eq!(ask(&model).await.expect("an answer").text, "a");
}

#[tokio::test]
async fn an_empty_answer_is_an_answer() {
    let server = serve(Reply::sse(events::chat([""; 0])));
    let answer = ask(&model(&server)).await.expect("an answer");
    assert_eq!((answer.text.as_str(), answer.tokens.len()), ("", 0));
    let server = serve(Reply::text(200, "text/event-stream", ""));
    let failed = ask(&model(&server)).await.expect_err("no answer at all");
    assert!(failed.error.is_truncated(), "{}", failed.error);
}
