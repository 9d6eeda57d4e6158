//! One named model: where it is and how to load it.

use std::fmt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use inference_core::{GenerateOptions, LoadOptions, ModelSource};
use serde::Deserialize;

use super::value::{address, bytes, dialect, kv_cache, layers, positive, seconds, variable};

/// One named model: where it is, how to load it, and how it answers by default.
///
/// The fields are the keys of a `[models.NAME]` section. Either `path` or `url` says where the
/// model is; what is unset is the backend's choice. Durations are numbers of seconds there.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[non_exhaustive]
pub struct ModelConfig {
    /// The loader to use, by name or alias; unset takes the first that is available and accepts
    /// the model.
    pub backend: Option<String>,

    /// A GGUF file, or a folder with safetensors.
    pub path: Option<PathBuf>,
    /// An OpenAI-compatible server, with or without `/v1`.
    #[serde(deserialize_with = "address")]
    pub url: Option<String>,
    /// The model's name on that server; unset is what the server serves.
    pub model: Option<String>,

    /// Tokens that prompt and answer may hold together.
    #[serde(deserialize_with = "positive")]
    pub context_length: Option<u32>,
    /// Layers to keep on the GPU: −1 is all, 0 none.
    #[serde(deserialize_with = "layers")]
    pub gpu_layers: Option<i32>,
    /// Requests served at once.
    #[serde(deserialize_with = "positive")]
    pub parallel_slots: Option<u32>,
    /// A LoRA adapter to apply: a folder or a file.
    pub adapter: Option<PathBuf>,
    /// LoRA adapters that are loaded with a model of this machine, for all requests or by name.
    pub adapters: Vec<AdapterConfig>,

    /// The llama-server to run: a path, or a name to look up in `PATH`.
    pub llama_server: Option<PathBuf>,
    /// Threads that llama-server computes with.
    #[serde(deserialize_with = "positive")]
    pub threads: Option<u32>,
    /// Further arguments for llama-server.
    pub extra_args: Vec<String>,
    /// How long llama-server may start without any progress.
    #[serde(deserialize_with = "seconds")]
    pub start_patience: Option<Duration>,
    /// How long llama-server may take to end before it is killed.
    #[serde(deserialize_with = "seconds")]
    pub stop_grace: Option<Duration>,

    /// How MLX keeps keys and values: `full`, `8bit` or `4bit`.
    #[serde(deserialize_with = "kv_cache")]
    pub kv_cache: Option<String>,
    /// Bytes that keys and values of all requests may take.
    #[serde(deserialize_with = "bytes")]
    pub kv_budget: Option<u64>,
    /// Bytes of them that are kept for prompts that begin alike; 0 keeps none.
    #[serde(deserialize_with = "bytes")]
    pub prefix_cache: Option<u64>,
    /// MLX's memory limit, one for the process.
    #[serde(deserialize_with = "bytes")]
    pub memory_limit: Option<u64>,
    /// Freed bytes that MLX keeps for later, one number for the process.
    #[serde(deserialize_with = "bytes")]
    pub cache_limit: Option<u64>,
    /// Bytes that the GPU may keep from being paged out, one number for the process.
    #[serde(deserialize_with = "bytes")]
    pub wired_limit: Option<u64>,

    /// The environment variable that holds the server's API key.
    #[serde(deserialize_with = "variable")]
    pub api_key_env: Option<String>,
    /// What kind of server it is: `openai`, `llama-server`, `vllm`, `ollama` or `mlx-lm`.
    #[serde(deserialize_with = "dialect")]
    pub dialect: Option<String>,
    /// The longest wait for a connection.
    #[serde(deserialize_with = "seconds")]
    pub connect_timeout: Option<Duration>,
    /// The longest wait for the first token.
    #[serde(deserialize_with = "seconds")]
    pub first_token_timeout: Option<Duration>,
    /// The longest wait between two tokens.
    #[serde(deserialize_with = "seconds")]
    pub idle_timeout: Option<Duration>,
    /// How long to wait for a server that is still loading its model.
    #[serde(deserialize_with = "seconds")]
    pub loading_patience: Option<Duration>,
    /// How often a request is sent again after an error that may pass.
    pub max_retries: Option<u32>,
    /// Prompts in work at once in batches that do not say.
    #[serde(deserialize_with = "positive")]
    pub concurrency: Option<u32>,
    /// Whether the server ends its streams with `[DONE]`.
    pub done_marker: Option<bool>,
    /// Whether to ask the server for token counts.
    pub stream_usage: Option<bool>,
    /// Fields for the body of every request.
    pub extra_body: serde_json::Map<String, serde_json::Value>,

