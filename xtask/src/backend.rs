//! The backends a build can choose from.

/// A backend: a Cargo feature of `ml-service` and `ml-cli`, and the crate behind it.
#[derive(Debug)]
pub(crate) struct Backend {
    /// The feature, as in `--features http`.
    pub(crate) feature: &'static str,
    /// The crate that the feature switches on.
    pub(crate) package: &'static str,
}

/// Every backend, in the order in which `ci` takes them.
pub(crate) const BACKENDS: &[Backend] = &[
    Backend {
        feature: "http",
        package: "backend-http",
    },
    Backend {
        feature: "llama",
        package: "backend-llama",
    },
];

/// The crates in which a backend is chosen by feature.
pub(crate) const WIRED_IN: &[&str] = &["ml-service", "ml-cli"];

/// Finds a backend by its feature.
///
/// # Errors
/// Names the known ones.
pub(crate) fn find(feature: &str) -> Result<&'static Backend, String> {
    let known = || BACKENDS.iter().map(|b| b.feature).collect::<Vec<_>>();
    BACKENDS
        .iter()
        .find(|backend| backend.feature == feature)
        .ok_or_else(|| format!("the backends are: {}", known().join(", ")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_backend_is_found_by_feature_and_a_wrong_one_names_the_right_ones() {
        assert_eq!(
            find("llama").expect("it is in the table").package,
            "backend-llama"
        );
        assert_eq!(
            find("lama").expect_err("no such backend"),
            "the backends are: http, llama"
        );
    }
}
