//! The effective configuration, setting by setting.

use super::tree::{Entry, Table, Value};
use super::{Config, Origin};

/// One effective setting.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Setting {
    /// The key, dotted from the top of the file.
    pub key: String,
    /// The value, written as in TOML.
    pub value: String,
    /// Where it comes from.
    pub origin: Origin,
}

impl Config {
    /// Every setting in effect, in the order of the keys.
    pub fn settings(&self) -> Vec<Setting> {
        let mut settings = Vec::new();
        collect(&self.tree, "", &mut settings);
        if self.default.is_none()
            && let Some(only) = self.default_model()
        {
            settings.insert(
                0,
                Setting {
                    key: "default".to_owned(),
                    value: toml::Value::from(only).to_string(),
                    origin: Origin::Default,
                },
            );
        }
        settings
    }
}

fn collect(table: &Table, prefix: &str, settings: &mut Vec<Setting>) {
    for (name, entry) in table {
        let key = format!("{prefix}{}", quoted(name));
        match &entry.value {
            Value::Table(table) if !table.is_empty() => {
                collect(table, &format!("{key}."), settings);
            }
            _ => settings.push(Setting {
                key,
                value: plain(entry).to_string(),
                origin: entry.origin.clone(),
            }),
        }
    }
}

/// A key as TOML writes it: bare where that is allowed.
fn quoted(key: &str) -> String {
    let is_bare = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_');
    if !key.is_empty() && key.chars().all(is_bare) {
        key.to_owned()
    } else {
        toml::Value::from(key).to_string()
    }
}

fn plain(entry: &Entry) -> toml::Value {
    match &entry.value {
        Value::Bool(value) => (*value).into(),
        Value::Integer(value) => (*value).into(),
        Value::Float(value) => (*value).into(),
        Value::String(value) => value.as_str().into(),
        Value::Array(items) => toml::Value::Array(items.iter().map(plain).collect()),
        Value::Table(table) => toml::Value::Table(
            table
                .iter()
                .map(|(key, entry)| (key.clone(), plain(entry)))
                .collect(),
        ),
    }
}
