//! What went wrong with a file's format, as the error of the contract.

use std::error::Error as StdError;
use std::io;
use std::iter::successors;

use inference_core::{Error, ErrorKind};

/// The error with its causes: a file that the system refuses is the request's fault, any other the
/// file's own.
pub(crate) fn convert(error: &(dyn StdError + 'static)) -> Error {
    let causes = || successors(error.source(), |&cause| cause.source());
    let refused = causes().find_map(|cause| cause.downcast_ref::<io::Error>());
    let kind = match refused.map(io::Error::kind) {
        Some(io::ErrorKind::NotFound) => ErrorKind::NotFound,
        Some(_) => ErrorKind::InvalidRequest,
        None => ErrorKind::InvalidModel,
    };
    let converted = Error::new(kind, error.to_string());
    let causes: Vec<_> = causes().map(ToString::to_string).collect();
    if causes.is_empty() {
        converted
    } else {
        converted.with_source(causes.join(": "))
    }
}
