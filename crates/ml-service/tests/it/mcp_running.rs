//! Calls that run, and how they end.

use serde_json::json;

use crate::mcp_school::{client, connected, school, talker};
use ml_service::ToolServer;

/// So many tokens that an answer ends only where it is stopped.
fn endless() -> serde_json::Value {
    json!({"prompt": "Talk.", "max_tokens": 4_000_000_000_u32})
}

#[tokio::test]
async fn a_cancelled_call_stops_its_answer() {
    let (model, server) = talker().await;
    let client = client(server).await;
    let call = client.start("ml_generate", endless()).await;
    client.progress(2).await;
    assert_eq!(model.activity().generating, 1);
    call.cancel(Some("enough".to_owned())).await.unwrap();
    // What comes next is handled after the cancellation.
    client.result("ml_backends", json!({})).await;
    while model.activity().generating > 0 {
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn a_client_that_goes_away_stops_its_answers() {
    let (model, server) = talker().await;
    let (client, served) = connected(server).await;
    let _call = client.start("ml_generate", endless()).await;
    client.progress(1).await;
    client.running.cancel().await.unwrap();
    served.await.unwrap().unwrap();
    while model.activity().generating > 0 {
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn calls_run_side_by_side_up_to_a_bound() {
    let (model, server) = talker().await;
    let client = client(server).await;
    let mut calls = Vec::new();
    for _ in 0..ToolServer::CALLS {
        calls.push(client.start("ml_generate", endless()).await);
    }
    while model.activity().generating < ToolServer::CALLS as u64 {
        tokio::task::yield_now().await;
    }
    let refused = client.error("ml_status", json!({})).await;
    assert!(refused.contains("16 calls are running"), "{refused}");
    for call in calls {
        call.cancel(None).await.unwrap();
    }
    while model.activity().generating > 0 {
        tokio::task::yield_now().await;
    }
    client.result("ml_status", json!({})).await;
}

#[tokio::test]
async fn the_server_ends_with_its_client() {
    let (_, server) = school().await;
    let (client, served) = connected(server).await;
    client.running.cancel().await.unwrap();
    served.await.unwrap().unwrap();

    let (_, server) = school().await;
    let silent = server.serve(tokio::io::empty(), tokio::io::sink());
    silent.await.unwrap();
}
