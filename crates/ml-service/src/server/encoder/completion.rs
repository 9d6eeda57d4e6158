//! A text completion's events as chunks, and its log probabilities in their older shape.

use inference_core::{FinishReason, Token};
use openai_wire::{Alternatives, ChunkWriter, CompletionChunk, CompletionChunkChoice, Logprobs};

use super::{UsageSum, event, text_event};
use crate::server::answer::Head;

pub(in crate::server) struct CompletionEncoder {
    head: Head,
    answers: Vec<Answer>,
}

struct Answer {
    text: ChunkWriter,
    /// Characters so far.
    length: u64,
}

impl CompletionEncoder {
    pub(super) fn new(head: Head, answers: usize) -> Self {
        let answer = |index| Answer {
            text: ChunkWriter::completion(chunk(&head), index),
            length: 0,
        };
        let answers = (0..).map(answer).take(answers).collect();
        Self { head, answers }
    }

    pub(super) fn token(&mut self, index: usize, token: &Token, out: &mut Vec<u8>) {
        let answer = &mut self.answers[index];
        if token.logprob.is_none() {
            return text_event(&answer.text, &token.text, out);
        }
        let logprobs = logprobs(std::slice::from_ref(token), &mut answer.length);
        let choice = CompletionChunkChoice {
            text: token.text.as_str().into(),
            logprobs: logprobs.map(Box::new),
            ..CompletionChunkChoice::default()
        };
        self.choice(index, choice, out);
    }

    pub(super) fn finish(&self, index: usize, reason: FinishReason, out: &mut Vec<u8>) {
        let choice = CompletionChunkChoice {
            finish_reason: Some(super::finish_reason(reason)),
            ..CompletionChunkChoice::default()
        };
        self.choice(index, choice, out);
    }

    pub(super) fn usage(&self, usage: &UsageSum, out: &mut Vec<u8>) {
        let chunk = CompletionChunk {
            usage: usage.wire().map(Box::new),
            ..chunk(&self.head)
        };
        event(&chunk, out);
    }

    fn choice(&self, index: usize, choice: CompletionChunkChoice<'_>, out: &mut Vec<u8>) {
        let index = u32::try_from(index).unwrap_or(u32::MAX);
        let chunk = CompletionChunk {
            choices: vec![CompletionChunkChoice { index, ..choice }],
            ..chunk(&self.head)
        };
        event(&chunk, out);
    }
}

fn chunk(head: &Head) -> CompletionChunk<'_> {
    CompletionChunk {
        id: head.id.as_str().into(),
        object: "text_completion".into(),
        created: head.created,
        model: head.model.as_str().into(),
        ..CompletionChunk::default()
    }
}

/// Tokens with their places in the text, which has `length` characters so far; none where no token
/// has a log probability.
pub(crate) fn logprobs(tokens: &[Token], length: &mut u64) -> Option<Logprobs> {
    if tokens.iter().all(|token| token.logprob.is_none()) {
        return None;
    }
    let mut logprobs = Logprobs::default();
    for token in tokens {
        let alternatives = token.alternatives.iter();
        let alternatives = alternatives.map(|other| (other.text.clone(), other.logprob.into()));
        logprobs.text_offset.push(*length);
        logprobs.tokens.push(token.text.clone());
        logprobs.token_logprobs.push(token.logprob.map(f64::from));
        logprobs
            .top_logprobs
            .push(Some(Alternatives(alternatives.collect())));
        *length += token.text.chars().count() as u64;
    }
    Some(logprobs)
}
