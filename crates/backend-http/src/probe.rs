//! What a server says of itself: its models, its kind, whether it is ready.

use std::time::Duration;

use http::header::{HeaderMap, SERVER};
use inference_core::{Error, ErrorKind, ModelInfo};
use openai_wire::{ModelEntry, ModelList};

use crate::client::Client;
use crate::excerpt::excerpt;
use crate::{Dialect, HttpConfig};

/// What was found out.
pub(crate) struct Found {
    dialect: Dialect,
    /// `None` where the server has no list.
    models: Option<Vec<ModelEntry>>,
}

/// Asks a server for its models, from which its kind shows.
pub(crate) async fn ask(client: &Client, wait: Duration) -> Result<Found, Error> {
    match list_models(client, wait).await {
        Ok((headers, models)) => Ok(Found {
            dialect: kind_of(&headers, &models),
            models: Some(models),
        }),
        Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::Unsupported) => {
            Ok(Found {
                dialect: Dialect::OpenAi,
                models: None,
            })
        }
        Err(error) => Err(error),
    }
}

/// The server's models.
pub(crate) async fn list_models(
    client: &Client,
    wait: Duration,
) -> Result<(HeaderMap, Vec<ModelEntry>), Error> {
    let (headers, body) = client.get("/v1/models", wait).await?;
    let list: ModelList = serde_json::from_slice(&body).map_err(|error| {
        let shown = excerpt(&String::from_utf8_lossy(&body));
        let message = format!(
            "{}/v1/models is no list of models: {shown}",
            client.address()
        );
        Error::new(ErrorKind::Protocol, message).with_source(error)
    })?;
    Ok((headers, list.data))
}

/// Whether a request would be served now. Servers without a list of models may still answer.
pub(crate) async fn is_ready(
    client: &Client,
    dialect: Dialect,
    wait: Duration,
) -> Result<(), Error> {
    let path = match dialect {
        Dialect::LlamaServer => "/health",
        _ => "/v1/models",
    };
    match client.get(path, wait).await {
        Ok(_) => Ok(()),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(()),
        Err(error) => Err(error),
    }
}

/// The kind of a server, from how it names itself and its models.
fn kind_of(headers: &HeaderMap, models: &[ModelEntry]) -> Dialect {
    let server = headers.get(SERVER).and_then(|server| server.to_str().ok());
    let server = server.unwrap_or_default();
    let owned_by = |owner: &str| models.iter().any(|model| model.owned_by == owner);
    if server == "llama.cpp" || owned_by("llamacpp") {
        Dialect::LlamaServer
    } else if owned_by("vllm") {
        Dialect::Vllm
    } else if owned_by("library") {
        Dialect::Ollama
    } else if server.starts_with("BaseHTTP/") && models.iter().all(|m| m.owned_by.is_empty()) {
        Dialect::MlxLm
    } else {
        Dialect::OpenAi
    }
}

impl Found {
    /// Fills in what the configuration leaves open, and refuses a model that is not there.
    pub(crate) fn apply(self, mut config: HttpConfig) -> Result<HttpConfig, Error> {
        let dialect = *config.dialect.get_or_insert(self.dialect);
        let models = self.models.unwrap_or_default();
        let model = match &config.model {
            Some(name) => named(dialect, name, &models)?,
            None => only(&models)?,
        };
        if let Some(model) = model {
            config.model.get_or_insert_with(|| model.id.clone());
            let backend = &config.backend;
            config.info.get_or_insert_with(|| info_of(backend, model));
        }
        Ok(config)
    }
}

/// The model of a name, as far as the server lists it.
fn named<'a>(
    dialect: Dialect,
    name: &str,
    models: &'a [ModelEntry],
) -> Result<Option<&'a ModelEntry>, Error> {
    let found = models.iter().find(|model| same(&model.id, name));
    match (dialect, models) {
        _ if found.is_some() => Ok(found),
        // It serves its one model under any name.
        (Dialect::LlamaServer, [only]) => Ok(Some(only)),
        // Others may have models that they do not list: gateways do, and mlx-lm loads what it is
        // asked for.
        (Dialect::Vllm | Dialect::Ollama, [_, ..]) => {
            let there = names(models);
            let message = format!("the server has no model {name:?}: there is {there}");
            Err(Error::new(ErrorKind::NotFound, message))
        }
        _ => Ok(None),
    }
}

/// The model to ask for where none is named.
fn only(models: &[ModelEntry]) -> Result<Option<&ModelEntry>, Error> {
    match models {
        [] => Ok(None),
        [only] => Ok(Some(only)),
        several => {
            let there = names(several);
            let message = format!("the server has several models: name one of {there}");
            Err(Error::new(ErrorKind::InvalidRequest, message))
        }
    }
}

