//! Which backends this build has, and the loaders they bring.

use std::sync::Arc;

use inference_core::{Availability, Error, ErrorKind, ModelLoader, ModelSource, Registry};

use crate::config::ModelConfig;
#[cfg(any(feature = "http", feature = "llama"))]
use crate::config::Owner;

#[cfg(feature = "http")]
mod http;

/// One backend that `ml` knows, compiled in or not.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct BackendStatus {
    /// The loader's name, as `backend = "…"` asks for it.
    pub name: &'static str,
    /// Other names for it.
    pub aliases: &'static [&'static str],
    /// The Cargo feature that compiles it in.
    pub feature: &'static str,
    /// Whether this build has it.
    pub compiled_in: bool,
    /// Whether it can be used now, and if not, why and what to do.
    pub availability: Availability,
}

/// A backend that `ml` knows: name, other names, feature, and whether it is compiled in.
const KNOWN: [(&str, &[&str], &str, bool); 2] = [
    ("llama_cpp", &["llama"], "llama", cfg!(feature = "llama")),
    ("http", &[], "http", cfg!(feature = "http")),
];

/// The names by which configurations may ask for a backend.
pub(crate) fn names() -> impl Iterator<Item = &'static str> {
    KNOWN
        .into_iter()
        .flat_map(|(name, aliases, ..)| aliases.iter().copied().chain([name]))
}

/// Every backend that `ml` knows, in the order in which a model's backend is chosen.
pub fn backends() -> Vec<BackendStatus> {
    let registry = registry();
    let known = KNOWN.into_iter();
    known
        .map(|(name, aliases, feature, compiled_in)| BackendStatus {
            name,
            aliases,
            feature,
            compiled_in,
            availability: match registry.get(name) {
                Some(loader) => loader.availability(),
                None => Availability::unavailable(not_compiled_in(name, feature)),
            },
        })
        .collect()
}

/// A registry with the loaders that are compiled in.
pub fn registry() -> Registry {
    #[cfg_attr(
        not(any(feature = "http", feature = "llama")),
        expect(unused_mut, reason = "there is no loader to register")
    )]
    let mut registry = Registry::new();
    #[cfg(feature = "http")]
    registry.register(backend_http::HttpLoader::new());
    registry
}

/// The loader for a model. One that sets keys of its backend gets a loader made of them.
pub(crate) fn select(
    registry: &Registry,
    model: &ModelConfig,
    source: &ModelSource,
    backend: Option<&str>,
) -> Result<Arc<dyn ModelLoader>, Error> {
    let loader = registry
        .select(source, backend)
        .map_err(|error| explain(error, registry, source, backend))?;
    let own = model.own_keys().next();
    let Some((owner, key)) = own else {
        return Ok(Arc::clone(loader));
    };
    if !owner.names().contains(&loader.name()) {
        let message = format!("the backend {} has no setting {key}", loader.name());
        return Err(Error::new(ErrorKind::Unsupported, message));
    }
    #[cfg(feature = "http")]
    if owner == Owner::Http {
        return Ok(Arc::new(http::loader(model)?));
    }
    Ok(Arc::clone(loader))
}

/// Says so where the backend that would do is merely not in this build.
fn explain(
    error: Error,
    registry: &Registry,
    source: &ModelSource,
    backend: Option<&str>,
) -> Error {
    let fitting = match source {
        ModelSource::Server { .. } => "http",
        _ => "llama_cpp",
    };
    let backend = backend.unwrap_or(fitting);
    if registry.get(backend).is_some() {
        return error;
    }
    match missing_from_build(backend) {
        Some(missing) => Error::new(ErrorKind::Unavailable, missing),
        None => error,
    }
}

/// What to say of a backend that is known but not in this build.
fn missing_from_build(name: &str) -> Option<String> {
    KNOWN
        .into_iter()
        .find(|(known, aliases, ..)| *known == name || aliases.contains(&name))
        .filter(|(.., compiled_in)| !compiled_in)
        .map(|(name, _, feature, _)| not_compiled_in(name, feature))
}

fn not_compiled_in(name: &str, feature: &str) -> String {
    format!("this build has no backend {name}; build it with the feature {feature:?}")
}
