//! From settings to the typed configuration, with everything that is wrong on the way.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::time::Duration;

use inference_core::GenerateOptions;
use serde::Deserialize;
use serde::de::DeserializeOwned;

use super::key::dotted;
use super::tree::{Entry, Table, Value};
use super::value::{bytes, seconds};
use super::{Config, ConfigError, ConfigSources, ModelConfig, de, nearest};
use crate::backends;

/// The keys at the top of the file. The section of another crate is read into that crate's own
/// type, as `options` is.
const TOP: [&str; 7] = [
    "backend",
    "default",
    "idle_unload",
    "max_waiting",
    "memory_ceiling",
    "models",
    "options",
];

/// The keys at the top that hold no text and no table. They are read one by one, so that each
/// refusal names its own.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Limits {
    #[serde(deserialize_with = "bytes")]
    memory_ceiling: Option<u64>,
    #[serde(deserialize_with = "seconds")]
    idle_unload: Option<Duration>,
    max_waiting: Option<u32>,
}

impl Config {
    /// Types the settings and collects what is wrong with them, next to what already was.
    pub(super) fn build(
        file: Option<PathBuf>,
        tree: Table,
        sources: &ConfigSources,
        mut errors: Vec<ConfigError>,
    ) -> Result<Self, Vec<ConfigError>> {
        let folder = file.as_deref().and_then(Path::parent);
        let mut builder = Builder {
            config: Self::default(),
            sources,
            folder,
            errors: Vec::new(),
        };
        for (key, entry) in &tree {
            builder.top(key, entry);
        }
        builder.check_default(&tree);
        let Builder {
            mut config,
            errors: more,
            ..
        } = builder;
        errors.extend(more);
        if !errors.is_empty() {
            // One bad key may be wrong in two ways; the first, which is the graver, is enough.
            let mut seen = BTreeSet::new();
            errors.retain(|error| error.key().is_none_or(|key| seen.insert(key.to_owned())));
            errors.sort_by_key(|error| error.line().unwrap_or(usize::MAX));
            return Err(errors);
        }
        config.file = file;
        config.tree = tree;
        Ok(config)
    }
}

struct Builder<'a> {
    config: Config,
    sources: &'a ConfigSources,
    /// The folder of the file, which its relative paths are relative to.
    folder: Option<&'a Path>,
    errors: Vec<ConfigError>,
}

