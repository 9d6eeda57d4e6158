//! Why a model or an adapter cannot be loaded.

use std::path::PathBuf;

use inference_core::{Error, ErrorKind};
use mlx_rs::error::Exception;

/// Why a model or an adapter cannot be loaded.
#[derive(Debug, thiserror::Error)]
pub(crate) enum LoadError {
    /// A file cannot be read.
    #[error("read {}", path.display())]
    Read {
        path: PathBuf,
        source: std::io::Error,
    },
    /// A JSON file is none.
    #[error("{} is not valid JSON", path.display())]
    Json {
        path: PathBuf,
        source: serde_json::Error,
    },
    /// The configuration lacks a field, or has a wrong one.
    #[error("config.json: {field} {problem}")]
    Config { field: String, problem: String },
    /// No code for this kind of model.
    #[error(
        "the architecture {found} is not supported; these are: {}",
        supported.join(", ")
    )]
    Architecture {
        found: String,
        supported: Vec<&'static str>,
    },
    /// A tensor that the architecture needs is not in the files.
    #[error("the tensor {name} is missing")]
    MissingTensor { name: String },
    /// A tensor that the architecture has no place for.
    #[error("the tensor {name} has no place in the architecture that the configuration names")]
    UnknownTensor { name: String },
    /// A tensor has another shape than the configuration says.
    #[error("the tensor {name} has the shape {found:?}, but the configuration says {expected:?}")]
    Shape {
        name: String,
        found: Vec<usize>,
        expected: Vec<usize>,
    },
    /// A tensor has a type that cannot be used there.
    #[error("the tensor {name} has the type {found}, but must be {expected}")]
    Type {
        name: String,
        found: String,
        expected: &'static str,
    },
    /// Files of a model that cannot be read or do not fit together.
    #[error("the model's files cannot be used")]
    Format(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// An adapter that does not fit the model.
    #[error("the adapter {adapter} does not fit the model: {problem}")]
    Adapter { adapter: String, problem: String },
    /// MLX itself failed.
    #[error("MLX cannot take the weights")]
    Mlx(#[from] Exception),
    /// The caller gave up.
    #[error("the load was given up")]
    Aborted,
}

impl LoadError {
    pub(crate) fn config(field: impl Into<String>, problem: impl Into<String>) -> Self {
        Self::Config {
            field: field.into(),
            problem: problem.into(),
        }
    }

    pub(crate) fn format(source: impl std::error::Error + Send + Sync + 'static) -> Self {
        Self::Format(Box::new(source))
    }
}

impl From<LoadError> for Error {
    fn from(error: LoadError) -> Self {
        let kind = match &error {
            LoadError::Aborted => ErrorKind::Cancelled,
            LoadError::Read { source, .. } if source.kind() == std::io::ErrorKind::NotFound => {
                ErrorKind::NotFound
            }
            LoadError::Architecture { .. } => ErrorKind::Unsupported,
            LoadError::Adapter { .. } => ErrorKind::InvalidRequest,
            LoadError::Mlx(_) => ErrorKind::Backend,
            _ => ErrorKind::InvalidModel,
        };
        let message = error.to_string();
        match error {
            LoadError::Read { source, .. } => Self::new(kind, message).with_source(source),
            LoadError::Json { source, .. } => Self::new(kind, message).with_source(source),
            LoadError::Format(source) => Self::new(kind, message).with_source(source),
            LoadError::Mlx(source) => Self::new(kind, message).with_source(source),
            _ => Self::new(kind, message),
        }
    }
}
