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
    let gone = table.iter().flat_map(|bench| missing(targets, bench));
    let gone = gone.map(|what| format!("{what}: add it, or remove the line"));
    let new = targets
        .iter()
        .filter(|target| !table.iter().any(|bench| names(bench, target)))
        .map(|(package, name)| format!("add the bench target `{name}` of {package} to the table"));
    gone.chain(new)
        .map(|what| Problem::new(TABLE, 0, what))
        .collect()
}

/// What the benchmark names and what is not there.
fn missing(targets: &[(String, String)], bench: &Bench) -> Vec<String> {
    match bench.home {
        Home::Crate(package, names) => names
            .iter()
            .filter(|name| !targets.iter().any(|(p, n)| p == package && n == *name))
            .map(|name| format!("{package} has no bench target `{name}`"))
            .collect(),
        Home::Workspace(folder) if !root().join(folder).join("Cargo.toml").is_file() => {
            vec![format!("{folder} has no Cargo.toml")]
        }
        Home::Workspace(_) => vec![],
    }
}

/// Whether the target is one of the benchmark's.
fn names(bench: &Bench, (package, name): &(String, String)) -> bool {
    matches!(bench.home, Home::Crate(home, names) if home == package && names.contains(&name.as_str()))
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
            peer: None,
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
