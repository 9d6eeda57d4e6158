//! A real llama-server for tests, ended with the test.

use std::path::PathBuf;
use std::process::Stdio;
use std::time::Duration;

use backend_http::{Dialect, HttpConfig, HttpTextModel};
use tempfile::TempDir;
use tokio::process::{Child, Command};

use crate::server::soon;

const MODEL: &str = "models/SmolLM2-135M-Instruct.Q4_1.gguf";

/// A running llama-server on a UNIX socket. Dropping it kills the process.
pub(crate) struct LlamaServer {
    socket: PathBuf,
    _child: Child,
    _folder: TempDir,
}

impl LlamaServer {
    /// Starts the server that `cargo xtask setup` provides, and waits until it is ready.
    pub(crate) async fn start() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let socket = folder.path().join("llama.sock");
        let mut command = Command::new(cached("bin/llama-server"));
        for (name, _) in std::env::vars_os() {
            if name.to_string_lossy().starts_with("LLAMA_") {
                command.env_remove(name);
            }
        }
        command.arg("--model").arg(cached(MODEL));
        command.arg("--host").arg(&socket);
        command.args(["--port", "0", "--alias", "smol", "--slots"]);
        command.args([
            "-c",
            "1024",
            "-np",
            "2",
            "-t",
            "1",
            "-cram",
            "0",
            "--sse-ping-interval",
            "1",
        ]);
        command
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null());
        let child = command
            .kill_on_drop(true)
            .spawn()
            .expect("llama-server starts");
        let server = Self {
            socket,
            _child: child,
            _folder: folder,
        };
        let config = server.config().max_retries(40);
        soon(HttpTextModel::connect(config))
            .await
            .expect("a server that becomes ready");
        server
    }

    pub(crate) fn config(&self) -> HttpConfig {
        HttpConfig::new("http://localhost")
            .unix_socket(&self.socket)
            .dialect(Dialect::LlamaServer)
            .model("smol")
            .loading_patience(Duration::from_mins(1))
    }

    pub(crate) fn model(&self) -> HttpTextModel {
        HttpTextModel::new(self.config()).expect("a model")
    }

    /// A JSON document of the server, by a client of its own.
    pub(crate) async fn get(&self, path: &str) -> serde_json::Value {
        let client = reqwest::Client::builder().unix_socket(self.socket.clone());
        let client = client.build().expect("a client");
        let reply = client.get(format!("http://localhost{path}")).send().await;
        let body = reply.expect("a reply").bytes().await.expect("a body");
        serde_json::from_slice(&body).expect("JSON")
    }

    /// How many slots are at work.
    pub(crate) async fn busy_slots(&self) -> u64 {
        let slots = self.get("/slots").await;
        let slots = slots.as_array().expect("slots").iter();
        slots.filter(|slot| slot["is_processing"] == true).count() as u64
    }
}

/// A part that set-up has put into the cache folder.
fn cached(part: &str) -> PathBuf {
    let from = |name: &str| std::env::var_os(name).map(PathBuf::from);
    let cache = from("ML_CACHE")
        .or_else(|| from("XDG_CACHE_HOME").map(|folder| folder.join("ml")))
        .or_else(|| from("HOME").map(|home| home.join(".cache/ml")))
        .expect("ML_CACHE or HOME is set");
    let path = cache.join(part);
    assert!(
        path.exists(),
        "{} is missing: run `cargo xtask setup`",
        path.display()
    );
    path
}
