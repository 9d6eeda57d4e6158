//! The chat page in a real browser: Chromium, driven by the scripts in `tests/page`.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use inference_conformance::{Script, ScriptedModel};
use inference_core::{Error, ErrorKind};
use ml_service::server::{Access, ApiKey};
use tokio::task::spawn_blocking;
#[cfg(all(feature = "llama", unix))]
use {
    ml_service::Service,
    ml_service::server::{ServerConfig, serve},
    std::sync::Arc,
    tokio::net::TcpListener,
    tokio::sync::oneshot,
};

use crate::server_client::Rig;
use crate::setup::cached;

const CODE: &str = "Look:\n\n```rust\nfn main() {\n    let x = 1 < 2;\n}\n```\n\n\
    | Input | Steps |\n|:------|------:|\n| 1,000 | 10 |\n| 1,000,000 | 20 |\n\n\
    1. First **this**,\n2. then `that`:\n   - and more.\n\n> See [the rules](https://example.org/rules).\n";

const HOSTILE: &str = "<img src=x onerror=alert(1)><script>alert(1)</script>\n\n\
    [x](javascript:alert(1)) ![x](https://evil.example/pixel.png)\n";

/// A model that says what the scripts expect.
fn model() -> ScriptedModel {
    let broken = Error::new(ErrorKind::OutOfMemory, "the model ran out of memory");
    // 16 words to a paragraph, 500 paragraphs.
    let paragraph = (0..16).map(|word| if word == 15 { "last.\n\n" } else { "word " });
    let long = paragraph.cycle().take(8000);
    ScriptedModel::new("talker")
        .with_context_length(100_000)
        .on(
            "capital of France",
            ["The", " capital", " is", " **Paris**", "."],
        )
        .on(
            "think first",
            ["<think>", "Let me see.", "</think>", "\n\nDone", "."],
        )
        .on(
            "stall",
            Script::new(["So", " far", " so", " good"]).then_stall(),
        )
        .on("fail", Script::new(["It", " began"]).then_fail(broken))
        .on(
            "paragraphs",
            ["First part.\n\n```\nx\n```\n\n", "Last", " part."],
        )
        .on("code", [CODE])
        .on("hostile", [HOSTILE])
        .on("long", Script::new(long))
        .otherwise(["I do not know."])
}

/// Runs the tests of one file of `tests/page` against a server.
async fn check(tests: &str, server: SocketAddr) {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/page");
    let shots = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("page");
    std::fs::create_dir_all(&shots).unwrap();
    let mut node = Command::new(cached("bin/node"));
    node.arg(folder.join("run.mjs"))
        .arg(tests)
        .env("PAGE_URL", format!("http://{server}/"))
        .env("PAGE_BROWSER", cached("browser"))
        .env("PAGE_SHOTS", shots)
        .stdin(Stdio::null());
    let output = spawn_blocking(move || node.output())
        .await
        .unwrap()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    let complained = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}\n{complained}");
}

async fn check_scripted(tests: &str) {
    let rig = Rig::new(model()).await;
    check(tests, rig.address).await;
}

#[tokio::test]
async fn answers_are_asked_for_shown_and_stopped() {
    let rig = Rig::new(model()).await;
    check("talk", rig.address).await;
    // What was stopped in the browser has stopped here.
    rig.generating(0).await;
}

#[tokio::test]
async fn markdown_is_drawn_and_harms_nobody() {
    check_scripted("markdown").await;
}

#[tokio::test]
async fn conversations_are_kept_exported_and_deleted() {
    check_scripted("keep").await;
}

#[tokio::test]
async fn the_page_is_used_by_keyboard_and_read_out() {
    check_scripted("keys").await;
}

#[tokio::test]
async fn the_page_can_be_read_in_every_light_and_width() {
    check_scripted("looks").await;
}

#[tokio::test]
async fn long_answers_and_conversations_are_drawn_once() {
    check_scripted("long").await;
}

#[tokio::test]
async fn a_key_is_asked_for_and_kept_for_the_session() {
    let rig = Rig::with(model(), |config| {
        config.access = Access::Keys(ApiKey::new("sk-right").into_iter().collect());
    });
    let rig = rig.await;
    check("key", rig.address).await;
}

#[cfg(all(feature = "llama", unix))]
#[tokio::test]
async fn a_real_model_answers_on_the_page() {
    let service = Arc::new(Service::new(&crate::local::smol()));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let (stop, stopped) = oneshot::channel::<()>();
    let stopped = async move {
        let _ = stopped.await;
    };
    let config = ServerConfig::default();
    let server = tokio::spawn(serve(listener, Arc::clone(&service), config, stopped));
    check("real", address).await;
    drop(stop);
    server.await.unwrap().unwrap();
    service.close().await.unwrap();
}
