//! Many items at once, a bounded number at a time.

use std::collections::VecDeque;
use std::num::NonZeroUsize;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use futures::stream::{FuturesUnordered, Stream, StreamExt as _};
use tokio::time::Sleep;
use tokio_util::sync::{CancellationToken, WaitForCancellationFutureOwned};

mod climb;
mod guard;

pub use guard::Interrupted;
pub(crate) use guard::guard;

use climb::Climb;

/// How many items may be in work at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Concurrency {
    /// This many.
    Fixed(NonZeroUsize),
    /// Between one and `most`, begun with `start`: more while that makes the whole faster, half
    /// when a [`Signal`] asks for fewer.
    Adaptive {
        /// How many at first.
        start: NonZeroUsize,
        /// How many at most.
        most: NonZeroUsize,
    },
}

impl From<NonZeroUsize> for Concurrency {
    fn from(concurrency: NonZeroUsize) -> Self {
        Self::Fixed(concurrency)
    }
}

/// In which order results come.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Order {
    /// As they finish.
    #[default]
    AsFinished,
    /// That of the items. Finished results wait for those before them; they and what is in work
    /// are at most [`Engine::HELD_PER_SLOT`] times as many as may be in work.
    Kept,
}

/// What a result says of the load.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Signal {
    /// Nothing: it worked, or failed for a reason that fewer calls would not mend.
    Fine,
    /// There are too many calls; none should begin for this long, where it is known.
    Fewer(Option<Duration>),
}

/// Runs many items, a bounded number at a time, on the task that reads the results.
///
/// Items are pulled from their source when there is room for them, so memory is bounded by the
/// concurrency. An item that panics or takes too long is that item's failure. Nothing is retried.
/// Dropping the results' stream, or cancelling, drops what is in work at once and pulls nothing
/// more. No task is spawned.
///
/// ```
/// use std::num::NonZeroUsize;
/// use futures::{StreamExt, stream};
/// use ml_judge::{Engine, Order};
///
/// # futures::executor::block_on(async {
/// let engine = Engine::new(NonZeroUsize::new(8).unwrap()).order(Order::Kept);
/// let squares = engine.run(stream::iter(0..1000_u64), |n| async move { n * n });
/// let squares: Vec<_> = squares.map(|square| square.unwrap()).collect().await;
/// assert_eq!(squares[999], 998_001);
/// # });
/// ```
#[derive(Debug, Clone)]
pub struct Engine {
    concurrency: Concurrency,
    order: Order,
    deadline: Option<Duration>,
    pub(crate) cancel: CancellationToken,
}

impl Engine {
    /// Items in work or waiting for an earlier one, for each that may be in work.
    pub const HELD_PER_SLOT: usize = 4;

    /// The longest time that a [`Signal`] may stop all calls.
    pub const LONGEST_PAUSE: Duration = Duration::from_mins(5);

    /// An engine with so many items in work at once, results as they finish, no deadline.
    pub fn new(concurrency: impl Into<Concurrency>) -> Self {
        Self {
            concurrency: concurrency.into(),
            order: Order::default(),
            deadline: None,
            cancel: CancellationToken::new(),
        }
    }

    /// Sets the order of results.
    #[must_use]
    pub fn order(mut self, order: Order) -> Self {
        self.order = order;
        self
    }

    /// Gives each item so long. The engine then needs tokio's timer.
    #[must_use]
    pub fn deadline(mut self, deadline: Duration) -> Self {
        self.deadline = Some(deadline);
        self
    }

    /// Ends the results when the token is cancelled: what is in work is dropped, finished results
    /// that waited for their turn still come.
    #[must_use]
    pub fn cancel_on(mut self, cancel: CancellationToken) -> Self {
        self.cancel = cancel;
        self
    }

    /// Runs `work` on every item.
    pub fn run<S, W, F>(
        &self,
        items: S,
        work: W,
    ) -> impl Stream<Item = Result<F::Output, Interrupted>> + use<S, W, F>
    where
        S: Stream + Unpin,
        W: FnMut(S::Item) -> F,
        F: Future,
    {
        self.run_observed(items, work, |_| Signal::Fine)
    }

    /// Runs `work` on every item, and asks `observe` what a result says of the load, which
    /// decides over an adaptive concurrency.
    pub fn run_observed<S, W, F, O>(
        &self,
        mut items: S,
        mut work: W,
        observe: O,
    ) -> impl Stream<Item = Result<F::Output, Interrupted>> + use<S, W, F, O>
    where
        S: Stream + Unpin,
        W: FnMut(S::Item) -> F,
        F: Future,
        O: FnMut(&Result<F::Output, Interrupted>) -> Signal,
    {
        let deadline = self.deadline;
        let mut floor = Floor::new(self, observe);
        futures::stream::poll_fn(move |context| {
            loop {
                floor.heed_cancel(context);
                while floor.has_room(context) {
                    match items.poll_next_unpin(context) {
                        Poll::Ready(Some(item)) => {
                            let place = floor.admit();
                            let call = guard(deadline, work(item));
                            floor.running.push(async move { (place, call.await) });
                        }
                        Poll::Ready(None) => floor.ended = true,
                        Poll::Pending => break,
                    }
                }
                if let Some(step) = floor.step(context) {
                    return step;
                }
            }
        })
    }
}

