//! What a request asks for, whichever route it came by, and whether a model can do it.

use inference_core::{GenerateOptions, ModelInfo, OptionKind, Prompt, TextModel};

use super::failure::Failure;

/// Prompts, each to be answered once or several times.
#[derive(Debug, Clone)]
pub(super) struct Ask {
    pub(super) kind: AskKind,
    /// The model's name; `None` is the default one.
    pub(super) model: Option<String>,
    /// One for a chat, one or more for text completions.
    pub(super) prompts: Vec<Prompt>,
    pub(super) sampling: Sampling,
}

/// The route, which decides the form of the answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum AskKind {
    Chat,
    Completion,
}

/// The options that both routes have in common.
#[derive(Debug, Clone)]
pub(super) struct Sampling {
    pub(super) options: GenerateOptions,
    /// The name under which the most tokens were asked for.
    pub(super) max_tokens_field: &'static str,
    /// How many answers to give to each prompt.
    pub(super) answers: u32,
    pub(super) delivery: Delivery,
}

/// How an answer is sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Delivery {
    Whole,
    Stream { include_usage: bool },
}

impl Ask {
    /// Refuses what this model cannot honour, by the name of the field.
    pub(super) fn check(&self, model: &dyn TextModel) -> Result<(), Failure> {
        let options = &self.sampling.options;
        if let Some(kind) = options.set_kinds().find(|kind| !model.supports(*kind)) {
            let param = self.field(kind);
            let message = format!(
                "{param} is not supported by this model's backend, {}",
                model.info().backend
            );
            return Err(Failure::unsupported(param, message));
        }
        self.check_room(model.info())
    }

    /// A limit beyond the context could never be reached.
    fn check_room(&self, model: &ModelInfo) -> Result<(), Failure> {
        match (self.sampling.options.max_tokens, model.context_length) {
            (Some(asked), Some(context)) if asked > context => {
                let param = self.sampling.max_tokens_field;
                let message =
                    format!("{param} is {asked}, but the model's context holds {context} tokens");
                Err(Failure::field(param, message))
            }
            _ => Ok(()),
        }
    }

    /// What the field of an option is called in a request.
    fn field(&self, kind: OptionKind) -> &'static str {
        match kind {
            OptionKind::MaxTokens => self.sampling.max_tokens_field,
            OptionKind::Schema => "response_format",
            OptionKind::StopTokens => "stop_token_ids",
            OptionKind::RepeatWindow => "repeat_last_n",
            OptionKind::Adapter => "model",
            other => other.name(),
        }
    }
}
