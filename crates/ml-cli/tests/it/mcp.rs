//! `ml mcp`, as programs start it.

use std::process::Stdio;

use rmcp::ServiceError;
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::process::{Child, Command};

use crate::mcp_client::Client;
use crate::support::{Ml, ml};

/// A client with the process that it has started.
pub(crate) struct Started {
    pub(crate) client: Client,
    pub(crate) child: Child,
    _home: TempDir,
}

/// Starts the binary and introduces itself.
pub(crate) async fn start(ml: Ml) -> Started {
    let (command, home) = ml.into_parts();
    let mut child = Command::from(command)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .kill_on_drop(true)
        .spawn()
        .expect("the binary starts");
    let (stdin, stdout) = (child.stdin.take(), child.stdout.take());
    let client = Client::of(stdout.expect("piped"), stdin.expect("piped")).await;
    Started {
        client,
        child,
        _home: home,
    }
}

/// The binary without any model.
fn bare() -> Ml {
    ml(["mcp", "--config", "ml.toml"]).file("ml.toml", "")
}

#[tokio::test]
async fn it_serves_without_a_model_what_needs_none() {
    let mut started = start(bare()).await;
    let client = &started.client;
    let tools = client.running.list_all_tools().await.expect("a list");
    assert_eq!(tools.len(), 5);
    let status = client.result("ml_status", json!({})).await;
    assert_eq!(
        (&status["ready"], &status["models"]),
        (&json!(false), &json!([]))
    );
    let arguments = json!({"prompt": "2 + 2?", "response": "Answer: 4", "suites": "refusal"});
    let scored = client.result("ml_score", arguments).await;
    assert_eq!(scored["scores"]["refusal"]["values"]["refused"], 0.0);
    let error = client
        .error("ml_generate", json!({"prompt": "Hello"}))
        .await;
    assert!(error.contains("no model was named"), "{error}");
    let unknown = client.call("ml_train", json!({})).await;
    assert!(matches!(unknown, Err(ServiceError::McpError(_))));
    // The client closes stdin.
    started.client.running.cancel().await.expect("it ends");
    let status = started.child.wait().await.expect("it ends");
    assert_eq!(status.code(), Some(0));
}

#[test]
fn stdout_carries_the_protocol_alone() {
    let hello = json!({
        "jsonrpc": "2.0", "id": 0, "method": "initialize",
        "params": {
            "protocolVersion": "2025-06-18", "capabilities": {},
            "clientInfo": {"name": "test", "version": "1"},
        },
    });
    let initialized = json!({"jsonrpc": "2.0", "method": "notifications/initialized"});
    let call = json!({
        "jsonrpc": "2.0", "id": 1, "method": "tools/call",
        "params": {"name": "ml_status", "arguments": {}},
    });
    let lines = [
        hello.to_string(),
        initialized.to_string(),
        "{broken".to_owned(),
        call.to_string(),
    ];
    // What was sent before the end is still answered.
    let done = bare()
        .args(["-vv"])
        .stdin(lines.join("\n") + "\n")
        .run()
        .code(0);
    let answers: Vec<Value> = done
        .stdout
        .lines()
        .map(|line| serde_json::from_str(line).expect("only JSON"))
        .collect();
    let ids: Vec<_> = answers.iter().map(|answer| &answer["id"]).collect();
    assert_eq!(ids, [&json!(0), &json!(1)], "{done:?}");
    assert_eq!(answers[1]["result"]["isError"], false, "{done:?}");
}

#[test]
fn it_ends_with_its_input() {
    let done = bare().stdin("").run().code(0);
    assert_eq!(done.stdout, "");
    let early = r#"{"jsonrpc": "2.0", "method": "notifications/initialized"}"#;
    let done = bare().stdin(format!("{early}\n")).run().code(1);
    assert_eq!(done.stdout, "");
    assert!(done.stderr.contains("Model Context Protocol"), "{done:?}");
}

