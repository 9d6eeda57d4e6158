//! Problems told in sentences.

use super::names::{PEOPLE, dollars};
use super::random::Random;
use super::{Item, Template};

pub(super) const WORD: &[Template] = &[catching_up, ages, together, tickets];

/// The most years that anybody lives.
const OLDEST: i64 = 100;

fn catching_up(random: &mut Random) -> Item {
    let (first, second) = random.pick(&[
        ("A cyclist", "a motorcyclist"),
        ("A freight train", "an express train"),
        ("A barge", "a motor boat"),
        ("A lorry", "a car"),
    ]);
    // The gap divides the lead, so that the answer is whole.
    let (slow, lead, hours) = (
        random.between(10, 60),
        random.between(2, 6),
        random.between(2, 12),
    );
    if slow * lead % hours != 0 {
        return catching_up(random);
    }
    let fast = slow + slow * lead / hours;
    let prompt = format!(
        "{first} leaves a town at {slow} km/h. {lead} hours later {second} follows on the same route at {fast} km/h. How many hours after its own start does the second vehicle catch up with the first?"
    );
    Item::number("catching up", prompt, hours)
}

fn ages(random: &mut Random) -> Item {
    let people = random.some(&PEOPLE, 2);
    // In some years the older one is `later` times as old.
    let (younger, now) = (random.between(3, 30), random.between(3, 7));
    let later = random.between(2, now - 1);
    let gap = younger * (now - 1);
    if gap % (later - 1) != 0 {
        return ages(random);
    }
    let years = gap / (later - 1) - younger;
    if younger * now + years > OLDEST {
        return ages(random);
    }
    let prompt = format!(
        "{} is {now} times as old as {}, who is {younger} years old. In how many years will {} be {later} times as old as {}?",
        people[0], people[1], people[0], people[1]
    );
    Item::number("ages", prompt, years)
}

fn together(random: &mut Random) -> Item {
    let people = random.some(&PEOPLE, 2);
    let task = random.pick(&[
        "paint a fence",
        "weed a garden",
        "sort a pile of letters",
        "fold the laundry",
        "clean a hall",
    ]);
    let (a, b) = (random.between(6, 180), random.between(6, 180));
    if a == b || a * b % (a + b) != 0 {
        return together(random);
    }
    let prompt = format!(
        "Alone, {} needs {a} minutes to {task}, and {} needs {b} minutes for the same. How many minutes do they need if both work at it together, each at the usual pace?",
        people[0], people[1]
    );
    Item::number("together", prompt, a * b / (a + b))
}

fn tickets(random: &mut Random) -> Item {
    let place = random.pick(&["museum", "zoo", "theatre", "swimming pool", "castle"]);
    let (adults, children) = (random.between(5, 80), random.between(5, 80));
    let child = random.between(2, 9);
    let adult = child + random.between(1, 12);
    let asked = random.chance();
    let (who, answer) = if asked {
        ("adults", adults)
    } else {
        ("children", children)
    };
    let prompt = format!(
        "At a {place} adults pay {} and children pay {}. {} visitors paid {} together. How many of them were {who}?",
        dollars(adult * 100),
        dollars(child * 100),
        adults + children,
        dollars((adults * adult + children * child) * 100)
    );
    Item::number("tickets", prompt, answer)
}
