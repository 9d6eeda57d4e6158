//! What a file may not say: secrets, and in the current folder what to run.

use super::ConfigError;
use super::key::dotted;
use super::tree::{Entry, Table, Value};

/// Keys that say what is run on this machine; `*` stands for any name.
const RUNS: [&[&str]; 2] = [
    &["models", "*", "llama_server"],
    &["models", "*", "extra_args"],
];

/// Names of keys whose text is a secret, without `_` and `-`.
const SECRETS: [&str; 9] = [
    "apikey",
    "apitoken",
    "accesstoken",
    "authtoken",
    "authorization",
    "bearer",
    "password",
    "secret",
    "token",
];

/// Where the settings of a file hold secrets.
pub(super) fn secrets(tree: &Table) -> Vec<ConfigError> {
    let mut found = Vec::new();
    walk(tree, &mut Vec::new(), &mut |path, entry| {
        let Value::String(value) = &entry.value else {
            return;
        };
        let name = path.last().copied().unwrap_or_default();
        let plain = name.replace(['_', '-'], "").to_lowercase();
        if SECRETS.contains(&plain.as_str()) || (name == "url" && has_user_info(value)) {
            found.push(ConfigError::Secret {
                origin: entry.origin.clone(),
                key: dotted(path),
            });
        }
    });
    found
}

/// Where the settings of an untrusted file say what to run.
pub(super) fn violations(tree: &Table) -> Vec<ConfigError> {
    let mut found = Vec::new();
    walk(tree, &mut Vec::new(), &mut |path, entry| {
        if RUNS.iter().any(|pattern| matches(pattern, path)) {
            found.push(ConfigError::Untrusted {
                origin: entry.origin.clone(),
                key: dotted(path),
            });
        }
    });
    found
}

/// Which keys an untrusted file sends where.
pub(super) fn warnings(tree: &Table) -> Vec<String> {
    let models = tree.get("models").map(|models| &models.value);
    let Some(Value::Table(models)) = models else {
        return Vec::new();
    };
    let sends = models.iter().filter_map(|(name, model)| {
        let variable = model.get("api_key_env")?;
        let (Value::String(key), Value::String(url)) = (&variable.value, &model.get("url")?.value)
        else {
            return None;
        };
        Some(format!(
            "{}: the model {name:?} sends the key in ${key} to {url}, as a file found in the \
             current folder says; if you trust that file, pass --config ./ml.toml",
            variable.origin,
        ))
    });
    sends.collect()
}

/// Shows every entry below `table` with the keys that lead to it.
fn walk<'a>(
    table: &'a Table,
    path: &mut Vec<&'a str>,
    visit: &mut impl FnMut(&[&'a str], &'a Entry),
) {
    for (key, entry) in table {
        path.push(key);
        visit(path, entry);
        if let Value::Table(table) = &entry.value {
            walk(table, path, visit);
        }
        path.pop();
    }
}

fn matches(pattern: &[&str], path: &[&str]) -> bool {
    pattern.len() == path.len()
        && pattern
            .iter()
            .zip(path)
            .all(|(pattern, key)| *pattern == "*" || pattern == key)
}

/// Whether an address carries a name or a password before its host.
pub(crate) fn has_user_info(url: &str) -> bool {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    let host = rest.split(['/', '?', '#']).next().unwrap_or_default();
    host.contains('@')
}
