//! The text model that a llama-server of our own serves.

use std::error::Error as _;
use std::num::NonZeroUsize;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use backend_http::Dialect;
use futures::future::{BoxFuture, FutureExt as _};
use futures::stream::BoxStream;
use inference_core::{
    Availability, BatchOptions, Classification, ClassifyOptions, Error, ErrorKind, GenerateOptions,
    Generation, GenerationError, GgufHeader, InferenceAdapter, ModelInfo, OptionKind, Prompt,
    TextModel, TokenStream,
};
use tokio_util::sync::CancellationToken;

use crate::answer::{Answer, Open};
use crate::config::LlamaConfig;
use crate::error::BACKEND;
use crate::server::LlamaServer;
use crate::serving::Serving;

/// The older interface of plain strings over a llama-server of our own.
pub type LlamaBackend = InferenceAdapter<LlamaTextModel>;

/// A model served by a llama-server process that belongs to it.
///
/// A request that finds the server dead starts it again; one whose answer the server's death cuts
/// off ends with [`Crashed`](ErrorKind::Crashed) and keeps the partial text. Dropping an answer
/// closes its connection, and the server stops computing it.
///
/// The model is cheap to clone; clones share the server and are closed together. The server ends
/// with the last clone and the last answer in work, at once. Calls need a tokio runtime with I/O
/// and time.
///
/// The option `model` may only name this model. Tools are refused where the model's chat template
/// has no place for them, since llama-server would drop them. The option `adapter` takes the name or the path
/// of one of [`LlamaConfig::adapters`], for this request in place of those that every request
/// gets.
#[derive(Debug, Clone)]
pub struct LlamaTextModel {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    server: LlamaServer,
    info: ModelInfo,
    /// Whether the chat template shows tools to the model.
    shows_tools: bool,
    /// The clients of the run that was last used.
    serving: Mutex<Option<Arc<Serving>>>,
    closed: CancellationToken,
}

impl LlamaTextModel {
    /// Starts the server and waits until the model answers. Dropping the future aborts the start.
    ///
    /// # Errors
    /// Everything that a start can fail of, with what to do:
    /// [`StartErrorKind`](crate::StartErrorKind) is the list.
    pub async fn load(server: impl Into<LlamaServer>) -> Result<Self, Error> {
        let server = server.into();
        let config = server.config();
        let instance = server.ready().await?;
        let header = read_header(&config.model).await;
        let mut info = info(config, header);
        info.context_length = instance.props().context_length();
        info.parallel_slots = instance.props().slots;
        let shows_tools = instance.props().shows_tools();
        let serving = Serving::new(instance, config, &info)?;
        Ok(Self {
            shared: Arc::new(Shared {
                server,
                info,
                shows_tools,
                serving: Mutex::new(Some(Arc::new(serving))),
                closed: CancellationToken::new(),
            }),
        })
    }

    /// The server behind it.
    pub fn server(&self) -> &LlamaServer {
        &self.shared.server
    }

    /// The older interface of plain strings over this model.
    pub fn into_backend(self) -> LlamaBackend {
        InferenceAdapter::new(self)
    }
}

impl Shared {
    fn config(&self) -> &LlamaConfig {
        self.server.config()
    }

    fn supports(&self, option: OptionKind) -> bool {
        match option {
            OptionKind::Adapter => !self.config().adapters.is_empty(),
            OptionKind::Tools => self.shows_tools,
            option => Dialect::LlamaServer.supports(option),
        }
    }

    fn require_open(&self) -> Result<(), Error> {
        if self.closed.is_cancelled() {
            return Err(Error::closed(BACKEND));
        }
        Ok(())
    }

    /// Checks a request before a server is started for it.
    fn check(&self, prompt: &Prompt, options: &GenerateOptions) -> Result<(), Error> {
        self.require_open()?;
        prompt.validate()?;
        if options.tools.is_some() && !self.shows_tools {
            let what = "the option tools, which this model's chat template does not show to it: \
                        choose a model that was trained with tools, or give llama-server another \
                        template with --chat-template-file; it";
            return Err(Error::unsupported(BACKEND, what));
        }
        options.require(BACKEND, |kind| self.supports(kind))?;
        if matches!(prompt, Prompt::Chat(_)) {
            self.require_template()?;
        }
        match &options.model {
            Some(model) if *model != self.info.name => {
                let only = &self.info.name;
                let message = format!("there is no model {model:?} here, only {only:?}");
                Err(Error::new(ErrorKind::NotFound, message))
            }
            _ => Ok(()),
        }
    }

    /// llama-server would put a template of its own in the place of a missing one.
    fn require_template(&self) -> Result<(), Error> {
        let is_given = |arg: &String| arg.starts_with("--chat-template");
        let is_missing = self.info.has_chat_template == Some(false);
        if is_missing && !self.config().extra_args.iter().any(is_given) {
            let what = "chat with a model that has no chat template: send the text as a raw \
                        prompt, or give llama-server a template with --chat-template; it";
            return Err(Error::unsupported(BACKEND, what));
        }
        Ok(())
    }

    /// The place of the adapter that is wanted, in the order of the configuration.
    fn adapter(&self, wanted: Option<&str>) -> Result<Option<usize>, Error> {
        let Some(wanted) = wanted else {
            return Ok(None);
        };
        let adapters = &self.config().adapters;
        let by_name = adapters.iter().position(|adapter| adapter.name() == wanted);
        let by_path = || {
            adapters
                .iter()
                .position(|adapter| adapter.path == Path::new(wanted))
        };
        by_name.or_else(by_path).map(Some).ok_or_else(|| {
            let names: Vec<_> = adapters.iter().map(crate::LoraAdapter::name).collect();
            let message = format!("there is no adapter {wanted:?}, only {}", names.join(", "));
            Error::new(ErrorKind::NotFound, message)
        })
    }

