//! Disks that are full, ledgers that may not be written or are damaged.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use serde_json::Value;

use crate::score::{Place, RESPONSES};

const MANY: usize = 1500;

/// Responses whose scores take some hundred kilobytes.
fn many() -> String {
    let line = |n| format!("{{\"id\": \"{n}\", \"response\": \"It is {n}.\"}}\n");
    (0..MANY).map(line).collect()
}

fn names(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).expect("readable");
    let name = |entry: std::io::Result<fs::DirEntry>| entry.expect("readable").file_name();
    let mut names: Vec<_> = entries
        .map(|entry| name(entry).to_string_lossy().into_owned())
        .collect();
    names.sort();
    names
}

fn suite(place: &Place) -> Value {
    let done = place.score(&["-s", "heuristic", "--json"]).run().code(0);
    done.json()["summary"]["suites"]["heuristic"].clone()
}

#[test]
fn a_full_disk_is_told_and_the_same_command_goes_on() {
    let place = Place::new(many());
    fs::write(place.path("out.json"), "old").expect("written");
    let old = || fs::read_to_string(place.path("out.json")).expect("there") == "old";
    let full = place.score(&["-s", "heuristic"]).with_files_up_to_kib(256);
    let full = full.run().code(1);
    full.says([
        "ledger.sqlite",
        "no room left",
        "run the same command again",
    ]);
    assert!(old(), "what was there stays");

    let scored = suite(&place);
    let recorded = scored["recorded"].as_u64().expect("a count");
    assert!(recorded > 0, "what was durable is not scored again");
    assert_eq!(scored["new"].as_u64(), Some(MANY as u64 - recorded));

    // Now the ledger has all, and the report finds no room.
    fs::write(place.path("out.json"), "old").expect("written");
    let full = place.score(&["-s", "heuristic"]).with_files_up_to_kib(128);
    let full = full.run().code(1);
    full.says(["no room left for", "out.json", "run the same command again"]);
    assert!(old(), "what was there stays");
    assert_eq!(
        names(place.path("").as_path()),
        ["in.jsonl", "ledger.sqlite", "out.json"]
    );
    assert_eq!(suite(&place)["recorded"], MANY);
}

#[cfg(target_os = "linux")]
#[test]
fn a_full_device_is_named() {
    let place = Place::new(RESPONSES);
    for full in ["--output", "--html"] {
        let args = ["score", "-s", "exact", full, "/dev/full"];
        let path = |name| place.path(name).display().to_string();
        let (input, output, ledger) = (path("in.jsonl"), path("o.json"), path("l.sqlite"));
        let mut done = crate::support::ml(args).args(["--input", &input, "--ledger", &ledger]);
        if full == "--html" {
            done = done.args(["--output", &output]);
        }
        done.run().code(1).says(["no room left for /dev/full"]);
    }
}

#[test]
fn a_ledger_that_may_not_be_written_is_named_and_left_as_it_was() {
    let place = Place::new(RESPONSES);
    place.score(&["-s", "exact"]).run().code(0);
    let ledger = place.path("ledger.sqlite");
    let before = fs::read(&ledger).expect("readable");
    let allow = |path: &Path, mode| {
        fs::set_permissions(path, fs::Permissions::from_mode(mode)).expect("it is ours");
    };
    let folder = place.path("");
    for (file_mode, folder_mode) in [(0o444, 0o755), (0o444, 0o555), (0o644, 0o555)] {
        allow(&ledger, file_mode);
        allow(&folder, folder_mode);
        let refused = place.score(&["-s", "heuristic"]).unprivileged().run();
        allow(&folder, 0o755);
        refused
            .code(1)
            .says(["ledger.sqlite may not be written", "permissions"]);
        assert_eq!(fs::read(&ledger).expect("readable"), before);
    }
    fs::remove_file(&ledger).expect("removed");
    allow(&folder, 0o555);
    let refused = place.score(&["-s", "exact"]).unprivileged().run();
    allow(&folder, 0o755);
    let said = ["cannot open the ledger", "ledger.sqlite", "may be written"];
    refused.code(1).says(said);
}

#[test]
fn a_damaged_ledger_is_named_and_left_as_it_was() {
    let place = Place::new(RESPONSES);
    place.score(&["-s", "exact"]).run().code(0);
    let ledger = place.path("ledger.sqlite");
    let mut bytes = fs::read(&ledger).expect("readable");
    bytes[4096..].fill(0xa5);
    fs::write(&ledger, &bytes).expect("written");
    let refused = place.score(&["-s", "exact"]).run().code(1);
    refused.says(["ledger.sqlite is damaged", "move it away"]);
    assert_eq!(fs::read(&ledger).expect("readable"), bytes);
}
