//! How a model is served.

use std::num::NonZeroU32;
use std::path::{Path, PathBuf};

use serde::Deserialize;

/// How a model is loaded and served.
///
/// Made with the `with_` methods, or read by serde, where an unknown field is an error. What is
/// unset is decided when the model is loaded.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[non_exhaustive]
pub struct MlxConfig {
    /// Tokens that prompt and answer may hold together. Unset: what the model was made for, or
    /// as many as [`kv_budget_bytes`](Self::kv_budget_bytes) has room for.
    pub context_length: Option<NonZeroU32>,
    /// Answers generated at the same time; more wait in line. 8 by default.
    pub parallel_slots: Option<NonZeroU32>,
    /// How keys and values are kept.
    pub kv_cache: KvCache,
    /// Bytes that keys and values of all requests may take, those of the prefix cache included. A
    /// request that needs more is refused, one that needs more than is free waits. Unset: half of
    /// what MLX may use and no model holds when this one is loaded.
    pub kv_budget_bytes: Option<u64>,
    /// Bytes of keys and values that are kept for prompts that begin alike; they give way to
    /// requests, and the longest unused go first. 0 keeps none. Unset: a quarter of the budget.
    pub prefix_cache_bytes: Option<u64>,
    /// LoRA adapters that are loaded with the model.
    pub adapters: Vec<MlxAdapter>,
    /// Sets MLX's memory limit, which is one for the whole process; see `memory::limit`.
    pub memory_limit_bytes: Option<u64>,
    /// Sets how many freed bytes MLX keeps for later, in the whole process.
    pub cache_limit_bytes: Option<u64>,
    /// Sets how many bytes the GPU may keep from being paged out, in the whole process. Metal on
    /// macOS 15 or later alone; refused elsewhere.
    pub wired_limit_bytes: Option<u64>,
}

/// How keys and values are kept. Fewer bits take less memory, and change answers a little.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Deserialize)]
#[non_exhaustive]
pub enum KvCache {
    /// As the network computes them: 32 bits on the CPU, 16 on Metal.
    #[default]
    #[serde(rename = "full")]
    Full,
    /// Quantised to 8 bits, in groups of 32.
    #[serde(rename = "8bit")]
    EightBit,
    /// Quantised to 4 bits, in groups of 32.
    #[serde(rename = "4bit")]
    FourBit,
}

/// A LoRA adapter in mlx-lm's or PEFT's layout.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct MlxAdapter {
    /// Its folder or file.
    pub path: PathBuf,
    /// What requests call it. Unset: the folder's name, or the file's without its extension.
    #[serde(default)]
    pub name: Option<String>,
    /// Whether only requests that name it use it. By default every request does that names none;
    /// one adapter at most can be such.
    #[serde(default)]
    pub on_request: bool,
}

impl MlxConfig {
    /// `parallel_slots` where it is unset.
    pub const PARALLEL_SLOTS: NonZeroU32 = NonZeroU32::new(8).expect("8 is not zero");

    /// Sets the tokens that one request may fill.
    #[must_use]
    pub fn with_context_length(mut self, tokens: NonZeroU32) -> Self {
        self.context_length = Some(tokens);
        self
    }

    /// Sets how many answers are generated at the same time.
    #[must_use]
    pub fn with_parallel_slots(mut self, slots: NonZeroU32) -> Self {
        self.parallel_slots = Some(slots);
        self
    }

    /// Sets how keys and values are kept.
    #[must_use]
    pub fn with_kv_cache(mut self, kept: KvCache) -> Self {
        self.kv_cache = kept;
        self
    }

    /// Sets the bytes of all keys and values.
    #[must_use]
    pub fn with_kv_budget_bytes(mut self, bytes: u64) -> Self {
        self.kv_budget_bytes = Some(bytes);
        self
    }

    /// Sets the bytes that are kept for prompts that begin alike.
    #[must_use]
    pub fn with_prefix_cache_bytes(mut self, bytes: u64) -> Self {
        self.prefix_cache_bytes = Some(bytes);
        self
    }

