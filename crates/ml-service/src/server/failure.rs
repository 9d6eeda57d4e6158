//! Failures in OpenAI's shape: `{"error":{"message","type","code","param"}}` with the right status.

use std::time::Duration;

use axum::Json;
use axum::http::header::RETRY_AFTER;
use axum::http::{HeaderName, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use inference_core::{Error, ErrorKind, Retry};
use openai_wire::{ApiError, ErrorResponse};

/// OpenAI's clients send a failed request again unless this header says that it is no use.
const SHOULD_RETRY: HeaderName = HeaderName::from_static("x-should-retry");

/// When to come back where nobody knows better.
const SHORTLY: Duration = Duration::from_secs(1);

/// When to come back for a model that loads.
const WHEN_LOADED: Duration = Duration::from_secs(5);

/// Why a request is not answered.
#[derive(Debug, Clone)]
pub(super) struct Failure {
    status: StatusCode,
    error: Box<ApiError>,
    retry_after: Option<Duration>,
    is_final: bool,
}

impl Failure {
    pub(super) fn new(status: StatusCode, message: impl Into<String>) -> Self {
        let kind = match status {
            StatusCode::UNAUTHORIZED => "authentication_error",
            StatusCode::FORBIDDEN => "permission_error",
            StatusCode::TOO_MANY_REQUESTS => "rate_limit_error",
            status if status.is_server_error() => "server_error",
            _ => "invalid_request_error",
        };
        Self {
            status,
            error: Box::new(ApiError::new(message).with_kind(kind)),
            retry_after: None,
            is_final: false,
        }
    }

    /// A field of the request is wrong.
    pub(super) fn field(param: impl Into<String>, message: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, message).with_param(param)
    }

    /// A field of the request cannot be honoured.
    pub(super) fn unsupported(param: impl Into<String>, message: impl Into<String>) -> Self {
        Self::field(param, message).with_code("unsupported_parameter")
    }

    #[must_use]
    pub(super) fn with_code(mut self, code: &'static str) -> Self {
        self.error.code = Some(code.to_owned());
        self
    }

    #[must_use]
    pub(super) fn with_param(mut self, param: impl Into<String>) -> Self {
        self.error.param = Some(param.into());
        self
    }

    pub(super) fn error(&self) -> &ApiError {
        &self.error
    }

    /// The stable name of what went wrong, for the log.
    pub(super) fn code(&self) -> &str {
        let error = &self.error;
        error
            .code
            .as_deref()
            .or(error.kind.as_deref())
            .unwrap_or_default()
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        let status = status(error.kind());
        let code = match error.kind() {
            ErrorKind::ContextExceeded => "context_length_exceeded",
            ErrorKind::NotFound => "model_not_found",
            _ => error.code(),
        };
        let failure = Self::new(status, error.to_string()).with_code(code);
        let comes_back =
            status == StatusCode::SERVICE_UNAVAILABLE || status == StatusCode::TOO_MANY_REQUESTS;
        Self {
            retry_after: match error.retry() {
                Retry::After(time) => Some(time),
                Retry::WhenLoaded => Some(WHEN_LOADED),
                Retry::Backoff if comes_back => Some(SHORTLY),
                _ => None,
            },
            is_final: error.retry() == Retry::Never,
            ..failure
        }
    }
}

/// What a failed model means to our own client. A key that an upstream server refuses is not the
/// client's fault.
fn status(kind: ErrorKind) -> StatusCode {
    match kind {
        ErrorKind::InvalidRequest | ErrorKind::Unsupported | ErrorKind::ContextExceeded => {
            StatusCode::BAD_REQUEST
        }
        ErrorKind::NotFound => StatusCode::NOT_FOUND,
        ErrorKind::RateLimited => StatusCode::TOO_MANY_REQUESTS,
        ErrorKind::Unavailable | ErrorKind::Crashed | ErrorKind::Closed | ErrorKind::Cancelled => {
            StatusCode::SERVICE_UNAVAILABLE
        }
        ErrorKind::Unauthorized
        | ErrorKind::Connection
        | ErrorKind::Truncated
        | ErrorKind::Protocol => StatusCode::BAD_GATEWAY,
        ErrorKind::Timeout => StatusCode::GATEWAY_TIMEOUT,
        _ => StatusCode::INTERNAL_SERVER_ERROR,
    }
}

impl IntoResponse for Failure {
    fn into_response(self) -> Response {
        let body = ErrorResponse {
            error: *self.error.clone(),
        };
        let mut response = (self.status, Json(body)).into_response();
        let headers = response.headers_mut();
        if let Some(time) = self.retry_after {
            let seconds = time.as_secs() + u64::from(time.subsec_nanos() > 0);
            headers.insert(RETRY_AFTER, HeaderValue::from(seconds));
        }
        if self.status.is_server_error() && self.is_final {
            headers.insert(SHOULD_RETRY, HeaderValue::from_static("false"));
        }
        response.extensions_mut().insert(self);
        response
    }
}
