//! One error for the whole contract, named by what the caller can do about it.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

/// Any error that the producer of a stream or a callback may return.
pub type BoxError = Box<dyn std::error::Error + Send + Sync + 'static>;

/// What went wrong, named by what the caller can do about it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ErrorKind {
    /// The request can never succeed as it is: correct it.
    InvalidRequest,
    /// The backend cannot do this, or cannot honour an option: the message names which.
    Unsupported,
    /// The prompt fills the context: shorten it or load the model with a longer one.
    ContextExceeded,
    /// A model, adapter or backend of that name does not exist.
    NotFound,
    /// The model is damaged or cannot be loaded as it is.
    InvalidModel,
    /// A key is missing or wrong.
    Unauthorized,
    /// The server asks for fewer requests.
    RateLimited,
    /// The backend exists but cannot serve now: not installed, still loading, overloaded.
    Unavailable,
    /// No connection could be made: refused, unknown host, TLS.
    Connection,
    /// Nothing came within the time allowed.
    Timeout,
    /// The answer stopped before its end.
    Truncated,
    /// What came back is not what the protocol promises.
    Protocol,
    /// The caller cancelled.
    Cancelled,
    /// The model was closed.
    Closed,
    /// Memory ran out.
    OutOfMemory,
    /// The process or engine behind the model died.
    Crashed,
    /// The backend failed in a way that it does not explain further.
    Backend,
}

impl ErrorKind {
    /// A stable name for logs, JSON and metrics, such as `context_exceeded`.
    pub const fn code(self) -> &'static str {
        match self {
            Self::InvalidRequest => "invalid_request",
            Self::Unsupported => "unsupported",
            Self::ContextExceeded => "context_exceeded",
            Self::NotFound => "not_found",
            Self::InvalidModel => "invalid_model",
            Self::Unauthorized => "unauthorized",
            Self::RateLimited => "rate_limited",
            Self::Unavailable => "unavailable",
            Self::Connection => "connection",
            Self::Timeout => "timeout",
            Self::Truncated => "truncated",
            Self::Protocol => "protocol",
            Self::Cancelled => "cancelled",
            Self::Closed => "closed",
            Self::OutOfMemory => "out_of_memory",
            Self::Crashed => "crashed",
            Self::Backend => "backend",
        }
    }

    /// The retry class of this kind where the backend knows nothing better.
    const fn default_retry(self) -> Retry {
        match self {
            Self::RateLimited
            | Self::Unavailable
            | Self::Connection
            | Self::Truncated
            | Self::Crashed => Retry::Backoff,
            Self::ContextExceeded => Retry::ShrinkContext,
            _ => Retry::Never,
        }
    }
}

impl fmt::Display for ErrorKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

/// Whether, and when, the same request may be sent again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Retry {
    /// The same request fails again.
    Never,
    /// Wait this long, as the server asked.
    After(Duration),
    /// Wait a little longer each time.
    Backoff,
    /// Wait until the model has loaded.
    WhenLoaded,
    /// Send a shorter prompt.
    ShrinkContext,
}

/// An error of a backend: cheap to clone, with the chain of its causes.
///
/// `Display` prints this error alone, in lower case, and never its source: whoever prints the
/// chain walks [`std::error::Error::source`].
#[derive(Clone)]
pub struct Error(Arc<Inner>);

#[derive(Clone)]
struct Inner {
    kind: ErrorKind,
    retry: Retry,
    backend: Option<String>,
    message: String,
    source: Option<Arc<dyn std::error::Error + Send + Sync>>,
}

impl Error {
    /// An error of a kind; the message says what was attempted with what, and the way out.
    pub fn new(kind: ErrorKind, message: impl Into<String>) -> Self {
        Self(Arc::new(Inner {
            kind,
            retry: kind.default_retry(),
            backend: None,
            message: message.into(),
            source: None,
        }))
    }

