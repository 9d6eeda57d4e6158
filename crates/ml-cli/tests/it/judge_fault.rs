//! Judges that hang, refuse, talk nonsense or are not there.

use std::fs;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use inference_conformance::fake_server::{Reply, Request, events};
use serde_json::{Value, json};

use crate::score::{Place, RESPONSES};
use crate::server::{Server, stalling};

const GOOD: &str = r#"{"sovereignty": 8, "ethical_depth": 5, "creative_expression": 4, "self_concept": 6, "reasoning": "plain"}"#;

fn good() -> Reply {
    Reply::sse(events::chat([GOOD]))
}

fn semantic(place: &Place) -> Value {
    place.scores()["counts"]["unscored"]["semantic"].clone()
}

#[test]
fn a_judge_that_hangs_is_given_up_at_the_deadline_and_asked_again_by_the_next_run() {
    let hangs = Arc::new(AtomicBool::new(true));
    let is_hanging = Arc::clone(&hangs);
    let server = Server::new(move |request: &Request| {
        let asked = request.json().to_string();
        if is_hanging.load(Ordering::SeqCst) && asked.contains("2 + 3?") {
            stalling(&["{"])
        } else {
            good()
        }
    });
    let place = Place::new(RESPONSES);
    let url = server.url();
    let args = ["-s", "semantic", "--judge", &url, "--deadline", "2"];
    let done = place.score(&args).run().code(0);
    done.says(["semantic: 2 new, 1 failed", "1 deadline"]);
    assert_eq!(semantic(&place), json!({"nothing came within 2 s": 1}));
    hangs.store(false, Ordering::SeqCst);
    let done = place.score(&args).run().code(0);
    done.says(["semantic: 1 new, 2 from the ledger"]);
    assert_eq!(server.chats().len(), 4);
}

#[test]
fn a_judge_that_asks_for_patience_gets_it() {
    let asked = Arc::new(AtomicBool::new(false));
    let server = Server::new(move |_| {
        if asked.swap(true, Ordering::SeqCst) {
            good()
        } else {
            Reply::error(429, "slow down").header("Retry-After", "0")
        }
    });
    let place = Place::new(RESPONSES);
    let url = server.url();
    let args = ["-s", "semantic", "--judge", &url, "--concurrency", "auto"];
    place.score(&args).run().code(0).says(["semantic: 3 new"]);
    assert_eq!(server.chats().len(), 4);
}

#[track_caller]
fn fails(reply: impl Fn() -> Reply + Send + Sync + 'static, code: &str, reason: &str) {
    let server = Server::new(move |_| reply());
    let place = Place::new(RESPONSES);
    let url = server.url();
    let done = place.score(&["-s", "exact,semantic", "--judge", &url]);
    let done = done.run().code(1);
    let failed = format!("3 {code}");
    let done = done.says([&failed, "nothing came of semantic", "exact: 2 new"]);
    assert!(done.stdout.contains(reason), "no {reason:?} in {done:?}");
    assert_eq!(place.scores()["items"].as_array().map(Vec::len), Some(3));
    let again = place.score(&["-s", "exact,semantic", "--judge", &url]);
    let again = again.run().code(1);
    again.says(["exact: 0 new, 2 from the ledger", "0 new, 3 failed"]);
}

#[test]
fn a_judge_that_never_judges_is_a_failure_with_its_reason_and_others_score() {
    let busy = || Reply::error(429, "come back later").header("Retry-After", "3600");
    fails(busy, "rate_limited", "to be tried again after 3600s");
    let said = |text: &'static str| move || Reply::sse(events::chat([text]));
    fails(said("I like it."), "unreadable", "\"I like it.\"");
    fails(said(""), "unreadable", "it is empty");
    fails(|| Reply::raw(""), "connection", "broke before a reply came");
    fails(|| Reply::raw("garbage\r\n\r\n"), "connection", "http");
    let broken = || Reply::text(200, "text/event-stream", "data: {\"choices\": [\n\n");
    fails(broken, "protocol", "http");
}

#[test]
fn a_judge_that_is_not_there_is_told_before_anything_is_done() {
    let url = {
        let gone = Server::new(|_| good());
        gone.url()
    };
    let place = Place::new(RESPONSES);
    fs::write(place.path("out.json"), "old").expect("written");
    let args = ["-s", "exact,semantic", "--judge", &url];
    let refused = place.score(&args).run().code(1);
    refused.says([&url, "is the server running?"]);
    let old = fs::read_to_string(place.path("out.json")).expect("there");
    assert_eq!(old, "old");
    let kept = place.score(&args).args(["--keep-going"]).run().code(0);
    kept.says([&url, "passed over:", "semantic", "exact: 2 new"]);
    assert_eq!(place.scores()["items"].as_array().map(Vec::len), Some(3));
    let only = ["-s", "semantic", "--judge", &url, "--keep-going"];
    place.score(&only).run().code(1).says([&*url]);
}