    /// Adds a LoRA adapter.
    #[must_use]
    pub fn with_adapter(mut self, adapter: MlxAdapter) -> Self {
        self.adapters.push(adapter);
        self
    }

    /// Sets MLX's memory limit.
    #[must_use]
    pub fn with_memory_limit_bytes(mut self, bytes: u64) -> Self {
        self.memory_limit_bytes = Some(bytes);
        self
    }

    /// Sets how many freed bytes MLX keeps.
    #[must_use]
    pub fn with_cache_limit_bytes(mut self, bytes: u64) -> Self {
        self.cache_limit_bytes = Some(bytes);
        self
    }

    /// Sets how many bytes the GPU may keep from being paged out.
    #[must_use]
    pub fn with_wired_limit_bytes(mut self, bytes: u64) -> Self {
        self.wired_limit_bytes = Some(bytes);
        self
    }
}

impl MlxAdapter {
    /// An adapter for every request that names none.
    pub fn new(path: impl Into<PathBuf>) -> Self {
        Self {
            path: path.into(),
            name: None,
            on_request: false,
        }
    }

    /// Sets what requests call it.
    #[must_use]
    pub fn with_name(mut self, name: impl Into<String>) -> Self {
        self.name = Some(name.into());
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

/// What a model or an adapter is called by its path.
pub(crate) fn stem(path: &Path) -> String {
    let is_file = ["gguf", "safetensors"];
    let extension = path.extension().and_then(std::ffi::OsStr::to_str);
    let name = match extension.filter(|extension| is_file.contains(extension)) {
        Some(_) => path.file_stem(),
        None => path.file_name(),
    };
    name.unwrap_or_default().to_string_lossy().into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(json: &str) -> Result<MlxConfig, String> {
        serde_json::from_str(json).map_err(|error| error.to_string())
    }

    #[test]
    fn a_file_says_what_the_builder_says() {
        let n = |n| NonZeroU32::new(n).unwrap();
        let config = MlxConfig::default()
            .with_context_length(n(2048))
            .with_parallel_slots(n(2))
            .with_kv_cache(KvCache::EightBit)
            .with_kv_budget_bytes(1 << 30)
            .with_prefix_cache_bytes(0)
            .with_adapter(MlxAdapter::new("a").with_name("pirate").on_request())
            .with_memory_limit_bytes(3)
            .with_cache_limit_bytes(4)
            .with_wired_limit_bytes(5);
        let text = r#"{
            "context_length": 2048, "parallel_slots": 2, "kv_cache": "8bit",
            "kv_budget_bytes": 1073741824, "prefix_cache_bytes": 0,
            "adapters": [{"path": "a", "name": "pirate", "on_request": true}],
            "memory_limit_bytes": 3, "cache_limit_bytes": 4, "wired_limit_bytes": 5
        }"#;
        assert_eq!(read(text), Ok(config));
        assert_eq!(read("{}"), Ok(MlxConfig::default()));
    }

    #[test]
    fn what_makes_no_sense_is_refused_by_name() {
        for (text, named) in [
            (r#"{"slots": 1}"#, "slots"),
            (r#"{"parallel_slots": 0}"#, "nonzero"),
            (r#"{"kv_cache": "2bit"}"#, "2bit"),
            (r#"{"adapters": [{}]}"#, "path"),
        ] {
            let error = read(text).unwrap_err();
            assert!(error.contains(named), "{text}: {error}");
        }
    }

    #[test]
    fn names_come_from_the_paths() {
        for (path, name) in [
            ("/m/SmolLM2-1.7B", "SmolLM2-1.7B"),
            ("/m/SmolLM2.Q4_1.gguf", "SmolLM2.Q4_1"),
            ("a/adapters.safetensors", "adapters"),
        ] {
            assert_eq!(stem(Path::new(path)), name);
        }
    }
}
