//! Unloading by name, what a model is doing meanwhile, and models that come back.

use std::sync::Arc;
use std::time::Duration;

use futures::StreamExt as _;
use inference_conformance::Script;
use inference_core::{Error, ErrorKind, Event, GenerateOptions, Prompt, Retry, TextModel as _};
use ml_service::{Config, ModelConfig, ModelState, Service};

use crate::stage::{FILE, Stage, ask, in_use, service, state};
use crate::toy::Toy;

#[tokio::test]
async fn an_unloaded_model_is_loaded_again_by_the_next_request() {
    let toy = Toy::ready("toy");
    let service = service(toy.registry(), "", &[("a", "memory = 7")]);
    assert!(!service.unload("a").await.unwrap());
    assert_eq!(state(&service, "a"), "unloaded");

    service.load("a").await.unwrap();
    let loaded = service.state("a").unwrap();
    let ModelState::Loaded { memory_bytes, .. } = loaded else {
        panic!("{loaded:?}");
    };
    assert_eq!((memory_bytes, service.memory_bytes()), (7, 7));

    assert!(service.unload("a").await.unwrap());
    assert_eq!((toy.counts().started, toy.counts().closed), (1, 1));
    assert_eq!(state(&service, "a"), "unloaded");
    assert_eq!(service.memory_bytes(), 0);

    let answer = ask(&service, "a").await.unwrap();
    assert!(answer.into_generation().await.is_ok());
    assert_eq!(toy.counts().started, 2);
    let error = service.unload("b").await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotFound);
}

#[tokio::test]
async fn an_answer_keeps_its_model_in_use_until_it_has_ended_or_is_dropped() {
    let toy = Toy::ready("toy");
    let service = service(toy.registry(), "", &[("a", "")]);
    let mut read = ask(&service, "a").await.unwrap();
    let dropped = ask(&service, "a").await.unwrap();
    let held = service.get(Some("a")).await.unwrap();
    let of_held = held.generate(Prompt::user("x"), GenerateOptions::default());
    assert_eq!(in_use(&service, "a"), 4);
    drop(held);
    assert_eq!(in_use(&service, "a"), 3);
    drop((dropped, of_held));
    while let Some(event) = read.next().await {
        if !matches!(event.unwrap(), Event::Finished(_)) {
            assert_eq!(in_use(&service, "a"), 1);
        }
    }
    assert_eq!(in_use(&service, "a"), 0);
}

#[tokio::test]
async fn unloading_waits_for_answers_and_lets_no_new_one_in() {
    let toy = Toy::ready("toy");
    let service = service(toy.registry(), "", &[("a", "")]);
    let running = ask(&service, "a").await.unwrap();
    let mut unload = Box::pin(service.unload("a"));
    assert!(futures::poll!(unload.as_mut()).is_pending());
    let mut late = Box::pin(ask(&service, "a"));
    assert!(futures::poll!(late.as_mut()).is_pending());
    assert_eq!(toy.counts().closed, 0);

    assert!(running.into_generation().await.is_ok());
    assert!(unload.await.unwrap());
    assert!(late.await.unwrap().into_generation().await.is_ok());
    assert_eq!((toy.counts().started, toy.counts().closed), (2, 1));
}

#[tokio::test]
async fn an_unload_that_is_given_up_leaves_the_model_as_it_is() {
    let toy = Toy::ready("toy");
    let service = service(toy.registry(), "", &[("a", "")]);
    let running = ask(&service, "a").await.unwrap();
    let mut unload = Box::pin(service.unload("a"));
    assert!(futures::poll!(unload.as_mut()).is_pending());
    let waiting = tokio::spawn({
        let service = Arc::clone(&service);
        async move { ask(&service, "a").await.map(drop) }
    });
    tokio::task::yield_now().await;
    drop(unload);
    waiting.await.unwrap().unwrap();
    drop(running);
    assert_eq!((toy.counts().started, toy.counts().closed), (1, 0));
}

#[tokio::test]
async fn unloading_ends_a_load_and_tells_those_who_wait() {
    let toy = Toy::held("toy");
    let service = service(toy.registry(), "", &[("a", "memory = 7")]);
    let waiting = tokio::spawn({
        let service = Arc::clone(&service);
        async move { service.load("a").await }
    });
    toy.until(|counts| counts.started == 1).await;
    let loading = service.state("a").unwrap();
    let ModelState::Loading { progress, .. } = loading else {
        panic!("{loading:?}");
    };
    assert_eq!(progress.phase, "reading");

    assert!(service.unload("a").await.unwrap());
    let error = waiting.await.unwrap().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unavailable);
    assert!(error.message().contains("unloaded while"), "{error}");
    assert_eq!((toy.counts().aborted, service.memory_bytes()), (1, 0));

    toy.release(1);
    service.load("a").await.unwrap();
    assert_eq!(toy.counts().started, 2);
}

