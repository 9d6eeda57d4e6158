//! The effective configuration, setting by setting.

use std::fmt;

use super::key::dotted;
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

impl fmt::Display for Setting {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} = {}", self.key, self.value)
    }
}

impl Config {
    /// Every setting in effect, in the order of the keys.
    pub fn settings(&self) -> Vec<Setting> {
        let mut settings = Vec::new();
        collect(&self.tree, &mut Vec::new(), &mut settings);
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

fn collect<'a>(table: &'a Table, path: &mut Vec<&'a str>, settings: &mut Vec<Setting>) {
    for (name, entry) in table {
        path.push(name);
        match &entry.value {
            Value::Table(table) if !table.is_empty() => collect(table, path, settings),
            _ => settings.push(Setting {
                key: dotted(path),
                value: plain(entry).to_string(),
                origin: entry.origin.clone(),
            }),
        }
        path.pop();
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
