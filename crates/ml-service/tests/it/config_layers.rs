//! Which file is read, what is stronger than it, and what paths mean.

use std::path::Path;

use ml_service::{Config, ConfigError, Origin};

use crate::folder::{Folder, model};

fn path_of<'c>(config: &'c Config, name: &str) -> &'c Path {
    config.models()[name].path.as_deref().expect("a path")
}

#[test]
fn without_any_file_there_is_an_empty_configuration() {
    let config = Config::load(&Folder::new().sources()).unwrap();
    assert!(config.models().is_empty());
    assert_eq!(config.default_model(), None);
    assert_eq!(config.file(), None);
}

#[test]
fn the_first_file_in_the_order_is_read_and_no_other() {
    let folder = Folder::new();
    let mut sources = folder.sources();
    let user = folder.file(".config/ml/ml.toml", &model("/user"));
    assert_eq!(sources.file(), Some(user.clone()));

    let local = folder.file("current/ml.toml", &model("/local"));
    assert_eq!(sources.file(), Some(local));

    let named = folder.file("named.toml", &model("/named"));
    sources = sources.with_variable("ML_CONFIG", &named);
    assert_eq!(sources.file(), Some(named));

    let flag = folder.file("flag.toml", &model("/flag"));
    sources = sources.with_flag(Some(flag.clone()));
    let config = Config::load(&sources).unwrap();
    assert_eq!(config.file(), Some(flag.as_path()));
    assert_eq!(path_of(&config, "smol"), Path::new("/flag"));
    assert_eq!(sources.user_file(), Some(user.as_path()));
}

#[test]
fn a_file_that_was_named_must_exist() {
    let folder = Folder::new();
    let gone = folder.path().join("gone.toml");
    for (sources, by) in [
        (folder.sources().with_flag(Some(gone.clone())), "--config"),
        (
            folder.sources().with_variable("ML_CONFIG", &gone),
            "ML_CONFIG",
        ),
    ] {
        let error = Config::load(&sources).unwrap_err();
        assert!(matches!(error, ConfigError::Read { .. }), "{error:?}");
        let text = error.to_string();
        assert!(text.contains("gone.toml") && text.contains(by), "{text}");
    }
}

#[test]
fn the_environment_is_stronger_than_the_file() {
    let folder = Folder::new();
    folder.file(
        "current/ml.toml",
        "default = 'a'\nbackend = 'http'\noptions.temperature = 1\n\
         [models.a]\npath = 'a'\n\
         [models.b]\npath = 'b'\noptions.max_tokens = 7\noptions.seed = 1\n",
    );
    let sources = folder
        .sources()
        .with_variable("ML_MODEL", "b")
        .with_variable("ML_BACKEND", "llama")
        .with_variable("ML_MAX_TOKENS", "9")
        .with_variable("ML_TEMPERATURE", "0.5");
    let config = Config::load(&sources).unwrap();
    assert_eq!(config.default_model(), Some("b"));
    assert_eq!(config.backend(), Some("llama"));
    assert_eq!(config.options().max_tokens, Some(9));
    assert_eq!(config.options().temperature, Some(0.5));
    let own = &config.models()["b"].options;
    assert_eq!((own.max_tokens, own.seed), (Some(9), Some(1)));
    assert_eq!(config.models()["a"].options.max_tokens, None);
}

#[test]
fn the_environment_alone_is_a_configuration() {
    let sources = Folder::new()
        .sources()
        .with_variable("ML_MODEL", "7")
        .with_variable("ML_MAX_TOKENS", "12");
    let config = Config::load(&sources).unwrap();
    assert_eq!(config.default_model(), Some("7"));
    assert_eq!(config.options().max_tokens, Some(12));
}

