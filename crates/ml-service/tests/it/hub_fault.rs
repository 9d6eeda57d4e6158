//! What can go wrong with a reply of the fake hub.

use std::convert::Infallible;
use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use futures::{StreamExt as _, stream};

/// What goes wrong with one reply.
#[derive(Debug, Clone)]
pub(crate) enum Fault {
    /// The connection ends after this many bytes.
    Cut(usize),
    /// Nothing comes after this many bytes.
    Stall(usize),
    /// Nothing comes at all, from the server for large files.
    Silent,
    /// The body ends after this many bytes, and looks whole.
    Short(usize),
    /// The bytes are others.
    Wrong,
    /// More bytes are announced and sent.
    Long,
    /// The range that was asked for does not count.
    NoRange,
    /// The bytes come in so many pieces with pauses.
    Slow(usize),
    /// A status in the place of the file, with header fields.
    Status(u16, &'static [(&'static str, &'static str)]),
    /// A web page in the place of the file.
    WebPage,
    /// A text in the place of the file.
    Text(String),
    /// A redirection to itself.
    Circle,
}

/// A file's bytes, or those of its range, as far as nothing goes wrong.
pub(crate) fn content(bytes: &Bytes, headers: &HeaderMap, fault: Option<Fault>) -> Response {
    let from = match fault {
        Some(Fault::NoRange) => None,
        _ => start(headers),
    };
    let total = bytes.len();
    if from.is_some_and(|from| from >= total) {
        return StatusCode::RANGE_NOT_SATISFIABLE.into_response();
    }
    let rest = bytes.slice(from.unwrap_or(0)..);
    let mut response = Response::new(Body::empty());
    if let Some(from) = from {
        *response.status_mut() = StatusCode::PARTIAL_CONTENT;
        let range = format!("bytes {from}-{}/{total}", total - 1);
        let range = range.parse().expect("a header");
        response.headers_mut().insert(header::CONTENT_RANGE, range);
    }
    let (length, body) = match fault {
        None | Some(Fault::NoRange | Fault::Silent) => (Some(rest.len()), Body::from(rest)),
        Some(Fault::Cut(end)) => {
            let broken = stream::once(async {
                // Lets what was sent go out first.
                tokio::task::yield_now().await;
                Err(std::io::Error::other("cut"))
            });
            let sent = stream::iter([Ok(rest.slice(..end.min(rest.len())))]);
            (Some(rest.len()), Body::from_stream(sent.chain(broken)))
        }
        Some(Fault::Stall(end)) => {
            let sent = stream::iter([Ok::<_, Infallible>(rest.slice(..end.min(rest.len())))]);
            (
                Some(rest.len()),
                Body::from_stream(sent.chain(stream::pending())),
            )
        }
        Some(Fault::Short(end)) => {
            let sent = stream::iter([Ok::<_, Infallible>(rest.slice(..end))]);
            (None, Body::from_stream(sent))
        }
        Some(Fault::Wrong) => {
            let wrong: Vec<u8> = rest.iter().map(|byte| !byte).collect();
            (Some(wrong.len()), Body::from(wrong))
        }
        Some(Fault::Long) => {
            let long = [rest, Bytes::from_static(b"and more")].concat();
            (Some(long.len()), Body::from(long))
        }
        Some(Fault::Slow(pieces)) => {
            let length = rest.len();
            let size = length.div_ceil(pieces);
            let pieces = stream::unfold(rest, move |mut rest| async move {
                tokio::time::sleep(Duration::from_millis(20)).await;
                let piece = rest.split_to(size.min(rest.len()));
                (!piece.is_empty()).then_some((Ok::<_, Infallible>(piece), rest))
            });
            (Some(length), Body::from_stream(pieces))
        }
        Some(Fault::Status(status, fields)) => {
            *response.status_mut() = StatusCode::from_u16(status).expect("a status");
            for (name, value) in fields {
                let value = value.parse().expect("a header");
                response.headers_mut().insert(*name, value);
            }
            (None, Body::from("the server's own words"))
        }
        Some(Fault::WebPage) => {
            let kind = "text/html; charset=utf-8".parse().expect("a header");
            response.headers_mut().insert(header::CONTENT_TYPE, kind);
            (None, Body::from("<!doctype html><title>Log in</title>"))
        }
        Some(Fault::Text(text)) => (None, Body::from(text)),
        Some(Fault::Circle) => {
            *response.status_mut() = StatusCode::FOUND;
            let target = "?again".parse().expect("a header");
            response.headers_mut().insert(header::LOCATION, target);
            (None, Body::empty())
        }
    };
    if let Some(length) = length {
        response
            .headers_mut()
            .insert(header::CONTENT_LENGTH, length.into());
    }
    *response.body_mut() = body;
    response
}

/// The byte that a request wants to begin with.
pub(crate) fn start(headers: &HeaderMap) -> Option<usize> {
    let range = headers.get(header::RANGE)?.to_str().ok()?;
    let start = range.strip_prefix("bytes=")?.strip_suffix('-')?;
    start.parse().ok()
}
