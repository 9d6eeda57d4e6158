//! The command line of a llama-server, as a pure function of its configuration.

use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::{Path, PathBuf};

use thiserror::Error;

use crate::config::{LlamaConfig, LoraAdapter};

/// A configuration that no llama-server could be started with.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum ConfigError {
    /// The configuration names no model.
    #[error("the path of the model is empty")]
    NoModel,
    /// An extra argument does what this crate does itself.
    #[error("the extra argument {argument} is not allowed: {reason}")]
    OwnedArgument {
        /// The argument as it was given.
        argument: String,
        /// Why, and what to use in its place.
        reason: &'static str,
    },
    /// A number of GPU layers below −1.
    #[error("gpu_layers is {layers}: use −1 for all, 0 for none, or a number of layers")]
    GpuLayers {
        /// The number as it was given.
        layers: i32,
    },
    /// Context length times parallel requests is more than llama-server can count.
    #[error("a context of {context_length} tokens for {parallel} parallel requests is too long")]
    ContextTooLong {
        /// Tokens for each request.
        context_length: u32,
        /// Requests at the same time.
        parallel: u32,
    },
    /// A scale that is not a finite number.
    #[error("the scale of the adapter {} is {scale}: use a finite number", path.display())]
    Scale {
        /// The adapter.
        path: PathBuf,
        /// The scale as it was given.
        scale: String,
    },
    /// llama-server cannot take a scaled adapter whose path has a colon.
    #[error("the path of the adapter {} has a colon, which llama-server cannot tell from its scale", path.display())]
    AdapterPath {
        /// The adapter.
        path: PathBuf,
    },
    /// Two adapters that requests could not tell apart.
    #[error("two adapters are called {name}: give each its own name")]
    AdapterName {
        /// The name they share.
        name: String,
    },
}

/// The arguments, without the executable, for a server that listens on `socket`.
pub(crate) fn argv(config: &LlamaConfig, socket: &Path) -> Result<Vec<OsString>, ConfigError> {
    if config.model.as_os_str().is_empty() {
        return Err(ConfigError::NoModel);
    }
    refuse_owned(&config.extra_args)?;
    refuse_same_names(&config.adapters)?;

    let mut argv = Argv::default();
    argv.option("--model", &config.model);
    argv.option("--alias", config.alias());
    argv.option("--host", socket);
    if let Some(tokens) = total_context(config)? {
        argv.option("--ctx-size", tokens.to_string());
    }
    if let Some(layers) = config.gpu_layers {
        argv.option("--n-gpu-layers", gpu_layers(layers)?);
    }
    if let Some(slots) = config.parallel {
        argv.option("--parallel", slots.to_string());
    }
    if let Some(threads) = config.threads {
        argv.option("--threads", threads.to_string());
    }
    for adapter in &config.adapters {
        let (flag, value) = lora(adapter)?;
        argv.option(flag, value);
    }
    argv.0.extend(config.extra_args.iter().map(OsString::from));
    Ok(argv.0)
}

#[derive(Default)]
struct Argv(Vec<OsString>);

impl Argv {
    fn option(&mut self, flag: &str, value: impl Into<OsString>) {
        self.0.extend([flag.into(), value.into()]);
    }
}

/// llama-server divides its context among explicit slots.
fn total_context(config: &LlamaConfig) -> Result<Option<i32>, ConfigError> {
    let Some(each) = config.context_length else {
        return Ok(None);
    };
    let slots = config.parallel.map_or(1, u32::from);
    let total = i32::try_from(u64::from(each.get()) * u64::from(slots));
    total.map(Some).map_err(|_| ConfigError::ContextTooLong {
        context_length: each.get(),
        parallel: slots,
    })
}

/// `all` is younger than many servers; more layers than any model has means the same on each.
fn gpu_layers(layers: i32) -> Result<String, ConfigError> {
    match layers {
        -1 => Ok("999".to_owned()),
        0.. => Ok(layers.to_string()),
        _ => Err(ConfigError::GpuLayers { layers }),
    }
}

