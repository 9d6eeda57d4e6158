//! What a suite made of a response.

use std::collections::BTreeMap;

use inference_core::{Error, Retry};
use serde::{Deserialize, Serialize};

use crate::Mode;

/// What one suite made of one response.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Score {
    /// The suite's name.
    pub suite: String,
    /// Version of the formula, the probe set or the rubric.
    pub version: String,
    /// The rules it was made by.
    pub mode: Mode,
    /// The judge and how it was asked, where a model judged.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub judge: Option<Judging>,
    /// The values, or why there are none.
    #[serde(flatten)]
    pub outcome: Outcome,
    /// The scores that this one combines, one for each judge of several.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub members: Vec<Self>,
}

/// The values of a score, or why there are none.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
#[non_exhaustive]
pub enum Outcome {
    /// The response was scored.
    Scored {
        /// Number by field; a verdict is 1 or 0.
        values: BTreeMap<String, f64>,
        /// Text by field: what was extracted, a judge's reasoning.
        #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
        notes: BTreeMap<String, String>,
    },
    /// The response was not scored, and counts in no mean.
    Unscored {
        /// Why, for people.
        reason: String,
        /// Why, for programs, where something failed that might have worked.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        cause: Option<Cause>,
    },
}

/// What failed where a response was not scored.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
#[non_exhaustive]
pub enum Cause {
    /// A judge answered, and what it answered cannot be used.
    Unreadable,
    /// No judge answered, or the suite itself failed.
    Failed {
        /// The name of the failure, see [`Failure::code`](crate::Failure::code).
        code: String,
        /// For how long the judge's server wants no further call, in seconds, where it said so.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        retry_after_seconds: Option<f64>,
    },
}

impl Outcome {
    /// No values, for a reason that lies in the response or in what is known of it.
    pub fn unscored(reason: impl Into<String>) -> Self {
        Self::Unscored {
            reason: reason.into(),
            cause: None,
        }
    }

    /// What failed, where something did.
    pub fn cause(&self) -> Option<&Cause> {
        match self {
            Self::Scored { .. } => None,
            Self::Unscored { cause, .. } => cause.as_ref(),
        }
    }
}

impl Cause {
    /// A stable name for counts: `unreadable`, or that of the failure.
    pub fn code(&self) -> &str {
        match self {
            Self::Unreadable => "unreadable",
            Self::Failed { code, .. } => code,
        }
    }
}

impl From<&Error> for Cause {
    /// A backend's error.
    fn from(error: &Error) -> Self {
        let retry_after_seconds = match error.retry() {
            Retry::After(wait) => Some(wait.as_secs_f64()),
            _ => None,
        };
        Self::Failed {
            code: error.code().to_owned(),
            retry_after_seconds,
        }
    }
}

/// A judging model and the sampling it was asked with.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Judging {
    /// The judge's backend.
    pub backend: String,
    /// The judge's model.
    pub model: String,
    /// Temperature of its answers.
    pub temperature: f64,
    /// The most tokens of an answer.
    pub max_tokens: u32,
    /// Seed of its sampler.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seed: Option<u64>,
}

impl Score {
    /// A score with values.
    pub fn scored(
        suite: impl Into<String>,
        version: impl Into<String>,
        mode: Mode,
        values: BTreeMap<String, f64>,
    ) -> Self {
        let outcome = Outcome::Scored {
            values,
            notes: BTreeMap::new(),
        };
        Self::new(suite, version, mode, outcome)
    }

    /// A score without values.
    pub fn unscored(
        suite: impl Into<String>,
        version: impl Into<String>,
        mode: Mode,
        reason: impl Into<String>,
    ) -> Self {
        Self::new(suite, version, mode, Outcome::unscored(reason))
    }

    /// A score of an outcome.
    pub fn new(
        suite: impl Into<String>,
        version: impl Into<String>,
        mode: Mode,
        outcome: Outcome,
    ) -> Self {
        Self {
            suite: suite.into(),
            version: version.into(),
            mode,
            judge: None,
            outcome,
            members: Vec::new(),
        }
    }

    /// The value of a field; `None` where there is none, or no score.
    pub fn value(&self, field: &str) -> Option<f64> {
        match &self.outcome {
            Outcome::Scored { values, .. } => values.get(field).copied(),
            Outcome::Unscored { .. } => None,
        }
    }
}

impl Judging {
    /// A judge that is asked so.
    pub fn new(
        backend: impl Into<String>,
        model: impl Into<String>,
        temperature: f64,
        max_tokens: u32,
    ) -> Self {
        Self {
            backend: backend.into(),
            model: model.into(),
            temperature,
            max_tokens,
            seed: None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scores_come_back_from_json_as_they_were() {
        let values = BTreeMap::from([("correct".into(), 1.0)]);
        let mut panel = Score::scored("semantic", "1", Mode::V2, values.clone());
        panel.members = vec![Score::unscored("semantic", "1", Mode::V2, "no answer")];
        let failed = |cause| {
            let reason = "the judge did not answer".to_owned();
            let cause = Some(cause);
            Score::new(
                "semantic",
                "1",
                Mode::V2,
                Outcome::Unscored { reason, cause },
            )
        };
        for score in [
            Score::scored("exact", "2", Mode::V2, values),
            Score::unscored("semantic", "1", Mode::V2, "the judge said nothing"),
            panel,
            failed(Cause::Unreadable),
            failed(Cause::Failed {
                code: "rate_limited".to_owned(),
                retry_after_seconds: Some(2.5),
            }),
        ] {
            let json = serde_json::to_string(&score).expect("JSON");
            assert_eq!(
                serde_json::from_str::<Score>(&json).expect("a score"),
                score
            );
        }
    }
}
