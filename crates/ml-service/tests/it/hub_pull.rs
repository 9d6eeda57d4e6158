//! Models that are fetched from a hub, and found afterwards.

use std::fs;
use std::path::Path;
use std::sync::{Arc, Mutex};

use inference_core::{ErrorKind, LoadOptions};
use ml_service::{HubError, PullOptions, PulledKind};

use crate::fake_hub::{COMMIT, FakeFile, FakeHub, REPOSITORY};
use crate::hub_cache::Cache;
use crate::hub_fault::Fault;

const CONFIG: &str = r#"{"model_type": "llama", "max_position_embeddings": 2048}"#;

/// Bytes that are not all the same.
pub(crate) fn bytes(length: usize) -> Vec<u8> {
    let byte = |index: usize| (index * 7 + index / 251).to_le_bytes()[0];
    (0..length).map(byte).collect()
}

fn folder() -> FakeHub {
    FakeHub::new([
        (".gitattributes", FakeFile::small("*.safetensors lfs")),
        ("config.json", FakeFile::small(CONFIG)),
        ("model.safetensors", FakeFile::large(bytes(300_000))),
        ("onnx/model.onnx", FakeFile::large("another format")),
        ("pytorch_model.bin", FakeFile::large("a pickle")),
        ("tokenizer.json", FakeFile::small("{}")),
    ])
}

fn ggufs() -> FakeHub {
    FakeHub::new([
        ("README.md", FakeFile::small("read me")),
        ("m-Q4_0.gguf", FakeFile::large("four")),
        (
            "q8/m-Q8_0-00001-of-00002.gguf",
            FakeFile::large("eight, first"),
        ),
        (
            "q8/m-Q8_0-00002-of-00002.gguf",
            FakeFile::large("eight, second"),
        ),
    ])
}

#[test]
fn a_model_folder_lies_in_the_cache_as_other_tools_expect_it() {
    let (hub, cache) = (folder(), Cache::new());
    let pulled = cache.pull(&hub, REPOSITORY).unwrap();
    assert_eq!(pulled.kind, PulledKind::Folder);
    assert_eq!(
        (pulled.commit.as_str(), &pulled.path),
        (COMMIT, &cache.snapshot())
    );
    assert_eq!(pulled.reference.as_deref(), Some(REPOSITORY));
    assert!(pulled.files.iter().all(|file| !file.was_there));

    let names = ["config.json", "model.safetensors", "tokenizer.json"];
    assert_eq!(cache.names(&format!("snapshots/{COMMIT}")), names);
    let refs = fs::read_to_string(cache.path("refs/main")).unwrap();
    assert_eq!(refs, COMMIT);
    let hash = FakeFile::large(bytes(300_000)).hash();
    let link = fs::read_link(cache.snapshot().join("model.safetensors")).unwrap();
    assert_eq!(link, Path::new("../../blobs").join(&hash));
    assert_eq!(fs::read(cache.blob(&hash)).unwrap(), bytes(300_000));
    let hash = FakeFile::small(CONFIG).hash();
    assert_eq!(fs::read_to_string(cache.blob(&hash)).unwrap(), CONFIG);
    assert_eq!(cache.names("blobs").len(), 3);
    assert_eq!(cache.names("."), ["blobs", "refs", "snapshots"]);
}

#[test]
fn the_model_is_found_by_its_repository() {
    let (hub, cache) = (folder(), Cache::new());
    let service = cache.service();
    let open = || service.open(Some(REPOSITORY), &LoadOptions::default());
    assert_eq!(open().unwrap_err().kind(), ErrorKind::NotFound);
    cache.pull(&hub, REPOSITORY).unwrap();
    assert_eq!(open().unwrap(), REPOSITORY);
    let found = cache.places().discover();
    assert_eq!(found.len(), 1, "{found:?}");
    assert_eq!(found[0].problem, None);
    assert_eq!(found[0].path, cache.snapshot());
    assert_eq!(found[0].context_length, Some(2048));
}

#[test]
fn what_is_there_is_not_fetched_again() {
    let (hub, cache) = (folder(), Cache::new());
    cache.pull(&hub, REPOSITORY).unwrap();
    let pulled = cache.pull(&hub, REPOSITORY).unwrap();
    assert!(pulled.files.iter().all(|file| file.was_there));
    assert_eq!(hub.starts("model.safetensors"), [0]);
    assert_eq!(hub.starts("config.json"), [0]);
}

#[test]
fn a_blob_of_another_size_is_replaced() {
    let (hub, cache) = (folder(), Cache::new());
    cache.pull(&hub, REPOSITORY).unwrap();
    let blob = cache.blob(&FakeFile::small(CONFIG).hash());
    fs::write(&blob, "{}").unwrap();
    cache.pull(&hub, REPOSITORY).unwrap();
    assert_eq!(fs::read_to_string(&blob).unwrap(), CONFIG);
}

#[test]
fn several_gguf_files_are_a_choice() {
    let (hub, cache) = (ggufs(), Cache::new());
    let error = cache.pull(&hub, REPOSITORY).unwrap_err();
    let HubError::Choose { choices, .. } = &error else {
        panic!("{error}");
    };
    let choices: Vec<_> = choices
        .iter()
        .map(|choice| (choice.file.as_str(), choice.bytes, choice.parts))
        .collect();
    let expected = [
        ("m-Q4_0.gguf", 4, 1),
        ("q8/m-Q8_0-00001-of-00002.gguf", 25, 2),
    ];
    assert_eq!(choices, expected);
    assert!(cache.names("blobs").is_empty());
}

