//! Means with their intervals.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::sample::Samples;
use super::{FieldKind, SuiteRun};
use crate::stats::{Bootstrap, Estimate};

/// The mean of a field over the items of a model.
///
/// The interval, at 95 %, is Wilson's for verdicts and the bootstrap's for numbers. Where prompts
/// were asked or answers scored repeatedly, whole prompts are drawn. Without any spread there is
/// none, but for verdicts.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Aggregate {
    /// The model that answered.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub model: String,
    /// The suite.
    pub suite: String,
    /// The field.
    pub field: String,
    /// The category; `None` for all items.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub category: Option<String>,
    /// Whether its numbers are verdicts.
    pub kind: FieldKind,
    /// The mean over [`values`](Self::values) numbers of `n` prompts.
    pub estimate: Estimate,
    /// How many numbers there are.
    pub values: usize,
    /// Scores of the suite without values, which count in no mean.
    pub unscored: usize,
    /// Items without an answer, likewise.
    pub failed: usize,
    /// Why the scores are not to be believed, where they are not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub untrusted: Option<String>,
}

/// Every mean there is.
pub(super) fn all(suites: &[SuiteRun], samples: &Samples<'_>) -> Vec<Aggregate> {
    let mut aggregates = Vec::new();
    for (group, sample) in samples {
        for (&(suite, field), values) in &sample.values {
            let kind = FieldKind::of(suite, field, values.iter().map(|(_, value)| *value));
            let Some(estimate) = estimate(kind, values) else {
                continue;
            };
            let run = suites.iter().find(|run| run.name == suite);
            aggregates.push(Aggregate {
                model: group.model.to_owned(),
                suite: suite.to_owned(),
                field: field.to_owned(),
                category: group.category.map(ToOwned::to_owned),
                kind,
                estimate,
                values: values.len(),
                unscored: sample.unscored.get(suite).copied().unwrap_or(0),
                failed: sample.failed,
                untrusted: run.and_then(SuiteRun::untrusted).map(ToOwned::to_owned),
            });
        }
    }
    aggregates.sort_by(|a, b| order(a).cmp(&order(b)));
    aggregates
}

fn order(aggregate: &Aggregate) -> (&str, &str, &str, Option<&str>) {
    let category = aggregate.category.as_deref();
    (
        &aggregate.model,
        &aggregate.suite,
        &aggregate.field,
        category,
    )
}

/// The mean of numbers, each with its prompt, of which equal ones stand for one; `None` of none.
fn estimate(kind: FieldKind, values: &[(usize, f64)]) -> Option<Estimate> {
    let bootstrap = Bootstrap::default();
    if kind == FieldKind::Verdict
        && let Some(verdicts) = unanimous(values)
    {
        let yes = verdicts.values().filter(|yes| **yes).count();
        return Estimate::proportion(yes, verdicts.len(), bootstrap.confidence).ok();
    }
    let mean = bootstrap.clustered_mean(values.iter().copied()).ok()?;
    Some(mean.without_width())
}

/// The verdict on each prompt, where all on a prompt are the same.
fn unanimous(values: &[(usize, f64)]) -> Option<BTreeMap<usize, bool>> {
    let mut verdicts = BTreeMap::new();
    for (prompt, value) in values {
        let yes = *value > 0.5;
        if *verdicts.entry(*prompt).or_insert(yes) != yes {
            return None;
        }
    }
    Some(verdicts)
}
