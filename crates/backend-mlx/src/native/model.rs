//! The text model on MLX.

mod classify;
mod load;
mod reader;
mod shared;

use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::sync::Arc;

use futures::future::{BoxFuture, FutureExt as _};
use futures::stream::{BoxStream, StreamExt as _};
use inference_core::{
    AttentionInspector, AttentionSnapshot, Availability, BatchOptions, Classification,
    ClassifyOptions, Error, GenerateOptions, Generation, GenerationError, InferenceAdapter,
    ModelInfo, OptionKind, Prompt, TextModel, TokenStream,
};
use tokio::sync::oneshot;

use super::engine::{Activity, Link, Observe, Work};
use crate::BACKEND;
use crate::config::MlxConfig;

pub(crate) use load::{Report, load};
use reader::Reader;
use shared::Shared;

/// The older interface of plain strings over a model on MLX.
pub type MlxBackend = InferenceAdapter<MlxTextModel>;

/// A model that MLX computes in our own process.
///
/// One thread of the process computes for all models and gives each the same time. Answers of one
/// model are generated together, up to `parallel_slots` of them: each joins and leaves between two
/// tokens, with options, seed and adapter of its own. A prompt is read in slices of at most
/// 250 ms, between which the other answers go on. Dropping an answer ends its request within one
/// token or slice, and frees its memory. An answer whose reader leaves two tokens lying pauses.
///
/// The model is cheap to clone. Its memory is freed with the last clone and the last answer, or by
/// [`close`](TextModel::close). Calls need a tokio runtime, which turns texts into tokens on its
/// blocking threads.
///
/// The option `adapter` takes the name of one of [`MlxConfig::adapters`], or the path of another
/// one, which is loaded when it is first asked for and again when its files have changed. The
/// options `model`, `schema` and `tools` are refused.
///
/// Where `max_tokens` sets no limit but the context's end, memory is reserved as the answer grows;
/// one that finds no more ends with [`Length`](inference_core::FinishReason::Length).
#[derive(Debug, Clone)]
pub struct MlxTextModel {
    shared: Arc<Shared>,
}

impl MlxTextModel {
    /// Loads a folder with `config.json` and safetensors, or a GGUF file. Dropping the future
    /// gives up the load.
    ///
    /// # Errors
    /// [`Unavailable`](inference_core::ErrorKind::Unavailable) on a machine that MLX cannot run
    /// on, and whatever is wrong with the model's files or the configuration, by name.
    pub async fn load(path: impl Into<PathBuf>, config: MlxConfig) -> Result<Self, Error> {
        load(path.into(), config, Report::nobody()).await
    }

    /// The older interface of plain strings over this model.
    pub fn into_backend(self) -> MlxBackend {
        InferenceAdapter::new(self)
    }

    /// What the model is doing at this moment.
    pub fn activity(&self) -> Activity {
        Activity::of(self.shared.link.status())
    }

    /// The tokens of a prompt, as the model reads it: a conversation goes through its template, a
    /// raw text gets the token that texts begin with, if the model has one.
    ///
    /// # Errors
    /// The prompt is empty, or cannot be turned into tokens.
    pub async fn tokenize(&self, prompt: Prompt) -> Result<Vec<u32>, Error> {
        let tokens = Arc::clone(&self.shared).tokens(prompt).await;
        tokens.map_err(|error| error.with_backend(BACKEND))
    }

    /// The text of tokens, without special ones. What is no UTF-8 becomes U+FFFD.
    ///
    /// # Errors
    /// [`InvalidRequest`](inference_core::ErrorKind::InvalidRequest) for an id outside of the
    /// vocabulary.
    pub fn detokenize(&self, tokens: &[u32]) -> Result<String, Error> {
        self.shared.text(tokens)
    }
}

impl TextModel for MlxTextModel {
    fn info(&self) -> &ModelInfo {
        &self.shared.info
    }

    fn supports(&self, option: OptionKind) -> bool {
        shared::supports(option)
    }

    fn generate(&self, prompt: Prompt, options: GenerateOptions) -> TokenStream {
        let shared = Arc::clone(&self.shared);
        let events = async move {
            match Arc::clone(&shared).open(prompt, options).await {
                Ok(inlet) => Reader::new(inlet, shared).left_stream(),
                Err(error) => futures::stream::iter([Err(error)]).right_stream(),
            }
        };
        TokenStream::new(BACKEND, events.flatten_stream())
    }

    fn availability(&self) -> BoxFuture<'_, Availability> {
        let availability = match self.shared.link.require_open() {
            Ok(()) => Availability::Available,
            Err(error) => Availability::unavailable(error.message()),
        };
        futures::future::ready(availability).boxed()
    }

    fn classify(
        &self,
        prompts: Vec<Prompt>,
        options: ClassifyOptions,
    ) -> BoxFuture<'_, Result<Vec<Classification>, Error>> {
        let classified = Arc::clone(&self.shared).classify(prompts, options);
        classified
            .map(|result| result.map_err(|error| error.with_backend(BACKEND)))
            .boxed()
    }

    fn batch_generate(
        &self,
        prompts: Vec<Prompt>,
        options: GenerateOptions,
        batch: BatchOptions,
    ) -> BoxStream<'static, (usize, Result<Generation, GenerationError>)> {
        // More than the queue holds would be refused.
        let most = NonZeroUsize::new(Link::QUEUE).unwrap_or(NonZeroUsize::MIN);
        let concurrency = batch.concurrency.unwrap_or(self.shared.slots).min(most);
        let model = self.clone();
        let answers = prompts
            .into_iter()
            .map(move |prompt| model.generate(prompt, options.clone()));
        TokenStream::into_generations(answers, concurrency)
    }

    fn attention(&self) -> Option<&dyn AttentionInspector> {
        Some(self)
    }

    fn close(&self) -> BoxFuture<'_, Result<(), Error>> {
        async {
            self.shared.link.close().await;
            Ok(())
        }
        .boxed()
    }
}

impl AttentionInspector for MlxTextModel {
    /// Keys and queries of the model without an adapter. The prompt is computed in one piece,
    /// during which nothing else is.
    fn inspect_attention(&self, prompt: Prompt) -> BoxFuture<'_, Result<AttentionSnapshot, Error>> {
        let shared = Arc::clone(&self.shared);
        let observe = async move {
            shared.link.require_open()?;
            let prompt = Arc::clone(&shared).tokens(prompt).await?;
            shared.require_context(prompt.len())?;
            let (reply, observed) = oneshot::channel();
            let work = Work::Observe(Observe { prompt, reply });
            shared.link.submit(None, work)?;
            observed
                .await
                .unwrap_or_else(|_| Err(shared.link.status().ending()))
        };
        observe
            .map(|result: Result<_, Error>| result.map_err(|error| error.with_backend(BACKEND)))
            .boxed()
    }
}
