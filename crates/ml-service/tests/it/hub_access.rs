//! Who asks, what the hub refuses, and what nobody else may learn.

use ml_service::{HubConfig, HubError, PullOptions, Pulled};
use serde_json::json;

use crate::fake_hub::{COMMIT, FakeFile, FakeHub, REPOSITORY, SIGNATURE};
use crate::hub_cache::Cache;
use crate::hub_fault::Fault;

const TOKEN: &str = "hf_topsecret";

fn hub() -> FakeHub {
    FakeHub::new([
        ("m.gguf", FakeFile::large("weights")),
        ("notes.md", FakeFile::small("!")),
    ])
}

fn with_token(hub: &FakeHub, cache: &Cache) -> Result<Pulled, HubError> {
    let config = cache.config(hub).with_token(TOKEN);
    cache.pull_with(hub, config, REPOSITORY, &PullOptions::default())
}

/// An error with all its causes, as they are printed and as they are debugged.
fn said(error: &HubError) -> String {
    let mut causes = vec![error as &dyn std::error::Error];
    while let Some(cause) = causes.last().and_then(|error| error.source()) {
        causes.push(cause);
    }
    let said = causes.iter().map(|error| format!("{error}\n{error:?}\n"));
    said.collect::<Vec<_>>().concat()
}

#[test]
fn the_token_goes_to_the_hub_and_not_where_it_redirects_to() {
    let (hub, cache) = (hub(), Cache::new());
    with_token(&hub, &cache).unwrap();
    let (to_storage, to_hub): (Vec<_>, Vec<_>) =
        hub.seen().into_iter().partition(|seen| seen.to_storage);
    assert_eq!((to_hub.len(), to_storage.len()), (3, 1));
    let bearer = format!("Bearer {TOKEN}");
    for seen in to_hub {
        assert_eq!(seen.authorization.as_ref(), Some(&bearer), "{seen:?}");
    }
    assert_eq!(to_storage[0].authorization, None);
}

#[test]
fn the_token_does_not_go_where_further_pages_are() {
    let (hub, cache) = (hub(), Cache::new());
    hub.pages_of(1);
    hub.pages_elsewhere();
    with_token(&hub, &cache).unwrap();
    let seen = hub.seen();
    let pages = seen.iter().filter(|seen| seen.path.contains("/tree/"));
    let told: Vec<_> = pages.map(|seen| seen.authorization.is_some()).collect();
    assert_eq!(told, [true, false, false]);
}

#[test]
fn without_a_token_nothing_is_sent() {
    let (hub, cache) = (hub(), Cache::new());
    cache.pull(&hub, REPOSITORY).unwrap();
    assert!(hub.seen().iter().all(|seen| seen.authorization.is_none()));
}

#[test]
fn no_error_shows_the_token_or_a_signed_address() {
    let hub = hub();
    for fault in [
        Fault::Status(403, &[]),
        Fault::Status(500, &[]),
        Fault::WebPage,
        Fault::Long,
        Fault::Cut(0),
        Fault::Stall(0),
        Fault::Silent,
        Fault::Circle,
    ] {
        let cache = Cache::new();
        hub.faults("m.gguf", std::iter::repeat_n(fault.clone(), 10));
        let config = cache
            .config(&hub)
            .with_token(TOKEN)
            .with_idle_timeout(std::time::Duration::from_millis(50));
        let error = cache
            .pull_with(&hub, config, REPOSITORY, &PullOptions::default())
            .unwrap_err();
        let said = said(&error);
        assert!(said.contains(&hub.storage()), "{fault:?}: {said}");
        assert!(!said.contains(TOKEN), "{fault:?}: {said}");
        assert!(!said.contains(SIGNATURE), "{fault:?}: {said}");
    }
    let cache = Cache::new();
    assert!(!format!("{:?}", cache.config(&hub).with_token(TOKEN)).contains(TOKEN));
}

#[test]
fn a_token_with_a_line_in_it_is_refused_and_not_shown() {
    let (hub, cache) = (hub(), Cache::new());
    let config = cache.config(&hub).with_token("hf_top\nsecret");
    let error = cache
        .pull_with(&hub, config, REPOSITORY, &PullOptions::default())
        .unwrap_err();
    assert_eq!(error.code(), "invalid_setting");
    assert!(!said(&error).contains("secret"), "{error}");
}

#[track_caller]
fn check_refused(status: u16, fields: &'static [(&str, &str)], token: bool, code: &str) {
    let (hub, cache) = (hub(), Cache::new());
    hub.api(Fault::Status(status, fields));
    let error = if token {
        with_token(&hub, &cache)
    } else {
        cache.pull(&hub, REPOSITORY)
    };
    assert_eq!(error.unwrap_err().code(), code, "{status} {fields:?}");
    assert_eq!(hub.seen().len(), 1, "{status}: it is not asked again");
    assert!(cache.names("blobs").is_empty());
}

