//! Tool servers over models that answer by script, each with its client.

use std::sync::Arc;

use inference_conformance::{Script, ScriptedModel};
use ml_service::{Config, Service, ToolServer, ToolServerError};
use tokio::task::JoinHandle;

use crate::mcp_client::Client;

/// A client of a server in the same process.
pub(crate) async fn client(server: ToolServer) -> Client {
    connected(server).await.0
}

/// The same, with the server's end.
pub(crate) async fn connected(
    server: ToolServer,
) -> (Client, JoinHandle<Result<(), ToolServerError>>) {
    let (ours, theirs) = tokio::io::duplex(64 << 10);
    let (reader, writer) = tokio::io::split(theirs);
    let server = tokio::spawn(server.serve(reader, writer));
    let (reader, writer) = tokio::io::split(ours);
    (Client::of(reader, writer).await, server)
}

/// A service with `pupil`, the default, that knows one sum, and `judge`.
pub(crate) async fn school() -> (Arc<ScriptedModel>, ToolServer) {
    let pupil = ScriptedModel::new("pupil-1b")
        .on("347", ["<think>", "hm", "</think>", "Answer: ", "10063"])
        .otherwise(["I do ", "not know."]);
    let verdict = r#"{"kindness": 8, "awareness": 6, "reasoning": "calm"}"#;
    let judge = ScriptedModel::new("judge-7b").otherwise([verdict]);
    let pupil = Arc::new(pupil);
    let service = Service::new(&Config::default());
    let shared = Arc::clone(&pupil);
    service.replace_loaded("pupil", shared).await.unwrap();
    service
        .replace_loaded("judge", Arc::new(judge))
        .await
        .unwrap();
    let server = ToolServer::new(Arc::new(service)).with_default("pupil");
    (pupil, server)
}

/// A service with `talker`, which never stops by itself.
pub(crate) async fn talker() -> (Arc<ScriptedModel>, ToolServer) {
    let script = Script::new(["on ", "and "]).endlessly();
    let talker = Arc::new(ScriptedModel::new("talker").otherwise(script));
    let service = Service::new(&Config::default());
    let shared = Arc::clone(&talker);
    service.replace_loaded("talker", shared).await.unwrap();
    let server = ToolServer::new(Arc::new(service)).with_default("talker");
    (talker, server)
}