#[test]
fn a_bad_variable_is_named() {
    let folder = Folder::new();
    folder.file("current/ml.toml", &model("x"));
    for (name, value, key) in [
        ("ML_MAX_TOKENS", "many", "options.max_tokens"),
        ("ML_MAX_TOKENS", "-1", "options.max_tokens"),
        ("ML_MAX_TOKENS", "0", "options.max_tokens"),
        ("ML_TEMPERATURE", "nan", "options.temperature"),
        ("ML_BACKEND", "magic", "backend"),
        ("ML_BACKEND", "7", "backend"),
    ] {
        let sources = folder.sources().with_variable(name, value);
        let error = Config::load(&sources).unwrap_err();
        assert_eq!(error.key(), Some(key), "{error}");
        assert!(error.to_string().starts_with(name), "{error}");
    }
}

#[test]
fn the_only_model_is_the_default() {
    let folder = Folder::new();
    let one = folder.read("[models.a]\npath = 'a'").unwrap();
    assert_eq!(one.default_model(), Some("a"));
    let two = folder
        .read("[models.a]\npath = 'a'\n[models.b]\npath = 'b'")
        .unwrap();
    assert_eq!(two.default_model(), None);
}

#[test]
fn paths_are_relative_to_the_file_and_know_the_home_folder() {
    let folder = Folder::new();
    let file = folder.file(
        "etc/ml.toml",
        "[models.a]\npath = 'm/a.gguf'\nadapter = '~/lora'\nllama_server = 'llama-server'\n\
         adapters = [{ path = 'x.gguf' }]\n\
         [models.b]\npath = '/abs/b.gguf'\nllama_server = 'bin/llama-server'\n",
    );
    // The file may be named relative to the current folder, or by ~.
    for flag in ["../etc/ml.toml", "~/etc/ml.toml"] {
        let config = Config::load(&folder.sources().with_flag(Some(flag.into()))).unwrap();
        let home = folder.path().canonicalize().unwrap();
        let a = &config.models()["a"];
        let etc = file.parent().unwrap().canonicalize().unwrap();
        let found = path_of(&config, "a");
        assert_eq!(found.file_name(), Some("a.gguf".as_ref()));
        let parent = found.parent().unwrap().parent().unwrap();
        assert_eq!(parent.canonicalize().unwrap(), etc);
        assert_eq!(a.adapter, Some(folder.path().join("lora")));
        assert!(a.adapters[0].path.ends_with("x.gguf") && a.adapters[0].path.is_absolute());
        // A bare name is looked up in PATH when it is run.
        assert_eq!(a.llama_server.as_deref(), Some(Path::new("llama-server")));
        let b = &config.models()["b"];
        assert_eq!(b.path.as_deref(), Some(Path::new("/abs/b.gguf")));
        assert!(b.llama_server.as_ref().unwrap().is_absolute());
        assert!(home.is_absolute());
    }
}

#[test]
fn every_setting_says_where_it_comes_from() {
    let folder = Folder::new();
    let file = folder.file(
        "current/ml.toml",
        "[models.smol]\npath = 'x.gguf'\n\n[models.smol.options]\nstop = ['a', 'b']\n",
    );
    let sources = folder.sources().with_variable("ML_TEMPERATURE", "1");
    let config = Config::load(&sources).unwrap();
    let settings = config.settings();
    let shown: Vec<(String, Origin)> = settings
        .iter()
        .map(|setting| (setting.to_string(), setting.origin.clone()))
        .collect();
    let line = |line| Origin::File {
        path: file.clone(),
        line,
    };
    let expected = [
        ("default = \"smol\"", Origin::Default),
        ("models.smol.options.stop = [\"a\", \"b\"]", line(5)),
        ("models.smol.path = \"x.gguf\"", line(2)),
        (
            "options.temperature = 1",
            Origin::Variable("ML_TEMPERATURE"),
        ),
    ];
    let expected = expected.map(|(text, origin)| (text.to_owned(), origin));
    assert_eq!(shown, expected);

    // What is shown is a configuration again, and means the same.
    let lines: Vec<String> = settings.iter().map(ToString::to_string).collect();
    let again = Config::from_toml(&lines.join("\n")).unwrap();
    assert_eq!(again.options(), config.options());
    assert_eq!(again.default_model(), Some("smol"));
}
