//! What several attempts at each prompt say together: pass@k and pass^k.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::sample::Samples;
use super::{Direction, FieldKind, SuiteRun};
use crate::stats::{Bootstrap, Estimate};
use crate::{pass_at_k, pass_hat_k};

/// How likely at least one of `k` attempts at a prompt is right, and how likely all of them are.
///
/// An attempt is a score: of each answer to the prompt, and of each repetition of the scoring.
/// Both are means over prompts of estimates without bias, [`pass_at_k`] and [`pass_hat_k`]. The
/// intervals, at 95 %, are the bootstrap's over prompts; Wilson's where every prompt gives 0 or 1.
/// There are some for verdicts of which yes is the better end, and for those of a user's rubric,
/// where some prompt was attempted more than once: for each `k` that is a power of two, and for
/// the greatest there is.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct PassRate {
    /// The model that answered.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub model: String,
    /// The suite.
    pub suite: String,
    /// The field.
    pub field: String,
    /// How many attempts.
    pub k: u32,
    /// That at least one of them is right.
    pub pass_at_k: Estimate,
    /// That all of them are, `pass^k`.
    pub pass_hat_k: Estimate,
    /// Prompts with fewer attempts, which count in neither.
    pub without: usize,
    /// Why the scores are not to be believed, where they are not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub untrusted: Option<String>,
}

/// The attempts at a prompt.
#[derive(Debug, Clone, Copy, Default)]
struct Attempts {
    all: u32,
    right: u32,
}

/// Every rate over all items of a model, by model, suite, field and `k`.
pub(super) fn all(suites: &[SuiteRun], samples: &Samples<'_>) -> Vec<PassRate> {
    let mut rates = Vec::new();
    let whole = samples.iter().filter(|(group, _)| group.category.is_none());
    for (group, sample) in whole {
        for (&(suite, field), values) in &sample.values {
            let run = suites.iter().find(|run| run.name == suite);
            if !has_right_end(suite, field, run, values) {
                continue;
            }
            let attempts = attempts(values);
            for k in counts(&attempts) {
                rates.extend(rate(&attempts, k).map(|(pass_at_k, pass_hat_k)| PassRate {
                    model: group.model.to_owned(),
                    suite: suite.to_owned(),
                    field: field.to_owned(),
                    k,
                    without: attempts.len() - pass_at_k.n,
                    pass_at_k,
                    pass_hat_k,
                    untrusted: run.and_then(SuiteRun::untrusted).map(ToOwned::to_owned),
                }));
            }
        }
    }
    rates
}

/// Whether the numbers are verdicts, and yes is right.
fn has_right_end(
    suite: &str,
    field: &str,
    run: Option<&SuiteRun>,
    values: &[(usize, f64)],
) -> bool {
    let is_right = match Direction::of(suite, field) {
        Direction::Higher => true,
        Direction::Lower => false,
        Direction::Unknown => run.is_some_and(|run| !run.judges.is_empty()),
    };
    let numbers = values.iter().map(|(_, value)| *value);
    is_right && FieldKind::of(suite, field, numbers) == FieldKind::Verdict
}

/// The attempts at each prompt.
fn attempts(values: &[(usize, f64)]) -> Vec<Attempts> {
    let mut prompts: BTreeMap<usize, Attempts> = BTreeMap::new();
    for (prompt, value) in values {
        let attempts = prompts.entry(*prompt).or_default();
        attempts.all += 1;
        attempts.right += u32::from(*value > 0.5);
    }
    prompts.into_values().collect()
}

/// The powers of two up to the most attempts at a prompt, and these; none where there is but one.
fn counts(attempts: &[Attempts]) -> Vec<u32> {
    let most = attempts.iter().map(|attempts| attempts.all).max();
    let most = most.filter(|most| *most > 1).unwrap_or(0);
    let powers = std::iter::successors(Some(1_u32), |k| k.checked_mul(2));
    let below = powers.take_while(|k| *k < most);
    below.chain((most > 0).then_some(most)).collect()
}

/// The means of both over the prompts with so many attempts; `None` without any.
fn rate(attempts: &[Attempts], k: u32) -> Option<(Estimate, Estimate)> {
    let mean = |of_prompt: fn(u32, u32, u32) -> Option<f64>| {
        let values = attempts
            .iter()
            .filter_map(|attempts| of_prompt(attempts.all, attempts.right, k));
        estimate(&values.collect::<Vec<_>>())
    };
    Some((mean(pass_at_k)?, mean(pass_hat_k)?))
}

/// The mean over prompts of numbers from 0 to 1; `None` of none.
fn estimate(values: &[f64]) -> Option<Estimate> {
    let bootstrap = Bootstrap::default();
    #[expect(clippy::float_cmp, reason = "what is certain is exactly 1 or 0")]
    let certain = |value: &f64| *value == 0.0 || *value == 1.0;
    if values.iter().all(certain) {
        let yes = values.iter().filter(|value| **value > 0.5).count();
        return Estimate::proportion(yes, values.len(), bootstrap.confidence).ok();
    }
    Some(bootstrap.mean(values).ok()?.without_width())
}
