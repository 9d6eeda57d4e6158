//! What a file may say that was merely found in the current folder.

use ml_service::{Config, ConfigError};

use crate::folder::{Folder, model};

#[test]
fn a_found_file_may_not_say_what_to_run() {
    for (line, key) in [
        ("llama_server = './evil'", "models.smol.llama_server"),
        (
            "extra_args = ['--log-file', '/tmp/x']",
            "models.smol.extra_args",
        ),
    ] {
        let folder = Folder::new();
        let text = format!("{}{line}\n", model("x.gguf"));
        let file = folder.file("current/ml.toml", &text);
        let error = Config::load(&folder.sources()).unwrap_err();
        assert!(matches!(error, ConfigError::Untrusted { .. }), "{error:?}");
        assert_eq!((error.key(), error.line()), (Some(key), Some(3)));
        let shown = error.to_string();
        assert!(shown.contains("--config ./ml.toml"), "{shown}");

        // The same file is trusted when the user names it or it is the user's own.
        let by_flag = folder.sources().with_flag(Some("ml.toml".into()));
        Config::load(&by_flag).unwrap();
        let by_variable = folder.sources().with_variable("ML_CONFIG", "./ml.toml");
        Config::load(&by_variable).unwrap();
        Config::load(&folder.sources().with_user_file(&file)).unwrap();

        let folder = Folder::new();
        folder.file(".config/ml/ml.toml", &text);
        Config::load(&folder.sources()).unwrap();
    }
}

#[test]
fn everything_else_is_allowed_in_a_found_file() {
    let folder = Folder::new();
    folder.file(
        "current/ml.toml",
        "default = 'a'\n[models.a]\npath = 'x.gguf'\nthreads = 2\ngpu_layers = -1\n\
         [models.b]\nurl = 'http://localhost:1'\napi_key_env = 'KEY'\n",
    );
    let config = Config::load(&folder.sources()).unwrap();
    assert_eq!(config.models().len(), 2);
    // A key that goes where such a file says is worth a word.
    let warnings = config.warnings();
    assert_eq!(warnings.len(), 1, "{warnings:?}");
    for word in ["ml.toml:8", "KEY", "http://localhost:1", "--config"] {
        assert!(warnings[0].contains(word), "{word}: {warnings:?}");
    }
    let named = Config::load(&folder.sources().with_flag(Some("ml.toml".into()))).unwrap();
    assert!(named.warnings().is_empty());
}
