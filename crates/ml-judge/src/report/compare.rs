//! Two runs on the same prompts: what is better, what is worse, and what nobody can tell.

mod field;
mod pairs;

use serde::{Deserialize, Serialize};

use super::{Direction, FieldKind, Report, RunDescription};
use crate::stats::{Design, Estimate, McNemar, PermutationTest, holm};

pub(super) use pairs::{Answers, Pair, Pairs};

/// Two runs compared, prompt by prompt.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct RunComparison {
    /// The version of this form, [`RunComparison::FORMAT`].
    pub format: u32,
    /// The first run.
    pub first: RunDescription,
    /// The second run. Differences are its values less those of the first.
    pub second: RunDescription,
    /// Prompts that both runs have.
    pub pairs: usize,
    /// Those that only the first has.
    pub only_first: OnlyOne,
    /// Those that only the second has.
    pub only_second: OnlyOne,
    /// The probability, over all fields together, of a verdict where there is no difference.
    pub alpha: f64,
    /// Every field that can be compared, by suite and name.
    pub fields: Vec<FieldComparison>,
    /// What cannot be compared, and why.
    pub left_out: Vec<LeftOut>,
    /// What else readers should know.
    pub notes: Vec<String>,
}

/// Prompts that only one run has.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct OnlyOne {
    /// How many.
    pub count: usize,
    /// The ids of the first hundred.
    pub ids: Vec<String>,
}

/// What cannot be compared, and why.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct LeftOut {
    /// The suite.
    pub suite: String,
    /// The field; `None` for all of them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub field: Option<String>,
    /// Why, for people.
    pub reason: String,
}

/// A field of two runs. Of several answers to a prompt the mean counts.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct FieldComparison {
    /// The suite.
    pub suite: String,
    /// The field.
    pub field: String,
    /// Which end is the better one.
    pub direction: Direction,
    /// Verdicts, where every prompt has one in both runs, or numbers.
    pub kind: FieldKind,
    /// Prompts with a value in both runs, which all else is about.
    pub n: usize,
    /// Prompts of both runs without a value in one of them.
    pub without_value: usize,
    /// The first run's mean.
    pub first: f64,
    /// The second run's mean.
    pub second: f64,
    /// The second's less the first's, with its interval at 95 %: for verdicts that of
    /// [`McNemar::difference`], for numbers that of the paired bootstrap. It holds for this field
    /// alone, while the verdict is about all of them.
    pub difference: Estimate,
    /// The test.
    pub test: PairedTest,
    /// Its p-value: for verdicts the mid-p value.
    pub p: f64,
    /// The p-value after [Holm's correction](holm) for the number of fields.
    pub adjusted_p: f64,
    /// The size of the difference: Cohen's h of verdicts, Cohen's d of pairs of numbers; `None`
    /// where differences do not vary.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub effect: Option<f64>,
    /// The smallest difference that so many prompts, differing so much, would have shown with a
    /// probability of 80 % in a test of this field alone; `None` where they could not show any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub detectable: Option<f64>,
    /// The verdict.
    pub change: Change,
    /// Why the scores are not to be believed, where they are not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub untrusted: Option<String>,
}

/// A paired test of no difference.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum PairedTest {
    /// Of verdicts.
    McNemar(McNemar),
    /// Of numbers.
    Permutation(PermutationTest),
}

/// What a comparison says of the second run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Change {
    /// It is better.
    Better,
    /// It is worse.
    Worse,
    /// It is different, and which end is better nobody said.
    Different,
    /// The difference may be chance.
    CannotTell,
}

/// Two reports cannot be compared.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum CompareError {
    /// A report has answers of several models.
    #[error("the {which} report has answers of {models} models: compare reports of one model each")]
    SeveralModels {
        /// The `first` or the `second`.
        which: &'static str,
        /// How many.
        models: usize,
    },
    /// A report has no items.
    #[error("the {which} report has no items")]
    Empty {
        /// The `first` or the `second`.
        which: &'static str,
    },
    /// No prompt is in both.
    #[error(
        "the reports have no prompt in common: of {first} and {second} none has the same id and \
         the same text"
    )]
    NoPairs {
        /// Prompts of the first report.
        first: usize,
        /// Prompts of the second.
        second: usize,
    },
    /// Nothing was scored in the same way in both.
    #[error("the reports have no scores that can be compared: {reasons}")]
    NoFields {
        /// Why not.
        reasons: String,
    },
}

