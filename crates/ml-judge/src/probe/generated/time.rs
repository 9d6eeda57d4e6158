//! Weekdays, years and times of the day.

use super::names::{PEOPLE, counted};
use super::random::Random;
use super::{Item, Template};
use crate::Check;

pub(super) const TEMPORAL: &[Template] = &[weekday, births, arrival, between_times];

const DAYS: [&str; 7] = [
    "Monday",
    "Tuesday",
    "Wednesday",
    "Thursday",
    "Friday",
    "Saturday",
    "Sunday",
];
const MINUTES_A_DAY: i64 = 24 * 60;
/// Nobody is born later.
const LAST_YEAR: i64 = 2020;

fn weekday(random: &mut Random) -> Item {
    let today = random.index(7);
    // Not so many that it is the same day of the week.
    let days = random.between(1, 56) * 7 + random.between(1, 6);
    let later = random.chance();
    let moved = if later { days } else { -days };
    let day = (i64::try_from(today).expect("below 7") + moved).rem_euclid(7);
    let answer = DAYS[usize::try_from(day).expect("below 7")];
    let asked = if later {
        format!("What day of the week will it be in {days} days?")
    } else {
        format!("What day of the week was it {days} days ago?")
    };
    let prompt = format!("Today is a {}. {asked}", DAYS[today]);
    Item::option("weekday", prompt, answer, &DAYS)
}

fn births(random: &mut Random) -> Item {
    let people = random.some(&PEOPLE, 4);
    let first = random.between(1905, 1990);
    let mut year = first;
    let mut facts = Vec::new();
    for pair in people.windows(2) {
        let years = random.between(2, 29);
        let older = random.chance() || year + years > LAST_YEAR;
        year += if older { -years } else { years };
        let word = if older { "before" } else { "after" };
        facts.push(format!(
            "{} was born {years} years {word} {}.",
            pair[1], pair[0]
        ));
    }
    random.shuffle(&mut facts);
    let prompt = format!(
        "{} was born in {first}. {} In which year was {} born?",
        people[0],
        facts.join(" "),
        people[3]
    );
    Item::number("births", prompt, year)
}

/// A time of the day as on a 24-hour clock.
fn clock(minutes: i64) -> String {
    format!("{:02}:{:02}", minutes / 60, minutes % 60)
}

/// The usual ways to write a time of the day.
fn written(minutes: i64) -> Vec<String> {
    let (hour, minute) = (minutes / 60, minutes % 60);
    let half = if hour < 12 { "am" } else { "pm" };
    let twelve = (hour + 11) % 12 + 1;
    let mut all = vec![clock(minutes), format!("{hour}:{minute:02}")];
    for half in [half.to_owned(), format!("{}.m.", &half[..1])] {
        all.push(format!("{twelve}:{minute:02} {half}"));
        all.push(format!("{twelve}:{minute:02}{half}"));
    }
    all.dedup();
    all
}

fn arrival(random: &mut Random) -> Item {
    let departure = random.between(5 * 60, 17 * 60);
    let duration = random.between(1, 5) * 60 + random.between(5, 59);
    let arrival = departure + duration;
    let thing = random.pick(&["train", "bus", "ferry", "coach"]);
    let prompt = format!(
        "A {thing} departs at {} and arrives {} and {} later. At what time does it arrive? Use the 24-hour clock, as in 07:30.",
        clock(departure),
        counted(duration / 60, "hour"),
        counted(duration % 60, "minute")
    );
    // Other times are wrong, among them those of usual mistakes.
    let wrong = [60, -60, 40, -40, 10, -10].map(|by| clock((arrival + by) % MINUTES_A_DAY));
    let right = written(arrival);
    let not = wrong
        .into_iter()
        .filter(|wrong| !right.contains(wrong))
        .collect::<Vec<_>>();
    Item::check("arrival", prompt, Check::texts(right, not))
}

fn between_times(random: &mut Random) -> Item {
    let start = random.between(6 * 60, 13 * 60);
    let minutes = random.between(61, 600);
    let prompt = format!(
        "A shift begins at {} and ends at {} on the same day. How many minutes does it last?",
        clock(start),
        clock(start + minutes)
    );
    Item::number("between times", prompt, minutes)
}
