//! Connections that break, bytes that are wrong, disks that are full, others who fetch the same.

use std::fs::{self, File};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use ml_service::{Hub, HubError, PullOptions};
use serde_json::json;

use crate::fake_hub::{FakeFile, FakeHub, REPOSITORY};
use crate::hub_cache::Cache;
use crate::hub_fault::Fault;
use crate::hub_pull::bytes;

const FILE: &str = "m.gguf";
const LENGTH: usize = 200_000;

fn hub(faults: impl IntoIterator<Item = Fault>) -> FakeHub {
    let hub = FakeHub::new([(FILE, file())]);
    hub.faults(FILE, faults);
    hub
}

fn file() -> FakeFile {
    FakeFile::large(bytes(LENGTH))
}

/// The file is whole, under its hash and its name, and nothing is left of the way there.
#[track_caller]
fn check_whole(cache: &Cache) {
    assert_eq!(
        fs::read(cache.snapshot().join(FILE)).unwrap(),
        bytes(LENGTH)
    );
    assert_eq!(cache.names("blobs"), [file().hash()]);
}

/// Nothing is taken for a file or a model.
#[track_caller]
fn check_nothing(cache: &Cache) {
    assert!(!cache.blob(&file().hash()).exists());
    assert!(cache.names("snapshots").is_empty() && cache.names("refs").is_empty());
    assert_eq!(cache.places().discover(), []);
}

#[test]
fn a_broken_connection_goes_on_where_it_broke() {
    let (hub, cache) = (hub([Fault::Cut(7000), Fault::Cut(5000)]), Cache::new());
    cache.pull(&hub, REPOSITORY).unwrap();
    check_whole(&cache);
    assert_eq!(hub.starts(FILE), [0, 7000, 12_000]);
}

#[test]
fn a_body_that_ends_early_and_looks_whole_goes_on_too() {
    let (hub, cache) = (hub([Fault::Short(1)]), Cache::new());
    cache.pull(&hub, REPOSITORY).unwrap();
    check_whole(&cache);
    assert_eq!(hub.starts(FILE), [0, 1]);
}

#[test]
fn a_pull_that_was_dropped_goes_on_in_the_next_one() {
    let (hub, cache) = (hub([Fault::Stall(80_000)]), Cache::new());
    let came = Arc::new(tokio::sync::Notify::new());
    let seen = Arc::clone(&came);
    let options = PullOptions::default().with_progress(move |progress| {
        if progress.bytes_done == 80_000 {
            seen.notify_one();
        }
    });
    hub.block_on(async {
        let client = Hub::new(cache.config(&hub)).unwrap();
        let model = REPOSITORY.parse().unwrap();
        tokio::select! {
            pulled = client.pull(&model, &options) => panic!("{pulled:?}"),
            () = came.notified() => {}
        }
    });
    check_nothing(&cache);
    assert_eq!(
        fs::metadata(cache.partial(&file().hash())).unwrap().len(),
        80_000
    );
    cache.pull(&hub, REPOSITORY).unwrap();
    check_whole(&cache);
    assert_eq!(hub.starts(FILE), [0, 80_000]);
}

#[test]
fn a_server_without_ranges_begins_anew() {
    let (hub, cache) = (hub([Fault::Cut(7000), Fault::NoRange]), Cache::new());
    cache.pull(&hub, REPOSITORY).unwrap();
    check_whole(&cache);
    assert_eq!(hub.starts(FILE).len(), 2);
}

#[test]
fn a_wrong_beginning_from_elsewhere_costs_a_second_attempt() {
    for left in [
        bytes(LENGTH / 2).into_iter().rev().collect(),
        vec![0; LENGTH],
        vec![0; LENGTH + 1],
    ] {
        let (hub, cache) = (hub([]), Cache::new());
        let partial = cache.partial(&file().hash());
        fs::create_dir_all(partial.parent().unwrap()).unwrap();
        fs::write(&partial, left).unwrap();
        cache.pull(&hub, REPOSITORY).unwrap();
        check_whole(&cache);
        assert_eq!(hub.starts(FILE).last(), Some(&0));
    }
}

