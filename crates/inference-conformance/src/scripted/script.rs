//! What a scripted model says.

use inference_core::{Error, FinishReason};

/// One answer: its tokens, and how it ends.
#[derive(Debug, Clone)]
pub struct Script {
    pub(super) tokens: Vec<String>,
    pub(super) endless: bool,
    pub(super) end: End,
}

#[derive(Debug, Clone)]
pub(super) enum End {
    Finish(FinishReason),
    Fail(Error),
    Stall,
}

impl Script {
    /// These tokens, and the end of the turn.
    pub fn new<S: Into<String>>(tokens: impl IntoIterator<Item = S>) -> Self {
        Self {
            tokens: tokens.into_iter().map(Into::into).collect(),
            endless: false,
            end: End::Finish(FinishReason::Stop),
        }
    }

    /// Says the tokens over and over; only `max_tokens` and stops end it.
    #[must_use]
    pub fn endlessly(mut self) -> Self {
        self.endless = !self.tokens.is_empty();
        self
    }

    /// Ends with another finish reason.
    #[must_use]
    pub fn then_finish(mut self, reason: FinishReason) -> Self {
        self.end = End::Finish(reason);
        self
    }

    /// Ends with an error.
    #[must_use]
    pub fn then_fail(mut self, error: Error) -> Self {
        self.end = End::Fail(error);
        self
    }

    /// Never ends: nothing more comes until the stream is dropped or the model closed.
    #[must_use]
    pub fn then_stall(mut self) -> Self {
        self.end = End::Stall;
        self
    }

    pub(super) fn is_endless(&self) -> bool {
        self.endless
    }
}

impl Default for Script {
    /// An empty answer.
    fn default() -> Self {
        Self::new([] as [String; 0])
    }
}

impl<S: Into<String>, const N: usize> From<[S; N]> for Script {
    fn from(tokens: [S; N]) -> Self {
        Self::new(tokens)
    }
}

impl<S: Into<String>> From<Vec<S>> for Script {
    fn from(tokens: Vec<S>) -> Self {
        Self::new(tokens)
    }
}
