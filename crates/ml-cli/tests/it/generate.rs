//! `ml generate` against a fake server.

use std::process::Stdio;

use inference_conformance::fake_server::{Reply, events};
use serde_json::json;

use crate::server::Server;
use crate::support::{Reader, ml, wait};

#[test]
fn the_answer_is_on_stdout_and_nothing_else() {
    let server = Server::saying(&["Par", "is", " is", " it."]);
    let done = ml(["generate", "--url", &server.url(), "Capital?"])
        .run()
        .code(0);
    assert_eq!(done.stdout, "Paris is it.");
    assert_eq!(done.stderr, "");
    let body = &server.chats()[0];
    assert_eq!(
        body["messages"],
        json!([{"role": "user", "content": "Capital?"}])
    );
    assert_eq!(body["max_tokens"], 256);
}

#[test]
fn it_comes_token_by_token() {
    let server = Server::stalling_after(&["first", " second"]);
    let running = ml(["generate", "--url", &server.url(), "hi"]).start();
    running.stdout.until("first second");
}

#[test]
fn what_it_took_is_said_when_asked() {
    let server = Server::saying(&["a", "b", "c"]);
    let done = ml(["generate", "--stats", "--url", &server.url(), "hi"])
        .run()
        .code(0);
    assert_eq!(done.stdout, "abc");
    done.says(["3 tokens · ", "first token after ", " · stop"]);
}

#[test]
fn flags_reach_the_server() {
    let server = Server::saying(&["ok"]);
    let config = format!(
        "[models.it]\nurl = \"{}\"\nmodel = \"fake\"\ndialect = \"llama-server\"\n",
        server.url()
    );
    ml([
        "generate",
        "--model",
        "it",
        "--system",
        "Be brief.",
        "--temperature",
        "0.5",
        "--top-k",
        "7",
        "--top-p",
        "0.9",
        "--min-p",
        "0.1",
        "--repeat-penalty",
        "1.1",
        "--repeat-window",
        "32",
        "--seed",
        "42",
        "--stop",
        "X",
        "--stop",
        "\n",
        "--max-tokens",
        "9",
        "hi",
    ])
    .file("ml.toml", config)
    .run()
    .code(0);
    let body = &server.chats()[0];
    let system = json!({"role": "system", "content": "Be brief."});
    assert_eq!(body["messages"][0], system);
    for (field, value) in [
        ("temperature", json!(0.5)),
        ("top_k", json!(7)),
        ("top_p", json!(0.9)),
        ("min_p", json!(0.1)),
        ("repeat_penalty", json!(1.1)),
        ("repeat_last_n", json!(32)),
        ("seed", json!(42)),
        ("max_tokens", json!(9)),
    ] {
        assert_eq!(body[field], value, "{field} in {body}");
    }
}

#[test]
fn stdin_is_the_prompt_and_raw_is_no_chat() {
    let server = Server::by_path();
    let done = ml(["generate", "--raw", "--url", &server.url(), "-"])
        .stdin("Once upon\na time\n")
        .run()
        .code(0);
    assert_eq!(done.stdout, "Hello world, grüß 🌍!");
    assert_eq!(server.chats()[0]["prompt"], "Once upon\na time");
}

#[test]
fn json_is_one_object() {
    let server = Server::saying(&["Par", "is"]);
    let done = ml([
        "generate",
        "--json",
        "--url",
        &server.url(),
        "--model",
        "fake",
        "hi",
    ])
    .run();
    let json = done.code(0).json();
    assert_eq!(json["text"], "Paris");
    assert_eq!(json["finish_reason"], "stop");
    assert_eq!(json["usage"]["prompt_tokens"], 5);
    assert_eq!(json["usage"]["generated_tokens"], 2);
    assert!(json["metrics"]["total"].as_f64() > Some(0.0), "{json}");
    assert_eq!(json["model"], "fake");
    assert_eq!(json["backend"], "http");
    assert_eq!(json.get("error"), None);
}

#[test]
fn thinking_is_no_part_of_the_answer() {
    let server = Server::saying(&["<thi", "nk>2 + 2", "</think>", "4"]);
    let done = ml(["generate", "--url", &server.url(), "hi"]).run().code(0);
    assert_eq!(done.stdout, "4");
    let done = ml(["generate", "--json", "--url", &server.url(), "hi"])
        .run()
        .code(0);
    let json = done.json();
    assert_eq!(
        (&json["text"], &json["reasoning"]),
        (&json!("4"), &json!("2 + 2"))
    );
}

#[test]
fn a_failure_in_the_middle_keeps_what_came() {
    let server = Server::new(|_| {
        let mut events = events::chat(["Hello", " world"]);
        events.splice(3.., [events::error(500, "the context is full")]);
        Reply::sse(events)
    });
    let url = server.url();
    let done = ml(["generate", "--url", &url, "hi"]).run().code(1);
    assert_eq!(done.stdout, "Hello world");
    let done = done.says(["error:", "the context is full"]);
    assert!(!done.stderr.contains("world"), "{done:?}");

    let json = ml(["generate", "--json", "--url", &url, "hi"])
        .run()
        .code(1)
        .json();
    assert_eq!(json["text"], "Hello world");
    assert_eq!(json["finish_reason"], json!(null));
    assert!(json["error"]["code"].is_string(), "{json}");
    assert!(json["error"]["retry"].is_string(), "{json}");
}

#[test]
fn a_cut_stream_is_no_success() {
    let server = Server::by_path();
    let done = ml(["generate", "--json", "--url", &server.at("cut/900"), "hi"]).run();
    let json = done.code(1).json();
    assert_eq!(json["error"]["code"], "truncated", "{json}");
    assert_ne!(json["text"], "", "{json}");
}

#[test]
fn a_reader_that_leaves_ends_it_quietly() {
    let server = Server::new(|_| Reply::flood(1_000_000_000));
    let (mut command, _home) = ml(["generate", "--url", &server.url(), "hi"]).into_parts();
    let mut child = command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the binary starts");
    let stderr = Reader::new(child.stderr.take().expect("piped"));
    let mut start = [0; 6];
    let mut stdout = child.stdout.take().expect("piped");
    std::io::Read::read_exact(&mut stdout, &mut start).expect("it answers");
    assert_eq!(&start, b" token");
    drop(stdout);
    assert_eq!(wait(&mut child).code(), Some(0));
    assert_eq!(stderr.to_end(), "");
    server.wait_until(|stats| stats.open_replies == 0);
}
