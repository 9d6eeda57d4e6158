//! Directions, places and times.

use super::*;

const COMPASS: [(&str, (i64, i64)); 4] = [
    ("north", (0, 1)),
    ("east", (1, 0)),
    ("south", (0, -1)),
    ("west", (-1, 0)),
];
const DAYS: [&str; 7] = [
    "Monday",
    "Tuesday",
    "Wednesday",
    "Thursday",
    "Friday",
    "Saturday",
    "Sunday",
];

pub(super) fn solve(template: &str, prompt: &str, n: &[i64]) -> Option<Found> {
    let found = match template {
        "turns" => Found::Text(turns(prompt)?.into()),
        "walk" => Found::Number(walk(prompt)?),
        "clock hands" => Found::Number(clock_hands(n[0], n[1])?),
        "bearing" => Found::Text(bearing(prompt)?),
        "weekday" => {
            let step = if prompt.contains(" ago?") { 6 } else { 1 };
            let today = DAYS.iter().position(|day| words(prompt)[3] == *day)?;
            let day = (0..n[0]).fold(today, |day, _| (day + step) % 7);
            Found::Text(DAYS[day].into())
        }
        "births" => Found::Number(births(prompt)?),
        "arrival" => {
            let passing = n[2] * 60 + n[3];
            let (hour, minute) = (0..passing).fold((n[0], n[1]), |time, _| tick(time));
            Found::Text(format!("{hour:02}:{minute:02}"))
        }
        "between times" => {
            let (mut time, mut minutes) = ((n[0], n[1]), 0);
            while time != (n[2], n[3]) {
                time = tick(time);
                minutes += 1;
            }
            Found::Number(minutes)
        }
        _ => return None,
    };
    Some(found)
}

/// A minute later on the same day.
fn tick((hour, minute): (i64, i64)) -> (i64, i64) {
    let next = match minute {
        59 => (hour + 1, 0),
        _ => (hour, minute + 1),
    };
    assert!(next.0 < 24, "a day ends");
    next
}

fn way(name: &str) -> Option<(i64, i64)> {
    COMPASS
        .iter()
        .find(|(way, _)| *way == name)
        .map(|(_, by)| *by)
}

fn turns(prompt: &str) -> Option<&'static str> {
    let (mut x, mut y) = way(words(prompt)[2])?;
    for turn in between(prompt, "then turns ", ", where").split(", then ") {
        (x, y) = match turn {
            "right" => (y, -x),
            "left" => (-y, x),
            "around" => (-x, -y),
            _ => return None,
        };
    }
    let (name, _) = COMPASS.iter().find(|(_, way)| *way == (x, y))?;
    Some(name)
}

/// Blocks east or west and north or south, block by block.
fn walk(prompt: &str) -> Option<i64> {
    let (mut x, mut y) = (0i64, 0i64);
    for leg in listed(between(prompt, " walks ", ". How")).chunks(3) {
        let (by, blocks) = (way(leg[2])?, leg[0].parse().ok()?);
        for _ in 0..blocks {
            (x, y) = (x + by.0, y + by.1);
        }
    }
    Some(x.abs() + y.abs())
}

/// Minute by minute since twelve. `None` where no angle is the smaller one.
fn clock_hands(hour: i64, minute: i64) -> Option<i64> {
    // In half degrees: the hour hand moves by 1 a minute, the minute hand by 12.
    let minutes = (hour % 12) * 60 + minute;
    let hands = (0..minutes).fold((0i64, 0i64), |(hour, minute), _| {
        ((hour + 1) % 720, (minute + 12) % 720)
    });
    let one = (hands.0 - hands.1).abs();
    let other = 720 - one;
    (one != other && one != 0 && one.min(other) % 2 == 0).then(|| one.min(other) / 2)
}

/// The direction between two places, whose facts are in any order.
fn bearing(prompt: &str) -> Option<String> {
    let (facts, question) = prompt.split_once(" In which direction from the ")?;
    let (from, rest) = question.split_once(" is the ")?;
    let to = rest.split_once('?')?.0;
    let facts: Vec<_> = facts.split_terminator('.').map(words).collect();
    let mut places = HashMap::from([(from, (0, 0))]);
    for _ in 0..facts.len() {
        for fact in &facts {
            let (one, metres, by, other) = (fact[1], fact[3], way(fact[5])?, fact[8]);
            let metres: i64 = metres.parse().ok()?;
            let (east, north) = (by.0 * metres, by.1 * metres);
            if let Some((x, y)) = places.get(other).copied() {
                places.insert(one, (x + east, y + north));
            }
            if let Some((x, y)) = places.get(one).copied() {
                places.insert(other, (x - east, y - north));
            }
        }
    }
    let (x, y) = *places.get(to)?;
    let named = |along: i64, ways: [&'static str; 3]| {
        ways[usize::try_from(along.signum() + 1).expect("from 0 to 2")]
    };
    let north = named(y, ["south", "", "north"]);
    let name = format!("{north}{}", named(x, ["west", "", "east"]));
    (!name.is_empty()).then_some(name)
}

/// The year of birth that the facts tell, which are in any order. `None` where somebody was not
/// born yet.
fn births(prompt: &str) -> Option<i64> {
    let (facts, question) = prompt.split_once(" In which year was ")?;
    let asked = question.split_once(" born?")?.0;
    let facts: Vec<_> = facts.split_terminator('.').map(words).collect();
    let mut years = HashMap::new();
    for _ in 0..facts.len() {
        for fact in &facts {
            match fact[..] {
                [who, "was", "born", "in", year] => {
                    years.insert(who, year.parse::<i64>().ok()?);
                }
                [who, "was", "born", gap, "years", order, other] => {
                    let gap: i64 = gap.parse().ok()?;
                    let gap = if order == "before" { -gap } else { gap };
                    if let Some(year) = years.get(other).copied() {
                        years.insert(who, year + gap);
                    }
                }
                _ => return None,
            }
        }
    }
    let past = years.values().all(|year| (1_700..=2_025).contains(year));
    years.get(asked).copied().filter(|_| past)
}
