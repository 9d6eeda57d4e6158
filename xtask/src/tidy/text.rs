//! White space, and names that belong to one machine or one registry.

use super::{File, Problem};

/// Folders of recordings: bytes as they came, whose white space is not ours.
const RECORDED: &[&str] = &["fixtures", "golden", "snapshots", "transcripts"];

/// Homes of users, and whether a user's name follows. In two pieces, so that this file passes.
const HOMES: &[(&str, bool)] = &[
    (concat!("/ro", "ot/"), false),
    (concat!("/ho", "me/"), true),
    (concat!("/Us", "ers/"), true),
];

/// User names that stand for anybody.
const ANYBODY: &[&str] = &["ada", "me", "you", "user", "name", "USER"];

/// Hosts of package registries, likewise in two pieces.
const REGISTRIES: &[&str] = &[
    concat!("crates", ".io"),
    concat!("py", "pi.org"),
    concat!("python", "hosted.org"),
    concat!("npm", "js.org"),
    concat!("proxy.", "golang.org"),
];

pub(super) fn check(file: &File) -> Vec<Problem> {
    if file.name() == "Cargo.lock" {
        return Vec::new();
    }
    let mut problems = Vec::new();
    let recorded = file.path.split('/').any(|part| RECORDED.contains(&part));
    if !recorded && !file.text.is_empty() && !file.text.ends_with('\n') {
        let last = file.text.lines().count();
        problems.push(Problem::new(&file.path, last, "end the last line"));
    }
    for (number, line) in (1..).zip(file.text.split('\n')) {
        let space = (!recorded).then(|| white_space(line)).flatten();
        let faults = [space, machine_path(line), registry(line)];
        problems.extend(
            faults
                .into_iter()
                .flatten()
                .map(|w| Problem::new(&file.path, number, w)),
        );
    }
    problems
}

fn white_space(line: &str) -> Option<String> {
    if line.ends_with('\r') {
        return Some("end lines with a line feed alone".to_owned());
    }
    line.ends_with([' ', '\t'])
        .then(|| "remove the white space at the end".to_owned())
}

fn machine_path(line: &str) -> Option<String> {
    let (home, _) = HOMES.iter().find(|(home, named)| {
        let mut found = line.match_indices(home);
        found.any(|(at, _)| {
            begins_a_path(line, at) && !(*named && anybody(&line[at + home.len()..]))
        })
    })?;
    Some(format!(
        "`{home}…` is a path of one machine: make it relative, or use a placeholder"
    ))
}

/// Whether the path at this place is absolute rather than the rest of a longer one or of an address.
fn begins_a_path(line: &str, at: usize) -> bool {
    let before = line[..at].chars().next_back();
    !before.is_some_and(|c| c.is_alphanumeric() || "._-~}>/*".contains(c))
}

/// Whether a placeholder follows, or nothing that could be a name.
fn anybody(rest: &str) -> bool {
    let end = rest.find(|c: char| !(c.is_alphanumeric() || "._-".contains(c)));
    let user = &rest[..end.unwrap_or(rest.len())];
    user.is_empty() || ANYBODY.contains(&user)
}

fn registry(line: &str) -> Option<String> {
    let host = REGISTRIES.iter().find(|host| line.contains(*host))?;
    Some(format!(
        "`{host}`: leave registries to the package managers' own configuration"
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check_text(path: &str, text: &str, expected: &[usize]) {
        let found = check(&File::new(path, text));
        let lines: Vec<_> = found.iter().map(|problem| problem.line).collect();
        assert_eq!(lines, expected, "{text:?}: {found:?}");
    }

    #[test]
    fn lines_end_in_a_line_feed_and_nothing_before_it() {
        check_text("a.md", "one\n\ntwo\n", &[]);
        check_text("a.md", "one \ntwo\t\n", &[1, 2]);
        check_text("a.md", "one\r\ntwo\n", &[1]);
        check_text("a.md", "one\ntwo", &[2]);
        check_text("a.md", "", &[]);
    }

    #[test]
    fn recordings_keep_their_bytes() {
        check_text(
            "crates/a/tests/fixtures/a.txt",
            "HTTP/1.1 200 OK\r\n\r\nx ",
            &[],
        );
    }

    #[test]
    fn paths_of_one_machine_are_found() {
        for (home, named) in HOMES {
            check_text("a.md", &format!("in {home}anna/ml\n"), &[1]);
            check_text("a.md", &format!("\"{home}anna\"\n"), &[1]);
            check_text("fixtures/a.md", &format!("{home}anna/ml\n"), &[1]);
            check_text("a.md", &format!("target{home}anna/ml\n"), &[]);
            check_text("a.md", &format!("http://host{home}anna/ml\n"), &[]);
            check_text(
                "a.md",
                &format!("{home}you/ml\n"),
                if *named { &[] } else { &[1] },
            );
        }
    }

    #[test]
    fn registries_are_found_outside_the_lock_file() {
        for host in REGISTRIES {
            check_text("a.md", &format!("see https://{host}/x\n"), &[1]);
            check_text("Cargo.lock", &format!("source = \"{host}\"\n"), &[]);
        }
    }
}
