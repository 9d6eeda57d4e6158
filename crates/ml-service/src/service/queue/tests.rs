//! Places that are given on, whoever goes when, and refusals.

use std::sync::atomic::{AtomicBool, Ordering};
use std::task::Wake;

use futures::FutureExt as _;
use proptest::prelude::*;

use super::*;

/// Polls once, with a waker that does nothing.
fn poll(waiting: &mut Waiting) -> Option<Result<Place, Error>> {
    waiting.now_or_never()
}

fn enter(queue: &Arc<Queue>, client: &str) -> Waiting {
    queue.enter(client).unwrap()
}

fn run(queue: &Arc<Queue>, client: &str) -> Place {
    poll(&mut enter(queue, client)).unwrap().unwrap()
}

fn counts(queue: &Queue) -> (usize, usize) {
    let status = queue.status();
    (status.running, status.waiting)
}

#[test]
fn a_place_that_is_dropped_goes_to_the_next() {
    let queue = Queue::new("m", 1, 4);
    let place = run(&queue, "a");
    let mut second = enter(&queue, "a");
    assert!(poll(&mut second).is_none());
    drop(place);
    assert_eq!(counts(&queue), (1, 0));
    let place = poll(&mut second).unwrap().unwrap();
    drop(place);
    assert_eq!(counts(&queue), (0, 0));
}

#[test]
fn who_goes_leaves_the_line_and_gives_a_place_on_that_it_never_saw() {
    let queue = Queue::new("m", 1, 4);
    let place = run(&queue, "a");
    let (given, gone, last) = (enter(&queue, "a"), enter(&queue, "a"), enter(&queue, "a"));
    drop(gone);
    assert_eq!(counts(&queue), (1, 2));
    drop(place);
    drop(given);
    let mut last = last;
    drop(poll(&mut last).unwrap().unwrap());
    drop(last);
    assert_eq!(counts(&queue), (0, 0));
}

#[tokio::test(start_paused = true)]
async fn a_refusal_says_when_to_come_back() {
    let queue = Queue::new("smol", 2, 2);
    let mut places = [run(&queue, "a"), run(&queue, "a")];
    let waiting = [enter(&queue, "a"), enter(&queue, "a")];
    let error = queue.enter("a").map(drop).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::RateLimited);
    assert_eq!(error.retry(), Retry::After(Duration::from_secs(1)));
    assert!(
        error.message().contains("2 requests in work and 2 waiting"),
        "{error}"
    );

    places.iter_mut().for_each(Place::begin);
    tokio::time::advance(Duration::from_millis(4500)).await;
    assert_eq!(queue.status().longest_wait, Duration::from_millis(4500));
    drop(waiting);
    let [first, second] = places;
    drop(first);
    let waiting = [enter(&queue, "a"), enter(&queue, "a"), enter(&queue, "a")];
    let error = queue.enter("a").map(drop).unwrap_err();
    // Three requests at two places are two rounds of 4.5 s.
    assert_eq!(error.retry(), Retry::After(Duration::from_secs(9)));
    assert_eq!(queue.status().refused, 2);
    drop((second, waiting));
    assert_eq!(counts(&queue), (0, 0));
}

#[test]
fn who_has_to_go_for_another_is_told() {
    let queue = Queue::new("m", 1, 2);
    let place = run(&queue, "greedy");
    let kept = enter(&queue, "greedy");
    let mut displaced = enter(&queue, "greedy");
    let other = enter(&queue, "other");
    let error = poll(&mut displaced).unwrap().map(drop).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::RateLimited);
    drop((kept, displaced, other, place));
    assert_eq!(counts(&queue), (0, 0));
}

#[test]
fn times_to_come_back_are_whole_and_bounded() {
    let ms = Duration::from_millis;
    for (mean, waiting, places, seconds) in [
        (None, 100, 1, 1),
        (Some(ms(10)), 3, 1, 1),
        (Some(ms(600)), 3, 2, 2),
        (Some(ms(10_000)), 63, 1, 60),
    ] {
        let after = retry_after(mean, waiting, places);
        assert_eq!(after, Duration::from_secs(seconds), "{mean:?}");
    }
}

/// Remembers that it was woken.
#[derive(Default)]
struct Woken(AtomicBool);

impl Wake for Woken {
    fn wake(self: Arc<Self>) {
        self.0.store(true, Ordering::Release);
    }
}

/// One that waits, and what its task knows.
struct Task {
    waiting: Waiting,
    woken: Arc<Woken>,
}

impl Task {
    fn poll(&mut self) -> Poll<Result<Place, Error>> {
        let waker = Waker::from(Arc::clone(&self.woken));
        self.waiting.poll_unpin(&mut Context::from_waker(&waker))
    }

    /// Whether its task sleeps though it could go on.
    fn is_forgotten(&self, queue: &Queue) -> bool {
        let is_waiting = matches!(
            queue.inner().fates.get(&self.waiting.id),
            Some(Fate::Waits(_))
        );
        !is_waiting && !self.woken.0.load(Ordering::Acquire)
    }
}

#[derive(Debug, Clone)]
enum Step {
    Enter(u8),
    Poll(usize),
    Leave(usize),
    Finish(usize),
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let step = prop_oneof![
        3 => (0_u8..3).prop_map(Step::Enter),
        3 => (0_usize..6).prop_map(Step::Poll),
        1 => (0_usize..6).prop_map(Step::Leave),
        2 => (0_usize..4).prop_map(Step::Finish),
    ];
    proptest::collection::vec(step, 0..150)
}

proptest! {
    /// Whoever goes when, no place is lost, none is given twice, and who can go on is woken.
    #[test]
    fn no_place_is_lost_in_any_order_of_events(
        places in 1_usize..3,
        room in 0_usize..4,
        steps in steps(),
    ) {
        let queue = Queue::new("m", places, room);
        let (mut tasks, mut running) = (Vec::<Task>::new(), Vec::new());
        for step in steps {
            match step {
                Step::Enter(client) => {
                    if let Ok(waiting) = queue.enter(&client.to_string()) {
                        let mut task = Task { waiting, woken: Arc::default() };
                        match task.poll() {
                            Poll::Ready(place) => running.extend(place),
                            Poll::Pending => tasks.push(task),
                        }
                    }
                }
                Step::Poll(at) if at < tasks.len() => {
                    if let Poll::Ready(place) = tasks[at].poll() {
                        drop(tasks.remove(at));
                        running.extend(place);
                    }
                }
                Step::Leave(at) if at < tasks.len() => drop(tasks.remove(at)),
                Step::Finish(at) if at < running.len() => drop(running.remove(at)),
                _ => {}
            }
            let status = queue.status();
            prop_assert!(running.len() <= status.running);
            prop_assert!(status.running <= places && status.waiting <= room);
            prop_assert!(status.waiting == 0 || status.running == places);
            prop_assert!(!tasks.iter().any(|task| task.is_forgotten(&queue)));
        }
        drop(running);
        while !tasks.is_empty() {
            let ready = tasks.iter_mut().position(|task| task.poll().is_ready());
            prop_assert!(ready.is_some(), "all wait, and nobody runs");
            drop(tasks.remove(ready.unwrap_or_default()));
            prop_assert!(!tasks.iter().any(|task| task.is_forgotten(&queue)));
        }
        let status = queue.status();
        prop_assert_eq!((status.running, status.waiting), (0, 0));
        prop_assert!(queue.inner().fates.is_empty());
    }
}