/// Compares two runs on the prompts that both have, by id and text.
///
/// A suite is left out where the runs scored by different modes, versions or judges, a prompt
/// where what a suite knows of it differs, as after a change of the probe.
///
/// # Errors
/// A report has several models, or there is nothing to compare.
pub fn compare(first: &Report, second: &Report) -> Result<RunComparison, CompareError> {
    for (which, report) in [("first", first), ("second", second)] {
        let models = report.models().len();
        if models > 1 {
            return Err(CompareError::SeveralModels { which, models });
        }
        if report.items.is_empty() {
            return Err(CompareError::Empty { which });
        }
    }
    let pairs = Pairs::of(&first.items, &second.items);
    if pairs.both.is_empty() {
        let (first, second) = (pairs.only_first.count, pairs.only_second.count);
        return Err(CompareError::NoPairs { first, second });
    }
    let (mut fields, left_out) = field::all(first, second, &pairs.both);
    if fields.is_empty() {
        return Err(CompareError::NoFields {
            reasons: reasons(&left_out),
        });
    }
    correct(&mut fields);
    Ok(RunComparison {
        format: RunComparison::FORMAT,
        first: first.run.clone(),
        second: second.run.clone(),
        pairs: pairs.both.len(),
        only_first: pairs.only_first,
        only_second: pairs.only_second,
        alpha: Design::default().alpha,
        fields,
        left_out,
        notes: notes(&first.run, &second.run),
    })
}

/// Corrects the p-values for their number, and decides.
fn correct(fields: &mut [FieldComparison]) {
    let p_values: Vec<f64> = fields.iter().map(|field| field.p).collect();
    let adjusted = holm(&p_values).expect("tests give p-values from 0 to 1");
    for (field, p) in fields.iter_mut().zip(adjusted) {
        field.adjusted_p = p;
        field.change = Change::of(field, Design::default().alpha);
    }
}

fn reasons(left_out: &[LeftOut]) -> String {
    let reason = |left: &LeftOut| format!("{}: {}", left.suite, left.reason);
    let reasons: Vec<_> = left_out.iter().map(reason).collect();
    if reasons.is_empty() {
        return "neither has any".into();
    }
    reasons.join("; ")
}

fn notes(first: &RunDescription, second: &RunDescription) -> Vec<String> {
    let mut notes = Vec::new();
    if let (Some(first), Some(second)) = (&first.probes, &second.probes)
        && first != second
    {
        notes.push(format!(
            "the probes differ ({} {} and {} {}): those that both have in the same form are \
             compared",
            first.name, first.version, second.name, second.version
        ));
    }
    notes
}

impl FieldComparison {
    /// Whether every prompt has the same value in both runs.
    pub fn is_same(&self) -> bool {
        match self.test {
            PairedTest::McNemar(test) => test.only_first + test.only_second == 0,
            // Differences that do not vary have no effect size.
            PairedTest::Permutation(test) => self.effect.is_none() && test.difference == 0.0,
        }
    }
}

impl RunComparison {
    /// The form that is written.
    pub const FORMAT: u32 = 1;
}

impl Change {
    /// The verdict in words.
    pub fn name(self) -> &'static str {
        match self {
            Self::Better => "better",
            Self::Worse => "worse",
            Self::Different => "different",
            Self::CannotTell => "cannot tell",
        }
    }

    fn of(field: &FieldComparison, alpha: f64) -> Self {
        if field.adjusted_p >= alpha {
            return Self::CannotTell;
        }
        let rises = field.difference.value > 0.0;
        match (field.direction, rises) {
            (Direction::Unknown, _) => Self::Different,
            (Direction::Higher, true) | (Direction::Lower, false) => Self::Better,
            (Direction::Higher, false) | (Direction::Lower, true) => Self::Worse,
        }
    }
}
