//! `ml models` and `ml doctor`.

use std::process::Stdio;

use crate::support::{Reader, cached, ml, wait};

const MODEL: &str = "SmolLM2-135M-Instruct.Q4_1";

#[test]
fn configured_and_found_models_are_listed() {
    let config = "\
default = \"up\"
[models.up]
url = \"http://127.0.0.1:1\"
[models.gone]
path = \"gone.gguf\"
";
    cached(&format!("models/{MODEL}.gguf"));
    let done = ml(["models"]).file("ml.toml", config).run().code(0);
    let line = |name: &str| {
        let found = done.stdout.lines().find(|line| line.starts_with(name));
        found
            .unwrap_or_else(|| panic!("no {name:?} in {done:?}"))
            .to_owned()
    };
    assert!(
        line("up (default)").ends_with("http://127.0.0.1:1"),
        "{done:?}"
    );
    assert!(line("gone").contains("not ready"), "{done:?}");
    assert!(line(MODEL).contains("98 MB"), "{done:?}");

    let json = ml(["models", "--json"])
        .file("ml.toml", config)
        .run()
        .code(0)
        .json();
    assert_eq!(json["configured"][0]["name"], "gone", "{json}");
    assert_eq!(json["configured"][0]["available"], false, "{json}");
    assert!(json["configured"][0]["reason"].is_string(), "{json}");
    assert_eq!(json["configured"][1]["default"], true, "{json}");
    let found = json["discovered"].as_array().expect("a list");
    assert!(found.iter().any(|model| model["name"] == MODEL), "{json}");
}

#[cfg(feature = "http")]
#[test]
fn a_server_is_ready_when_it_answers() {
    use crate::server::Server;

    let server = Server::by_path();
    let gone = Server::by_path().url();
    let config = format!(
        "[models.gone]\nurl = \"{gone}\"\n[models.up]\nurl = \"{}\"\n",
        server.url()
    );
    let json = ml(["models", "--json"])
        .file("ml.toml", config)
        .run()
        .code(0)
        .json();
    assert_eq!(json["configured"][0]["available"], false, "{json}");
    assert_eq!(json["configured"][1]["available"], true, "{json}");
}

#[test]
fn nothing_to_list_says_how_to_get_something() {
    let done = ml(["models"]).env("ML_CACHE", "/nowhere").run().code(0);
    assert!(done.stdout.contains("ml config init"), "{done:?}");
    assert!(done.stdout.contains("ml doctor"), "{done:?}");
}

#[test]
fn the_doctor_looks_at_everything() {
    let done = ml(["doctor"]).run();
    for what in [
        "configuration",
        "backend llama_cpp",
        "backend http",
        "cache",
        "models",
    ] {
        assert!(done.stdout.contains(what), "no {what:?} in {done:?}");
    }
    let usable = cfg!(any(feature = "http", feature = "llama"));
    assert_eq!(done.code, Some(i32::from(!usable)), "{done:?}");
}

#[test]
fn the_doctor_names_what_is_broken() {
    let done = ml(["doctor", "--json"])
        .file("ml.toml", "defualt = 3\n")
        .run()
        .code(1);
    let json = done.json();
    assert_eq!(json["ok"], false);
    assert_eq!(json["findings"][0]["state"], "missing", "{json}");
    let say = json["findings"][0]["say"].as_str().expect("a text");
    assert!(
        say.contains("ml.toml:1") && say.contains("default"),
        "{say}"
    );
}

#[test]
fn a_closed_stdout_is_no_failure() {
    let (mut command, _home) = ml(["models"]).into_parts();
    let mut child = command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the binary starts");
    drop(child.stdout.take());
    let stderr = Reader::new(child.stderr.take().expect("piped"));
    assert_eq!(wait(&mut child).code(), Some(0));
    assert_eq!(stderr.to_end(), "");
}
