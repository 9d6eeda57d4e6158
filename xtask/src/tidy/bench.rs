//! The table of benchmarks and the crates' bench targets agree.

use serde_json::Value;

use super::Problem;
use crate::bench::{BENCHES, Bench};

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
    let is = |bench: &Bench, (package, name): &(String, String)| {
        bench.package == package && bench.name == name
    };
    let gone = table
        .iter()
        .filter(|bench| !targets.iter().any(|target| is(bench, target)));
    let new = targets
        .iter()
        .filter(|target| !table.iter().any(|bench| is(bench, target)));
    let gone = gone.map(|bench| {
        let what = format!(
            "{} has no bench target `{}`: add it, or remove the line",
            bench.package, bench.name
        );
        Problem::new(TABLE, 0, what)
    });
    let new = new.map(|(package, name)| {
        Problem::new(
            TABLE,
            0,
            format!("add the bench target `{name}` of {package} to the table"),
        )
    });
    gone.chain(new).collect()
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
