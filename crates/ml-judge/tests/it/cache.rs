//! Where `cargo xtask setup` puts what tests need.

use std::path::PathBuf;

/// The folder: `$ML_CACHE`, else `$XDG_CACHE_HOME/ml`, else `~/.cache/ml`.
pub(crate) fn cache() -> PathBuf {
    let set = |name| std::env::var_os(name).filter(|value| !value.is_empty());
    let under = |name, rest: &str| set(name).map(|folder| PathBuf::from(folder).join(rest));
    set("ML_CACHE")
        .map(PathBuf::from)
        .or_else(|| under("XDG_CACHE_HOME", "ml"))
        .or_else(|| under("HOME", ".cache/ml"))
        .expect("a home folder")
}
