//! What clients send that is wrong.

use rmcp::ServiceError;
use rmcp::model::ErrorCode;
use serde_json::{Value, json};
use tokio::io::{
    AsyncBufReadExt as _, AsyncWriteExt as _, BufReader, DuplexStream, Lines, ReadHalf,
};
use tokio::io::{WriteHalf, split};

use crate::mcp_school::{client, school};
use ml_service::{ToolServer, ToolServerError};

#[tokio::test]
async fn wrong_arguments_are_named() {
    let (model, server) = school().await;
    let client = client(server).await;
    let long = "x".repeat((1 << 20) + 1);
    let stops = vec!["a"; 17];
    for (tool, arguments, says) in [
        ("ml_generate", json!({}), "missing field `prompt`"),
        (
            "ml_generate",
            json!({"prompt": " "}),
            "prompt cannot be empty",
        ),
        ("ml_generate", json!({"prompt": 7}), "expected a string"),
        ("ml_generate", json!({"prompt": long}), "1048577 bytes"),
        (
            "ml_generate",
            json!({"prompt": "a", "top_q": 1}),
            "unknown field `top_q`",
        ),
        (
            "ml_generate",
            json!({"prompt": "a", "temperature": -1}),
            "temperature",
        ),
        (
            "ml_generate",
            json!({"prompt": "a", "max_tokens": 0}),
            "max_tokens",
        ),
        (
            "ml_generate",
            json!({"prompt": "a", "max_tokens": -1}),
            "invalid value",
        ),
        (
            "ml_generate",
            json!({"prompt": "a", "stop": stops}),
            "16 texts",
        ),
        (
            "ml_generate",
            json!({"prompt": "a", "model": "pupli"}),
            "\"pupil\"",
        ),
        (
            "ml_generate",
            json!({"prompt": "a", "model": "pupil", "backend": "pupil"}),
            "duplicate field `model`",
        ),
        (
            "ml_score",
            json!({"prompt": "a"}),
            "missing field `response`",
        ),
        (
            "ml_score",
            json!({"prompt": "a", "response": ""}),
            "response cannot be empty",
        ),
        (
            "ml_score",
            json!({"prompt": "a", "response": "b", "suites": "heuristics"}),
            "did you mean \"heuristic\"",
        ),
        (
            "ml_score",
            json!({"prompt": "a", "response": "b", "suites": "semantic"}),
            "there is no judge",
        ),
        (
            "ml_score",
            json!({"prompt": "a", "response": "b", "mode": "v3"}),
            "unknown variant",
        ),
        (
            "ml_probe",
            json!({"categories": "poetry"}),
            "no category \"poetry\"",
        ),
        ("ml_probe", json!({"suite": "content"}), "only a judge"),
        (
            "ml_probe",
            json!({"suite": "generated", "per_category": 200}),
            "3200 probes, but a call may ask 200",
        ),
        ("ml_probe", json!({"limit": 0}), "nonzero"),
        (
            "ml_status",
            json!({"influx_url": "http://localhost"}),
            "unknown field",
        ),
    ] {
        let error = client.error(tool, arguments).await;
        assert!(error.contains(says), "{says}: {error}");
    }
    assert_eq!(model.requests().len(), 0);
}

#[tokio::test]
async fn a_backends_error_comes_as_it_is() {
    let (_, server) = school().await;
    let client = client(server).await;
    let arguments = json!({"prompt": "word ".repeat(5000)});
    let error = client.error("ml_generate", arguments).await;
    assert!(
        error.contains("the prompt has 5000 tokens, the context 4096"),
        "{error}"
    );
}

#[tokio::test]
async fn an_unknown_tool_is_an_error_of_the_protocol() {
    let (_, server) = school().await;
    let client = client(server).await;
    let error = client
        .call("ml_train", json!({}))
        .await
        .expect_err("there is none");
    let ServiceError::McpError(error) = error else {
        panic!("{error:?}");
    };
    assert_eq!(error.code, ErrorCode::INVALID_PARAMS);
    assert!(error.message.contains("ml_generate"), "{}", error.message);
}

/// A client that sends what it likes.
struct Raw {
    writer: WriteHalf<DuplexStream>,
    lines: Lines<BufReader<ReadHalf<DuplexStream>>>,
}

impl Raw {
    fn of(server: ToolServer) -> (Self, tokio::task::JoinHandle<Result<(), ToolServerError>>) {
        let (ours, theirs) = tokio::io::duplex(64 << 10);
        let (reader, writer) = split(theirs);
        let server = tokio::spawn(server.serve(reader, writer));
        let (reader, writer) = split(ours);
        let lines = BufReader::new(reader).lines();
        (Self { writer, lines }, server)
    }

    async fn send(&mut self, line: &str) {
        self.writer.write_all(line.as_bytes()).await.unwrap();
        self.writer.write_all(b"\n").await.unwrap();
    }

    async fn next(&mut self) -> Value {
        let line = self.lines.next_line().await.unwrap().expect("a line");
        serde_json::from_str(&line).unwrap()
    }

    async fn begin(&mut self) {
        let hello = json!({
            "jsonrpc": "2.0", "id": 0, "method": "initialize",
            "params": {
                "protocolVersion": "2025-06-18", "capabilities": {},
                "clientInfo": {"name": "raw", "version": "1"},
            },
        });
        self.send(&hello.to_string()).await;
        assert_eq!(self.next().await["result"]["serverInfo"]["name"], "ml");
        self.send(r#"{"jsonrpc": "2.0", "method": "notifications/initialized"}"#)
            .await;
    }
}

#[tokio::test]
async fn broken_lines_and_too_long_ones_leave_the_connection_as_it_is() {
    let (_, server) = school().await;
    let (mut client, _server) = Raw::of(server);
    client.begin().await;
    for line in [
        "{",
        "nonsense",
        "",
        "\u{0}\u{1}",
        r#"{"jsonrpc": "2.0", "id""#,
    ] {
        client.send(line).await;
    }
    client
        .send(&"x".repeat(ToolServer::MESSAGE_BYTES + 1))
        .await;
    let long = json!({"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": {
        "name": "ml_generate", "arguments": {"prompt": "x".repeat(ToolServer::MESSAGE_BYTES)},
    }});
    client.send(&long.to_string()).await;
    client
        .send(r#"{"jsonrpc": "2.0", "id": 2, "method": "tools/list"}"#)
        .await;
    let listed = client.next().await;
    assert_eq!(listed["id"], 2, "{listed}");
    client
        .send(r#"{"jsonrpc": "2.0", "id": 3, "method": "tools/dance"}"#)
        .await;
    let unknown = client.next().await;
    assert_eq!(
        (&unknown["id"], &unknown["error"]["code"]),
        (&json!(3), &json!(-32601))
    );
}

#[tokio::test]
async fn a_client_that_does_not_introduce_itself_is_refused() {
    let (_, server) = school().await;
    let (mut client, server) = Raw::of(server);
    client
        .send(r#"{"jsonrpc": "2.0", "method": "notifications/initialized"}"#)
        .await;
    let error = server.await.unwrap().expect_err("refused");
    assert!(matches!(error, ToolServerError::Refused { .. }), "{error}");
}
