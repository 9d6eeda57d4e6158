//! The items on which two runs differ.

use std::collections::HashMap;

use ml_judge::report::{FieldComparison, Report};

/// An item on which two runs differ.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Differing<'a> {
    pub(super) id: &'a str,
    /// The first run's value: of several answers their mean.
    pub(super) first: f64,
    /// The second run's.
    pub(super) second: f64,
}

/// The items on which two runs differ in a field, those that differ most first, else in the order
/// of the second run.
pub(super) fn differing<'a>(
    field: &FieldComparison,
    first: &'a Report,
    second: &'a Report,
) -> Vec<Differing<'a>> {
    let firsts = values(field, first);
    let seconds = values(field, second);
    let mut ids: Vec<_> = seconds.iter().collect();
    ids.sort_by_key(|(_, value)| value.place);
    let mut differing: Vec<_> = ids
        .into_iter()
        .filter_map(|(key, second)| {
            let first = firsts.get(key)?.mean();
            let second = second.mean();
            let id = key.0;
            Some(Differing { id, first, second })
        })
        .filter(|item| item.distance() > 0.0)
        .collect();
    differing.sort_by(|a, b| b.distance().total_cmp(&a.distance()));
    differing
}

impl Differing<'_> {
    fn distance(&self) -> f64 {
        (self.second - self.first).abs()
    }
}

/// The values of a prompt.
#[derive(Debug, Clone, Copy)]
struct Values {
    /// Of the first of them.
    place: usize,
    sum: f64,
    count: f64,
}

impl Values {
    fn mean(self) -> f64 {
        self.sum / self.count
    }
}

/// By id and prompt.
fn values<'a>(field: &FieldComparison, report: &'a Report) -> HashMap<(&'a str, &'a str), Values> {
    let mut values = HashMap::new();
    for (place, item) in report.items.iter().enumerate() {
        let Some(value) = item.value(&field.suite, &field.field) else {
            continue;
        };
        let key = (item.id.as_str(), item.prompt.as_str());
        let of_prompt = values.entry(key).or_insert(Values {
            place,
            sum: 0.0,
            count: 0.0,
        });
        of_prompt.sum += value;
        of_prompt.count += 1.0;
    }
    values
}
