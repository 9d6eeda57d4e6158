//! `TextModel` → `Backend`.

use futures::future::BoxFuture;

#[expect(
    deprecated,
    reason = "the bridge to callers that still stream by callback"
)]
use crate::StreamingBackend;
use crate::stream::ForEachError;
use crate::streaming_backend::TokenCallback;
use crate::{
    AttentionSnapshot, Availability, Backend, BoxError, Error, GenerateOptions, Generation,
    GenerationError, Message, OptionKind, Prompt, TextModel,
};

/// Makes a [`Backend`] and a `StreamingBackend` of any [`TextModel`].
///
/// Its name is the model's backend name. Options pass through unchanged.
#[derive(Debug, Clone)]
pub struct InferenceAdapter<M> {
    model: M,
}

impl<M: TextModel> InferenceAdapter<M> {
    /// Wraps a model.
    pub fn new(model: M) -> Self {
        Self { model }
    }

    /// The model.
    pub fn model(&self) -> &M {
        &self.model
    }

    /// Gives the model back.
    pub fn into_model(self) -> M {
        self.model
    }

    /// Closes the model.
    ///
    /// # Errors
    /// Those of [`TextModel::close`].
    pub async fn close(&self) -> Result<(), Error> {
        self.model.close().await
    }

    /// The model's attention after one prefill of `prompt`.
    ///
    /// # Errors
    /// [`Unsupported`](crate::ErrorKind::Unsupported) where the model cannot show it.
    pub async fn inspect_attention(&self, prompt: Prompt) -> Result<AttentionSnapshot, Error> {
        match self.model.attention() {
            Some(inspector) => inspector.inspect_attention(prompt).await,
            None => Err(Error::unsupported(self.name(), "attention inspection")),
        }
    }

    fn answer(
        &self,
        prompt: Prompt,
        options: &GenerateOptions,
    ) -> BoxFuture<'static, Result<Generation, GenerationError>> {
        Box::pin(
            self.model
                .generate(prompt, options.clone())
                .into_generation(),
        )
    }

    fn stream<'a>(
        &self,
        prompt: Prompt,
        options: &GenerateOptions,
        each: TokenCallback<'a>,
    ) -> BoxFuture<'a, Result<Generation, BoxError>> {
        let stream = self.model.generate(prompt, options.clone());
        Box::pin(async move {
            stream
                .for_each_text(each)
                .await
                .map_err(|error| match error {
                    ForEachError::Callback(error) => error,
                    ForEachError::Generation(error) => error.into(),
                })
        })
    }
}

impl<M: TextModel> Backend for InferenceAdapter<M> {
    fn name(&self) -> &str {
        self.model.info().backend.as_str()
    }

    fn supports(&self, option: OptionKind) -> bool {
        self.model.supports(option)
    }

    fn generate<'a>(
        &'a self,
        prompt: &'a str,
        options: &'a GenerateOptions,
    ) -> BoxFuture<'a, Result<Generation, GenerationError>> {
        self.answer(Prompt::user(prompt), options)
    }

    fn chat<'a>(
        &'a self,
        messages: &'a [Message],
        options: &'a GenerateOptions,
    ) -> BoxFuture<'a, Result<Generation, GenerationError>> {
        self.answer(Prompt::from(messages), options)
    }

    fn availability(&self) -> BoxFuture<'_, Availability> {
        self.model.availability()
    }

    #[expect(
        deprecated,
        reason = "the bridge to callers that still stream by callback"
    )]
    fn streaming(&self) -> Option<&dyn StreamingBackend> {
        Some(self)
    }
}

#[expect(
    deprecated,
    reason = "the bridge to callers that still stream by callback"
)]
impl<M: TextModel> StreamingBackend for InferenceAdapter<M> {
    fn generate_stream<'a>(
        &'a self,
        prompt: &'a str,
        options: &'a GenerateOptions,
        each: TokenCallback<'a>,
    ) -> BoxFuture<'a, Result<Generation, BoxError>> {
        self.stream(Prompt::user(prompt), options, each)
    }

    fn chat_stream<'a>(
        &'a self,
        messages: &'a [Message],
        options: &'a GenerateOptions,
        each: TokenCallback<'a>,
    ) -> BoxFuture<'a, Result<Generation, BoxError>> {
        self.stream(Prompt::from(messages), options, each)
    }
}
