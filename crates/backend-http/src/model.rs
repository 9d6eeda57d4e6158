//! The text model behind a server.

use std::fmt;
use std::num::NonZeroUsize;
use std::sync::Arc;
use std::time::{Duration, Instant};

use futures::StreamExt as _;
use futures::future::{BoxFuture, FutureExt as _};
use futures::stream::{self, BoxStream, TryStreamExt as _};
use inference_core::{
    Availability, BatchOptions, Classification, ClassifyOptions, Error, GenerateOptions,
    Generation, GenerationError, InferenceAdapter, ModelInfo, OptionKind, Prompt, TextModel,
    TokenStream,
};
use openai_wire::ModelEntry;
use tokio_util::sync::CancellationToken;

use crate::answer::{Answer, Incoming};
use crate::client::Client;
use crate::request::Request;
use crate::retry::Retries;
use crate::{Dialect, HttpConfig, adapters, classify, probe};

/// The older interface of plain strings over a server.
pub type HttpBackend = InferenceAdapter<HttpTextModel>;

/// How long [`TextModel::availability`] waits for the server.
const PATIENCE_OF_A_QUESTION: Duration = Duration::from_secs(2);

/// A model behind an OpenAI-compatible server.
///
/// Every answer is streamed, so that dropping a [`TokenStream`] closes the connection and the
/// server stops. Calls run on a tokio runtime with I/O and time; nothing is spawned. The model is
/// cheap to clone: clones share connections, and are closed together.
///
/// A consumer that reads a fast stream should be a spawned task, not the future of `block_on`: on
/// the multi-thread runtime the latter costs about three times the processor time a token.
#[derive(Clone)]
pub struct HttpTextModel {
    shared: Arc<Shared>,
}

struct Shared {
    config: HttpConfig,
    dialect: Dialect,
    client: Client,
    info: ModelInfo,
    closed: CancellationToken,
}

impl HttpTextModel {
    /// A model of a server, which is not asked anything yet.
    ///
    /// # Errors
    /// [`InvalidRequest`](inference_core::ErrorKind::InvalidRequest) for a URL, key or header that cannot be used.
    pub fn new(config: HttpConfig) -> Result<Self, Error> {
        let client = Client::new(&config).map_err(|error| error.with_backend(&config.backend))?;
        let name = config.model.as_deref().unwrap_or(HttpConfig::BACKEND);
        let mut info = config
            .info
            .clone()
            .unwrap_or_else(|| ModelInfo::new("", name));
        info.backend.clone_from(&config.backend);
        let dialect = config.dialect.unwrap_or_default();
        Ok(Self {
            shared: Arc::new(Shared {
                config,
                dialect,
                client,
                info,
                closed: CancellationToken::new(),
            }),
        })
    }

    /// A model of a server that is asked first: which dialect it speaks, where the configuration
    /// does not say, and which models it has. Waits for a server that is still loading.
    ///
    /// # Errors
    /// - Those of [`new`](Self::new) and of the connection.
    /// - [`NotFound`](inference_core::ErrorKind::NotFound): vLLM or Ollama does not list the model
    ///   that is asked for.
    /// - [`InvalidRequest`](inference_core::ErrorKind::InvalidRequest): none is asked for, and the
    ///   server has several.
    pub async fn connect(config: HttpConfig) -> Result<Self, Error> {
        let backend = config.backend.clone();
        let probed = async {
            let client = Client::new(&config)?;
            let mut retries = Retries::new(&config);
            let found = loop {
                match probe::ask(&client, config.timeouts.connect).await {
                    Ok(found) => break found,
                    Err(error) => pause(&mut retries, error).await?,
                }
            };
            found.apply(config)
        };
        let config = probed.await.map_err(|error| error.with_backend(&backend))?;
        Self::new(config)
    }

    /// The server's models.
    ///
    /// # Errors
    /// Those of the connection; [`NotFound`](inference_core::ErrorKind::NotFound) where the server has no such list.
    pub async fn list_models(&self) -> Result<Vec<ModelEntry>, Error> {
        let shared = &self.shared;
        shared.require_open()?;
        let wait = shared.config.timeouts.first_token;
        let asked = probe::list_models(&shared.client, wait).await;
        asked
            .map(|(_, models)| models)
            .map_err(|error| shared.name(error))
    }

    /// What the server understands.
    pub fn dialect(&self) -> Dialect {
        self.shared.dialect
    }

    /// The older interface of plain strings over this model.
    pub fn into_backend(self) -> HttpBackend {
        InferenceAdapter::new(self)
    }
}

