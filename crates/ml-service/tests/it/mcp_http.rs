//! The tool server as a part of the HTTP server.

use inference_conformance::{Script, ScriptedModel};
use ml_service::server::{Access, ApiKey};
use rmcp::transport::StreamableHttpClientTransport;
use serde_json::json;

use crate::mcp_client::Client;
use crate::server_client::{Rig, soon};

async fn connect(rig: &Rig) -> Client {
    let url = format!("http://{}/mcp", rig.address);
    Client::over(StreamableHttpClientTransport::from_uri(url)).await
}

/// A server whose model never stops by itself.
async fn endless() -> Rig {
    Rig::saying(Script::new(["on "]).endlessly()).await
}

#[tokio::test]
async fn the_tools_are_at_mcp() {
    let rig = Rig::saying(["Par", "is."]).await;
    let client = connect(&rig).await;
    assert_eq!(client.running.list_all_tools().await.unwrap().len(), 5);
    let question = json!({"prompt": "What is the capital of France?"});
    let answer = client.result("ml_generate", question).await;
    assert_eq!(
        (&answer["response"], &answer["model"]),
        (&json!("Paris."), &json!("talker"))
    );
    let status = client.result("ml_status", json!({})).await;
    assert_eq!(status["models"][0]["default"], true);
    soon(client.running.cancel()).await.unwrap();
}

#[tokio::test]
async fn a_cancelled_call_stops_its_answer() {
    let rig = endless().await;
    let client = connect(&rig).await;
    let arguments = json!({"prompt": "Talk.", "max_tokens": 4_000_000_000_u32});
    let call = client.start("ml_generate", arguments).await;
    client.progress(2).await;
    call.cancel(None).await.unwrap();
    rig.generating(0).await;
    client.result("ml_status", json!({})).await;
}

#[tokio::test]
async fn a_client_that_goes_away_stops_its_answers() {
    let rig = endless().await;
    let mut client = rig.connect().await;
    let hello = json!({
        "jsonrpc": "2.0", "id": 0, "method": "initialize",
        "params": {
            "protocolVersion": "2025-06-18", "capabilities": {},
            "clientInfo": {"name": "raw", "version": "1"},
        },
    });
    let accept = ("accept", "application/json, text/event-stream");
    let json_body = ("content-type", "application/json");
    let body = hello.to_string();
    client
        .request("POST", "/mcp", &[accept, json_body], body.as_bytes())
        .await;
    let session = client.reply().await.headers["mcp-session-id"].clone();
    let session = ("mcp-session-id", session.as_str());
    let ready = br#"{"jsonrpc": "2.0", "method": "notifications/initialized"}"#;
    client
        .request("POST", "/mcp", &[accept, json_body, session], ready)
        .await;
    assert_eq!(client.reply().await.status, 202);
    let call = json!({
        "jsonrpc": "2.0", "id": 1, "method": "tools/call",
        "params": {"name": "ml_generate", "arguments": {"prompt": "Talk.", "max_tokens": 4_000_000_000_u32}},
    });
    let body = call.to_string();
    client
        .request(
            "POST",
            "/mcp",
            &[accept, json_body, session],
            body.as_bytes(),
        )
        .await;
    rig.generating(1).await;
    drop(client);
    rig.generating(0).await;
}

#[tokio::test]
async fn strangers_are_refused_as_everywhere() {
    let rig = Rig::saying(["a"]).await;
    let json_body = ("content-type", "application/json");
    for stranger in [("host", "evil.example"), ("origin", "https://evil.example")] {
        let reply = rig
            .send("POST", "/mcp", &[stranger, json_body], b"{}")
            .await;
        assert_eq!(reply.status, 403, "{stranger:?}");
    }
    assert_eq!(rig.get("/mcp").await.status, 405);
    let model = ScriptedModel::new("talker").otherwise(["a"]);
    let rig = Rig::with(model, |config| {
        config.access = Access::Keys(vec![ApiKey::new("sk-secret").unwrap()]);
    })
    .await;
    let refused = rig.send("POST", "/mcp", &[json_body], b"{}").await;
    refused.error(401);
}
