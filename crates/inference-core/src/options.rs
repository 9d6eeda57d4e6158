//! The options of one request, and the one table of their defaults.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{Error, ErrorKind};

mod tool;

pub use tool::{Tool, ToolChoice};

/// The options of one request. What is unset is resolved by [`GenerateOptions::resolve`].
///
/// A backend honours every option that is set or refuses it by name with
/// [`ErrorKind::Unsupported`].
///
/// ```
/// use inference_core::GenerateOptions;
///
/// let options = GenerateOptions::default().max_tokens(64).temperature(0.7).stop(["\n\n"]);
/// assert!(options.validate().is_ok());
/// ```
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[non_exhaustive]
pub struct GenerateOptions {
    /// Another model of the same server.
    pub model: Option<String>,
    /// A loaded LoRA adapter for this request, by name or path.
    pub adapter: Option<String>,
    /// The most tokens to generate; [`GenerateOptions::TO_CONTEXT_END`] sets no limit but the
    /// context's end. A limit that is reached is [`FinishReason::Length`](crate::FinishReason);
    /// 0 is refused.
    pub max_tokens: Option<u32>,
    /// Divides the logits before sampling; 0 is greedy.
    pub temperature: Option<f64>,
    /// Keep the `k` likeliest tokens; 0 keeps all.
    pub top_k: Option<u32>,
    /// Keep the likeliest tokens that together hold this probability, in (0, 1]; 1 keeps all.
    pub top_p: Option<f64>,
    /// Drop tokens less likely than this fraction of the likeliest, in [0, 1]; 0 keeps all.
    pub min_p: Option<f64>,
    /// Divides positive and multiplies negative logits of tokens seen in the window, above 0;
    /// 1 changes nothing (Keskar et al. 2019, section 4.1).
    pub repeat_penalty: Option<f64>,
    /// How many of the last tokens the repeat penalty looks at, prompt included; 0 is none.
    pub repeat_window: Option<u32>,
    /// Seed of the sampler: the same seed, request and backend give the same answer.
    pub seed: Option<u64>,
    /// The answer ends before the first of these; no part of one is ever shown.
    pub stop: Option<Vec<String>>,
    /// The answer ends at any of these token ids, which are not shown.
    pub stop_tokens: Option<Vec<u32>>,
    /// Report each token's log probability, and this many of the likeliest alternatives.
    pub logprobs: Option<u8>,
    /// JSON schema that the answer must satisfy.
    pub schema: Option<Value>,
    /// Tools that the model may call.
    pub tools: Option<Vec<Tool>>,
    /// That the model must call one of the [`tools`](Self::tools); unset leaves it to the model.
    pub tool_choice: Option<ToolChoice>,
}

/// One field of [`GenerateOptions`], for capability questions and refusals.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum OptionKind {
    /// `model`
    Model,
    /// `adapter`
    Adapter,
    /// `max_tokens`
    MaxTokens,
    /// `temperature`
    Temperature,
    /// `top_k`
    TopK,
    /// `top_p`
    TopP,
    /// `min_p`
    MinP,
    /// `repeat_penalty`
    RepeatPenalty,
    /// `repeat_window`
    RepeatWindow,
    /// `seed`
    Seed,
    /// `stop`
    Stop,
    /// `stop_tokens`
    StopTokens,
    /// `logprobs`
    Logprobs,
    /// `schema`
    Schema,
    /// `tools`
    Tools,
    /// `tool_choice`
    ToolChoice,
}

impl OptionKind {
    /// Every option, in the order of the fields.
    pub const ALL: [Self; 16] = [
        Self::Model,
        Self::Adapter,
        Self::MaxTokens,
        Self::Temperature,
        Self::TopK,
        Self::TopP,
        Self::MinP,
        Self::RepeatPenalty,
        Self::RepeatWindow,
        Self::Seed,
        Self::Stop,
        Self::StopTokens,
        Self::Logprobs,
        Self::Schema,
        Self::Tools,
        Self::ToolChoice,
    ];

    /// The field's name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Model => "model",
            Self::Adapter => "adapter",
            Self::MaxTokens => "max_tokens",
            Self::Temperature => "temperature",
            Self::TopK => "top_k",
            Self::TopP => "top_p",
            Self::MinP => "min_p",
            Self::RepeatPenalty => "repeat_penalty",
            Self::RepeatWindow => "repeat_window",
            Self::Seed => "seed",
            Self::Stop => "stop",
            Self::StopTokens => "stop_tokens",
            Self::Logprobs => "logprobs",
            Self::Schema => "schema",
            Self::Tools => "tools",
            Self::ToolChoice => "tool_choice",
        }
    }
}