#[test]
fn a_file_that_is_all_there_is_only_checked() {
    let (hub, cache) = (hub([]), Cache::new());
    let partial = cache.partial(&file().hash());
    fs::create_dir_all(partial.parent().unwrap()).unwrap();
    fs::write(&partial, bytes(LENGTH)).unwrap();
    cache.pull(&hub, REPOSITORY).unwrap();
    check_whole(&cache);
    assert_eq!(hub.starts(FILE), [0; 0]);
}

#[test]
fn wrong_bytes_are_fetched_once_more_and_then_refused() {
    let (once, cache) = (hub([Fault::Wrong]), Cache::new());
    cache.pull(&once, REPOSITORY).unwrap();
    check_whole(&cache);

    let (twice, cache) = (hub([Fault::Wrong, Fault::Wrong]), Cache::new());
    let error = cache.pull(&twice, REPOSITORY).unwrap_err();
    assert!(matches!(error, HubError::WrongHash { .. }), "{error}");
    assert!(error.to_string().contains(&file().hash()), "{error}");
    check_nothing(&cache);
    assert!(cache.names("blobs").is_empty());
    cache.pull(&twice, REPOSITORY).unwrap();
    check_whole(&cache);
}

#[test]
fn small_files_are_checked_like_large_ones() {
    let hub = FakeHub::new([
        ("config.json", FakeFile::small("{\"a\": 1}")),
        ("model.safetensors", FakeFile::large("weights")),
    ]);
    hub.faults("config.json", [Fault::Wrong, Fault::Wrong]);
    let cache = Cache::new();
    let error = cache.pull(&hub, REPOSITORY).unwrap_err();
    assert_eq!(error.code(), "wrong_hash");
    check_nothing(&cache);
}

#[test]
fn another_size_is_refused() {
    let (longer, cache) = (hub([Fault::Long]), Cache::new());
    let error = cache.pull(&longer, REPOSITORY).unwrap_err();
    assert_eq!(error.code(), "unexpected_size");
    check_nothing(&cache);

    // What a server sends that knows nothing of large files.
    let pointer = Fault::Text("version https://git-lfs.github.com/spec/v1".into());
    let (pointer, cache) = (hub([pointer]), Cache::new());
    let error = cache.pull(&pointer, REPOSITORY).unwrap_err();
    assert!(error.to_string().contains("42 bytes"), "{error}");
    check_nothing(&cache);
}

#[test]
fn a_web_page_is_no_file() {
    let (hub, cache) = (hub([Fault::WebPage]), Cache::new());
    let error = cache.pull(&hub, REPOSITORY).unwrap_err();
    assert_eq!(error.code(), "web_page");
    assert!(error.to_string().contains(FILE), "{error}");
    check_nothing(&cache);
}

#[test]
fn a_server_in_trouble_is_asked_again_a_few_times() {
    let trouble = Fault::Status(500, &[]);
    let (hub, cache) = (hub([trouble.clone(), trouble.clone()]), Cache::new());
    cache.pull(&hub, REPOSITORY).unwrap();
    check_whole(&cache);
    assert_eq!(hub.starts(FILE).len(), 3);

    let cache = Cache::new();
    hub.faults(FILE, std::iter::repeat_n(trouble, 9));
    let error = cache.pull(&hub, REPOSITORY).unwrap_err();
    assert_eq!(error.code(), "unavailable");
    assert_eq!(hub.starts(FILE).len(), 3 + 5);
    check_nothing(&cache);
}

#[test]
fn progress_makes_failures_count_anew() {
    let length = 12 << 20;
    let hub = FakeHub::new([(FILE, FakeFile::large(bytes(length)))]);
    hub.faults(FILE, std::iter::repeat_n(Fault::Cut(2 << 20), 6));
    let cache = Cache::new();
    cache.pull(&hub, REPOSITORY).unwrap();
    assert!(hub.starts(FILE).len() > 5, "{:?}", hub.starts(FILE));
    assert_eq!(
        fs::metadata(cache.snapshot().join(FILE)).unwrap().len(),
        length as u64
    );
}

#[test]
fn a_server_that_asks_to_wait_is_waited_for() {
    let busy = Fault::Status(429, &[("retry-after", "1")]);
    let (hub, cache) = (hub([busy]), Cache::new());
    cache.pull(&hub, REPOSITORY).unwrap();
    check_whole(&cache);
    let seen: Vec<_> = hub
        .seen()
        .into_iter()
        .filter(|seen| seen.to_storage)
        .collect();
    assert_eq!(seen.len(), 2);
    assert!(seen[1].at - seen[0].at >= Duration::from_secs(1));
}

