//! Prompts that two runs have in common.

use std::collections::HashMap;

use super::OnlyOne;
use crate::report::ReportItem;

/// The prompts of two runs.
#[derive(Debug)]
pub(in crate::report) struct Pairs<'a> {
    /// Those of both, in the order of the first run.
    pub(in crate::report) both: Vec<Pair<'a>>,
    pub(in crate::report) only_first: OnlyOne,
    pub(in crate::report) only_second: OnlyOne,
}

/// A prompt of two runs.
#[derive(Debug)]
pub(in crate::report) struct Pair<'a> {
    pub(in crate::report) first: Answers<'a>,
    pub(in crate::report) second: Answers<'a>,
}

/// The answers of a run to a prompt; at least one.
#[derive(Debug, Clone)]
pub(in crate::report) struct Answers<'a>(pub(in crate::report) Vec<&'a ReportItem>);

/// The ids that are named of those that only one run has.
const NAMED: usize = 100;

impl<'a> Pairs<'a> {
    pub(in crate::report) fn of(first: &'a [ReportItem], second: &'a [ReportItem]) -> Self {
        let mut pairs = Self {
            both: Vec::new(),
            only_first: OnlyOne::default(),
            only_second: OnlyOne::default(),
        };
        let mut others: HashMap<_, _> = by_prompt(second).into_iter().collect();
        for (key, first) in by_prompt(first) {
            match others.remove(&key) {
                Some(second) => pairs.both.push(Pair { first, second }),
                None => pairs.only_first.add(key[0]),
            }
        }
        for (key, _) in by_prompt(second) {
            if others.contains_key(&key) {
                pairs.only_second.add(key[0]);
            }
        }
        pairs
    }
}

/// Answers by id and prompt, in the order in which these first occur.
fn by_prompt(items: &[ReportItem]) -> Vec<([&str; 2], Answers<'_>)> {
    let mut places: HashMap<[&str; 2], usize> = HashMap::new();
    let mut prompts: Vec<([&str; 2], Answers<'_>)> = Vec::new();
    for item in items {
        let key = [item.id.as_str(), item.prompt.as_str()];
        let place = *places.entry(key).or_insert(prompts.len());
        if place == prompts.len() {
            prompts.push((key, Answers(Vec::new())));
        }
        prompts[place].1.0.push(item);
    }
    prompts
}

impl OnlyOne {
    fn add(&mut self, id: &str) {
        self.count += 1;
        if self.ids.len() < NAMED {
            self.ids.push(id.to_owned());
        }
    }
}

impl Answers<'_> {
    /// The mean of a field over the answers that have it.
    pub(in crate::report) fn value(&self, suite: &str, field: &str) -> Option<f64> {
        let values = self.0.iter().filter_map(|item| item.value(suite, field));
        let (mut sum, mut count) = (0.0, 0_u32);
        for value in values {
            sum += value;
            count += 1;
        }
        (count > 0).then(|| sum / f64::from(count))
    }

    /// The version of a suite's scores of them.
    fn version(&self, suite: &str) -> Option<&str> {
        let mut scores = self.0.iter().flat_map(|item| &item.scores);
        let score = scores.find(|score| score.suite == suite)?;
        Some(&score.version)
    }
}

impl Pair<'_> {
    /// Whether a suite knew the same of the prompt in both runs.
    pub(in crate::report) fn is_scored_alike(&self, suite: &str) -> bool {
        self.first.version(suite) == self.second.version(suite)
    }

    /// A field in both runs; `None` where one has no value.
    pub(in crate::report) fn values(&self, suite: &str, field: &str) -> Option<(f64, f64)> {
        let first = self.first.value(suite, field)?;
        Some((first, self.second.value(suite, field)?))
    }
}
