//! What a llama-server is started with.

use std::num::NonZeroU32;
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::{Deserialize, Deserializer};

/// How to run one model on a llama-server of our own.
///
/// Made with [`LlamaConfig::new`] and the `with_` methods, or read by serde, where an unknown
/// field is an error and durations are seconds. What is unset is left to llama-server.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct LlamaConfig {
    /// The GGUF file; the first one where a model is split.
    pub model: PathBuf,
    /// The executable, or a name to look up in `PATH`. Unset: the variable `LLAMA_SERVER`, then
    /// `llama-server` in `PATH`, then `bin/llama-server` in the cache folder (`ML_CACHE`, else
    /// `XDG_CACHE_HOME/ml`, else `~/.cache/ml`).
    #[serde(default)]
    pub binary: Option<PathBuf>,
    /// Tokens that one request may fill, prompt and answer together. Unset: what the model was
    /// trained with, divided by `parallel`.
    #[serde(default)]
    pub context_length: Option<NonZeroU32>,
    /// Layers computed on the GPU: −1 for all, 0 for none. Unset: as many as fit.
    #[serde(default)]
    pub gpu_layers: Option<i32>,
    /// Requests answered at the same time; more wait in line. Each has the whole
    /// `context_length`. Unset: llama-server's own number, sharing one context.
    #[serde(default)]
    pub parallel: Option<NonZeroU32>,
    /// Threads that compute. Unset: one for each physical core.
    #[serde(default)]
    pub threads: Option<NonZeroU32>,
    /// LoRA adapters, loaded with the model.
    #[serde(default)]
    pub adapters: Vec<LoraAdapter>,
    /// Further arguments for llama-server. One that would contradict this configuration, or the
    /// private connection to the server, is refused by name.
    #[serde(default)]
    pub extra_args: Vec<String>,
    /// How long a start may go without progress, which is any new output or change of state.
    /// There is no limit on the whole. 120 s by default.
    #[serde(default = "defaults::start_patience", deserialize_with = "seconds")]
    pub start_patience: Duration,
    /// How long a stop waits after SIGTERM before SIGKILL. 2 s by default.
    #[serde(default = "defaults::stop_grace", deserialize_with = "seconds")]
    pub stop_grace: Duration,
    /// The longest wait for the first token, for a free slot and the prompt's prefill. Progress
    /// of the prefill starts the wait anew. 5 min by default.
    #[serde(
        default = "defaults::first_token_timeout",
        deserialize_with = "seconds"
    )]
    pub first_token_timeout: Duration,
    /// The longest wait for the next token. 60 s by default.
    #[serde(default = "defaults::idle_timeout", deserialize_with = "seconds")]
    pub idle_timeout: Duration,
    /// When a server that keeps crashing is no longer restarted at once.
    #[serde(default)]
    pub crash_limit: CrashLimit,
}

/// A LoRA adapter in GGUF form.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct LoraAdapter {
    /// The GGUF file.
    pub path: PathBuf,
    /// What requests call it. Unset: the file's name without its extension.
    #[serde(default)]
    pub name: Option<String>,
    /// The factor on its weights; 1 by default.
    #[serde(default = "defaults::scale")]
    pub scale: f32,
    /// Whether only requests that name it use it. By default every request does that names none.
    #[serde(default)]
    pub on_request: bool,
}

/// After `crashes` crashes within `window`, a request does not restart the server until `pause`
/// has passed since the last of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
#[non_exhaustive]
pub struct CrashLimit {
    /// How many crashes are a loop; 3 by default.
    pub crashes: NonZeroU32,
    /// How close together they must be; 60 s by default.
    #[serde(deserialize_with = "seconds")]
    pub window: Duration,
    /// How long to leave the server alone; 30 s by default.
    #[serde(deserialize_with = "seconds")]
    pub pause: Duration,
}

impl LlamaConfig {
    /// Runs `model` with the defaults.
    pub fn new(model: impl Into<PathBuf>) -> Self {
        Self {
            model: model.into(),
            binary: None,
            context_length: None,
            gpu_layers: None,
            parallel: None,
            threads: None,
            adapters: Vec::new(),
            extra_args: Vec::new(),
            start_patience: defaults::start_patience(),
            stop_grace: defaults::stop_grace(),
            first_token_timeout: defaults::first_token_timeout(),
            idle_timeout: defaults::idle_timeout(),
            crash_limit: CrashLimit::default(),
        }
    }

