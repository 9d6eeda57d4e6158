//! What a failed connection means.

use std::error::Error as _;
use std::io;

use inference_core::{Error, ErrorKind, Retry};

/// Why no reply came, from the client's error.
pub(crate) fn no_reply(error: reqwest::Error, url: &str, https: bool) -> Error {
    // The URL may hold a password, and the message names it anyway.
    let error = error.without_url();
    let (kind, retry, message) = if error.is_timeout() && error.is_connect() {
        let message = format!("connecting to {url} took too long");
        (ErrorKind::Timeout, Retry::Never, message)
    } else if error.is_connect() {
        connect(&error, url, https)
    } else if error.is_builder() {
        let message = format!("the request to {url} cannot be built");
        (ErrorKind::InvalidRequest, Retry::Never, message)
    } else {
        let message = format!("the connection to {url} broke before a reply came");
        (ErrorKind::Connection, Retry::Backoff, message)
    };
    Error::new(kind, message)
        .with_retry(retry)
        .with_source(error)
}

/// The error of a reply that broke off.
pub(crate) fn broken_reply(error: reqwest::Error) -> Error {
    let message = "the connection broke before the answer's end";
    Error::new(ErrorKind::Truncated, message).with_source(error.without_url())
}

fn connect(error: &reqwest::Error, url: &str, https: bool) -> (ErrorKind, Retry, String) {
    let (retry, message) = match io_kind(error) {
        Some(io::ErrorKind::ConnectionRefused) => (
            Retry::Backoff,
            format!("nothing listens at {url}: is the server running?"),
        ),
        Some(io::ErrorKind::NotFound) => (
            Retry::Backoff,
            format!("there is no socket at {url}: is the server running?"),
        ),
        _ if is_unknown_host(error) => (
            Retry::Never,
            format!("the host of {url} is not known: check the URL"),
        ),
        _ if https => (
            Retry::Never,
            format!(
                "no TLS connection to {url}: check the certificate, or use http:// for a server without one"
            ),
        ),
        _ => (Retry::Backoff, format!("cannot connect to {url}")),
    };
    (ErrorKind::Connection, retry, message)
}

/// The kind of the I/O error at the root, if one is there.
fn io_kind(error: &reqwest::Error) -> Option<io::ErrorKind> {
    let mut cause = error.source();
    let mut kind = None;
    while let Some(error) = cause {
        if let Some(error) = error.downcast_ref::<io::Error>() {
            kind = Some(error.kind());
        }
        cause = error.source();
    }
    kind
}

/// Whether the name did not resolve; the client's error has no type for it.
fn is_unknown_host(error: &reqwest::Error) -> bool {
    let mut cause = error.source();
    while let Some(error) = cause {
        if error.to_string().contains("dns error") {
            return true;
        }
        cause = error.source();
    }
    false
}
