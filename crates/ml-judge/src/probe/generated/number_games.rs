//! Arithmetic, algebra and sequences.

use super::names::dollars;
use super::random::Random;
use super::{Item, Template};
use crate::Check;

pub(super) const ARITHMETIC: &[Template] = &[product, change, order_of_operations, remainder];
pub(super) const ALGEBRA: &[Template] = &[linear, quadratic_value, sum_and_difference, roots];
pub(super) const SEQUENCES: &[Template] = &[arithmetic_term, geometric, growing_steps, sum_of_two];

fn product(random: &mut Random) -> Item {
    let (a, b) = (random.between(112, 987), random.between(12, 98));
    Item::number("product", format!("What is {a} times {b}?"), a * b)
}

fn change(random: &mut Random) -> Item {
    let things = [
        "pencils",
        "lemons",
        "stamps",
        "rolls",
        "postcards",
        "candles",
    ];
    let thing = random.pick(&things);
    let (price, count) = (random.between(7, 95) * 5, random.between(3, 19));
    let note = (price * count / 5_000 + 1) * 5_000;
    let prompt = format!(
        "A shop sells {thing} at {} each. Somebody buys {count} of them and pays with {}. How many dollars of change are due?",
        dollars(price),
        dollars(note)
    );
    Item::check("change", prompt, cents(note - price * count))
}

/// An amount in cents that is asked for in dollars.
pub(super) fn cents(cents: i64) -> Check {
    #[expect(
        clippy::cast_precision_loss,
        reason = "the templates stay far below 2^53"
    )]
    let dollars = cents as f64 / 100.0;
    Check::number(dollars)
}

fn order_of_operations(random: &mut Random) -> Item {
    let (a, b) = (random.between(50, 400), random.between(11, 60));
    let (c, d) = (random.between(3, 19), random.between(3, 19));
    let prompt = format!("Calculate {a} - {b} + {c} * {d}, with the usual order of operations.");
    Item::number("order of operations", prompt, a - b + c * d)
}

fn remainder(random: &mut Random) -> Item {
    let (a, b) = (random.between(1_000, 9_999), random.between(13, 97));
    let prompt = format!("{a} is divided by {b} in whole numbers. What is the remainder?");
    Item::number("remainder", prompt, a % b)
}

/// `+ 3x`, `- x`, with a leading space.
fn term(factor: i64, unknown: &str) -> String {
    let sign = if factor < 0 { '-' } else { '+' };
    match (factor.abs(), unknown) {
        (1, unknown) if !unknown.is_empty() => format!(" {sign} {unknown}"),
        (factor, unknown) => format!(" {sign} {factor}{unknown}"),
    }
}

fn other_than_zero(random: &mut Random, most: i64) -> i64 {
    let number = random.between(1, most);
    if random.chance() { number } else { -number }
}

fn linear(random: &mut Random) -> Item {
    let x = other_than_zero(random, 30);
    let right = random.between(2, 7);
    let left = right + random.between(1, 8);
    let added = other_than_zero(random, 40);
    let rest = match (left - right) * x + added {
        0 => String::new(),
        rest => term(rest, ""),
    };
    let prompt = format!("Solve for x: {left}x{} = {right}x{rest}.", term(added, ""));
    Item::number("linear", prompt, x)
}

fn quadratic_value(random: &mut Random) -> Item {
    let (a, b, c) = (
        random.between(2, 9),
        other_than_zero(random, 12),
        other_than_zero(random, 20),
    );
    let x = other_than_zero(random, 9);
    let prompt = format!(
        "Let f(x) = {a}x^2{}{}. What is f({x})?",
        term(b, "x"),
        term(c, "")
    );
    Item::number("quadratic value", prompt, a * x * x + b * x + c)
}

fn sum_and_difference(random: &mut Random) -> Item {
    let (small, gap) = (random.between(5, 90), random.between(2, 60));
    let large = small + gap;
    let (which, answer) = if random.chance() {
        ("larger", large)
    } else {
        ("smaller", small)
    };
    let prompt = format!(
        "Two numbers have the sum {} and the difference {gap}. What is the {which} of the two?",
        small + large
    );
    Item::number("sum and difference", prompt, answer)
}

fn roots(random: &mut Random) -> Item {
    let first = random.between(2, 25);
    let second = first + random.between(1, 20);
    let (sum, product) = (first + second, first * second);
    let prompt = format!("What is the larger solution of x^2 - {sum}x + {product} = 0?");
    Item::number("roots", prompt, second)
}

fn shown(terms: &[i64]) -> String {
    let terms: Vec<_> = terms.iter().map(i64::to_string).collect();
    terms.join(", ")
}

fn arithmetic_term(random: &mut Random) -> Item {
    let (first, step) = (random.between(2, 60), random.between(3, 25));
    let place = random.between(9, 30);
    let terms: Vec<_> = (0..4).map(|at| first + at * step).collect();
    let prompt = format!(
        "The difference between neighbours in the sequence {}, ... is always the same. What is its term number {place}, if the first term is number 1?",
        shown(&terms)
    );
    Item::number("arithmetic term", prompt, first + (place - 1) * step)
}

fn geometric(random: &mut Random) -> Item {
    let (first, ratio) = (random.between(2, 40), random.between(2, 9));
    let terms: Vec<_> = (0..4).map(|at| first * ratio.pow(at)).collect();
    let prompt = format!(
        "Each term of the sequence {}, ... is the one before it times the same number. What is the next term?",
        shown(&terms)
    );
    Item::number("geometric", prompt, first * ratio.pow(4))
}

fn growing_steps(random: &mut Random) -> Item {
    let (first, step, growth) = (
        random.between(1, 40),
        random.between(2, 15),
        random.between(2, 9),
    );
    let term = |at: i64| first + at * step + growth * at * (at - 1) / 2;
    let terms: Vec<_> = (0..5).map(term).collect();
    let prompt = format!(
        "In the sequence {}, ... the differences between neighbours grow by the same amount from each to the next. What is the next term?",
        shown(&terms)
    );
    Item::number("growing steps", prompt, term(5))
}

fn sum_of_two(random: &mut Random) -> Item {
    let mut terms = vec![random.between(1, 30), random.between(2, 40)];
    while terms.len() < 7 {
        terms.push(terms[terms.len() - 1] + terms[terms.len() - 2]);
    }
    let prompt = format!(
        "From the third on, each term of the sequence {}, ... is the sum of the two before it. What is the next term?",
        shown(&terms[..6])
    );
    Item::number("sum of two", prompt, terms[6])
}
