//! The old callback interface, kept for its callers.

use futures::future::BoxFuture;

use crate::{Backend, BoxError, GenerateOptions, Generation, Message};

/// Takes each piece of an answer; an error ends the answer and comes back unchanged.
pub type TokenCallback<'a> = &'a mut (dyn FnMut(&str) -> Result<(), BoxError> + Send);

/// Streaming by callback.
///
/// A failed stream comes back as a boxed [`GenerationError`](crate::GenerationError), an error of
/// the callback as it is. Dropping a returned future cancels the request.
#[deprecated(note = "use `TextModel::generate`, whose stream can be cancelled and slowed down")]
pub trait StreamingBackend: Backend {
    /// Streams the answer to one user message.
    ///
    /// # Errors
    /// The callback's error unchanged, else a boxed [`GenerationError`](crate::GenerationError).
    fn generate_stream<'a>(
        &'a self,
        prompt: &'a str,
        options: &'a GenerateOptions,
        each: TokenCallback<'a>,
    ) -> BoxFuture<'a, Result<Generation, BoxError>>;

    /// Streams the answer to a conversation.
    ///
    /// # Errors
    /// As for [`generate_stream`](Self::generate_stream).
    fn chat_stream<'a>(
        &'a self,
        messages: &'a [Message],
        options: &'a GenerateOptions,
        each: TokenCallback<'a>,
    ) -> BoxFuture<'a, Result<Generation, BoxError>>;
}
