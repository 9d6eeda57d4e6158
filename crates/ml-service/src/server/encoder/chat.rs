//! A chat's events as chunks, and its log probabilities.

use inference_core::{FinishReason, Token, ToolCall};
use openai_wire::{
    ChatChunk, ChatChunkChoice, ChunkWriter, Delta, FunctionCallDelta, Logprobs, TokenLogprob,
    ToolCallDelta,
};

use super::{UsageSum, event, text_event};
use crate::server::answer::Head;

pub(in crate::server) struct ChatEncoder {
    head: Head,
    answers: Vec<Answer>,
}

struct Answer {
    text: ChunkWriter,
    has_started: bool,
    tool_calls: u32,
}

impl ChatEncoder {
    pub(super) fn new(head: Head, answers: usize) -> Self {
        let answer = |index| Answer {
            text: ChunkWriter::chat(chunk(&head), index),
            has_started: false,
            tool_calls: 0,
        };
        let answers = (0..).map(answer).take(answers).collect();
        Self { head, answers }
    }

    /// The role comes before everything else of an answer.
    pub(super) fn start(&mut self, index: usize, out: &mut Vec<u8>) {
        if !std::mem::replace(&mut self.answers[index].has_started, true) {
            let delta = Delta {
                role: Some("assistant".into()),
                content: Some("".into()),
                ..Delta::default()
            };
            self.delta(index, delta, out);
        }
    }

    pub(super) fn token(&self, index: usize, token: &Token, out: &mut Vec<u8>) {
        if token.logprob.is_none() {
            return text_event(&self.answers[index].text, &token.text, out);
        }
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
        self.delta(index, delta, out);
    }

    /// The next call of an answer, whole.
    pub(super) fn tool_call(&mut self, index: usize, call: &ToolCall, out: &mut Vec<u8>) {
        let nth = &mut self.answers[index].tool_calls;
        let delta = Delta {
            tool_calls: vec![ToolCallDelta {
                index: *nth,
                id: Some(call.id.as_str().into()),
                kind: Some("function".into()),
                function: Some(FunctionCallDelta {
                    name: Some(call.name.as_str().into()),
                    arguments: Some(call.arguments.as_str().into()),
                }),
            }],
            ..Delta::default()
        };
        *nth += 1;
        self.delta(index, delta, out);
    }

    pub(super) fn finish(&self, index: usize, reason: FinishReason, out: &mut Vec<u8>) {
        let choice = ChatChunkChoice {
            finish_reason: Some(super::finish_reason(reason)),
            ..ChatChunkChoice::default()
        };
        self.choice(index, choice, out);
    }

    pub(super) fn usage(&self, usage: &UsageSum, out: &mut Vec<u8>) {
        let chunk = ChatChunk {
            usage: usage.wire().map(Box::new),
            ..chunk(&self.head)
        };
        event(&chunk, out);
    }

    fn delta(&self, index: usize, delta: Delta<'_>, out: &mut Vec<u8>) {
        let choice = ChatChunkChoice {
            delta,
            ..ChatChunkChoice::default()
        };
        self.choice(index, choice, out);
    }

    fn choice(&self, index: usize, choice: ChatChunkChoice<'_>, out: &mut Vec<u8>) {
        let index = u32::try_from(index).unwrap_or(u32::MAX);
        let chunk = ChatChunk {
            choices: vec![ChatChunkChoice { index, ..choice }],
            ..chunk(&self.head)
        };
        event(&chunk, out);
    }
}

fn chunk(head: &Head) -> ChatChunk<'_> {
    ChatChunk {
        id: head.id.as_str().into(),
        object: "chat.completion.chunk".into(),
        created: head.created,
        model: head.model.as_str().into(),
        ..ChatChunk::default()
    }
}

/// The log probabilities of tokens that have one; none where no token has.
pub(crate) fn logprobs(tokens: &[Token]) -> Option<Logprobs> {
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
