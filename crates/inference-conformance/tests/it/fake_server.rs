//! The fake server, read from a plain socket.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use inference_conformance::ScriptedModel;
use inference_conformance::fake_server::{
    FakeServer, Framing, Reply, Request, by_path, events, in_turn, scripted,
};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

const CHAT: &str = "POST /v1/chat/completions HTTP/1.1\r\nContent-Length: 15\r\nX-Test: 1\r\n\r\n{\"stream\":true}";

async fn send(server: &FakeServer, request: &str) -> TcpStream {
    let address = server.url().replace("http://", "");
    let mut stream = TcpStream::connect(address).await.expect("a connection");
    stream
        .write_all(request.as_bytes())
        .await
        .expect("a server that reads");
    stream
}

/// Everything until the server ends the connection.
async fn ask(server: &FakeServer, request: &str) -> String {
    let mut bytes = Vec::new();
    let mut stream = send(server, request).await;
    stream
        .read_to_end(&mut bytes)
        .await
        .expect("an orderly end");
    String::from_utf8_lossy(&bytes).into_owned()
}

fn get(path: &str) -> String {
    format!("GET {path} HTTP/1.1\r\n\r\n")
}

#[tokio::test]
async fn streams_a_chat_and_records_the_request() {
    let reply = Reply::sse(events::chat(["Hi", " é"]));
    let wire = reply.wire();
    let server = FakeServer::tcp(move |_| reply.clone()).unwrap();
    let answer = ask(&server, CHAT).await;
    assert_eq!(answer.as_bytes(), wire);
    assert!(answer.starts_with("HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n"));
    assert!(answer.ends_with("e\r\ndata: [DONE]\n\n\r\n0\r\n\r\n"));
    let [request] = <[Request; 1]>::try_from(server.requests()).unwrap();
    assert_eq!(request.method, "POST");
    assert_eq!(request.header("x-test"), Some("1"));
    assert_eq!(request.json()["stream"], true);
    let stats = server.wait_until(|stats| stats.open_connections == 0).await;
    assert_eq!(
        (stats.connections, stats.requests, stats.open_replies),
        (1, 1, 0)
    );
}

#[tokio::test]
async fn cuts_at_any_byte_of_the_wire_and_of_the_body() {
    let reply = Reply::sse(["a", "b"]);
    let wire = reply.wire();
    for end in [0, 1, wire.len() / 2, wire.len() - 1] {
        let part = wire[..end].to_vec();
        let server = FakeServer::tcp(move |_| Reply::raw(part.clone())).unwrap();
        assert_eq!(ask(&server, CHAT).await.len(), end);
    }
    for (offset, body) in [
        (0, ""),
        (3, "3\r\ndat\r\n"),
        (9, "9\r\ndata: a\n\n\r\n"),
        (10, "9\r\ndata: a\n\n\r\n1\r\nd\r\n"),
    ] {
        let cut = reply.clone().cut_at(offset);
        let server = FakeServer::tcp(move |_| cut.clone()).unwrap();
        let answer = ask(&server, CHAT).await;
        assert_eq!(
            answer.split_once("\r\n\r\n").unwrap().1,
            body,
            "cut at {offset}"
        );
    }
}

#[tokio::test]
async fn a_closed_body_looks_whole_when_it_is_cut() {
    let reply = Reply::sse(["a"]).framing(Framing::Close).cut_at(4);
    let server = FakeServer::tcp(move |_| reply.clone()).unwrap();
    assert!(
        ask(&server, CHAT)
            .await
            .ends_with("Connection: close\r\n\r\ndata")
    );
}

#[tokio::test]
async fn divides_a_body_into_pieces() {
    let reply = Reply::text(200, "text/plain", "añb").framing(Framing::Chunked);
    let reply = reply.in_pieces_of(2).header("Connection", "close");
    let server = FakeServer::tcp(move |_| reply.clone()).unwrap();
    let mut bytes = Vec::new();
    let mut stream = send(&server, CHAT).await;
    stream.read_to_end(&mut bytes).await.unwrap();
    assert!(bytes.ends_with(b"2\r\na\xc3\r\n2\r\n\xb1b\r\n0\r\n\r\n"));
}