    /// Sets the executable.
    #[must_use]
    pub fn with_binary(mut self, binary: impl Into<PathBuf>) -> Self {
        self.binary = Some(binary.into());
        self
    }

    /// Sets the tokens that one request may fill.
    #[must_use]
    pub fn with_context_length(mut self, tokens: NonZeroU32) -> Self {
        self.context_length = Some(tokens);
        self
    }

    /// Sets the layers computed on the GPU; −1 is all of them.
    #[must_use]
    pub fn with_gpu_layers(mut self, layers: i32) -> Self {
        self.gpu_layers = Some(layers);
        self
    }

    /// Sets how many requests are answered at the same time.
    #[must_use]
    pub fn with_parallel(mut self, slots: NonZeroU32) -> Self {
        self.parallel = Some(slots);
        self
    }

    /// Sets the threads that compute.
    #[must_use]
    pub fn with_threads(mut self, threads: NonZeroU32) -> Self {
        self.threads = Some(threads);
        self
    }

    /// Adds a LoRA adapter.
    #[must_use]
    pub fn with_adapter(mut self, adapter: LoraAdapter) -> Self {
        self.adapters.push(adapter);
        self
    }

    /// Adds arguments for llama-server.
    #[must_use]
    pub fn with_extra_args<I: Into<String>>(mut self, args: impl IntoIterator<Item = I>) -> Self {
        self.extra_args.extend(args.into_iter().map(Into::into));
        self
    }

    /// Sets how long a start may go without progress.
    #[must_use]
    pub fn with_start_patience(mut self, patience: Duration) -> Self {
        self.start_patience = patience;
        self
    }

    /// Sets how long a stop waits between SIGTERM and SIGKILL.
    #[must_use]
    pub fn with_stop_grace(mut self, grace: Duration) -> Self {
        self.stop_grace = grace;
        self
    }

    /// Sets the longest wait for the first token.
    #[must_use]
    pub fn with_first_token_timeout(mut self, wait: Duration) -> Self {
        self.first_token_timeout = wait;
        self
    }

    /// Sets the longest wait for the next token.
    #[must_use]
    pub fn with_idle_timeout(mut self, wait: Duration) -> Self {
        self.idle_timeout = wait;
        self
    }

    /// Sets when a server that keeps crashing is left alone for a while.
    #[must_use]
    pub fn with_crash_limit(mut self, limit: CrashLimit) -> Self {
        self.crash_limit = limit;
        self
    }

    /// What the server calls the model: the file's name without its extension.
    pub(crate) fn alias(&self) -> String {
        // llama-server splits an alias at commas and trims the parts.
        let name = stem(&self.model).replace(',', "_");
        match name.trim() {
            "" => "model".to_owned(),
            name => name.to_owned(),
        }
    }
}

impl LoraAdapter {
    /// An adapter at full scale, used by every request that names none.
    pub fn new(path: impl Into<PathBuf>) -> Self {
        Self {
            path: path.into(),
            name: None,
            scale: defaults::scale(),
            on_request: false,
        }
    }

    /// Sets what requests call it.
    #[must_use]
    pub fn with_name(mut self, name: impl Into<String>) -> Self {
        self.name = Some(name.into());
        self
    }

    /// Sets the factor on its weights.
    #[must_use]
    pub fn with_scale(mut self, scale: f32) -> Self {
        self.scale = scale;
        self
    }

    /// Leaves it to the requests that name it.
    #[must_use]
    pub fn on_request(mut self) -> Self {
        self.on_request = true;
        self
    }

    /// What requests call it.
    pub fn name(&self) -> String {
        self.name.clone().unwrap_or_else(|| stem(&self.path))
    }
}

impl CrashLimit {
    /// A loop is `crashes` within `window`; it is broken by leaving the server alone for `pause`.
    pub fn new(crashes: NonZeroU32, window: Duration, pause: Duration) -> Self {
        Self {
            crashes,
            window,
            pause,
        }
    }
}

