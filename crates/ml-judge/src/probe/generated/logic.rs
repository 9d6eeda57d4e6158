//! Deduction: orders, syllogisms about things that do not exist, and the pigeonhole principle.

use super::names::{PEOPLE, listed};
use super::random::Random;
use super::{Item, Template};

pub(super) const DEDUCTION: &[Template] = &[order, syllogism, conditional, pigeonhole];

/// Comparatives with their superlatives at both ends.
const SCALES: [(&str, &str, &str); 5] = [
    ("taller than", "tallest", "shortest"),
    ("older than", "oldest", "youngest"),
    ("heavier than", "heaviest", "lightest"),
    ("faster than", "fastest", "slowest"),
    ("richer than", "richest", "poorest"),
];

fn order(random: &mut Random) -> Item {
    let count = if random.chance() { 4 } else { 5 };
    let people = random.some(&PEOPLE, count);
    let (comparative, top, bottom) = random.pick(&SCALES);
    let mut facts: Vec<_> = people
        .windows(2)
        .map(|pair| format!("{} is {comparative} {}.", pair[0], pair[1]))
        .collect();
    random.shuffle(&mut facts);
    let (asked, answer) = match random.index(3) {
        0 => (format!("the {top}"), people[0]),
        1 => (format!("the {bottom}"), people[count - 1]),
        _ => (format!("the second {top}"), people[1]),
    };
    let mut shown = people.clone();
    shown.sort_unstable();
    let prompt = format!("{} Who of {} is {asked}?", facts.join(" "), listed(&shown));
    Item::option("order", prompt, answer, &people)
}

/// Hardly any English word begins so.
const BEGINNINGS: [&str; 14] = [
    "zl", "vr", "dl", "gw", "ml", "sv", "tl", "vl", "zm", "kv", "zr", "pf", "bw", "fn",
];
const MIDDLES: [&str; 6] = ["a", "e", "i", "o", "u", "oo"];
const ENDS: [&str; 8] = ["mp", "rk", "b", "lt", "nk", "g", "rp", "ff"];

/// The plurals of nouns that there are not.
fn nonsense(random: &mut Random, count: usize) -> Vec<String> {
    let mut words: Vec<String> = Vec::new();
    while words.len() < count {
        let (begin, middle, end) = (
            random.pick(&BEGINNINGS),
            random.pick(&MIDDLES),
            random.pick(&ENDS),
        );
        let word = format!("{begin}{middle}{end}s");
        if !words.contains(&word) {
            words.push(word);
        }
    }
    words
}

/// Premises and a conclusion about classes 0, 1 and 2, and whether it follows (where the classes
/// may be empty).
type Syllogism = (&'static str, &'static str, bool);

const SYLLOGISMS: [Syllogism; 8] = [
    ("All {0} are {1}. All {1} are {2}.", "all {0} are {2}", true),
    ("All {0} are {1}. No {1} are {2}.", "no {0} are {2}", true),
    (
        "Some {0} are {1}. All {1} are {2}.",
        "some {0} are {2}",
        true,
    ),
    (
        "Some {0} are {1}. No {1} are {2}.",
        "some {0} are not {2}",
        true,
    ),
    (
        "All {0} are {1}. Some {1} are {2}.",
        "some {0} are {2}",
        false,
    ),
    (
        "All {0} are {1}. All {2} are {1}.",
        "some {0} are {2}",
        false,
    ),
    ("No {0} are {1}. No {1} are {2}.", "no {0} are {2}", false),
    (
        "Some {0} are {1}. Some {1} are {2}.",
        "some {0} are {2}",
        false,
    ),
];

fn syllogism(random: &mut Random) -> Item {
    let words = nonsense(random, 3);
    let (premises, conclusion, follows) = random.pick(&SYLLOGISMS);
    let filled = |text: &str| {
        let filled = (0..).zip(&words);
        filled.fold(text.to_owned(), |text, (at, word): (usize, _)| {
            text.replace(&format!("{{{at}}}"), word)
        })
    };
    let premises = filled(premises);
    let mut letters = premises.chars();
    let first = letters.next().into_iter().flat_map(char::to_uppercase);
    let premises: String = first.chain(letters).collect();
    let prompt = format!(
        "Suppose this is true: {premises} Is it certain that {}? Say yes or no.",
        filled(conclusion)
    );
    Item::yes_no("syllogism", prompt, follows)
}

const EVENTS: [(&str, &str); 12] = [
    ("the gong sounds", "the gong does not sound"),
    ("the gate is open", "the gate is not open"),
    ("the red lamp is lit", "the red lamp is not lit"),
    ("the mill runs", "the mill does not run"),
    ("the flag is up", "the flag is not up"),
    ("the dog barks", "the dog does not bark"),
    (
        "the boat is in the harbour",
        "the boat is not in the harbour",
    ),
    ("the oven is hot", "the oven is not hot"),
    ("the market is on", "the market is not on"),
    ("the clock strikes", "the clock does not strike"),
    ("the well is dry", "the well is not dry"),
    ("the bridge is closed", "the bridge is not closed"),
];

fn conditional(random: &mut Random) -> Item {
    let events = random.some(&EVENTS, 3);
    let ((a, not_a), (b, _), (c, not_c)) = (events[0], events[1], events[2]);
    let (fact, asked, follows) = match random.index(4) {
        0 => (a, c, true),
        1 => (not_c, not_a, true),
        2 => (c, a, false),
        _ => (not_a, not_c, false),
    };
    let prompt = format!(
        "Whenever {a}, {b}. Whenever {b}, {c}. Nothing else is known but that now {fact}. Is it certain that {asked}? Say yes or no."
    );
    Item::yes_no("conditional", prompt, follows)
}

fn pigeonhole(random: &mut Random) -> Item {
    let thing = random.pick(&[
        "socks",
        "beads",
        "buttons",
        "sweets",
        "gloves of one shape",
        "ribbons",
    ]);
    let place = random.pick(&["drawer", "jar", "box", "sack"]);
    let (colours, same) = (random.between(3, 14), random.between(3, 12));
    let each = same + random.between(3, 20);
    let prompt = format!(
        "A {place} holds {thing} in {colours} colours, {each} of each colour. They are taken out in the dark. What is the smallest number that must be taken out to be certain of having {same} of the same colour?"
    );
    Item::number("pigeonhole", prompt, colours * (same - 1) + 1)
}
