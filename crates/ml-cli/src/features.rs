//! What this binary was built with.

/// The version, and on a second line the backends that are compiled in.
pub(crate) const LONG_VERSION: &str = match (cfg!(feature = "http"), cfg!(feature = "llama")) {
    (true, true) => concat!(env!("CARGO_PKG_VERSION"), "\nfeatures: http llama"),
    (true, false) => concat!(env!("CARGO_PKG_VERSION"), "\nfeatures: http"),
    (false, true) => concat!(env!("CARGO_PKG_VERSION"), "\nfeatures: llama"),
    (false, false) => concat!(env!("CARGO_PKG_VERSION"), "\nfeatures: none"),
};
