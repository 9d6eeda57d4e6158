//! What `cargo xtask setup` provides.

use std::path::PathBuf;

/// A file or folder that set-up has put into the cache.
pub(crate) fn cached(name: &str) -> PathBuf {
    let variable = |name| std::env::var_os(name).map(PathBuf::from);
    let user = || variable("XDG_CACHE_HOME").or_else(|| Some(std::env::home_dir()?.join(".cache")));
    let cache = variable("ML_CACHE").or_else(|| Some(user()?.join("ml")));
    let path = cache.expect("a home folder").join(name);
    assert!(
        path.exists(),
        "{} is missing: run `cargo xtask setup`",
        path.display()
    );
    path
}