#[test]
fn a_model_that_there_is_not_is_refused_at_once() {
    let done = bare().args(["--model", "nobody"]).run().code(1);
    assert_eq!(done.stdout, "");
    assert!(done.stderr.contains("\"nobody\""), "{done:?}");
}

#[tokio::test]
async fn ctrl_c_ends_it() {
    let mut started = start(bare()).await;
    started.client.result("ml_status", json!({})).await;
    let id = started.child.id().expect("it runs");
    let pid = crate::support::pid(id);
    rustix::process::kill_process(pid, rustix::process::Signal::INT).expect("it runs");
    let status = started.child.wait().await.expect("it ends");
    assert_eq!(status.code(), Some(130));
}

#[cfg(feature = "llama")]
mod real {
    //! With the real llama-server.

    use super::{json, start};
    use crate::real_model::{configured, descendants, is_alive};
    use crate::support::cached;

    #[tokio::test]
    async fn every_tool_works_on_a_real_model() {
        let started = start(configured(&["mcp", "--model", "smol"])).await;
        let client = &started.client;
        let question = json!({"prompt": "What is the capital of France?", "max_tokens": 16});
        let answer = client.result("ml_generate", question).await;
        let text = answer["response"].as_str().expect("a text");
        assert!(text.contains("Paris"), "{answer}");
        assert_eq!(
            (&answer["model"], &answer["backend"]),
            (&json!("smol"), &json!("llama_cpp"))
        );
        assert_eq!(client.progress(1).await[0].total, Some(16.0));
        let arguments = json!({"limit": 2, "max_tokens": 32});
        let probed = client.result("ml_probe", arguments).await;
        assert_eq!(
            (&probed["total"], &probed["checked"]),
            (&json!(2), &json!(2))
        );
        let status = client.result("ml_status", json!({})).await;
        assert_eq!(status["models"][0]["loaded"], true, "{status}");
        let backends = client.result("ml_backends", json!({})).await;
        assert_eq!(backends["default"], "smol");
        let arguments = json!({
            "prompt": "Is water wet?", "response": "Yes, it is.", "suites": "semantic",
            "judge": "smol",
        });
        let scored = client.result("ml_score", arguments).await;
        assert!(scored["scores"]["semantic"].is_object(), "{scored}");
    }

    #[tokio::test]
    async fn a_cancelled_answer_frees_the_only_slot_and_the_end_of_stdin_the_server() {
        let mut started = start(configured(&["mcp"])).await;
        let client = &started.client;
        let long = json!({"prompt": "Count from 1 to 1000.", "max_tokens": 1500});
        let call = client.start("ml_generate", long).await;
        client.progress(3).await;
        let servers = descendants(started.child.id().expect("it runs"));
        assert!(!servers.is_empty(), "ml has started nothing");
        call.cancel(None).await.expect("it is told");
        let begun = std::time::Instant::now();
        client
            .result("ml_generate", json!({"prompt": "Hello", "max_tokens": 2}))
            .await;
        // 1500 tokens take far longer.
        assert!(begun.elapsed().as_secs() < 10, "{:?}", begun.elapsed());
        started.client.running.cancel().await.expect("it ends");
        let status = started.child.wait().await.expect("it ends");
        assert_eq!(status.code(), Some(0));
        assert!(!servers.iter().any(|id| is_alive(*id)), "a server is left");
    }

    #[test]
    fn the_official_python_client_uses_the_tools() {
        let python = cached("clients/bin/python");
        let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/mcp_client.py");
        let (ml, home) = configured(&["mcp", "--model", "smol"]).into_parts();
        let mut command = std::process::Command::new(python);
        command
            .arg(script)
            .arg(ml.get_program())
            .args(ml.get_args());
        command.current_dir(home.path());
        for (name, value) in ml.get_envs() {
            if let Some(value) = value {
                command.env(name, value);
            }
        }
        let done = command.output().expect("python starts");
        let stderr = String::from_utf8_lossy(&done.stderr);
        assert!(done.status.success(), "{stderr}");
        assert_eq!(
            String::from_utf8_lossy(&done.stdout).trim(),
            "passed",
            "{stderr}"
        );
    }
}