#[test]
fn one_gguf_file_is_fetched_and_found_by_name_and_by_repository() {
    let (hub, cache) = (ggufs(), Cache::new());
    let pulled = cache.pull(&hub, "org/name:m-Q4_0.gguf").unwrap();
    assert_eq!(pulled.kind, PulledKind::Gguf);
    assert_eq!(pulled.path, cache.snapshot().join("m-Q4_0.gguf"));
    assert_eq!(pulled.reference.as_deref(), Some("org/name:m-Q4_0.gguf"));
    let service = cache.service();
    for reference in [
        "org/name:m-Q4_0.gguf",
        "org/name:Q4_0",
        REPOSITORY,
        "org/name/m-Q4_0",
    ] {
        let name = service.open(Some(reference), &LoadOptions::default());
        assert_eq!(name.unwrap(), "org/name/m-Q4_0", "{reference}");
    }
    for reference in ["org/name:m-Q8_0.gguf", "other/name", "org/name:other.gguf"] {
        let error = service.open(Some(reference), &LoadOptions::default());
        assert_eq!(
            error.unwrap_err().kind(),
            ErrorKind::NotFound,
            "{reference}"
        );
    }
}

#[test]
fn one_part_brings_all_parts() {
    let (hub, cache) = (ggufs(), Cache::new());
    let pulled = cache
        .pull(&hub, "org/name:m-Q8_0-00001-of-00002.gguf")
        .unwrap();
    let files: Vec<_> = pulled.files.iter().map(|file| file.path.as_str()).collect();
    assert_eq!(
        files,
        [
            "q8/m-Q8_0-00001-of-00002.gguf",
            "q8/m-Q8_0-00002-of-00002.gguf"
        ]
    );
    let link = fs::read_link(cache.snapshot().join(files[1])).unwrap();
    assert!(link.starts_with("../../../blobs"), "{link:?}");
    assert_eq!(
        fs::read_to_string(cache.snapshot().join(files[1])).unwrap(),
        "eight, second"
    );
    let reference = pulled.reference.unwrap();
    let name = cache
        .service()
        .open(Some(&reference), &LoadOptions::default());
    assert_eq!(name.unwrap(), "org/name/m-Q8_0");
}

#[test]
fn several_files_of_a_repository_need_a_name_to_be_found() {
    let (hub, cache) = (ggufs(), Cache::new());
    cache.pull(&hub, "org/name:Q4_0").unwrap();
    cache.pull(&hub, "org/name:Q8_0").unwrap();
    let service = cache.service();
    let open = |reference| service.open(Some(reference), &LoadOptions::default());
    assert_eq!(
        open(REPOSITORY).unwrap_err().kind(),
        ErrorKind::InvalidRequest
    );
    assert_eq!(open("org/name:Q4_0").unwrap(), "org/name/m-Q4_0");
}

#[test]
fn a_revision_is_a_branch_a_pull_request_or_a_commit() {
    let hub = folder();
    for (revision, refs) in [
        ("v1.0", &["v1.0"][..]),
        ("refs/pr/1", &["refs"]),
        (COMMIT, &[]),
    ] {
        let cache = Cache::new();
        let options = PullOptions::default().with_revision(revision);
        let pulled = cache
            .pull_with(&hub, cache.config(&hub), REPOSITORY, &options)
            .unwrap();
        assert_eq!(cache.names("refs"), refs);
        // Another revision may be `main` later, so the model is known by its path.
        assert_eq!(
            pulled.reference,
            Some(cache.snapshot().display().to_string())
        );
    }
    let seen = hub.seen();
    let asked = |path: &str| seen.iter().any(|seen| seen.path.ends_with(path));
    assert!(
        asked("/revision/v1.0") && asked("/revision/refs%2Fpr%2F1"),
        "{seen:?}"
    );
}

#[test]
fn a_revision_that_could_leave_the_cache_is_refused_before_anything_is_sent() {
    let (hub, cache) = (folder(), Cache::new());
    for revision in ["../../x", "/x", "a//b", ""] {
        let options = PullOptions::default().with_revision(revision);
        let error = cache
            .pull_with(&hub, cache.config(&hub), REPOSITORY, &options)
            .unwrap_err();
        assert_eq!(error.code(), "invalid_revision", "{revision}");
    }
    assert!(hub.seen().is_empty());
}

#[test]
fn a_list_of_many_pages_is_read_to_its_end() {
    let (hub, cache) = (folder(), Cache::new());
    hub.pages_of(2);
    let pulled = cache.pull(&hub, REPOSITORY).unwrap();
    assert_eq!(pulled.files.len(), 3);
}

#[test]
fn progress_ends_with_every_byte() {
    let (hub, cache) = (folder(), Cache::new());
    hub.faults("model.safetensors", [Fault::Wrong, Fault::Cut(1000)]);
    let last = Arc::new(Mutex::new(None));
    let seen = Arc::clone(&last);
    let options = PullOptions::default().with_progress(move |progress| {
        assert!(
            progress.files == 0 || progress.bytes_done <= progress.bytes,
            "{progress:?}"
        );
        *seen.lock().unwrap() = Some(progress.clone());
    });
    cache
        .pull_with(&hub, cache.config(&hub), REPOSITORY, &options)
        .unwrap();
    let last = last.lock().unwrap().take().unwrap();
    assert_eq!((last.files, last.files_done), (3, 3));
    assert_eq!((last.bytes, last.bytes_done), (last.bytes, last.bytes));
    assert_eq!(last.bytes, 300_000 + CONFIG.len() as u64 + 2);
}
