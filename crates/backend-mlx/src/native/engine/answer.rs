//! From logits to the text of an answer.

use std::sync::Arc;

use inference_core::{Alternative, Error, FinishReason, StopMatcher, StopStep, Token};

use crate::native::detokenizer::Detokenizer;
use crate::native::sampler::{Sampled, Sampler, Scratch};
use crate::native::tokenizer::Tokenizer;

/// The text side of one answer: chooses tokens, spells them, and knows when to end.
#[derive(Debug)]
pub(crate) struct Answer {
    tokenizer: Arc<Tokenizer>,
    sampler: Sampler,
    detokenizer: Detokenizer,
    stops: StopMatcher,
    /// Ids that end it: end of text, and those that were asked for.
    ends: Vec<u32>,
    limit: Limit,
    generated: usize,
}

/// How long an answer may get.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Limit {
    /// Most tokens, at least one.
    pub(crate) tokens: usize,
    /// Whether that is only where the context ends: such an answer gets memory as it goes, and
    /// may end where there is no more.
    pub(crate) is_open: bool,
}

impl Limit {
    /// Tokens for which memory is reserved beforehand where the limit is open.
    const OPEN: usize = 1024;

    /// Tokens for which memory is reserved before the answer begins.
    pub(crate) fn reserved(self) -> usize {
        if self.is_open {
            self.tokens.min(Self::OPEN)
        } else {
            self.tokens
        }
    }
}

/// What an answer is made with.
#[derive(Debug)]
pub(crate) struct Manner {
    pub(crate) sampler: Sampler,
    pub(crate) detokenizer: Detokenizer,
    /// No part of these is shown.
    pub(crate) stops: StopMatcher,
    /// Ids that end the answer and are not shown.
    pub(crate) ends: Vec<u32>,
    pub(crate) limit: Limit,
}

/// The next token of an answer.
#[derive(Debug)]
pub(crate) struct Step {
    pub(crate) id: u32,
    /// What to show; `None` where the token is an end and no part of the answer.
    pub(crate) token: Option<Token>,
    /// Why the answer ends here, if it does.
    pub(crate) end: Option<FinishReason>,
}

impl Answer {
    pub(crate) fn new(tokenizer: Arc<Tokenizer>, manner: Manner) -> Self {
        Self {
            tokenizer,
            sampler: manner.sampler,
            detokenizer: manner.detokenizer,
            stops: manner.stops,
            ends: manner.ends,
            limit: manner.limit,
            generated: 0,
        }
    }

    pub(crate) fn limit(&self) -> Limit {
        self.limit
    }

    /// Tokens so far, those that end it not counted.
    pub(crate) fn generated(&self) -> usize {
        self.generated
    }

    /// Chooses the token after `history`, the prompt and the answer so far.
    pub(crate) fn next(
        &mut self,
        logits: &[f32],
        history: &[u32],
        scratch: &mut Scratch,
    ) -> Result<Step, Error> {
        let sampled = self.sampler.sample(logits, history, scratch)?;
        let id = sampled.id;
        if self.ends.contains(&id) {
            return Ok(Step {
                id,
                token: None,
                end: Some(FinishReason::Stop),
            });
        }
        self.generated += 1;
        let shown = self.stops.push(&self.detokenizer.push(id));
        let end = if shown.stopped {
            Some(FinishReason::Stop)
        } else {
            (self.generated >= self.limit.tokens).then_some(FinishReason::Length)
        };
        let token = token(&self.tokenizer, shown.text, sampled);
        Ok(Step {
            id,
            token: Some(token),
            end,
        })
    }

    /// The end: why, and the text that was held back until it was clear that no stop string
    /// begins there. A character that a limit has cut in its middle is left out.
    pub(crate) fn finish(&mut self, reason: FinishReason) -> (FinishReason, Option<Token>) {
        let mut rest = StopStep::default();
        if reason == FinishReason::Stop {
            rest = self.stops.push(&self.detokenizer.finish());
        }
        let held = self.stops.finish();
        let text = rest.text + &held.text;
        let reason = if rest.stopped || held.stopped {
            FinishReason::Stop
        } else {
            reason
        };
        (reason, (!text.is_empty()).then(|| Token::new(text)))
    }
}

/// A token as readers see it: its text, and log probabilities where they were asked for.
pub(crate) fn token(tokenizer: &Tokenizer, text: String, sampled: Sampled) -> Token {
    let token = Token::new(text).with_id(sampled.id);
    let Some(logprob) = sampled.logprob else {
        return token;
    };
    let alternatives = sampled.alternatives.into_iter();
    let alternatives = alternatives.map(|(id, logprob)| Alternative {
        text: tokenizer.token_text(id),
        id: Some(id),
        logprob,
    });
    token.with_logprob(logprob, alternatives.collect())
}
