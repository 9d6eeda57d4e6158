//! Where the user's turns come from: an editor on a terminal, else the lines of stdin.

use std::fs::DirBuilder;
use std::io::{self, BufRead as _, Read as _};
use std::os::unix::fs::DirBuilderExt as _;
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use etcetera::base_strategy::{BaseStrategy as _, Xdg};
use rustyline::completion::Completer;
use rustyline::config::Behavior;
use rustyline::error::ReadlineError;
use rustyline::highlight::Highlighter;
use rustyline::hint::Hinter;
use rustyline::history::FileHistory;
use rustyline::validate::{ValidationContext, ValidationResult, Validator};
use rustyline::{Config, Editor, Helper};

use super::slash::{self, COMMANDS};
use crate::screen::Screen;

/// The longest turn that is read, in bytes.
const MAX_TURN: u64 = 16 * 1024 * 1024;

/// What the user did.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Read {
    /// Typed something, perhaps several lines.
    Text(String),
    /// Pressed Ctrl-C at the prompt.
    Interrupted,
    /// Ended the input.
    End,
}

/// Where the user's turns come from.
pub(crate) enum Input {
    /// A person at a terminal.
    Editor(Box<LineEditor>),
    /// A file or a pipe.
    Lines(io::BufReader<io::Stdin>),
}

impl Input {
    /// Asks a person where stdin is a terminal.
    ///
    /// # Errors
    /// When the terminal cannot be used.
    pub(crate) fn new(stdin_is_terminal: bool, screen: Screen) -> anyhow::Result<Self> {
        if stdin_is_terminal {
            let editor = LineEditor::new(screen).context("cannot read from the terminal")?;
            return Ok(Self::Editor(Box::new(editor)));
        }
        Ok(Self::Lines(io::BufReader::new(io::stdin())))
    }

    /// Whether a person types.
    pub(crate) fn is_interactive(&self) -> bool {
        matches!(self, Self::Editor(_))
    }

    /// Waits for the next turn without holding up the runtime; gives the input back with it.
    ///
    /// # Errors
    /// When stdin cannot be read or is not UTF-8.
    pub(crate) async fn read(mut self) -> anyhow::Result<(Self, Read)> {
        tokio::task::spawn_blocking(move || {
            let read = match &mut self {
                Self::Editor(editor) => editor.read(),
                Self::Lines(lines) => next_turn(lines),
            }?;
            Ok((self, read))
        })
        .await
        .context("reading the next turn failed")?
    }
}

/// The next line, with those that it says belong to it.
fn next_turn(lines: &mut impl io::BufRead) -> anyhow::Result<Read> {
    let mut turn = Vec::new();
    loop {
        let left = MAX_TURN.saturating_sub(turn.len() as u64);
        let read = lines
            .take(left)
            .read_until(b'\n', &mut turn)
            .context("cannot read stdin")?;
        if read == 0 && turn.is_empty() {
            return Ok(Read::End);
        }
        anyhow::ensure!(
            (turn.len() as u64) < MAX_TURN,
            "a line of stdin is longer than {MAX_TURN} bytes"
        );
        let text = std::str::from_utf8(&turn).context("stdin is not valid UTF-8")?;
        let text = text.strip_suffix('\n').unwrap_or(text);
        if read == 0 || !slash::is_open(text) {
            return Ok(Read::Text(text.to_owned()));
        }
    }
}

/// A line editor that remembers what was typed.
pub(crate) struct LineEditor {
    editor: Editor<Assistant, FileHistory>,
    history: Option<PathBuf>,
}

impl LineEditor {
    fn new(screen: Screen) -> rustyline::Result<Self> {
        // Where stdout is a file, the prompt belongs on the terminal all the same.
        let behavior = if screen.stdout_is_terminal {
            Behavior::Stdio
        } else {
            Behavior::PreferTerm
        };
        let config = Config::builder()
            .behavior(behavior)
            .history_ignore_space(true)
            .max_history_size(2000)?
            .build();
        let mut editor = Editor::with_config(config)?;
        editor.set_helper(Some(Assistant));
        let history = history_file();
        if let Some(file) = &history {
            // The first conversation has no history yet.
            let _ = editor.load_history(file);
        }
        Ok(Self { editor, history })
    }

    fn read(&mut self) -> anyhow::Result<Read> {
        match self.editor.readline("> ") {
            Ok(text) => {
                self.remember(&text);
                Ok(Read::Text(text))
            }
            Err(ReadlineError::Interrupted) => Ok(Read::Interrupted),
            Err(ReadlineError::Eof) => Ok(Read::End),
            Err(error) => Err(anyhow::Error::new(error).context("cannot read from the terminal")),
        }
    }

    /// A history that cannot be written is not worth an interruption.
    fn remember(&mut self, text: &str) {
        let added = self.editor.add_history_entry(text);
        if let (Ok(true), Some(file)) = (added, &self.history)
            && let Err(error) = self.editor.append_history(file)
        {
            tracing::debug!(%error, "the chat history was not saved");
        }
    }
}

/// The history's file in the user's state folder, which is made for the user alone.
fn history_file() -> Option<PathBuf> {
    let state = Xdg::new().ok()?.state_dir()?;
    let folder = state.join("ml");
    private_folder(&folder).ok()?;
    Some(folder.join("chat_history"))
}

fn private_folder(folder: &Path) -> io::Result<()> {
    DirBuilder::new().recursive(true).mode(0o700).create(folder)
}

/// Completes commands and keeps a turn of several lines open.
struct Assistant;

impl Helper for Assistant {}
impl Highlighter for Assistant {}

impl Hinter for Assistant {
    type Hint = String;
}

impl Validator for Assistant {
    fn validate(&self, context: &mut ValidationContext<'_>) -> rustyline::Result<ValidationResult> {
        Ok(if slash::is_open(context.input()) {
            ValidationResult::Incomplete
        } else {
            ValidationResult::Valid(None)
        })
    }
}

impl Completer for Assistant {
    type Candidate = String;

    fn complete(
        &self,
        line: &str,
        at: usize,
        _context: &rustyline::Context<'_>,
    ) -> rustyline::Result<(usize, Vec<String>)> {
        let typed = &line[..at];
        let names = COMMANDS.iter().map(|(name, _, _)| *name);
        let fitting = names.filter(|name| typed.starts_with('/') && name.starts_with(typed));
        Ok((0, fitting.map(ToOwned::to_owned).collect()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn turns(mut bytes: &[u8]) -> Vec<String> {
        let mut turns = Vec::new();
        while let Read::Text(text) = next_turn(&mut bytes).expect("readable") {
            turns.push(text);
        }
        turns
    }

    #[test]
    fn each_line_is_a_turn() {
        assert_eq!(turns(b"one\n\ntwo"), ["one", "", "two"]);
        assert_eq!(turns(b""), [] as [&str; 0]);
    }

    #[test]
    fn a_turn_may_hold_several_lines() {
        assert_eq!(turns(b"one\\\ntwo\nthree\n"), ["one\\\ntwo", "three"]);
        assert_eq!(turns(b"\"\"\"\na\nb\"\"\"\nc"), ["\"\"\"\na\nb\"\"\"", "c"]);
        assert_eq!(turns(b"\"\"\"never closed\n"), ["\"\"\"never closed"]);
    }

    #[test]
    fn what_is_not_text_is_refused() {
        let error = next_turn(&mut &b"caf\xe9\n"[..]).expect_err("refused");
        assert!(error.to_string().contains("UTF-8"), "{error}");
    }
}
