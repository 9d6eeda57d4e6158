//! The bounded way of an answer's events from the MLX thread to their reader.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker, ready};

use futures::Stream;
use inference_core::{Error, Event};
use tokio::sync::mpsc;

use super::status::Status;

/// Unread events beside which the next token is still computed: the one that the reader is about
/// to take. A reader that leaves two lying stops its answer, and no other one.
const UNREAD: usize = 1;

/// Room for those, for the next token, and for what ends an answer: text that was held back, and
/// the summary.
const CAPACITY: usize = UNREAD + 3;

type Item = Result<Event, Error>;

/// The end on the MLX thread. Dropping it without an end tells the reader why there is none.
#[derive(Debug)]
pub(crate) struct Outlet(mpsc::Sender<Item>);

/// The reader's end. It wakes the MLX thread when it has taken something, and when it is dropped,
/// which cancels the request.
#[derive(Debug)]
pub(crate) struct Inlet {
    events: mpsc::Receiver<Item>,
    status: Arc<Status>,
    thread: Waker,
    ended: bool,
}

/// The way of one answer; `thread` wakes the MLX thread.
pub(crate) fn outlet(status: Arc<Status>, thread: Waker) -> (Outlet, Inlet) {
    let (sender, events) = mpsc::channel(CAPACITY);
    let inlet = Inlet {
        events,
        status,
        thread,
        ended: false,
    };
    (Outlet(sender), inlet)
}

impl Outlet {
    /// Whether the next token may be computed.
    pub(crate) fn has_room(&self) -> bool {
        CAPACITY - self.0.capacity() <= UNREAD
    }

    /// Whether nobody reads any more.
    pub(crate) fn is_abandoned(&self) -> bool {
        self.0.is_closed()
    }

    pub(crate) fn send(&self, item: Item) {
        // It fails where the reader has gone, who then misses nothing. It is never full: nobody
        // computes without room.
        let _ = self.0.try_send(item);
    }
}

impl Stream for Inlet {
    type Item = Item;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Item>> {
        let item = match ready!(self.events.poll_recv(context)) {
            Some(item) => {
                self.ended |= !matches!(item, Ok(Event::Token(_)));
                Some(item)
            }
            None if self.ended => None,
            None => {
                self.ended = true;
                Some(Err(self.status.ending()))
            }
        };
        self.thread.wake_by_ref();
        Poll::Ready(item)
    }
}

impl Drop for Inlet {
    fn drop(&mut self) {
        self.events.close();
        self.thread.wake_by_ref();
    }
}

#[cfg(test)]
mod tests {
    use futures::{FutureExt as _, StreamExt as _};
    use inference_core::{ErrorKind, FinishReason, Metrics, Summary, Token, Usage};

    use super::*;

    fn pair() -> (Outlet, Inlet, Arc<Status>) {
        let status = Arc::<Status>::default();
        let (outlet, inlet) = outlet(Arc::clone(&status), Waker::noop().clone());
        (outlet, inlet, status)
    }

    fn token() -> Event {
        Event::Token(Token::new("x"))
    }

    fn finished() -> Event {
        let summary = Summary::new(FinishReason::Stop, Usage::default(), Metrics::default());
        Event::Finished(summary)
    }

    #[test]
    fn a_reader_who_leaves_two_tokens_lying_stops_the_answer() {
        let (outlet, mut inlet, _) = pair();
        outlet.send(Ok(token()));
        assert!(outlet.has_room());
        outlet.send(Ok(token()));
        assert!(!outlet.has_room());
        inlet.next().now_or_never().unwrap().unwrap().unwrap();
        assert!(outlet.has_room());
    }

    #[test]
    fn an_answer_that_may_compute_can_also_end() {
        let (outlet, mut inlet, _) = pair();
        for item in [token(), token(), token(), finished()] {
            outlet.send(Ok(item));
        }
        for _ in 0..4 {
            inlet.next().now_or_never().unwrap().unwrap().unwrap();
        }
        drop(outlet);
        assert!(inlet.next().now_or_never().unwrap().is_none());
    }

    #[test]
    fn a_dropped_reader_is_noticed() {
        let (outlet, inlet, _) = pair();
        assert!(!outlet.is_abandoned());
        drop(inlet);
        assert!(outlet.is_abandoned());
    }

    #[test]
    fn an_answer_that_just_stops_says_why() {
        for (fails, expected) in [(true, ErrorKind::Crashed), (false, ErrorKind::Closed)] {
            let (outlet, mut inlet, status) = pair();
            if fails {
                status.fail(Error::new(ErrorKind::Crashed, "a step failed"));
            } else {
                status.close();
            }
            outlet.send(Ok(token()));
            drop(outlet);
            inlet.next().now_or_never().unwrap().unwrap().unwrap();
            let end = inlet.next().now_or_never().unwrap().unwrap();
            assert_eq!(end.unwrap_err().kind(), expected);
            assert!(inlet.next().now_or_never().unwrap().is_none());
        }
    }
}
