//! Why a client was not served to its end.

use std::borrow::Cow;

use rmcp::service::ServerInitializeError;

/// A client was not served to its end.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ToolServerError {
    /// Its first messages are not those of the protocol.
    #[error("the client did not begin as the Model Context Protocol does: {reason}")]
    Refused {
        /// What came instead.
        reason: Cow<'static, str>,
    },
    /// The server's task panicked.
    #[error("the tool server ended early")]
    Ended,
}

impl ToolServerError {
    /// Without what the client sent.
    pub(super) fn refused(error: &ServerInitializeError) -> Self {
        let reason = match error {
            ServerInitializeError::ExpectedInitializeRequest(_) => {
                "it did not send initialize first".into()
            }
            ServerInitializeError::InitializeFailed(error) => error.message.clone(),
            ServerInitializeError::TransportError { .. } => "it could not be written to".into(),
            _ => "the handshake broke off".into(),
        };
        Self::Refused { reason }
    }
}
