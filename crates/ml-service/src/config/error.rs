//! Why a configuration is refused.

use std::path::{Path, PathBuf};

use super::Origin;

/// Why a configuration is refused: it names the file and line or the variable, the key, and the
/// way out. It never holds the value of a secret.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ConfigError {
    /// The file that was asked for cannot be read.
    #[error("cannot read the configuration file {}, which {asked_by} names", file.display())]
    Read {
        /// The file.
        file: PathBuf,
        /// Who named it: `--config`, `ML_CONFIG`, or the search.
        asked_by: &'static str,
        /// Why not.
        source: std::io::Error,
    },
    /// The file is not TOML.
    #[error("{}:{line}:{column}: not valid TOML: {message}", file.display())]
    Syntax {
        /// The file.
        file: PathBuf,
        /// The line, from 1.
        line: usize,
        /// The column, from 1, in characters.
        column: usize,
        /// What the parser says.
        message: String,
    },
    /// A key that nothing reads.
    #[error("{origin}: unknown key {key:?}{}", offer(nearest.as_deref(), known))]
    UnknownKey {
        /// Where it was written.
        origin: Origin,
        /// The key, dotted from the top of the file.
        key: String,
        /// The known key that was probably meant.
        nearest: Option<String>,
        /// The keys that are known there.
        known: Vec<String>,
    },
    /// A value that its key cannot have.
    #[error("{origin}: {key}: {message}")]
    Invalid {
        /// Where it was written.
        origin: Origin,
        /// The key, dotted from the top of the file.
        key: String,
        /// What is wrong and what is allowed.
        message: String,
    },
    /// A secret in the file itself.
    #[error(
        "{origin}: {key}: secrets do not belong in this file; put the key into an environment \
         variable and name the variable: api_key_env = \"NAME\""
    )]
    Secret {
        /// Where it was written.
        origin: Origin,
        /// The key, dotted from the top of the file.
        key: String,
    },
    /// A file that was merely found in the current folder says what to run.
    #[error(
        "{origin}: {key}: a file found in the current folder may not say what to run; if you \
         trust it, pass --config ./ml.toml, or move the key to your own configuration file"
    )]
    Untrusted {
        /// Where it was written.
        origin: Origin,
        /// The key, dotted from the top of the file.
        key: String,
    },
}

impl ConfigError {
    /// The file, where the error is in one.
    pub fn file(&self) -> Option<&Path> {
        match self {
            Self::Read { file, .. } | Self::Syntax { file, .. } => Some(file),
            Self::UnknownKey { origin, .. }
            | Self::Invalid { origin, .. }
            | Self::Secret { origin, .. }
            | Self::Untrusted { origin, .. } => origin.file(),
        }
    }

    /// The line in the file, from 1.
    pub fn line(&self) -> Option<usize> {
        match self {
            Self::Read { .. } => None,
            Self::Syntax { line, .. } => Some(*line),
            Self::UnknownKey { origin, .. }
            | Self::Invalid { origin, .. }
            | Self::Secret { origin, .. }
            | Self::Untrusted { origin, .. } => origin.line(),
        }
    }

    /// The key in question, dotted from the top of the file.
    pub fn key(&self) -> Option<&str> {
        match self {
            Self::Read { .. } | Self::Syntax { .. } => None,
            Self::UnknownKey { key, .. }
            | Self::Invalid { key, .. }
            | Self::Secret { key, .. }
            | Self::Untrusted { key, .. } => Some(key),
        }
    }
}

fn offer(nearest: Option<&str>, known: &[String]) -> String {
    match nearest {
        Some(nearest) => format!("; did you mean {nearest:?}?"),
        None => format!("; known here: {}", known.join(", ")),
    }
}
