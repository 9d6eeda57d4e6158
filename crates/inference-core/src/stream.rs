//! The stream of one answer.

use std::fmt;
use std::future::Future;
use std::num::NonZeroUsize;
use std::pin::Pin;
use std::task::{Context, Poll};

use futures::stream::{BoxStream, Stream, StreamExt as _};

use crate::generation::{Generation, GenerationError, Partial};
use crate::think::{ThinkPart, ThinkSplitter};
use crate::{Error, ErrorKind, Event, Token};

/// One answer as it comes: tokens and tool calls, then exactly one [`Event::Finished`], then the
/// end.
///
/// The stream is lazy: nothing is asked before the first poll. It ends after `Finished` or after
/// the first error, and stays ended. A producer that just stops is reported as
/// [`ErrorKind::Truncated`], never as success. Dropping the stream cancels the request: in
/// process within one token, over HTTP by closing the connection. Every buffer behind it is
/// bounded, so that a slow reader slows the producer.
///
/// ```
/// # futures::executor::block_on(async {
/// use futures::StreamExt;
/// use inference_core::{Event, FinishReason, Summary, Token, TokenStream};
///
/// let summary = Summary::new(FinishReason::Stop, Default::default(), Default::default());
/// let events = [Event::Token(Token::new("Hi")), Event::Finished(summary)];
/// let mut stream = TokenStream::new("toy", futures::stream::iter(events.map(Ok)));
///
/// while let Some(event) = stream.next().await {
///     if let Event::Token(token) = event? {
///         assert_eq!(token.text, "Hi");
///     }
/// }
/// # Ok::<(), inference_core::Error>(())
/// # }).unwrap();
/// ```
#[must_use = "a stream does nothing until it is polled"]
pub struct TokenStream {
    backend: String,
    /// `None` once the stream has ended.
    events: Option<BoxStream<'static, Result<Event, Error>>>,
}

impl TokenStream {
    /// Guards the events of a backend: it enforces the end that the type promises and names
    /// `backend` in errors that name none.
    pub fn new(
        backend: impl Into<String>,
        events: impl Stream<Item = Result<Event, Error>> + Send + 'static,
    ) -> Self {
        Self {
            backend: backend.into(),
            events: Some(events.boxed()),
        }
    }

    /// A stream that fails at its first poll.
    pub fn failed(backend: impl Into<String>, error: Error) -> Self {
        Self::new(backend, futures::stream::once(async { Err(error) }))
    }

    /// The backend that answers.
    pub fn backend(&self) -> &str {
        &self.backend
    }

    /// Ends the stream with [`ErrorKind::Cancelled`] when `cancelled` completes, and drops the
    /// request at that moment. What had come by then stays with whoever read it.
    pub fn cancel_on(self, cancelled: impl Future<Output = ()> + Send + 'static) -> Self {
        let backend = self.backend.clone();
        let mut cancelled = Box::pin(cancelled);
        let mut events = Some(self);
        let stream = futures::stream::poll_fn(move |context| {
            let Some(stream) = events.as_mut() else {
                return Poll::Ready(None);
            };
            if cancelled.as_mut().poll(context).is_ready() {
                events = None;
                return Poll::Ready(Some(Err(Error::cancelled())));
            }
            let next = stream.poll_next_unpin(context);
            if let Poll::Ready(None) = next {
                events = None;
            }
            next
        });
        Self::new(backend, stream)
    }

    /// Moves the text of think blocks from [`Event::Token`] to [`Event::Reasoning`], without the
    /// tags. A block that is not closed reaches to the end of the answer.
    pub fn split_thinking(self, splitter: ThinkSplitter) -> Self {
        let backend = self.backend.clone();
        let start = (Some(splitter), self);
        let stream = futures::stream::unfold(start, |(splitter, mut events)| async move {
            let mut splitter = splitter?;
            let out = match events.next().await? {
                Ok(Event::Token(token)) => split(&mut splitter, token),
                Ok(Event::Finished(summary)) => {
                    let mut out: Vec<_> = splitter.finish().into_iter().map(part).map(Ok).collect();
                    out.push(Ok(Event::Finished(summary)));
                    return Some((futures::stream::iter(out), (None, events)));
                }
                Err(error) => {
                    let mut out: Vec<_> = splitter.finish().into_iter().map(part).map(Ok).collect();
                    out.push(Err(error));
                    return Some((futures::stream::iter(out), (None, events)));
                }
                Ok(other) => vec![Ok(other)],
            };
            Some((futures::stream::iter(out), (Some(splitter), events)))
        });
        Self::new(backend, stream.flatten())
    }

