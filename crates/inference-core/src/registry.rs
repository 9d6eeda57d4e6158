//! The loaders that a program has, and which of them loads a model.

use std::fmt;
use std::sync::Arc;

use futures::future::BoxFuture;

use crate::{Availability, Error, ErrorKind, LoadOptions, ModelSource, TextModel};

/// Loads models for one backend.
pub trait ModelLoader: Send + Sync {
    /// The name that [`LoadOptions::backend`] asks for.
    fn name(&self) -> &str;

    /// Other names for the same loader.
    fn aliases(&self) -> &[&str] {
        &[]
    }

    /// Whether models can be loaded on this machine now. It may look at files but not wait.
    fn availability(&self) -> Availability;

    /// Whether this loader can make anything of the source; it looks at names, not contents.
    fn accepts(&self, source: &ModelSource) -> bool;

    /// Loads a model. Dropping the future aborts the load and leaves nothing behind.
    fn load(
        &self,
        source: ModelSource,
        options: LoadOptions,
    ) -> BoxFuture<'static, Result<Arc<dyn TextModel>, Error>>;
}

/// The loaders of a program: a value, to be passed to whoever loads models.
///
/// A source is loaded by the first loader that is available and accepts it, in the order of
/// [`Registry::PREFERENCE`], then of registration.
#[derive(Clone, Default)]
pub struct Registry {
    loaders: Vec<Arc<dyn ModelLoader>>,
}

impl Registry {
    /// Which loader is tried first: those on a GPU, then on the CPU, then remote ones.
    pub const PREFERENCE: [&str; 6] = ["metal", "cuda", "rocm", "llama_cpp", "mlx", "http"];

    /// A registry without loaders.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a loader. One of the same name is replaced and keeps its place.
    pub fn register(&mut self, loader: impl ModelLoader + 'static) {
        let loader: Arc<dyn ModelLoader> = Arc::new(loader);
        match self
            .loaders
            .iter_mut()
            .find(|old| old.name() == loader.name())
        {
            Some(old) => *old = loader,
            None => self.loaders.push(loader),
        }
    }

    /// Adds a loader and returns the registry.
    #[must_use]
    pub fn with(mut self, loader: impl ModelLoader + 'static) -> Self {
        self.register(loader);
        self
    }

    /// The loader of this name or alias.
    pub fn get(&self, name: &str) -> Option<&Arc<dyn ModelLoader>> {
        let by_name = self.loaders.iter().find(|loader| loader.name() == name);
        by_name.or_else(|| {
            self.loaders
                .iter()
                .find(|loader| loader.aliases().contains(&name))
        })
    }

    /// All loaders, in the order in which they are tried.
    pub fn loaders(&self) -> Vec<&Arc<dyn ModelLoader>> {
        let mut loaders: Vec<_> = self.loaders.iter().collect();
        loaders.sort_by_key(|loader| {
            let place = Self::PREFERENCE
                .iter()
                .position(|name| *name == loader.name());
            place.unwrap_or(Self::PREFERENCE.len())
        });
        loaders
    }

    /// The names of all loaders, in the order in which they are tried.
    pub fn names(&self) -> Vec<&str> {
        self.loaders()
            .into_iter()
            .map(|loader| loader.name())
            .collect()
    }

    /// The loader for a source: the one that is asked for, else the first that fits.
    ///
    /// # Errors
    /// - [`ErrorKind::NotFound`]: the one asked for is not registered, or none is.
    /// - [`ErrorKind::Unavailable`]: it is not available, or none that accepts the source is; the
    ///   message says why.
    /// - [`ErrorKind::Unsupported`]: it does not accept the source, or none does.
    pub fn select(
        &self,
        source: &ModelSource,
        backend: Option<&str>,
    ) -> Result<&Arc<dyn ModelLoader>, Error> {
        match backend {
            Some(name) => self.named(name, source),
            None => self.first(source),
        }
    }

    /// Loads a model with the loader that [`select`](Self::select) names.
    ///
    /// # Errors
    /// Those of `select` and of the loader.
    pub async fn load(
        &self,
        source: ModelSource,
        options: LoadOptions,
    ) -> Result<Arc<dyn TextModel>, Error> {
        let loader = self.select(&source, options.backend.as_deref())?;
        loader.load(source, options).await
    }

    fn named(&self, name: &str, source: &ModelSource) -> Result<&Arc<dyn ModelLoader>, Error> {
        let Some(loader) = self.get(name) else {
            let message = format!(
                "backend {name:?} is not registered (there is {})",
                list(&self.names())
            );
            return Err(Error::new(ErrorKind::NotFound, message));
        };
        if let Availability::Unavailable(reason) = loader.availability() {
            let message = format!("backend {name:?} is not available: {reason}");
            return Err(Error::new(ErrorKind::Unavailable, message));
        }
        if !loader.accepts(source) {
            let message = format!("backend {name:?} cannot load {source}");
            return Err(Error::new(ErrorKind::Unsupported, message));
        }
        Ok(loader)
    }

    fn first(&self, source: &ModelSource) -> Result<&Arc<dyn ModelLoader>, Error> {
        let mut reasons = Vec::new();
        for loader in self
            .loaders()
            .into_iter()
            .filter(|loader| loader.accepts(source))
        {
            match loader.availability() {
                Availability::Available => return Ok(loader),
                Availability::Unavailable(reason) => {
                    reasons.push(format!("{}: {reason}", loader.name()));
                }
            }
        }
        if !reasons.is_empty() {
            let message = format!(
                "no backend for {source} is available ({})",
                reasons.join("; ")
            );
            return Err(Error::new(ErrorKind::Unavailable, message));
        }
        if self.loaders.is_empty() {
            let message = "no backend is registered";
            return Err(Error::new(ErrorKind::NotFound, message));
        }
        let message = format!(
            "no backend can load {source} (there is {})",
            list(&self.names())
        );
        Err(Error::new(ErrorKind::Unsupported, message))
    }
}

fn list(names: &[&str]) -> String {
    if names.is_empty() {
        "none".to_owned()
    } else {
        names.join(", ")
    }
}

impl fmt::Debug for Registry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.names()).finish()
    }
}
