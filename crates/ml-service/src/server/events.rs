//! The body of a stream: server-sent events, encoded as the model speaks.
//!
//! The body is polled by the connection that sends it. There is no task and no channel between
//! the model and the socket: a slow reader slows the model, and a reader that goes drops the body,
//! which cancels the answers.

use std::future::poll_fn;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use axum::body::Body;
use axum::http::HeaderName;
use axum::http::HeaderValue;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::response::Response;
use bytes::Bytes;
use futures::stream::StreamExt as _;
use http_body::{Body as HttpBody, Frame};
use inference_core::{Event, TokenStream};
use tokio::time::timeout;

use super::answer::{self, Answers, Head};
use super::config::Limits;
use super::encoder::{self, Encoder, UsageSum};
use super::exchange::Exchange;
use super::failure::Failure;
use super::idle::{Idle, Tick};

/// How long the status waits for the first event, so that what fails at once fails with a status.
const FIRST_EVENT: Duration = Duration::from_secs(2);

/// A frame that has so many bytes is sent, even if the model has more to say at once.
const FULL: usize = 8 << 10;

/// Tells nginx not to collect the stream before it passes it on.
const NO_BUFFERING: HeaderName = HeaderName::from_static("x-accel-buffering");

/// A comment, which clients pass over.
const PING: &[u8] = b": ping\n\n";

pub(super) struct EventBody {
    encoder: Encoder,
    /// `None` is one that has ended.
    answers: Vec<Option<TokenStream>>,
    /// Encoded and not sent yet.
    ready: Vec<u8>,
    usage: UsageSum,
    /// Tokens that nobody was told of yet.
    uncounted: u64,
    include_usage: bool,
    state: State,
    idle: Idle,
    exchange: Exchange,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Running,
    /// All is encoded.
    Ended,
}

impl EventBody {
    pub(super) fn new(head: Head, answers: Answers, exchange: Exchange, limits: &Limits) -> Self {
        let left = limits.answer_time.saturating_sub(exchange.elapsed());
        Self {
            encoder: Encoder::new(head, answers.streams.len()),
            usage: answers.usage(),
            answers: answers.streams.into_iter().map(Some).collect(),
            ready: Vec::new(),
            uncounted: 0,
            include_usage: false,
            state: State::Running,
            idle: Idle::new(limits.ping, left),
            exchange,
        }
    }

    /// Whether the tokens that it took come at the end.
    pub(super) fn include_usage(mut self, include: bool) -> Self {
        self.include_usage = include;
        self
    }

    /// The response, once the first event is there or takes its time.
    ///
    /// # Errors
    /// What goes wrong before anything was said.
    pub(super) async fn begin(mut self) -> Result<Response, Failure> {
        let first = poll_fn(|context| self.advance(context));
        if let Ok(Err(failure)) = timeout(FIRST_EVENT, first).await {
            return Err(failure);
        }
        let mut response = Response::new(Body::new(self));
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("text/event-stream"));
        headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-cache"));
        headers.insert(NO_BUFFERING, HeaderValue::from_static("no"));
        Ok(response)
    }

    /// Encodes what the models say until they pause, all is said or a frame is full.
    fn advance(&mut self, context: &mut Context<'_>) -> Poll<Result<(), Failure>> {
        let advanced = self.advance_until(context);
        self.exchange
            .note_tokens(std::mem::take(&mut self.uncounted));
        advanced?;
        if self.ready.is_empty() && self.state == State::Running {
            return Poll::Pending;
        }
        Poll::Ready(Ok(()))
    }

    fn advance_until(&mut self, context: &mut Context<'_>) -> Result<(), Failure> {
        while self.state == State::Running && self.ready.len() < FULL {
            if !self.advance_each(context)? {
                break;
            }
        }
        Ok(())
    }

    /// Takes one event of each answer that has one; `false` where none has.
    fn advance_each(&mut self, context: &mut Context<'_>) -> Result<bool, Failure> {
        let mut any = false;
        for index in 0..self.answers.len() {
            let Some(events) = &mut self.answers[index] else {
                continue;
            };
            match events.poll_next_unpin(context) {
                Poll::Pending => {}
                Poll::Ready(Some(Ok(event))) => {
                    self.encode(index, &event);
                    any = true;
                }
                Poll::Ready(Some(Err(error))) => return Err(error.into()),
                Poll::Ready(None) => self.answers[index] = None,
            }
        }
        if self.answers.iter().all(Option::is_none) {
            self.end();
        }
        Ok(any)
    }

    fn encode(&mut self, index: usize, event: &Event) {
        self.uncounted += encoder::tokens(event);
        self.encoder.event(index, event, &mut self.ready);
        if let Event::Finished(summary) = event {
            self.answers[index] = None;
            self.usage.add(index, &summary.usage);
        }
    }

    fn end(&mut self) {
        self.state = State::Ended;
        self.exchange.note_end(self.usage.total());
        if self.include_usage {
            self.encoder.usage(&self.usage, &mut self.ready);
        }
        encoder::done(&mut self.ready);
    }

    /// An error event is the last one: `[DONE]` is for success alone.
    fn fail(&mut self, failure: &Failure) {
        self.state = State::Ended;
        self.answers.clear();
        let code = failure.code().to_owned();
        self.exchange.note(|facts| facts.error = Some(code));
        encoder::error(failure.error(), &mut self.ready);
    }
}

impl HttpBody for EventBody {
    type Data = Bytes;
    type Error = std::convert::Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Self::Error>>> {
        match self.advance(context) {
            Poll::Ready(Err(failure)) => self.fail(&failure),
            Poll::Ready(Ok(())) => {}
            Poll::Pending => match std::task::ready!(self.idle.poll(context)) {
                Tick::Quiet => self.ready.extend_from_slice(PING),
                Tick::Deadline => self.fail(&answer::too_slow()),
            },
        }
        if self.ready.is_empty() {
            return Poll::Ready(None);
        }
        self.idle.sent();
        let data = std::mem::take(&mut self.ready);
        Poll::Ready(Some(Ok(Frame::data(data.into()))))
    }

    fn is_end_stream(&self) -> bool {
        self.state == State::Ended && self.ready.is_empty()
    }
}
