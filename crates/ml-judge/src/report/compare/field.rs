//! A field of two runs.

use std::collections::BTreeSet;

use super::pairs::Pair;
use super::{Change, FieldComparison, LeftOut, PairedTest};
use crate::report::{Direction, FieldKind, Report, SuiteRun};
use crate::stats::{
    Bootstrap, Confidence, Design, Estimate, McNemar, Permutation, StatsError, cohens_d_paired,
    cohens_h, detectable_mean_difference, detectable_proportion_difference,
};

/// Every field that can be compared, and what cannot.
pub(super) fn all(
    first: &Report,
    second: &Report,
    pairs: &[Pair<'_>],
) -> (Vec<FieldComparison>, Vec<LeftOut>) {
    let (mut compared, mut left_out) = (Vec::new(), Vec::new());
    for suite in suites(first, second) {
        match alike(first.suite(suite), second.suite(suite)) {
            Ok((one, other)) => {
                for field in fields(suite, first, second) {
                    let untrusted = one.untrusted().or_else(|| other.untrusted());
                    match field_of(suite, field, pairs) {
                        Ok(mut comparison) => {
                            comparison.untrusted = untrusted.map(ToOwned::to_owned);
                            compared.push(comparison);
                        }
                        Err(reason) => left_out.push(LeftOut {
                            suite: suite.to_owned(),
                            field: Some(field.to_owned()),
                            reason,
                        }),
                    }
                }
            }
            Err(reason) => left_out.push(LeftOut {
                suite: suite.to_owned(),
                field: None,
                reason,
            }),
        }
    }
    (compared, left_out)
}

fn suites<'a>(first: &'a Report, second: &'a Report) -> BTreeSet<&'a str> {
    let suites = first.suites.iter().chain(&second.suites);
    suites.map(|suite| suite.name.as_str()).collect()
}

fn fields<'a>(suite: &str, first: &'a Report, second: &'a Report) -> BTreeSet<&'a str> {
    let all = first.aggregates.iter().chain(&second.aggregates);
    let of_suite = all.filter(|aggregate| aggregate.suite == suite);
    of_suite.map(|aggregate| aggregate.field.as_str()).collect()
}

/// The suite in both runs, or why its scores cannot be compared.
fn alike<'a>(
    first: Option<&'a SuiteRun>,
    second: Option<&'a SuiteRun>,
) -> Result<(&'a SuiteRun, &'a SuiteRun), String> {
    match (first, second) {
        (Some(first), Some(second)) if first.rules() == second.rules() => Ok((first, second)),
        (Some(first), Some(second)) => Err(format!(
            "the first run scored by {}, the second by {}",
            first.rules(),
            second.rules()
        )),
        (Some(_), None) => Err("only the first run has it".into()),
        (None, _) => Err("only the second run has it".into()),
    }
}

fn field_of(suite: &str, field: &str, pairs: &[Pair<'_>]) -> Result<FieldComparison, String> {
    let (mut first, mut second) = (Vec::new(), Vec::new());
    let mut changed = 0;
    for pair in pairs {
        let Some((one, other)) = pair.values(suite, field) else {
            continue;
        };
        if pair.is_scored_alike(suite) {
            first.push(one);
            second.push(other);
        } else {
            changed += 1;
        }
    }
    if first.is_empty() {
        return Err(if changed > 0 {
            "what it knows of the prompts differs: other probes or other references".into()
        } else {
            "no prompt has a value in both runs".into()
        });
    }
    let values = || first.iter().chain(&second).copied();
    let kind = FieldKind::of(suite, field, values());
    // Of several answers to a prompt the share counts, which is a number.
    #[expect(clippy::float_cmp, reason = "a verdict is exactly 1 or 0")]
    let are_verdicts = values().all(|value| value == 0.0 || value == 1.0);
    let sample = Sample { first, second };
    let found = if kind == FieldKind::Verdict && are_verdicts {
        sample.verdicts()
    } else {
        sample.numbers()
    };
    let found = found.map_err(|error| error.to_string())?;
    Ok(FieldComparison {
        suite: suite.to_owned(),
        field: field.to_owned(),
        direction: Direction::of(suite, field),
        kind,
        n: sample.first.len(),
        without_value: pairs.len() - sample.first.len(),
        first: mean(&sample.first),
        second: mean(&sample.second),
        difference: found.difference,
        test: found.test,
        p: found.p,
        adjusted_p: found.p,
        effect: found.effect,
        detectable: found.detectable,
        change: Change::CannotTell,
        untrusted: None,
    })
}

/// The values of the prompts that have one in both runs.
struct Sample {
    first: Vec<f64>,
    second: Vec<f64>,
}

struct Found {
    difference: Estimate,
    test: PairedTest,
    p: f64,
    effect: Option<f64>,
    detectable: Option<f64>,
}

impl Sample {
    fn verdicts(&self) -> Result<Found, StatsError> {
        let n = self.first.len();
        let pairs = self.first.iter().zip(&self.second);
        let test = McNemar::of(pairs.map(|(first, second)| (*first > 0.5, *second > 0.5)))?;
        #[expect(clippy::cast_precision_loss, reason = "no sample has 2^53 items")]
        let discordant = (test.only_first + test.only_second) as f64 / n as f64;
        Ok(Found {
            difference: test.difference(n, Confidence::default())?,
            test: PairedTest::McNemar(test),
            p: test.mid_p,
            effect: cohens_h(mean(&self.first), mean(&self.second)).ok(),
            detectable: detectable_proportion_difference(n, discordant, Design::default())?,
        })
    }

    fn numbers(&self) -> Result<Found, StatsError> {
        let (first, second) = (self.first.as_slice(), self.second.as_slice());
        let test = Permutation::default().test(first, second)?;
        let mut difference = Bootstrap::default().paired_difference(first, second)?.mean;
        let effect = cohens_d_paired(first, second).ok();
        if effect.is_none() {
            // Without spread the bootstrap is too sure of itself.
            difference.interval = None;
        }
        Ok(Found {
            difference,
            test: PairedTest::Permutation(test),
            p: test.p,
            effect,
            detectable: self.detectable(),
        })
    }

    /// `None` where the differences have no spread.
    fn detectable(&self) -> Option<f64> {
        let pairs = self.first.iter().zip(&self.second);
        let differences: Vec<f64> = pairs.map(|(first, second)| second - first).collect();
        let deviation = crate::Spread::of(&differences)?.sd?;
        let detectable =
            detectable_mean_difference(differences.len(), deviation, Design::default());
        detectable.ok().filter(|_| deviation > 0.0)
    }
}

#[expect(clippy::cast_precision_loss, reason = "no sample has 2^53 items")]
fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len() as f64
}
