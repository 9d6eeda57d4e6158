//! Puzzles whose solution is searched for, and kept only where it is the only one.

use std::collections::{HashSet, VecDeque};

use super::names::{PEOPLE, listed};
use super::random::Random;
use super::{Item, Template};

pub(super) const PUZZLES: &[Template] = &[one_truthful, heads_and_legs, row, jugs];

/// What somebody says about who tells the truth.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Claim {
    Liar(usize),
    Truthful(usize),
    /// Both tell the truth or both lie.
    Alike(usize, usize),
}

impl Claim {
    /// Whether the claim is true where this one alone tells the truth.
    fn holds(self, truthful: usize) -> bool {
        match self {
            Self::Liar(who) => who != truthful,
            Self::Truthful(who) => who == truthful,
            Self::Alike(one, other) => (one == truthful) == (other == truthful),
        }
    }

    fn said(self, people: &[&str]) -> String {
        match self {
            Self::Liar(who) => format!("{} is a liar", people[who]),
            Self::Truthful(who) => format!("{} tells the truth", people[who]),
            Self::Alike(one, other) => {
                format!(
                    "{} and {} are either both truthful or both liars",
                    people[one], people[other]
                )
            }
        }
    }

    fn of(random: &mut Random, speaker: usize) -> Self {
        let others: Vec<_> = (0..3).filter(|other| *other != speaker).collect();
        match random.index(3) {
            0 => Self::Liar(random.pick(&others)),
            1 => Self::Truthful(random.pick(&others)),
            _ => Self::Alike(others[0], others[1]),
        }
    }
}

fn one_truthful(random: &mut Random) -> Item {
    loop {
        let claims = [0, 1, 2].map(|speaker| Claim::of(random, speaker));
        let consistent = |truthful: &usize| {
            let mut claims = claims.iter().enumerate();
            claims.all(|(speaker, claim)| claim.holds(*truthful) == (speaker == *truthful))
        };
        let solutions: Vec<_> = (0..3).filter(consistent).collect();
        let [solution] = solutions[..] else { continue };
        let people = random.some(&PEOPLE, 3);
        let said: Vec<_> = people
            .iter()
            .zip(claims)
            .map(|(person, claim)| format!("{person} says: \"{}.\"", claim.said(&people)))
            .collect();
        let prompt = format!(
            "Of {}, one always tells the truth and the other two always lie. {} Who tells the truth?",
            listed(&people),
            said.join(" ")
        );
        return Item::option("one truthful", prompt, people[solution], &people);
    }
}

fn heads_and_legs(random: &mut Random) -> Item {
    let (small, large, legs) = random.pick(&[
        ("hens", "rabbits", (2, 4)),
        ("tricycles", "cars", (3, 4)),
        ("geese", "goats", (2, 4)),
        ("ants", "spiders", (6, 8)),
        ("bicycles", "tricycles", (2, 3)),
    ]);
    let (a, b) = (random.between(3, 45), random.between(3, 45));
    let part = if small.ends_with("cycles") {
        "wheels"
    } else {
        "legs"
    };
    let prompt = format!(
        "There are only {small} and {large}, {} in all. Each of the {small} has {} {part}, each of the {large} {}, which makes {} {part} together. How many {large} are there?",
        a + b,
        legs.0,
        legs.1,
        a * legs.0 + b * legs.1
    );
    Item::number("heads and legs", prompt, b)
}

/// A clue about who sits where; seats are numbered from the left.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Clue {
    At(usize, usize),
    LeftOf(usize, usize),
    Beside(usize, usize),
    Apart(usize, usize),
}

const ORDINALS: [&str; 4] = ["first", "second", "third", "fourth"];

impl Clue {
    /// Whether the clue holds; `seats[person]` is the person's seat.
    fn holds(self, seats: &[usize]) -> bool {
        match self {
            Self::At(who, seat) => seats[who] == seat,
            Self::LeftOf(one, other) => seats[one] < seats[other],
            Self::Beside(one, other) => seats[one].abs_diff(seats[other]) == 1,
            Self::Apart(one, other) => seats[one].abs_diff(seats[other]) > 1,
        }
    }

    fn said(self, people: &[&str]) -> String {
        match self {
            Self::At(who, seat) => {
                format!(
                    "{} sits in the {} seat from the left.",
                    people[who], ORDINALS[seat]
                )
            }
            Self::LeftOf(one, other) => {
                format!(
                    "{} sits somewhere to the left of {}.",
                    people[one], people[other]
                )
            }
            Self::Beside(one, other) => {
                format!("{} sits next to {}.", people[one], people[other])
            }
            Self::Apart(one, other) => {
                format!("{} does not sit next to {}.", people[one], people[other])
            }
        }
    }
}

