//! What a start reports while it goes on.

use std::fmt;
use std::time::Duration;

/// How far a start has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub enum StartPhase {
    /// The process runs and does not listen yet.
    Launching,
    /// The server listens and reads the model.
    Loading,
    /// The model answers.
    Ready,
}

/// One report: sent when the phase changes, and at most ten times a second when there is a new
/// line.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct StartProgress {
    /// How far it has come.
    pub phase: StartPhase,
    /// The last line the server wrote.
    pub last_line: Option<String>,
    /// The time since the start.
    pub elapsed: Duration,
}

impl fmt::Display for StartPhase {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Launching => "launching",
            Self::Loading => "loading the model",
            Self::Ready => "ready",
        })
    }
}