#[test]
fn what_the_hub_refuses_is_named_and_not_tried_again() {
    check_refused(
        401,
        &[("x-error-code", "RepoNotFound")],
        false,
        "repository_not_found",
    );
    check_refused(401, &[], true, "token_refused");
    check_refused(403, &[("x-error-code", "GatedRepo")], true, "gated");
    check_refused(403, &[], false, "forbidden");
    check_refused(404, &[], false, "repository_not_found");
    check_refused(429, &[("retry-after", "301")], false, "rate_limited");
}

#[test]
fn a_gated_file_names_the_page_with_its_terms() {
    let hub = FakeHub::new([("m.gguf", FakeFile::small("weights"))]);
    let cache = Cache::new();
    hub.faults(
        "m.gguf",
        [Fault::Status(401, &[("x-error-code", "GatedRepo")])],
    );
    let error = cache.pull(&hub, REPOSITORY).unwrap_err();
    let page = format!("{}/{REPOSITORY}", hub.url());
    assert!(error.to_string().contains(&page), "{error}");
    assert!(error.to_string().contains("HF_TOKEN"), "{error}");
}

#[test]
fn unknown_names_are_errors_that_name_what_there_is() {
    let (hub, cache) = (hub(), Cache::new());
    assert_eq!(
        cache.pull(&hub, "org/other").unwrap_err().code(),
        "repository_not_found"
    );
    let options = PullOptions::default().with_revision("gone");
    let error = cache.pull_with(&hub, cache.config(&hub), REPOSITORY, &options);
    assert_eq!(error.unwrap_err().code(), "revision_not_found");
    let error = cache.pull(&hub, "org/name:n.gguf").unwrap_err();
    assert!(error.to_string().contains("m.gguf"), "{error}");
}

#[test]
fn a_hub_that_is_not_there_is_said_at_once() {
    let hub = hub();
    let cache = Cache::new();
    let nobody = HubConfig::new("http://127.0.0.1:1", cache.path(".")).unwrap();
    let error = cache
        .pull_with(&hub, nobody, REPOSITORY, &PullOptions::default())
        .unwrap_err();
    assert_eq!(error.code(), "connection");
    assert!(error.to_string().contains("127.0.0.1:1"), "{error}");
}

#[track_caller]
fn check_tree(entries: serde_json::Value, code: &str) {
    let (hub, cache) = (hub(), Cache::new());
    hub.tree(entries);
    let error = cache.pull(&hub, "org/name:m.gguf").unwrap_err();
    assert_eq!(error.code(), code, "{error}");
    assert!(cache.names("blobs").is_empty() && cache.names("snapshots").is_empty());
}

#[test]
fn a_list_that_makes_no_sense_is_refused() {
    let oid = FakeFile::small("weights").hash();
    let file = |path: &str| json!([{"type": "file", "path": path, "size": 7, "oid": oid}]);
    for path in [
        "../m.gguf",
        "/m.gguf",
        "a/../../m.gguf",
        "a//m.gguf",
        "a\\..\\m.gguf",
        "",
    ] {
        check_tree(file(path), "unsafe_path");
    }
    for oid in ["", "../../m.gguf", "zz"] {
        let entry = json!([{"type": "file", "path": "m.gguf", "size": 7, "oid": oid}]);
        check_tree(entry, "protocol");
    }
    let lfs = json!({"oid": "../x", "size": 7});
    let entry = json!([{"type": "file", "path": "m.gguf", "size": 7, "oid": oid, "lfs": lfs}]);
    check_tree(entry, "protocol");
    check_tree(
        json!([{"type": "file", "path": "m.gguf", "size": -7, "oid": oid}]),
        "protocol",
    );
    check_tree(json!(["m.gguf"]), "protocol");
}

#[test]
fn what_is_no_hub_is_said() {
    for (fault, code) in [
        (Fault::WebPage, "web_page"),
        (Fault::Text("not JSON".into()), "protocol"),
        (Fault::Text(r#"{"sha": "../../main"}"#.into()), "protocol"),
        (Fault::Text(format!(r#"{{"sha": "{COMMIT}"}}"#)), "protocol"),
        (Fault::Text(" ".repeat(33 << 20)), "protocol"),
        (Fault::Circle, "redirect"),
    ] {
        let (hub, cache) = (hub(), Cache::new());
        hub.api(fault);
        let error = cache.pull(&hub, REPOSITORY).unwrap_err();
        assert_eq!(error.code(), code, "{error}");
    }
}
