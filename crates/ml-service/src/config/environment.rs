//! The `ML_*` variables, which are stronger than the file.

use super::key::dotted;
use super::tree::{Entry, Table, Value};
use super::{ConfigError, ConfigSources, Origin};

/// How the text of a variable is read.
type Read = fn(&str) -> Value;

/// The variables that set a key, the keys they set, and what they hold.
const SETTINGS: [(&str, &[&str], Read); 4] = [
    ("ML_MODEL", &["default"], text),
    ("ML_BACKEND", &["backend"], text),
    ("ML_MAX_TOKENS", &["options", "max_tokens"], number),
    ("ML_TEMPERATURE", &["options", "temperature"], number),
];

/// Lays the variables over the settings. One that sets a request option replaces it for every
/// model that has its own.
pub(super) fn overlay(tree: &mut Table, sources: &ConfigSources, errors: &mut Vec<ConfigError>) {
    for (name, path, read) in SETTINGS {
        let Some(value) = sources.variable(name) else {
            continue;
        };
        let origin = Origin::Variable(name);
        let Some(value) = value.to_str() else {
            errors.push(ConfigError::Invalid {
                origin,
                key: dotted(path),
                message: "it is not valid UTF-8".to_owned(),
            });
            continue;
        };
        let entry = Entry {
            origin,
            value: read(value),
        };
        if let [section, option] = path
            && let Some(Value::Table(models)) = tree.get_mut("models").map(|entry| &mut entry.value)
        {
            for model in models.values_mut() {
                if let Some(own) = model.get_mut(section).and_then(|own| own.get_mut(option)) {
                    *own = entry.clone();
                }
            }
        }
        set(tree, path, entry);
    }
}

fn set(tree: &mut Table, path: &[&str], entry: Entry) {
    match path {
        [] => {}
        [key] => {
            tree.insert((*key).to_owned(), entry);
        }
        [key, rest @ ..] => {
            let section = tree.entry((*key).to_owned()).or_insert_with(|| Entry {
                origin: entry.origin.clone(),
                value: Value::Table(Table::new()),
            });
            if let Value::Table(table) = &mut section.value {
                set(table, rest, entry);
            }
        }
    }
}

fn text(text: &str) -> Value {
    Value::String(text.to_owned())
}

/// What is not a number stays text, which its key then refuses.
fn number(text: &str) -> Value {
    if let Ok(number) = text.parse() {
        return Value::Integer(number);
    }
    text.parse()
        .map_or_else(|_| Value::String(text.to_owned()), Value::Float)
}