    /// Reads to the end and returns the whole answer.
    ///
    /// # Errors
    /// The stream's error, with everything that had come before it.
    pub async fn into_generation(self) -> Result<Generation, GenerationError> {
        self.for_each_text(|_| Ok::<(), std::convert::Infallible>(()))
            .await
            .map_err(|error| match error {
                ForEachError::Generation(error) => error,
                ForEachError::Callback(never) => match never {},
            })
    }

    /// Reads many answers to their ends, so many at a time: each index once, as they finish.
    ///
    /// Dropping it cancels those in work and never asks the rest.
    pub fn into_generations(
        answers: impl IntoIterator<Item = Self>,
        concurrency: NonZeroUsize,
    ) -> BoxStream<'static, (usize, Result<Generation, GenerationError>)> {
        let answers: Vec<_> = answers.into_iter().enumerate().collect();
        futures::stream::iter(answers)
            .map(|(index, answer)| async move { (index, answer.into_generation().await) })
            .buffer_unordered(concurrency.get())
            .boxed()
    }

    /// Reads to the end, shows `each` piece of the answer's text as it comes, and returns the
    /// whole answer. An error of `each` ends the stream and comes back as it is.
    ///
    /// # Errors
    /// The error of `each`, or the stream's with everything that had come before it.
    pub async fn for_each_text<E>(
        mut self,
        mut each: impl FnMut(&str) -> Result<(), E>,
    ) -> Result<Generation, ForEachError<E>> {
        let mut partial = Partial::default();
        while let Some(event) = self.next().await {
            match event {
                Ok(Event::Token(token)) => {
                    partial.text.push_str(&token.text);
                    if !token.text.is_empty() {
                        each(&token.text).map_err(ForEachError::Callback)?;
                    }
                    partial.tokens.push(token);
                }
                Ok(Event::Reasoning(token)) => partial.reasoning.push_str(&token.text),
                Ok(Event::ToolCall(call)) => partial.tool_calls.push(call),
                Ok(Event::Finished(summary)) => {
                    return Ok(Generation {
                        text: partial.text,
                        reasoning: partial.reasoning,
                        tokens: partial.tokens,
                        tool_calls: partial.tool_calls,
                        finish_reason: summary.finish_reason,
                        usage: summary.usage,
                        metrics: summary.metrics,
                    });
                }
                Err(error) => {
                    return Err(ForEachError::Generation(GenerationError::new(
                        error, partial,
                    )));
                }
            }
        }
        let ended = Error::new(ErrorKind::Closed, "the stream had already ended")
            .with_backend(&self.backend);
        Err(ForEachError::Generation(GenerationError::new(
            ended, partial,
        )))
    }
}

/// Why [`TokenStream::for_each_text`] ended early.
#[derive(Debug, Clone)]
pub enum ForEachError<E> {
    /// The callback's own error.
    Callback(E),
    /// The stream's error, with what had come before it.
    Generation(GenerationError),
}

/// The events that the next token of an answer becomes.
fn split(splitter: &mut ThinkSplitter, token: Token) -> Vec<Result<Event, Error>> {
    let parts = splitter.push(&token.text);
    match <[ThinkPart; 1]>::try_from(parts) {
        // The whole token is of one part: its id and log probability stay with it.
        Ok([ThinkPart::Answer(text)]) if text == token.text => vec![Ok(Event::Token(token))],
        Ok([ThinkPart::Reasoning(text)]) if text == token.text => {
            vec![Ok(Event::Reasoning(token))]
        }
        Ok(one) => one.into_iter().map(part).map(Ok).collect(),
        Err(parts) => parts.into_iter().map(part).map(Ok).collect(),
    }
}

fn part(part: ThinkPart) -> Event {
    match part {
        ThinkPart::Answer(text) => Event::Token(Token::new(text)),
        ThinkPart::Reasoning(text) => Event::Reasoning(Token::new(text)),
    }
}

impl Stream for TokenStream {
    type Item = Result<Event, Error>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let Some(events) = self.events.as_mut() else {
            return Poll::Ready(None);
        };
        let item = match std::task::ready!(events.poll_next_unpin(context)) {
            Some(Ok(event)) => {
                if matches!(event, Event::Finished(_)) {
                    self.events = None;
                }
                Ok(event)
            }
            Some(Err(error)) => {
                self.events = None;
                Err(error.with_backend(&self.backend))
            }
            None => {
                self.events = None;
                let message = "the answer stopped before its end";
                Err(Error::new(ErrorKind::Truncated, message).with_backend(&self.backend))
            }
        };
        Poll::Ready(Some(item))
    }
}

impl futures::stream::FusedStream for TokenStream {
    fn is_terminated(&self) -> bool {
        self.events.is_none()
    }
}

impl fmt::Debug for TokenStream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TokenStream")
            .field("backend", &self.backend)
            .field("ended", &self.events.is_none())
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
