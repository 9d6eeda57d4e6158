//! The stream of one answer: a request that is sent when the stream is first polled.

use std::future::Future as _;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use futures::future::BoxFuture;
use futures::stream::Stream;
use http_body::Body as _;
use inference_core::{Error, ErrorKind, Event};
use tokio::time::{Instant, Sleep};
use tokio_util::sync::WaitForCancellationFutureOwned;

use crate::config::Timeouts;
use crate::reply::Reply;
use crate::sse::SseDecoder;
use crate::transport;

/// An answer in work: opened by a future, then read chunk by chunk. Nothing is spawned, and no
/// more than a chunk is held: whoever does not poll stops the server.
pub(crate) struct Answer {
    state: State,
    closed: Pin<Box<WaitForCancellationFutureOwned>>,
    backend: String,
}

enum State {
    /// Sending, waiting and retrying, up to the first event.
    Opening(BoxFuture<'static, Result<Incoming, Error>>),
    Reading(Box<Incoming>),
    Ended,
}

impl Answer {
    /// An answer that `open` begins and that ends when the model is `closed`.
    pub(crate) fn new(
        backend: &str,
        open: BoxFuture<'static, Result<Incoming, Error>>,
        closed: WaitForCancellationFutureOwned,
    ) -> Self {
        Self {
            state: State::Opening(open),
            closed: Box::pin(closed),
            backend: backend.to_owned(),
        }
    }

    fn poll_event(&mut self, context: &mut Context<'_>) -> Poll<Option<Result<Event, Error>>> {
        if let State::Opening(open) = &mut self.state {
            match ready!(open.as_mut().poll(context)) {
                Ok(incoming) => self.state = State::Reading(Box::new(incoming)),
                Err(error) => return Poll::Ready(Some(Err(error))),
            }
        }
        match &mut self.state {
            State::Reading(incoming) => incoming.poll_event(context),
            State::Opening(_) | State::Ended => Poll::Ready(None),
        }
    }
}

impl Stream for Answer {
    type Item = Result<Event, Error>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        if matches!(self.state, State::Ended) {
            return Poll::Ready(None);
        }
        let event = if self.closed.as_mut().poll(context).is_ready() {
            Some(Err(Error::closed(&self.backend)))
        } else {
            ready!(self.poll_event(context))
        };
        if !matches!(event, Some(Ok(_))) {
            self.state = State::Ended;
        }
        Poll::Ready(event)
    }
}

/// A reply that is coming in.
pub(crate) struct Incoming {
    body: reqwest::Body,
    decoder: SseDecoder,
    reply: Reply,
    silence: Silence,
    /// What ends the answer once the events before it were given.
    failed: Option<Error>,
}

impl Incoming {
    /// The body of a reply to a request that was sent at `sent`.
    pub(crate) fn new(
        body: reqwest::Body,
        reply: Reply,
        timeouts: Timeouts,
        sent: Instant,
    ) -> Self {
        Self {
            body,
            decoder: SseDecoder::new(),
            reply,
            silence: Silence::new(timeouts, sent),
            failed: None,
        }
    }

    /// A reply that was read whole.
    pub(crate) fn whole(reply: Reply, timeouts: Timeouts) -> Self {
        Self::new(reqwest::Body::default(), reply, timeouts, Instant::now())
    }

    /// Waits for the first event, and keeps it as the first.
    pub(crate) async fn begin(mut self) -> Result<Self, Error> {
        match std::future::poll_fn(|context| self.poll_event(context)).await {
            Some(Ok(event)) => {
                self.reply.put_back(event);
                Ok(self)
            }
            Some(Err(error)) => Err(error),
            None => Err(Error::new(ErrorKind::Truncated, "the reply was empty")),
        }
    }

    pub(crate) fn poll_event(
        &mut self,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Event, Error>>> {
        loop {
            if let Some(event) = self.reply.next() {
                return Poll::Ready(Some(Ok(event)));
            }
            if self.reply.has_ended() {
                return Poll::Ready(None);
            }
            if let Some(error) = self.failed.take() {
                return Poll::Ready(Some(Err(error)));
            }
            if let Err(error) = ready!(self.poll_more(context)) {
                self.reply.release();
                self.failed = Some(error);
            }
        }
    }

    /// Reads the next event of the stream into the reply.
    fn poll_more(&mut self, context: &mut Context<'_>) -> Poll<Result<(), Error>> {
        loop {
            match self.decoder.next_event() {
                Ok(Some(event)) => {
                    self.silence.broken();
                    return Poll::Ready(self.reply.read_event(event.event, &event.data));
                }
                Ok(None) => {}
                Err(error) => {
                    let message = "the stream cannot be read";
                    let error = Error::new(ErrorKind::Protocol, message).with_source(error);
                    return Poll::Ready(Err(error));
                }
            }
            match Pin::new(&mut self.body).poll_frame(context) {
                Poll::Ready(Some(Ok(frame))) => {
                    if let Ok(chunk) = frame.into_data() {
                        self.decoder.push(chunk);
                    }
                }
                Poll::Ready(Some(Err(error))) => {
                    return Poll::Ready(Err(transport::broken_reply(error)));
                }
                Poll::Ready(None) => return Poll::Ready(self.reply.end_of_body()),
                Poll::Pending => {
                    ready!(self.silence.poll(context, self.reply.has_token()));
                    return Poll::Ready(Err(self.silence.error(self.reply.has_token())));
                }
            }
        }
    }
}

/// Longer waits are this long, so that a deadline can be computed.
const LONGEST_WAIT: Duration = Duration::from_hours(24 * 365);

/// Measures how long nothing has come. The timer is only looked at when there is nothing to
/// read, so that a token costs no timer.
struct Silence {
    timeouts: Timeouts,
    since: Instant,
    was_broken: bool,
    timer: Option<Pin<Box<Sleep>>>,
}

impl Silence {
    fn new(timeouts: Timeouts, since: Instant) -> Self {
        Self {
            timeouts,
            since,
            was_broken: false,
            timer: None,
        }
    }

    /// An event has come.
    fn broken(&mut self) {
        self.was_broken = true;
    }

    /// Ready once nothing has come for as long as is allowed.
    fn poll(&mut self, context: &mut Context<'_>, has_token: bool) -> Poll<()> {
        if std::mem::take(&mut self.was_broken) {
            self.since = Instant::now();
        }
        let deadline = self.deadline(has_token);
        let timer = self
            .timer
            .get_or_insert_with(|| Box::pin(tokio::time::sleep_until(deadline)));
        // It may be set for an earlier silence, or for the longer wait before the first token.
        while timer.deadline() > deadline || timer.as_mut().poll(context).is_ready() {
            if Instant::now() >= deadline {
                return Poll::Ready(());
            }
            timer.as_mut().reset(deadline);
        }
        Poll::Pending
    }

    fn deadline(&self, has_token: bool) -> Instant {
        let limit = self.limit(has_token).min(LONGEST_WAIT);
        self.since + limit
    }

    fn limit(&self, has_token: bool) -> Duration {
        if has_token {
            self.timeouts.idle
        } else {
            self.timeouts.first_token
        }
    }

    fn error(&self, has_token: bool) -> Error {
        let limit = self.limit(has_token);
        let message = if has_token {
            format!("the answer stopped: nothing came for {limit:?} (idle_timeout)")
        } else {
            format!("no token came within {limit:?} (first_token_timeout)")
        };
        Error::new(ErrorKind::Timeout, message)
    }
}
