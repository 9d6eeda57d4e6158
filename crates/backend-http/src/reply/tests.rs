//! Chunks become events; only a finish reason and `[DONE]` end an answer well.

use bytes::Bytes;

use super::*;

fn request(endpoint: Endpoint) -> Request {
    Request {
        endpoint,
        body: Bytes::new(),
        stop: Vec::new(),
        alternatives: 2,
    }
}

fn reply(request: &Request) -> Reply {
    Reply::new(request, true, Instant::now())
}

/// All events of a chat stream, or the error that ends it.
fn read(chunks: &[&str]) -> Result<Vec<Event>, Error> {
    let mut reply = reply(&request(Endpoint::Chat));
    for chunk in chunks {
        reply.read_event("message", chunk)?;
    }
    reply.end_of_body()?;
    Ok(reply.events.into())
}

fn delta(delta: &str) -> String {
    format!(r#"{{"choices":[{{"index":0,"delta":{delta},"finish_reason":null}}]}}"#)
}

fn text_of(events: &[Event]) -> Vec<&str> {
    events
        .iter()
        .filter_map(|event| match event {
            Event::Token(token) => Some(token.text.as_str()),
            _ => None,
        })
        .collect()
}

const STOP: &str = r#"{"choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}"#;
const DONE: &str = "[DONE]";

#[test]
fn tokens_then_one_end() {
    let role = delta(r#"{"role":"assistant","content":null}"#);
    let events = read(&[&role, &delta(r#"{"content":"Hi"}"#), STOP, DONE]).expect("an answer");
    assert_eq!(text_of(&events), ["Hi"]);
    assert!(matches!(events.last(), Some(Event::Finished(summary))
        if summary.finish_reason == FinishReason::Stop));
    assert_eq!(events.len(), 2);
}

#[test]
fn an_answer_without_tokens_is_an_answer() {
    assert_eq!(read(&[STOP, DONE]).expect("an answer").len(), 1);
}

#[test]
fn a_stream_that_just_stops_is_truncated() {
    let hi = delta(r#"{"content":"Hi"}"#);
    for (chunks, says) in [
        (vec![hi.as_str()], "no finish reason"),
        (vec![&hi, DONE], "without a finish reason"),
        (vec![&hi, STOP], "no [DONE]"),
        (vec![], "before its first choice"),
    ] {
        let error = read(&chunks).expect_err("truncated");
        assert!(error.is_truncated(), "{error}");
        assert!(error.message().contains(says), "{error}");
    }
}

#[test]
fn a_server_known_to_send_no_marker_needs_none() {
    let mut reply = Reply::new(&request(Endpoint::Chat), false, Instant::now());
    reply
        .read_event("message", &delta(r#"{"content":"Hi"}"#))
        .expect("a chunk");
    assert!(reply.end_of_body().expect_err("no reason").is_truncated());
    reply.read_event("message", STOP).expect("a chunk");
    reply.end_of_body().expect("an end");
    assert!(reply.has_ended());
}

#[test]
fn usage_may_come_alone_and_choices_must_come() {
    let usage = r#"{"choices":[],"usage":{"prompt_tokens":9,"completion_tokens":1,"prompt_tokens_details":{"cached_tokens":4}}}"#;
    let events = read(&[usage, &delta(r#"{"content":"a"}"#), STOP, usage, DONE]).expect("answer");
    let Some(Event::Finished(summary)) = events.last() else {
        panic!("no end: {events:?}");
    };
    assert_eq!(summary.usage, Usage::new(9, 1).with_cached_tokens(4));
    let error = read(&[usage, DONE]).expect_err("no choices");
    assert_eq!(error.kind(), ErrorKind::Protocol);
    assert_eq!(error.message(), "the reply has no choices");
}

#[test]
fn the_servers_clock_gives_counts_where_usage_is_missing() {
    let end = r#"{"choices":[{"delta":{},"finish_reason":"length"}],"timings":
        {"cache_n":3,"prompt_n":5,"prompt_ms":10,"predicted_n":4,"predicted_ms":20}}"#;
    let events = read(&[end, DONE]).expect("an answer");
    let Some(Event::Finished(summary)) = events.last() else {
        panic!("no end: {events:?}");
    };
    assert_eq!(summary.usage, Usage::new(8, 4).with_cached_tokens(3));
    assert_eq!(summary.finish_reason, FinishReason::Length);
}

#[test]
fn log_probabilities_go_with_their_tokens() {
    let two = r#"{"choices":[{"delta":{"content":"ab"},"logprobs":{"content":[
        {"id":1,"token":"a","logprob":-0.5,"top_logprobs":[
            {"id":1,"token":"a","logprob":-0.5},{"id":7,"token":"x","logprob":-1},{"token":"y","logprob":-2}]},
        {"id":2,"token":"b","logprob":-0.25}]}}]}"#;
    let events = read(&[two, STOP, DONE]).expect("an answer");
    assert_eq!(text_of(&events), ["a", "b"]);
    let Event::Token(first) = &events[0] else {
        panic!("no token: {events:?}");
    };
    assert_eq!((first.id, first.logprob), (Some(1), Some(-0.5)));
    assert_eq!(first.alternatives.len(), 2, "as many as asked for");
}

#[test]
fn thinking_is_told_from_the_answer() {
    let thought = delta(r#"{"reasoning_content":"hm"}"#);
    let events = read(&[&thought, &delta(r#"{"content":"Yes"}"#), STOP, DONE]).expect("answer");
    assert!(matches!(&events[0], Event::Reasoning(token) if token.text == "hm"));
    assert_eq!(text_of(&events), ["Yes"]);
}

#[test]
fn tool_calls_come_whole_and_name_the_end() {
    let chunks = [
        delta(r#"{"tool_calls":[{"index":0,"id":"c","function":{"name":"f","arguments":"{"}}]}"#),
        delta(r#"{"tool_calls":[{"index":0,"function":{"arguments":"}"}}]}"#),
    ];
    let events = read(&[&chunks[0], &chunks[1], STOP, DONE]).expect("an answer");
    assert!(matches!(&events[0], Event::ToolCall(call)
        if call.name == "f" && call.arguments == "{}"));
    assert!(matches!(&events[1], Event::Finished(summary)
        if summary.finish_reason == FinishReason::ToolCalls));
}

#[test]
fn other_choices_and_what_follows_the_end_are_ignored() {
    let other = r#"{"choices":[{"index":1,"delta":{"content":"no"},"finish_reason":"stop"}]}"#;
    let late = delta(r#"{"content":"late"}"#);
    let events =
        read(&[other, &delta(r#"{"content":"a"}"#), STOP, DONE, DONE, &late]).expect("an answer");
    assert_eq!(text_of(&events), ["a"]);
}

#[test]
fn errors_in_the_stream_are_typed() {
    let full = r#"{"error":{"code":500,"message":"Context size has been exceeded.","type":"server_error"}}"#;
    let error = read(&[full]).expect_err("failed");
    assert_eq!(error.kind(), ErrorKind::ContextExceeded);
    for other in [
        r#"{"error":"overloaded"}"#,
        r#"{"object":"error","message":"overloaded","code":503}"#,
        r#"{"detail":"overloaded"}"#,
    ] {
        let error = read(&[other]).expect_err("failed");
        assert!(error.message().contains("overloaded"), "{error}");
    }
    let mut reply = reply(&request(Endpoint::Chat));
    let error = reply
        .read_event("error", "out of memory")
        .expect_err("failed");
    assert!(error.message().contains("out of memory"), "{error}");
}

#[test]
fn an_event_that_is_no_chunk_is_shown() {
    let error = read(&["{\"choices\":["]).expect_err("broken");
    assert_eq!(error.kind(), ErrorKind::Protocol);
    assert!(
        error.message().contains("is no chunk: {\"choices\":["),
        "{error}"
    );
}

#[test]
fn reasons_of_other_servers_are_known_or_named() {
    let end =
        |reason: &str| format!(r#"{{"choices":[{{"delta":{{}},"finish_reason":"{reason}"}}]}}"#);
    read(&[&end("eos_token"), DONE]).expect("a stop");
    let error = read(&[&end("abort"), DONE]).expect_err("no good end");
    assert_eq!(error.kind(), ErrorKind::Backend);
    assert!(error.message().contains("abort"), "{error}");
}

#[test]
fn a_stop_string_ends_the_answer_and_is_never_shown() {
    let request = Request {
        stop: vec!["STOP".to_owned()],
        ..request(Endpoint::Chat)
    };
    let mut reply = reply(&request);
    for text in ["hello ST", "OP world"] {
        let chunk = delta(&format!(r#"{{"content":"{text}"}}"#));
        reply.read_event("message", &chunk).expect("a chunk");
    }
    assert!(reply.has_ended());
    let events: Vec<_> = reply.events.into();
    assert_eq!(text_of(&events).concat(), "hello ");
    assert!(matches!(events.last(), Some(Event::Finished(_))));
}

#[test]
fn text_that_might_have_become_a_stop_string_is_given_at_the_end() {
    let request = Request {
        stop: vec!["STOP".to_owned()],
        ..request(Endpoint::Text)
    };
    let mut reply = reply(&request);
    for chunk in [
        r#"{"choices":[{"text":"a ST","index":0,"finish_reason":null}]}"#,
        r#"{"choices":[{"text":"","index":0,"finish_reason":"stop"}]}"#,
        DONE,
    ] {
        reply.read_event("message", chunk).expect("a chunk");
    }
    let events: Vec<_> = reply.events.into();
    assert_eq!(text_of(&events).concat(), "a ST");
}

#[test]
fn whole_replies_give_the_same_events() {
    let mut chat = reply(&request(Endpoint::Chat));
    let body =
        br#"{"choices":[{"message":{"role":"assistant","content":"world"},"finish_reason":"stop"}],
        "usage":{"prompt_tokens":3,"completion_tokens":1}}"#;
    chat.read_whole(body).expect("an answer");
    let events: Vec<_> = chat.events.into();
    assert_eq!(text_of(&events), ["world"]);

    let mut text = reply(&request(Endpoint::Text));
    let body = br#"{"choices":[{"text":"world","finish_reason":"length"}]}"#;
    text.read_whole(body).expect("an answer");
    assert!(text.has_ended());

    for (body, says) in [
        (&br#"{"choices":[]}"#[..], "no choices"),
        (br#"{"error":{"message":"sorry"}}"#, "sorry"),
        (
            br#"{"choices":[{"message":{"content":"a"}}]}"#,
            "finish reason",
        ),
        (b"", "no completion"),
    ] {
        let error = reply(&request(Endpoint::Chat))
            .read_whole(body)
            .expect_err("failed");
        assert!(error.message().contains(says), "{error}");
    }
}
