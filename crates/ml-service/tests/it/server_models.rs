//! What a server tells of its models, and loading and unloading them.

use std::sync::Arc;

use inference_conformance::{Script, ScriptedModel};
use ml_service::ModelState;
use serde_json::json;

use crate::server_client::{Rig, eventually};
use crate::stage::{Stage, service};
use crate::toy::Toy;

/// A server whose models are loaded by these scripts.
async fn rig(scripts: Vec<Script>, models: &[(&str, &str)]) -> Rig {
    let service = service(Stage::new(scripts).registry(), "", models);
    let unused = Arc::new(ScriptedModel::new("unused"));
    Rig::around(service, unused, |config| config.default_model = None).await
}

#[tokio::test]
async fn models_are_loaded_and_unloaded_by_name() {
    let rig = rig(
        vec![Script::new(["a"])],
        &[("\"org/talker\"", "parallel_slots = 2")],
    )
    .await;
    let path = |action: &str| format!("/v1/models/org/talker/{action}");
    let info = rig.get(&path("info")).await.ok();
    assert_eq!(
        (&info["id"], &info["state"]),
        (&json!("org/talker"), &json!("unloaded"))
    );
    assert_eq!(info["backend"], json!(null));
    let loaded = rig.post(&path("load"), &json!({})).await.ok();
    assert_eq!(loaded["state"], "loaded");
    assert_eq!(loaded["queue"]["places"], 2);
    let info = rig.get(&path("info")).await.ok();
    assert_eq!(info["backend"], "scripted");
    assert!(info["memory_bytes"].as_u64().is_some_and(|bytes| bytes > 0));
    let options = info["options"].as_array().expect("a list");
    assert!(options.contains(&json!("max_tokens")), "{info}");
    for _ in 0..2 {
        let unloaded = rig.post(&path("unload"), &json!({})).await.ok();
        assert_eq!(unloaded["state"], "unloaded");
    }
    // The next request loads it again.
    let chat = json!({"model": "org/talker", "messages": [{"role": "user", "content": "x"}]});
    rig.post("/v1/chat/completions", &chat).await.ok();
    let state = rig.service.state("org/talker").unwrap();
    assert!(matches!(state, ModelState::Loaded { .. }), "{state:?}");
}

#[tokio::test]
async fn a_model_in_use_stays_loaded() {
    let endless = Script::new(["on "]).endlessly();
    let service = service(Stage::new(vec![endless]).registry(), "", &[("talker", "")]);
    let unused = Arc::new(ScriptedModel::new("unused"));
    let short = std::time::Duration::from_millis(50);
    let rig = Rig::around(service, unused, |config| {
        config.limits.load_patience = short;
    })
    .await;
    rig.service.load("talker").await.unwrap();
    let mut client = rig.connect().await;
    let body = crate::server_client::chat(json!({"stream": true})).to_string();
    client
        .request("POST", "/v1/chat/completions", &[], body.as_bytes())
        .await;
    client.head().await;
    client.until("on ").await;
    let reply = rig.post("/v1/models/talker/unload", &json!({})).await;
    assert_eq!(reply.error(409)["code"], "model_in_use");
    client.until("on ").await;
    drop(client);
    eventually(|| rig.service.queue("talker").unwrap().running == 0).await;
    let unloaded = rig.post("/v1/models/talker/unload", &json!({})).await.ok();
    assert_eq!(unloaded["state"], "unloaded");
}

#[tokio::test]
async fn a_load_that_fails_is_told_and_remembered() {
    let toy = Toy::ready("toy");
    toy.fail(1);
    let service = service(toy.registry(), "", &[("talker", "")]);
    let unused = Arc::new(ScriptedModel::new("unused"));
    let rig = Rig::around(service, unused, |_| {}).await;
    let reply = rig.post("/v1/models/talker/load", &json!({})).await;
    assert!(
        reply.error(500)["message"]
            .as_str()
            .unwrap()
            .contains("the toy is broken")
    );
    let info = rig.get("/v1/models/talker/info").await.ok();
    assert_eq!(info["state"], "failed");
    assert!(
        info["problem"]
            .as_str()
            .unwrap()
            .contains("the toy is broken")
    );
}

#[tokio::test]
async fn what_is_not_there_is_named() {
    let rig = Rig::saying(["a"]).await;
    rig.get("/v1/models/nobody/info").await.error(404);
    for action in ["load", "unload"] {
        let path = format!("/v1/models/nobody/{action}");
        let error = rig.post(&path, &json!({})).await.error(404);
        assert_eq!(error["code"], "model_not_found");
    }
    rig.post("/v1/models/talker/dance", &json!({}))
        .await
        .error(405);
    // It came loaded, and could not be loaded again.
    rig.post("/v1/models/talker/unload", &json!({}))
        .await
        .error(400);
}
