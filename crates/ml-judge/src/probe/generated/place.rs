//! Directions, ways and angles.

use super::names::{PEOPLE, counted, listed};
use super::random::Random;
use super::{Item, Template};

pub(super) const SPATIAL: &[Template] = &[turns, walk, clock_hands, bearing];

/// Clockwise.
const COMPASS: [&str; 4] = ["north", "east", "south", "west"];
const COMPASS_8: [&str; 8] = [
    "north",
    "northeast",
    "east",
    "southeast",
    "south",
    "southwest",
    "west",
    "northwest",
];

fn turns(random: &mut Random) -> Item {
    let name = random.pick(&PEOPLE);
    let start = random.index(4);
    let count = random.between(3, 6);
    let mut facing = start;
    let mut said = Vec::new();
    for _ in 0..count {
        let (turn, quarters) = random.pick(&[("right", 1), ("left", 3), ("around", 2)]);
        said.push(turn);
        facing = (facing + quarters) % 4;
    }
    let prompt = format!(
        "{name} faces {} and then turns {}, where left and right are turns by 90 degrees and around is one by 180 degrees. Which way does {name} face in the end: north, east, south or west?",
        COMPASS[start],
        said.join(", then ")
    );
    Item::option("turns", prompt, COMPASS[facing], &COMPASS)
}

fn walk(random: &mut Random) -> Item {
    let name = random.pick(&PEOPLE);
    let (mut east, mut north) = (0, 0);
    let mut legs: Vec<String> = Vec::new();
    let mut previous = 4;
    while legs.len() < 5 {
        let way = random.index(4);
        if way == previous {
            continue;
        }
        previous = way;
        let blocks = random.between(2, 15);
        match way {
            0 => north += blocks,
            1 => east += blocks,
            2 => north -= blocks,
            _ => east -= blocks,
        }
        legs.push(format!("{} {}", counted(blocks, "block"), COMPASS[way]));
    }
    if (east, north) == (0, 0) {
        return walk(random);
    }
    let prompt = format!(
        "In a city whose streets form a square grid, {name} walks {}. How many blocks is the shortest way back to the start, along the streets?",
        listed(&legs)
    );
    Item::number("walk", prompt, i64::abs(east) + i64::abs(north))
}

fn clock_hands(random: &mut Random) -> Item {
    let (hour, minute) = (random.between(1, 12), random.between(0, 29) * 2);
    // The hour hand moves half a degree a minute, the minute hand six.
    let apart = (30 * (hour % 12) + minute / 2 - 6 * minute).rem_euclid(360);
    // Or no angle is the smaller one.
    if apart % 180 == 0 {
        return clock_hands(random);
    }
    let prompt = format!(
        "A clock with hands that move steadily shows {hour}:{minute:02}. How many degrees is the smaller angle between its hour hand and its minute hand?"
    );
    Item::number("clock hands", prompt, apart.min(360 - apart))
}

const PLACES: [&str; 14] = [
    "bakery", "church", "school", "bank", "museum", "station", "market", "library", "fountain",
    "mill", "tower", "harbour", "theatre", "park",
];

/// Three places, one north or south and east or west of another by whole steps.
fn bearing(random: &mut Random) -> Item {
    let places = random.some(&PLACES, 4);
    // Where each place lies, seen from the one before it.
    let (mut east, mut north) = (0, 0);
    let mut facts = Vec::new();
    for pair in places.windows(2) {
        let way = random.index(4);
        let distance = random.between(1, 6);
        match way {
            0 => north += distance,
            1 => east += distance,
            2 => north -= distance,
            _ => east -= distance,
        }
        let steps = counted(distance * 100, "metre");
        facts.push(format!(
            "The {} is {steps} {} of the {}.",
            pair[1], COMPASS[way], pair[0]
        ));
    }
    if (east, north) == (0, 0) {
        return bearing(random);
    }
    let eighth = match (i64::signum(east), i64::signum(north)) {
        (0, 1) => 0,
        (1, 1) => 1,
        (1, 0) => 2,
        (1, -1) => 3,
        (0, -1) => 4,
        (-1, -1) => 5,
        (-1, 0) => 6,
        _ => 7,
    };
    random.shuffle(&mut facts);
    let prompt = format!(
        "{} In which direction from the {} is the {}? Call it north, south, east or west if it is exactly so, and else northeast, northwest, southeast or southwest.",
        facts.join(" "),
        places[0],
        places[3]
    );
    Item::option("bearing", prompt, COMPASS_8[eighth], &COMPASS_8)
}
