//! Which backends this build has, and the loaders they bring.

use std::path::PathBuf;
use std::sync::Arc;

use inference_core::{Availability, Error, ErrorKind, ModelLoader, ModelSource, Registry};

use crate::config::{ModelConfig, Owner};

#[cfg(feature = "http")]
mod http;
#[cfg(all(feature = "llama", unix))]
mod llama;
#[cfg(feature = "mlx")]
mod mlx;

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
    /// What it computes on and with, where that is known before a model is loaded.
    pub device: Option<String>,
}

/// A backend that `ml` knows.
struct Known {
    owner: Owner,
    feature: &'static str,
    /// Puts the loader with a model's own settings into a registry; `None` where the backend is
    /// not compiled in.
    register: Option<Register>,
    /// Finds the program that it runs.
    program: fn() -> Option<PathBuf>,
    /// What it computes on and with.
    device: fn() -> Option<String>,
}

type Register = fn(&mut Registry, &ModelConfig) -> Result<(), Error>;

const KNOWN: [Known; 3] = [
    Known {
        owner: Owner::Llama,
        feature: "llama",
        #[cfg(all(feature = "llama", unix))]
        register: Some(|registry, model| {
            registry.register(llama::Loader::new(model));
            Ok(())
        }),
        #[cfg(not(all(feature = "llama", unix)))]
        register: None,
        #[cfg(all(feature = "llama", unix))]
        program: || llama::Loader::new(&ModelConfig::default()).program(),
        #[cfg(not(all(feature = "llama", unix)))]
        program: || None,
        device: || None,
    },
    Known {
        owner: Owner::Mlx,
        feature: "mlx",
        #[cfg(feature = "mlx")]
        register: Some(|registry, model| {
            registry.register(mlx::loader(model));
            Ok(())
        }),
        #[cfg(not(feature = "mlx"))]
        register: None,
        program: || None,
        #[cfg(feature = "mlx")]
        device: mlx::device,
        #[cfg(not(feature = "mlx"))]
        device: || None,
    },
    Known {
        owner: Owner::Http,
        feature: "http",
        #[cfg(feature = "http")]
        register: Some(|registry, model| {
            registry.register(http::loader(model)?);
            Ok(())
        }),
        #[cfg(not(feature = "http"))]
        register: None,
        program: || None,
        device: || None,
    },
];

impl Known {
    fn find(backend: &str) -> Option<&'static Self> {
        const { &KNOWN }
            .iter()
            .find(|known| known.owner.is(backend))
    }

    /// What to say of a backend that is not in this build.
    fn missing(&self) -> String {
        let Self { owner, feature, .. } = self;
        let name = owner.name();
        format!("this build has no backend {name}; build it with the feature {feature:?}")
    }
}

/// The names by which configurations may ask for a backend.
pub(crate) fn names() -> impl Iterator<Item = &'static str> {
    KNOWN.into_iter().flat_map(|known| {
        let aliases = known.owner.aliases().iter().copied();
        aliases.chain([known.owner.name()])
    })
}

/// Every backend that `ml` knows, in the order in which a model's backend is chosen.
pub fn backends() -> Vec<BackendStatus> {
    let registry = registry();
    let status = |known: Known| BackendStatus {
        name: known.owner.name(),
        aliases: known.owner.aliases(),
        feature: known.feature,
        compiled_in: known.register.is_some(),
        availability: match registry.get(known.owner.name()) {
            Some(loader) => loader.availability(),
            None => Availability::unavailable(known.missing()),
        },
        program: (known.program)(),
        device: (known.device)(),
    };
    let mut all: Vec<_> = KNOWN.into_iter().map(status).collect();
    all.sort_by_key(|backend| {
        let mut order = Registry::PREFERENCE.iter();
        order.position(|name| *name == backend.name)
    });
    all
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

/// The loader for a model. Backends whose keys it sets are represented by loaders made of these,
/// in the place of the registry's. Keys that one backend alone knows ask for that backend.
pub(crate) fn select(
    registry: &Registry,
    model: &ModelConfig,
    source: &ModelSource,
    backend: Option<&str>,
) -> Result<Arc<dyn ModelLoader>, Error> {
    let mut registry = registry.clone();
    for known in KNOWN {
        configure(&mut registry, &known, model)?;
    }
    let backend = backend.or_else(|| implied(&registry, model));
    let loader = registry
        .select(source, backend)
        .map_err(|error| explain(error, &registry, source, backend))?;
    match model.own_keys().find(|key| !key.is_known_to(loader.name())) {
        Some(key) => {
            let message = format!("the backend {} has no setting {}", loader.name(), key.name);
            Err(Error::new(ErrorKind::Unsupported, message))
        }
        None => Ok(Arc::clone(loader)),
    }
}

/// The backend that the model's keys ask for, unless the caller has left it out of the registry.
fn implied(registry: &Registry, model: &ModelConfig) -> Option<&'static str> {
    let name = model.only_owner()?.name();
    let known = Known::find(name)?;
    (registry.get(name).is_some() || known.register.is_none()).then_some(name)
}

/// Replaces the loader of this backend, where the registry has one and the model sets keys of it,
/// by one made for the model.
fn configure(registry: &mut Registry, known: &Known, model: &ModelConfig) -> Result<(), Error> {
    let name = known.owner.name();
    let is_set = model.own_keys().any(|key| key.is_known_to(name));
    match known.register {
        Some(register) if is_set && registry.get(name).is_some() => register(registry, model),
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
        ModelSource::Path(path) if path.is_dir() => Owner::Mlx,
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
