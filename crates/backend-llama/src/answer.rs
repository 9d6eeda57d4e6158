//! The stream of one answer, from a server that is started when the stream is first polled.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use futures::Stream;
use futures::future::{BoxFuture, FutureExt as _};
use futures::stream::StreamExt as _;
use inference_core::{Error, Event, TokenStream};
use tokio_util::task::task_tracker::TaskTrackerToken;

use crate::serving::Serving;

/// An answer in work.
pub(crate) struct Answer(State);

enum State {
    /// Waiting for the server, then for the first event.
    Opening(BoxFuture<'static, Result<Box<Open>, Error>>),
    Reading(Box<Open>),
    /// The client has failed; why is for the process to tell.
    Explaining(BoxFuture<'static, Error>),
    Ended,
}

/// An answer whose first event has come.
pub(crate) struct Open {
    first: Option<Event>,
    /// Dropped before what it reads from, and before the sign that it was.
    stream: TokenStream,
    _in_use: TaskTrackerToken,
    serving: Arc<Serving>,
}

impl Open {
    /// Waits for the first event.
    pub(crate) async fn begin(
        serving: Arc<Serving>,
        mut stream: TokenStream,
    ) -> Result<Box<Self>, Error> {
        let in_use = serving.in_use();
        let first = stream.next().await.transpose()?;
        Ok(Box::new(Self {
            first,
            stream,
            _in_use: in_use,
            serving,
        }))
    }

    fn poll_event(&mut self, context: &mut Context<'_>) -> Poll<Option<Result<Event, Error>>> {
        match self.first.take() {
            Some(event) => Poll::Ready(Some(Ok(event))),
            None => self.stream.poll_next_unpin(context),
        }
    }
}

impl Answer {
    pub(crate) fn new(
        open: impl Future<Output = Result<Box<Open>, Error>> + Send + 'static,
    ) -> Self {
        Self(State::Opening(open.boxed()))
    }
}

impl Stream for Answer {
    type Item = Result<Event, Error>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        loop {
            match &mut self.0 {
                State::Opening(open) => match ready!(open.as_mut().poll(context)) {
                    Ok(open) => self.0 = State::Reading(open),
                    Err(error) => {
                        self.0 = State::Ended;
                        return Poll::Ready(Some(Err(error)));
                    }
                },
                State::Reading(open) => match ready!(open.poll_event(context)) {
                    Some(Err(error)) => {
                        let serving = Arc::clone(&open.serving);
                        let why = async move { serving.explain(error).await };
                        self.0 = State::Explaining(why.boxed());
                    }
                    event => return Poll::Ready(event),
                },
                State::Explaining(why) => {
                    let error = ready!(why.as_mut().poll(context));
                    self.0 = State::Ended;
                    return Poll::Ready(Some(Err(error)));
                }
                State::Ended => return Poll::Ready(None),
            }
        }
    }
}
