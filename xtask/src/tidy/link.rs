//! Relative links of Markdown files lead somewhere.

use std::path::Path;

use super::{File, Problem};

pub(super) fn check(root: &Path, file: &File) -> Vec<Problem> {
    if !file.has_extension("md") {
        return Vec::new();
    }
    let folder = root.join(&file.path);
    let folder = folder.parent().unwrap_or(root);
    links(file)
        .filter(|(_, target)| is_relative(target))
        .filter(|(_, target)| !folder.join(without_anchor(target)).exists())
        .map(|(line, target)| {
            let what = format!("the link leads nowhere: there is no {target} beside this file");
            Problem::new(&file.path, line, what)
        })
        .collect()
}

/// Every link's line and target, outside of code.
fn links(file: &File) -> impl Iterator<Item = (usize, String)> {
    let mut fenced = false;
    file.lines().flat_map(move |(number, line)| {
        let fence = line.trim_start().starts_with("```") || line.trim_start().starts_with("~~~");
        fenced ^= fence;
        let targets = if fenced || fence {
            Vec::new()
        } else {
            targets(&without_code(line))
        };
        targets.into_iter().map(move |target| (number, target))
    })
}

/// The line without its code spans.
fn without_code(line: &str) -> String {
    line.split('`').step_by(2).collect()
}

fn targets(line: &str) -> Vec<String> {
    let inline = line
        .split("](")
        .skip(1)
        .filter_map(|rest| rest.split(')').next());
    let definition = line
        .starts_with('[')
        .then(|| line.split_once("]: "))
        .flatten()
        .map(|(_, target)| target);
    inline
        .chain(definition)
        .filter_map(|target| target.split_whitespace().next())
        .map(|target| target.trim_matches(['<', '>']).to_owned())
        .collect()
}

/// Whether the target is a path: no anchor of the same page, no address, no path of a Rust item.
fn is_relative(target: &str) -> bool {
    let scheme = target.split_once(':').is_some_and(|(scheme, _)| {
        !scheme.is_empty()
            && scheme
                .chars()
                .all(|c| c.is_ascii_alphanumeric() || "+.-".contains(c))
    });
    !target.starts_with('#') && !scheme
}

fn without_anchor(target: &str) -> &str {
    target.split('#').next().unwrap_or(target)
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[track_caller]
    fn check_text(text: &str, expected: &[usize]) {
        let folder = tempfile::tempdir().expect("a folder");
        fs::create_dir(folder.path().join("docs")).expect("created");
        fs::write(folder.path().join("docs/here.md"), "").expect("written");
        fs::write(folder.path().join("above.md"), "").expect("written");
        let found = check(folder.path(), &File::new("docs/page.md", text));
        let lines: Vec<_> = found.iter().map(|problem| problem.line).collect();
        assert_eq!(lines, expected, "{text:?}: {found:?}");
    }

    #[test]
    fn targets_are_beside_the_file() {
        check_text("[a](here.md) and [b](../above.md)\n", &[]);
        check_text("[a](here.md#part) and [b](#part)\n", &[]);
        check_text("x\n[a](gone.md) and [b](above.md)\n", &[2, 2]);
        check_text("![a](<here.md> \"title\")\n", &[]);
        check_text("[a]: here.md\n[b]: gone.md\n", &[2]);
    }

    #[test]
    fn addresses_and_rust_paths_are_not_files() {
        check_text(
            "[a](https://host/x.md) [b](mailto:a@b) [c](crate::Thing)\n",
            &[],
        );
    }

    #[test]
    fn code_holds_no_links() {
        check_text(
            "```\n[a](gone.md)\n```\n`[b](gone.md)` and [c](gone.md)\n",
            &[4],
        );
        check_text("~~~ text\n[a](gone.md)\n~~~\n", &[]);
    }

    #[test]
    fn other_files_are_not_read() {
        assert_eq!(
            check(Path::new("."), &File::new("a.rs", "//! [a](gone.md)\n")),
            []
        );
    }
}
