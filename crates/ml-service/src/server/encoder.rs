//! Events of a model as the chunks of a stream, and what whole replies share with them.

use inference_core::{FinishReason, Token, ToolCall, Usage};
use openai_wire::{
    ApiError, ChatChunk, ChatChunkChoice, ChunkWriter, Delta, ErrorResponse, FunctionCallDelta,
    Logprobs, TokenLogprob, ToolCallDelta,
};
use serde::Serialize;

use super::answer::Head;
use super::ask::AskKind;

const OPEN: &[u8] = b"data: ";
const CLOSE: &[u8] = b"\n\n";

/// Writes the events of one stream.
pub(super) struct Encoder {
    head: Head,
    /// One for each answer.
    texts: Vec<ChunkWriter>,
}

impl Encoder {
    pub(super) fn new(head: Head, answers: usize) -> Self {
        let text = |index| match head.kind {
            AskKind::Chat => ChunkWriter::chat(chat_head(&head), index),
        };
        let texts = (0..).map(text).take(answers).collect();
        Self { head, texts }
    }

    /// What comes before the first token of an answer.
    pub(super) fn start(&self, index: usize, out: &mut Vec<u8>) {
        let delta = Delta {
            role: Some("assistant".into()),
            content: Some("".into()),
            ..Delta::default()
        };
        self.chat(index, delta, None, out);
    }

    pub(super) fn token(&self, index: usize, token: &Token, out: &mut Vec<u8>) {
        if token.logprob.is_some() {
            return self.token_with_logprob(index, token, out);
        }
        // A token that only completes a character is shown with it.
        if !token.text.is_empty() {
            out.extend_from_slice(OPEN);
            self.texts[index].write(&token.text, out);
            out.extend_from_slice(CLOSE);
        }
    }

    fn token_with_logprob(&self, index: usize, token: &Token, out: &mut Vec<u8>) {
        let delta = Delta {
            content: Some(token.text.as_str().into()),
            ..Delta::default()
        };
        let choice = ChatChunkChoice {
            delta,
            logprobs: logprobs(std::slice::from_ref(token)).map(Box::new),
            ..ChatChunkChoice::default()
        };
        self.choice(index, choice, out);
    }

    pub(super) fn reasoning(&self, index: usize, token: &Token, out: &mut Vec<u8>) {
        let delta = Delta {
            reasoning_content: Some(token.text.as_str().into()),
            ..Delta::default()
        };
        self.chat(index, delta, None, out);
    }

    /// The call number `nth` of an answer, whole.
    pub(super) fn tool_call(&self, index: usize, nth: u32, call: &ToolCall, out: &mut Vec<u8>) {
        let delta = Delta {
            tool_calls: vec![ToolCallDelta {
                index: nth,
                id: Some(call.id.as_str().into()),
                kind: Some("function".into()),
                function: Some(FunctionCallDelta {
                    name: Some(call.name.as_str().into()),
                    arguments: Some(call.arguments.as_str().into()),
                }),
            }],
            ..Delta::default()
        };
        self.chat(index, delta, None, out);
    }

    pub(super) fn finish(&self, index: usize, reason: FinishReason, out: &mut Vec<u8>) {
        self.chat(index, Delta::default(), Some(reason), out);
    }

    /// The tokens that all answers took.
    pub(super) fn usage(&self, usage: &UsageSum, out: &mut Vec<u8>) {
        let chunk = ChatChunk {
            usage: usage.wire().map(Box::new),
            ..chat_head(&self.head)
        };
        event(&chunk, out);
    }

    fn chat(&self, index: usize, delta: Delta<'_>, end: Option<FinishReason>, out: &mut Vec<u8>) {
        let choice = ChatChunkChoice {
            delta,
            finish_reason: end.map(finish_reason),
            ..ChatChunkChoice::default()
        };
        self.choice(index, choice, out);
    }

    fn choice(&self, index: usize, choice: ChatChunkChoice<'_>, out: &mut Vec<u8>) {
        let index = u32::try_from(index).unwrap_or(u32::MAX);
        let chunk = ChatChunk {
            choices: vec![ChatChunkChoice { index, ..choice }],
            ..chat_head(&self.head)
        };
        event(&chunk, out);
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

fn chat_head(head: &Head) -> ChatChunk<'_> {
    ChatChunk {
        id: head.id.as_str().into(),
        object: "chat.completion.chunk".into(),
        created: head.created,
        model: head.model.as_str().into(),
        ..ChatChunk::default()
    }
}

impl AskKind {
    /// How ids of answers begin.
    pub(super) fn id_prefix(self) -> &'static str {
        match self {
            Self::Chat => "chatcmpl",
        }
    }
}

pub(super) fn finish_reason(reason: FinishReason) -> openai_wire::FinishReason {
    reason.as_str().into()
}

pub(super) fn tool_call(call: ToolCall) -> openai_wire::ToolCall {
    openai_wire::ToolCall::new(call.id, call.name, call.arguments)
}

/// The log probabilities of tokens that have one; none where no token has.
pub(super) fn logprobs(tokens: &[Token]) -> Option<Logprobs> {
    let content: Vec<_> = tokens
        .iter()
        .filter_map(|token| Some(entry(token, token.logprob?)))
        .collect();
    (!content.is_empty()).then(|| Logprobs {
        content,
        ..Logprobs::default()
    })
}

fn entry(token: &Token, logprob: f32) -> TokenLogprob {
    let alternatives = token.alternatives.iter();
    let alternatives = alternatives.map(|other| bare(&other.text, other.id, other.logprob));
    TokenLogprob {
        top_logprobs: alternatives.collect(),
        ..bare(&token.text, token.id, logprob)
    }
}

fn bare(text: &str, id: Option<u32>, logprob: f32) -> TokenLogprob {
    TokenLogprob {
        id,
        token: text.to_owned(),
        bytes: Some(text.as_bytes().to_vec()),
        logprob: logprob.into(),
        top_logprobs: Vec::new(),
    }
}

/// The tokens that several answers to one prompt took. The prompt counts once.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct UsageSum(Option<Usage>);

impl UsageSum {
    pub(super) fn add(&mut self, usage: &Usage) {
        let Some(sum) = &mut self.0 else {
            self.0 = Some(*usage);
            return;
        };
        let both = sum.generated_tokens.zip(usage.generated_tokens);
        sum.generated_tokens = both.map(|(sum, more)| sum.saturating_add(more));
    }

    pub(super) fn total(&self) -> Usage {
        self.0.unwrap_or_default()
    }

    /// Nothing where the backend does not tell: a count that is made up would be worse.
    pub(super) fn wire(&self) -> Option<openai_wire::Usage> {
        let usage = self.total();
        let mut wire = openai_wire::Usage::new(usage.prompt_tokens?, usage.generated_tokens?);
        wire.prompt_tokens_details = usage
            .cached_tokens
            .map(|cached_tokens| openai_wire::PromptTokensDetails { cached_tokens });
        Some(wire)
    }
}
