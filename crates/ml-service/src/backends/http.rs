//! The loader `http`, with a model's own settings in it.

use std::num::NonZeroUsize;

use backend_http::{Dialect, HttpConfig, HttpLoader};
use inference_core::{Error, ErrorKind};

use crate::config::ModelConfig;

/// A loader for this model alone.
pub(super) fn loader(model: &ModelConfig) -> Result<HttpLoader, Error> {
    // Address and model come with the source.
    let mut config = HttpConfig::new("");
    if let Some(variable) = &model.api_key_env {
        config = config.api_key(key(variable)?);
    }
    if let Some(dialect) = &model.dialect {
        let dialect: Dialect = dialect
            .parse()
            .map_err(|error| Error::new(ErrorKind::InvalidRequest, format!("dialect: {error}")))?;
        config = config.dialect(dialect);
    }
    if let Some(wait) = model.connect_timeout {
        config = config.connect_timeout(wait);
    }
    if let Some(wait) = model.first_token_timeout {
        config = config.first_token_timeout(wait);
    }
    if let Some(wait) = model.idle_timeout {
        config = config.idle_timeout(wait);
    }
    if let Some(wait) = model.loading_patience {
        config = config.loading_patience(wait);
    }
    if let Some(retries) = model.max_retries {
        config = config.max_retries(retries);
    }
    let concurrency = model.concurrency.and_then(|n| usize::try_from(n).ok());
    if let Some(requests) = concurrency.and_then(NonZeroUsize::new) {
        config = config.concurrency(requests);
    }
    if let Some(sends) = model.done_marker {
        config = config.done_marker(sends);
    }
    if let Some(ask) = model.stream_usage {
        config = config.stream_usage(ask);
    }
    for (name, value) in &model.extra_body {
        config = config.extra_body(name, value.clone());
    }
    Ok(HttpLoader::with_config(config))
}

fn key(variable: &str) -> Result<String, Error> {
    match std::env::var(variable) {
        Ok(key) if !key.is_empty() => Ok(key),
        _ => {
            let message = format!(
                "the environment variable {variable} should hold the server's key, but it is not \
                 set"
            );
            Err(Error::new(ErrorKind::Unauthorized, message).with_backend(HttpConfig::BACKEND))
        }
    }
}
