//! `ml serve` from its start to its end.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;

use rustix::process::Signal;
use serde_json::{Value, json};

use crate::server::Server;
use crate::support::{Ml, Running, ml};

/// Serves the models of this configuration on a free port.
fn serve(config: &str, args: &[&str]) -> Ml {
    ml(["serve", "--port", "0"])
        .args(args)
        .file("ml.toml", config)
}

/// The address it serves at, once it does.
#[track_caller]
fn address(running: &Running) -> String {
    let line = running.stdout.line();
    line.strip_prefix("http://").expect("a URL").to_owned()
}

/// The body of a reply of the server at this address.
#[track_caller]
fn ask(address: &str, request: &str, body: &str) -> (String, String) {
    ask_with_key(address, "none", request, body)
}

#[track_caller]
fn ask_with_key(address: &str, key: &str, request: &str, body: &str) -> (String, String) {
    let mut stream = TcpStream::connect(address).expect("it listens");
    let length = body.len();
    let head = [
        &format!("{request} HTTP/1.1"),
        &format!("host: {address}"),
        "connection: close",
        &format!("authorization: Bearer {key}"),
        &format!("content-length: {length}"),
    ];
    write!(stream, "{}\r\n\r\n{body}", head.join("\r\n")).expect("sent");
    let mut reply = String::new();
    stream.read_to_string(&mut reply).expect("a reply");
    let (head, body) = reply.split_once("\r\n\r\n").expect("a head");
    (head.to_owned(), body.to_owned())
}

fn chat(model: &str) -> String {
    json!({"model": model, "messages": [{"role": "user", "content": "a secret"}]}).to_string()
}

#[track_caller]
fn json(body: &str) -> Value {
    serde_json::from_str(body).unwrap_or_else(|error| panic!("{error}: {body}"))
}

#[test]
fn configured_models_are_served_until_it_is_told_to_stop() {
    let upstream = Server::saying(&["Par", "is."]);
    let config = format!(
        "[models.one]\nurl = \"{0}\"\n[models.two]\nurl = \"{0}\"\n",
        upstream.url()
    );
    for signal in [Signal::INT, Signal::TERM] {
        let running = serve(&config, &[]).start();
        let address = address(&running);
        running.stderr.until("serving one, two");
        let (_, models) = ask(&address, "GET /v1/models", "");
        assert_eq!(json(&models)["data"][1]["id"], "two");
        let (head, answer) = ask(&address, "POST /v1/chat/completions", &chat("two"));
        assert!(head.starts_with("HTTP/1.1 200"), "{head}{answer}");
        assert_eq!(json(&answer)["choices"][0]["message"]["content"], "Paris.");
        running.stderr.until("path=/v1/chat/completions");
        running.signal(signal);
        let done = running.end().code(0);
        assert!(!done.stderr.contains("secret"), "{done:?}");
        assert!(done.stderr.contains("model=\"two\""), "{done:?}");
    }
}

#[test]
fn another_program_chats_with_what_is_served() {
    let upstream = Server::saying(&["Par", "is."]);
    let config = format!("[models.one]\nurl = \"{}\"\n", upstream.url());
    let running = serve(&config, &["--quiet"]).start();
    let url = format!("http://{}", address(&running));
    for args in [
        &["chat", "--server", &url][..],
        &["chat", "-u", &url, "-m", "one"],
    ] {
        let done = ml(args)
            .stdin("What is the capital of France?\n")
            .run()
            .code(0);
        assert_eq!(done.stdout, "Paris.\n");
    }
    let wrong = ml(["chat", "--server", &url, "--model", "two"]);
    wrong
        .stdin("x\n")
        .run()
        .code(1)
        .says(["unknown model \"two\"", "one"]);
    running.signal(Signal::INT);
    running.end().code(0);
}

#[test]
fn only_the_named_models_are_served_and_the_first_is_the_default() {
    let upstream = Server::saying(&["hi"]);
    let model = |name| format!("[models.{name}]\nurl = \"{}\"\n", upstream.url());
    let config = ["one", "two", "three"].map(model).concat();
    let running = serve(&config, &["--model", "two", "--model", "one", "--quiet"]).start();
    let address = address(&running);
    running.stderr.until("serving one, two;");
    let (head, _) = ask(&address, "POST /v1/chat/completions", &chat("three"));
    assert!(head.starts_with("HTTP/1.1 404"), "{head}");
    let (_, answer) = ask(&address, "POST /v1/chat/completions", &chat(""));
    assert_eq!(json(&answer)["model"], "two");
    running.signal(Signal::INT);
    let done = running.end().code(0);
    assert!(!done.stderr.contains("status="), "{done:?}");
}

#[test]
fn a_key_is_read_from_a_file_or_the_environment_and_never_shown() {
    let upstream = Server::saying(&["hi"]);
    let config = format!("[models.one]\nurl = \"{}\"\n", upstream.url());
    let from_file = serve(&config, &["--api-key-file", "keys"]).file("keys", "\nsk-one\nsk-two\n");
    let from_environment = serve(&config, &[]).env("ML_API_KEY", "sk-two");
    for ml in [from_file, from_environment] {
        let running = ml.start();
        let address = address(&running);
        let (head, body) = ask(&address, "GET /v1/models", "");
        assert!(head.starts_with("HTTP/1.1 401"), "{head}{body}");
        let (head, body) = ask_with_key(&address, "sk-two", "GET /v1/models", "");
        assert!(head.starts_with("HTTP/1.1 200"), "{head}{body}");
        running.signal(Signal::INT);
        let done = running.end().code(0);
        assert!(!done.stderr.contains("sk-"), "{done:?}");
    }
}

#[test]
fn an_address_that_others_can_reach_wants_a_key() {
    let config = "[models.one]\nurl = \"http://127.0.0.1:1\"\n";
    let done = serve(config, &["--bind", "0.0.0.0"]).run().code(2);
    done.says([
        "0.0.0.0 can be reached",
        "--api-key-file",
        "ML_API_KEY",
        "--no-auth",
    ]);
    let running = serve(config, &["--bind", "0.0.0.0", "--no-auth"]).start();
    address(&running);
    running.signal(Signal::TERM);
    running.end().code(0);
}

#[test]
fn what_cannot_be_served_is_said_before_anything_listens() {
    let none = serve("", &[]).run().code(1);
    none.says(["there is no model to serve", "--model", "ml models"]);
    let unknown = serve("", &["--model", "nothing"]).run().code(1);
    unknown.says(["unknown model \"nothing\""]);
    let config = "[models.one]\nurl = \"http://127.0.0.1:1\"\n";
    let empty = serve(config, &["--api-key-file", "keys"]).file("keys", "\n");
    empty.run().code(1).says(["keys holds no API key"]);
    let spaces = serve(config, &["--api-key-file", "keys"]).file("keys", "ok\nmy secret\n");
    let done = spaces.run().code(1).says(["line 2 of keys"]);
    assert!(!done.stderr.contains("secret"), "{done:?}");
    let origin = serve(config, &["--cors-origin", "chat.example"]).run();
    origin.code(2).says(["\"chat.example\" is no origin"]);
    let taken = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = taken.local_addr().expect("its address").port().to_string();
    let busy = ml(["serve", "--port", &port]).file("ml.toml", config).run();
    busy.code(1).says(["cannot listen on 127.0.0.1:"]);
}

#[test]
fn a_model_that_does_not_load_ends_the_program() {
    let done = serve("", &["--model", "broken.gguf"]).file("broken.gguf", "no model");
    done.run().code(1).says(["broken"]);
}