/// Where a request comes from: it decides the defaults.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum EntryPoint {
    /// A call of the library, `ml generate`.
    #[default]
    Library,
    /// An interactive conversation.
    Chat,
    /// A request to our own server.
    Serve,
    /// A judge's verdict.
    Judge,
}

impl EntryPoint {
    /// `max_tokens` where it is unset: library 256, chat 2048, judge 1024, serve up to the
    /// context's end.
    pub const fn max_tokens(self) -> u32 {
        match self {
            Self::Library => 256,
            Self::Chat => 2048,
            Self::Serve => GenerateOptions::TO_CONTEXT_END,
            Self::Judge => 1024,
        }
    }
}

impl GenerateOptions {
    /// A `max_tokens` that sets no limit but the context's end.
    pub const TO_CONTEXT_END: u32 = u32::MAX;

    /// `temperature` where it is unset, at every entry point: greedy.
    pub const DEFAULT_TEMPERATURE: f64 = 0.0;

    /// `repeat_window` where only `repeat_penalty` is set, in tokens.
    pub const DEFAULT_REPEAT_WINDOW: u32 = 64;

    /// Fills what is unset. This is the only place where defaults are decided:
    ///
    /// | option | library | chat | serve | judge |
    /// |---|---|---|---|---|
    /// | `max_tokens` | 256 | 2048 | to the context's end | 1024 |
    /// | `temperature` | 0 (greedy) | 0 | 0 | 0 |
    /// | `repeat_window`, with a `repeat_penalty`, where a backend can set it | 64 | 64 | 64 | 64 |
    /// | all others | off | off | off | off |
    ///
    /// It changes nothing that is set, so that a second call has no effect: entry points call it
    /// with their own table, backends with [`EntryPoint::Library`].
    #[must_use]
    pub fn resolve(mut self, entry: EntryPoint) -> Self {
        self.max_tokens.get_or_insert(entry.max_tokens());
        self.temperature.get_or_insert(Self::DEFAULT_TEMPERATURE);
        self
    }

    /// The window of a repeat penalty: what is set, else
    /// [`DEFAULT_REPEAT_WINDOW`](Self::DEFAULT_REPEAT_WINDOW). It is no part of
    /// [`resolve`](Self::resolve), so that a backend whose window cannot be set refuses only one
    /// that was.
    pub fn repeat_window_or_default(&self) -> u32 {
        self.repeat_window.unwrap_or(Self::DEFAULT_REPEAT_WINDOW)
    }

