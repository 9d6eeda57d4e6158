//! What finished code does not contain.

use super::{File, Problem};

/// Macros that stand for code yet to be written. In two pieces, so that this file passes.
const STUBS: &[&str] = &[concat!("to", "do!("), concat!("unimpl", "emented!(")];

/// Marks of work put off, in comments.
const MARKS: &[&str] = &[
    concat!("TO", "DO"),
    concat!("FIX", "ME"),
    concat!("XX", "X:"),
];

pub(super) fn check(file: &File) -> Vec<Problem> {
    if !file.is_rust() {
        return Vec::new();
    }
    file.lines()
        .filter_map(|(number, line)| Some(Problem::new(&file.path, number, fault(line)?)))
        .collect()
}

fn fault(line: &str) -> Option<String> {
    let line = line.trim_start();
    let (code, comment) = if line.starts_with("//") {
        ("", line)
    } else {
        (line, comment(line))
    };
    if code.starts_with("#[ignore") {
        return Some("no test is ignored: make it run, or remove it".to_owned());
    }
    if let Some(stub) = STUBS.iter().find(|stub| code.contains(*stub)) {
        return Some(format!(
            "`{stub}…)` is a stub: write the code or remove the function"
        ));
    }
    let mark = MARKS.iter().find(|mark| {
        comment
            .match_indices(*mark)
            .any(|(at, _)| !comment[at + mark.len()..].starts_with(".md"))
    })?;
    Some(format!(
        "{mark} in a comment: do it, or put it into {}.md",
        MARKS[0]
    ))
}

/// What follows `//` in a line of code; a `//` in a string or an address counts as well and does no harm.
fn comment(line: &str) -> &str {
    line.find("//").map_or("", |at| &line[at..])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check_line(line: &str, expected: Option<&str>) {
        let found = check(&File::new("a.rs", &format!("//! A file.\n{line}\n")));
        match expected {
            None => assert_eq!(found, []),
            Some(part) => {
                assert!(
                    found.len() == 1 && found[0].what.contains(part),
                    "{line}: {found:?}"
                );
                assert_eq!(found[0].line, 2);
            }
        }
    }

    #[test]
    fn ignored_tests_are_found() {
        check_line("    #[ignore]", Some("ignored"));
        check_line("    #[ignore = \"slow\"]", Some("ignored"));
        check_line("    // `#[ignore]` is not used here", None);
    }

    #[test]
    fn stubs_are_found_and_talk_of_them_is_not() {
        for stub in STUBS {
            check_line(&format!("    {stub})"), Some("stub"));
            check_line(&format!("    let a = {stub}\"later\");"), Some("stub"));
            check_line(&format!("    /// Never {stub})"), None);
        }
    }

    #[test]
    fn work_put_off_is_found_in_comments_only() {
        for mark in MARKS {
            check_line(&format!("    // {mark} later"), Some("comment"));
            check_line(&format!("    let a = 1; // {mark} later"), Some("comment"));
            check_line(&format!("    let {mark} = 1;"), None);
        }
        check_line(&format!("    // see {}.md", MARKS[0]), None);
    }

    #[test]
    fn other_files_may_talk_about_them() {
        assert_eq!(
            check(&File::new("style.md", &format!("{})\n", STUBS[0]))),
            []
        );
    }
}
