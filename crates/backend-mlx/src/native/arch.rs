//! The kinds of models: each file reads one family's configuration into a [`Spec`].
//!
//! All of them are decoders of the same build, so the network is written once and a family is
//! its [`Spec`]. Adding one is one file here and one line in [`FAMILIES`].

mod config;
mod gemma2;
mod gemma3;
mod llama;
mod mistral;
mod phi3;
mod qwen2;
mod qwen3;
#[cfg(test)]
mod tests;

use serde_json::Value;

pub(crate) use config::{Config, LARGEST_SIZE};

use super::load_error::LoadError;
use super::network::Spec;

/// A family of models.
struct Family {
    /// The values of `model_type` in its config.json.
    model_types: &'static [&'static str],
    /// Reads the configuration.
    spec: fn(&Config<'_>) -> Result<Spec, LoadError>,
}

const FAMILIES: &[Family] = &[
    llama::FAMILY,
    mistral::FAMILY,
    qwen2::FAMILY,
    qwen3::FAMILY,
    gemma2::FAMILY,
    gemma3::FAMILY,
    phi3::FAMILY,
];

/// Reads config.json.
///
/// # Errors
/// The family is not known, or a field is missing or wrong; each is named.
pub(crate) fn spec(config: &Value) -> Result<Spec, LoadError> {
    let config = Config::new(config);
    let model_type = config.text("model_type")?;
    let family = FAMILIES
        .iter()
        .find(|family| family.model_types.contains(&model_type));
    let Some(family) = family else {
        let supported = FAMILIES.iter().flat_map(|f| f.model_types).copied();
        return Err(LoadError::Architecture {
            found: model_type.to_owned(),
            supported: supported.collect(),
        });
    };
    let spec = (family.spec)(&config)?;
    spec.check()?;
    Ok(spec)
}
