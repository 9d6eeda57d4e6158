//! The conformance checks, run on one model.

use inference_core::ModelInfo;
use ml_service::conformance::{Check, Outcome, PlainSubject};
use serde::Serialize;

use crate::commands::Context;
use crate::failure::Failure;
use crate::interrupt::Interrupt;
use crate::model::{self, ModelArgs};
use crate::screen::Paint;
use crate::spinner::Spinner;
use crate::table::{Cell, Table, Tone};

/// How a model fared.
pub(super) struct Examination {
    model: ModelInfo,
    outcomes: Vec<(Check, Outcome)>,
}

/// Loads a model and runs every check on it.
///
/// # Errors
/// The model cannot be loaded, or Ctrl-C.
pub(super) async fn run(args: &ModelArgs, context: &Context) -> Result<Examination, Failure> {
    let interrupt = Interrupt::listen().map_err(anyhow::Error::new)?;
    let spinner = Spinner::new(context.screen, "loading the model");
    let service = model::service(context, &spinner)?;
    let examined = async {
        let name = args.open(&service)?;
        let loaded = service.get(Some(&name)).await?;
        let model = loaded.info().clone();
        let subject = PlainSubject::new(loaded);
        let mut outcomes = Vec::new();
        for (done, check) in Check::ALL.into_iter().enumerate() {
            let all = Check::ALL.len();
            spinner.say(format!("check {} of {all}: {check}", done + 1));
            // Each check is a large future, and they take minutes: one allocation is nothing.
            outcomes.push((check, Box::pin(check.run(&subject)).await));
        }
        Ok(Examination { model, outcomes })
    };
    let examined = interrupt.during(spinner.during(examined)).await.flatten();
    model::close(&service).await;
    examined
}

impl Examination {
    /// Whether nothing failed. What could not be tried is no failure.
    pub(super) fn passed(&self) -> bool {
        self.count(|outcome| matches!(outcome, Outcome::Failed { .. })) == 0
    }

    fn count(&self, wanted: impl Fn(&Outcome) -> bool) -> usize {
        let outcomes = self.outcomes.iter();
        outcomes.filter(|(_, outcome)| wanted(outcome)).count()
    }

    /// A table, and how many of each there are.
    pub(super) fn text(&self, paint: Paint) -> String {
        let mut table = Table::new(["CHECK", "RESULT"], paint);
        for (check, outcome) in &self.outcomes {
            let (result, note) = match outcome {
                Outcome::Passed => (Cell::new("passed", Tone::Good), None),
                Outcome::NotExercised { why } => {
                    (Cell::new("not exercised", Tone::Dim), Some(why.clone()))
                }
                Outcome::Failed { found } => {
                    let note = format!("{found}; demanded is: {}", check.demand());
                    (Cell::new("FAILED", Tone::Bad), Some(note))
                }
            };
            table.push([check.name().into(), result], note.as_deref());
        }
        let passed = self.count(|outcome| *outcome == Outcome::Passed);
        let failed = self.count(|outcome| matches!(outcome, Outcome::Failed { .. }));
        let other = self.outcomes.len() - passed - failed;
        let ModelInfo { name, backend, .. } = &self.model;
        format!(
            "\n{} on {backend}\n{table}{passed} passed, {other} not exercised, {failed} failed\n",
            paint.bold(name)
        )
    }

    /// The same for machines.
    pub(super) fn json(&self) -> ExaminationJson<'_> {
        let checks = self.outcomes.iter().map(|(check, outcome)| {
            let (outcome, detail) = match outcome {
                Outcome::Passed => ("passed", None),
                Outcome::NotExercised { why } => ("not_exercised", Some(why.as_str())),
                Outcome::Failed { found } => ("failed", Some(found.as_str())),
            };
            CheckJson {
                check: check.name(),
                outcome,
                detail,
            }
        });
        ExaminationJson {
            model: &self.model,
            checks: checks.collect(),
        }
    }
}

/// How a model fared, for machines.
#[derive(Serialize)]
pub(super) struct ExaminationJson<'a> {
    model: &'a ModelInfo,
    checks: Vec<CheckJson<'a>>,
}

#[derive(Serialize)]
struct CheckJson<'a> {
    check: &'static str,
    outcome: &'static str,
    /// What was found, or why it could not be tried.
    detail: Option<&'a str>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failed_check_says_what_was_found_and_what_is_demanded() {
        let failed = Outcome::Failed {
            found: "two ends".into(),
        };
        let examination = Examination {
            model: ModelInfo::new("toy", "tiny"),
            outcomes: vec![(Check::Utf8, Outcome::Passed), (Check::Finish, failed)],
        };
        assert!(!examination.passed());
        let text = examination.text(Paint::PLAIN);
        assert!(
            text.starts_with("\ntiny on toy\nCHECK   RESULT\nutf8    passed\n"),
            "{text}"
        );
        assert!(
            text.contains("finish  FAILED\n  two ends; demanded is: a stream"),
            "{text}"
        );
        assert!(
            text.ends_with("1 passed, 0 not exercised, 1 failed\n"),
            "{text}"
        );
    }
}
