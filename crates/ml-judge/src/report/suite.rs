//! The suites of a run, and how far their scores are to be believed.

use serde::{Deserialize, Serialize};

use super::ReportError;
use crate::trust::{Trust, TrustRecord, TrustSubject, TrustThreshold};
use crate::{Judging, Mode, Score};

/// A suite that scored in a run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct SuiteRun {
    /// Its name.
    pub name: String,
    /// Version of its rules: that of its scores up to a `+`, after which they may name what they
    /// know of each item.
    pub version: String,
    /// The rules that its scores were made by.
    pub mode: Mode,
    /// The judges and how they were asked, without their seeds; none where no model judged.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub judges: Vec<Judging>,
    /// How far it is to be believed, where that was looked up.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trust: Option<SuiteTrust>,
}

/// How far a suite is to be believed, and why.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct SuiteTrust {
    /// Whether it is trusted.
    #[serde(flatten)]
    pub trust: Trust,
    /// What was measured of it, where anything was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub record: Option<TrustRecord>,
}

impl SuiteTrust {
    /// What a record says; without a record, that there is none.
    pub fn new(record: Option<TrustRecord>, threshold: &TrustThreshold) -> Self {
        Self {
            trust: Trust::of(record.as_ref(), threshold),
            record,
        }
    }
}

impl SuiteRun {
    pub(super) fn of(score: &Score) -> Self {
        let TrustSubject {
            suite,
            version,
            mode,
            judges,
        } = TrustSubject::of(score);
        Self {
            name: suite,
            version: rules(&version).to_owned(),
            mode,
            judges,
            trust: None,
        }
    }

    /// Takes in another score of the suite.
    ///
    /// # Errors
    /// It was made by other rules or by other judges.
    pub(super) fn merge(&mut self, score: &Score) -> Result<(), ReportError> {
        let is_same = self.mode == score.mode && self.version == rules(&score.version);
        // Most scores have no judge at all, and need no look at who it was.
        let judged = score.judge.is_some() || !score.members.is_empty();
        let judges = if judged {
            Self::of(score).judges
        } else {
            Vec::new()
        };
        if !is_same || !(judges.is_empty() || self.judges.is_empty() || judges == self.judges) {
            return Err(ReportError::Mixed {
                suite: self.name.clone(),
                first: self.rules(),
                second: Self::of(score).rules(),
            });
        }
        if self.judges.is_empty() {
            self.judges = judges;
        }
        Ok(())
    }

    /// Why its scores are not to be believed; `None` where they are, and where no model judged and
    /// nobody measured.
    pub fn untrusted(&self) -> Option<&str> {
        match &self.trust {
            Some(SuiteTrust {
                trust: Trust::Trusted,
                ..
            }) => None,
            Some(SuiteTrust {
                trust: Trust::Untrusted { reason },
                ..
            }) => Some(reason),
            None if self.judges.is_empty() => None,
            None => Some("its record was not looked up"),
        }
    }

    /// The rules and the judges in one text.
    pub(super) fn rules(&self) -> String {
        let rules = format!("version {} of mode {}", self.version, self.mode);
        let judge = |judge: &Judging| {
            let (model, temperature) = (&judge.model, judge.temperature);
            format!("{model} at temperature {temperature}")
        };
        let judges: Vec<_> = self.judges.iter().map(judge).collect();
        if judges.is_empty() {
            return rules;
        }
        format!("{rules} judged by {}", judges.join(" and "))
    }
}

/// The version of a suite's rules, without what it knows of an item.
fn rules(version: &str) -> &str {
    version.split_once('+').map_or(version, |(rules, _)| rules)
}
