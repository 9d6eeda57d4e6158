//! Which of the numbers of a place is the answer.

use super::clause;
use super::number::{Number, Role, scan};

/// Characters between two numbers of one calculation, at most.
const LONGEST_STEP: usize = 32;
/// Bytes before a number in which a negation is looked for.
const LONGEST_NEGATION: usize = 24;
/// Words that end a calculation.
const ENDING: [&str; 18] = [
    "and", "as", "so", "of", "to", "or", "in", "if", "for", "but", "with", "after", "because",
    "since", "which", "not", "then", "than",
];
const NEGATING: [&str; 5] = ["not", "isn't", "isn’t", "than", "of"];

/// The answer where the place is marked as such: the result of the calculation that it begins
/// with, else its first number.
pub(super) fn first(text: &str) -> Option<Number> {
    let numbers = valued(scan(text));
    let start = numbers
        .iter()
        .position(|number| !negated(text, number))
        .unwrap_or(0);
    let mut result = numbers.get(start)?;
    let mut previous = result;
    for number in &numbers[start + 1..] {
        match step(&text[previous.span.end..number.span.start]) {
            Step::Equals => result = number,
            Step::Operator => {}
            Step::End => break,
        }
        previous = number;
    }
    Some(result.clone())
}

/// The answer in a sentence: its last number, without what is only said beside it.
pub(super) fn last(text: &str) -> Option<Number> {
    let numbers = valued(scan(text));
    let beside = clause::parenthesised(text);
    let inside = |number: &Number| {
        beside
            .iter()
            .any(|range| range.contains(&number.span.start))
    };
    let mut kept: Vec<_> = numbers
        .iter()
        .filter(|number| !inside(number) && !negated(text, number))
        .collect();
    if kept.is_empty() {
        kept = numbers.iter().collect();
    }
    let from = kept.first()?.span.end;
    let head = clause::head(text, from);
    let said = kept.iter().rev().find(|number| number.span.start < head);
    said.or(kept.last()).map(|number| (*number).clone())
}

/// The numbers that are values, or else the next best.
fn valued(mut numbers: Vec<Number>) -> Vec<Number> {
    use Role::{Coefficient, Label, Ordinal, Pronoun, Value};
    for role in [Value, Pronoun, Ordinal, Coefficient, Label] {
        if numbers.iter().any(|number| number.role == role) {
            numbers.retain(|number| number.role == role);
            break;
        }
    }
    numbers
}

/// "not 5", "rather than 5", "instead of 5".
fn negated(text: &str, number: &Number) -> bool {
    let start = number.span.start;
    let near = &text[text.ceil_char_boundary(start.saturating_sub(LONGEST_NEGATION))..start];
    let before = near.trim_end_matches([' ', '*', '_', '$']);
    let word = before.rsplit([' ', '\n']).next().unwrap_or_default();
    if word == "of" {
        return before.ends_with("instead of");
    }
    if word == "than" {
        return before.ends_with("rather than");
    }
    NEGATING
        .iter()
        .any(|negation| negation.eq_ignore_ascii_case(word))
}

enum Step {
    Equals,
    Operator,
    End,
}

/// What stands between two numbers.
fn step(gap: &str) -> Step {
    let listed = gap.contains([';', '\n']) || gap.contains(", ") || gap.contains(". ");
    let words = gap.split(|c: char| !c.is_alphanumeric() && c != '\\');
    let ends = words.into_iter().any(|word| ENDING.contains(&word));
    if gap.len() > LONGEST_STEP || listed || ends {
        return Step::End;
    }
    let equals = gap.contains(['=', '≈', '→', '≅']) || gap.contains("\\approx");
    let said = gap
        .split(' ')
        .any(|word| ["is", "equals", "gives", "makes"].contains(&word));
    if equals || said {
        Step::Equals
    } else {
        Step::Operator
    }
}
