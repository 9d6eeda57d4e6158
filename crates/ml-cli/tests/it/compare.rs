//! `ml compare` of reports as `ml probe` writes them.

use std::path::{Path, PathBuf};

use inference_conformance::fake_server::{Reply, events};

use crate::probe::{Desk, half_right};
use crate::server::Server;
use crate::support::{Done, ml};

/// A desk with a run that is half right, `half.json`, and one that is all right, `right.json`.
fn desk() -> Desk {
    let desk = Desk::new();
    let all_right = Server::new(|request| {
        let json = request.json();
        let prompt = json["messages"][0]["content"].to_string();
        let digits: String = prompt.split(" and ").nth(1).expect("a sum").into();
        let number: String = digits.chars().filter(char::is_ascii_digit).collect();
        let sum = number.parse::<u32>().expect("a number") + 100;
        Reply::sse(events::chat([format!("Answer: {sum}")]))
    });
    for (server, name) in [
        (Server::new(half_right), "half.json"),
        (all_right, "right.json"),
    ] {
        let report = desk.path(name);
        let output = [Path::new("--output"), report.as_path()];
        desk.probe(&server, &format!("{name}.sqlite"))
            .args(output)
            .run()
            .code(0);
    }
    desk
}

fn compare(first: &Path, second: &Path, args: &[&str]) -> Done {
    ml([Path::new("compare"), first, second]).args(args).run()
}

fn both(desk: &Desk) -> (PathBuf, PathBuf) {
    (desk.path("half.json"), desk.path("right.json"))
}

#[test]
fn a_difference_that_shows_has_a_verdict() {
    let desk = desk();
    let (half, right) = both(&desk);
    let done = compare(&half, &right, &["--fail-if-worse"]).code(0);
    for said in [
        "probe.correct",
        "B is better",
        "12 prompts in both",
        "sum_01  0 → 1",
    ] {
        assert!(done.stdout.contains(said), "no {said:?} in {done:?}");
    }
    let json = compare(&half, &right, &["--json"]).code(0).json();
    let field = &json["fields"][0];
    assert_eq!(
        (&field["change"], &field["n"]),
        (&"better".into(), &12.into())
    );
    // Six prompts changed, all in one direction: the exact p-value is 2/64, the mid-p half of it.
    let p = field["p"].as_f64().expect("a number");
    assert!((p - 1.0 / 64.0).abs() < 1e-9, "{p}");
    let page = desk.path("page.html");
    let html = ["--html", page.to_str().expect("a name")];
    compare(&half, &right, &html)
        .code(0)
        .says(["wrote", "page.html"]);
    let page = std::fs::read_to_string(page).expect("a page");
    assert!(page.contains("sum_01") && page.contains("How much is 100 and 1?"));
    let worse = compare(&right, &half, &[]).code(0);
    assert!(worse.stdout.contains("B is worse"), "{worse:?}");
    compare(&right, &half, &["--fail-if-worse"]).code(1);
}

#[test]
fn where_nobody_can_tell_it_says_so() {
    let desk = desk();
    let (half, _) = both(&desk);
    let done = compare(&half, &half, &["--fail-if-worse"]).code(0);
    assert!(done.stdout.contains("cannot tell"), "{done:?}");
    assert!(
        done.stdout
            .contains("nobody can tell in probe.correct: of 12 prompts none differs"),
        "{done:?}"
    );
    assert!(!done.stdout.contains("differs in"), "{done:?}");
}

#[test]
fn items_that_differ_are_named_up_to_a_number() {
    let desk = desk();
    let (half, right) = both(&desk);
    let done = compare(&half, &right, &["--items", "2"]).code(0);
    assert!(
        done.stdout.contains("probe.correct differs in 6:"),
        "{done:?}"
    );
    assert!(done.stdout.contains("and 4 more"), "{done:?}");
    assert_eq!(done.stdout.matches('→').count(), 2, "{done:?}");
}

#[test]
fn files_that_cannot_be_compared_are_named_with_the_reason() {
    let desk = desk();
    let (half, _) = both(&desk);
    let missing = desk.path("missing.json");
    compare(&half, &missing, &[]).code(2).says(["missing.json"]);
    let text = desk.path("sums.toml");
    compare(&text, &half, &[])
        .code(2)
        .says(["sums.toml", "no report"]);
    let empty = desk.path("empty.json");
    std::fs::write(&empty, "{}").expect("written");
    compare(&half, &empty, &[]).code(2).says(["empty.json"]);
    let other = Server::saying(&["Answer: 1"]);
    let report = desk.path("other.json");
    let args = [Path::new("--output"), report.as_path()];
    ml(["probe", "--url", &other.url(), "--limit", "2"])
        .args(args)
        .run()
        .code(0);
    compare(&half, &report, &[])
        .code(2)
        .says(["no prompt in common"]);
}
