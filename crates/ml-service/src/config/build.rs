//! From settings to the typed configuration, with everything that is wrong on the way.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use inference_core::GenerateOptions;

use super::tree::{Entry, Table, Value};
use super::{Config, ConfigError, ConfigSources, ModelConfig, de, nearest};

/// The keys at the top of the file.
const TOP: [&str; 4] = ["backend", "default", "models", "options"];

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
            let mut seen = std::collections::BTreeSet::new();
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
            "default" => self.config.default = self.read(key, entry),
            "backend" => self.config.backend = self.read(key, entry),
            "options" => self.config.options = self.options(key, entry).unwrap_or_default(),
            "models" => self.models(entry),
            _ => self.errors.push(ConfigError::UnknownKey {
                origin: entry.origin.clone(),
                key: key.to_owned(),
                nearest: nearest(key, &TOP).map(ToOwned::to_owned),
                known: TOP.map(ToOwned::to_owned).to_vec(),
            }),
        }
    }

    fn models(&mut self, entry: &Entry) {
        let Value::Table(models) = &entry.value else {
            self.invalid(
                "models",
                entry,
                "it must be a table of models: [models.NAME]",
            );
            return;
        };
        for (name, entry) in models {
            if let Some(model) = self.model(name, entry) {
                self.config.models.insert(name.clone(), model);
            }
        }
    }

    fn model(&mut self, name: &str, entry: &Entry) -> Option<ModelConfig> {
        let key = format!("models.{name}");
        if name.is_empty() {
            self.invalid("models", entry, "a model needs a name: [models.NAME]");
            return None;
        }
        let mut model: ModelConfig = self.read(&key, entry)?;
        if let Value::Table(table) = &entry.value
            && let Some(options) = table.get("options")
        {
            self.options(&format!("{key}.options"), options);
        }
        if let Err(error) = model.source() {
            self.invalid(&key, entry, &error.to_string());
            return None;
        }
        if let Some((setting, problem)) = model.contradiction() {
            let origin = entry.get(setting).unwrap_or(entry);
            self.invalid(&format!("{key}.{setting}"), origin, &problem);
            return None;
        }
        self.anchor(&mut model);
        Some(model)
    }

    /// Reads request options and checks the value of each.
    fn options(&mut self, key: &str, entry: &Entry) -> Option<GenerateOptions> {
        let options: GenerateOptions = self.read(key, entry)?;
        let Value::Table(table) = &entry.value else {
            return Some(options);
        };
        for (name, entry) in table {
            let alone = Entry {
                origin: entry.origin.clone(),
                value: Value::Table(BTreeMap::from([(name.clone(), entry.clone())])),
            };
            let one = de::read::<GenerateOptions>(key, &alone);
            if let Ok(Err(error)) = one.map(|one| one.validate()) {
                self.invalid(&format!("{key}.{name}"), entry, error.message());
            }
        }
        Some(options)
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
            None if names.is_empty() => format!("there are none; add [models.{name}]"),
            None => format!("there is {}", names.join(", ")),
        };
        let problem = format!("{name:?} is not a model of this file; {hint}");
        self.invalid("default", entry, &problem);
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

    fn read<T: serde::de::DeserializeOwned>(&mut self, key: &str, entry: &Entry) -> Option<T> {
        de::read(key, entry)
            .map_err(|error| self.errors.push(error))
            .ok()
    }

    fn invalid(&mut self, key: &str, entry: &Entry, message: &str) {
        self.errors.push(ConfigError::Invalid {
            origin: entry.origin.clone(),
            key: key.to_owned(),
            message: message.to_owned(),
        });
    }
}
