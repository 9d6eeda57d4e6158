//! The engine under a scheduler that tries orders of its steps (shuttle): items that finish on
//! other threads, and a cancel at any moment.

use std::num::NonZeroUsize;
use std::sync::Arc;

use futures::stream::{self, StreamExt as _};
use shuttle::future::block_on;
use shuttle::sync::atomic::{AtomicUsize, Ordering};
use shuttle::thread;
use tokio_util::sync::CancellationToken;

use super::{Engine, Order};

/// Orders of steps that are tried.
const ORDERS: usize = 2000;
const ITEMS: usize = 4;

fn engine() -> Engine {
    Engine::new(NonZeroUsize::new(2).expect("not zero"))
}

/// An item that another thread works on, and how many do now and did at most.
async fn elsewhere(item: usize, now: Arc<AtomicUsize>, most: Arc<AtomicUsize>) -> usize {
    let working = now.fetch_add(1, Ordering::SeqCst) + 1;
    most.fetch_max(working, Ordering::SeqCst);
    let (tell, told) = futures::channel::oneshot::channel();
    // Nobody listens any more once the run is cancelled.
    thread::spawn(move || {
        let _ = tell.send(item);
    });
    let item = told.await.expect("the thread tells");
    now.fetch_sub(1, Ordering::SeqCst);
    item
}

#[test]
fn every_item_is_done_once_and_never_too_many_at_once() {
    for order in [Order::AsFinished, Order::Kept] {
        shuttle::check_random(
            move || {
                let (now, most) = (Arc::default(), Arc::default());
                let work = {
                    let most = Arc::clone(&most);
                    move |item| elsewhere(item, Arc::clone(&now), Arc::clone(&most))
                };
                let run = engine().order(order).run(stream::iter(0..ITEMS), work);
                let done = run.map(|item| item.expect("no panic")).collect();
                let mut done: Vec<_> = block_on(done);
                if order == Order::AsFinished {
                    done.sort_unstable();
                }
                assert_eq!(done, (0..ITEMS).collect::<Vec<_>>());
                assert_eq!(most.load(Ordering::SeqCst), 2);
            },
            ORDERS,
        );
    }
}

#[test]
fn a_cancel_at_any_moment_ends_the_run() {
    shuttle::check_random(
        || {
            let cancel = CancellationToken::new();
            let canceller = {
                let cancel = cancel.clone();
                thread::spawn(move || cancel.cancel())
            };
            let (now, most) = (Arc::default(), Arc::default());
            let work = move |item| elsewhere(item, Arc::clone(&now), Arc::clone(&most));
            let run = engine().order(Order::Kept).cancel_on(cancel);
            let done = run.run(stream::iter(0..ITEMS), work);
            let done: Vec<_> = block_on(done.map(|item| item.expect("no panic")).collect());
            assert!(done.is_sorted() && done.len() <= ITEMS, "{done:?}");
            canceller.join().expect("no panic");
        },
        ORDERS,
    );
}
