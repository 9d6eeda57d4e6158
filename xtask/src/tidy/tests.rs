//! All file rules together on a small repository.

use std::fs;
use std::path::Path;
use std::process::Command;

use super::{Problem, check_files, files};

#[track_caller]
fn git(folder: &Path, arguments: &[&str]) {
    let status = Command::new("git")
        .current_dir(folder)
        .args(arguments)
        .status();
    assert!(status.expect("git runs").success());
}

/// A repository with these files, of which Git ignores `target`.
fn repository(tree: &[(&str, &[u8])]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    git(folder.path(), &["init", "--quiet"]);
    fs::write(folder.path().join(".gitignore"), "/target\n").expect("written");
    for (path, bytes) in tree {
        let path = folder.path().join(path);
        fs::create_dir_all(path.parent().expect("it has a folder")).expect("created");
        fs::write(path, bytes).expect("written");
    }
    folder
}

fn problems(folder: &Path) -> Vec<String> {
    let files = files(folder).expect("git lists them");
    let mut problems = check_files(folder, &files);
    problems.sort();
    problems.iter().map(Problem::to_string).collect()
}

#[test]
fn a_clean_tree_has_no_problem() {
    let folder = repository(&[
        ("README.md", b"See [the code](src/stream.rs).\n"),
        ("src/stream.rs", b"//! A stream.\n"),
        ("target/anything.rs", b"not ours \r\n"),
        ("picture.png", b"\x89PNG\0 \n"),
    ]);
    assert_eq!(problems(folder.path()), Vec::<String>::new());
}

#[test]
fn every_rule_is_applied_to_tracked_and_to_new_files() {
    let folder = repository(&[("src/mod.rs", b"//! A module.\n")]);
    git(folder.path(), &["add", "."]);
    let new: &[(&str, &[u8])] = &[
        ("README.md", b"See [the code](src/gone.rs).\n"),
        ("src/a.rs", b"//! A.\n#[ignore]\n"),
        ("src/b.rs", b"//! B. \n"),
    ];
    for (path, bytes) in new {
        fs::write(folder.path().join(path), bytes).expect("written");
    }
    let found = problems(folder.path());
    let places: Vec<_> = found
        .iter()
        .map(|p| p.split(": ").next().expect("a place"))
        .collect();
    assert_eq!(
        places,
        ["README.md:1", "src/a.rs:2", "src/b.rs:1", "src/mod.rs"]
    );
}

#[test]
fn a_deleted_file_is_not_read() {
    let folder = repository(&[("a.rs", b"no opening\n")]);
    git(folder.path(), &["add", "."]);
    fs::remove_file(folder.path().join("a.rs")).expect("removed");
    assert_eq!(problems(folder.path()), Vec::<String>::new());
}
