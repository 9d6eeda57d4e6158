//! `ml pull`, from a fake hub.

use std::ffi::OsStr;
use std::fs;
use std::path::PathBuf;

use rustix::process::Signal;
use tempfile::TempDir;

use crate::fake_hub::{COMMIT, FakeFile, FakeHub, REPOSITORY};
use crate::hub_fault::Fault;
use crate::pty::Terminal;
use crate::support::{Done, Ml, eventually, ml};

const CONFIG: &str = r#"{"model_type": "llama", "max_position_embeddings": 2048}"#;
const TOKEN: &str = "hf_topsecret";

/// A cache that several runs share.
struct Cache(TempDir);

impl Cache {
    fn new() -> Self {
        Self(tempfile::tempdir().expect("a folder"))
    }

    /// The binary with this cache and hub.
    fn ml<S: AsRef<OsStr>>(&self, hub: &FakeHub, args: impl IntoIterator<Item = S>) -> Ml {
        ml(args)
            .env("HF_HUB_CACHE", self.0.path())
            .env("HF_ENDPOINT", hub.url())
            // Nothing but what the hub brought is found.
            .env("ML_CACHE", "/nowhere")
    }

    fn pull(&self, hub: &FakeHub, args: &[&str]) -> Done {
        self.ml(hub, [&["pull"], args].concat()).run()
    }

    fn folder(&self) -> PathBuf {
        self.0.path().join("models--org--name")
    }

    fn snapshot(&self) -> PathBuf {
        self.folder().join("snapshots").join(COMMIT)
    }

    /// How much is there of a file that is still being fetched.
    fn received(&self, file: &FakeFile) -> u64 {
        let name = format!("{}.incomplete", file.hash());
        let metadata = fs::metadata(self.folder().join("blobs").join(name));
        metadata.map_or(0, |metadata| metadata.len())
    }
}

fn folder() -> FakeHub {
    FakeHub::new([
        ("config.json", FakeFile::small(CONFIG)),
        ("model.safetensors", weights()),
        ("tokenizer.json", FakeFile::small("{}")),
    ])
}

fn weights() -> FakeFile {
    FakeFile::large(b"weights ".repeat(50_000))
}

fn ggufs() -> FakeHub {
    FakeHub::new([
        ("m-Q4_0.gguf", FakeFile::large("four")),
        ("m-Q8_0-00001-of-00002.gguf", FakeFile::large("eight,")),
        ("m-Q8_0-00002-of-00002.gguf", FakeFile::large("eight")),
    ])
}

#[test]
fn a_model_is_fetched_and_the_next_command_is_said() {
    let (hub, cache) = (folder(), Cache::new());
    let done = cache.pull(&hub, &[REPOSITORY]).code(0).says([
        "3 files, 401 kB, fetched and checked\n",
        "next: ml generate --model org/name \"Hello\"\n",
    ]);
    assert_eq!(done.stdout, format!("{}\n", cache.snapshot().display()));
    let done = cache.pull(&hub, &[REPOSITORY]).code(0);
    done.says(["all there already"]);
    let done = cache.pull(&hub, &["--quiet", REPOSITORY]).code(0);
    assert_eq!(done.stdout, format!("{}\n", cache.snapshot().display()));
    assert_eq!(done.stderr, "");
}

#[test]
fn what_was_fetched_is_listed() {
    let (hub, cache) = (folder(), Cache::new());
    cache.pull(&hub, &[REPOSITORY]).code(0);
    let json = cache.ml(&hub, ["models", "--json"]).run().code(0).json();
    let found = &json["discovered"][0];
    assert_eq!(found["name"], REPOSITORY, "{json}");
    assert_eq!(found["source"], "hugging_face_cache", "{json}");
    assert_eq!(found["problem"], serde_json::Value::Null, "{json}");
}

#[test]
fn json_is_one_object() {
    let (hub, cache) = (folder(), Cache::new());
    let json = cache.pull(&hub, &["--json", REPOSITORY]).code(0).json();
    assert_eq!(json["repository"], REPOSITORY);
    assert_eq!(json["revision"], "main");
    assert_eq!(json["commit"], COMMIT);
    assert_eq!(json["kind"], "folder");
    assert_eq!(json["model"], REPOSITORY);
    assert_eq!(json["path"], cache.snapshot().to_str().expect("UTF-8"));
    assert_eq!(json["files"][1]["path"], "model.safetensors");
    assert_eq!(json["files"][1]["bytes"], 400_000);
    assert_eq!(json["files"][1]["fetched"], true);
    let hash = format!("sha256:{}", weights().hash());
    assert_eq!(json["files"][1]["hash"], hash.as_str());

    let args = ["--json", "--revision", "v1", REPOSITORY];
    let json = cache.pull(&hub, &args).code(0).json();
    assert_eq!(json["revision"], "v1");
    assert_eq!(json["model"], json["path"]);
    assert_eq!(json["files"][1]["fetched"], false);
}

#[test]
fn several_models_are_a_choice() {
    let (hub, cache) = (ggufs(), Cache::new());
    let done = cache.pull(&hub, &[REPOSITORY]).code(2).says([
        "error: org/name has several models",
        "m-Q4_0.gguf",
        "m-Q8_0-00001-of-00002.gguf  1 kB  in 2 parts",
        "try: ml pull org/name:m-Q4_0.gguf\n",
    ]);
    assert_eq!(done.stdout, "");
    let json = cache.pull(&hub, &["--json", REPOSITORY]).code(2).json();
    assert_eq!(json["error"]["code"], "choose", "{json}");
    assert_eq!(json["choices"][1]["parts"], 2, "{json}");
    assert_eq!(json["choices"][1]["bytes"], 11, "{json}");

    let done = cache.pull(&hub, &["org/name:Q8_0"]).code(0);
    let file = cache.snapshot().join("m-Q8_0-00001-of-00002.gguf");
    assert_eq!(done.stdout, format!("{}\n", file.display()));
    done.says(["--model org/name:m-Q8_0-00001-of-00002.gguf"]);
}

