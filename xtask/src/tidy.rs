//! `cargo xtask tidy`: the rules of this repository that no compiler checks.

mod bench;
mod code;
mod dependency;
mod layout;
mod link;
mod package;
mod text;

use std::fmt;
use std::fs;
use std::path::Path;
use std::process::Command;

use anyhow::{Context as _, Result, bail};

use crate::cargo;

/// A rule broken somewhere.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Problem {
    /// Relative to the root, with forward slashes.
    path: String,
    /// From 1; 0 where it is about the file as a whole.
    line: usize,
    /// What is wrong and what to do.
    what: String,
}

impl Problem {
    fn new(path: &str, line: usize, what: impl Into<String>) -> Self {
        Self {
            path: path.to_owned(),
            line,
            what: what.into(),
        }
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.line {
            0 => write!(f, "{}: {}", self.path, self.what),
            line => write!(f, "{}:{line}: {}", self.path, self.what),
        }
    }
}

/// A text file of the repository.
#[derive(Debug)]
struct File {
    /// Relative to the root, with forward slashes.
    path: String,
    text: String,
}

impl File {
    #[cfg(test)]
    fn new(path: &str, text: &str) -> Self {
        Self {
            path: path.to_owned(),
            text: text.to_owned(),
        }
    }

    /// The file's own name.
    fn name(&self) -> &str {
        self.path.rsplit('/').next().unwrap_or(&self.path)
    }

    fn is_rust(&self) -> bool {
        self.has_extension("rs")
    }

    fn has_extension(&self, extension: &str) -> bool {
        Path::new(&self.path)
            .extension()
            .is_some_and(|e| e == extension)
    }

    /// The lines, numbered from 1.
    fn lines(&self) -> impl Iterator<Item = (usize, &str)> {
        (1..).zip(self.text.lines())
    }
}

pub(crate) fn run() -> Result<()> {
    let root = cargo::root();
    let files = files(root)?;
    let metadata = cargo::metadata(&["--no-deps"])?;
    let mut problems = check_files(root, &files);
    problems.extend(dependency::check(root, &metadata));
    problems.extend(bench::check(&metadata));
    problems.sort();
    for problem in &problems {
        println!("{problem}");
    }
    if !problems.is_empty() {
        bail!(
            "tidy found {} to mend; each line above says what to do",
            problems.len()
        );
    }
    println!("tidy: {} files, no problem", files.len());
    Ok(())
}

/// Every rule that needs nothing but the files.
fn check_files(root: &Path, files: &[File]) -> Vec<Problem> {
    let mut problems = package::check(files);
    problems.extend(layout::check_exceptions(files));
    for file in files {
        problems.extend(layout::check(file));
        problems.extend(code::check(file));
        problems.extend(text::check(file));
        problems.extend(link::check(root, file));
    }
    problems
}

/// The text files that Git tracks or would track.
fn files(root: &Path) -> Result<Vec<File>> {
    let list = [
        "ls-files",
        "-z",
        "--cached",
        "--others",
        "--exclude-standard",
    ];
    let output = Command::new("git")
        .args(list)
        .current_dir(root)
        .output()
        .context("start git, which knows the repository's files")?;
    if !output.status.success() {
        bail!(
            "git cannot list the files: {}",
            String::from_utf8_lossy(&output.stderr).trim()
        );
    }
    let paths = String::from_utf8(output.stdout).context("a file's name is not UTF-8")?;
    let mut files = Vec::new();
    for path in paths.split_terminator('\0') {
        // A file that is deleted and not yet committed is still listed.
        let Ok(bytes) = fs::read(root.join(path)) else {
            continue;
        };
        if let Ok(text) = String::from_utf8(bytes)
            && !text.contains('\0')
        {
            files.push(File {
                path: path.to_owned(),
                text,
            });
        }
    }
    Ok(files)
}

#[cfg(test)]
mod tests;
