//! What every crate brings along: a README, lints, metadata for its documentation, an example.

use toml::Table;

use super::{File, Problem};

pub(super) fn check(files: &[File]) -> Vec<Problem> {
    files
        .iter()
        .filter(|file| is_crate(file))
        .flat_map(|manifest| check_crate(manifest, files))
        .collect()
}

/// Whether the file is the manifest of a member of the workspace.
fn is_crate(file: &File) -> bool {
    let parts: Vec<_> = file.path.split('/').collect();
    matches!(
        parts[..],
        ["crates", _, "Cargo.toml"] | ["xtask", "Cargo.toml"]
    )
}

fn check_crate(manifest: &File, files: &[File]) -> Vec<Problem> {
    let folder = manifest.path.trim_end_matches("Cargo.toml");
    let table: Table = match manifest.text.parse() {
        Ok(table) => table,
        Err(error) => return vec![Problem::new(&manifest.path, 0, error.to_string())],
    };
    let exists = |path: &str| files.iter().any(|f| f.path == format!("{folder}{path}"));
    let has_example = || {
        let examples = format!("{folder}examples/");
        files
            .iter()
            .any(|f| f.path.starts_with(&examples) && f.is_rust())
    };
    let published = folder != "xtask/";
    let needs = [
        (exists("README.md"), "add a README.md"),
        (
            inherits_lints(&table),
            "add `[lints]` with `workspace = true`",
        ),
        (
            !published || has_docs_metadata(&table),
            "add `[package.metadata.docs.rs]` with `all-features = true`",
        ),
        (
            !exists("src/lib.rs") || has_example(),
            "add an example in examples/",
        ),
    ];
    needs
        .into_iter()
        .filter(|(met, _)| !met)
        .map(|(_, what)| Problem::new(&manifest.path, 0, what))
        .collect()
}

fn inherits_lints(manifest: &Table) -> bool {
    let lints = manifest
        .get("lints")
        .and_then(|lints| lints.get("workspace"));
    lints.and_then(toml::Value::as_bool) == Some(true)
}

fn has_docs_metadata(manifest: &Table) -> bool {
    let docs = || {
        manifest
            .get("package")?
            .get("metadata")?
            .get("docs")?
            .get("rs")
    };
    docs().is_some()
}

#[cfg(test)]
mod tests {
    use super::*;

    const MANIFEST: &str = "\
[package]
name = \"a\"
[package.metadata.docs.rs]
all-features = true
[lints]
workspace = true
";

    #[track_caller]
    fn check_tree(files: &[(&str, &str)], expected: &[&str]) {
        let files: Vec<_> = files
            .iter()
            .map(|(path, text)| File::new(path, text))
            .collect();
        let found = check(&files);
        let found: Vec<_> = found.iter().map(|problem| problem.what.as_str()).collect();
        assert_eq!(found.len(), expected.len(), "{found:?}");
        for (found, expected) in found.iter().zip(expected) {
            assert!(found.contains(expected), "{found:?}");
        }
    }

    #[test]
    fn a_complete_library_is_fine() {
        check_tree(
            &[
                ("crates/a/Cargo.toml", MANIFEST),
                ("crates/a/README.md", ""),
                ("crates/a/src/lib.rs", ""),
                ("crates/a/examples/first.rs", ""),
            ],
            &[],
        );
    }

    #[test]
    fn each_missing_piece_is_named() {
        check_tree(
            &[
                ("crates/a/Cargo.toml", "[package]\nname = \"a\"\n"),
                ("crates/a/src/lib.rs", ""),
            ],
            &["README.md", "[lints]", "docs.rs", "examples/"],
        );
    }

    #[test]
    fn a_neighbours_files_do_not_count() {
        check_tree(
            &[
                ("crates/a/Cargo.toml", MANIFEST),
                ("crates/a/src/lib.rs", ""),
                ("crates/ab/README.md", ""),
                ("crates/ab/examples/first.rs", ""),
            ],
            &["README.md", "examples/"],
        );
    }

    #[test]
    fn binaries_need_no_example_and_xtask_no_metadata() {
        check_tree(
            &[
                ("crates/a/Cargo.toml", MANIFEST),
                ("crates/a/README.md", ""),
            ],
            &[],
        );
        let lints = "[lints]\nworkspace = true\n";
        check_tree(&[("xtask/Cargo.toml", lints), ("xtask/README.md", "")], &[]);
        check_tree(
            &[("xtask/Cargo.toml", "[lints]\nworkspace = false\n")],
            &["README.md", "[lints]"],
        );
    }

    #[test]
    fn only_members_of_the_workspace_are_crates() {
        check_tree(&[("tests/outside/Cargo.toml", ""), ("Cargo.toml", "")], &[]);
    }

    #[test]
    fn a_manifest_that_cannot_be_read_is_a_problem() {
        check_tree(
            &[("crates/a/Cargo.toml", "[package")],
            &["TOML parse error"],
        );
    }
}
