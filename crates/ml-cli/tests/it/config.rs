//! `ml config`.

use crate::support::ml;

const CONFIG: &str = "\
default = \"smol\"

[models.smol]
url = \"http://127.0.0.1:1\"
options.temperature = 0.5
";

#[test]
fn init_writes_a_file_that_is_valid_and_not_overwritten() {
    let (mut command, home) = ml(["config", "init"]).into_parts();
    let file = home.path().join(".config/ml/ml.toml");
    let done = command.output().expect("it runs");
    assert!(done.status.success(), "{done:?}");
    assert_eq!(
        String::from_utf8_lossy(&done.stdout),
        format!("{}\n", file.display())
    );
    std::fs::write(&file, CONFIG).expect("written");

    let again = command.output().expect("it runs");
    assert_eq!(again.status.code(), Some(1), "{again:?}");
    let stderr = String::from_utf8_lossy(&again.stderr);
    assert!(stderr.contains("--force"), "{stderr}");
    assert_eq!(std::fs::read_to_string(&file).expect("readable"), CONFIG);

    let forced = command.arg("--force").output().expect("it runs");
    assert!(forced.status.success(), "{forced:?}");
    let written = std::fs::read_to_string(&file).expect("readable");
    assert!(written.contains("[models."), "{written}");
}

#[test]
fn what_init_writes_passes_check() {
    let (mut command, home) = ml(["config", "init", "--config", "ml.toml"]).into_parts();
    assert!(command.output().expect("it runs").status.success());
    let written = std::fs::read(home.path().join("ml.toml")).expect("readable");
    let done = ml(["config", "check"])
        .file("ml.toml", written)
        .run()
        .code(0);
    assert!(done.stdout.contains("ml.toml: ok"), "{done:?}");
}

#[test]
fn show_says_what_is_in_effect_and_from_where() {
    let done = ml(["config", "show"])
        .file("ml.toml", CONFIG)
        .env("ML_MAX_TOKENS", "99")
        .run()
        .code(0);
    let line = |start: &str| {
        let found = done.stdout.lines().find(|line| line.starts_with(start));
        found.unwrap_or_else(|| panic!("no {start:?} in {done:?}"))
    };
    assert!(line("default = \"smol\"").contains("ml.toml:1"), "{done:?}");
    assert!(
        line("models.smol.options.temperature = 0.5").contains("ml.toml:5"),
        "{done:?}"
    );
    assert!(
        line("options.max_tokens = 99").contains("ML_MAX_TOKENS"),
        "{done:?}"
    );
}

#[test]
fn what_show_prints_is_toml() {
    let done = ml(["config", "show"]).file("ml.toml", CONFIG).run().code(0);
    let again = ml(["config", "show"])
        .file("ml.toml", &done.stdout)
        .run()
        .code(0);
    let plain = |text: &str| {
        let lines = text.lines().filter_map(|line| line.split(" #").next());
        lines
            .map(|line| line.trim_end().to_owned())
            .collect::<Vec<_>>()
    };
    assert_eq!(plain(&again.stdout), plain(&done.stdout));
}

#[test]
fn check_says_all_that_is_wrong() {
    let config = "defualt = \"x\"\n[models.smol]\nurl = 3\n";
    let done = ml(["config", "check"])
        .file("ml.toml", config)
        .run()
        .code(1);
    assert_eq!(done.stdout, "");
    done.says(["ml.toml:1", "did you mean \"default\"?", "ml.toml:3"]);

    let done = ml(["config", "check", "--json"])
        .file("ml.toml", config)
        .run()
        .code(1);
    let json = done.json();
    assert_eq!(json["ok"], false);
    assert_eq!(json["errors"][0]["line"], 1, "{json}");
    assert_eq!(json["errors"][0]["key"], "defualt", "{json}");
}

#[test]
fn no_file_is_fine() {
    let done = ml(["config", "check"]).run().code(0);
    assert!(done.stdout.contains("no configuration file"), "{done:?}");
    assert_eq!(
        ml(["config", "show", "--json"]).run().code(0).stdout,
        "[]\n"
    );
}

#[test]
fn a_found_file_that_sends_a_key_somewhere_is_pointed_out() {
    let config = "[models.it]\nurl = \"https://example.com\"\napi_key_env = \"MY_KEY\"\n";
    let done = ml(["config", "check"])
        .file("ml.toml", config)
        .run()
        .code(0);
    done.says(["warning:", "MY_KEY"]);
    let done = ml(["config", "check", "--json"])
        .file("ml.toml", config)
        .run()
        .code(0);
    let json = done.json();
    assert_eq!(json["warnings"].as_array().map(Vec::len), Some(1), "{json}");
    // A file that the user names is trusted.
    let done = ml(["config", "check", "--config", "ml.toml"])
        .file("ml.toml", config)
        .run();
    assert_eq!(done.code(0).stderr, "");
}
