//! The examples do what they say.

use std::fs;

use inference_conformance::fake_server::{Reply, Request, events};
use ml_judge::report::Change;
use tempfile::TempDir;

use crate::server::Server;

#[expect(dead_code, reason = "its `main` is for the command line")]
#[path = "../../examples/compare_checkpoints.rs"]
mod compare_checkpoints;
#[expect(dead_code, reason = "its `main` is for the command line")]
#[path = "../../examples/judge_answers.rs"]
mod judge_answers;

fn inside<T>(work: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    runtime.block_on(work)
}

#[test]
fn a_second_model_judges_a_file_of_answers() {
    let said = r#"{"sovereignty": 8, "ethical_depth": 5, "creative_expression": 4, "self_concept": 6, "reasoning": "plain"}"#;
    let server = Server::new(move |_| Reply::sse(events::chat([said])));
    let folder = TempDir::new().expect("a folder");
    let (answers, ledger) = (
        folder.path().join("a.jsonl"),
        folder.path().join("l.sqlite"),
    );
    let line = "{\"id\": \"a\", \"prompt\": \"Why?\", \"response\": \"So.\"}\n";
    fs::write(&answers, line).expect("written");
    let url = server.url();
    for _ in 0..2 {
        let judged = judge_answers::judge(&url, &answers, &ledger);
        let rows = inside(judged).expect("judged").rows();
        assert_eq!(rows.len(), 4);
        assert_eq!(
            (&*rows[3].label, &*rows[3].value),
            ("semantic.sovereignty", "8.00")
        );
        assert!(rows[3].note.starts_with("untrusted"), "{rows:?}");
    }
    assert_eq!(server.chats().len(), 1, "nothing is judged twice");
}

#[test]
fn two_checkpoints_are_compared() {
    /// Right about every generated probe.
    fn right(request: &Request) -> Reply {
        let probes = ml_judge::generated::generate(7, 5, &[]).expect("known");
        let json = request.json();
        let asked = json["messages"][0]["content"].as_str().expect("text");
        let mut probes = probes.probes().iter();
        let probe = probes.find(|probe| probe.prompt == asked).expect("asked");
        let check = || probe.check.as_ref().map(ml_judge::Check::expected);
        let expected = probe.expected.clone().or_else(check).expect("an answer");
        Reply::sse(events::chat([format!("Answer: {expected}")]))
    }

    let (poor, good) = (Server::saying(&["I do not know."]), Server::new(right));
    let folder = TempDir::new().expect("a folder");
    let ledger = folder.path().join("l.sqlite");
    let (before, after) = (poor.url(), good.url());
    let compared = compare_checkpoints::checkpoints(&before, &after, &ledger);
    let compared = inside(compared).expect("compared");
    assert_eq!(compared.pairs, 80);
    assert_eq!(compared.fields[0].change, Change::Better);
    let again = compare_checkpoints::checkpoints(&after, &before, &ledger);
    let again = inside(again).expect("compared");
    assert_eq!(again.fields[0].change, Change::Worse);
    assert_eq!(good.chats().len(), 80, "nothing is asked twice");
}
