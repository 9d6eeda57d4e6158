//! A running server with the HTTP clients that speak to it.

use std::sync::Arc;
use std::time::Duration;

use backend_http::{Dialect, HttpConfig, HttpTextModel};
use inference_core::{Error, ErrorKind, ModelInfo, TextModel as _};
use serde_json::{Value, json};
use tokio_util::task::task_tracker::TaskTrackerToken;

use crate::config::{LlamaConfig, LoraAdapter};
use crate::error::{BACKEND, Crash};
use crate::instance::Instance;

/// How long after a broken connection the end of the server's process is looked for: the system
/// closes the connections of a process first.
const DEATH: Duration = Duration::from_secs(1);

/// One run of the server, and a client for each way in which requests may use its adapters.
#[derive(Debug)]
pub(crate) struct Serving {
    pub(crate) instance: Arc<Instance>,
    /// With the adapters that every request gets.
    base: HttpTextModel,
    /// With one adapter alone, in the order of the configuration.
    with_adapter: Vec<HttpTextModel>,
}

impl Serving {
    pub(crate) fn new(
        instance: Arc<Instance>,
        config: &LlamaConfig,
        info: &ModelInfo,
    ) -> Result<Self, Error> {
        let client = |scales: Option<Value>| {
            let mut http = HttpConfig::new("http://localhost")
                .unix_socket(instance.socket())
                .api_key(instance.api_key().clone())
                .dialect(Dialect::LlamaServer)
                .backend(BACKEND)
                .info(info.clone())
                .first_token_timeout(config.first_token_timeout)
                .idle_timeout(config.idle_timeout)
                // The server closes a connection after a stream without saying so first: a request
                // that took it up again would fail. A new one costs next to nothing here.
                .header("connection", "close")
                // Whether to ask again is decided here, where the process is known.
                .max_retries(0)
                .loading_patience(Duration::ZERO);
            if let Some(scales) = scales {
                http = http.extra_body("lora", scales);
            }
            HttpTextModel::new(http)
        };
        let adapters = &config.adapters;
        let all = |adapter: &LoraAdapter| !adapter.on_request;
        let base = client((!adapters.is_empty()).then(|| scales(adapters, all)))?;
        let with_adapter = adapters
            .iter()
            .map(|one| client(Some(scales(adapters, |other| std::ptr::eq(one, other)))))
            .collect::<Result<_, _>>()?;
        Ok(Self {
            instance,
            base,
            with_adapter,
        })
    }

    /// The client for requests with the adapter of this index, or with those of every request.
    pub(crate) fn client(&self, adapter: Option<usize>) -> &HttpTextModel {
        adapter.map_or(&self.base, |index| &self.with_adapter[index])
    }

    /// Ends the answers of every client with `Closed`, also those that nobody reads.
    pub(crate) async fn close(&self) {
        for client in self.with_adapter.iter().chain([&self.base]) {
            // Closing a client only tells its answers.
            let _ = client.close().await;
        }
    }

    /// A stop waits, for a moment, until this is dropped.
    pub(crate) fn in_use(&self) -> TaskTrackerToken {
        self.instance.users().token()
    }

    /// What an error of a client means, now that the process can be looked at. A server that is
    /// frozen is killed, so that the next request gets a new one.
    pub(crate) async fn explain(&self, error: Error) -> Error {
        match error.kind() {
            ErrorKind::Truncated | ErrorKind::Connection | ErrorKind::Protocol => {
                match self.death().await {
                    Some(_) if self.instance.closing().is_cancelled() => Error::closed(BACKEND),
                    Some(crash) => crash.into(),
                    None => error,
                }
            }
            ErrorKind::Timeout => {
                if self.instance.is_frozen().await {
                    tracing::warn!(id = self.instance.id(), "killing a frozen llama-server");
                    self.instance.kill();
                    self.death().await;
                }
                error
            }
            _ => error,
        }
    }

    /// How the server died, if it has or is just about to.
    pub(crate) async fn death(&self) -> Option<Crash> {
        let ended = tokio::time::timeout(DEATH, self.instance.ended()).await;
        ended.ok().map(|exit| Crash::of(&self.instance, exit))
    }
}

/// The `lora` field: the scale of each adapter, by its place on the command line.
fn scales(adapters: &[LoraAdapter], is_on: impl Fn(&LoraAdapter) -> bool) -> Value {
    let scale = |(id, adapter): (usize, &LoraAdapter)| {
        let scale = if is_on(adapter) { adapter.scale } else { 0.0 };
        json!({"id": id, "scale": scale})
    };
    adapters.iter().enumerate().map(scale).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_adapter_has_a_scale_in_every_request() {
        let adapters = [
            LoraAdapter::new("a.gguf").with_scale(0.5),
            LoraAdapter::new("b.gguf").on_request(),
        ];
        assert_eq!(
            scales(&adapters, |adapter| !adapter.on_request),
            json!([{"id": 0, "scale": 0.5}, {"id": 1, "scale": 0.0}])
        );
        assert_eq!(
            scales(&adapters, |adapter| adapter.name() == "b"),
            json!([{"id": 0, "scale": 0.0}, {"id": 1, "scale": 1.0}])
        );
    }
}