/// Whether a model is the one asked for. Ollama adds `:latest` to names without a tag.
fn same(id: &str, name: &str) -> bool {
    id == name || id.strip_suffix(":latest") == Some(name)
}

fn names(models: &[ModelEntry]) -> String {
    const SHOWN: usize = 10;
    let mut names: Vec<_> = models.iter().map(|model| model.id.as_str()).collect();
    if names.len() > SHOWN {
        names.truncate(SHOWN);
        names.push("…");
    }
    names.join(", ")
}

fn info_of(backend: &str, model: &ModelEntry) -> ModelInfo {
    let small = |number: Option<u64>| number.and_then(|number| u32::try_from(number).ok());
    let mut info = ModelInfo::new(backend, &model.id);
    info.context_length = small(model.context_length());
    if let Some(meta) = &model.meta {
        info.vocab_size = small(meta.n_vocab);
        info.hidden_size = small(meta.n_embd);
    }
    info
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    fn models(json: &str) -> Vec<ModelEntry> {
        serde_json::from_str(json).expect("models")
    }

    #[test]
    fn a_server_is_known_by_how_it_names_itself() {
        let check = |server: &'static str, json, dialect| {
            let mut headers = HeaderMap::new();
            headers.insert(SERVER, HeaderValue::from_static(server));
            assert_eq!(kind_of(&headers, &models(json)), dialect, "{server} {json}");
        };
        check("llama.cpp", "[]", Dialect::LlamaServer);
        check(
            "nginx",
            r#"[{"id":"m","owned_by":"llamacpp"}]"#,
            Dialect::LlamaServer,
        );
        check(
            "uvicorn",
            r#"[{"id":"m","owned_by":"vllm"}]"#,
            Dialect::Vllm,
        );
        check("", r#"[{"id":"m","owned_by":"library"}]"#, Dialect::Ollama);
        check(
            "BaseHTTP/0.6 Python/3.12.1",
            r#"[{"id":"m"}]"#,
            Dialect::MlxLm,
        );
        check(
            "cloudflare",
            r#"[{"id":"gpt","owned_by":"openai"}]"#,
            Dialect::OpenAi,
        );
    }

    fn apply(dialect: Dialect, config: HttpConfig, json: &str) -> Result<HttpConfig, Error> {
        let models = Some(models(json));
        Found { dialect, models }.apply(config)
    }

    #[test]
    fn the_only_model_is_taken_and_one_of_several_must_be_named() {
        let config = || HttpConfig::new("http://h");
        let one = r#"[{"id":"a","max_model_len":4096}]"#;
        let two = r#"[{"id":"a"},{"id":"b:latest"}]"#;
        let found = apply(Dialect::Vllm, config(), one).expect("one");
        assert_eq!(found.model.as_deref(), Some("a"));
        assert_eq!(found.info.expect("info").context_length, Some(4096));
        let error = apply(Dialect::Vllm, config(), two).expect_err("several");
        assert!(error.message().contains("a, b:latest"), "{error}");
        let found = apply(Dialect::Ollama, config().model("b"), two).expect("named");
        assert_eq!(found.model.as_deref(), Some("b"));
        assert_eq!(found.info.expect("info").name, "b:latest");
        let found = apply(Dialect::OpenAi, config(), "[]").expect("no models");
        assert_eq!(found.model, None);
    }

    #[test]
    fn a_name_that_is_not_listed_is_refused_where_lists_are_complete() {
        let named = || HttpConfig::new("http://h").model("c");
        let two = r#"[{"id":"a"},{"id":"b"}]"#;
        for dialect in [Dialect::Vllm, Dialect::Ollama] {
            let error = apply(dialect, named(), two).expect_err("missing");
            assert_eq!(error.kind(), ErrorKind::NotFound);
            assert!(error.message().contains("\"c\": there is a, b"), "{error}");
        }
        for dialect in [Dialect::OpenAi, Dialect::MlxLm] {
            let found = apply(dialect, named(), two).expect("perhaps there");
            assert_eq!((found.model.as_deref(), found.info), (Some("c"), None));
        }
    }

    #[test]
    fn llama_server_answers_to_any_name() {
        let found = Found {
            dialect: Dialect::LlamaServer,
            models: Some(models(r#"[{"id":"model.gguf"}]"#)),
        };
        let config = found
            .apply(HttpConfig::new("http://h").model("mine"))
            .expect("any name");
        assert_eq!(config.model.as_deref(), Some("mine"));
    }
}