#[test]
fn wrong_usage_is_said_before_anything_is_sent() {
    let (hub, cache) = (folder(), Cache::new());
    for args in [
        &[][..],
        &["a/b/c"],
        &["../.."],
        &["org/name:../x"],
        &["--revision", "../x", REPOSITORY],
    ] {
        let done = cache.pull(&hub, args).code(2).says(["--help"]);
        assert_eq!(done.stdout, "", "{args:?}");
    }
    assert!(hub.seen().is_empty());
}

#[test]
fn a_failure_says_what_to_do_and_shows_no_token() {
    let (hub, cache) = (folder(), Cache::new());
    hub.faults("model.safetensors", [Fault::Wrong, Fault::Wrong]);
    let gated = Fault::Status(403, &[("x-error-code", "GatedRepo")]);
    hub.faults("config.json", [gated]);
    for (args, code, way_out) in [
        (
            ["-vv", "org/other"],
            "repository_not_found",
            "the token of HF_TOKEN",
        ),
        (
            ["-vv", "org/name:config.json"],
            "gated",
            "accept its terms at http://127.0.0.1",
        ),
        (
            ["-vv", "org/name:model.safetensors"],
            "wrong_hash",
            "came damaged",
        ),
        (["-vv", "org/name:n.gguf"], "file_not_found", "config.json"),
    ] {
        let args = [&["pull", "--json"][..], &args[..]].concat();
        let done = cache.ml(&hub, args).env("HF_TOKEN", TOKEN).run().code(1);
        assert_eq!(done.json()["error"]["code"], code, "{done:?}");
        assert_eq!(done.json()["error"]["retry"], "never", "{done:?}");
        let done = done.says([way_out, "error: "]);
        assert!(!format!("{done:?}").contains(TOKEN), "{done:?}");
    }
    let tokens = hub.seen().into_iter().filter_map(|seen| seen.authorization);
    assert!(tokens.count() > 4, "the token was used");
    assert!(!cache.snapshot().exists());
}

#[test]
fn a_killed_pull_goes_on_where_it_was() {
    let (hub, cache) = (folder(), Cache::new());
    hub.faults("model.safetensors", [Fault::Stall(100_000)]);
    let running = cache.ml(&hub, ["pull", REPOSITORY]).start();
    eventually("the first bytes come", || {
        cache.received(&weights()) == 100_000
    });
    running.signal(Signal::KILL);
    running.end();
    assert!(!cache.snapshot().exists());
    cache.pull(&hub, &[REPOSITORY]).code(0);
    assert_eq!(hub.starts("model.safetensors"), [0, 100_000]);
    let file = fs::read(cache.snapshot().join("model.safetensors")).expect("it is there");
    assert!(file == weights().content);
}

#[test]
fn ctrl_c_keeps_what_came() {
    let (hub, cache) = (folder(), Cache::new());
    hub.faults("model.safetensors", [Fault::Stall(100_000)]);
    let running = cache.ml(&hub, ["pull", "--json", REPOSITORY]).start();
    eventually("the first bytes come", || {
        cache.received(&weights()) == 100_000
    });
    running.signal(Signal::INT);
    let done = running.end().code(130).says(["goes on from here"]);
    assert_eq!(done.json()["error"]["code"], "cancelled");
    assert_eq!(cache.received(&weights()), 100_000);
}

#[test]
fn processes_at_the_same_time_fetch_once() {
    let (hub, cache) = (folder(), Cache::new());
    hub.faults("model.safetensors", [Fault::Slow(10)]);
    let start = || cache.ml(&hub, ["pull", REPOSITORY]).start();
    let running = [start(), start(), start()];
    for running in running {
        running.end().code(0);
    }
    assert_eq!(hub.starts("model.safetensors"), [0]);
    assert_eq!(hub.starts("config.json"), [0]);
}

#[test]
fn a_terminal_shows_how_far_it_is() {
    let (hub, cache) = (folder(), Cache::new());
    hub.faults("model.safetensors", [Fault::Slow(20)]);
    let terminal = Terminal::open(cache.ml(&hub, ["pull", REPOSITORY]));
    terminal.screen.until(" of 400.06 kB");
    terminal.screen.until("2 of 3 files");
    terminal.screen.until("snapshots");
    terminal.screen.until("next:");
    assert_eq!(terminal.end().0, Some(0));
}

/// What a hub brings is what a backend runs.
#[cfg(feature = "llama")]
#[test]
fn a_fetched_model_answers() {
    use crate::support::cached;

    const FILE: &str = "SmolLM2-135M-Instruct.Q4_1.gguf";
    let server = cached("bin/llama-server");
    let model = fs::read(cached(&format!("models/{FILE}"))).expect("it can be read");
    let hub = FakeHub::new([(FILE, FakeFile::large(model))]);
    let cache = Cache::new();
    let json = cache.pull(&hub, &["--json", REPOSITORY]).code(0).json();
    let reference = format!("{REPOSITORY}:{FILE}");
    assert_eq!(json["model"], reference.as_str(), "{json}");
    for model in [reference.as_str(), REPOSITORY] {
        let args = ["generate", "--model", model, "--max-tokens", "2", "Hello"];
        let ml = cache.ml(&hub, args).env("LLAMA_SERVER", &server);
        let done = ml.run().code(0);
        assert_ne!(done.stdout.trim(), "", "{done:?}");
    }
}
