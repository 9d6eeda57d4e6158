//! Why a llama-server did not start, and what to do about it.

use std::fmt;
use std::io;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use thiserror::Error;

use crate::argv::ConfigError;
use crate::exit::Exit;
use crate::progress::StartPhase;

/// A start that failed, with what the server wrote last.
#[derive(Debug, Clone)]
pub struct StartError {
    kind: StartErrorKind,
    last_lines: Vec<String>,
}

/// Why a start failed. Each message says what to do.
#[derive(Debug, Clone, Error)]
#[non_exhaustive]
pub enum StartErrorKind {
    /// The configuration contradicts itself.
    #[error("the configuration of llama-server is wrong")]
    Config(#[source] ConfigError),
    /// There is no llama-server.
    #[error(
        "no llama-server in {}: run `cargo xtask setup`, install llama.cpp, or set LLAMA_SERVER",
        list(looked_at)
    )]
    NoBinary {
        /// Where one was looked for.
        looked_at: Vec<PathBuf>,
    },
    /// The llama-server that was named is not a program.
    #[error("{} cannot be executed: name the llama-server program itself", path.display())]
    NotExecutable {
        /// What was named.
        path: PathBuf,
    },
    /// The operating system refused.
    #[error("cannot {attempt}")]
    System {
        /// What was attempted.
        attempt: String,
        /// What the system said.
        #[source]
        source: Arc<io::Error>,
    },
    /// The model cannot be loaded.
    #[error("cannot load the model {}: {problem} ({detail})", path.display())]
    Model {
        /// The model's file.
        path: PathBuf,
        /// What is wrong with it.
        problem: ModelProblem,
        /// llama-server's own words.
        detail: String,
    },
    /// A LoRA adapter cannot be loaded, or is not of this model.
    #[error(
        "cannot load a LoRA adapter; it must be a GGUF file made for this very model ({detail})"
    )]
    Adapter {
        /// llama-server's own words.
        detail: String,
    },
    /// llama-server does not know an argument or its value.
    #[error(
        "llama-server refused an argument; correct `extra_args`, or update llama-server ({detail})"
    )]
    Argument {
        /// llama-server's own words.
        detail: String,
    },
    /// There is not enough memory.
    #[error(
        "out of memory; use a smaller or more quantised model, a shorter `context_length`, fewer \
         `parallel` requests or fewer `gpu_layers` ({detail})"
    )]
    OutOfMemory {
        /// llama-server's own words.
        detail: String,
    },
    /// The socket could not be opened.
    #[error(
        "llama-server cannot listen on its socket; update one that knows no UNIX sockets ({detail})"
    )]
    Socket {
        /// llama-server's own words.
        detail: String,
    },
    /// llama-server ended before it was ready, for a reason not known here.
    #[error("llama-server {exit} before it was ready")]
    Exited {
        /// How it ended.
        exit: Exit,
    },
    /// Nothing moved for as long as the configuration allows.
    #[error(
        "llama-server made no progress for {} s while {phase}; raise `start_patience` where that is normal",
        patience.as_secs_f32()
    )]
    Stalled {
        /// How long nothing moved.
        patience: Duration,
        /// How far it had come.
        phase: StartPhase,
    },
    /// The server chooses among models instead of serving the one asked for.
    #[error(
        "llama-server runs as a router without a model: name the program itself, not a wrapper that drops arguments"
    )]
    Router,
    /// The server has loaded another model than the one asked for.
    #[error("llama-server serves {served} in place of {}: name the program itself, not a wrapper that changes arguments", asked.display())]
    WrongModel {
        /// The model asked for.
        asked: PathBuf,
        /// The model it says it has.
        served: String,
    },
    /// What answers is not a llama-server.
    #[error(
        "what was started answers {request} with {answer}, which no llama-server does: check `binary`"
    )]
    NotLlamaServer {
        /// The request.
        request: &'static str,
        /// What came back.
        answer: String,
    },
    /// It has crashed too often to be started at once.
    #[error(
        "llama-server crashed {crashes} times within {} s; the next start is possible in {} s",
        window.as_secs_f32(),
        retry_after.as_secs_f32().ceil()
    )]
    CrashLoop {
        /// How often it crashed.
        crashes: usize,
        /// Within which time.
        window: Duration,
        /// How long the server is left alone from now on.
        retry_after: Duration,
    },
    /// The server was stopped while it started.
    #[error("llama-server was stopped while it started")]
    Stopped,
}

/// What is wrong with a model's file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum ModelProblem {
    /// There is no such file.
    #[error("there is no such file")]
    Missing,
    /// The file may not be read.
    #[error("it may not be read; check its permissions")]
    Unreadable,
    /// It is empty, a folder, or of another format.
    #[error("it is not a GGUF file; convert it with llama.cpp's convert_hf_to_gguf.py")]
    NotGguf,
    /// The format is newer than llama-server.
    #[error("its GGUF version is unknown; update llama-server")]
    Version,
    /// The file ends too early or contradicts itself.
    #[error("it is damaged or incomplete; download or copy it again")]
    Damaged,
    /// The architecture is unknown to llama-server.
    #[error("llama-server does not know its architecture; update llama-server")]
    Architecture,
    /// Something else.
    #[error("llama-server refuses it")]
    Other,
}

impl StartError {
    pub(crate) fn new(kind: StartErrorKind, last_lines: Vec<String>) -> Self {
        Self { kind, last_lines }
    }

    /// Why the start failed.
    pub fn kind(&self) -> &StartErrorKind {
        &self.kind
    }

    /// The last lines the server wrote, oldest first; none where no server ran.
    pub fn last_lines(&self) -> &[String] {
        &self.last_lines
    }

    /// Whether only the lines tell what happened.
    fn is_unexplained(&self) -> bool {
        use StartErrorKind as Kind;
        matches!(self.kind, Kind::Exited { .. } | Kind::Stalled { .. })
    }
}

impl From<StartErrorKind> for StartError {
    fn from(kind: StartErrorKind) -> Self {
        Self::new(kind, Vec::new())
    }
}

impl From<ConfigError> for StartErrorKind {
    fn from(error: ConfigError) -> Self {
        Self::Config(error)
    }
}

impl StartErrorKind {
    pub(crate) fn system(attempt: impl Into<String>, source: io::Error) -> Self {
        Self::System {
            attempt: attempt.into(),
            source: Arc::new(source),
        }
    }
}

/// The reason, followed by the server's last lines where they are the only explanation.
impl fmt::Display for StartError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const SHOWN: usize = 8;
        self.kind.fmt(f)?;
        if self.is_unexplained() && !self.last_lines.is_empty() {
            let skipped = self.last_lines.len().saturating_sub(SHOWN);
            f.write_str("; it wrote:")?;
            for line in &self.last_lines[skipped..] {
                write!(f, "\n  {line}")?;
            }
        }
        Ok(())
    }
}

impl std::error::Error for StartError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.kind.source()
    }
}

fn list(places: &[PathBuf]) -> String {
    let places: Vec<_> = places
        .iter()
        .map(|path| path.display().to_string())
        .collect();
    places.join(" or ")
}