impl Shared {
    fn require_open(&self) -> Result<(), Error> {
        if self.closed.is_cancelled() {
            return Err(Error::closed(&self.config.backend));
        }
        Ok(())
    }

    fn name(&self, error: Error) -> Error {
        error.with_backend(&self.config.backend)
    }

    /// Sends a request, again where that helps, up to the first event of its answer.
    async fn open(
        self: Arc<Self>,
        prompt: Prompt,
        options: GenerateOptions,
    ) -> Result<Incoming, Error> {
        let call = Instant::now();
        self.require_open()?;
        prompt.validate()?;
        options.require(&self.config.backend, |kind| self.dialect.supports(kind))?;
        let lora = match &options.adapter {
            Some(adapter) if self.dialect == Dialect::LlamaServer => {
                let wait = self.config.timeouts.first_token;
                Some(adapters::select(&self.client, adapter, wait).await?)
            }
            _ => None,
        };
        let request = Request::new(&self.config, self.dialect, prompt, options, lora)?;
        let mut retries = Retries::new(&self.config);
        loop {
            let asked = self.client.ask(&request, self.config.done_marker, call);
            match asked.await {
                Ok(incoming) => return Ok(incoming),
                Err(error) => pause(&mut retries, error).await?,
            }
        }
    }
}

/// Waits before a request is sent again, or gives the error back. Dropping it ends the wait.
async fn pause(retries: &mut Retries, error: Error) -> Result<(), Error> {
    let Some(wait) = retries.wait(&error, Instant::now()) else {
        return Err(error);
    };
    tracing::debug!(code = error.code(), ?wait, "asking again after: {error}");
    tokio::time::sleep(wait).await;
    Ok(())
}

impl TextModel for HttpTextModel {
    fn info(&self) -> &ModelInfo {
        &self.shared.info
    }

    fn supports(&self, option: OptionKind) -> bool {
        self.shared.dialect.supports(option)
    }

    fn generate(&self, prompt: Prompt, options: GenerateOptions) -> TokenStream {
        let shared = Arc::clone(&self.shared);
        let backend = shared.config.backend.clone();
        let closed = shared.closed.clone().cancelled_owned();
        let answer = Answer::new(&backend, shared.open(prompt, options).boxed(), closed);
        TokenStream::new(backend, answer)
    }

    fn availability(&self) -> BoxFuture<'_, Availability> {
        let shared = &self.shared;
        Box::pin(async move {
            let asked = async {
                shared.require_open()?;
                probe::is_ready(&shared.client, shared.dialect, PATIENCE_OF_A_QUESTION).await
            };
            match asked.await {
                Ok(()) => Availability::Available,
                Err(error) => Availability::unavailable(error.message()),
            }
        })
    }

    fn classify(
        &self,
        prompts: Vec<Prompt>,
        options: ClassifyOptions,
    ) -> BoxFuture<'_, Result<Vec<Classification>, Error>> {
        let request =
            match classify::request(&self.shared.config.backend, self.shared.dialect, &options) {
                Ok(request) => request,
                Err(error) => return futures::future::err(error).boxed(),
            };
        let answers: Vec<_> = prompts
            .into_iter()
            .map(|prompt| self.generate(prompt, request.clone()))
            .collect();
        let concurrency = self.concurrency(None).get();
        let answers = stream::iter(answers).map(classify::first_token);
        answers.buffered(concurrency).try_collect().boxed()
    }

    fn batch_generate(
        &self,
        prompts: Vec<Prompt>,
        options: GenerateOptions,
        batch: BatchOptions,
    ) -> BoxStream<'static, (usize, Result<Generation, GenerationError>)> {
        let answers = prompts
            .into_iter()
            .map(|prompt| self.generate(prompt, options.clone()));
        TokenStream::into_generations(answers, self.concurrency(Some(batch)))
    }

    fn close(&self) -> BoxFuture<'_, Result<(), Error>> {
        self.shared.closed.cancel();
        futures::future::ok(()).boxed()
    }
}

impl HttpTextModel {
    fn concurrency(&self, batch: Option<BatchOptions>) -> NonZeroUsize {
        batch
            .and_then(|batch| batch.concurrency)
            .or(self.shared.config.concurrency)
            .unwrap_or(BatchOptions::DEFAULT_CONCURRENCY)
    }
}

impl fmt::Debug for HttpTextModel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HttpTextModel")
            .field("config", &self.shared.config)
            .field("dialect", &self.shared.dialect)
            .finish_non_exhaustive()
    }
}
