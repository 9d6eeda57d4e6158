//! What a backend gives the checks to work with.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use futures::future::{BoxFuture, FutureExt as _};
use inference_core::{ModelInfo, Prompt, TextModel};

/// A model under test, with what its surroundings can show and provoke.
///
/// Only [`model`](Self::model) is needed. What is left at its default is listed in the report as
/// not exercised. One that can do only a part of it can be joined by another one: run
/// [`check_all`](crate::check_all) on each and merge the reports.
pub trait Subject: Send + Sync {
    /// The model; the same one each time. The checks run one after the other and are alone with
    /// it.
    fn model(&self) -> Arc<dyn TextModel>;

    /// A prompt with which the model shows this behaviour, if there is one.
    ///
    /// The default ones suit models that follow instructions and have a chat template.
    fn prompt(&self, scenario: Scenario) -> Option<Prompt> {
        scenario.prompt(self.model().info())
    }

    /// Prompts whose greedy answers differ in their first words.
    fn different_prompts(&self) -> Vec<Prompt> {
        ["France", "Japan", "Italy", "Egypt"]
            .map(|country| Prompt::user(format!("What is the capital of {country}?")))
            .into()
    }

    /// Another instance of the model, which the check closes.
    fn disposable(&self) -> BoxFuture<'_, Option<Arc<dyn TextModel>>> {
        async { None }.boxed()
    }

    /// A model that suffers this fault while it answers.
    fn provoke(&self, fault: Fault) -> BoxFuture<'_, Option<Provoked>> {
        let _ = fault;
        async { None }.boxed()
    }

    /// What the model, or the server behind it, is doing at this moment.
    fn activity(&self) -> BoxFuture<'_, Option<Activity>> {
        async { None }.boxed()
    }

    /// How patient the checks are.
    fn limits(&self) -> Limits {
        Limits::default()
    }
}

/// A behaviour that a prompt brings out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Scenario {
    /// A short answer that ends by itself.
    Short,
    /// An answer of at least 24 tokens, better of several hundred.
    Long,
    /// An answer with characters of several bytes.
    Unicode,
    /// An answer without any text.
    Empty,
    /// An answer of more tokens than [`Limits::read_ahead`], far more if it can be.
    Endless,
    /// A prompt that does not fit into the context.
    Overflow,
}

/// Something that goes wrong while a model answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Fault {
    /// The answer stops in its middle, without its end.
    Cut,
    /// Nothing more comes after some tokens, until the model's own time-out.
    Stall,
    /// The server refuses with status 429, as often as it is asked.
    RateLimit,
    /// The process or engine behind the model dies in the middle of an answer.
    Crash,
}

/// A model that is about to suffer a fault.
pub struct Provoked {
    /// The model whose next answer fails.
    pub model: Arc<dyn TextModel>,
    /// What to ask it.
    pub prompt: Prompt,
    /// Called once the first text has come, for faults that need to be caused at that moment.
    pub strike: Option<Box<dyn FnOnce() + Send>>,
}

impl Provoked {
    /// A model that fails by itself.
    pub fn new(model: Arc<dyn TextModel>, prompt: Prompt) -> Self {
        Self {
            model,
            prompt,
            strike: None,
        }
    }

    /// Causes the fault once the first text has come.
    #[must_use]
    pub fn strike(mut self, strike: impl FnOnce() + Send + 'static) -> Self {
        self.strike = Some(Box::new(strike));
        self
    }
}

impl fmt::Debug for Provoked {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Provoked")
            .field("prompt", &self.prompt)
            .finish_non_exhaustive()
    }
}

/// What goes on behind a model.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Activity {
    /// Answers in work now.
    pub generating: u64,
    /// Requests that have arrived so far, if they are counted.
    pub requests: Option<u64>,
    /// Tokens produced so far, if they are counted, whether they were read or not.
    pub tokens: Option<u64>,
}

impl Activity {
    /// So many answers are in work.
    pub fn new(generating: u64) -> Self {
        Self {
            generating,
            ..Self::default()
        }
    }

    /// Tells how many requests have arrived so far.
    #[must_use]
    pub fn with_requests(mut self, requests: u64) -> Self {
        self.requests = Some(requests);
        self
    }

    /// Tells how many tokens were produced so far.
    #[must_use]
    pub fn with_tokens(mut self, tokens: u64) -> Self {
        self.tokens = Some(tokens);
        self
    }
}

/// How patient the checks are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Limits {
    /// Longest time that one check may take; by default two minutes.
    pub patience: Duration,
    /// Time within which a cancelled request must be over; by default one second.
    pub cancel: Duration,
    /// Most tokens that may still be produced after a stream was dropped; by default not checked,
    /// since sockets hold some. In process it is one.
    pub late_tokens: Option<u64>,
    /// Most tokens that may be produced ahead of a reader; by default 100,000, which is what fits
    /// into the buffers of a socket.
    pub read_ahead: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            patience: Duration::from_mins(2),
            cancel: Duration::from_secs(1),
            late_tokens: None,
            read_ahead: 100_000,
        }
    }
}

impl Scenario {
    fn prompt(self, model: &ModelInfo) -> Option<Prompt> {
        match self {
            Self::Short => Some(Prompt::user("What is the capital of France?")),
            Self::Long => Some(Prompt::user("Count from 1 to 200, separated by commas.")),
            Self::Unicode => Some(Prompt::user("Repeat: caf\u{e9} \u{4f60}\u{597d} \u{1f600}")),
            Self::Overflow => {
                let words = usize::try_from(model.context_length?).ok()? + 1;
                Some(Prompt::user("word ".repeat(words)))
            }
            Self::Empty | Self::Endless => None,
        }
    }
}

/// A model of which nothing else is known.
#[derive(Clone)]
pub struct PlainSubject(Arc<dyn TextModel>);

impl PlainSubject {
    /// Makes a subject of any model. Faults, activity and closing are not exercised.
    pub fn new(model: Arc<dyn TextModel>) -> Self {
        Self(model)
    }
}

impl Subject for PlainSubject {
    fn model(&self) -> Arc<dyn TextModel> {
        Arc::clone(&self.0)
    }
}

impl fmt::Debug for PlainSubject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("PlainSubject").field(self.0.info()).finish()
    }
}
