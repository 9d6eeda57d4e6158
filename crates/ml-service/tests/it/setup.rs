//! What `cargo xtask setup` provides.

use std::path::PathBuf;

use inference_core::Places;

/// A part that `cargo xtask setup` provides.
pub(crate) fn cached(name: &str) -> PathBuf {
    let models = Places::from_env().ml_cache.expect("a home folder");
    let path = models.parent().unwrap().join(name);
    let shown = path.display();
    assert!(path.exists(), "{shown} is missing: run `cargo xtask setup`");
    path
}
