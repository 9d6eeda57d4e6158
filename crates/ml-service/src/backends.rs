//! Which backends this build has, and the loaders they bring.

use std::path::PathBuf;
use std::sync::Arc;

use inference_core::{Availability, Error, ErrorKind, ModelLoader, ModelSource, Registry};

use crate::config::{ModelConfig, Owner};

#[cfg(feature = "http")]
mod http;
#[cfg(all(feature = "llama", unix))]
mod llama;

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
    /// The program that it runs, where it runs one and that is there.
    pub program: Option<PathBuf>,
}

/// A backend that `ml` knows.
struct Known {
    name: &'static str,
    aliases: &'static [&'static str],
    feature: &'static str,
    /// Puts the loader with a model's own settings into a registry; `None` where the backend is
    /// not compiled in.
    register: Option<Register>,
    /// Finds the program that it runs.
    program: fn() -> Option<PathBuf>,
}

type Register = fn(&mut Registry, &ModelConfig) -> Result<(), Error>;

const KNOWN: [Known; 2] = [
    Known {
        name: "llama_cpp",
        aliases: &["llama"],
        feature: "llama",
        #[cfg(all(feature = "llama", unix))]
        register: Some(|registry, model| {
            registry.register(llama::loader(model));
            Ok(())
        }),
        #[cfg(not(all(feature = "llama", unix)))]
        register: None,
        #[cfg(all(feature = "llama", unix))]
        program: || llama::loader(&ModelConfig::default()).program(),
        #[cfg(not(all(feature = "llama", unix)))]
        program: || None,
    },
    Known {
        name: "http",
        aliases: &[],
        feature: "http",
        #[cfg(feature = "http")]
        register: Some(|registry, model| {
            registry.register(http::loader(model)?);
            Ok(())
        }),
        #[cfg(not(feature = "http"))]
        register: None,
        program: || None,
    },
];

impl Known {
    fn find(name: &str) -> Option<&'static Self> {
        const { &KNOWN }
            .iter()
            .find(|known| known.name == name || known.aliases.contains(&name))
    }

    /// What to say of a backend that is not in this build.
    fn missing(&self) -> String {
        let Self { name, feature, .. } = self;
        format!("this build has no backend {name}; build it with the feature {feature:?}")
    }
}

/// The names by which configurations may ask for a backend.
pub(crate) fn names() -> impl Iterator<Item = &'static str> {
    KNOWN
        .into_iter()
        .flat_map(|known| known.aliases.iter().copied().chain([known.name]))
}

/// Every backend that `ml` knows, in the order in which a model's backend is chosen.
pub fn backends() -> Vec<BackendStatus> {
    let registry = registry();
    let status = |known: Known| BackendStatus {
        name: known.name,
        aliases: known.aliases,
        feature: known.feature,
        compiled_in: known.register.is_some(),
        availability: match registry.get(known.name) {
            Some(loader) => loader.availability(),
            None => Availability::unavailable(known.missing()),
        },
        program: (known.program)(),
    };
    KNOWN.into_iter().map(status).collect()
}

/// A registry with the loaders that are compiled in.
pub fn registry() -> Registry {
    let compiled_in = KNOWN.into_iter().filter_map(|known| known.register);
    compiled_in.fold(Registry::new(), with_defaults)
}

fn with_defaults(mut registry: Registry, register: Register) -> Registry {
    register(&mut registry, &ModelConfig::default()).expect("only a setting can be refused");
    registry
}

/// The loader for a model. One that sets keys of its backend gets a loader made of them, in the
/// place of the registry's.
pub(crate) fn select(
    registry: &Registry,
    model: &ModelConfig,
    source: &ModelSource,
    backend: Option<&str>,
) -> Result<Arc<dyn ModelLoader>, Error> {
    let own = model.own_keys().next();
    let mut registry = registry.clone();
    if let Some((owner, _)) = own {
        configure(&mut registry, owner, model)?;
    }
    let loader = registry
        .select(source, backend)
        .map_err(|error| explain(error, &registry, source, backend))?;
    match own {
        Some((owner, key)) if owner.name() != loader.name() => {
            let message = format!("the backend {} has no setting {key}", loader.name());
            Err(Error::new(ErrorKind::Unsupported, message))
        }
        _ => Ok(Arc::clone(loader)),
    }
}

/// Replaces the loader of this backend, where the registry has one, by one made for the model.
fn configure(registry: &mut Registry, owner: Owner, model: &ModelConfig) -> Result<(), Error> {
    let register = Known::find(owner.name()).and_then(|known| known.register);
    match register {
        Some(register) if registry.get(owner.name()).is_some() => register(registry, model),
        _ => Ok(()),
    }
}

/// Says so where the backend that would do is merely not in this build.
fn explain(
    error: Error,
    registry: &Registry,
    source: &ModelSource,
    backend: Option<&str>,
) -> Error {
    let fitting = match source {
        ModelSource::Server { .. } => Owner::Http,
        _ => Owner::Llama,
    };
    let backend = backend.unwrap_or(fitting.name());
    if registry.get(backend).is_some() {
        return error;
    }
    match Known::find(backend).filter(|known| known.register.is_none()) {
        Some(known) => Error::new(ErrorKind::Unavailable, known.missing()),
        None => error,
    }
}
