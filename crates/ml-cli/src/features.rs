//! What this binary was built with.

use std::sync::LazyLock;

/// Every Cargo feature that changes what the binary can do, and whether it is on.
const FEATURES: [(&str, bool); 7] = [
    ("http", cfg!(feature = "http")),
    ("hub", cfg!(feature = "hub")),
    ("llama", cfg!(feature = "llama")),
    ("mcp", cfg!(feature = "mcp")),
    ("mlx", cfg!(feature = "mlx")),
    ("mlx-cpu", cfg!(feature = "mlx-cpu")),
    ("server", cfg!(feature = "server")),
];

/// The version, and on a second line the features that are compiled in.
pub(crate) fn long_version() -> &'static str {
    static TEXT: LazyLock<String> = LazyLock::new(|| {
        let on = FEATURES.iter().filter(|(_, on)| *on);
        let mut names: Vec<_> = on.map(|(name, _)| *name).collect();
        if names.is_empty() {
            names.push("none");
        }
        let version = env!("CARGO_PKG_VERSION");
        format!("{version}\nfeatures: {}", names.join(" "))
    });
    &TEXT
}
