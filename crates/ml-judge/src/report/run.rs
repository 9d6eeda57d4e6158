//! What was run.

use inference_core::GenerateOptions;
use serde::{Deserialize, Serialize};

use crate::{Mode, ModelIdentity, ProbeSet};

/// What was run, and how.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct RunDescription {
    /// Probes that were asked, or answers that were there.
    pub kind: RunKind,
    /// The rules that were chosen. A suite that has rules of one mode only keeps to these; see
    /// [`SuiteRun::mode`](super::SuiteRun::mode).
    pub mode: Mode,
    /// Who answered, where a model was asked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub model: Option<ModelIdentity>,
    /// The file of the answers, where they were there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub input: Option<String>,
    /// The probes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub probes: Option<ProbeSetIdentity>,
    /// How answers were sampled, where a model was asked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sampling: Option<GenerateOptions>,
    /// Seed of generated probes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seed: Option<u64>,
    /// How often each prompt was asked.
    pub epochs: u32,
    /// When the run began, as RFC 3339 has it and the caller says it.
    pub started: String,
    /// When it ended, likewise.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub ended: String,
}

/// What kind of run it was.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum RunKind {
    /// A model answered probes.
    Probe,
    /// Answers that were there were scored.
    Score,
}

/// Which probes were asked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProbeSetIdentity {
    /// The set's name.
    pub name: String,
    /// Its version, which has a hash of its probes; see [`ProbeSet::version`].
    pub version: String,
}

impl RunDescription {
    /// A run of this kind that began at a time; every prompt is asked once.
    pub fn new(kind: RunKind, mode: Mode, started: impl Into<String>) -> Self {
        Self {
            kind,
            mode,
            model: None,
            input: None,
            probes: None,
            sampling: None,
            seed: None,
            epochs: 1,
            started: started.into(),
            ended: String::new(),
        }
    }
}

impl RunKind {
    /// The name, as in files.
    pub fn name(self) -> &'static str {
        match self {
            Self::Probe => "probe",
            Self::Score => "score",
        }
    }
}

impl From<&ProbeSet> for ProbeSetIdentity {
    fn from(set: &ProbeSet) -> Self {
        Self {
            name: set.name().to_owned(),
            version: set.version().to_owned(),
        }
    }
}
