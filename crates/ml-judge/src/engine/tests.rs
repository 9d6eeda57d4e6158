//! Admission, order, deadlines, panics and cancelling.

use std::cell::Cell;
use std::num::NonZeroUsize;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use futures::channel::oneshot;
use futures::executor::block_on;
use futures::stream::{self, StreamExt as _};

use super::*;

fn engine(concurrency: usize) -> Engine {
    Engine::new(NonZeroUsize::new(concurrency).expect("not zero"))
}

/// Counts itself while it lives.
struct Alive<'a>(&'a Cell<usize>);

impl<'a> Alive<'a> {
    fn new(count: &'a Cell<usize>) -> Self {
        count.set(count.get() + 1);
        Self(count)
    }
}

impl Drop for Alive<'_> {
    fn drop(&mut self) {
        self.0.set(self.0.get() - 1);
    }
}

/// Lets the others have a turn.
async fn turn() {
    let mut had = false;
    futures::future::poll_fn(|context| {
        if had {
            return Poll::Ready(());
        }
        had = true;
        context.waker().wake_by_ref();
        Poll::Pending
    })
    .await;
}

#[test]
fn as_many_as_allowed_are_in_work_and_no_more_are_pulled() {
    for limit in [1, 4, 300] {
        let (alive, most, pulled) = (Cell::new(0), Cell::new(0), Cell::new(0));
        let items = stream::iter(0..1000_usize).inspect(|_| pulled.set(pulled.get() + 1));
        let (alive, most) = (&alive, &most);
        let work = |item| async move {
            let _here = Alive::new(alive);
            most.set(most.get().max(alive.get()));
            turn().await;
            item
        };
        let mut results = Box::pin(engine(limit).run(items, work));
        let mut sum = 0;
        let mut taken = 0;
        while let Some(result) = block_on(results.next()) {
            sum += result.expect("no panic");
            taken += 1;
            assert!(pulled.get() <= taken + limit, "{}", pulled.get());
        }
        assert_eq!((sum, most.get()), (499_500, limit));
    }
}

#[test]
fn order_is_kept_within_a_bound() {
    let (release, released) = oneshot::channel::<()>();
    let mut first = Some(released);
    let started = AtomicUsize::new(0);
    let work = |item: usize| {
        started.fetch_add(1, Ordering::Relaxed);
        let wait = (item == 0).then(|| first.take().expect("one item is 0"));
        async move {
            if let Some(wait) = wait {
                wait.await.expect("it is released");
            }
            item
        }
    };
    let run = engine(3)
        .order(Order::Kept)
        .run(stream::iter(0..1000), work);
    let mut results = Box::pin(run);
    assert!(block_on(async { futures::poll!(results.next()) }).is_pending());
    let held = 3 * Engine::HELD_PER_SLOT;
    assert_eq!(started.load(Ordering::Relaxed), held, "held in memory");
    release.send(()).expect("it waits");
    let all: Vec<_> = block_on(results.map(|item| item.expect("no panic")).collect());
    assert_eq!(all, (0..1000).collect::<Vec<_>>());
}

#[test]
fn a_panic_is_the_failure_of_its_item() {
    let work = |item: u32| async move {
        assert!(item != 2, "item {item} is bad");
        item
    };
    let run = engine(2).order(Order::Kept).run(stream::iter(0..4), work);
    let results: Vec<_> = block_on(run.collect());
    let message = "item 2 is bad".to_owned();
    assert_eq!(results[2], Err(Interrupted::Panicked { message }));
    assert_eq!(
        results.iter().flatten().copied().collect::<Vec<_>>(),
        [0, 1, 3]
    );
}

#[tokio::test(start_paused = true)]
async fn what_hangs_ends_at_its_deadline_and_holds_nobody() {
    let after = Duration::from_mins(1);
    let work = |item: u32| async move {
        if item == 1 {
            std::future::pending::<()>().await;
        }
        item
    };
    let run = engine(2).deadline(after).run(stream::iter(0..100), work);
    let results: Vec<_> = run.collect().await;
    assert_eq!(results.last(), Some(&Err(Interrupted::Deadline { after })));
    assert_eq!(results.iter().flatten().count(), 99);
}

#[test]
fn a_cancel_drops_what_is_in_work_and_wakes_the_reader() {
    let cancel = CancellationToken::new();
    let pulled = Arc::new(AtomicUsize::new(0));
    let reader = {
        let (cancel, pulled) = (cancel.clone(), Arc::clone(&pulled));
        std::thread::spawn(move || {
            let alive = Cell::new(0);
            let alive = &alive;
            let work = |_: usize| {
                let here = Alive::new(alive);
                pulled.fetch_add(1, Ordering::SeqCst);
                async move {
                    let _here = here;
                    std::future::pending::<()>().await;
                }
            };
            let run = engine(8).cancel_on(cancel).run(stream::iter(0..1000), work);
            let mut results = Box::pin(run);
            assert_eq!(block_on(results.next()), None);
            alive.get()
        })
    };
    while pulled.load(Ordering::SeqCst) < 8 {
        std::thread::yield_now();
    }
    cancel.cancel();
    let alive = reader.join().expect("no panic");
    assert_eq!((alive, pulled.load(Ordering::SeqCst)), (0, 8));
}

