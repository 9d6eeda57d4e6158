//! Turns at a model: places, the line, refusals, and models that are still loading.

use std::time::Duration;

use futures::future::join_all;
use futures::{FutureExt as _, StreamExt as _};
use inference_conformance::{Script, ScriptedModel};
use inference_core::{
    BatchOptions, EntryPoint, ErrorKind, GenerateOptions, ModelInfo, Prompt, Retry, TokenStream,
};
use ml_service::{Caller, Config, Service, Turn};

use crate::stage::{FILE, service, state};
use crate::toy::Toy;

const ONE: &str = "parallel_slots = 1\nmax_waiting = 2";

fn answer(turn: &Turn) -> TokenStream {
    let options = GenerateOptions::default();
    turn.generate(Prompt::user("x"), options, EntryPoint::Serve)
        .unwrap()
}

fn counts(service: &Service) -> (usize, usize) {
    let status = service.queue("a").unwrap();
    (status.running, status.waiting)
}

#[tokio::test]
async fn a_place_is_held_by_the_turn_and_by_its_answers() {
    let toy = Toy::ready("toy");
    let service = service(toy.registry(), "", &[("a", ONE)]);
    let alice = Caller::new("alice");
    let turn = service.enter(Some("a"), &alice).await.unwrap();
    assert_eq!(turn.name(), "a");
    let (first, second) = (answer(&turn), answer(&turn));
    drop(turn);
    let mut next = Box::pin(service.enter(Some("a"), &alice));
    assert!(futures::poll!(next.as_mut()).is_pending());
    assert_eq!(counts(&service), (1, 1));
    first.into_generation().await.unwrap();
    assert!(futures::poll!(next.as_mut()).is_pending());
    drop(second);
    drop(next.await.unwrap());
    assert_eq!(counts(&service), (0, 0));
}

/// Answers of one turn run at once where nobody else wants to, and never in more places than
/// there are.
#[tokio::test]
async fn further_answers_of_a_turn_take_places_that_nobody_waits_for() {
    let script = Script::new(["on "]).endlessly();
    let stage = crate::stage::Stage::new([script]);
    let keys = "parallel_slots = 2\nmax_waiting = 2";
    let service = service(stage.registry(), "", &[("a", keys)]);
    let alice = Caller::new("alice");
    let turn = service.enter(Some("a"), &alice).await.unwrap();
    let [mut own, mut further, mut third] = [answer(&turn), answer(&turn), answer(&turn)];
    drop(turn);
    assert_eq!(counts(&service), (1, 0));
    own.next().await.unwrap().unwrap();
    further.next().await.unwrap().unwrap();
    assert_eq!(counts(&service), (2, 0));
    let mut begun = Box::pin(third.next());
    assert!(futures::poll!(begun.as_mut()).is_pending());

    // Somebody in the line comes before an answer that is one too many.
    let bob = Caller::new("bob");
    let mut other = Box::pin(service.enter(Some("a"), &bob));
    assert!(futures::poll!(other.as_mut()).is_pending());
    drop(further);
    assert!(futures::poll!(begun.as_mut()).is_pending());
    let other = other.await.unwrap();
    assert_eq!(counts(&service), (2, 0));
    drop(own);
    begun.await.unwrap().unwrap();
    assert_eq!(counts(&service), (2, 0));
    drop(other);
    drop(third);
    assert_eq!(counts(&service), (0, 0));
}

/// The turn's own place is free as soon as no answer of it can run there any more.
#[tokio::test]
async fn a_turn_does_not_keep_a_place_that_it_does_not_use() {
    let stage = crate::stage::Stage::new([Script::new(["on "]).endlessly()]);
    let service = service(stage.registry(), "", &[("a", "parallel_slots = 2")]);
    let turn = service.enter(Some("a"), &Caller::default()).await.unwrap();
    let (mut own, mut further) = (answer(&turn), answer(&turn));
    drop(turn);
    own.next().await.unwrap().unwrap();
    further.next().await.unwrap().unwrap();
    drop(own);
    assert_eq!(counts(&service), (1, 0));
    drop(further);
    assert_eq!(counts(&service), (0, 0));
}

