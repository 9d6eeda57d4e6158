//! A pull as one JSON object, well ended or failed.

use std::path::Path;

use inference_core::Retry;
use ml_service::{Choice, HubError, Pulled, PulledKind};
use serde::Serialize;

use crate::screen;

/// What was fetched, for machines.
#[derive(Serialize)]
pub(super) struct PulledJson<'a> {
    repository: &'a str,
    revision: &'a str,
    commit: &'a str,
    kind: &'static str,
    path: &'a Path,
    /// What to give to `--model`; `null` where it is no model.
    model: Option<&'a str>,
    files: Vec<FileJson<'a>>,
}

#[derive(Serialize)]
struct FileJson<'a> {
    path: &'a str,
    bytes: u64,
    /// `sha256:…`, or `git:…` for small files.
    hash: String,
    fetched: bool,
}

impl<'a> PulledJson<'a> {
    pub(super) fn new(pulled: &'a Pulled, revision: Option<&'a str>) -> Self {
        let files = pulled.files.iter().map(|file| FileJson {
            path: &file.path,
            bytes: file.bytes,
            hash: format!("{:?}", file.digest),
            fetched: !file.was_there,
        });
        Self {
            repository: &pulled.repository,
            revision: revision.unwrap_or("main"),
            commit: &pulled.commit,
            kind: match pulled.kind {
                PulledKind::Folder => "folder",
                PulledKind::Gguf => "gguf",
                PulledKind::Adapter => "adapter",
                _ => "file",
            },
            path: &pulled.path,
            model: pulled.reference.as_deref(),
            files: files.collect(),
        }
    }
}

/// What went wrong, for machines.
#[derive(Serialize)]
pub(super) struct FailedJson<'a> {
    error: ErrorJson,
    /// Where one of several files has to be chosen.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    choices: Vec<ChoiceJson<'a>>,
}

#[derive(Serialize)]
struct ErrorJson {
    code: &'static str,
    message: String,
    retry: &'static str,
    /// Seconds to wait, where the server named them.
    #[serde(skip_serializing_if = "Option::is_none")]
    retry_after: Option<f64>,
}

#[derive(Serialize)]
struct ChoiceJson<'a> {
    file: &'a str,
    bytes: u64,
    parts: usize,
}

impl<'a> FailedJson<'a> {
    pub(super) fn new(error: &'a anyhow::Error) -> Self {
        let known = error.downcast_ref::<HubError>();
        let (retry, retry_after) = match known.map(HubError::retry) {
            Some(Retry::After(time)) => ("after", Some(time.as_secs_f64())),
            Some(Retry::Backoff) => ("backoff", None),
            _ => ("never", None),
        };
        let messages: Vec<_> = error.chain().map(ToString::to_string).collect();
        let choices = match known {
            Some(HubError::Choose { choices, .. }) => choices.as_slice(),
            _ => &[],
        };
        let choice = |choice: &'a Choice| ChoiceJson {
            file: &choice.file,
            bytes: choice.bytes,
            parts: choice.parts,
        };
        Self {
            error: ErrorJson {
                code: known.map_or("failed", HubError::code),
                message: messages.join(": "),
                retry,
                retry_after,
            },
            choices: choices.iter().map(choice).collect(),
        }
    }

    pub(super) fn cancelled() -> Self {
        Self {
            error: ErrorJson {
                code: "cancelled",
                message: "the download was stopped".to_owned(),
                retry: "never",
                retry_after: None,
            },
            choices: Vec::new(),
        }
    }

    pub(super) fn line(&self) -> String {
        screen::json_line(self)
    }
}
