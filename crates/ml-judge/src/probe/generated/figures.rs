//! Probability, percentages and sets.

use super::names::{PEOPLE, dollars};
use super::number_games::cents;
use super::random::Random;
use super::{Item, Template};

pub(super) const PROBABILITY: &[Template] = &[marble, two_dice, two_drawn];
pub(super) const PERCENTAGES: &[Template] = &[discounts, growth, whole, share];
pub(super) const SETS: &[Template] = &[neither, exactly_one, three_clubs, difference];

const COLOURS: [&str; 7] = ["red", "blue", "green", "yellow", "white", "black", "orange"];

fn marble(random: &mut Random) -> Item {
    let colours = random.some(&COLOURS, 3);
    let counts: Vec<_> = (0..3).map(|_| random.between(2, 14)).collect();
    let prompt = format!(
        "A bag holds {} {}, {} {} and {} {} marbles, and nothing else. One marble is drawn blindly. What is the probability that it is {}? Give a fraction.",
        counts[0], colours[0], counts[1], colours[1], counts[2], colours[2], colours[1]
    );
    Item::fraction("marble", prompt, counts[1], counts.iter().sum())
}

fn two_dice(random: &mut Random) -> Item {
    let (a, b) = (random.between(4, 12), random.between(4, 20));
    let sum = random.between(3, a + b - 1);
    // The first die shows i, the second the rest.
    let ways = (1..=a).filter(|i| (1..=b).contains(&(sum - i))).count();
    let ways = i64::try_from(ways).expect("at most 12");
    let prompt = format!(
        "Two fair dice are thrown: one has the faces 1 to {a}, the other the faces 1 to {b}. What is the probability that the faces shown add up to {sum}? Give a fraction."
    );
    Item::fraction("two dice", prompt, ways, a * b)
}

fn two_drawn(random: &mut Random) -> Item {
    let colours = random.some(&COLOURS, 2);
    let (a, b) = (random.between(3, 15), random.between(2, 15));
    let prompt = format!(
        "An urn holds {a} {} and {b} {} balls. Two balls are drawn blindly, one after the other, and none is put back. What is the probability that both are {}? Give a fraction.",
        colours[0], colours[1], colours[0]
    );
    Item::fraction("two drawn", prompt, a * (a - 1), (a + b) * (a + b - 1))
}

fn discounts(random: &mut Random) -> Item {
    let thing = random.pick(&["coat", "bicycle", "camera", "sofa", "tent", "carpet"]);
    let price = random.between(3, 60) * 20;
    let (first, second) = (random.between(1, 8) * 5, random.between(1, 6) * 5);
    let prompt = format!(
        "A {thing} costs ${price}. Its price is cut by {first}%, and a week later the new price is cut by {second}%. What is the price now, in dollars?"
    );
    // The price is a multiple of 20 and the products of multiples of 25: whole cents.
    let answer = price * (100 - first) * (100 - second) / 100;
    Item::check("discounts", prompt, cents(answer))
}

fn growth(random: &mut Random) -> Item {
    let (before, percent) = (random.between(3, 90) * 100, random.between(3, 95));
    let grows = random.chance();
    let factor = if grows { 100 + percent } else { 100 - percent };
    let after = before * factor / 100;
    let (verb, noun) = if grows {
        ("rose", "increase")
    } else {
        ("fell", "decrease")
    };
    let prompt = format!(
        "The number of people in a village {verb} from {before} to {after}. What is the {noun} in percent?"
    );
    Item::number("growth", prompt, percent)
}

fn whole(random: &mut Random) -> Item {
    let percent = random.pick(&[4, 5, 8, 12, 15, 16, 20, 24, 30, 35, 36, 45, 60, 65, 75, 80]);
    let answer = random.between(2, 60) * 25;
    if answer * percent % 100 != 0 {
        return whole(random);
    }
    let part = answer * percent / 100;
    let prompt = format!("{part} is {percent}% of a number. Which number?");
    Item::number("whole", prompt, answer)
}