impl Builder<'_> {
    fn top(&mut self, key: &str, entry: &Entry) {
        match key {
            "default" => self.config.default = self.read(&[key], entry),
            "backend" => {
                self.config.backend = self.read(&[key], entry);
                self.check_backend(&[key], entry);
            }
            "options" => self.config.options = self.options(&[key], entry).unwrap_or_default(),
            "memory_ceiling" => self.config.memory_ceiling = self.limit(key, entry).memory_ceiling,
            "idle_unload" => self.config.idle_unload = self.limit(key, entry).idle_unload,
            "max_waiting" => self.config.max_waiting = self.limit(key, entry).max_waiting,
            "models" => self.models(entry),
            _ => self.errors.push(ConfigError::UnknownKey {
                origin: entry.origin.clone(),
                key: dotted(&[key]),
                nearest: nearest(key, &TOP).map(ToOwned::to_owned),
                known: TOP.map(ToOwned::to_owned).to_vec(),
            }),
        }
    }

    fn limit(&mut self, key: &str, entry: &Entry) -> Limits {
        let alone = Entry {
            origin: entry.origin.clone(),
            value: Value::Table(Table::from([(key.to_owned(), entry.clone())])),
        };
        self.read(&[], &alone).unwrap_or_default()
    }

    fn models(&mut self, entry: &Entry) {
        let Value::Table(models) = &entry.value else {
            self.invalid(&["models"], entry, "it must hold sections: [models.NAME]");
            return;
        };
        for (name, entry) in models {
            if let Some(model) = self.model(name, entry) {
                self.config.models.insert(name.clone(), model);
            }
        }
    }

    fn model(&mut self, name: &str, entry: &Entry) -> Option<ModelConfig> {
        let path = ["models", name];
        if name.is_empty() {
            self.invalid(&path, entry, "a model needs a name");
            return None;
        }
        let mut model: ModelConfig = self.read(&path, entry)?;
        if let Some(options) = entry.get("options") {
            self.options(&["models", name, "options"], options);
        }
        if let Some(backend) = entry.get("backend") {
            self.check_backend(&["models", name, "backend"], backend);
        }
        if let Err(error) = model.source() {
            self.invalid(&path, entry, &error.to_string());
        } else if let Some((key, problem)) = model.contradiction() {
            let path: Vec<&str> = path.into_iter().chain(key.split('.')).collect();
            let entry = entry.get(path[2]).unwrap_or(entry);
            self.invalid(&path, entry, &problem);
        }
        self.anchor(&mut model);
        Some(model)
    }

    /// Reads request options and checks the value of each.
    fn options(&mut self, path: &[&str], entry: &Entry) -> Option<GenerateOptions> {
        let options: GenerateOptions = self.read(path, entry)?;
        let Value::Table(table) = &entry.value else {
            return Some(options);
        };
        for (name, entry) in table {
            let alone = Entry {
                origin: entry.origin.clone(),
                value: Value::Table(Table::from([(name.clone(), entry.clone())])),
            };
            let one = de::read::<GenerateOptions>(path, &alone);
            if let Ok(Err(error)) = one.map(|one| one.validate()) {
                let path: Vec<&str> = path.iter().copied().chain([name.as_str()]).collect();
                self.invalid(&path, entry, error.message());
            }
        }
        Some(options)
    }

    /// A backend must be one that `ml` or this program knows, in this build or not.
    fn check_backend(&mut self, path: &[&str], entry: &Entry) {
        let Value::String(backend) = &entry.value else {
            return;
        };
        let mut names: Vec<&str> = backends::names().collect();
        names.extend(self.sources.backends.iter().map(String::as_str));
        if names.contains(&backend.as_str()) {
            return;
        }
        let hint = match nearest(backend, &names) {
            Some(nearest) => format!("did you mean {nearest:?}?"),
            None => format!("there is {}", names.join(", ")),
        };
        let problem = format!("there is no backend {backend:?}; {hint}");
        self.invalid(path, entry, &problem);
    }

    /// The `default` of a file names one of its models; `ML_MODEL` may name anything.
    fn check_default(&mut self, tree: &Table) {
        let (Some(name), Some(entry)) = (&self.config.default, tree.get("default")) else {
            return;
        };
        let names: Vec<&str> = match tree.get("models").map(|models| &models.value) {
            Some(Value::Table(models)) => models.keys().map(String::as_str).collect(),
            _ => Vec::new(),
        };
        if entry.origin.file().is_none() || names.contains(&name.as_str()) {
            return;
        }
        let hint = match nearest(name, &names) {
            Some(nearest) => format!("did you mean {nearest:?}?"),
            None if names.is_empty() => format!("add a section [models.{}]", dotted(&[name])),
            None => format!("there is {}", names.join(", ")),
        };
        let problem = format!("{name:?} is not a model of this file; {hint}");
        self.invalid(&["default"], entry, &problem);
    }

    /// Makes a model's paths relative to the file that names them.
    fn anchor(&self, model: &mut ModelConfig) {
        let anchor = |path: &mut PathBuf| *path = self.anchored(path);
        model.path.iter_mut().for_each(anchor);
        model.adapter.iter_mut().for_each(anchor);
        model
            .adapters
            .iter_mut()
            .for_each(|adapter| anchor(&mut adapter.path));
        let is_path = |program: &&mut PathBuf| program.components().count() > 1;
        model
            .llama_server
            .iter_mut()
            .filter(is_path)
            .for_each(anchor);
    }

    fn anchored(&self, path: &Path) -> PathBuf {
        let path = self.sources.expand(path);
        self.folder.map_or(path.clone(), |folder| folder.join(path))
    }

    fn read<T: DeserializeOwned>(&mut self, path: &[&str], entry: &Entry) -> Option<T> {
        de::read(path, entry)
            .map_err(|errors| self.errors.extend(errors))
            .ok()
    }

    fn invalid(&mut self, path: &[&str], entry: &Entry, message: &str) {
        self.errors.push(ConfigError::Invalid {
            origin: entry.origin.clone(),
            key: dotted(path),
            message: message.to_owned(),
        });
    }
}
