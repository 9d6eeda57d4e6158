//! How to reach a server and what it can do.

use std::fmt;
use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::time::Duration;

use inference_core::ModelInfo;
use secrecy::SecretString;
use serde_json::{Map, Value};

use crate::Dialect;

/// How to reach a server, and what is known of it.
///
/// `Debug` shows neither the key nor the values of headers.
///
/// ```
/// use std::time::Duration;
/// use backend_http::{Dialect, HttpConfig};
///
/// let config = HttpConfig::new("https://llm.example.com/v1")
///     .model("qwen3-8b")
///     .api_key("secret")
///     .dialect(Dialect::Vllm)
///     .idle_timeout(Duration::from_secs(30));
/// assert!(!format!("{config:?}").contains("secret"));
/// ```
#[derive(Clone)]
pub struct HttpConfig {
    pub(crate) url: String,
    pub(crate) model: Option<String>,
    pub(crate) api_key: Option<SecretString>,
    pub(crate) dialect: Option<Dialect>,
    pub(crate) timeouts: Timeouts,
    pub(crate) max_retries: u32,
    pub(crate) loading_patience: Duration,
    pub(crate) concurrency: Option<NonZeroUsize>,
    pub(crate) done_marker: bool,
    pub(crate) stream_usage: bool,
    pub(crate) extra_body: Map<String, Value>,
    pub(crate) headers: Vec<(String, SecretString)>,
    pub(crate) unix_socket: Option<PathBuf>,
    pub(crate) backend: String,
    pub(crate) info: Option<ModelInfo>,
}

/// How long to wait for what.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Timeouts {
    pub(crate) connect: Duration,
    pub(crate) first_token: Duration,
    pub(crate) idle: Duration,
}

impl HttpConfig {
    /// The backend's name in errors, unless [`backend`](Self::backend) says otherwise.
    pub const BACKEND: &'static str = "http";

    /// A server at `url`, with or without a trailing slash or `/v1`: `http://localhost:8080`,
    /// `https://api.example.com/openai/v1/`.
    pub fn new(url: impl Into<String>) -> Self {
        Self {
            url: url.into(),
            model: None,
            api_key: None,
            dialect: None,
            timeouts: Timeouts {
                connect: Duration::from_secs(10),
                first_token: Duration::from_mins(5),
                idle: Duration::from_mins(1),
            },
            max_retries: 2,
            loading_patience: Duration::from_mins(1),
            concurrency: None,
            done_marker: true,
            stream_usage: true,
            extra_body: Map::new(),
            headers: Vec::new(),
            unix_socket: None,
            backend: Self::BACKEND.to_owned(),
            info: None,
        }
    }

    /// The model to ask for where a request names none. Unset sends none: servers of a single
    /// model need none, others refuse.
    #[must_use]
    pub fn model(mut self, model: impl Into<String>) -> Self {
        self.model = Some(model.into());
        self
    }

    /// The key, sent as a bearer token. It is never shown: not in `Debug`, errors or logs.
    #[must_use]
    pub fn api_key(mut self, key: impl Into<SecretString>) -> Self {
        self.api_key = Some(key.into());
        self
    }

    /// What the server understands. Unset is [`Dialect::OpenAi`], or what
    /// [`HttpTextModel::connect`](crate::HttpTextModel::connect) finds out.
    #[must_use]
    pub fn dialect(mut self, dialect: Dialect) -> Self {
        self.dialect = Some(dialect);
        self
    }

    /// The longest wait for a connection; 10 s unless set.
    #[must_use]
    pub fn connect_timeout(mut self, wait: Duration) -> Self {
        self.timeouts.connect = wait;
        self
    }

    /// The longest wait for the first token, queueing and prefill included; 5 min unless set.
    /// Progress that the server reports, as llama-server does, starts the wait anew.
    #[must_use]
    pub fn first_token_timeout(mut self, wait: Duration) -> Self {
        self.timeouts.first_token = wait;
        self
    }