    /// The options that are set.
    pub fn set_kinds(&self) -> impl Iterator<Item = OptionKind> + '_ {
        OptionKind::ALL
            .into_iter()
            .filter(|kind| self.is_set(*kind))
    }

    /// Whether an option is set.
    pub fn is_set(&self, kind: OptionKind) -> bool {
        match kind {
            OptionKind::Model => self.model.is_some(),
            OptionKind::Adapter => self.adapter.is_some(),
            OptionKind::MaxTokens => self.max_tokens.is_some(),
            OptionKind::Temperature => self.temperature.is_some(),
            OptionKind::TopK => self.top_k.is_some(),
            OptionKind::TopP => self.top_p.is_some(),
            OptionKind::MinP => self.min_p.is_some(),
            OptionKind::RepeatPenalty => self.repeat_penalty.is_some(),
            OptionKind::RepeatWindow => self.repeat_window.is_some(),
            OptionKind::Seed => self.seed.is_some(),
            OptionKind::Stop => self.stop.is_some(),
            OptionKind::StopTokens => self.stop_tokens.is_some(),
            OptionKind::Logprobs => self.logprobs.is_some(),
            OptionKind::Schema => self.schema.is_some(),
            OptionKind::Tools => self.tools.is_some(),
            OptionKind::ToolChoice => self.tool_choice.is_some(),
        }
    }

    /// Refuses values that no backend can honour.
    ///
    /// # Errors
    /// [`ErrorKind::InvalidRequest`] that names the option, the value and what is allowed.
    pub fn validate(&self) -> Result<(), Error> {
        if self.max_tokens == Some(0) {
            return invalid("max_tokens is 0, but must be 1 or more");
        }
        number("temperature", self.temperature, "0 or more", |t| t >= 0.0)?;
        number("top_p", self.top_p, "above 0 and at most 1", |p| {
            p > 0.0 && p <= 1.0
        })?;
        number("min_p", self.min_p, "between 0 and 1", |p| {
            (0.0..=1.0).contains(&p)
        })?;
        number("repeat_penalty", self.repeat_penalty, "above 0", |p| {
            p > 0.0
        })?;
        if self.stop.iter().flatten().any(String::is_empty) {
            return invalid("stop has an empty string, which would end every answer at once");
        }
        if self
            .schema
            .as_ref()
            .is_some_and(|schema| !schema.is_object())
        {
            return invalid("schema is not a JSON object");
        }
        let tools = self.tools.as_deref().unwrap_or_default();
        if tools.iter().any(|tool| tool.name.is_empty()) {
            return invalid("tools has a tool without a name");
        }
        tool::require_known(self.tool_choice.as_ref(), tools)
    }

    /// Validates the values and refuses the first set option that `supports` denies.
    ///
    /// Backends call it before they do anything else with a request.
    ///
    /// # Errors
    /// [`ErrorKind::InvalidRequest`] or [`ErrorKind::Unsupported`], naming the option.
    pub fn require(
        &self,
        backend: &str,
        supports: impl Fn(OptionKind) -> bool,
    ) -> Result<(), Error> {
        self.validate()
            .map_err(|error| error.with_backend(backend))?;
        match self.set_kinds().find(|kind| !supports(*kind)) {
            Some(kind) => Err(Error::unsupported(
                backend,
                format_args!("the option {}", kind.name()),
            )),
            None => Ok(()),
        }
    }

    /// Sets [`model`](Self::model).
    #[must_use]
    pub fn model(mut self, model: impl Into<String>) -> Self {
        self.model = Some(model.into());
        self
    }

    /// Sets [`adapter`](Self::adapter).
    #[must_use]
    pub fn adapter(mut self, adapter: impl Into<String>) -> Self {
        self.adapter = Some(adapter.into());
        self
    }

    /// Sets [`max_tokens`](Self::max_tokens).
    #[must_use]
    pub fn max_tokens(mut self, tokens: u32) -> Self {
        self.max_tokens = Some(tokens);
        self
    }

    /// Sets [`temperature`](Self::temperature).
    #[must_use]
    pub fn temperature(mut self, temperature: f64) -> Self {
        self.temperature = Some(temperature);
        self
    }

    /// Sets [`top_k`](Self::top_k).
    #[must_use]
    pub fn top_k(mut self, k: u32) -> Self {
        self.top_k = Some(k);
        self
    }

    /// Sets [`top_p`](Self::top_p).
    #[must_use]
    pub fn top_p(mut self, p: f64) -> Self {
        self.top_p = Some(p);
        self
    }

    /// Sets [`min_p`](Self::min_p).
    #[must_use]
    pub fn min_p(mut self, p: f64) -> Self {
        self.min_p = Some(p);
        self
    }

    /// Sets [`repeat_penalty`](Self::repeat_penalty).
    #[must_use]
    pub fn repeat_penalty(mut self, penalty: f64) -> Self {
        self.repeat_penalty = Some(penalty);
        self
    }

    /// Sets [`repeat_window`](Self::repeat_window).
    #[must_use]
    pub fn repeat_window(mut self, tokens: u32) -> Self {
        self.repeat_window = Some(tokens);
        self
    }

    /// Sets [`seed`](Self::seed).
    #[must_use]
    pub fn seed(mut self, seed: u64) -> Self {
        self.seed = Some(seed);
        self
    }

    /// Sets [`stop`](Self::stop).
    #[must_use]
    pub fn stop<S: Into<String>>(mut self, stop: impl IntoIterator<Item = S>) -> Self {
        self.stop = Some(stop.into_iter().map(Into::into).collect());
        self
    }

    /// Sets [`stop_tokens`](Self::stop_tokens).
    #[must_use]
    pub fn stop_tokens(mut self, ids: impl IntoIterator<Item = u32>) -> Self {
        self.stop_tokens = Some(ids.into_iter().collect());
        self
    }

    /// Sets [`logprobs`](Self::logprobs).
    #[must_use]
    pub fn logprobs(mut self, alternatives: u8) -> Self {
        self.logprobs = Some(alternatives);
        self
    }

    /// Sets [`schema`](Self::schema).
    #[must_use]
    pub fn schema(mut self, schema: Value) -> Self {
        self.schema = Some(schema);
        self
    }

    /// Sets [`tools`](Self::tools).
    #[must_use]
    pub fn tools(mut self, tools: Vec<Tool>) -> Self {
        self.tools = Some(tools);
        self
    }

    /// Sets [`tool_choice`](Self::tool_choice).
    #[must_use]
    pub fn tool_choice(mut self, choice: ToolChoice) -> Self {
        self.tool_choice = Some(choice);
        self
    }
}

fn number(
    name: &str,
    value: Option<f64>,
    allowed: &str,
    valid: impl Fn(f64) -> bool,
) -> Result<(), Error> {
    match value {
        Some(value) if !value.is_finite() || !valid(value) => {
            invalid(format!("{name} is {value}, but must be {allowed}"))
        }
        _ => Ok(()),
    }
}

fn invalid(message: impl Into<String>) -> Result<(), Error> {
    Err(Error::new(ErrorKind::InvalidRequest, message))
}

#[cfg(test)]
mod tests;
