//! Names, openings and sizes of source files.

use super::{File, Problem};

/// More lines than this, tests aside, hold a second idea.
const LONGEST: usize = 450;

/// Files that may be longer, each with the reason.
const LONG_FILES: &[(&str, &str)] = &[];

/// Names that say nothing of what a file is about.
const EMPTY_NAMES: &[&str] = &[
    "utils", "util", "helpers", "helper", "common", "types", "misc",
];

pub(super) fn check(file: &File) -> Vec<Problem> {
    if !file.is_rust() {
        return Vec::new();
    }
    [name(file), opening(file), size(file, LONG_FILES)]
        .into_iter()
        .flatten()
        .collect()
}

/// The list of long files holds nothing that is gone or has become short.
pub(super) fn check_exceptions(files: &[File]) -> Vec<Problem> {
    stale(files, LONG_FILES)
}

fn name(file: &File) -> Option<Problem> {
    if file.name() == "mod.rs" {
        return Some(Problem::new(&file.path, 0, "rename foo/mod.rs to foo.rs"));
    }
    let stem = |part: &str| part.strip_suffix(".rs").unwrap_or(part).to_owned();
    let empty = file
        .path
        .split('/')
        .map(stem)
        .find(|part| EMPTY_NAMES.contains(&part.as_str()))?;
    let what = format!("`{empty}` says nothing: name the file after its one idea");
    Some(Problem::new(&file.path, 0, what))
}

fn opening(file: &File) -> Option<Problem> {
    let opened = file.text.starts_with("//!");
    (!opened).then(|| Problem::new(&file.path, 1, "begin with `//!` and what the file is for"))
}

fn size(file: &File, exceptions: &[(&str, &str)]) -> Option<Problem> {
    let lines = lines_without_tests(file);
    let excepted = exceptions.iter().any(|(path, _)| *path == file.path);
    (lines > LONGEST && !excepted).then(|| {
        let what = format!(
            "{lines} lines without tests, at most {LONGEST}: split it by idea, \
             or give a reason in LONG_FILES of xtask/src/tidy/layout.rs"
        );
        Problem::new(&file.path, 0, what)
    })
}

fn stale(files: &[File], exceptions: &[(&str, &str)]) -> Vec<Problem> {
    let long = |path: &str| {
        files
            .iter()
            .any(|f| f.path == path && lines_without_tests(f) > LONGEST)
    };
    exceptions
        .iter()
        .filter(|(path, _)| !long(path))
        .map(|(path, _)| Problem::new(path, 0, "not long (any more): take it off LONG_FILES"))
        .collect()
}

/// Lines up to an inline test module; none in files that are only tests, benchmarks or examples.
fn lines_without_tests(file: &File) -> usize {
    let tests = ["tests", "benches"];
    if file.name() == "tests.rs" || file.path.split('/').any(|part| tests.contains(&part)) {
        return 0;
    }
    let lines: Vec<_> = file.text.lines().collect();
    let inline = |pair: &[&str]| {
        pair[0] == "#[cfg(test)]" && pair[1].starts_with("mod ") && pair[1].ends_with('{')
    };
    lines.windows(2).position(inline).unwrap_or(lines.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check_path(path: &str, expected: Option<&str>) {
        let found = check(&File::new(path, "//! A file.\n"));
        let found: Vec<_> = found.iter().map(|problem| problem.what.as_str()).collect();
        match expected {
            None => assert!(found.is_empty(), "{path}: {found:?}"),
            Some(part) => assert!(
                found.len() == 1 && found[0].contains(part),
                "{path}: {found:?}"
            ),
        }
    }

    #[test]
    fn names_say_what_a_file_is_about() {
        check_path("crates/a/src/stream.rs", None);
        check_path("crates/a/src/stream/mod.rs", Some("foo.rs"));
        check_path("crates/a/src/utils.rs", Some("`utils`"));
        check_path("crates/a/src/common/stream.rs", Some("`common`"));
        check_path("crates/a/src/data_types.rs", None);
        check_path("docs/common.md", None);
    }

    #[test]
    fn a_file_begins_with_what_it_is_for() {
        assert_eq!(check(&File::new("a.rs", "use std::fs;\n"))[0].line, 1);
        assert_eq!(check(&File::new("a.rs", "")).len(), 1);
        assert_eq!(check(&File::new("a.toml", "")), []);
    }

    #[track_caller]
    fn check_size(path: &str, text: &str, exceptions: &[(&str, &str)], too_long: bool) {
        assert_eq!(size(&File::new(path, text), exceptions).is_some(), too_long);
    }

    #[test]
    fn long_files_need_a_reason_and_tests_do_not_count() {
        let code = "let a = 1;\n".repeat(LONGEST);
        check_size("src/a.rs", &code, &[], false);
        check_size("src/a.rs", &format!("{code}let b = 2;\n"), &[], true);
        check_size(
            "src/a.rs",
            &format!("{code}{code}"),
            &[("src/a.rs", "a table")],
            false,
        );
        check_size(
            "src/a.rs",
            &format!("{code}#[cfg(test)]\nmod tests {{\n{code}"),
            &[],
            false,
        );
        check_size(
            "src/a.rs",
            &format!("#[cfg(test)]\nmod tests;\n{code}"),
            &[],
            true,
        );
        check_size("src/a/tests.rs", &format!("{code}{code}"), &[], false);
        check_size("tests/it/a.rs", &format!("{code}{code}"), &[], false);
    }

    #[test]
    fn an_exception_that_is_not_needed_is_named() {
        let long = File::new("src/a.rs", &"let a = 1;\n".repeat(LONGEST + 1));
        let short = File::new("src/b.rs", "");
        let exceptions = [
            ("src/a.rs", "a table"),
            ("src/b.rs", "a table"),
            ("src/c.rs", "a table"),
        ];
        let stale = stale(&[long, short], &exceptions);
        let paths: Vec<_> = stale.iter().map(|problem| problem.path.as_str()).collect();
        assert_eq!(paths, ["src/b.rs", "src/c.rs"]);
    }
}
