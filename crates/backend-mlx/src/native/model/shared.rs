//! What the clones of a model share, and how they turn requests into work for the engine.

use std::collections::BTreeMap;
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Instant;

use inference_core::{
    EntryPoint, Error, ErrorKind, GenerateOptions, ModelInfo, OptionKind, Prompt, StopMatcher,
};

use crate::BACKEND;
use crate::native::detokenizer::Detokenizer;
use crate::native::engine::{Answer, Generate, Inlet, Limit, Link, Manner, Work};
use crate::native::sampler::Sampler;
use crate::native::template::ChatTemplate;
use crate::native::tokenizer::Tokenizer;

#[derive(Debug)]
pub(super) struct Shared {
    pub(super) link: Link,
    pub(super) info: ModelInfo,
    pub(super) tokenizer: Arc<Tokenizer>,
    pub(super) template: ChatTemplate,
    /// Entries of the model's vocabulary, each of which has a logit.
    pub(super) vocabulary: usize,
    /// Tokens that a request may fill.
    pub(super) context: usize,
    pub(super) slots: NonZeroUsize,
    /// The adapter of requests that name none.
    pub(super) adapter: Option<PathBuf>,
    /// Adapters by the names that requests may use.
    pub(super) adapters: BTreeMap<String, PathBuf>,
}

/// Whether requests may set an option.
pub(super) fn supports(option: OptionKind) -> bool {
    !matches!(
        option,
        OptionKind::Model | OptionKind::Schema | OptionKind::Tools | OptionKind::ToolChoice
    )
}

impl Shared {
    /// Checks a request and puts it into the queue.
    pub(super) async fn open(
        self: Arc<Self>,
        prompt: Prompt,
        options: GenerateOptions,
    ) -> Result<Inlet, Error> {
        let started = Instant::now();
        self.link.require_open()?;
        options.require(BACKEND, supports)?;
        let options = options.resolve(EntryPoint::Library);
        let adapter = self.adapter(options.adapter.as_deref())?;
        let is_raw = matches!(prompt, Prompt::Text(_));
        let prompt = Arc::clone(&self).tokens(prompt).await?;
        let room = self.require_context(prompt.len())?;
        let answer = self.answer(&options, is_raw, room)?;
        let (outlet, inlet) = self.link.outlet();
        let generate = Generate {
            prompt,
            answer,
            outlet,
            started,
        };
        self.link.submit(adapter, Work::Generate(generate))?;
        Ok(inlet)
    }

    /// The tokens of a prompt, at least one.
    pub(super) async fn tokens(self: Arc<Self>, prompt: Prompt) -> Result<Vec<u32>, Error> {
        self.on_a_blocking_thread(move |shared| shared.encode(&prompt))
            .await
    }

    /// The tokens of each prompt.
    pub(super) async fn all_tokens(
        self: Arc<Self>,
        prompts: Vec<Prompt>,
    ) -> Result<Vec<Vec<u32>>, Error> {
        self.on_a_blocking_thread(move |shared| {
            let prompts = prompts.iter();
            prompts.map(|prompt| shared.encode(prompt)).collect()
        })
        .await
    }

    async fn on_a_blocking_thread<T: Send + 'static>(
        self: Arc<Self>,
        encode: impl FnOnce(&Self) -> Result<T, Error> + Send + 'static,
    ) -> Result<T, Error> {
        let encoded = tokio::task::spawn_blocking(move || encode(&self)).await;
        encoded.map_err(|panic| {
            let message = "the prompt could not be turned into tokens";
            Error::new(ErrorKind::Backend, message).with_source(panic)
        })?
    }

    fn encode(&self, prompt: &Prompt) -> Result<Vec<u32>, Error> {
        prompt.validate()?;
        let tokens = match prompt {
            Prompt::Text(text) => self.tokenizer.encode_prompt(text)?,
            Prompt::Chat(messages) => self.tokenizer.encode(&self.template.render(messages)?)?,
            _ => return Err(Error::unsupported(BACKEND, "this kind of prompt")),
        };
        if tokens.is_empty() {
            let message = "the prompt is empty: the model's tokenizer makes no tokens of it";
            return Err(Error::new(ErrorKind::InvalidRequest, message));
        }
        Ok(tokens)
    }

    pub(super) fn text(&self, tokens: &[u32]) -> Result<String, Error> {
        if let Some(id) = tokens.iter().find(|id| **id as usize >= self.vocabulary) {
            let message = format!("there is no token {id}: there are {}", self.vocabulary);
            let error = Error::new(ErrorKind::InvalidRequest, message);
            return Err(error.with_backend(BACKEND));
        }
        let mut detokenizer = Detokenizer::new(Arc::clone(&self.tokenizer));
        let mut text: String = tokens.iter().map(|id| detokenizer.push(*id)).collect();
        text.push_str(&detokenizer.finish());
        Ok(text)
    }

    /// How many tokens the context has room for after a prompt.
    pub(super) fn require_context(&self, prompt: usize) -> Result<usize, Error> {
        if prompt < self.context {
            return Ok(self.context - prompt);
        }
        let message = format!(
            "the prompt has {prompt} tokens and leaves no room in the context of {}: shorten it, \
             or load the model with a longer context",
            self.context
        );
        Err(Error::new(ErrorKind::ContextExceeded, message))
    }

    /// The files of the adapter that is wanted.
    pub(super) fn adapter(&self, wanted: Option<&str>) -> Result<Option<PathBuf>, Error> {
        let Some(wanted) = wanted else {
            return Ok(self.adapter.clone());
        };
        if let Some(path) = self.adapters.get(wanted) {
            return Ok(Some(path.clone()));
        }
        if Path::new(wanted).exists() {
            return Ok(Some(PathBuf::from(wanted)));
        }
        let names: Vec<_> = self.adapters.keys().map(String::as_str).collect();
        let known = if names.is_empty() {
            "none was loaded with the model".to_owned()
        } else {
            format!("loaded with the model are {}", names.join(", "))
        };
        let message = format!("there is no adapter {wanted:?}, by name or path; {known}");
        Err(Error::new(ErrorKind::NotFound, message))
    }

    fn answer(
        &self,
        options: &GenerateOptions,
        is_raw: bool,
        room: usize,
    ) -> Result<Answer, Error> {
        let tokenizer = Arc::clone(&self.tokenizer);
        let most = options
            .max_tokens
            .unwrap_or(EntryPoint::Library.max_tokens());
        let manner = Manner {
            sampler: Sampler::new(options, self.vocabulary)?,
            detokenizer: if is_raw {
                Detokenizer::continuing(Arc::clone(&tokenizer))
            } else {
                Detokenizer::new(Arc::clone(&tokenizer))
            },
            stops: StopMatcher::new(options.stop.iter().flatten()),
            ends: tokenizer
                .ends()
                .iter()
                .chain(options.stop_tokens.iter().flatten())
                .copied()
                .collect(),
            limit: Limit {
                tokens: room.min(most as usize),
                is_open: most == GenerateOptions::TO_CONTEXT_END,
            },
        };
        Ok(Answer::new(tokenizer, manner))
    }
}