#[tokio::test]
async fn a_stall_lasts_until_the_client_is_gone() {
    let reply = Reply::sse(["a"]).stall_at(9);
    let server = FakeServer::tcp(move |_| reply.clone()).unwrap();
    let mut stream = send(&server, CHAT).await;
    let mut seen = Vec::new();
    while !seen.ends_with(b"data: a\n\n\r\n") {
        assert!(stream.read_buf(&mut seen).await.unwrap() > 0);
    }
    assert_eq!(server.stats().open_replies, 1);
    drop(stream);
    let stats = server.wait_until(|stats| stats.open_connections == 0).await;
    assert_eq!(stats.open_replies, 0);
}

#[tokio::test]
async fn pauses_and_starts_late() {
    let wait = Duration::from_millis(30);
    let reply = Reply::raw("ab").pause_at(1, wait).after(wait);
    let server = FakeServer::tcp(move |_| reply.clone()).unwrap();
    let start = Instant::now();
    assert_eq!(ask(&server, CHAT).await, "ab");
    assert!(start.elapsed() >= wait * 2);
}

#[tokio::test]
async fn a_flood_has_as_many_tokens_as_asked_for() {
    for tokens in [0, 1, 1000] {
        let server = FakeServer::tcp(move |_| Reply::flood(tokens)).unwrap();
        let answer = ask(&server, CHAT).await;
        assert_eq!(answer.matches(" token\"").count() as u64, tokens);
        assert!(answer.contains(&format!("\"completion_tokens\":{tokens},")));
        assert_eq!(answer.matches("data: [DONE]").count(), 1);
    }
}

#[tokio::test]
async fn connections_are_kept_for_whole_replies_given_in_turn() {
    let replies = [Reply::error(503, "Loading model"), Reply::json(200, "{}")];
    let server = FakeServer::tcp(in_turn(replies)).unwrap();
    let mut stream = send(&server, &get("/a")).await;
    let mut seen = Vec::new();
    while !seen.ends_with(b"}}") {
        assert!(stream.read_buf(&mut seen).await.unwrap() > 0);
    }
    assert!(seen.starts_with(b"HTTP/1.1 503 Service Unavailable\r\n"));
    for _ in 0..2 {
        seen.clear();
        stream.write_all(get("/b").as_bytes()).await.unwrap();
        while !seen.ends_with(b"{}") {
            assert!(stream.read_buf(&mut seen).await.unwrap() > 0);
        }
    }
    assert_eq!(server.stats().connections, 1);
    assert_eq!(server.stats().requests, 3);
}

#[cfg(unix)]
#[tokio::test]
async fn serves_on_a_unix_socket() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("fake.sock");
    let server = FakeServer::unix(&path, by_path).unwrap();
    assert_eq!(server.socket(), Some(path.as_path()));
    let mut stream = tokio::net::UnixStream::connect(&path).await.unwrap();
    stream.write_all(get("/health").as_bytes()).await.unwrap();
    let mut seen = Vec::new();
    while !seen.ends_with(br#"{"status":"ok"}"#) {
        assert!(stream.read_buf(&mut seen).await.unwrap() > 0);
    }
    drop(server);
    assert!(!path.exists());
}