/// What is in work and what waits for its turn.
struct Floor<C, T, O> {
    running: FuturesUnordered<C>,
    load: Load,
    observe: O,
    /// Results from `next` on that finished before one ahead of them.
    held: VecDeque<Option<T>>,
    order: Order,
    /// The place of the next result in order.
    next: u64,
    /// The place of the next item.
    admitted: u64,
    ended: bool,
    cancel: CancellationToken,
    cancelled: Pin<Box<WaitForCancellationFutureOwned>>,
}

impl<C, T, O> Floor<C, T, O>
where
    C: Future<Output = (u64, T)>,
    O: FnMut(&T) -> Signal,
{
    fn new(engine: &Engine, observe: O) -> Self {
        Self {
            running: FuturesUnordered::new(),
            load: Load::new(engine.concurrency),
            observe,
            held: VecDeque::new(),
            order: engine.order,
            next: 0,
            admitted: 0,
            ended: false,
            cancel: engine.cancel.clone(),
            cancelled: Box::pin(engine.cancel.clone().cancelled_owned()),
        }
    }

    /// Drops what is in work once it is cancelled.
    fn heed_cancel(&mut self, context: &mut Context<'_>) {
        let waiting =
            !self.cancel.is_cancelled() && self.cancelled.as_mut().poll(context).is_pending();
        if !waiting {
            self.ended = true;
            self.running.clear();
        }
    }

    fn has_room(&mut self, context: &mut Context<'_>) -> bool {
        let limit = self.load.limit();
        !self.ended
            && self.running.len() < limit
            && self.ahead(self.admitted) < limit.saturating_mul(Engine::HELD_PER_SLOT)
            && !self.load.is_paused(context)
    }

    /// How many places lie between the next result and this one, where the order is kept.
    fn ahead(&self, place: u64) -> usize {
        match self.order {
            Order::AsFinished => 0,
            Order::Kept => usize::try_from(place - self.next).expect("they are bounded"),
        }
    }

    fn admit(&mut self) -> u64 {
        let place = self.admitted;
        self.admitted += 1;
        place
    }

    /// What to tell the reader; `None` where a result is held and its slot is free again.
    fn step(&mut self, context: &mut Context<'_>) -> Option<Poll<Option<T>>> {
        if let Some(Some(_)) = self.held.front() {
            self.next += 1;
            return Some(Poll::Ready(self.held.pop_front().flatten()));
        }
        let running = self.running.len();
        match self.running.poll_next_unpin(context) {
            Poll::Ready(Some((place, result))) => {
                let signal = (self.observe)(&result);
                self.load.finished(running, signal);
                match self.order {
                    Order::AsFinished => Some(Poll::Ready(Some(result))),
                    Order::Kept => {
                        self.hold(place, result);
                        None
                    }
                }
            }
            Poll::Ready(None) if self.ended => Some(Poll::Ready(self.drain())),
            Poll::Ready(None) | Poll::Pending => Some(Poll::Pending),
        }
    }

    fn hold(&mut self, place: u64, result: T) {
        let ahead = self.ahead(place);
        if self.held.len() <= ahead {
            self.held.resize_with(ahead + 1, || None);
        }
        self.held[ahead] = Some(result);
    }

    /// The next of the finished results behind one that was dropped.
    fn drain(&mut self) -> Option<T> {
        let results = std::iter::from_fn(|| self.held.pop_front());
        results.flatten().next()
    }
}

/// How many may be in work now.
#[derive(Debug)]
enum Load {
    Fixed(usize),
    Adaptive {
        climb: Climb,
        start: Instant,
        pause: Option<Pin<Box<Sleep>>>,
    },
}

impl Load {
    fn new(concurrency: Concurrency) -> Self {
        match concurrency {
            Concurrency::Fixed(limit) => Self::Fixed(limit.get()),
            Concurrency::Adaptive { start, most } => Self::Adaptive {
                climb: Climb::new(start, most),
                start: Instant::now(),
                pause: None,
            },
        }
    }

    fn limit(&self) -> usize {
        match self {
            Self::Fixed(limit) => *limit,
            Self::Adaptive { climb, .. } => climb.limit(),
        }
    }

    fn finished(&mut self, running: usize, signal: Signal) {
        let Self::Adaptive {
            climb,
            start,
            pause,
        } = self
        else {
            return;
        };
        climb.finished(start.elapsed(), running, signal);
        if let Signal::Fewer(Some(wait)) = signal {
            let until = tokio::time::Instant::now() + wait.min(Engine::LONGEST_PAUSE);
            let is_longer = |pause: &Pin<Box<Sleep>>| pause.deadline() >= until;
            if !pause.as_ref().is_some_and(is_longer) {
                *pause = Some(Box::pin(tokio::time::sleep_until(until)));
            }
        }
    }

    fn is_paused(&mut self, context: &mut Context<'_>) -> bool {
        let Self::Adaptive { pause, .. } = self else {
            return false;
        };
        let paused = pause
            .as_mut()
            .is_some_and(|pause| pause.as_mut().poll(context).is_pending());
        if !paused {
            *pause = None;
        }
        paused
    }
}

#[cfg(test)]
mod interleaving;
#[cfg(test)]
mod tests;
