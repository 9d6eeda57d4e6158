//! The trait that a backend implements.

use std::num::NonZeroUsize;
use std::sync::Arc;

use futures::future::BoxFuture;
use futures::stream::BoxStream;

use crate::{
    AttentionInspector, Availability, Classification, ClassifyOptions, Error, GenerateOptions,
    Generation, GenerationError, ModelInfo, OptionKind, Prompt, TokenStream,
};

/// Options of [`TextModel::batch_generate`].
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct BatchOptions {
    /// Most prompts in work at once; unset is what the backend serves best, and
    /// [`BatchOptions::DEFAULT_CONCURRENCY`] where it does not know.
    pub concurrency: Option<NonZeroUsize>,
}

impl BatchOptions {
    /// Prompts in work at once where neither caller nor backend says.
    pub const DEFAULT_CONCURRENCY: NonZeroUsize = NonZeroUsize::new(4).expect("4 is not zero");

    /// Sets the most prompts in work at once.
    #[must_use]
    pub fn with_concurrency(mut self, concurrency: NonZeroUsize) -> Self {
        self.concurrency = Some(concurrency);
        self
    }
}

/// A loaded language model.
///
/// # For implementors
/// - [`generate`](Self::generate) returns at once; validation and work happen on the first poll
///   of the stream. Start with [`Prompt::validate`], [`GenerateOptions::require`] and
///   [`GenerateOptions::resolve`].
/// - Honour every option or deny it in [`supports`](Self::supports).
/// - Dropping a stream cancels its request; calls are independent of each other.
/// - The checks of the crate `inference-conformance` say whether all of it holds.
///
/// # For callers
/// Share a model as `Arc<dyn TextModel>`; every method may be called from any thread at any time.
/// Metrics and errors come with the call they belong to.
pub trait TextModel: Send + Sync {
    /// What is known of the model; it does not change.
    fn info(&self) -> &ModelInfo;

    /// Whether requests may set this option. One that may not is refused by name.
    fn supports(&self, option: OptionKind) -> bool;

    /// Streams the answer to a prompt.
    ///
    /// Unset options get the library's defaults, see [`GenerateOptions::resolve`]. Errors come as
    /// the stream's last item.
    fn generate(&self, prompt: Prompt, options: GenerateOptions) -> TokenStream;

    /// Whether a request could be served now. A local model asks nobody; a remote one asks its
    /// server, with a short time-out.
    fn availability(&self) -> BoxFuture<'_, Availability> {
        Box::pin(async { Availability::Available })
    }

    /// The likeliest next token of each prompt, in the order of the prompts. One failure fails
    /// the call. Dropping the future cancels.
    ///
    /// # Errors
    /// [`Unsupported`](crate::ErrorKind::Unsupported) where a backend has no such thing, which is
    /// the default.
    fn classify(
        &self,
        prompts: Vec<Prompt>,
        options: ClassifyOptions,
    ) -> BoxFuture<'_, Result<Vec<Classification>, Error>> {
        drop((prompts, options));
        let error = Error::unsupported(&self.info().backend, "classification");
        Box::pin(async { Err(error) })
    }

    /// Answers many prompts: each index once, as they finish. One failure does not touch the
    /// others. Dropping the stream cancels what is in work and never asks the rest.
    fn batch_generate(
        &self,
        prompts: Vec<Prompt>,
        options: GenerateOptions,
        batch: BatchOptions,
    ) -> BoxStream<'static, (usize, Result<Generation, GenerationError>)> {
        let answers = prompts
            .into_iter()
            .map(|prompt| self.generate(prompt, options.clone()));
        let concurrency = batch
            .concurrency
            .unwrap_or(BatchOptions::DEFAULT_CONCURRENCY);
        TokenStream::into_generations(answers, concurrency)
    }

    /// The model's attention, where the backend can show it.
    fn attention(&self) -> Option<&dyn AttentionInspector> {
        None
    }

    /// Ends running streams with [`Closed`](crate::ErrorKind::Closed), frees the model and waits
    /// until it is gone. Closing again does nothing; any other call afterwards fails with
    /// `Closed`. Dropping a model frees it at once and never waits.
    fn close(&self) -> BoxFuture<'_, Result<(), Error>>;
}

impl<M: TextModel + ?Sized> TextModel for Arc<M> {
    fn info(&self) -> &ModelInfo {
        (**self).info()
    }

    fn supports(&self, option: OptionKind) -> bool {
        (**self).supports(option)
    }

    fn generate(&self, prompt: Prompt, options: GenerateOptions) -> TokenStream {
        (**self).generate(prompt, options)
    }

    fn availability(&self) -> BoxFuture<'_, Availability> {
        (**self).availability()
    }

    fn classify(
        &self,
        prompts: Vec<Prompt>,
        options: ClassifyOptions,
    ) -> BoxFuture<'_, Result<Vec<Classification>, Error>> {
        (**self).classify(prompts, options)
    }

    fn batch_generate(
        &self,
        prompts: Vec<Prompt>,
        options: GenerateOptions,
        batch: BatchOptions,
    ) -> BoxStream<'static, (usize, Result<Generation, GenerationError>)> {
        (**self).batch_generate(prompts, options, batch)
    }

    fn attention(&self) -> Option<&dyn AttentionInspector> {
        (**self).attention()
    }

    fn close(&self) -> BoxFuture<'_, Result<(), Error>> {
        (**self).close()
    }
}
