//! Asks a server over its socket whether it is ready, and what it serves.

use std::path::Path;
use std::time::Duration;

use reqwest::{Client, Response, StatusCode};
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;

use crate::start_error::StartErrorKind;

/// A server that takes longer to answer a probe is busy or frozen: asked again, it may answer.
const PATIENCE: Duration = Duration::from_secs(2);

/// Most bytes of an answer: the longest part of it is a chat template.
const MAX_BODY: usize = 8 << 20;

/// What `/health` tells.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Health {
    /// Nothing listens, or it does not answer.
    Silent,
    /// The model is being read.
    Loading,
    /// The model answers.
    Ready,
    /// Something else, which no llama-server sends.
    Odd(String),
}

/// What `/props` tells of a server that is ready.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[non_exhaustive]
pub struct ServerProps {
    /// `router` where the server chooses among models.
    #[serde(default)]
    pub(crate) role: Option<String>,
    /// The model's file.
    #[serde(default)]
    pub(crate) model_path: Option<String>,
    /// Requests answered at the same time.
    #[serde(default, rename = "total_slots")]
    pub slots: Option<u32>,
    #[serde(default)]
    default_generation_settings: Settings,
    /// The model's own chat template; empty where it has none.
    #[serde(default)]
    pub chat_template: String,
    #[serde(default, rename = "chat_template_caps")]
    template: Template,
    /// Number and commit of llama-server's build.
    #[serde(default, rename = "build_info")]
    pub build: Option<String>,
}

#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
struct Settings {
    #[serde(default)]
    n_ctx: Option<u32>,
}

/// What llama-server found out about the chat template.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
struct Template {
    #[serde(default)]
    supports_tools: Option<bool>,
}

impl ServerProps {
    /// Whether the chat template shows tools to the model; without that, llama-server drops them in silence. Older
    /// servers, which do not tell, are believed to.
    pub(crate) fn shows_tools(&self) -> bool {
        self.template.supports_tools.unwrap_or(true)
    }

    /// Tokens that one request may fill.
    pub fn context_length(&self) -> Option<u32> {
        self.default_generation_settings.n_ctx
    }

    /// Refuses a server that does not serve `model`, and only it.
    pub(crate) fn check(&self, model: &Path) -> Result<(), StartErrorKind> {
        if self.role.as_deref() == Some("router") {
            return Err(StartErrorKind::Router);
        }
        match &self.model_path {
            // A path that is not UTF-8 comes back changed.
            Some(served) if *served != model.to_string_lossy() => Err(StartErrorKind::WrongModel {
                asked: model.to_owned(),
                served: served.clone(),
            }),
            _ => Ok(()),
        }
    }
}

/// A client of one server's socket.
#[derive(Debug)]
pub(crate) struct Probe {
    client: Client,
    key: SecretString,
}

impl Probe {
    pub(crate) fn new(socket: &Path, key: SecretString) -> Self {
        let client = Client::builder()
            .unix_socket(socket)
            // Neither certificates nor proxies have a place on a socket.
            .tls_certs_only([])
            .no_proxy()
            .pool_max_idle_per_host(0)
            .timeout(PATIENCE)
            .build()
            .expect("a client without certificates has nothing that could fail");
        Self { client, key }
    }

    pub(crate) async fn health(&self) -> Health {
        match self.get("/health").await {
            Ok(response) if response.status() == StatusCode::OK => Health::Ready,
            Ok(response) if response.status() == StatusCode::SERVICE_UNAVAILABLE => Health::Loading,
            Ok(response) => Health::Odd(response.status().to_string()),
            Err(_) => Health::Silent,
        }
    }

    pub(crate) async fn props(&self) -> Result<ServerProps, StartErrorKind> {
        const REQUEST: &str = "/props";
        let odd = |answer: String| StartErrorKind::NotLlamaServer {
            request: REQUEST,
            answer,
        };
        let response = self
            .get(REQUEST)
            .await
            .map_err(|error| odd(error.to_string()))?;
        if response.status() != StatusCode::OK {
            return Err(odd(response.status().to_string()));
        }
        let body = body(response)
            .await
            .map_err(|error| odd(error.to_string()))?;
        serde_json::from_slice(&body).map_err(|error| odd(format!("unreadable JSON: {error}")))
    }

    async fn get(&self, path: &str) -> reqwest::Result<Response> {
        let request = self.client.get(format!("http://localhost{path}"));
        request.bearer_auth(self.key.expose_secret()).send().await
    }
}

/// The body, or its first [`MAX_BODY`] bytes.
async fn body(mut response: Response) -> reqwest::Result<Vec<u8>> {
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await? {
        let room = MAX_BODY - body.len();
        body.extend_from_slice(&chunk[..chunk.len().min(room)]);
        if body.len() == MAX_BODY {
            break;
        }
    }
    Ok(body)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn props(json: &str) -> ServerProps {
        serde_json::from_str(json).unwrap()
    }

    #[test]
    fn a_template_without_tools_says_so() {
        for (told, shows) in [("true", true), ("false", false)] {
            let json = format!(r#"{{"chat_template_caps":{{"supports_tools":{told}}}}}"#);
            assert_eq!(props(&json).shows_tools(), shows);
        }
    }

    #[test]
    fn the_model_asked_for_must_be_served() {
        let model = Path::new("/m/smol.gguf");
        let ours = r#"{"model_path":"/m/smol.gguf","total_slots":2,"chat_template":"x",
            "default_generation_settings":{"params":{"seed":1},"n_ctx":2048},"build_info":"b1-0c1e570"}"#;
        props(ours).check(model).unwrap();
        assert_eq!(props(ours).context_length(), Some(2048));
        assert_eq!(props(ours).slots, Some(2));
        assert!(props(ours).shows_tools());
        // Older servers do not tell.
        props("{}").check(model).unwrap();

        let router = r#"{"role":"router","max_instances":4,"model_path":"none","default_generation_settings":{"params":null,"n_ctx":0}}"#;
        assert!(matches!(
            props(router).check(model),
            Err(StartErrorKind::Router)
        ));
        let other = props(r#"{"model_path":"/m/other.gguf"}"#)
            .check(model)
            .unwrap_err();
        assert!(
            other
                .to_string()
                .contains("/m/other.gguf in place of /m/smol.gguf"),
            "{other}"
        );
    }
}
