//! When models are loaded, by whom, and what ends a load.

use std::sync::{Arc, Mutex};

use futures::future::join_all;
use inference_core::ErrorKind;
use ml_service::{Config, ModelConfig, Service};

use crate::toy::{Counts, Toy};

/// Any file that is there.
const FILE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.toml");

/// A service with one model, which a toy loads.
fn service(toy: &Toy) -> Arc<Service> {
    let service = Service::with_registry(&Config::default(), toy.registry());
    service.add("smol", ModelConfig::at_path(FILE)).unwrap();
    Arc::new(service)
}

/// Asks for the model in a task of its own.
fn ask(service: &Arc<Service>) -> tokio::task::JoinHandle<Result<(), ErrorKind>> {
    let service = Arc::clone(service);
    tokio::spawn(async move {
        let model = service.get(Some("smol")).await;
        model.map(drop).map_err(|error| error.kind())
    })
}

#[tokio::test]
async fn nothing_is_loaded_before_it_is_asked_and_then_once() {
    let toy = Toy::held("toy");
    let service = service(&toy);
    assert_eq!(toy.counts(), Counts::default());

    let users: Vec<_> = (0..20).map(|_| ask(&service)).collect();
    toy.until(|counts| counts.started == 1).await;
    toy.release(1);
    for user in join_all(users).await {
        user.unwrap().unwrap();
    }
    service.get(Some("smol")).await.unwrap();
    assert_eq!(toy.counts().started, 1);
}

#[tokio::test]
async fn a_failed_load_fails_those_who_wait_and_can_be_retried() {
    let toy = Toy::held("toy");
    let service = service(&toy);
    toy.fail(1);
    let users = [ask(&service), ask(&service)];
    toy.until(|counts| counts.started == 1).await;
    toy.release(1);
    for user in join_all(users).await {
        assert_eq!(user.unwrap(), Err(ErrorKind::InvalidModel));
    }
    toy.release(1);
    service.get(Some("smol")).await.unwrap();
    assert_eq!(toy.counts().started, 2);
}

#[tokio::test]
async fn a_retry_starts_anew_while_another_still_holds_the_failure() {
    let toy = Toy::held("toy");
    let service = service(&toy);
    toy.fail(1);
    let mut quick = Box::pin(service.get(Some("smol")));
    let mut slow = Box::pin(service.get(Some("smol")));
    assert!(futures::poll!(quick.as_mut()).is_pending());
    assert!(futures::poll!(slow.as_mut()).is_pending());
    toy.release(2);
    assert!(quick.await.is_err());
    service.get(Some("smol")).await.unwrap();
    assert!(slow.await.is_err());
    assert_eq!(toy.counts().started, 2);
}

#[tokio::test]
async fn the_last_user_who_goes_takes_the_load_along() {
    let toy = Toy::held("toy");
    let service = service(&toy);
    let users = [ask(&service), ask(&service)];
    toy.until(|counts| counts.started == 1).await;

    let [first, second] = users;
    first.abort();
    assert!(first.await.unwrap_err().is_cancelled());
    assert_eq!(toy.counts().aborted, 0);
    second.abort();
    toy.until(|counts| counts.aborted == 1).await;

    toy.release(1);
    service.get(Some("smol")).await.unwrap();
    assert_eq!(toy.counts().started, 2);
}

#[tokio::test]
async fn a_user_who_goes_leaves_the_load_to_the_others() {
    let toy = Toy::held("toy");
    let service = service(&toy);
    let first = ask(&service);
    toy.until(|counts| counts.started == 1).await;
    let second = ask(&service);
    // The second waits before the first, who has driven the load so far, is gone.
    tokio::task::yield_now().await;
    first.abort();
    let _ = first.await;
    toy.release(1);
    second.await.unwrap().unwrap();
    assert_eq!(toy.counts().aborted, 0);
}

#[tokio::test]
async fn close_ends_loads_and_models_and_leaves_none() {
    let toy = Toy::held("toy");
    let service = service(&toy);
    service
        .replace_loaded("other", toy.model("other"))
        .await
        .unwrap();
    let waiting = ask(&service);
    toy.until(|counts| counts.started == 1).await;

    service.close().await.unwrap();
    assert_eq!(waiting.await.unwrap(), Err(ErrorKind::Closed));
    assert_eq!((toy.counts().aborted, toy.counts().closed), (1, 1));
    assert!(service.list().is_empty());
    service.close().await.unwrap();
    let error = service.get(Some("smol")).await.map(drop).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotFound);
}

#[tokio::test]
async fn progress_comes_with_the_models_name() {
    let toy = Toy::ready("toy");
    let seen = Arc::new(Mutex::new(Vec::new()));
    let sink = Arc::clone(&seen);
    let service = Service::with_registry(&Config::default(), toy.registry()).with_progress(
        move |name, step| sink.lock().unwrap().push(format!("{name}: {}", step.phase)),
    );
    service.add("smol", ModelConfig::at_path(FILE)).unwrap();
    service.get(Some("smol")).await.unwrap();
    assert_eq!(*seen.lock().unwrap(), ["smol: reading"]);
}

#[tokio::test]
async fn a_file_that_is_not_there_is_named_before_any_backend_is_asked() {
    let toy = Toy::ready("toy");
    let service = Service::with_registry(&Config::default(), toy.registry());
    service
        .add("smol", ModelConfig::at_path("/no/such.gguf"))
        .unwrap();
    let error = service.get(Some("smol")).await.map(drop).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotFound);
    assert!(error.to_string().contains("/no/such.gguf"), "{error}");
    assert_eq!(toy.counts().started, 0);
}
