//! Why a conversation cannot be rendered.

use std::fmt;
use std::sync::Arc;

use inference_core::{Error, ErrorKind};

/// Why a conversation cannot be rendered.
#[derive(Debug, Clone, thiserror::Error)]
pub(crate) enum TemplateError {
    /// The model has none.
    #[error(
        "chat with a model that has no chat template is not supported: send the text as a raw prompt"
    )]
    Absent,
    /// The template is no template.
    #[error(
        "the model's chat template is not one that is understood here; raw prompts work without it"
    )]
    Syntax(#[source] Arc<minijinja::Error>),
    /// The template itself says what is wrong with the conversation.
    #[error("the model's chat template refuses the conversation: {message}")]
    Raised { message: String },
    /// It was stopped: it loops or grows without end, or nearly so.
    #[error(
        "the model's chat template was stopped: it takes more steps or memory than a \
         conversation of {bytes} bytes can need"
    )]
    Endless { bytes: usize },
    /// It fails on this conversation.
    #[error("the model's chat template fails on the conversation")]
    Failed(#[source] Arc<minijinja::Error>),
}

impl TemplateError {
    /// Tells apart why rendering a conversation of so many bytes failed.
    pub(super) fn new(error: minijinja::Error, bytes: usize) -> Self {
        if let Some(raised) = Raised::within(&error) {
            return Self::Raised {
                message: raised.0.clone(),
            };
        }
        if is_out_of_fuel(&error) {
            return Self::Endless { bytes };
        }
        Self::Failed(Arc::new(error))
    }
}

impl From<TemplateError> for Error {
    fn from(error: TemplateError) -> Self {
        let kind = match error {
            TemplateError::Absent => ErrorKind::Unsupported,
            TemplateError::Raised { .. } => ErrorKind::InvalidRequest,
            _ => ErrorKind::InvalidModel,
        };
        let told = Self::new(kind, error.to_string());
        match error {
            TemplateError::Syntax(source) | TemplateError::Failed(source) => {
                told.with_source(Cause(source))
            }
            _ => told,
        }
    }
}

/// A shared error as the cause of another.
#[derive(Debug)]
struct Cause(Arc<minijinja::Error>);

impl fmt::Display for Cause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl std::error::Error for Cause {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.0.source()
    }
}

/// What a template raises by `raise_exception`.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub(super) struct Raised(pub(super) String);

impl Raised {
    fn within(error: &minijinja::Error) -> Option<&Self> {
        chain(error).find_map(|cause| cause.downcast_ref())
    }
}

fn is_out_of_fuel(error: &minijinja::Error) -> bool {
    chain(error)
        .filter_map(|cause| cause.downcast_ref::<minijinja::Error>())
        .any(|error| error.kind() == minijinja::ErrorKind::OutOfFuel)
}

fn chain<'a>(
    error: &'a minijinja::Error,
) -> impl Iterator<Item = &'a (dyn std::error::Error + 'static)> {
    let first: &'a (dyn std::error::Error + 'static) = error;
    std::iter::successors(Some(first), |error| (*error).source())
}
