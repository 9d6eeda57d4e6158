//! What a configuration is refused for, and what the refusal says.

use ml_service::{Config, ConfigError};

use crate::folder::{Folder, model};

/// A refusal must be on this line, name this key and contain these words.
#[track_caller]
fn check(text: &str, line: usize, key: &str, words: &[&str]) -> ConfigError {
    let folder = Folder::new();
    let error = folder.read(text).expect_err("refused");
    let shown = error.to_string();
    assert_eq!(error.line(), Some(line), "{shown}");
    assert_eq!(error.key(), (!key.is_empty()).then_some(key), "{shown}");
    assert!(shown.contains(&format!("trusted.toml:{line}:")), "{shown}");
    for word in words {
        assert!(shown.contains(word), "{word:?} is not in: {shown}");
    }
    error
}

#[test]
fn an_unknown_key_is_named_with_the_nearest_known_one() {
    let smol = model("x");
    check(
        "defualt = 'x'",
        1,
        "defualt",
        &["did you mean \"default\"?"],
    );
    check(
        "colour = 'x'",
        1,
        "colour",
        &[
            "known here: backend, default, idle_unload, max_waiting, memory_ceiling, models, options",
        ],
    );
    check(
        &format!("{smol}contxt_length = 1"),
        3,
        "models.smol.contxt_length",
        &["unknown key", "did you mean \"context_length\"?"],
    );
    check(
        &format!("{smol}options.temprature = 1"),
        3,
        "models.smol.options.temprature",
        &["did you mean \"temperature\"?"],
    );
    check(
        &format!("{smol}adapters = [\n  {{ path = 'a' }},\n  {{ path = 'b', scael = 1 }},\n]"),
        5,
        "models.smol.adapters.scael",
        &["did you mean \"scale\"?"],
    );
    check(
        &format!("{smol}[models.\"a.b\"]\npat = 'x'"),
        4,
        "models.\"a.b\".pat",
        &["did you mean \"path\"?"],
    );
}

#[test]
fn a_value_that_cannot_be_is_named_with_what_can() {
    for (line, key, words) in [
        ("threads = 'four'", "threads", "expected u32"),
        ("threads = 0", "threads", "1 or more"),
        ("context_length = 0", "context_length", "1 or more"),
        ("context_length = -5", "context_length", "expected u32"),
        ("parallel_slots = 0", "parallel_slots", "1 or more"),
        ("gpu_layers = -2", "gpu_layers", "-1 (all)"),
        ("start_patience = '1m'", "start_patience", "expected f64"),
        ("stop_grace = -1", "stop_grace", "number of seconds above 0"),
        (
            "stop_grace = nan",
            "stop_grace",
            "number of seconds above 0",
        ),
        (
            "adapters = [{ scale = 1 }]",
            "adapters",
            "\"path\" is missing",
        ),
        ("options = 3", "options", "expected struct GenerateOptions"),
        (
            "options.temperature = -1",
            "options.temperature",
            "0 or more",
        ),
        (
            "options.temperature = nan",
            "options.temperature",
            "0 or more",
        ),
        ("options.top_p = 2", "options.top_p", "at most 1"),
        ("options.max_tokens = 0", "options.max_tokens", "1 or more"),
        ("options.stop = ['']", "options.stop", "empty string"),
        ("options.stop = 'x'", "options.stop", "expected a sequence"),
        ("kv_cache = '8 bit'", "kv_cache", "did you mean \"8bit\"?"),
        ("kv_budget = '2 gigs'", "kv_budget", "512 MiB"),
        ("prefix_cache = -1", "prefix_cache", "0 or more"),
        ("cache_limit = 1.5", "cache_limit", "a number of bytes"),
        ("threads = 99999999999999999999", "threads", "too large"),
    ] {
        let text = format!("{}{line}\n", model("x"));
        let key = match key {
            // What the parser itself cannot hold is named by its own key.
            "threads" if line.len() > 20 => "threads".to_owned(),
            key => format!("models.smol.{key}"),
        };
        check(&text, 3, &key, &[words]);
    }
    for (line, key, words) in [
        ("url = 'localhost:8080'", "url", "http://localhost:8080"),
        ("url = 'ftp://x'", "url", "http://localhost:8080"),
        ("url = 'http://'", "url", "http://localhost:8080"),
        ("url = 'http://h/v1?key=k'", "url", "without query"),
        (
            "url = 'http://x'\ndialect = 'olama'",
            "dialect",
            "did you mean \"ollama\"?",
        ),
        (
            "url = 'http://x'\nidle_timeout = 0",
            "idle_timeout",
            "above 0",
        ),
        (
            "url = 'http://x'\nextra_body = 1",
            "extra_body",
            "expected a map",
        ),
    ] {
        let text = format!("[models.judge]\n{line}\n");
        let at = text.lines().count();
        check(&text, at, &format!("models.judge.{key}"), &[words]);
    }
}

