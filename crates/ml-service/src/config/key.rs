//! How keys are written: bare where TOML allows it, dotted from the top of the file.

/// The keys that lead to a setting, as one dotted key.
pub(super) fn dotted<K: AsRef<str>>(path: &[K]) -> String {
    let keys: Vec<_> = path.iter().map(|key| quoted(key.as_ref())).collect();
    keys.join(".")
}

fn quoted(key: &str) -> String {
    let is_bare = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_');
    if !key.is_empty() && key.chars().all(is_bare) {
        key.to_owned()
    } else {
        toml::Value::from(key).to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_that_toml_does_not_take_bare_are_quoted() {
        assert_eq!(
            dotted(&["models", "smol-1_b", "path"]),
            "models.smol-1_b.path"
        );
        assert_eq!(dotted(&["models", "v1.5", ""]), r#"models."v1.5"."""#);
    }
}
