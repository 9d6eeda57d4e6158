//! Which of our crates may depend on which.

use std::fs;
use std::path::Path;

use serde_json::Value;

use super::Problem;

/// A crate, and those of ours that it may depend on. Contracts come first, what joins everything last.
const ALLOWED: &[(&str, &[&str])] = &[
    ("inference-core", &[]),
    ("openai-wire", &[]),
    ("model-formats", &["inference-core"]),
    (CONFORMANCE, &["inference-core"]),
    ("ml-judge", &["inference-core"]),
    ("backend-http", &["inference-core", "openai-wire"]),
    ("backend-llama", &["inference-core", "backend-http"]),
    ("backend-mlx", &["inference-core", "model-formats"]),
    ("ml-agent", &["inference-core", "ml-judge", "model-formats"]),
    (
        "ml-service",
        &[
            "inference-core",
            "openai-wire",
            "model-formats",
            CONFORMANCE,
            "ml-judge",
            "backend-http",
            "backend-llama",
            "backend-mlx",
            "ml-agent",
        ],
    ),
    (
        "ml-cli",
        &["inference-core", "ml-service", "ml-judge", "ml-agent"],
    ),
    ("xtask", &[]),
];

/// Any crate may run these checks in its tests.
const CONFORMANCE: &str = "inference-conformance";

/// Checks the dependencies in what `cargo metadata --no-deps` says.
pub(super) fn check(root: &Path, metadata: &Value) -> Vec<Problem> {
    let packages = list(&metadata["packages"]);
    let ours: Vec<_> = packages
        .iter()
        .map(|package| text(&package["name"]))
        .collect();
    let mut problems = Vec::new();
    for package in packages {
        let manifest = text(&package["manifest_path"]);
        let name = text(&package["name"]);
        let mut report = |dependency: &str, what: String| {
            let line = line_of(manifest, dependency);
            let path = Path::new(manifest);
            let path = path
                .strip_prefix(root)
                .unwrap_or(path)
                .to_string_lossy()
                .replace('\\', "/");
            problems.push(Problem::new(&path, line, what));
        };
        let Some((_, allowed)) = ALLOWED.iter().find(|(crate_name, _)| *crate_name == name) else {
            report(
                "name",
                format!("say in xtask/src/tidy/dependency.rs what {name} may depend on"),
            );
            continue;
        };
        for dependency in list(&package["dependencies"]) {
            let target = text(&dependency["name"]);
            if ours.contains(&target) && !is_allowed(allowed, dependency) {
                report(
                    target,
                    format!("{name} must not depend on {target}: see xtask/src/tidy/dependency.rs"),
                );
            }
        }
    }
    problems
}

fn is_allowed(allowed: &[&str], dependency: &Value) -> bool {
    let name = text(&dependency["name"]);
    let for_tests = dependency["kind"] == "dev";
    allowed.contains(&name) || (for_tests && name == CONFORMANCE)
}

/// The line of a manifest that begins with the word; 0 where there is none.
fn line_of(manifest: &str, word: &str) -> usize {
    let text = fs::read_to_string(manifest).unwrap_or_default();
    text.lines()
        .position(|line| line.starts_with(word))
        .map_or(0, |index| index + 1)
}

fn list(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    /// The problems of a workspace in which `from` depends on `to`.
    fn problems(from: &str, to: &str, kind: Option<&str>) -> Vec<Problem> {
        let packages = [from, to].map(|name| {
            let dependencies = if name == from {
                json!([{ "name": to, "kind": kind }, { "name": "serde", "kind": null }])
            } else {
                json!([])
            };
            json!({
                "name": name,
                "manifest_path": format!("/repository/crates/{name}/Cargo.toml"),
                "dependencies": dependencies,
            })
        });
        check(Path::new("/repository"), &json!({ "packages": packages }))
    }

    #[test]
    fn dependencies_point_towards_the_contracts() {
        assert_eq!(problems("backend-llama", "backend-http", None), []);
        let wrong = problems("backend-http", "backend-llama", None);
        assert_eq!(wrong.len(), 1, "{wrong:?}");
        assert_eq!(wrong[0].path, "crates/backend-http/Cargo.toml");
        assert!(wrong[0].what.contains("backend-llama"), "{wrong:?}");
    }

    #[test]
    fn build_and_test_dependencies_count_too() {
        assert_eq!(
            problems("inference-core", "openai-wire", Some("build")).len(),
            1
        );
        assert_eq!(
            problems("inference-core", "openai-wire", Some("dev")).len(),
            1
        );
    }

    #[test]
    fn conformance_is_for_tests() {
        assert_eq!(problems("backend-http", CONFORMANCE, Some("dev")), []);
        assert_eq!(problems("backend-http", CONFORMANCE, None).len(), 1);
    }

    #[test]
    fn a_crate_without_an_entry_is_named() {
        let found = problems("backend-new", "inference-core", None);
        assert_eq!(found.len(), 1, "{found:?}");
        assert!(found[0].what.contains("backend-new"), "{found:?}");
    }

    #[test]
    fn the_table_itself_has_no_cycle() {
        let earlier = |name: &str| ALLOWED.iter().position(|(other, _)| *other == name);
        for (index, (name, allowed)) in ALLOWED.iter().enumerate() {
            for dependency in *allowed {
                let at = earlier(dependency).expect("it has an entry");
                assert!(at < index, "{name} → {dependency}");
            }
        }
    }

    #[test]
    fn the_line_of_a_dependency_is_found() {
        let folder = tempfile::tempdir().expect("a folder");
        let manifest = folder.path().join("Cargo.toml");
        fs::write(
            &manifest,
            "[dependencies]\nserde = \"1\"\nopenai-wire.workspace = true\n",
        )
        .expect("written");
        let manifest = manifest.to_str().expect("UTF-8");
        assert_eq!(line_of(manifest, "openai-wire"), 3);
        assert_eq!(line_of(manifest, "other"), 0);
    }
}
