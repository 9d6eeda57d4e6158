//! One answer of a scripted model, as it is read.

use std::collections::VecDeque;
use std::sync::Arc;
use std::task::Poll;
use std::time::{Duration, Instant};

use futures::stream::{Stream, unfold};
use inference_core::{
    Alternative, Error, Event, FinishReason, GenerateOptions, Metrics, StopMatcher, Summary, Token,
    Usage,
};

use super::script::{End, Script};
use super::state::State;

/// Every token has this log probability.
const LOGPROB: f32 = -0.25;

pub(super) struct Answer {
    state: Arc<State>,
    script: Script,
    options: GenerateOptions,
    stops: StopMatcher,
    prompt_tokens: u64,
    limit: u64,
    generated: u64,
    start: Instant,
    first_token: Option<Duration>,
    /// Events that wait to be read.
    ready: VecDeque<Event>,
    ended: bool,
}

/// Where an answer starts from.
pub(super) struct Start {
    pub(super) script: Script,
    pub(super) options: GenerateOptions,
    pub(super) prompt_tokens: u64,
    /// Most tokens to produce.
    pub(super) limit: u64,
}

impl Answer {
    pub(super) fn new(state: Arc<State>, start: Start) -> Self {
        state.started();
        let Start {
            mut script,
            options,
            prompt_tokens,
            limit,
        } = start;
        if options
            .temperature
            .is_some_and(|temperature| temperature > 0.0)
        {
            let seed = options.seed.unwrap_or_else(|| state.draw());
            shuffle(&mut script.tokens, seed);
        }
        Self {
            state,
            stops: StopMatcher::new(options.stop.iter().flatten()),
            script,
            options,
            prompt_tokens,
            limit,
            generated: 0,
            start: Instant::now(),
            first_token: None,
            ready: VecDeque::new(),
            ended: false,
        }
    }

    pub(super) fn events(self) -> impl Stream<Item = Result<Event, Error>> + Send {
        unfold(self, |mut answer| async move {
            let event = answer.next().await?;
            Some((event, answer))
        })
    }

    async fn next(&mut self) -> Option<Result<Event, Error>> {
        if let Some(event) = self.ready.pop_front() {
            return Some(Ok(event));
        }
        if self.ended {
            return None;
        }
        turn().await;
        if let Err(closed) = self.state.check_open() {
            return Some(Err(closed));
        }
        if self.generated == self.limit {
            return self.finish(FinishReason::Length);
        }
        match self.produce() {
            Some(text) => self.token(text),
            None => self.end().await,
        }
    }

    /// The next token of the script.
    fn produce(&mut self) -> Option<String> {
        let index = usize::try_from(self.generated).ok()?;
        let tokens = &self.script.tokens;
        if self.script.endless {
            return tokens.get(index % tokens.len()).cloned();
        }
        tokens.get(index).cloned()
    }

    fn token(&mut self, text: String) -> Option<Result<Event, Error>> {
        let id = token_id(&text);
        if self
            .options
            .stop_tokens
            .iter()
            .flatten()
            .any(|stop| *stop == id)
        {
            return self.finish(FinishReason::Stop);
        }
        self.state.produced();
        self.generated += 1;
        self.first_token.get_or_insert_with(|| self.start.elapsed());
        let step = self.stops.push(&text);
        let mut token = Token::new(step.text).with_id(id);
        if let Some(count) = self.options.logprobs {
            token = token.with_logprob(LOGPROB, alternatives(text, id, count));
        }
        if step.stopped {
            self.ready.push_back(Event::Token(token));
            return self.finish(FinishReason::Stop);
        }
        Some(Ok(Event::Token(token)))
    }

    async fn end(&mut self) -> Option<Result<Event, Error>> {
        match &self.script.end {
            End::Finish(reason) => {
                let reason = *reason;
                self.finish(reason)
            }
            End::Fail(error) => {
                self.ended = true;
                Some(Err(error.clone()))
            }
            End::Stall => {
                self.state.closed().await;
                Some(
                    self.state
                        .check_open()
                        .map(|()| self.summary(FinishReason::Stop)),
                )
            }
        }
    }

    fn finish(&mut self, reason: FinishReason) -> Option<Result<Event, Error>> {
        self.ended = true;
        let held = self.stops.finish();
        if !held.text.is_empty() {
            self.ready.push_back(Event::Token(Token::new(held.text)));
        }
        let summary = self.summary(if held.stopped {
            FinishReason::Stop
        } else {
            reason
        });
        self.ready.push_back(summary);
        self.ready.pop_front().map(Ok)
    }

    fn summary(&self, reason: FinishReason) -> Event {
        let usage = Usage::new(self.prompt_tokens, self.generated);
        let total = self.start.elapsed();
        let prefill = self.first_token.unwrap_or(total);
        let metrics = Metrics::new(&usage, prefill, total.saturating_sub(prefill), total);
        Event::Finished(Summary::new(reason, usage, metrics))
    }
}

impl Drop for Answer {
    fn drop(&mut self) {
        self.state.ended();
    }
}

/// Gives other tasks a turn, so that answers that are read together interleave.
async fn turn() {
    let mut given = false;
    futures::future::poll_fn(|context| {
        if std::mem::replace(&mut given, true) {
            return Poll::Ready(());
        }
        context.waker().wake_by_ref();
        Poll::Pending
    })
    .await;
}

fn alternatives(text: String, id: u32, count: u8) -> Vec<Alternative> {
    let same = Alternative {
        text,
        id: Some(id),
        logprob: LOGPROB,
    };
    vec![same; usize::from(count.min(1))]
}

/// The vocabulary index of a token: the FNV-1a hash of its text.
fn token_id(text: &str) -> u32 {
    text.bytes().fold(0x811c_9dc5, |hash, byte| {
        (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193)
    })
}

/// A permutation that depends on the seed alone (Fisher and Yates, drawn by `SplitMix64`).
fn shuffle(tokens: &mut [String], seed: u64) {
    let mut state = seed;
    for last in (1..tokens.len()).rev() {
        state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut draw = state;
        draw = (draw ^ (draw >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        draw = (draw ^ (draw >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        draw ^= draw >> 31;
        let other = usize::try_from(draw % (last as u64 + 1)).unwrap_or(0);
        tokens.swap(last, other);
    }
}
