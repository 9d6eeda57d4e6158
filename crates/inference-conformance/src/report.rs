//! The outcome of all checks.

use std::fmt;

use crate::{Check, Kind, Outcome, Subject};

/// Runs every check, one after the other.
///
/// It needs whatever runtime the model needs, and no other.
pub async fn check_all(subject: &dyn Subject) -> Report {
    let mut outcomes = Vec::with_capacity(Check::ALL.len());
    for check in Check::ALL {
        outcomes.push((check, check.run(subject).await));
    }
    Report { outcomes }
}

/// How all checks came out. `Display` lists them, a line each.
#[derive(Debug, Clone, PartialEq, Eq)]
#[must_use = "a report says nothing unless it is looked at"]
pub struct Report {
    outcomes: Vec<(Check, Outcome)>,
}

/// A report that does not prove conformance: what failed, and what had to be exercised.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NotConformant {
    kind: Kind,
    lines: Vec<String>,
}

impl Report {
    /// Every check with its outcome, in the order of [`Check::ALL`].
    pub fn outcomes(&self) -> &[(Check, Outcome)] {
        &self.outcomes
    }

    /// The outcome of one check.
    pub fn outcome(&self, check: Check) -> Option<&Outcome> {
        let found = self.outcomes.iter().find(|(other, _)| *other == check);
        found.map(|(_, outcome)| outcome)
    }

    /// The checks that failed.
    pub fn failed(&self) -> Vec<Check> {
        self.with(|outcome| matches!(outcome, Outcome::Failed { .. }))
    }

    /// The checks that the subject could not exercise.
    pub fn not_exercised(&self) -> Vec<Check> {
        self.with(|outcome| matches!(outcome, Outcome::NotExercised { .. }))
    }

    /// Joins the reports of two subjects that exercise different parts of one backend: a check
    /// fails if it failed in either, and passes if it passed in one and did not fail in the other.
    pub fn merge(self, other: Self) -> Self {
        let rank = |outcome: &Outcome| match outcome {
            Outcome::Failed { .. } => 2,
            Outcome::Passed => 1,
            Outcome::NotExercised { .. } => 0,
        };
        let pairs = self.outcomes.into_iter().zip(other.outcomes);
        let outcomes = pairs
            .map(|((check, mine), (_, theirs))| {
                let outcome = if rank(&theirs) > rank(&mine) {
                    theirs
                } else {
                    mine
                };
                (check, outcome)
            })
            .collect();
        Self { outcomes }
    }

    /// Whether nothing failed and everything was exercised that this kind of backend must show.
    ///
    /// # Errors
    /// The checks that failed or are missing, with what the contract demands.
    pub fn verify(&self, kind: Kind) -> Result<(), NotConformant> {
        let wrong = self
            .outcomes
            .iter()
            .filter(|(check, outcome)| match outcome {
                Outcome::Passed => false,
                Outcome::NotExercised { .. } => kind.requires(*check),
                Outcome::Failed { .. } => true,
            });
        let lines: Vec<String> = wrong.map(line).collect();
        if lines.is_empty() {
            Ok(())
        } else {
            Err(NotConformant { kind, lines })
        }
    }

    /// [`verify`](Self::verify) for tests.
    ///
    /// # Panics
    /// If a check failed, or one that this kind of backend must show was not exercised; the
    /// message names them and what the contract demands.
    #[track_caller]
    pub fn require(&self, kind: Kind) {
        if let Err(error) = self.verify(kind) {
            panic!("{error}");
        }
    }

    fn with(&self, wanted: impl Fn(&Outcome) -> bool) -> Vec<Check> {
        let found = self.outcomes.iter().filter(|(_, outcome)| wanted(outcome));
        found.map(|(check, _)| *check).collect()
    }
}

fn line((check, outcome): &(Check, Outcome)) -> String {
    match outcome {
        Outcome::Passed => format!("passed         {check}"),
        Outcome::NotExercised { why } => format!("not exercised  {check}: {why}"),
        Outcome::Failed { found } => {
            format!("FAILED         {check}: {found}; {}", check.demand())
        }
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let lines: Vec<String> = self.outcomes.iter().map(line).collect();
        f.write_str(&lines.join("\n"))
    }
}

impl fmt::Display for NotConformant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let lines = self.lines.join("\n");
        write!(
            f,
            "not a conformant backend of the kind {:?}:\n{lines}",
            self.kind
        )
    }
}

impl std::error::Error for NotConformant {}
