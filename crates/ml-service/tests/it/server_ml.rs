//! `/v1/ml/…`: generating, scoring and looking without OpenAI's shapes.

use inference_conformance::{Script, ScriptedModel};
use inference_core::{Error, ErrorKind};
use ml_service::server::{Access, ApiKey};
use serde_json::json;

use crate::server_client::Rig;

#[tokio::test]
async fn what_there_is_can_be_looked_at() {
    let rig = Rig::saying(["a"]).await;
    let status = rig.get("/v1/ml/status").await.ok();
    assert_eq!(
        (&status["ready"], &status["version"]),
        (&json!(true), &json!("0.1.0"))
    );
    let talker = &status["models"][0];
    assert_eq!(
        (&talker["name"], &talker["default"]),
        (&json!("talker"), &json!(true))
    );
    let backends = rig.get("/v1/ml/backends").await.ok();
    assert_eq!(backends["default"], "talker");
    let list = backends["backends"].as_array().expect("a list");
    assert!(list.iter().all(|backend| backend["available"].is_boolean()));
}

#[tokio::test]
async fn an_answer_is_one_object() {
    let rig = Rig::saying(["Par", "is"]).await;
    let body = json!({"prompt": "x", "system": "be brief", "temperature": 0, "max_tokens": 8});
    let answer = rig.post("/v1/ml/generate", &body).await.ok();
    assert_eq!(
        (&answer["response"], &answer["model"]),
        (&json!("Paris"), &json!("talker"))
    );
    assert_eq!(answer["finish_reason"], "stop");
    assert_eq!(rig.model.requests().len(), 1);
}

#[tokio::test]
async fn a_score_is_one_object() {
    let rig = Rig::saying(["a"]).await;
    let body = json!({
        "prompt": "6 times 7?", "response": "It is 42.", "suites": "heuristic,exact",
        "correct_answer": "42",
    });
    let scored = rig.post("/v1/ml/score", &body).await.ok();
    assert_eq!(scored["scores"]["exact"]["values"]["correct"], 1.0);
    assert!(scored["scores"]["heuristic"]["values"]["lek_score"].is_number());
    assert_eq!(scored["passed_over"], json!([]));
}

#[tokio::test]
async fn wrong_requests_are_refused_by_name() {
    let rig = Rig::saying(["a"]).await;
    for (path, body, param) in [
        ("generate", json!({}), json!(null)),
        ("generate", json!({"prompt": 1}), json!("prompt")),
        ("generate", json!({"prompt": " "}), json!(null)),
        (
            "generate",
            json!({"prompt": "x", "max_tokens": -1}),
            json!("max_tokens"),
        ),
        (
            "generate",
            json!({"prompt": "x", "temperature": 3}),
            json!(null),
        ),
        (
            "generate",
            json!({"prompt": "x", "tone": "low"}),
            json!("tone"),
        ),
        (
            "generate",
            json!({"prompt": "x", "stop": [1]}),
            json!("stop[0]"),
        ),
        ("score", json!({"prompt": "x"}), json!(null)),
        (
            "score",
            json!({"prompt": "x", "response": "y", "suites": "exakt"}),
            json!(null),
        ),
        (
            "score",
            json!({"prompt": "x", "response": "y", "suites": "semantic"}),
            json!(null),
        ),
    ] {
        let error = rig.post(&format!("/v1/ml/{path}"), &body).await.error(400);
        assert_eq!(error["param"], param, "{body}: {error}");
    }
    let body = json!({"prompt": "x", "model": "nobody"});
    rig.post("/v1/ml/generate", &body).await.error(404);
    rig.get("/v1/ml/generate").await.error(405);
    assert_eq!(rig.model.requests().len(), 0);
}

#[tokio::test]
async fn a_failure_has_the_status_of_its_kind_and_keys_are_asked_for() {
    let failing = Script::new(["Par"]).then_fail(Error::new(ErrorKind::Crashed, "it is gone"));
    let key = ApiKey::new("sk-one").unwrap();
    let model = ScriptedModel::new("talker").otherwise(failing);
    let rig = Rig::with(model, |config| config.access = Access::Keys(vec![key])).await;
    let body = json!({"prompt": "x"});
    for path in ["/v1/ml/status", "/v1/models/talker/info"] {
        rig.get(path).await.error(401);
    }
    rig.post("/v1/ml/generate", &body).await.error(401);
    rig.post("/v1/models/talker/unload", &json!({}))
        .await
        .error(401);
    let with_key = [("authorization", "Bearer sk-one")];
    let body = body.to_string();
    let reply = rig
        .send("POST", "/v1/ml/generate", &with_key, body.as_bytes())
        .await;
    reply.error(503);
}
