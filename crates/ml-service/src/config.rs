//! The configuration of the whole product: one TOML file, the environment on top of it.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

use inference_core::GenerateOptions;

mod build;
mod de;
mod environment;
mod error;
mod key;
mod model;
mod nearest;
mod origin;
mod owner;
mod show;
mod sources;
mod template;
mod tree;
mod trust;
mod value;

pub use error::ConfigError;
pub(crate) use model::adapter_name;
pub use model::{AdapterConfig, ModelConfig, SourceError};
pub(crate) use nearest::nearest;
pub use origin::Origin;
pub(crate) use owner::Owner;
pub use show::Setting;
pub use sources::ConfigSources;

use sources::Found;
use tree::Table;
pub(crate) use trust::has_user_info;

/// The effective configuration: the file, with the environment on top.
///
/// ```
/// let config = ml_service::Config::from_toml(
///     r#"
///     default = "smol"
///
///     [models.smol]
///     backend = "llama"
///     path = "/models/SmolLM2-135M-Instruct.Q4_1.gguf"
///     options.temperature = 0.7
///     "#,
/// )?;
/// assert_eq!(config.default_model(), Some("smol"));
/// assert_eq!(config.models()["smol"].options.temperature, Some(0.7));
/// # Ok::<(), ml_service::ConfigError>(())
/// ```
#[derive(Debug, Clone, Default)]
pub struct Config {
    file: Option<PathBuf>,
    warnings: Vec<String>,
    tree: Table,
    default: Option<String>,
    backend: Option<String>,
    options: GenerateOptions,
    memory_ceiling: Option<u64>,
    idle_unload: Option<Duration>,
    max_waiting: Option<u32>,
    models: BTreeMap<String, ModelConfig>,
}

impl Config {
    /// Finds and reads the file, if there is one, and lays the environment over it.
    ///
    /// # Errors
    /// The first of the errors that [`check`](Self::check) returns.
    pub fn load(sources: &ConfigSources) -> Result<Self, ConfigError> {
        Self::check(sources).map_err(first)
    }

    /// Like [`load`](Self::load), but reports all that is wrong and not only the first of it.
    ///
    /// # Errors
    /// One or more errors, in the order of the file.
    pub fn check(sources: &ConfigSources) -> Result<Self, Vec<ConfigError>> {
        let mut tree = Table::new();
        let mut errors = Vec::new();
        let mut warnings = Vec::new();
        let found = sources.find();
        if let Some(found) = &found {
            tree = read(found).map_err(|error| vec![error])?;
            errors.extend(trust::secrets(&tree));
            if !found.trusted {
                errors.extend(trust::violations(&tree));
                warnings = trust::warnings(&tree);
            }
        }
        environment::overlay(&mut tree, sources, &mut errors);
        let file = found.map(|found| found.path);
        let mut config = Self::build(file, tree, sources, errors)?;
        config.warnings = warnings;
        Ok(config)
    }

    /// Reads the text of a file that the caller trusts, without any environment. Relative paths
    /// stay as they are.
    ///
    /// # Errors
    /// Anything that is wrong with the text.
    pub fn from_toml(text: &str) -> Result<Self, ConfigError> {
        let tree = tree::parse(text, Path::new(sources::FILE_NAME))?;
        let errors = trust::secrets(&tree);
        Self::build(None, tree, &ConfigSources::default(), errors).map_err(first)
    }

    /// The file that was read.
    pub fn file(&self) -> Option<&Path> {
        self.file.as_deref()
    }

    /// What is allowed but worth a word to the user: keys that are sent where a file of the
    /// current folder says.
    pub fn warnings(&self) -> &[String] {
        &self.warnings
    }

    /// The model that requests without a name go to: `default`, or the only model there is.
    pub fn default_model(&self) -> Option<&str> {
        match &self.default {
            Some(name) => Some(name),
            None if self.models.len() == 1 => self.models.keys().next().map(String::as_str),
            None => None,
        }
    }

    /// The backend of models that name none.
    pub fn backend(&self) -> Option<&str> {
        self.backend.as_deref()
    }

    /// The options of requests that do not set them, weaker than the model's own.
    pub fn options(&self) -> &GenerateOptions {
        &self.options
    }

    /// What all loaded models may take together, in bytes; `None` is without bound.
    pub fn memory_ceiling(&self) -> Option<u64> {
        self.memory_ceiling
    }

    /// After how long without a request a model on this machine is unloaded that does not say
    /// itself; `None` is never.
    pub fn idle_unload(&self) -> Option<Duration> {
        self.idle_unload
    }

    /// How many requests may wait for a place at a model that does not say itself; `None` is 64.
    pub fn max_waiting(&self) -> Option<u32> {
        self.max_waiting
    }

    /// The named models, in the order of their names.
    pub fn models(&self) -> &BTreeMap<String, ModelConfig> {
        &self.models
    }

    /// A commented file with every key, to start from.
    pub fn template() -> &'static str {
        template::TEMPLATE
    }
}

fn read(file: &Found) -> Result<Table, ConfigError> {
    let text = std::fs::read_to_string(&file.path).map_err(|source| ConfigError::Read {
        file: file.path.clone(),
        asked_by: file.asked_by,
        source,
    })?;
    tree::parse(&text, &file.path)
}

fn first(errors: Vec<ConfigError>) -> ConfigError {
    let mut errors = errors.into_iter();
    errors
        .next()
        .expect("a configuration is refused for a reason")
}