impl Default for CrashLimit {
    fn default() -> Self {
        Self {
            crashes: const { NonZeroU32::new(3).unwrap() },
            window: Duration::from_mins(1),
            pause: Duration::from_secs(30),
        }
    }
}

fn stem(path: &Path) -> String {
    path.file_stem()
        .unwrap_or_default()
        .to_string_lossy()
        .into_owned()
}

fn seconds<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Duration, D::Error> {
    let seconds = f64::deserialize(deserializer)?;
    Duration::try_from_secs_f64(seconds).map_err(serde::de::Error::custom)
}

mod defaults {
    use std::time::Duration;

    pub(super) fn start_patience() -> Duration {
        Duration::from_mins(2)
    }

    pub(super) fn stop_grace() -> Duration {
        Duration::from_secs(2)
    }

    pub(super) fn first_token_timeout() -> Duration {
        Duration::from_mins(5)
    }

    pub(super) fn idle_timeout() -> Duration {
        Duration::from_mins(1)
    }

    pub(super) fn scale() -> f32 {
        1.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(toml: &str) -> Result<LlamaConfig, String> {
        toml::from_str(toml).map_err(|error| error.to_string())
    }

    #[test]
    fn a_model_is_all_that_a_file_must_name() {
        assert_eq!(read("model = 'm.gguf'"), Ok(LlamaConfig::new("m.gguf")));
        assert!(read("threads = 1").unwrap_err().contains("model"));
    }

    #[test]
    fn a_file_says_what_the_builder_says() {
        let config = LlamaConfig::new("m.gguf")
            .with_binary("/opt/llama-server")
            .with_context_length(NonZeroU32::new(2048).unwrap())
            .with_gpu_layers(-1)
            .with_parallel(NonZeroU32::new(2).unwrap())
            .with_threads(NonZeroU32::new(1).unwrap())
            .with_adapter(
                LoraAdapter::new("a.gguf")
                    .with_name("pirate")
                    .with_scale(0.5)
                    .on_request(),
            )
            .with_extra_args(["--cache-ram", "0"])
            .with_start_patience(Duration::from_millis(1500))
            .with_stop_grace(Duration::from_secs(5))
            .with_first_token_timeout(Duration::from_mins(10))
            .with_idle_timeout(Duration::from_secs(30))
            .with_crash_limit(CrashLimit::new(
                NonZeroU32::MIN,
                Duration::from_mins(1),
                Duration::from_secs(1),
            ));
        let text = "model = 'm.gguf'
            binary = '/opt/llama-server'
            context_length = 2048
            gpu_layers = -1
            parallel = 2
            threads = 1
            adapters = [{ path = 'a.gguf', name = 'pirate', scale = 0.5, on_request = true }]
            extra_args = ['--cache-ram', '0']
            start_patience = 1.5
            stop_grace = 5
            first_token_timeout = 600
            idle_timeout = 30
            crash_limit = { crashes = 1, pause = 1 }";
        assert_eq!(read(text), Ok(config));
    }

    #[test]
    fn what_makes_no_sense_is_refused_by_name() {
        for (line, named) in [
            ("ctx = 1", "ctx"),
            ("parallel = 0", "nonzero"),
            ("context_length = -1", "nonzero"),
            ("stop_grace = -1", "negative"),
            ("start_patience = nan", "NaN"),
            ("crash_limit = { often = 1 }", "often"),
        ] {
            let error = read(&format!("model = 'm'\n{line}")).unwrap_err();
            assert!(error.contains(named), "{line}: {error}");
        }
    }

    #[test]
    fn names_come_from_the_files() {
        assert_eq!(
            LlamaConfig::new("/m/Smol,LM.Q4_1.gguf").alias(),
            "Smol_LM.Q4_1"
        );
        assert_eq!(LlamaConfig::new("").alias(), "model");
        assert_eq!(LoraAdapter::new("x/pirate.gguf").name(), "pirate");
        assert_eq!(LoraAdapter::new("x.gguf").with_name("y").name(), "y");
    }
}