    /// The longest wait between two events after the first token; 60 s unless set. Keep-alive
    /// comments are not events: they say that the server lives, not that the answer goes on.
    #[must_use]
    pub fn idle_timeout(mut self, wait: Duration) -> Self {
        self.timeouts.idle = wait;
        self
    }

    /// How often a request is sent again after an error that may pass; 2 unless set. Only before
    /// the first token reaches the caller, and never after a time-out.
    #[must_use]
    pub fn max_retries(mut self, retries: u32) -> Self {
        self.max_retries = retries;
        self
    }

    /// How long to wait for a server that is still loading its model, besides the other retries;
    /// 60 s unless set.
    #[must_use]
    pub fn loading_patience(mut self, wait: Duration) -> Self {
        self.loading_patience = wait;
        self
    }

    /// Prompts in work at once for batches and classification where the caller sets none.
    #[must_use]
    pub fn concurrency(mut self, requests: NonZeroUsize) -> Self {
        self.concurrency = Some(requests);
        self
    }

    /// Whether the server ends its streams with `[DONE]`; true unless set. Set it to false only
    /// for a server that sends none: without the marker, a stream that a proxy cut after the
    /// finish reason cannot be told from a whole one.
    #[must_use]
    pub fn done_marker(mut self, sends: bool) -> Self {
        self.done_marker = sends;
        self
    }

    /// Whether to ask for token counts through `stream_options`; true unless set. Set it to false
    /// for a server that refuses the field.
    #[must_use]
    pub fn stream_usage(mut self, ask: bool) -> Self {
        self.stream_usage = ask;
        self
    }

    /// Adds a field to the body of every request, over whatever would be sent under that name;
    /// null removes the field.
    #[must_use]
    pub fn extra_body(mut self, name: impl Into<String>, value: impl Into<Value>) -> Self {
        self.extra_body.insert(name.into(), value.into());
        self
    }

    /// Adds a header to every request. Values are treated as secrets.
    #[must_use]
    pub fn header(mut self, name: impl Into<String>, value: impl Into<SecretString>) -> Self {
        self.headers.push((name.into(), value.into()));
        self
    }

    /// Connects to this UNIX socket instead of the URL's host; the URL still gives the path and
    /// the `Host` header. Proxies are not used.
    #[must_use]
    pub fn unix_socket(mut self, path: impl Into<PathBuf>) -> Self {
        self.unix_socket = Some(path.into());
        self
    }

    /// The backend's name in errors and in [`ModelInfo`]; `http` unless set.
    #[must_use]
    pub fn backend(mut self, name: impl Into<String>) -> Self {
        self.backend = name.into();
        self
    }

    /// What is known of the model; its backend name is replaced by [`backend`](Self::backend).
    #[must_use]
    pub fn info(mut self, info: ModelInfo) -> Self {
        self.info = Some(info);
        self
    }
}

impl fmt::Debug for HttpConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let headers: Vec<_> = self.headers.iter().map(|(name, _)| name).collect();
        f.debug_struct("HttpConfig")
            .field("url", &crate::url::without_secrets(&self.url))
            .field("model", &self.model)
            .field("api_key", &self.api_key.as_ref().map(|_| "[hidden]"))
            .field("dialect", &self.dialect)
            .field("timeouts", &self.timeouts)
            .field("max_retries", &self.max_retries)
            .field("loading_patience", &self.loading_patience)
            .field("concurrency", &self.concurrency)
            .field("done_marker", &self.done_marker)
            .field("stream_usage", &self.stream_usage)
            .field("extra_body", &self.extra_body)
            .field("headers", &headers)
            .field("unix_socket", &self.unix_socket)
            .field("backend", &self.backend)
            .field("info", &self.info)
            .finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debug_shows_no_secret() {
        let config = HttpConfig::new("http://user:hunter2@host/v1?token=hunter2")
            .api_key("sk-hunter2")
            .header("x-api-key", "hunter2");
        let shown = format!("{config:?}");
        assert!(!shown.contains("hunter2"), "{shown}");
        assert!(
            shown.contains("x-api-key") && shown.contains("host"),
            "{shown}"
        );
    }
}