#[tokio::test]
async fn paths_choose_the_fault() {
    let server = FakeServer::tcp(by_path).unwrap();
    let chat = |base: &str| {
        let length = "Content-Length: 15\r\nConnection: close\r\n\r\n{\"stream\":true}";
        format!("POST {base}/v1/chat/completions HTTP/1.1\r\n{length}")
    };
    for (base, part) in [
        ("", "\"content\":\"Hello\""),
        ("/eof/20", "Connection: close\r\n\r\n"),
        ("/flood/3", " token"),
        ("/slow/1", "[DONE]"),
        ("/pieces/7", "\r\n7\r\n"),
        ("/error-event", "the context is full"),
        ("/no-choices", "\"choices\":[]"),
        ("/half-character", "{\"content\":\"h\u{fffd}"),
    ] {
        let answer = ask(&server, &chat(base)).await;
        assert!(answer.contains(part), "{base}: {answer}");
    }
    for (path, part) in [
        ("/status/401/v1", "HTTP/1.1 401 Unauthorized\r\n"),
        ("/retry-after/2/v1", "Retry-After: 2\r\n"),
        ("/html", "Content-Type: text/html\r\n"),
        ("/stats", "\"connections\":"),
        ("/v1/models", "\"id\":\"fake\""),
        ("/nowhere", "404 Not Found"),
    ] {
        let request = format!("GET {path} HTTP/1.1\r\nConnection: close\r\n\r\n");
        let answer = ask(&server, &request).await;
        assert!(answer.contains(part), "{path}: {answer}");
    }
}

#[test]
fn runs_as_a_process_that_ends_with_its_standard_input() {
    let mut server = Command::new(env!("CARGO_BIN_EXE_fake-server"))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut address = String::new();
    BufReader::new(server.stdout.take().unwrap())
        .read_line(&mut address)
        .unwrap();
    let address = address.trim().strip_prefix("http://").unwrap();
    let mut stream = std::net::TcpStream::connect(address).unwrap();
    stream.write_all(CHAT.as_bytes()).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    assert!(answer.contains("[DONE]"), "{answer}");
    drop(server.stdin.take());
    assert!(server.wait().unwrap().success());
}

/// A request to a scripted model, and the start of the reply with its body.
fn scripted_reply(path: &str, body: &str) -> String {
    let model = ScriptedModel::new("test")
        .with_context_length(8)
        .otherwise(["Par", "is", "!"]);
    let mut request = Request::default();
    request.path = path.into();
    request.body = body.as_bytes().to_vec();
    let wire = scripted(model)(&request).wire();
    String::from_utf8(wire).expect("UTF-8")
}

#[test]
fn serves_a_scripted_model() {
    let chat = "/v1/chat/completions";
    let ask = r#""messages":[{"role":"user","content":"hi"}]"#;
    let plain = scripted_reply(chat, &format!("{{{ask}}}"));
    assert!(plain.contains(r#""content":"Par""#) && plain.contains(r#""finish_reason":"stop""#));
    assert!(plain.contains(r#""completion_tokens":3,"prompt_tokens":1,"#));
    let short = scripted_reply(chat, &format!(r#"{{{ask},"max_tokens":2}}"#));
    assert!(short.contains(r#""finish_reason":"length""#) && !short.contains('!'));
    let stopped = scripted_reply(chat, &format!(r#"{{{ask},"stop":"ris"}}"#));
    assert!(stopped.contains(r#""content":"Pa""#) && !stopped.contains("is!"));
    let logprobs = r#""logprobs":true,"top_logprobs":1"#;
    let logprobs = scripted_reply(chat, &format!("{{{ask},{logprobs}}}"));
    assert!(logprobs.contains(r#""top_logprobs":[{"logprob":-0.25,"token":"Par"}]"#));
    let raw = scripted_reply("/v1/completions", r#"{"prompt":"x","max_tokens":1}"#);
    assert!(raw.contains(r#""text":"Par""#) && raw.contains(r#""finish_reason":"length""#));
}

#[test]
fn refuses_what_a_scripted_model_refuses() {
    let long = scripted_reply("/v1/completions", r#"{"prompt":"a b c d e f g h"}"#);
    assert!(long.starts_with("HTTP/1.1 400 ") && long.contains("exceed_context_size_error"));
    let empty = scripted_reply("/v1/completions", r#"{"prompt":""}"#);
    assert!(empty.starts_with("HTTP/1.1 400 ") && empty.contains("invalid_request_error"));
    assert!(scripted_reply("/v1/chat/completions", "{}").starts_with("HTTP/1.1 404 "));
}
