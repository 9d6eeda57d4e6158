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
    let usable = cfg!(any(
        feature = "http",
        feature = "llama",
        feature = "mlx-cpu"
    ));
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

#[cfg(feature = "llama")]
#[test]
fn the_doctor_says_which_llama_server_and_its_version() {
    let program = cached("bin/llama-server");
    let done = ml(["doctor"]).env("LLAMA_SERVER", &program).run().code(0);
    let says = format!("{}, version ", program.display());
    assert!(done.stdout.contains(&says), "{done:?}");
    let done = ml(["doctor"])
        .env("LLAMA_SERVER", "/nowhere/llama-server")
        .run();
    assert!(done.stdout.contains("/nowhere/llama-server"), "{done:?}");
}

#[cfg(feature = "http")]
mod checks {
    use inference_conformance::ScriptedSubject;
    use inference_conformance::fake_server::scripted;

    use crate::server::Server;
    use crate::support::ml;

    #[test]
    fn the_doctor_runs_the_checks_on_a_model() {
        let server = Server::new(scripted(ScriptedSubject::scripted()));
        let json = ml(["doctor", "--json", "--url", &server.url()])
            .run()
            .code(0)
            .json();
        assert_eq!(json["ok"], true, "{json}");
        assert_eq!(json["model"]["backend"], "http", "{json}");
        let checks = json["checks"].as_array().expect("a list");
        let count = |outcome| {
            checks
                .iter()
                .filter(|check| check["outcome"] == outcome)
                .count()
        };
        assert!(count("passed") > 10, "{json}");
        assert_eq!(count("failed"), 0, "{json}");
    }

    #[test]
    fn a_failed_check_is_a_failure() {
        let answer = scripted(ScriptedSubject::scripted());
        // A server that never says that an answer has ended.
        let server = Server::new(move |request| {
            let answer = answer(request);
            let end = answer.body_len() - "data: [DONE]\n\n".len();
            answer.cut_at(end)
        });
        let done = ml(["doctor", "--url", &server.url()]).run().code(1);
        assert!(
            done.stdout.contains("finish                FAILED"),
            "{done:?}"
        );
        assert!(done.stdout.contains(" failed\n"), "{done:?}");
    }
}
