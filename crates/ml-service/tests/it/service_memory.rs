//! Models under a memory ceiling: who goes, who stays, and who waits.

use std::sync::Arc;

use inference_core::{ErrorKind, TokenStream};
use ml_service::{ModelState, Service};

use crate::stage::{ask, in_use, service, state};
use crate::toy::Toy;

/// A ceiling for two of the models with `SIX`.
const CEILING: &str = "memory_ceiling = 15";
const SIX: &str = "memory = 6";

async fn answer(service: &Service, name: &str) {
    let answer = ask(service, name).await.unwrap();
    answer.into_generation().await.unwrap();
}

fn states(service: &Service) -> String {
    let names = service.list();
    let loaded = names.iter().filter(|name| state(service, name) == "loaded");
    loaded.map(String::as_str).collect()
}

#[tokio::test]
async fn the_least_recently_used_model_makes_room() {
    let toy = Toy::ready("toy");
    let models = [("a", SIX), ("b", SIX), ("c", SIX), ("d", "memory = 0")];
    let service = service(toy.registry(), CEILING, &models);
    for name in ["a", "b", "a", "d"] {
        answer(&service, name).await;
    }
    assert_eq!(states(&service), "abd");
    answer(&service, "c").await;
    assert_eq!(states(&service), "acd");
    assert_eq!((service.memory_bytes(), toy.counts().closed), (12, 1));
    assert_eq!(service.memory_ceiling(), Some(15));
}

#[tokio::test]
async fn neither_a_used_nor_a_pinned_model_goes() {
    let toy = Toy::ready("toy");
    let models = [("a", SIX), ("b", SIX), ("p", "memory = 6\npin = true")];
    let service = service(toy.registry(), CEILING, &models);
    let running = ask(&service, "a").await.unwrap();
    answer(&service, "p").await;
    let mut waiting = Box::pin(ask(&service, "b"));
    assert!(futures::poll!(waiting.as_mut()).is_pending());
    let loading = service.state("b").unwrap();
    let ModelState::Loading { progress, .. } = loading else {
        panic!("{loading:?}");
    };
    assert_eq!(progress.phase, "waiting for memory");
    assert_eq!(states(&service), "ap");

    running.into_generation().await.unwrap();
    drop(waiting.await.unwrap());
    assert_eq!(states(&service), "bp");
}

#[tokio::test]
async fn what_can_never_fit_is_said_at_once() {
    let toy = Toy::ready("toy");
    let pinned = "memory = 10\npin = true";
    let models = [("a", "memory = 16"), ("b", SIX), ("p", pinned)];
    let service = service(toy.registry(), CEILING, &models);
    let error = service.load("a").await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::OutOfMemory);
    assert!(error.message().contains("memory_ceiling"), "{error}");
    service.load("p").await.unwrap();
    let error = service.load("b").await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::OutOfMemory);
    assert!(error.message().contains("pinned: p"), "{error}");
    // By name it can be unloaded.
    service.unload("p").await.unwrap();
    service.load("b").await.unwrap();
}

#[tokio::test]
async fn two_loads_that_race_under_a_ceiling_for_one_are_both_served() {
    let toy = Toy::ready("toy");
    let keys = "memory = 10";
    let service = service(toy.registry(), CEILING, &[("a", keys), ("b", keys)]);
    let users = (0..40).map(|user| {
        let service = Arc::clone(&service);
        tokio::spawn(async move {
            let name = if user % 2 == 0 { "a" } else { "b" };
            let running = ask(&service, name).await.unwrap();
            assert!(service.memory_bytes() <= 15);
            tokio::task::yield_now().await;
            running.into_generation().await.unwrap();
        })
    });
    for user in futures::future::join_all(users).await {
        user.unwrap();
    }
    assert_eq!(states(&service).len(), 1);
    assert_eq!(toy.counts().started, toy.counts().closed + 1);
}

/// Steady use of one model does not keep another out for ever.
#[tokio::test]
async fn a_busy_model_gives_way_to_one_that_waits() {
    let toy = Toy::ready("toy");
    let keys = "memory = 10";
    let service = service(toy.registry(), CEILING, &[("a", keys), ("b", keys)]);
    let first: TokenStream = ask(&service, "a").await.unwrap();
    let mut b = Box::pin(ask(&service, "b"));
    assert!(futures::poll!(b.as_mut()).is_pending());
    // It came after b, so it waits behind b.
    let mut second = Box::pin(ask(&service, "a"));
    assert!(futures::poll!(second.as_mut()).is_pending());
    assert_eq!(in_use(&service, "a"), 1);
    drop(first);
    let running = b.as_mut().await.unwrap();
    assert!(futures::poll!(second.as_mut()).is_pending());
    assert_eq!(states(&service), "b");
    drop(running);
    second.await.unwrap().into_generation().await.unwrap();
    assert_eq!(states(&service), "a");
}

#[tokio::test]
async fn who_gives_up_waiting_leaves_the_others_as_they_were() {
    let toy = Toy::ready("toy");
    let keys = "memory = 10";
    let models = [("a", keys), ("b", keys), ("c", "memory = 5")];
    let service = service(toy.registry(), CEILING, &models);
    let running = ask(&service, "a").await.unwrap();
    let mut b = Box::pin(ask(&service, "b"));
    assert!(futures::poll!(b.as_mut()).is_pending());
    // The small one is behind, though there would be room for it.
    let mut c = Box::pin(service.load("c"));
    assert!(futures::poll!(c.as_mut()).is_pending());
    drop(b);
    assert_eq!(state(&service, "b"), "unloaded");
    c.await.unwrap();
    drop(ask(&service, "a").await.unwrap());
    drop(running);
    assert_eq!((states(&service).as_str(), toy.counts().closed), ("ac", 0));
}

#[tokio::test(start_paused = true)]
async fn a_program_that_waits_for_what_it_holds_itself_is_told() {
    let toy = Toy::ready("toy");
    let keys = "memory = 10";
    let service = service(toy.registry(), CEILING, &[("a", keys), ("b", keys)]);
    let held = service.get(Some("a")).await.unwrap();
    let error = service.get(Some("b")).await.map(drop).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unavailable);
    assert!(error.message().contains("in use: a"), "{error}");
    drop(held);
    service.load("b").await.unwrap();
}