#[test]
fn a_server_that_falls_silent_is_asked_again_and_a_slow_one_is_not() {
    let (hub, cache) = (hub([Fault::Stall(1000), Fault::Slow(20)]), Cache::new());
    let config = cache
        .config(&hub)
        .with_idle_timeout(Duration::from_millis(200));
    cache
        .pull_with(&hub, config, REPOSITORY, &PullOptions::default())
        .unwrap();
    check_whole(&cache);
    assert_eq!(hub.starts(FILE), [0, 1000]);

    let cache = Cache::new();
    hub.faults(FILE, std::iter::repeat_n(Fault::Stall(0), 9));
    let config = cache
        .config(&hub)
        .with_idle_timeout(Duration::from_millis(20));
    let error = cache.pull_with(&hub, config, REPOSITORY, &PullOptions::default());
    assert_eq!(error.unwrap_err().code(), "timeout");
    check_nothing(&cache);
}

#[test]
fn what_does_not_fit_the_disk_is_not_begun() {
    let (hub, cache) = (hub([]), Cache::new());
    let lfs = json!({"oid": file().hash(), "size": u64::MAX});
    let entry = json!({"type": "file", "path": FILE, "size": 1, "oid": "", "lfs": lfs});
    let other =
        json!({"type": "file", "path": "b/m.gguf", "size": u64::MAX, "oid": "ab".repeat(20)});
    hub.tree(json!([entry, other]));
    assert_eq!(cache.pull(&hub, REPOSITORY).unwrap_err().code(), "choose");
    let error = cache.pull(&hub, "org/name:m.gguf").unwrap_err();
    assert_eq!(error.code(), "no_space");
    assert!(error.to_string().contains("HF_HUB_CACHE"), "{error}");
    assert_eq!(hub.starts(FILE), [0; 0]);
    check_nothing(&cache);
}

#[test]
fn a_cache_that_cannot_be_written_is_named() {
    let (hub, cache) = (hub([]), Cache::new());
    fs::write(cache.folder(), "no folder").unwrap();
    let error = cache.pull(&hub, REPOSITORY).unwrap_err();
    assert_eq!(error.code(), "cache");
    assert!(error.to_string().contains("models--org--name"), "{error}");
}

#[test]
fn whoever_comes_second_waits_and_fetches_nothing() {
    let (hub, cache) = (hub([Fault::Slow(10)]), Cache::new());
    let pull = || {
        let client = Hub::new(cache.config(&hub)).unwrap();
        tokio::spawn(async move {
            let model = REPOSITORY.parse().unwrap();
            client.pull(&model, &PullOptions::default()).await.unwrap()
        })
    };
    let (first, second) = hub.block_on(async { tokio::join!(pull(), pull()) });
    let (first, second) = (first.unwrap(), second.unwrap());
    check_whole(&cache);
    assert_eq!(hub.starts(FILE), [0]);
    assert_ne!(first.files[0].was_there, second.files[0].was_there);
}

#[test]
fn a_lock_is_waited_for_but_not_for_ever() {
    let (hub, cache) = (hub([]), Cache::new());
    let path = cache.lock(&file().hash());
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    let lock = File::create(&path).unwrap();
    lock.lock().unwrap();
    let impatient = || {
        cache
            .config(&hub)
            .with_lock_patience(Duration::from_millis(50))
    };
    let options = PullOptions::default();
    let error = cache
        .pull_with(&hub, impatient(), REPOSITORY, &options)
        .unwrap_err();
    assert_eq!(error.code(), "busy");
    assert!(
        error.to_string().contains(path.to_str().unwrap()),
        "{error}"
    );

    let waited = Arc::new(AtomicBool::new(false));
    let lock = std::sync::Mutex::new(Some(lock));
    let options = {
        let waited = Arc::clone(&waited);
        PullOptions::default().with_progress(move |progress| {
            if progress.waiting.is_some() {
                waited.store(true, Ordering::SeqCst);
                drop(lock.lock().unwrap().take());
            }
        })
    };
    cache
        .pull_with(&hub, cache.config(&hub), REPOSITORY, &options)
        .unwrap();
    check_whole(&cache);
    assert!(waited.load(Ordering::SeqCst));
}