#[expect(
    clippy::float_cmp,
    reason = "exactly 1 is the scale that needs no mention"
)]
fn lora(adapter: &LoraAdapter) -> Result<(&'static str, OsString), ConfigError> {
    let path = adapter.path.clone();
    if !adapter.scale.is_finite() {
        let scale = adapter.scale.to_string();
        return Err(ConfigError::Scale { path, scale });
    }
    if adapter.scale == 1.0 {
        return Ok(("--lora", quoted(path.as_os_str())));
    }
    if path.as_os_str().as_bytes().contains(&b':') {
        return Err(ConfigError::AdapterPath { path });
    }
    let mut value = path.into_os_string();
    value.push(format!(":{}", adapter.scale));
    Ok(("--lora-scaled", quoted(&value)))
}

/// llama-server reads adapters as one row of CSV.
fn quoted(value: &OsStr) -> OsString {
    let bytes = value.as_bytes();
    if !bytes.contains(&b',') && !bytes.contains(&b'"') {
        return value.to_owned();
    }
    let mut row = vec![b'"'];
    for &byte in bytes {
        if byte == b'"' {
            row.push(b'"');
        }
        row.push(byte);
    }
    row.push(b'"');
    OsString::from_vec(row)
}

fn refuse_same_names(adapters: &[LoraAdapter]) -> Result<(), ConfigError> {
    for (i, adapter) in adapters.iter().enumerate() {
        let name = adapter.name();
        if adapters[..i].iter().any(|earlier| earlier.name() == name) {
            return Err(ConfigError::AdapterName { name });
        }
    }
    Ok(())
}

fn refuse_owned(arguments: &[String]) -> Result<(), ConfigError> {
    for argument in arguments {
        // llama-server takes `--ctx_size` for `--ctx-size`.
        let flag = argument.split('=').next().unwrap_or_default();
        let flag = if flag.starts_with("--") {
            flag.replace('_', "-")
        } else {
            flag.to_owned()
        };
        let owned = OWNED
            .iter()
            .find(|(flags, _)| flags.contains(&flag.as_str()));
        if let Some(&(_, reason)) = owned {
            let argument = argument.clone();
            return Err(ConfigError::OwnedArgument { argument, reason });
        }
    }
    Ok(())
}

/// Arguments that would contradict what this crate sets or relies on.
#[rustfmt::skip]
const OWNED: &[(&[&str], &str)] = &[
    (&["-m", "--model", "-mu", "--model-url", "-hf", "-hfr", "--hf-repo", "-hff", "--hf-file",
       "-dr", "--docker-repo"], "the model is set by `model`"),
    (&["-a", "--alias"], "the model is named after its file"),
    (&["--host", "--port", "--reuse-port", "--path", "--api-prefix", "--ssl-key-file",
       "--ssl-cert-file"], "the server listens on a private socket"),
    (&["--api-key", "--api-key-file"], "the server gets a key of its own"),
    (&["-hft", "--hf-token"], "command lines are visible to everybody, and nothing is downloaded"),
    (&["--sse-ping-interval"], "the pings show that the server is alive"),
    (&["-c", "--ctx-size"], "use `context_length`"),
    (&["-ngl", "--gpu-layers", "--n-gpu-layers"], "use `gpu_layers`"),
    (&["-np", "--parallel"], "use `parallel`"),
    (&["-t", "--threads"], "use `threads`"),
    (&["--lora", "--lora-scaled", "--lora-init-without-apply"], "use `adapters`"),
    (&["--models-dir", "--models-preset", "--models-max", "--models-autoload",
       "--no-models-autoload"], "one server runs one model"),
    (&["--embedding", "--embeddings", "--rerank", "--reranking"], "the server must generate text"),
    (&["-h", "--help", "--usage", "--version", "-cl", "--cache-list", "--completion-bash",
       "--list-devices"], "the server would print it and exit"),
];

#[cfg(test)]
mod tests;
