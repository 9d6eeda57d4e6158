//! What a call of a tool works with.

use std::sync::Arc;

use inference_core::{Error, ErrorKind};

use super::progress::Progress;
use crate::Service;

/// Bytes of a text that a call brings.
const TEXT_BYTES: usize = 1 << 20;

/// A call of a tool.
pub(super) struct Call {
    pub(super) service: Arc<Service>,
    /// The model of calls that name none.
    pub(super) default: Option<String>,
    pub(super) progress: Progress,
}

impl Call {
    /// The model that is meant; `None` is the service's default.
    pub(super) fn model(&self, named: Option<String>) -> Option<String> {
        named.or_else(|| self.default.clone())
    }
}

/// Refuses a text that is empty or too long.
pub(super) fn check_text(name: &str, text: &str) -> Result<(), Error> {
    if text.trim().is_empty() {
        return Err(invalid(format!("{name} cannot be empty")));
    }
    check_length(name, text)
}

/// Refuses a text that is too long.
pub(super) fn check_length(name: &str, text: &str) -> Result<(), Error> {
    if text.len() > TEXT_BYTES {
        let bytes = text.len();
        return Err(invalid(format!(
            "{name} has {bytes} bytes, but may have {TEXT_BYTES} at most"
        )));
    }
    Ok(())
}

/// An error that says how to correct the arguments.
pub(super) fn invalid(message: impl Into<String>) -> Error {
    Error::new(ErrorKind::InvalidRequest, message)
}
