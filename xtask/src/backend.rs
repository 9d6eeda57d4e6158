//! The backends a build can choose from.

/// A backend: a Cargo feature of `ml-service` and `ml-cli`, and the crate behind it.
#[derive(Debug)]
pub(crate) struct Backend {
    /// As in `--backend http`.
    pub(crate) name: &'static str,
    /// The feature with which it runs on this system, as in `--features http`.
    pub(crate) feature: &'static str,
    /// The crate that the feature switches on.
    pub(crate) package: &'static str,
}

/// Every backend, in the order in which `ci` takes them.
pub(crate) const BACKENDS: &[Backend] = &[
    Backend {
        name: "http",
        feature: "http",
        package: "backend-http",
    },
    Backend {
        name: "llama",
        feature: "llama",
        package: "backend-llama",
    },
    Backend {
        name: "mlx",
        feature: if MLX_ON_CPU { "mlx-cpu" } else { "mlx" },
        package: "backend-mlx",
    },
];

/// The crates in which a backend is chosen by feature.
pub(crate) const WIRED_IN: &[&str] = &["ml-service", "ml-cli"];

/// Whether this is a system where set-up provides MLX for the CPU.
pub(crate) const MLX_ON_CPU: bool = cfg!(all(
    target_os = "linux",
    target_env = "gnu",
    any(target_arch = "x86_64", target_arch = "aarch64")
));

/// Crates, and the feature with which MLX runs in them on this system. It cannot be a default one: Cargo has no defaults
/// by system.
const FOR_THIS_SYSTEM: &[(&str, &str)] = if MLX_ON_CPU {
    &[
        ("backend-mlx", "backend-mlx/cpu"),
        ("ml-service", "ml-service/mlx-cpu"),
        ("ml-cli", "ml-cli/mlx-cpu"),
    ]
} else {
    &[]
};

/// `--features …` for the chosen crates, so that MLX runs in them on this system.
pub(crate) fn features_of(chosen: impl Fn(&str) -> bool) -> Vec<String> {
    FOR_THIS_SYSTEM
        .iter()
        .filter(|(package, _)| chosen(package))
        .flat_map(|(_, feature)| ["--features".to_owned(), (*feature).to_owned()])
        .collect()
}

/// Finds a backend by its name.
///
/// # Errors
/// Names the known ones.
pub(crate) fn find(name: &str) -> Result<&'static Backend, String> {
    let known = || BACKENDS.iter().map(|b| b.name).collect::<Vec<_>>();
    BACKENDS
        .iter()
        .find(|backend| backend.name == name)
        .ok_or_else(|| format!("the backends are: {}", known().join(", ")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_backend_is_found_by_name_and_a_wrong_one_names_the_right_ones() {
        assert_eq!(
            find("mlx").expect("it is in the table").package,
            "backend-mlx"
        );
        assert_eq!(
            find("lama").expect_err("no such backend"),
            "the backends are: http, llama, mlx"
        );
    }

    #[test]
    fn only_chosen_crates_get_the_features_of_this_system() {
        let found = features_of(|package| package == "ml-cli");
        let expected = ["--features", "ml-cli/mlx-cpu"];
        assert_eq!(found, if MLX_ON_CPU { &expected[..] } else { &[] });
        assert_eq!(features_of(|_| false), Vec::<String>::new());
    }
}
