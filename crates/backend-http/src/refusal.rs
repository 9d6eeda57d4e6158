//! What a server's refusal means: status, headers and body → an error that says what to do.

use std::time::{Duration, SystemTime};

use http::header::{HeaderMap, LOCATION, RETRY_AFTER};
use http::{StatusCode, Uri};
use inference_core::{Error, ErrorKind, Retry};
use openai_wire::{ApiError, ErrorResponse};

use crate::excerpt::excerpt;
use crate::url::without_secrets;

/// A reply that is not the answer asked for.
pub(crate) struct Refusal<'a> {
    pub(crate) status: StatusCode,
    pub(crate) headers: &'a HeaderMap,
    pub(crate) body: &'a [u8],
    /// Where the request was sent, as it may be shown.
    pub(crate) url: &'a str,
}

impl Refusal<'_> {
    /// The error it means.
    pub(crate) fn into_error(self) -> Error {
        let text = String::from_utf8_lossy(self.body);
        let api = match serde_json::from_slice::<ErrorResponse>(self.body) {
            Ok(response) => response.error,
            Err(_) if is_html(self.headers, &text) => ApiError::new(format!(
                "a web page came back ({}): is the URL that of the API?",
                title(&text)
            )),
            Err(_) if text.trim().is_empty() => ApiError::new("the reply was empty"),
            Err(_) => ApiError::new(text),
        };
        let wait = retry_after(self.headers, SystemTime::now());
        if self.status.is_redirection() {
            return self.redirection();
        }
        classify(self.status, &api, wait, self.url)
    }

    fn redirection(&self) -> Error {
        let target = self.headers.get(LOCATION).and_then(|to| to.to_str().ok());
        let target = target.and_then(|to| to.parse::<Uri>().ok()).map_or_else(
            || "elsewhere".to_owned(),
            |to| without_secrets(&to.to_string()),
        );
        let message = format!("{} redirects to {target}: set that as the URL", self.url);
        Error::new(ErrorKind::InvalidRequest, message)
    }
}

/// An error that came in the middle of a stream, where there is no status but perhaps a code.
pub(crate) fn in_stream(api: &ApiError) -> Error {
    let code = api.code.as_deref().and_then(|code| code.parse().ok());
    let status = code.unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    classify(status, api, None, "the stream")
}

/// The error that a status and the server's own words mean.
fn classify(status: StatusCode, api: &ApiError, wait: Option<Duration>, url: &str) -> Error {
    let said = said(api);
    let code = status.as_u16();
    let error = |kind, message: String| Error::new(kind, message);
    let busy = |kind, message: String| {
        let retry = wait.map_or(Retry::Backoff, Retry::After);
        Error::new(kind, message).with_retry(retry)
    };
    if api.is_context_exceeded() {
        return error(
            ErrorKind::ContextExceeded,
            format!("the prompt does not fit the context: {said}"),
        );
    }
    match code {
        401 | 403 => error(
            ErrorKind::Unauthorized,
            format!("{url} refused the API key ({code}): {said}"),
        ),
        404 | 405 => error(
            ErrorKind::NotFound,
            format!("{url} does not exist ({code}): {said}; check the URL and the model's name"),
        ),
        400 | 409 | 413 | 422 => error(
            ErrorKind::InvalidRequest,
            format!(
                "the server refused the request ({code}): {said}{}",
                hint(api)
            ),
        ),
        // A spent quota does not come back by waiting.
        429 if api.code.as_deref() == Some("insufficient_quota") => error(
            ErrorKind::RateLimited,
            format!("the account's quota is spent ({code}): {said}"),
        )
        .with_retry(Retry::Never),
        429 => busy(
            ErrorKind::RateLimited,
            format!("the server asks for fewer requests ({code}): {said}"),
        ),
        501 => error(
            ErrorKind::Unsupported,
            format!("the server cannot do this ({code}): {said}"),
        ),
        503 if is_loading(api) => error(
            ErrorKind::Unavailable,
            format!("the server is still loading its model ({code}): {said}"),
        )
        .with_retry(Retry::WhenLoaded),
        408 | 502 | 503 | 504 | 529 => busy(
            ErrorKind::Unavailable,
            format!("the server cannot answer now ({code}): {said}"),
        ),
        500.. => busy(
            ErrorKind::Backend,
            format!("the server failed ({code}): {said}"),
        ),
        _ => error(
            ErrorKind::Protocol,
            format!("{url} answered {code}, which means nothing here: {said}"),
        ),
    }
}

/// The server's words and, in brackets, its name for the error.
fn said(api: &ApiError) -> String {
    let message = excerpt(&api.message);
    match &api.kind {
        Some(kind) if !kind.is_empty() => format!("{message} [{}]", excerpt(kind)),
        _ => message,
    }
}

/// The way out of refusals whose words do not name it.
fn hint(api: &ApiError) -> &'static str {
    if api.message.contains("chat template") || api.message.contains("chat_template") {
        "; send a raw prompt (Prompt::Text) to a model without a chat template"
    } else {
        ""
    }
}

fn is_loading(api: &ApiError) -> bool {
    let message = api.message.to_ascii_lowercase();
    message.contains("loading model")
        || message.contains("model is loading")
        || message.contains("model is currently loading")
}

/// Whether a reply is a web page, whatever its headers say.
pub(crate) fn is_html(headers: &HeaderMap, text: &str) -> bool {
    let declared = media_type(headers).is_some_and(|kind| kind == "text/html");
    let start = text.trim_start();
    let start = start.get(..14).unwrap_or(start).to_ascii_lowercase();
    declared || start.starts_with("<!doctype html") || start.starts_with("<html")
}

/// The media type of a reply, without its parameters, in lower case.
pub(crate) fn media_type(headers: &HeaderMap) -> Option<String> {
    let value = headers.get(http::header::CONTENT_TYPE)?.to_str().ok()?;
    let kind = value.split(';').next()?.trim();
    (!kind.is_empty()).then(|| kind.to_ascii_lowercase())
}

/// A web page's title, or its first words.
pub(crate) fn title(page: &str) -> String {
    let lower = page.to_ascii_lowercase();
    let title = lower.find("<title>").map(|start| start + "<title>".len());
    let titled = title.and_then(|start| {
        let length = lower[start..].find("</title>")?;
        Some(&page[start..start + length])
    });
    format!("{:?}", excerpt(titled.unwrap_or(page)))
}

/// How long the server asks to wait: seconds or an HTTP date.
fn retry_after(headers: &HeaderMap, now: SystemTime) -> Option<Duration> {
    let value = headers.get(RETRY_AFTER)?.to_str().ok()?.trim();
    if let Ok(seconds) = value.parse() {
        return Duration::try_from_secs_f64(seconds).ok();
    }
    let date = httpdate::parse_http_date(value).ok()?;
    Some(date.duration_since(now).unwrap_or_default())
}

#[cfg(test)]
mod tests;