    /// Whether a service loads it when it starts, where that is asked for.
    pub preload: bool,
    /// Whether it stays loaded, except when it is unloaded by name.
    pub pin: bool,
    /// After how long without a request it is unloaded; unset is what the top of the file says.
    #[serde(deserialize_with = "seconds")]
    pub idle_unload: Option<Duration>,
    /// Requests that may wait for a place in a server; unset is what the top of the file says.
    pub max_waiting: Option<u32>,
    /// Bytes that it is counted with under the memory ceiling; unset is the size of its files.
    #[serde(deserialize_with = "bytes")]
    pub memory: Option<u64>,

    /// Options of requests that do not set them.
    pub options: GenerateOptions,
}

/// A LoRA adapter that is loaded with its model.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct AdapterConfig {
    /// The adapter's folder or file.
    pub path: PathBuf,
    /// What requests call it; unset is the folder's name, or the file's without its extension.
    #[serde(default)]
    pub name: Option<String>,
    /// The factor on its weights, on a llama-server; 1 where unset.
    #[serde(default)]
    pub scale: Option<f32>,
    /// Whether only requests that name it use it.
    #[serde(default)]
    pub on_request: bool,
}

impl AdapterConfig {
    /// What requests call it.
    pub fn called(&self) -> String {
        let name = self.name.clone();
        name.unwrap_or_else(|| adapter_name(&self.path))
    }
}

/// What requests call an adapter that has no name: its folder, or its file without the extension.
pub(crate) fn adapter_name(path: &Path) -> String {
    let name = if path.is_dir() {
        path.file_name()
    } else {
        path.file_stem()
    };
    name.unwrap_or_default().to_string_lossy().into_owned()
}

impl ModelConfig {
    /// A model file or folder.
    pub fn at_path(path: impl Into<PathBuf>) -> Self {
        Self {
            path: Some(path.into()),
            ..Self::default()
        }
    }

    /// A model of an OpenAI-compatible server.
    pub fn at_url(url: impl Into<String>) -> Self {
        Self {
            url: Some(url.into()),
            ..Self::default()
        }
    }

    /// Sets [`backend`](Self::backend).
    #[must_use]
    pub fn with_backend(mut self, backend: impl Into<String>) -> Self {
        self.backend = Some(backend.into());
        self
    }

    /// Sets [`options`](Self::options).
    #[must_use]
    pub fn with_options(mut self, options: GenerateOptions) -> Self {
        self.options = options;
        self
    }

    /// Where the model is.
    ///
    /// # Errors
    /// There is neither a path nor an address, or there are both.
    pub fn source(&self) -> Result<ModelSource, SourceError> {
        match (&self.path, &self.url) {
            (Some(path), None) => Ok(ModelSource::Path(path.clone())),
            (None, Some(url)) => Ok(ModelSource::Server {
                url: url.clone(),
                model: self.model.clone(),
            }),
            (None, None) => Err(SourceError::Missing),
            (Some(_), Some(_)) => Err(SourceError::Both),
        }
    }

    /// What its loader is told.
    pub fn load_options(&self) -> LoadOptions {
        let mut options = LoadOptions::default();
        options.backend.clone_from(&self.backend);
        options.context_length = self.context_length;
        options.gpu_layers = self.gpu_layers;
        options.parallel_slots = self.parallel_slots;
        options.adapter.clone_from(&self.adapter);
        options
    }

    /// Replaces what `overrides` sets.
    pub(crate) fn override_with(&mut self, overrides: &LoadOptions) {
        if overrides.backend.is_some() {
            self.backend.clone_from(&overrides.backend);
        }
        if overrides.adapter.is_some() {
            self.adapter.clone_from(&overrides.adapter);
        }
        self.context_length = overrides.context_length.or(self.context_length);
        self.gpu_layers = overrides.gpu_layers.or(self.gpu_layers);
        self.parallel_slots = overrides.parallel_slots.or(self.parallel_slots);
    }
}

/// Why a model's configuration does not say where it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum SourceError {
    /// Neither path nor address.
    Missing,
    /// Path and address.
    Both,
}

impl fmt::Display for SourceError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Missing => "it needs a path (a model file or folder) or a url (a server)",
            Self::Both => "it has a path and a url; keep the one that says where the model is",
        })
    }
}

impl std::error::Error for SourceError {}