#[tokio::test]
async fn a_full_line_refuses_and_says_when_to_come_back() {
    let toy = Toy::ready("toy");
    let service = service(toy.registry(), "", &[("a", ONE)]);
    let alice = Caller::new("alice");
    let turn = service.enter(Some("a"), &alice).await.unwrap();
    let mut waiting: Vec<_> = (0..2)
        .map(|_| Box::pin(service.enter(Some("a"), &alice)))
        .collect();
    for one in &mut waiting {
        assert!(futures::poll!(one.as_mut()).is_pending());
    }
    let error = service.enter(Some("a"), &alice).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::RateLimited);
    assert!(matches!(error.retry(), Retry::After(_)), "{error:?}");
    assert_eq!(service.queue("a").unwrap().refused, 1);

    // Somebody who has nothing there yet gets in for the last one of who has most.
    let bob = Caller::new("bob");
    let mut other = Box::pin(service.enter(Some("a"), &bob));
    assert!(futures::poll!(other.as_mut()).is_pending());
    let error = waiting.pop().unwrap().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::RateLimited);

    drop(waiting);
    drop(turn);
    drop(other.await.unwrap());
    assert_eq!(counts(&service), (0, 0));
    assert_eq!(service.status().await[0].queue.refused, 2);
}

#[tokio::test]
async fn who_has_no_patience_is_told_to_come_back_and_the_load_goes_on() {
    let toy = Toy::held("toy");
    let service = service(toy.registry(), "", &[("a", "")]);
    let caller = Caller::new("alice").with_load_patience(Duration::ZERO);
    let users = (0..5).map(|_| service.enter(Some("a"), &caller));
    for user in join_all(users).await {
        let error = user.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Unavailable);
        assert_eq!(error.retry(), Retry::After(Duration::from_secs(1)));
        assert!(
            error.message().contains("\"a\" cannot answer yet"),
            "{error}"
        );
    }
    toy.until(|counts| counts.started == 1).await;
    assert_eq!(
        (state(&service, "a"), counts(&service)),
        ("loading", (0, 0))
    );
    toy.release(1);
    service.load("a").await.unwrap();
    let turn = service.enter(Some("a"), &caller).await.unwrap();
    answer(&turn).into_generation().await.unwrap();
    assert_eq!(
        toy.counts(),
        crate::toy::Counts {
            started: 1,
            ..Default::default()
        }
    );
}

#[tokio::test]
async fn who_goes_while_a_model_loads_leaves_line_and_load() {
    let toy = Toy::held("toy");
    let service = service(toy.registry(), "", &[("a", ONE)]);
    let alice = Caller::new("alice");
    let mut users: Vec<_> = (0..3)
        .map(|_| Box::pin(service.enter(Some("a"), &alice)))
        .collect();
    for user in &mut users {
        assert!(futures::poll!(user.as_mut()).is_pending());
    }
    assert_eq!((counts(&service), toy.counts().started), ((1, 2), 1));
    drop(users.remove(0));
    assert_eq!((counts(&service), toy.counts().aborted), ((1, 1), 0));
    users.clear();
    assert_eq!((counts(&service), toy.counts().aborted), ((0, 0), 1));
}

#[tokio::test]
async fn a_load_that_fails_gives_the_place_back() {
    let toy = Toy::ready("toy");
    let service = service(toy.registry(), "", &[("a", ONE)]);
    toy.fail(1);
    let alice = Caller::new("alice");
    let error = service.enter(Some("a"), &alice).await.unwrap_err();
    assert_eq!(
        (error.kind(), counts(&service)),
        (ErrorKind::InvalidModel, (0, 0))
    );
    service.enter(Some("a"), &alice).await.unwrap();
}

/// What a backend tells of itself holds where the configuration says nothing.
#[tokio::test]
async fn there_are_as_many_places_as_the_model_has() {
    let toy = Toy::ready("toy");
    let models = [("a", ""), ("b", "parallel_slots = 3")];
    let service = service(toy.registry(), "max_waiting = 7", &models);
    let places = |name: &str| service.queue(name).unwrap().places;
    assert_eq!((places("a"), places("b")), (1, 3));
    service.load("a").await.unwrap();
    assert_eq!(
        (places("a"), service.queue("a").unwrap().max_waiting),
        (64, 7)
    );

    let model = ScriptedModel::new("scripted").otherwise(Script::new(["x"]));
    service
        .replace_loaded("c", std::sync::Arc::new(model))
        .await
        .unwrap();
    assert_eq!(places("c"), usize::MAX);
    let mut info = ModelInfo::new("toy", "x");
    info.parallel_slots = Some(2);
    assert!(
        serde_json::to_string(&info)
            .unwrap()
            .contains("parallel_slots")
    );
}

