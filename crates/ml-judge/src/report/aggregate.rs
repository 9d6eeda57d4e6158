//! Means with their intervals.

use std::collections::{BTreeMap, HashMap};

use serde::{Deserialize, Serialize};

use super::{FieldKind, ReportItem, SuiteRun};
use crate::stats::{Bootstrap, Estimate};
use crate::{Outcome, Score};

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

/// Reports of more categories than these have none of their means.
const MAX_CATEGORIES: usize = 100;

/// The items that a mean is over.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Group<'a> {
    model: &'a str,
    category: Option<&'a str>,
}

/// What the items of a group give.
#[derive(Debug, Default)]
struct Collected<'a> {
    /// By suite and field: numbers, each with its prompt.
    values: BTreeMap<(&'a str, &'a str), Vec<(usize, f64)>>,
    unscored: HashMap<&'a str, usize>,
    failed: usize,
}

/// Every mean there is.
pub(super) fn all(suites: &[SuiteRun], items: &[ReportItem]) -> Vec<Aggregate> {
    let mut aggregates = Vec::new();
    for (group, collected) in collect(items) {
        for (&(suite, field), values) in &collected.values {
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
                unscored: collected.unscored.get(suite).copied().unwrap_or(0),
                failed: collected.failed,
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

fn collect(items: &[ReportItem]) -> BTreeMap<Group<'_>, Collected<'_>> {
    let mut prompts: HashMap<[&str; 3], usize> = HashMap::new();
    let mut groups: BTreeMap<Group<'_>, Collected<'_>> = BTreeMap::new();
    let with_categories = has_few_categories(items);
    for item in items {
        let next = prompts.len();
        let key = [item.model.as_str(), &item.id, &item.prompt];
        let prompt = *prompts.entry(key).or_insert(next);
        let category = item.category.as_deref().filter(|_| with_categories);
        let whole = Group {
            model: &item.model,
            category: None,
        };
        groups.entry(whole).or_default().add(prompt, item);
        if category.is_some() {
            let part = Group { category, ..whole };
            groups.entry(part).or_default().add(prompt, item);
        }
    }
    groups
}

fn has_few_categories(items: &[ReportItem]) -> bool {
    let mut categories = std::collections::HashSet::new();
    let named = items.iter().filter_map(|item| item.category.as_deref());
    named.into_iter().all(|category| {
        categories.insert(category);
        categories.len() <= MAX_CATEGORIES
    })
}

impl<'a> Collected<'a> {
    fn add(&mut self, prompt: usize, item: &'a ReportItem) {
        self.failed += usize::from(item.error.is_some());
        for score in &item.scores {
            self.add_score(prompt, score);
        }
    }

    fn add_score(&mut self, prompt: usize, score: &'a Score) {
        match &score.outcome {
            Outcome::Unscored { .. } => *self.unscored.entry(&score.suite).or_default() += 1,
            Outcome::Scored { values, .. } => {
                for (field, value) in values {
                    let key = (score.suite.as_str(), field.as_str());
                    self.values.entry(key).or_default().push((prompt, *value));
                }
            }
        }
    }
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
    let mut mean = bootstrap.clustered_mean(values.iter().copied()).ok()?;
    #[expect(clippy::float_cmp, reason = "an interval without width has equal ends")]
    let spreads = |interval: &crate::stats::Interval| interval.low != interval.high;
    mean.interval = mean.interval.filter(spreads);
    Some(mean)
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
