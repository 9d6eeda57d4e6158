//! How a command ends when it does not end well, and what is said about it.

use std::io;
use std::process::ExitCode;

use inference_core::{Error, ErrorKind};

use crate::screen::{self, Screen};

/// Why a command ended early.
#[derive(Debug)]
pub(crate) enum Failure {
    /// The command line is wrong: exit code 2.
    Usage(Box<clap::Error>),
    /// It could not be done: exit code 1.
    Failed(anyhow::Error),
    /// It was not done, all is said: this exit code.
    Said(u8),
    /// Ctrl-C: exit code 130, as for any program that SIGINT ends.
    Interrupted,
    /// The reader of stdout has what it wanted: exit code 0.
    OutputClosed,
}

impl Failure {
    /// A failed write to stdout.
    pub(crate) fn output(error: io::Error) -> Self {
        if error.kind() == io::ErrorKind::BrokenPipe {
            Self::OutputClosed
        } else {
            Self::Failed(anyhow::Error::new(error).context("cannot write to stdout"))
        }
    }

    /// Says what is left to say and gives the exit code.
    pub(crate) fn report(self, screen: Screen) -> ExitCode {
        match self {
            Self::Usage(error) => {
                let _ = error.print();
                ExitCode::from(2)
            }
            Self::Failed(error) => {
                say(screen, &error);
                ExitCode::FAILURE
            }
            Self::Said(code) => ExitCode::from(code),
            Self::Interrupted => ExitCode::from(130),
            Self::OutputClosed => ExitCode::SUCCESS,
        }
    }
}

/// Prints an error with its causes, and the next step where the command line has one.
pub(crate) fn say(screen: Screen, error: &anyhow::Error) {
    screen::say(format_args!("{} {error}", screen.err.bad("error:")));
    let mut shown = error.to_string();
    for cause in error.chain().skip(1).map(ToString::to_string) {
        // Some libraries repeat their cause in their own message.
        if !shown.contains(&cause) {
            screen::say(format_args!("  {} {cause}", screen.err.dim("because:")));
            shown = cause;
        }
    }
    if let Some(hint) = hint(error) {
        screen::say(format_args!("  {} {hint}", screen.err.good("try:")));
    }
}

/// What the user of this command line can do about an error of a model.
fn hint(error: &anyhow::Error) -> Option<&'static str> {
    let error = error.downcast_ref::<Error>()?;
    match error.kind() {
        ErrorKind::ContextExceeded => {
            Some("a shorter prompt, or a longer context with --context-length")
        }
        ErrorKind::Unavailable if error.backend().is_none() => {
            Some("`ml doctor` says what is missing and how to get it")
        }
        _ => None,
    }
}

impl From<anyhow::Error> for Failure {
    fn from(error: anyhow::Error) -> Self {
        Self::Failed(error)
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self::Failed(error.into())
    }
}

impl From<clap::Error> for Failure {
    fn from(error: clap::Error) -> Self {
        Self::Usage(Box::new(error))
    }
}