#[test]
fn a_model_says_where_it_is_once_and_nothing_that_it_cannot_mean() {
    check("[models.a]\nthreads = 1", 1, "models.a", &["path", "url"]);
    check(
        "[models.a]\npath = 'x'\nurl = 'http://x'",
        1,
        "models.a",
        &["keep the one"],
    );
    check(
        "[models.a]\nurl = 'http://x'\nthreads = 1",
        3,
        "models.a.threads",
        &["a model file"],
    );
    check(
        "[models.a]\npath = 'x'\napi_key_env = 'X'",
        3,
        "models.a.api_key_env",
        &["a server"],
    );
    check(
        "[models.a]\npath = 'x'\nbackend = 'http'",
        2,
        "models.a.path",
        &["by url"],
    );
    check(
        "[models.a]\nurl = 'http://x'\nbackend = 'llama'",
        2,
        "models.a.url",
        &["use \"http\""],
    );
    check(
        "[models.a]\npath = 'x'\nbackend = 'llama'\nkv_budget = 1",
        4,
        "models.a.kv_budget",
        &["\"llama\" has no such setting"],
    );
    check(
        "[models.a]\npath = 'x'\nbackend = 'mlx'\nadapters = [{ path = 'a', scale = 2 }]",
        4,
        "models.a.adapters.scale",
        &["\"mlx\" has no such setting"],
    );
    check(
        "[models.a]\npath = 'x'\nthreads = 1\nkv_cache = '8bit'",
        4,
        "models.a.kv_cache",
        &["no backend has this and threads"],
    );
    check(
        "[models.a]\nurl = 'http://x'\nadapters = [{ path = 'a' }]",
        3,
        "models.a.adapters",
        &["a model file"],
    );
    check("models = 3", 1, "models", &["[models.NAME]"]);
    check(
        "[models]\nsmol = 3",
        2,
        "models.smol",
        &["expected struct ModelConfig"],
    );
    check(
        "[models.\"\"]\npath = 'x'",
        1,
        r#"models."""#,
        &["needs a name"],
    );
}

#[test]
fn a_backend_must_be_known() {
    check(
        "backend = 'lama'",
        1,
        "backend",
        &["did you mean \"llama\"?"],
    );
    check(
        "[models.a]\npath = 'x'\nbackend = 'magic'",
        3,
        "models.a.backend",
        &["there is no backend \"magic\"", "llama, llama_cpp, mlx"],
    );
    let folder = Folder::new();
    let text = "[models.a]\npath = 'x'\nbackend = 'magic'";
    let file = folder.file("own.toml", text);
    let sources = folder.sources().with_flag(Some(file)).with_backend("magic");
    Config::load(&sources).unwrap();

    // A setting of another backend means nothing to it.
    folder.file("own.toml", &format!("{text}\nthreads = 1"));
    let error = Config::load(&sources).unwrap_err();
    assert_eq!(error.key(), Some("models.a.threads"));
    assert!(
        error.to_string().contains("\"magic\" has no such setting"),
        "{error}"
    );
}

#[test]
fn a_default_must_be_a_model() {
    let smol = model("x");
    check(
        &format!("default = 'smoll'\n{smol}"),
        1,
        "default",
        &["did you mean \"smol\"?"],
    );
    check(
        &format!("default = 'gemma'\n{smol}"),
        1,
        "default",
        &["there is smol"],
    );
    check("default = 'gemma'", 1, "default", &["[models.gemma]"]);
    check("default = 3", 1, "default", &["expected a string"]);
}