/// Every order of four.
fn orders() -> Vec<Vec<usize>> {
    let mut all = Vec::new();
    for code in 0..256usize {
        let seats: Vec<_> = (0..4).map(|person| code >> (2 * person) & 3).collect();
        if (0..4).all(|seat| seats.contains(&seat)) {
            all.push(seats);
        }
    }
    all
}

fn row(random: &mut Random) -> Item {
    let people = random.some(&PEOPLE, 4);
    let orders = orders();
    let truth = orders[random.index(orders.len())].clone();
    let mut clues = Vec::new();
    let mut left = orders;
    while left.len() > 1 {
        let pair = random.some(&[0, 1, 2, 3], 2);
        let (one, other) = (pair[0], pair[1]);
        let clue = match random.index(4) {
            // One seat is told at most, or there is no puzzle.
            0 if clues.iter().all(|clue| !matches!(clue, Clue::At(..))) => {
                Clue::At(one, truth[one])
            }
            1 => Clue::LeftOf(one, other),
            2 => Clue::Beside(one, other),
            _ => Clue::Apart(one, other),
        };
        let narrowed: Vec<_> = left
            .iter()
            .filter(|seats| clue.holds(seats))
            .cloned()
            .collect();
        if clue.holds(&truth) && narrowed.len() < left.len() {
            clues.push(clue);
            left = narrowed;
        }
    }
    // Not the seat that a clue tells.
    let told = |seat: &usize| {
        clues
            .iter()
            .any(|clue| matches!(clue, Clue::At(_, at) if at == seat))
    };
    let open: Vec<_> = (0..4).filter(|seat| !told(seat)).collect();
    let asked = random.pick(&open);
    let answer = truth
        .iter()
        .position(|seat| *seat == asked)
        .expect("every seat is taken");
    let said: Vec<_> = clues.iter().map(|clue| clue.said(&people)).collect();
    let prompt = format!(
        "{} sit in a row of four seats. {} Who sits in the {} seat from the left?",
        listed(&people),
        said.join(" "),
        ORDINALS[asked]
    );
    Item::option("row", prompt, people[answer], &people)
}

/// The fewest steps until one of two jugs holds the target.
fn fewest_steps(a: i64, b: i64, target: i64) -> Option<i64> {
    let mut seen = HashSet::from([(0, 0)]);
    let mut queue = VecDeque::from([((0, 0), 0)]);
    while let Some(((x, y), steps)) = queue.pop_front() {
        if x == target || y == target {
            return Some(steps);
        }
        let (to_y, to_x) = (x.min(b - y), y.min(a - x));
        let moves = [
            (a, y),
            (x, b),
            (0, y),
            (x, 0),
            (x - to_y, y + to_y),
            (x + to_x, y - to_x),
        ];
        for next in moves {
            if seen.insert(next) {
                queue.push_back((next, steps + 1));
            }
        }
    }
    None
}

fn jugs(random: &mut Random) -> Item {
    loop {
        let (a, b) = (random.between(3, 13), random.between(4, 19));
        let target = random.between(1, a.max(b) - 1);
        let Some(steps) = fewest_steps(a, b, target).filter(|steps| a < b && *steps >= 4) else {
            continue;
        };
        let prompt = format!(
            "There are two empty jugs of {a} and {b} litres without marks, and a tap. In one step a jug is filled at the tap to the brim, emptied into the sink, or poured into the other until the one is empty or the other full. What is the smallest number of steps after which one of the jugs holds exactly {target} litres?"
        );
        return Item::number("jugs", prompt, steps);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Whether so many steps suffice, by trying every sequence.
    fn within(a: i64, b: i64, (x, y): (i64, i64), target: i64, steps: i64) -> bool {
        if x == target || y == target {
            return true;
        }
        let mut after = vec![(a, y), (x, b), (0, y), (x, 0)];
        let (mut to, mut from) = ((x, y), (x, y));
        while to.0 > 0 && to.1 < b {
            to = (to.0 - 1, to.1 + 1);
        }
        while from.1 > 0 && from.0 < a {
            from = (from.0 + 1, from.1 - 1);
        }
        after.extend([to, from]);
        steps > 0
            && after
                .into_iter()
                .any(|next| within(a, b, next, target, steps - 1))
    }

    #[test]
    fn no_shorter_way_to_fill_a_jug_exists() {
        for (a, b, target) in [(3, 5, 4), (3, 5, 1), (4, 9, 6), (5, 7, 6), (3, 8, 7)] {
            let steps = fewest_steps(a, b, target).expect("they have no common factor");
            assert!(within(a, b, (0, 0), target, steps), "{a} {b} {target}");
            assert!(!within(a, b, (0, 0), target, steps - 1), "{a} {b} {target}");
        }
        assert_eq!(fewest_steps(4, 6, 3), None);
        assert_eq!(fewest_steps(3, 5, 4), Some(6));
    }

    #[test]
    fn there_are_as_many_orders_as_there_should_be() {
        assert_eq!(orders().len(), 24);
    }
}
