//! The numbers of a run, by what they are numbers of.

use std::collections::{BTreeMap, HashMap, HashSet};

use super::ReportItem;
use crate::{Outcome, Score};

/// The items that a figure is over.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Group<'a> {
    pub(super) model: &'a str,
    /// `None` for all items of the model.
    pub(super) category: Option<&'a str>,
}

/// What the items of a group give.
#[derive(Debug, Default)]
pub(super) struct Sample<'a> {
    /// By suite and field: numbers, each with its prompt, of which equal ones stand for one.
    pub(super) values: BTreeMap<(&'a str, &'a str), Vec<(usize, f64)>>,
    /// Scores without values, by suite.
    pub(super) unscored: HashMap<&'a str, usize>,
    /// Items without an answer.
    pub(super) failed: usize,
}

/// Every group with what its items give.
pub(super) type Samples<'a> = BTreeMap<Group<'a>, Sample<'a>>;

/// Reports of more categories than these have none of their figures.
const MAX_CATEGORIES: usize = 100;

/// Every group there is: each model, and each category of its items.
pub(super) fn collect(items: &[ReportItem]) -> Samples<'_> {
    let mut prompts: HashMap<[&str; 3], usize> = HashMap::new();
    let mut samples = Samples::new();
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
        samples.entry(whole).or_default().add(prompt, item);
        if category.is_some() {
            let part = Group { category, ..whole };
            samples.entry(part).or_default().add(prompt, item);
        }
    }
    samples
}

fn has_few_categories(items: &[ReportItem]) -> bool {
    let mut categories = HashSet::new();
    let mut named = items.iter().filter_map(|item| item.category.as_deref());
    named.all(|category| {
        categories.insert(category);
        categories.len() <= MAX_CATEGORIES
    })
}

impl<'a> Sample<'a> {
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