    /// An option or capability that `backend` cannot honour.
    pub fn unsupported(backend: &str, what: impl fmt::Display) -> Self {
        Self::new(ErrorKind::Unsupported, format!("{what} is not supported")).with_backend(backend)
    }

    /// A call on a model that was closed.
    pub fn closed(backend: &str) -> Self {
        Self::new(ErrorKind::Closed, "the model was closed").with_backend(backend)
    }

    /// The caller's cancellation.
    pub fn cancelled() -> Self {
        Self::new(ErrorKind::Cancelled, "the answer was cancelled")
    }

    /// Names the backend that failed; an error that already names one keeps it.
    #[must_use]
    pub fn with_backend(mut self, backend: &str) -> Self {
        if self.0.backend.is_none() {
            Arc::make_mut(&mut self.0).backend = Some(backend.to_owned());
        }
        self
    }

    /// Replaces the retry class that the kind implies.
    #[must_use]
    pub fn with_retry(mut self, retry: Retry) -> Self {
        Arc::make_mut(&mut self.0).retry = retry;
        self
    }

    /// Attaches the cause.
    #[must_use]
    pub fn with_source(mut self, source: impl Into<BoxError>) -> Self {
        Arc::make_mut(&mut self.0).source = Some(Arc::from(source.into()));
        self
    }

    /// What went wrong.
    pub fn kind(&self) -> ErrorKind {
        self.0.kind
    }

    /// The stable name of the kind.
    pub fn code(&self) -> &'static str {
        self.0.kind.code()
    }

    /// Whether and when to send the same request again.
    pub fn retry(&self) -> Retry {
        self.0.retry
    }

    /// The backend that failed, where known.
    pub fn backend(&self) -> Option<&str> {
        self.0.backend.as_deref()
    }

    /// The message without the backend's name.
    pub fn message(&self) -> &str {
        &self.0.message
    }

    /// Whether the caller cancelled.
    pub fn is_cancelled(&self) -> bool {
        self.0.kind == ErrorKind::Cancelled
    }

    /// Whether the answer stopped before its end.
    pub fn is_truncated(&self) -> bool {
        self.0.kind == ErrorKind::Truncated
    }

    /// Whether time ran out.
    pub fn is_timeout(&self) -> bool {
        self.0.kind == ErrorKind::Timeout
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(backend) = &self.0.backend {
            write!(f, "{backend}: ")?;
        }
        f.write_str(&self.0.message)
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Error")
            .field("kind", &self.0.kind)
            .field("retry", &self.0.retry)
            .field("backend", &self.0.backend)
            .field("message", &self.0.message)
            .field("source", &self.0.source)
            .finish()
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.0.source.as_deref().map(|source| source as _)
    }
}

#[cfg(test)]
mod tests {
    use std::error::Error as _;

    use super::*;

    #[test]
    fn a_message_names_the_backend_and_leaves_the_cause_to_the_chain() {
        let error = Error::new(ErrorKind::Connection, "cannot connect to 127.0.0.1:1")
            .with_backend("http")
            .with_source(std::io::Error::other("refused"));
        assert_eq!(error.to_string(), "http: cannot connect to 127.0.0.1:1");
        assert_eq!(error.source().expect("cause").to_string(), "refused");
        assert_eq!(error.clone().code(), "connection");
    }

    #[test]
    fn the_backend_that_failed_first_stays_named() {
        let error = Error::closed("http").with_backend("llama_cpp");
        assert_eq!(error.backend(), Some("http"));
    }

    #[test]
    fn kinds_imply_a_retry_class_that_a_backend_may_replace() {
        let error = Error::new(ErrorKind::RateLimited, "slow down");
        assert_eq!(error.retry(), Retry::Backoff);
        let wait = Retry::After(Duration::from_secs(3));
        assert_eq!(error.with_retry(wait).retry(), wait);
        let full = Error::new(ErrorKind::ContextExceeded, "9 tokens, context 8");
        assert_eq!(full.retry(), Retry::ShrinkContext);
    }
}
