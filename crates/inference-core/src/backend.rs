//! The compatibility layer: strings in, whole answers out.

use std::sync::Arc;

use futures::future::BoxFuture;

#[expect(
    deprecated,
    reason = "the bridge to callers that still stream by callback"
)]
use crate::StreamingBackend;
use crate::{Availability, GenerateOptions, Generation, GenerationError, Message, OptionKind};

/// A model behind plain strings. New code takes [`TextModel`](crate::TextModel); every one of
/// those is a `Backend` through [`InferenceAdapter`](crate::InferenceAdapter).
///
/// Dropping a returned future cancels the request.
pub trait Backend: Send + Sync {
    /// The backend's name, as in errors and in the registry.
    fn name(&self) -> &str;

    /// Whether requests may set this option. One that may not is refused by name.
    fn supports(&self, option: OptionKind) -> bool;

    /// Answers one user message, through the model's chat template.
    ///
    /// # Errors
    /// The error with what had come of the answer before it.
    fn generate<'a>(
        &'a self,
        prompt: &'a str,
        options: &'a GenerateOptions,
    ) -> BoxFuture<'a, Result<Generation, GenerationError>>;

    /// Answers a conversation.
    ///
    /// # Errors
    /// The error with what had come of the answer before it.
    fn chat<'a>(
        &'a self,
        messages: &'a [Message],
        options: &'a GenerateOptions,
    ) -> BoxFuture<'a, Result<Generation, GenerationError>>;

    /// Whether a request could be served now.
    fn availability(&self) -> BoxFuture<'_, Availability>;

    /// The callback interface, where the backend has it.
    #[expect(
        deprecated,
        reason = "the bridge to callers that still stream by callback"
    )]
    fn streaming(&self) -> Option<&dyn StreamingBackend> {
        None
    }
}

impl<B: Backend + ?Sized> Backend for Arc<B> {
    fn name(&self) -> &str {
        (**self).name()
    }

    fn supports(&self, option: OptionKind) -> bool {
        (**self).supports(option)
    }

    fn generate<'a>(
        &'a self,
        prompt: &'a str,
        options: &'a GenerateOptions,
    ) -> BoxFuture<'a, Result<Generation, GenerationError>> {
        (**self).generate(prompt, options)
    }

    fn chat<'a>(
        &'a self,
        messages: &'a [Message],
        options: &'a GenerateOptions,
    ) -> BoxFuture<'a, Result<Generation, GenerationError>> {
        (**self).chat(messages, options)
    }

    fn availability(&self) -> BoxFuture<'_, Availability> {
        (**self).availability()
    }

    #[expect(
        deprecated,
        reason = "the bridge to callers that still stream by callback"
    )]
    fn streaming(&self) -> Option<&dyn StreamingBackend> {
        (**self).streaming()
    }
}