#[test]
fn a_cancel_after_the_last_item_was_pulled_still_drops_it() {
    let cancel = CancellationToken::new();
    let run = engine(8).cancel_on(cancel.clone());
    let mut results = Box::pin(run.run(stream::iter(0..3), |_| std::future::pending::<()>()));
    assert!(block_on(async { futures::poll!(results.next()) }).is_pending());
    cancel.cancel();
    assert!(block_on(results.next()).is_none());
}

#[test]
fn finished_results_come_in_order_after_a_cancel() {
    let cancel = CancellationToken::new();
    let work = |item: usize| async move {
        if item == 1 {
            std::future::pending::<()>().await;
        }
        item
    };
    let run = engine(4).order(Order::Kept).cancel_on(cancel.clone());
    let mut results = Box::pin(run.run(stream::iter(0..8), work));
    assert_eq!(block_on(results.next()), Some(Ok(0)));
    assert!(block_on(async { futures::poll!(results.next()) }).is_pending());
    cancel.cancel();
    let rest: Vec<_> = block_on(results.map(|item| item.expect("no panic")).collect());
    assert_eq!(rest, [2, 3, 4, 5, 6, 7]);
}

#[test]
fn a_source_that_has_nothing_yet_is_waited_for() {
    let (mut send, items) = futures::channel::mpsc::channel(1);
    let mut results = Box::pin(engine(2).run(items, |item: u32| async move { item }));
    assert!(block_on(async { futures::poll!(results.next()) }).is_pending());
    send.try_send(7).expect("there is room");
    assert_eq!(block_on(results.next()), Some(Ok(7)));
    drop(send);
    assert_eq!(block_on(results.next()), None);
}

#[tokio::test(start_paused = true)]
async fn a_rate_limit_halves_and_pauses_and_other_failures_do_not() {
    let adaptive = Concurrency::Adaptive {
        start: NonZeroUsize::new(8).expect("not zero"),
        most: NonZeroUsize::new(8).expect("not zero"),
    };
    for (signal, most_later, waits) in [
        (Signal::Fewer(Some(Duration::from_secs(30))), 4, true),
        (Signal::Fewer(None), 4, false),
        (Signal::Fine, 8, false),
    ] {
        let (alive, most) = (Cell::new(0), Cell::new(0));
        let (alive, most) = (&alive, &most);
        let work = |item: usize| async move {
            let _here = Alive::new(alive);
            tokio::time::sleep(Duration::from_millis(1)).await;
            if (9..30).contains(&item) {
                most.set(most.get().max(alive.get()));
            }
            item
        };
        let observe = |result: &Result<usize, _>| match result {
            Ok(0) => signal,
            _ => Signal::Fine,
        };
        let start = tokio::time::Instant::now();
        let run = Engine::new(adaptive).run_observed(stream::iter(0..30), work, observe);
        assert_eq!(run.count().await, 30);
        assert!(most.get() <= most_later, "{signal:?}: {}", most.get());
        assert_eq!(most.get() > 4, most_later > 4, "{signal:?}");
        assert_eq!(
            start.elapsed() >= Duration::from_secs(30),
            waits,
            "{signal:?}"
        );
    }
}

#[tokio::test(start_paused = true)]
async fn of_several_pauses_the_longest_counts() {
    let adaptive = Concurrency::Adaptive {
        start: NonZeroUsize::new(2).expect("not zero"),
        most: NonZeroUsize::new(2).expect("not zero"),
    };
    let observe = |result: &Result<u64, _>| match result {
        Ok(0) => Signal::Fewer(Some(Duration::from_secs(30))),
        Ok(1) => Signal::Fewer(Some(Duration::from_secs(2))),
        _ => Signal::Fine,
    };
    let start = tokio::time::Instant::now();
    let run = Engine::new(adaptive).run_observed(stream::iter(0..3), std::future::ready, observe);
    assert_eq!(run.count().await, 3);
    assert!(start.elapsed() >= Duration::from_secs(30));
}

#[tokio::test(start_paused = true)]
async fn a_server_that_asks_for_a_day_is_asked_again_after_minutes() {
    let one = NonZeroUsize::MIN;
    let adaptive = Concurrency::Adaptive {
        start: one,
        most: one,
    };
    let day = Duration::from_hours(24);
    let observe = |result: &Result<usize, _>| match result {
        Ok(0) => Signal::Fewer(Some(day)),
        _ => Signal::Fine,
    };
    let start = tokio::time::Instant::now();
    let run = Engine::new(adaptive).run_observed(stream::iter(0..3), std::future::ready, observe);
    assert_eq!(run.count().await, 3);
    let waited = start.elapsed();
    assert!(waited >= Engine::LONGEST_PAUSE, "{waited:?}");
    assert!(waited < Engine::LONGEST_PAUSE * 2, "{waited:?}");
}
