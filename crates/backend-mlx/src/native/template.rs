//! Conversations into prompts, by the model's own chat template.

mod environment;
mod error;
mod json;
mod message;
mod python;

use std::collections::BTreeMap;

use inference_core::Message;
use jiff::Zoned;
use minijinja::{Environment, Value, context};

use super::source::Texts;

pub(crate) use environment::Clock;
pub(crate) use error::TemplateError;

/// What rendering may cost, where a step of the template or 64 bytes that it makes cost one: so
/// much at all, for each message, and for each byte that they say. Templates need a hundred steps
/// for a message, and copy it a few times.
///
/// The operators `+`, `~` and `==` on lists that were nested or doubled dozens of times are the
/// exception: minijinja computes them before it asks for fuel.
const FUEL: usize = 200_000;
const FUEL_PER_MESSAGE: usize = 2_000;
const FUEL_PER_BYTE: usize = 1;

/// The chat template of a model, or that there is none.
#[derive(Debug)]
pub(crate) struct ChatTemplate {
    compiled: Result<Compiled, TemplateError>,
}

#[derive(Debug)]
struct Compiled {
    environment: Environment<'static>,
    /// A map of the tokens that have names, such as `bos_token`.
    tokens: Value,
    system: SystemRole,
}

/// What the template does with a system message at the beginning.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum SystemRole {
    /// It is rendered.
    Native,
    /// It is refused, or left out without a word.
    Missing,
}

impl ChatTemplate {
    /// The template of a model: that of `chat_template.jinja` or `chat_template.json`, else that of
    /// `tokenizer_config.json`, of several the one named `default`.
    ///
    /// `tokens` are those that the template may name, such as `bos_token`. A template that is not
    /// understood is an error when it is used, since raw prompts do without it. Dates are of the
    /// system's clock and time zone.
    pub(crate) fn load(texts: &Texts, tokens: &BTreeMap<String, String>) -> Self {
        match source(texts) {
            Some(source) => Self::new(source, tokens, Zoned::now),
            None => Self {
                compiled: Err(TemplateError::Absent),
            },
        }
    }

    fn new(source: &str, tokens: &BTreeMap<String, String>, clock: Clock) -> Self {
        let compiled = Compiled::new(source, tokens, clock);
        Self { compiled }
    }

    /// Whether the model has a template.
    pub(crate) fn exists(&self) -> bool {
        !matches!(self.compiled, Err(TemplateError::Absent))
    }

    /// The prompt of a conversation, which ends with the beginning of the model's next turn. It
    /// has its own bos token: see [`Tokenizer::encode`](super::tokenizer::Tokenizer::encode).
    ///
    /// A system message at the beginning for which the template has no place goes before the
    /// user's first turn, with an empty line between.
    ///
    /// # Errors
    /// There is no template, it raises, fails, or takes too long or too much memory.
    pub(crate) fn render(&self, messages: &[Message]) -> Result<String, TemplateError> {
        let compiled = self.compiled.as_ref().map_err(Clone::clone)?;
        if compiled.system == SystemRole::Missing
            && let Some(merged) = message::without_system(messages)
        {
            return compiled.render(&merged);
        }
        compiled.render(messages)
    }
}

impl Compiled {
    fn new(
        source: &str,
        tokens: &BTreeMap<String, String>,
        clock: Clock,
    ) -> Result<Self, TemplateError> {
        let environment = environment::compile(source, clock)
            .map_err(|error| TemplateError::Syntax(error.into()))?;
        let mut compiled = Self {
            environment,
            tokens: Value::from_pairs(
                tokens
                    .iter()
                    .map(|(name, text)| (name.as_str(), text.as_str())),
            ),
            system: SystemRole::Native,
        };
        compiled.system = compiled.probe();
        Ok(compiled)
    }

    /// Renders a system message to see whether it is still there.
    fn probe(&self) -> SystemRole {
        const NEEDLE: &str = "probe7d1c";
        let conversation = [Message::system(NEEDLE), Message::user("hello")];
        match self.render(&conversation) {
            Ok(prompt) if prompt.contains(NEEDLE) => SystemRole::Native,
            _ => SystemRole::Missing,
        }
    }

    /// What Hugging Face's `apply_chat_template` gives for the same.
    fn render(&self, messages: &[Message]) -> Result<String, TemplateError> {
        let bytes = messages.iter().map(size).sum();
        let fuel = FUEL + FUEL_PER_MESSAGE * messages.len() + FUEL_PER_BYTE * bytes;
        let mut environment = self.environment.clone();
        environment.set_fuel(Some(fuel as u64));
        let conversation = context! {
            messages => message::values(messages),
            tools => (),
            documents => (),
            add_generation_prompt => true,
            ..self.tokens.clone()
        };
        environment
            .get_template(environment::NAME)
            .and_then(|template| template.render(conversation))
            .map_err(|error| TemplateError::new(error, bytes))
    }
}

/// How many bytes a message says.
fn size(message: &Message) -> usize {
    let calls = message.tool_calls.iter();
    let calls = calls.map(|call| call.id.len() + call.name.len() + call.arguments.len());
    message.content.len() + calls.sum::<usize>()
}

fn source(texts: &Texts) -> Option<&str> {
    if let Some(file) = &texts.chat_template {
        return Some(file);
    }
    let template = &texts.tokenizer_config.as_ref()?["chat_template"];
    let named = template.as_array().and_then(|templates| {
        let default = templates.iter().find(|one| one["name"] == "default");
        default?["template"].as_str()
    });
    template.as_str().or(named)
}

#[cfg(test)]
mod tests;
