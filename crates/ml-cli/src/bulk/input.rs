//! Files of JSON lines that are looked through before work begins.

use std::collections::HashSet;
use std::io::{self, Cursor, Read as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context as _, ensure};
use ml_judge::{Ids, JsonLines};
use serde::de::DeserializeOwned;

use crate::commands::Context;
use crate::failure::Failure;
use crate::screen;
use crate::spinner::Spinner;

/// The most bytes of standard input, which is kept in memory.
const MOST_STDIN: u64 = 1 << 30;

/// Broken lines that are named.
const NAMED: usize = 10;

/// A file of JSON lines that can be read more than once.
#[derive(Debug, Clone)]
enum Input {
    /// A file.
    File(PathBuf),
    /// All of standard input.
    Stdin(Arc<[u8]>),
}

/// What becomes of lines that are broken or have an id that was there before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum BadLines {
    /// The whole file is refused.
    Refuse,
    /// They are named, counted and passed over.
    PassOver,
}

impl BadLines {
    /// As `--keep-going` says.
    pub(crate) fn of(keep_going: bool) -> Self {
        if keep_going {
            Self::PassOver
        } else {
            Self::Refuse
        }
    }
}

/// A value of a file, with an id and epoch that no other line has.
pub(crate) trait Named {
    /// The id.
    fn id(&self) -> &str;

    /// Which of several answers of this id it is.
    fn epoch(&self) -> u32 {
        0
    }
}

/// An input that was looked through.
#[derive(Debug, Clone)]
pub(crate) struct Checked {
    input: Input,
    /// The lines whose id was there before.
    repeated: HashSet<u64>,
    /// How many lines are left.
    pub(crate) count: u64,
    /// How many are passed over.
    pub(crate) bad: u64,
    /// What is wrong with the first of these.
    named: Vec<String>,
}

impl Input {
    /// A file, or all of standard input for `-`.
    ///
    /// # Errors
    /// Standard input cannot be read, or is longer than 1 GiB.
    fn open(path: &Path) -> anyhow::Result<Self> {
        if path.as_os_str() != "-" {
            return Ok(Self::File(path.to_owned()));
        }
        let mut bytes = Vec::new();
        let read = io::stdin()
            .lock()
            .take(MOST_STDIN + 1)
            .read_to_end(&mut bytes);
        read.context("cannot read standard input")?;
        ensure!(
            bytes.len() as u64 <= MOST_STDIN,
            "standard input is longer than {MOST_STDIN} bytes: send a file"
        );
        Ok(Self::Stdin(bytes.into()))
    }

    fn lines<T>(&self) -> anyhow::Result<JsonLines<'static, T>> {
        Ok(match self {
            Self::File(path) => JsonLines::open(path)?,
            Self::Stdin(bytes) => JsonLines::new("standard input", Cursor::new(Arc::clone(bytes))),
        })
    }

    /// Looks through all lines: that each is a value, and that ids differ. Blocks.
    ///
    /// # Errors
    /// The file cannot be read, or bad lines are refused and there are some; the error names the
    /// first.
    fn check<T: DeserializeOwned + Named>(self, bad_lines: BadLines) -> anyhow::Result<Checked> {
        let mut ids = Ids::default();
        let mut checked = Checked {
            repeated: HashSet::new(),
            count: 0,
            bad: 0,
            named: Vec::new(),
            input: self,
        };
        for line in checked.input.lines::<T>()? {
            let problem = match line {
                Ok(line) => match ids.note(line.value.id(), line.value.epoch(), line.number) {
                    Ok(()) => {
                        checked.count += 1;
                        continue;
                    }
                    Err(duplicate) => {
                        checked.repeated.insert(line.number);
                        anyhow::Error::new(duplicate)
                    }
                },
                Err(error) if error.is_of_one_line() => error.into(),
                Err(error) => return Err(error.into()),
            };
            if bad_lines == BadLines::Refuse {
                return Err(problem.context("nothing was done: --keep-going passes over bad lines"));
            }
            checked.bad += 1;
            if checked.named.len() < NAMED {
                checked.named.push(problem.to_string());
            }
        }
        Ok(checked)
    }
}

/// Opens an input and looks through it. Bad lines that are passed over are named on stderr, the
/// first ten of them.
///
/// # Errors
/// The input cannot be read, or bad lines are refused and there are some; the error names the
/// first.
pub(crate) async fn check<T>(
    path: &Path,
    bad_lines: BadLines,
    context: &Context,
) -> Result<Checked, Failure>
where
    T: DeserializeOwned + Named + 'static,
{
    let (path, screen) = (path.to_owned(), context.screen);
    let spinner = Spinner::new(screen, "looking through the input");
    let checking = move || Input::open(&path)?.check::<T>(bad_lines);
    let checked = spinner.during(tokio::task::spawn_blocking(checking)).await;
    let checked = checked.context("the input was not looked through")??;
    for problem in &checked.named {
        let mark = screen.err.warn("passed over:");
        screen::say(format_args!("{mark} {problem}"));
    }
    let more = checked.bad - checked.named.len() as u64;
    if more > 0 {
        screen::say(format_args!("and {more} more lines"));
    }
    Ok(checked)
}

impl Checked {
    /// The values of the lines that are left, read again. Where the file has changed meanwhile,
    /// there may be more or fewer than were counted.
    ///
    /// # Errors
    /// The file cannot be opened any more.
    pub(crate) fn values<T: DeserializeOwned>(
        &self,
    ) -> anyhow::Result<impl Iterator<Item = T> + Send + use<T>> {
        let repeated = self.repeated.clone();
        let lines = self.input.lines::<T>()?.filter_map(Result::ok);
        Ok(lines
            .filter(move |line| !repeated.contains(&line.number))
            .map(|line| line.value))
    }
}
