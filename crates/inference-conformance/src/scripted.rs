//! A model that says what it was told to say.

use std::sync::Arc;

use futures::future::{BoxFuture, FutureExt as _};
use futures::stream::StreamExt as _;
use inference_core::{
    EntryPoint, Error, ErrorKind, GenerateOptions, ModelInfo, OptionKind, Prompt, TextModel,
    TokenStream,
};

mod answer;
mod script;
mod state;
mod subject;

use answer::{Answer, Start};
pub use script::Script;
use state::State;
pub use subject::ScriptedSubject;

use crate::Activity;

/// A model in memory that keeps the whole contract and answers by script: for tests of programs
/// that use a model, and to try the checks on.
///
/// It honours `max_tokens`, `temperature`, `seed`, `stop`, `stop_tokens` and `logprobs`, and
/// refuses the other options. At a temperature above 0 the tokens of an answer are shuffled, by
/// the seed where one is set. A prompt has as many tokens as words. Nothing is produced before it
/// is read, and answers that are read together interleave token by token.
///
/// ```
/// use inference_conformance::ScriptedModel;
/// use inference_core::{GenerateOptions, Prompt, TextModel};
///
/// # futures::executor::block_on(async {
/// let model = ScriptedModel::new("test")
///     .on("capital of France", ["Par", "is", "."])
///     .otherwise(["I do not know."]);
/// let prompt = Prompt::user("What is the capital of France?");
/// let answer = model.generate(prompt, GenerateOptions::default()).into_generation().await?;
/// assert_eq!(answer.text, "Paris.");
/// assert_eq!(model.requests().len(), 1);
/// # Ok::<(), inference_core::GenerationError>(())
/// # }).unwrap();
/// ```
#[derive(Debug)]
pub struct ScriptedModel {
    info: ModelInfo,
    scripts: Vec<(String, Script)>,
    otherwise: Script,
    state: Arc<State>,
}

impl ScriptedModel {
    /// The backend's name in errors and in [`ModelInfo`].
    pub const BACKEND: &str = "scripted";

    /// A model that says nothing yet, with a context of 4096 tokens.
    pub fn new(name: impl Into<String>) -> Self {
        let mut info = ModelInfo::new(Self::BACKEND, name);
        info.context_length = Some(4096);
        info.has_chat_template = Some(true);
        Self {
            info,
            scripts: Vec::new(),
            otherwise: Script::default(),
            state: Arc::default(),
        }
    }

    /// What it answers to prompts that contain `part` in their last message. The first part that
    /// fits decides.
    #[must_use]
    pub fn on(mut self, part: impl Into<String>, script: impl Into<Script>) -> Self {
        self.scripts.push((part.into(), script.into()));
        self
    }

    /// What it answers to all other prompts.
    #[must_use]
    pub fn otherwise(mut self, script: impl Into<Script>) -> Self {
        self.otherwise = script.into();
        self
    }

    /// Sets how many tokens prompt and answer may hold together.
    #[must_use]
    pub fn with_context_length(mut self, tokens: u32) -> Self {
        self.info.context_length = Some(tokens);
        self
    }

    /// The requests so far that were polled, with their options as they were given.
    pub fn requests(&self) -> Vec<(Prompt, GenerateOptions)> {
        self.state.requests()
    }

    /// What it is doing now.
    pub fn activity(&self) -> Activity {
        self.state.activity()
    }

    fn script(&self, prompt: &Prompt) -> &Script {
        let asked = match prompt {
            Prompt::Text(text) => text,
            Prompt::Chat(messages) => messages.last().map_or("", |message| &message.content),
            _ => "",
        };
        let mut scripts = self.scripts.iter();
        let found = scripts.find(|(part, _)| asked.contains(part.as_str()));
        found.map_or(&self.otherwise, |(_, script)| script)
    }

    /// Refuses what it cannot serve, else tells how many tokens the prompt has.
    fn accept(&self, prompt: &Prompt, options: &GenerateOptions) -> Result<u64, Error> {
        prompt.validate()?;
        options.require(Self::BACKEND, |kind| self.supports(kind))?;
        let tokens = words(prompt);
        let context = self.info.context_length.unwrap_or(u32::MAX);
        if tokens >= u64::from(context) {
            let message = format!("the prompt has {tokens} tokens, the context {context}");
            return Err(Error::new(ErrorKind::ContextExceeded, message));
        }
        Ok(tokens)
    }
}

impl TextModel for ScriptedModel {
    fn info(&self) -> &ModelInfo {
        &self.info
    }

    fn supports(&self, option: OptionKind) -> bool {
        matches!(
            option,
            OptionKind::MaxTokens
                | OptionKind::Temperature
                | OptionKind::Seed
                | OptionKind::Stop
                | OptionKind::StopTokens
                | OptionKind::Logprobs
        )
    }

    fn generate(&self, prompt: Prompt, options: GenerateOptions) -> TokenStream {
        let accepted = self.accept(&prompt, &options);
        let script = self.script(&prompt).clone();
        let state = Arc::clone(&self.state);
        let room = u64::from(self.info.context_length.unwrap_or(u32::MAX));
        let start = async move {
            let prompt_tokens = accepted?;
            state.check_open()?;
            state.arrived(prompt, options.clone());
            let options = options.resolve(EntryPoint::Library);
            let most = options.max_tokens.map_or(u64::MAX, u64::from);
            let limit = if script.is_endless() {
                most
            } else {
                most.min(room - prompt_tokens)
            };
            let start = Start {
                script,
                options,
                prompt_tokens,
                limit,
            };
            Ok(Answer::new(state, start))
        };
        let events = async move {
            match start.await {
                Ok(answer) => answer.events().left_stream(),
                Err(error) => futures::stream::once(async { Err(error) }).right_stream(),
            }
        };
        TokenStream::new(Self::BACKEND, events.flatten_stream())
    }

    fn close(&self) -> BoxFuture<'_, Result<(), Error>> {
        self.state.close();
        async { Ok(()) }.boxed()
    }
}

fn words(prompt: &Prompt) -> u64 {
    let count = |text: &str| text.split_whitespace().count() as u64;
    match prompt {
        Prompt::Text(text) => count(text),
        Prompt::Chat(messages) => messages.iter().map(|message| count(&message.content)).sum(),
        _ => 0,
    }
}
