//! The queue under a scheduler that tries orders of its steps (shuttle): nothing is lost, nothing
//! comes twice, nobody waits for ever.

use std::future::poll_fn;
use std::sync::Arc;

use shuttle::thread;

/// The locks that the scheduler knows.
mod sync {
    pub(super) use shuttle::sync::{Condvar, Mutex, MutexGuard};
}

#[expect(clippy::duplicate_mod, reason = "the same queue with other locks")]
#[path = "queue.rs"]
mod queue;

use queue::{Entry, Queue};

/// Orders of steps that are tried.
const ORDERS: usize = 3000;

fn push(queue: &Queue<u32>, job: u32) -> bool {
    let mut entry = Some(Entry { job, weight: 1 });
    shuttle::future::block_on(poll_fn(|context| queue.poll_push(&mut entry, context)))
}

#[test]
fn what_is_pushed_is_taken_once_and_in_order() {
    shuttle::check_random(
        || {
            // Room for two, so that writers have to wait.
            let queue = Arc::new(Queue::new(2));
            let writers: Vec<_> = (0..2)
                .map(|writer| {
                    let queue = Arc::clone(&queue);
                    thread::spawn(move || (0..3).all(|job| push(&queue, writer * 10 + job)))
                })
                .collect();
            let reader = {
                let queue = Arc::clone(&queue);
                thread::spawn(move || {
                    let mut taken = Vec::new();
                    while let Some(jobs) = queue.take() {
                        assert!(jobs.len() <= 2, "{jobs:?}");
                        taken.extend(jobs);
                    }
                    taken
                })
            };
            for writer in writers {
                assert!(writer.join().expect("no panic"));
            }
            queue.close();
            let taken = reader.join().expect("no panic");
            let of = |writer| taken.iter().copied().filter(move |job| job / 10 == writer);
            assert_eq!(of(0).collect::<Vec<_>>(), [0, 1, 2]);
            assert_eq!(of(1).collect::<Vec<_>>(), [10, 11, 12]);
            assert_eq!(taken.len(), 6);
        },
        ORDERS,
    );
}

#[test]
fn closing_wakes_who_waits_and_keeps_what_was_taken_in() {
    shuttle::check_random(
        || {
            let queue = Arc::new(Queue::new(1));
            let writer = {
                let queue = Arc::clone(&queue);
                thread::spawn(move || (0..3).filter(|job| push(&queue, *job)).count())
            };
            let closer = {
                let queue = Arc::clone(&queue);
                thread::spawn(move || queue.close())
            };
            let mut taken = 0;
            while let Some(jobs) = queue.take() {
                taken += jobs.len();
            }
            closer.join().expect("no panic");
            assert_eq!(writer.join().expect("no panic"), taken);
        },
        ORDERS,
    );
}
