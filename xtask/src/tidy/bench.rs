//! The table of benchmarks and the crates' bench targets agree.

use serde_json::Value;

use super::Problem;
use crate::bench::{BENCHES, Bench, Home};
use crate::cargo::root;

const TABLE: &str = "xtask/src/bench.rs";

/// Checks the targets in what `cargo metadata --no-deps` says.
pub(super) fn check(metadata: &Value) -> Vec<Problem> {
    compare(&targets(metadata), BENCHES)
}

/// Package and name of every bench target.
fn targets(metadata: &Value) -> Vec<(String, String)> {
    let list = |value: &Value| value.as_array().cloned().unwrap_or_default();
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let mut found = Vec::new();
    for package in list(&metadata["packages"]) {
        for target in list(&package["targets"]) {
            if list(&target["kind"]).iter().any(|kind| kind == "bench") {
                found.push((text(&package["name"]), text(&target["name"])));
            }
        }
    }
    found
}

fn compare(targets: &[(String, String)], table: &[Bench]) -> Vec<Problem> {
    let gone = table.iter().filter_map(|bench| {
        let what = match bench.home {
            Home::Crate(package) if !targets.iter().any(|target| is(bench, target)) => {
                format!("{package} has no bench target `{}`", bench.name)
            }
            Home::Workspace(folder) if !root().join(folder).join("Cargo.toml").is_file() => {
                format!("{folder} has no Cargo.toml")
            }
            _ => return None,
        };
        Some(Problem::new(
            TABLE,
            0,
            format!("{what}: add it, or remove the line"),
        ))
    });
    let new = targets
        .iter()
        .filter(|target| !table.iter().any(|bench| is(bench, target)));
    let new = new.map(|(package, name)| {
        Problem::new(
            TABLE,
            0,
            format!("add the bench target `{name}` of {package} to the table"),
        )
    });
    gone.chain(new).collect()
}

fn is(bench: &Bench, (package, name): &(String, String)) -> bool {
    matches!(bench.home, Home::Crate(home) if home == package) && bench.name == name
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_target_without_a_line_and_a_line_without_a_target_are_named() {
        let found = compare(&[("ml-cli".to_owned(), "other".to_owned())], &BENCHES[..1]);
        let found: Vec<_> = found.iter().map(|problem| problem.what.as_str()).collect();
        assert_eq!(found.len(), 2, "{found:?}");
        assert!(found[0].contains("`sse`"), "{found:?}");
        assert!(found[1].contains("`other` of ml-cli"), "{found:?}");
    }

    #[test]
    fn a_workspace_that_is_not_there_is_named() {
        let lost = Bench {
            name: "lost",
            home: Home::Workspace("benches/lost"),
            what: "",
            oracle: false,
        };
        let found = compare(&[], &[lost]);
        assert_eq!(found.len(), 1, "{found:?}");
        assert!(found[0].what.contains("benches/lost"), "{found:?}");
    }

    #[test]
    fn only_bench_targets_count() {
        let metadata = json!({ "packages": [{
            "name": "backend-http",
            "targets": [
                { "name": "backend-http", "kind": ["lib"] },
                { "name": "sse", "kind": ["bench"] },
            ],
        }]});
        let found = targets(&metadata);
        assert_eq!(found, [("backend-http".to_owned(), "sse".to_owned())]);
        assert_eq!(compare(&found, &BENCHES[..1]), []);
    }
}
