//! This crate's errors as the contract's.

use std::fmt;
use std::sync::Arc;

use inference_core::{BoxError, Error, ErrorKind, Retry};

use crate::exit::Exit;
use crate::instance::Instance;
use crate::start_error::{ModelProblem, StartError, StartErrorKind};

/// The backend's name in errors, in [`ModelInfo`](inference_core::ModelInfo) and for loaders.
pub(crate) const BACKEND: &str = "llama_cpp";

/// A llama-server that died while it had work.
///
/// It is the source of the [`Error`] of kind [`Crashed`](ErrorKind::Crashed) that ends an answer.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Crash {
    /// How it ended.
    pub exit: Exit,
    /// The last lines it wrote, oldest first.
    pub last_lines: Vec<String>,
}

impl Crash {
    pub(crate) fn of(instance: &Instance, exit: Exit) -> Self {
        Self {
            exit,
            last_lines: instance.last_lines(),
        }
    }
}

impl fmt::Display for Crash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const SHOWN: usize = 5;
        write!(f, "it {}", self.exit)?;
        let skipped = self.last_lines.len().saturating_sub(SHOWN);
        if !self.last_lines.is_empty() {
            f.write_str("; it wrote:")?;
        }
        for line in &self.last_lines[skipped..] {
            write!(f, "\n  {line}")?;
        }
        Ok(())
    }
}

impl std::error::Error for Crash {}

impl From<Crash> for Error {
    fn from(crash: Crash) -> Self {
        let message = "llama-server died before the answer's end; the next request restarts it";
        Self::new(ErrorKind::Crashed, message)
            .with_backend(BACKEND)
            .with_source(crash)
    }
}

impl From<StartError> for Error {
    fn from(error: StartError) -> Self {
        let (kind, retry) = class(error.kind());
        let mut converted = Self::new(kind, error.to_string()).with_backend(BACKEND);
        if let Some(retry) = retry {
            converted = converted.with_retry(retry);
        }
        match cause(error.kind()) {
            Some(cause) => converted.with_source(cause),
            None => converted,
        }
    }
}

/// What the caller of a start that failed can do about it.
fn class(kind: &StartErrorKind) -> (ErrorKind, Option<Retry>) {
    use StartErrorKind as Start;
    match kind {
        Start::Config(_) | Start::Argument { .. } => (ErrorKind::InvalidRequest, None),
        Start::Model { problem, .. } if *problem == ModelProblem::Missing => {
            (ErrorKind::NotFound, None)
        }
        Start::Model { .. } | Start::Adapter { .. } => (ErrorKind::InvalidModel, None),
        Start::OutOfMemory { .. } => (ErrorKind::OutOfMemory, None),
        Start::Exited { .. } => (ErrorKind::Crashed, None),
        Start::Stalled { .. } => (ErrorKind::Timeout, None),
        Start::CrashLoop { retry_after, .. } => {
            (ErrorKind::Unavailable, Some(Retry::After(*retry_after)))
        }
        Start::System { .. } => (ErrorKind::Backend, None),
        Start::Stopped => (ErrorKind::Closed, None),
        Start::NoBinary { .. }
        | Start::NotExecutable { .. }
        | Start::Socket { .. }
        | Start::Router
        | Start::WrongModel { .. }
        | Start::NotLlamaServer { .. } => (ErrorKind::Unavailable, Some(Retry::Never)),
    }
}

/// The cause behind a failed start, whose own message the error has already.
fn cause(kind: &StartErrorKind) -> Option<BoxError> {
    match kind {
        StartErrorKind::Config(cause) => Some(cause.clone().into()),
        StartErrorKind::System { source, .. } => Some(Arc::clone(source).into()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use std::error::Error as _;
    use std::io;
    use std::time::Duration;

    use super::*;
    use crate::argv::ConfigError;

    #[test]
    fn a_start_error_says_what_the_caller_can_do() {
        let after = Duration::from_secs(7);
        for (kind, expected, retry) in [
            (StartErrorKind::Router, ErrorKind::Unavailable, Retry::Never),
            (StartErrorKind::Stopped, ErrorKind::Closed, Retry::Never),
            (
                StartErrorKind::CrashLoop {
                    crashes: 3,
                    window: after,
                    retry_after: after,
                },
                ErrorKind::Unavailable,
                Retry::After(after),
            ),
            (
                StartErrorKind::Model {
                    path: "m".into(),
                    problem: ModelProblem::Missing,
                    detail: String::new(),
                },
                ErrorKind::NotFound,
                Retry::Never,
            ),
        ] {
            let text = kind.to_string();
            let error = Error::from(StartError::from(kind));
            assert_eq!((error.kind(), error.retry()), (expected, retry), "{text}");
            assert_eq!(error.to_string(), format!("llama_cpp: {text}"));
            assert!(error.source().is_none(), "{text}");
        }
    }

    #[test]
    fn each_cause_is_told_once() {
        let system = StartErrorKind::system("run /x", io::Error::other("refused"));
        let config = StartErrorKind::Config(ConfigError::NoModel);
        for (kind, cause) in [
            (system, "refused"),
            (config, "the path of the model is empty"),
        ] {
            let error = Error::from(StartError::from(kind));
            let source = error.source().unwrap();
            assert_eq!(source.to_string(), cause);
            assert!(source.source().is_none());
        }
    }
}