fn share(random: &mut Random) -> Item {
    let (percent, total) = (random.between(2, 19) * 5, random.between(6, 90) * 20);
    let name = random.pick(&PEOPLE);
    let prompt = format!(
        "{name} earns {} a month and spends {percent}% of it on rent. How many dollars a month are left?",
        dollars(total * 100)
    );
    Item::number("share", prompt, total * (100 - percent) / 100)
}

const PAIRS: [(&str, &str); 6] = [
    ("play football", "play basketball"),
    ("learn French", "learn Spanish"),
    ("sing in the choir", "play in the orchestra"),
    ("own a dog", "own a cat"),
    ("commute by train", "commute by bus"),
    ("like tea", "like coffee"),
];

/// What is said of two overlapping parts of a group: the text, and (only one, only other, both,
/// none).
fn overlap(random: &mut Random) -> (String, [i64; 4]) {
    let counts = [(); 4].map(|()| random.between(2, 30));
    let [one, other, both, none] = counts;
    let (first, second) = random.pick(&PAIRS);
    let text = format!(
        "Of a group of {} people, {} {first}, {} {second}, and {both} do both.",
        one + other + both + none,
        one + both,
        other + both
    );
    (text, counts)
}

fn neither(random: &mut Random) -> Item {
    let (text, [_, _, _, none]) = overlap(random);
    Item::number("neither", format!("{text} How many do neither?"), none)
}

fn exactly_one(random: &mut Random) -> Item {
    let (text, [one, other, ..]) = overlap(random);
    let prompt = format!("{text} How many do exactly one of the two?");
    Item::number("exactly one", prompt, one + other)
}

fn three_clubs(random: &mut Random) -> Item {
    // Members of each of the seven parts of three overlapping clubs.
    let [a, b, c, ab, ac, bc, abc] = [(); 7].map(|()| random.between(2, 12));
    let clubs = random.some(
        &["chess", "drama", "hiking", "film", "swimming", "science"],
        3,
    );
    let prompt = format!(
        "A school has three clubs: {x}, {y} and {z}. {} pupils are in the {x} club, {} in the {y} club and {} in the {z} club. {} are in both {x} and {y}, {} in both {x} and {z}, {} in both {y} and {z}; these numbers include the {} who are in all three. How many pupils are in at least one of the clubs?",
        a + ab + ac + abc,
        b + ab + bc + abc,
        c + ac + bc + abc,
        ab + abc,
        ac + abc,
        bc + abc,
        abc,
        x = clubs[0],
        y = clubs[1],
        z = clubs[2],
    );
    Item::number("three clubs", prompt, a + b + c + ab + ac + bc + abc)
}

fn difference(random: &mut Random) -> Item {
    let numbers: Vec<_> = (1..=30).collect();
    let (a, b) = (random.some(&numbers, 8), random.some(&numbers, 9));
    if a.iter().all(|number| b.contains(number)) {
        return difference(random);
    }
    let written = |set: &[i64]| {
        let mut set = set.to_vec();
        set.sort_unstable();
        let set: Vec<_> = set.iter().map(i64::to_string).collect();
        format!("{{{}}}", set.join(", "))
    };
    let sum = a.iter().filter(|number| !b.contains(number)).sum();
    let prompt = format!(
        "Let A = {} and B = {}. What is the sum of all numbers that are in A but not in B?",
        written(&a),
        written(&b)
    );
    Item::number("difference", prompt, sum)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Check;

    #[test]
    fn amounts_are_whole_cents() {
        let mut random = Random::new(3, "percentages");
        for _ in 0..500 {
            let Check::Numbers { any, .. } = discounts(&mut random).check else {
                panic!("a number");
            };
            let cents = any[0] * 100.0;
            assert!((cents - cents.round()).abs() < 1e-6, "{any:?}");
        }
    }
}
