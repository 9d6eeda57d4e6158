//! The file that `ml config init` writes.

/// Every key, commented out; lines of explanation start with `##`, settings with `#`.
pub(super) const TEMPLATE: &str = include_str!("template.toml");