#[tokio::test]
async fn a_failed_load_shows_until_the_next_one() {
    let toy = Toy::ready("toy");
    let service = service(toy.registry(), "", &[("a", "memory = 7")]);
    toy.fail(1);
    service.load("a").await.unwrap_err();
    let failed = service.state("a").unwrap();
    let ModelState::Failed { error, .. } = failed else {
        panic!("{failed:?}");
    };
    assert_eq!(error.kind(), ErrorKind::InvalidModel);
    assert_eq!(service.memory_bytes(), 0);
    service.load("a").await.unwrap();
    assert_eq!(state(&service, "a"), "loaded");
}

#[tokio::test]
async fn what_came_loaded_can_only_be_removed() {
    let toy = Toy::ready("toy");
    let service = Service::new(&Config::default());
    service.replace_loaded("a", toy.model("a")).await.unwrap();
    let error = service.unload("a").await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidRequest);
    assert!(error.message().contains("remove"), "{error}");
    assert_eq!(in_use(&service, "a"), 0);
}

#[tokio::test]
async fn a_service_loads_in_the_background_and_takes_its_tasks_along() {
    let toy = Toy::held("toy");
    let keys = "preload = true\nidle_unload = 60";
    let service = service(toy.registry(), "", &[("a", keys), ("b", ""), ("c", keys)]);
    service
        .replace("c", {
            let mut missing = ModelConfig::at_path("/no/such.gguf");
            missing.preload = true;
            missing
        })
        .await
        .unwrap();
    let failed = service.preload();
    assert_eq!(failed.len(), 1);
    assert_eq!(failed[0].0, "c");
    toy.until(|counts| counts.started == 1).await;
    service.load_in_background("a").unwrap();
    service.preload();
    assert_eq!(state(&service, "a"), "loading");
    toy.release(1);
    service.load("a").await.unwrap();
    assert_eq!(toy.counts().started, 1);
    service.load_in_background("b").unwrap();
    toy.until(|counts| counts.started == 2).await;

    // The timer of one and the load of the other.
    drop(service);
    toy.until(|counts| counts.aborted == 1).await;
    let metrics = tokio::runtime::Handle::current().metrics();
    while metrics.num_alive_tasks() > 0 {
        tokio::task::yield_now().await;
    }
}

/// A model that is gone is loaded again; one whose backend comes back by itself is left to it.
#[tokio::test]
async fn a_model_that_died_for_good_is_loaded_again() {
    let gone = Error::new(ErrorKind::Crashed, "it is gone").with_retry(Retry::Never);
    let comes_back = Error::new(ErrorKind::Crashed, "the next request restarts it");
    for (error, second) in [(gone, "back"), (comes_back, "dead ")] {
        let first = Script::new(["dead "]).then_fail(error);
        let stage = Stage::new([first, Script::new(["back"])]);
        let service = service(stage.registry(), "", &[("a", "")]);
        let bystander = ask(&service, "a").await.unwrap();
        let dead = ask(&service, "a").await.unwrap().into_generation().await;
        assert_eq!(dead.unwrap_err().error.kind(), ErrorKind::Crashed);
        let mut answer = ask(&service, "a").await.unwrap();
        let Some(Ok(Event::Token(token))) = answer.next().await else {
            panic!("no token");
        };
        assert_eq!(token.text, second);
        drop(bystander);
    }
}

#[tokio::test]
async fn a_model_that_somebody_closed_is_loaded_again() {
    let toy = Toy::ready("toy");
    let service = service(toy.registry(), "", &[("a", "")]);
    let model = service.get(Some("a")).await.unwrap();
    model.close().await.unwrap();
    service.load("a").await.unwrap();
    assert_eq!(toy.counts().started, 2);
}

#[tokio::test]
async fn a_load_tells_how_long_it_may_still_take() {
    let toy = Toy::held("toy");
    let service = service(toy.registry(), "", &[("a", "")]);
    service.load_in_background("a").unwrap();
    toy.until(|counts| counts.started == 1).await;
    let loading = service.state("a").unwrap();
    let ModelState::Loading { time_left, .. } = loading else {
        panic!("{loading:?}");
    };
    assert!(time_left >= Duration::from_secs(1), "{time_left:?}");
    assert!(std::path::Path::new(FILE).exists());
}