/// A greedy client does not keep a modest one waiting behind all that it has asked.
#[tokio::test]
async fn clients_take_turns() {
    let toy = Toy::ready("toy");
    let keys = "parallel_slots = 1\nmax_waiting = 100";
    let service = service(toy.registry(), "", &[("a", keys)]);
    let (greedy, modest) = (Caller::new("greedy"), Caller::new("modest"));
    let turn = service.enter(Some("a"), &greedy).await.unwrap();
    let mut crowd: Vec<_> = (0..50)
        .map(|_| Box::pin(service.enter(Some("a"), &greedy)))
        .collect();
    for one in &mut crowd {
        assert!(futures::poll!(one.as_mut()).is_pending());
    }
    let mut late = Box::pin(service.enter(Some("a"), &modest));
    assert!(futures::poll!(late.as_mut()).is_pending());
    drop(turn);
    drop(crowd.remove(0).await.unwrap());
    assert!(late.now_or_never().is_some(), "after one of the other's");
}

#[tokio::test]
async fn adapters_are_models_of_their_own() {
    let toy = Toy::ready("toy");
    let adapters = "adapters = [{ path = 'x/chef', on_request = true }, \
                    { path = 'y.gguf', name = 'pirate' }]\nbackend = 'llama_cpp'";
    let service = service(
        ml_service::registry().with(toy),
        "",
        &[("smol", adapters), ("'smol:v2'", "")],
    );
    assert_eq!(service.adapters("smol").unwrap(), ["chef", "pirate"]);
    let none = inference_core::LoadOptions::default();
    assert_eq!(service.open(Some("smol:chef"), &none).unwrap(), "smol:chef");
    let entry = EntryPoint::Library;
    let options =
        |name: &str, options: GenerateOptions| service.options(Some(name), options, entry);
    let default = GenerateOptions::default;
    let adapter = |name: &str| options(name, default()).map(|options| options.adapter);
    assert_eq!(adapter("smol:pirate").unwrap().as_deref(), Some("pirate"));
    assert_eq!(adapter("smol").unwrap(), None);
    // A model of that name comes first.
    assert_eq!(adapter("smol:v2").unwrap(), None);
    for (name, words) in [
        (
            "smol:cook",
            "model \"smol\" has no adapter \"cook\"; there is chef, pirate",
        ),
        (
            "smol:",
            "model \"smol\" has no adapter \"\"; there is chef, pirate",
        ),
        (
            "smol:v2:x",
            "model \"smol:v2\" has no adapter \"x\"; it has none",
        ),
    ] {
        for error in [
            adapter(name).unwrap_err(),
            service.open(Some(name), &none).unwrap_err(),
        ] {
            assert_eq!(
                (error.kind(), error.message()),
                (ErrorKind::NotFound, words)
            );
        }
    }
    let both = options("smol:chef", default().adapter("pirate")).unwrap_err();
    assert_eq!(both.kind(), ErrorKind::InvalidRequest);
    options("smol:chef", default().adapter("chef")).unwrap();
    assert!(std::path::Path::new(FILE).exists());
}

/// Every way to ask gives the adapter of the name to the backend.
#[tokio::test]
async fn the_adapter_of_a_name_reaches_the_backend() {
    let toy = Toy::ready("toy");
    let service = Service::new(&Config::default());
    service
        .replace_loaded("smol", toy.model("smol"))
        .await
        .unwrap();
    let asked = || toy.asked().adapter;
    let model = service.get(Some("smol:chef")).await.unwrap();
    let answer_of = model.generate(Prompt::user("x"), GenerateOptions::default());
    answer_of.into_generation().await.unwrap();
    assert_eq!(asked().as_deref(), Some("chef"));

    let caller = Caller::new("alice");
    let turn = service.enter(Some("smol:pirate"), &caller).await.unwrap();
    assert_eq!(turn.name(), "smol:pirate");
    answer(&turn).into_generation().await.unwrap();
    assert_eq!(asked().as_deref(), Some("pirate"));
    let one = turn
        .model()
        .generate(Prompt::user("x"), GenerateOptions::default());
    one.into_generation().await.unwrap();
    assert_eq!(asked().as_deref(), Some("pirate"));

    let prompts = vec![Prompt::user("x")];
    let many = model.batch_generate(prompts, GenerateOptions::default(), BatchOptions::default());
    let answers: Vec<_> = many.collect().await;
    assert!(answers[0].1.is_ok());
    assert_eq!(asked().as_deref(), Some("chef"));
    let other = GenerateOptions::default().adapter("other");
    let refused = model
        .generate(Prompt::user("x"), other)
        .into_generation()
        .await;
    assert_eq!(refused.unwrap_err().error.kind(), ErrorKind::InvalidRequest);
}