#[test]
fn a_key_in_the_file_is_refused_and_never_shown() {
    let secret = "sk-123456";
    for line in [
        format!("api_key = '{secret}'"),
        format!("api-key = '{secret}'"),
        format!("API_KEY = '{secret}'"),
        format!("token = '{secret}'"),
        format!("extra_body = {{ password = '{secret}' }}"),
        format!("url = 'https://me:{secret}@example.com/v1'"),
        format!("api_key_env = '{secret}'"),
    ] {
        let url = if line.starts_with("url") {
            ""
        } else {
            "url = 'http://x'\n"
        };
        let text = format!("[models.a]\n{url}{line}\n");
        let folder = Folder::new();
        let error = folder.read(&text).expect_err("refused");
        assert_eq!(error.line(), Some(text.lines().count()), "{error}");
        for shown in [error.to_string(), format!("{error:?}")] {
            assert!(!shown.contains(secret), "{shown}");
        }
        assert!(
            error.to_string().contains("environment variable"),
            "{error}"
        );
    }
}

#[test]
fn what_is_not_toml_is_placed_and_not_quoted() {
    let error = check(
        "default = 'smol'\n[models.smol\npath = 'sk-1'",
        2,
        "",
        &["not valid TOML"],
    );
    assert!(
        matches!(error, ConfigError::Syntax { column, .. } if column > 1),
        "{error:?}"
    );
    check("a = 1\na = 2", 2, "", &["duplicate key"]);
    let folder = Folder::new();
    let error = folder.read("x = 'sk-1").unwrap_err();
    assert!(!error.to_string().contains("sk-1"), "{error}");
}

#[test]
fn a_check_reports_everything_in_the_order_of_the_file() {
    let folder = Folder::new();
    let file = folder.file(
        "all.toml",
        "default = 'x'\n\
         [models.a]\npth = 'x'\nthreads = 0\noptions.top_p = 'x'\n\
         [models.b]\npath = 'x'\noptions.top_p = 7\noptions.min_p = 7\napi_key = 'k'\n\
         [extra]\nx = 1\n",
    );
    let sources = folder
        .sources()
        .with_flag(Some(file))
        .with_variable("ML_MAX_TOKENS", "no");
    let errors = Config::check(&sources).unwrap_err();
    let keys: Vec<_> = errors
        .iter()
        .map(|error| (error.line(), error.key().unwrap()))
        .collect();
    let expected = [
        (Some(1), "default"),
        (Some(3), "models.a.pth"),
        (Some(4), "models.a.threads"),
        (Some(5), "models.a.options.top_p"),
        (Some(10), "models.b.api_key"),
        (Some(11), "extra"),
        (None, "options.max_tokens"),
    ];
    assert_eq!(keys, expected, "{errors:#?}");
}

#[test]
fn the_template_is_valid_with_and_without_its_comments() {
    let folder = Folder::new();
    let template = Config::template();
    assert!(folder.read(template).unwrap().models().is_empty());

    let lines = template.lines().filter(|line| !line.starts_with("##"));
    let text: Vec<_> = lines
        .map(|line| line.strip_prefix("# ").unwrap_or(line))
        .collect();
    let config = folder.read(&text.join("\n")).unwrap();
    assert_eq!(config.default_model(), Some("smol"));
    assert_eq!(config.models().len(), 3);
}

#[test]
fn template_and_documentation_know_every_key() {
    let documentation = include_str!("../../../../docs/configuration.md");
    let known = |text: &str| match Folder::new().read(text) {
        Err(ConfigError::UnknownKey { known, .. }) => known,
        other => panic!("{other:?}"),
    };
    let model = known("[models.a]\nzzz = 1");
    for key in &model {
        let line = format!("# {key} = ");
        let section = format!("{key}]\n");
        let template = Config::template();
        let is_there = template.contains(&line) || template.contains(&section);
        assert!(is_there, "{key} is not in the template");
    }
    let adapter = "[models.a]\npath = 'x'\nadapters = [{ zzz = 1 }]";
    let keys = [
        known("zzz = 1"),
        model,
        known("options.zzz = 1"),
        known(adapter),
    ]
    .concat();
    assert!(keys.len() > 30, "{keys:?}");
    for key in keys {
        assert!(
            documentation.contains(&format!("`{key}`")),
            "{key} is not documented"
        );
    }
}

#[test]
fn the_examples_of_the_documentation_are_valid() {
    let documentation = include_str!("../../../../docs/configuration.md");
    let examples: Vec<&str> = documentation
        .split("```toml\n")
        .skip(1)
        .map(|rest| rest.split("```").next().unwrap_or_default())
        .collect();
    assert!(examples.len() >= 6);
    for example in examples {
        let config = Folder::new().read(example).unwrap();
        assert_eq!(config.models().len(), 1);
    }
}