    /// The clients of a server that is ready; starts one where necessary.
    async fn serving(&self) -> Result<Arc<Serving>, Error> {
        let ready = tokio::select! {
            biased;
            () = self.closed.cancelled() => return Err(Error::closed(BACKEND)),
            ready = self.server.ready() => ready,
        };
        let instance = match ready {
            Ok(instance) => instance,
            Err(error) => {
                self.require_open()?;
                return Err(error.into());
            }
        };
        let mut last = self.serving.lock().unwrap_or_else(PoisonError::into_inner);
        match &*last {
            Some(serving) if Arc::ptr_eq(&serving.instance, &instance) => Ok(Arc::clone(serving)),
            _ => {
                let serving = Arc::new(Serving::new(instance, self.config(), &self.info)?);
                *last = Some(Arc::clone(&serving));
                Ok(serving)
            }
        }
    }

    /// Asks, and asks again where the server could not be reached: a new one if it has died.
    async fn open(
        self: Arc<Self>,
        prompt: Prompt,
        mut options: GenerateOptions,
    ) -> Result<Box<Open>, Error> {
        const ATTEMPTS: u32 = 3;
        self.check(&prompt, &options)?;
        let adapter = self.adapter(options.adapter.take().as_deref())?;
        let mut attempt = 1;
        loop {
            let serving = self.serving().await?;
            let stream = serving
                .client(adapter)
                .generate(prompt.clone(), options.clone());
            let error = match Open::begin(Arc::clone(&serving), stream).await {
                Ok(open) => return Ok(open),
                Err(error) => error,
            };
            if attempt == ATTEMPTS || !is_unreached(&error) || self.closed.is_cancelled() {
                return Err(serving.explain(error).await);
            }
            attempt += 1;
            serving.death().await;
        }
    }

    async fn classify(
        &self,
        prompts: Vec<Prompt>,
        mut options: ClassifyOptions,
    ) -> Result<Vec<Classification>, Error> {
        let mut asked = GenerateOptions::default();
        asked.model = options.model.take();
        asked.adapter = options.adapter.take();
        self.require_open()?;
        for prompt in &prompts {
            self.check(prompt, &asked)?;
        }
        let adapter = self.adapter(asked.adapter.as_deref())?;
        let serving = self.serving().await?;
        let in_use = serving.in_use();
        let classified = serving.client(adapter).classify(prompts, options).await;
        drop(in_use);
        match classified {
            Ok(classified) => Ok(classified),
            Err(error) => Err(serving.explain(error).await),
        }
    }
}

impl TextModel for LlamaTextModel {
    fn info(&self) -> &ModelInfo {
        &self.shared.info
    }

    fn supports(&self, option: OptionKind) -> bool {
        self.shared.supports(option)
    }

    fn generate(&self, prompt: Prompt, options: GenerateOptions) -> TokenStream {
        let shared = Arc::clone(&self.shared);
        TokenStream::new(BACKEND, Answer::new(shared.open(prompt, options)))
    }

    fn availability(&self) -> BoxFuture<'_, Availability> {
        let available = match self.shared.require_open() {
            Err(error) => Err(error),
            Ok(()) => self.shared.server.may_start().map_err(Error::from),
        };
        let availability = match available {
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
        let classified = self.shared.classify(prompts, options);
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
        let slots = self.shared.config().parallel;
        let slots = slots.and_then(|slots| NonZeroUsize::try_from(slots).ok());
        let concurrency = batch.concurrency.or(slots);
        let concurrency = concurrency.unwrap_or(BatchOptions::DEFAULT_CONCURRENCY);
        let answers = prompts
            .into_iter()
            .map(|prompt| self.generate(prompt, options.clone()));
        TokenStream::into_generations(answers, concurrency)
    }

    fn close(&self) -> BoxFuture<'_, Result<(), Error>> {
        async {
            self.shared.closed.cancel();
            let last = self.shared.serving.lock();
            let last = last.unwrap_or_else(PoisonError::into_inner).take();
            if let Some(serving) = last {
                serving.close().await;
            }
            self.shared.server.stop().await;
            Ok(())
        }
        .boxed()
    }
}

/// Whether not even a connection was made, so that the server cannot have seen the request.
fn is_unreached(error: &Error) -> bool {
    let cause = error.source();
    cause
        .and_then(|cause| cause.downcast_ref::<reqwest::Error>())
        .is_some_and(reqwest::Error::is_connect)
}

/// Reads the model's header, off the runtime: it can be some megabytes.
async fn read_header(model: &Path) -> Option<GgufHeader> {
    let model = model.to_owned();
    let read = tokio::task::spawn_blocking(move || GgufHeader::open(model));
    // What llama-server has loaded and we cannot read is only known less well.
    read.await.ok()?.ok()
}

fn info(config: &LlamaConfig, header: Option<GgufHeader>) -> ModelInfo {
    let mut info = ModelInfo::new(BACKEND, config.alias());
    if let Some(header) = header {
        info.quant_bits = header.quant_bits();
        info.has_chat_template = Some(header.chat_template.is_some());
        info.architecture = header.architecture;
        info.vocab_size = header.vocab_size;
        info.num_layers = header.block_count;
        info.hidden_size = header.embedding_length;
    }
    info
}
