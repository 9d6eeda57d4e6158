//! The answers of generated probes, found again from the text of the prompt alone: by search, by
//! simulation, by going through all cases. Nothing of the generator is used for it.

mod amounts;
mod letters;
mod numbers;
mod reasoning;
mod ways;

use std::collections::HashMap;

use super::*;

const SEEDS: [u64; 5] = [1, 23, 404, 5_005, 60_606];
/// Items of each template and seed. One template makes two kinds of items.
const EACH: usize = 100;
/// Items of each kind at least.
const LEAST_SOLVED: usize = 200;

/// An answer, exactly.
#[derive(Debug)]
enum Found {
    Number(i64),
    Ratio(i64, i64),
    Text(String),
    Yes(bool),
}

impl Found {
    /// Whether a check wants this and nothing else.
    fn is_wanted_by(&self, check: &Check) -> bool {
        match (self, check) {
            (Self::Number(number), check) => Self::Ratio(*number, 1).is_wanted_by(check),
            (Self::Ratio(above, below), Check::Numbers { any, .. }) => {
                any.len() == 1 && (any[0] * float(*below) - float(*above)).abs() < 1e-6
            }
            (Self::Text(text), Check::Texts { any, not }) => any[0] == *text && !not.contains(text),
            (Self::Yes(yes), Check::YesNo(wanted)) => yes == wanted,
            _ => false,
        }
    }
}

fn float(number: i64) -> f64 {
    f64::from(i32::try_from(number).expect("the numbers are small"))
}

#[test]
fn answers_are_found_again_from_the_prompts() {
    let mut solved: HashMap<&str, usize> = HashMap::new();
    for (category, templates) in CATEGORIES.iter().filter(|(name, _)| *name != "code") {
        for template in *templates {
            for seed in SEEDS {
                for item in items(seed, category, &[*template], EACH).expect("enough") {
                    *solved.entry(item.template).or_default() += 1;
                    if !tables::TABLES.contains(&item.template) {
                        check(&item);
                    }
                }
            }
        }
    }
    for (template, count) in solved {
        assert!(count >= LEAST_SOLVED, "{template}: {count}");
    }
}

fn check(item: &Item) {
    let found = solve(item.template, &item.prompt);
    let found = found.unwrap_or_else(|| panic!("{} has no one answer: {item:?}", item.template));
    assert!(found.is_wanted_by(&item.check), "{found:?}: {item:?}");
}

/// The one answer of a prompt. `None` where there is none, or more than one.
fn solve(template: &str, prompt: &str) -> Option<Found> {
    let n = ints(prompt);
    numbers::solve(template, prompt, &n)
        .or_else(|| amounts::solve(template, prompt, &n))
        .or_else(|| reasoning::solve(template, prompt, &n))
        .or_else(|| ways::solve(template, prompt, &n))
        .or_else(|| letters::solve(template, prompt, &n))
}

/// Every run of digits.
fn ints(text: &str) -> Vec<i64> {
    let runs = text.split(|c: char| !c.is_ascii_digit());
    let runs = runs.filter(|run| !run.is_empty());
    runs.map(|run| run.parse().expect("few digits")).collect()
}

fn words(text: &str) -> Vec<&str> {
    let words = text.split(|c: char| !c.is_alphanumeric());
    words.filter(|word| !word.is_empty()).collect()
}

/// The words of a list such as "the A, the B and the C".
fn listed(text: &str) -> Vec<&str> {
    let mut all = words(text);
    all.retain(|word| !matches!(*word, "the" | "and"));
    all
}

fn between<'t>(text: &'t str, start: &str, end: &str) -> &'t str {
    let (_, rest) = text.split_once(start).expect("the start");
    rest.split_once(end).expect("the end").0
}

/// The one that fits; `None` where none does, or several do.
fn only<T>(all: impl IntoIterator<Item = T>, fits: impl Fn(&T) -> bool) -> Option<T> {
    let mut fitting = all.into_iter().filter(fits);
    let one = fitting.next()?;
    fitting.next().is_none().then_some(one)
}

/// Every order of some things.
fn orders<'t>(of: &[&'t str]) -> Vec<Vec<&'t str>> {
    if of.is_empty() {
        return vec![Vec::new()];
    }
    let mut all = Vec::new();
    for (at, first) in of.iter().enumerate() {
        let rest = [&of[..at], &of[at + 1..]].concat();
        for mut order in orders(&rest) {
            order.insert(0, first);
            all.push(order);
        }
    }
    all
}
