//! What a call of a tool works with.

use std::sync::Arc;

use inference_core::{Error, ErrorKind};

use super::Progress;
use crate::{Caller, Service};

/// Bytes of a text that a call brings.
const TEXT_BYTES: usize = 1 << 20;

/// A call of a tool.
pub(crate) struct Call {
    pub(crate) service: Arc<Service>,
    /// The model of calls that name none.
    pub(crate) default: Option<String>,
    /// Who asks, for the line in front of the model.
    pub(crate) caller: Caller,
    pub(crate) progress: Box<dyn Progress>,
}

impl Call {
    /// The model that is meant; `None` is the service's default.
    pub(crate) fn model(&self, named: Option<String>) -> Option<String> {
        named.or_else(|| self.default.clone())
    }
}

/// Refuses a text that is empty or too long.
pub(crate) fn check_text(name: &str, text: &str) -> Result<(), Error> {
    if text.trim().is_empty() {
        return Err(invalid(format!("{name} cannot be empty")));
    }
    check_length(name, text)
}

/// Refuses a text that is too long.
pub(crate) fn check_length(name: &str, text: &str) -> Result<(), Error> {
    if text.len() > TEXT_BYTES {
        let bytes = text.len();
        return Err(invalid(format!(
            "{name} has {bytes} bytes, but may have {TEXT_BYTES} at most"
        )));
    }
    Ok(())
}

/// An error that says how to correct the arguments.
pub(crate) fn invalid(message: impl Into<String>) -> Error {
    Error::new(ErrorKind::InvalidRequest, message)
}
