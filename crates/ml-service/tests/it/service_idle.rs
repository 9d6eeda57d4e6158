//! Models that nobody has used for a while. Time stands still, and jumps when everybody waits.

use std::time::Duration;

use tokio::time::{Instant, advance, sleep};

use crate::stage::{ask, service, state};
use crate::toy::Toy;

const S: Duration = Duration::from_secs(1);

#[tokio::test(start_paused = true)]
async fn a_model_goes_that_nobody_has_used_for_so_long() {
    let toy = Toy::ready("toy");
    let models = [("a", "idle_unload = 10"), ("b", ""), ("c", "pin = true")];
    let service = service(toy.registry(), "idle_unload = 30", &models);
    for name in ["a", "b", "c"] {
        service.load(name).await.unwrap();
    }
    sleep(9 * S).await;
    drop(ask(&service, "a").await.unwrap());
    sleep(9 * S).await;
    assert_eq!(state(&service, "a"), "loaded");
    sleep(2 * S).await;
    assert_eq!(state(&service, "a"), "unloaded");
    assert_eq!(state(&service, "b"), "loaded");
    sleep(11 * S).await;
    assert_eq!(state(&service, "b"), "unloaded");
    sleep(1000 * S).await;
    assert_eq!(state(&service, "c"), "loaded");
    assert_eq!(toy.counts().closed, 2);
}

#[tokio::test(start_paused = true)]
async fn one_in_use_stays_and_its_time_begins_when_it_is_idle() {
    let toy = Toy::ready("toy");
    let service = service(toy.registry(), "", &[("a", "idle_unload = 10")]);
    let answer = ask(&service, "a").await.unwrap();
    sleep(100 * S).await;
    assert_eq!(state(&service, "a"), "loaded");
    drop(answer);
    sleep(9 * S).await;
    assert_eq!(state(&service, "a"), "loaded");
    sleep(2 * S).await;
    assert_eq!(state(&service, "a"), "unloaded");
}

#[tokio::test(start_paused = true)]
async fn the_timer_of_an_earlier_stay_does_not_end_a_later_one() {
    let toy = Toy::ready("toy");
    let service = service(toy.registry(), "", &[("a", "idle_unload = 10")]);
    service.load("a").await.unwrap();
    sleep(6 * S).await;
    service.unload("a").await.unwrap();
    service.load("a").await.unwrap();
    sleep(6 * S).await;
    assert_eq!(state(&service, "a"), "loaded");
    sleep(5 * S).await;
    assert_eq!(state(&service, "a"), "unloaded");
}

#[tokio::test(start_paused = true)]
async fn nothing_runs_while_nothing_is_loaded() {
    let toy = Toy::ready("toy");
    let service = service(toy.registry(), "idle_unload = 1", &[("a", "")]);
    let tasks = || {
        tokio::runtime::Handle::current()
            .metrics()
            .num_alive_tasks()
    };
    assert_eq!(tasks(), 0);
    service.load("a").await.unwrap();
    assert_eq!(tasks(), 1);
    let start = Instant::now();
    toy.until(|counts| counts.closed == 1).await;
    assert!(start.elapsed() < 2 * S, "{:?}", start.elapsed());
    advance(S).await;
    assert_eq!(tasks(), 0);
}
