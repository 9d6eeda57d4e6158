//! Events of a model as the chunks of a stream, and what whole replies share with them.

use inference_core::{Event, FinishReason, ToolCall, Usage};
use openai_wire::{ApiError, ChunkWriter, ErrorResponse};
use serde::Serialize;

use super::answer::Head;
use super::ask::AskKind;

pub(super) mod chat;
pub(super) mod completion;

use chat::ChatEncoder;
use completion::CompletionEncoder;

const OPEN: &[u8] = b"data: ";
const CLOSE: &[u8] = b"\n\n";

/// Writes the events of one stream, in the form of its route.
pub(super) enum Encoder {
    Chat(ChatEncoder),
    Completion(CompletionEncoder),
}

impl Encoder {
    pub(super) fn new(head: Head, answers: usize) -> Self {
        match head.kind {
            AskKind::Chat => Self::Chat(ChatEncoder::new(head, answers)),
            AskKind::Completion => Self::Completion(CompletionEncoder::new(head, answers)),
        }
    }

    /// Appends what an event of one answer becomes.
    pub(super) fn event(&mut self, index: usize, event: &Event, out: &mut Vec<u8>) {
        match self {
            Self::Chat(chat) => {
                chat.start(index, out);
                match event {
                    Event::Token(token) => chat.token(index, token, out),
                    Event::Reasoning(token) => chat.reasoning(index, token, out),
                    Event::ToolCall(call) => chat.tool_call(index, call, out),
                    Event::Finished(summary) => chat.finish(index, summary.finish_reason, out),
                    _ => {}
                }
            }
            Self::Completion(completion) => match event {
                // Raw text has no place of its own for what a server takes for thoughts.
                Event::Token(token) | Event::Reasoning(token) => {
                    completion.token(index, token, out);
                }
                Event::Finished(summary) => completion.finish(index, summary.finish_reason, out),
                _ => {}
            },
        }
    }

    /// Appends the tokens that all answers took.
    pub(super) fn usage(&self, usage: &UsageSum, out: &mut Vec<u8>) {
        match self {
            Self::Chat(chat) => chat.usage(usage, out),
            Self::Completion(completion) => completion.usage(usage, out),
        }
    }
}

/// A token that only completes a character is shown with it.
fn text_event(writer: &ChunkWriter, text: &str, out: &mut Vec<u8>) {
    if !text.is_empty() {
        out.extend_from_slice(OPEN);
        writer.write(text, out);
        out.extend_from_slice(CLOSE);
    }
}

/// The end of a stream that ended well.
pub(super) fn done(out: &mut Vec<u8>) {
    out.extend_from_slice(b"data: [DONE]\n\n");
}

/// The end of a stream that failed.
pub(super) fn error(error: &ApiError, out: &mut Vec<u8>) {
    let body = ErrorResponse {
        error: error.clone(),
    };
    event(&body, out);
}

fn event(data: &impl Serialize, out: &mut Vec<u8>) {
    out.extend_from_slice(OPEN);
    serde_json::to_writer(&mut *out, data).expect("a chunk can be written into memory");
    out.extend_from_slice(CLOSE);
}

impl AskKind {
    /// OpenTelemetry's `gen_ai.operation.name`.
    pub(super) fn operation(self) -> &'static str {
        match self {
            Self::Chat => "chat",
            Self::Completion => "text_completion",
        }
    }

    /// How ids of answers begin.
    pub(super) fn id_prefix(self) -> &'static str {
        match self {
            Self::Chat => "chatcmpl",
            Self::Completion => "cmpl",
        }
    }
}

/// How many tokens an event is taken for while they come; backends say the number at the end.
pub(super) fn tokens(event: &Event) -> u64 {
    u64::from(!matches!(event, Event::Finished(_)))
}

pub(super) fn finish_reason(reason: FinishReason) -> openai_wire::FinishReason {
    reason.as_str().into()
}

pub(super) fn tool_call(call: ToolCall) -> openai_wire::ToolCall {
    openai_wire::ToolCall::new(call.id, call.name, call.arguments)
}

/// The tokens that several answers took. A prompt counts once, however many answers it has.
#[derive(Debug, Clone, Copy)]
pub(super) struct UsageSum {
    answers_to_each: usize,
    /// `None` once a count is missing.
    prompt: Option<u64>,
    cached: Option<u64>,
    generated: Option<u64>,
}

impl UsageSum {
    /// Of prompts with so many answers each, one after the other.
    pub(super) fn new(answers_to_each: usize) -> Self {
        Self {
            answers_to_each,
            prompt: Some(0),
            cached: Some(0),
            generated: Some(0),
        }
    }

    /// Adds what the answer of this index took.
    pub(super) fn add(&mut self, index: usize, usage: &Usage) {
        let add = |sum: &mut Option<u64>, more: Option<u64>| {
            *sum = sum.zip(more).map(|(sum, more)| sum.saturating_add(more));
        };
        if index.is_multiple_of(self.answers_to_each) {
            add(&mut self.prompt, usage.prompt_tokens);
            add(&mut self.cached, usage.cached_tokens);
        }
        add(&mut self.generated, usage.generated_tokens);
    }

    pub(super) fn total(&self) -> Usage {
        let mut usage = Usage::default();
        usage.prompt_tokens = self.prompt;
        usage.cached_tokens = self.cached;
        usage.generated_tokens = self.generated;
        usage
    }

    /// Nothing where the backend does not tell: a count that is made up would be worse.
    pub(super) fn wire(&self) -> Option<openai_wire::Usage> {
        let mut wire = openai_wire::Usage::new(self.prompt?, self.generated?);
        wire.prompt_tokens_details = self
            .cached
            .map(|cached_tokens| openai_wire::PromptTokensDetails { cached_tokens });
        Some(wire)
    }
}
