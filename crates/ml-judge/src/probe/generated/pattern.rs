//! Patterns of letters and numbers.

use super::random::Random;
use super::{Item, Template};

pub(super) const PATTERN: &[Template] = &[letter_sum, letter_groups, cipher, woven];

/// Words of small letters without double meaning as code.
pub(super) const WORDS: [&str; 60] = [
    "garden", "window", "silver", "bridge", "candle", "forest", "market", "pencil", "rocket",
    "spider", "tunnel", "velvet", "walnut", "yellow", "anchor", "basket", "cotton", "dragon",
    "engine", "falcon", "guitar", "hammer", "island", "jacket", "kitten", "ladder", "magnet",
    "needle", "oyster", "parrot", "quartz", "ribbon", "saddle", "tomato", "violin", "wizard",
    "bottle", "castle", "desert", "flower", "goblet", "harbor", "insect", "jungle", "kernel",
    "lizard", "mirror", "nickel", "orange", "pepper", "rabbit", "salmon", "temple", "urchin",
    "vessel", "winter", "planet", "copper", "button", "marble",
];

fn upper(word: &str) -> String {
    word.to_ascii_uppercase()
}

fn letter_sum(random: &mut Random) -> Item {
    let two = random.some(&WORDS, 2);
    let length = 3 + random.index(3);
    let (example, asked) = (&two[0][..4], &two[1][..length]);
    let step = random.between(1, 3);
    let worth = |word: &str| -> i64 {
        word.bytes()
            .map(|letter| i64::from(letter - b'a' + 1) * step)
            .sum()
    };
    let (b, z) = (2 * step, 26 * step);
    let prompt = format!(
        "Letters are worth A = {step}, B = {b} and so on in equal steps to Z = {z}, and letters in a row as much as their sum. So {} is worth {}. What is {} worth?",
        upper(example),
        worth(example),
        upper(asked)
    );
    Item::number("letter sum", prompt, worth(asked))
}

/// The letter so many places after A, from Z on to A again.
fn letter(place: i64) -> char {
    let place = u8::try_from(place.rem_euclid(26)).expect("below 26");
    char::from(b'A' + place)
}

fn letter_groups(random: &mut Random) -> Item {
    let starts = [(); 3].map(|()| random.between(0, 25));
    let steps = [(); 3].map(|()| random.between(1, 6));
    let group = |at: i64| -> String {
        let letters = starts.iter().zip(&steps);
        letters
            .map(|(start, step)| letter(start + at * step))
            .collect()
    };
    let shown: Vec<_> = (0..4).map(group).collect();
    let prompt = format!(
        "In the groups {}, ... the first letters move through the alphabet by a fixed number of places, so do the second and the third letters, each by a number of its own, and A follows Z. What is the next group?",
        shown.join(", ")
    );
    let others: Vec<_> = shown.iter().map(String::as_str).collect();
    let after = group(5);
    Item::option(
        "letter groups",
        prompt,
        &group(4),
        &[&others[..], &[&after]].concat(),
    )
}

fn cipher(random: &mut Random) -> Item {
    let two = random.some(&WORDS, 2);
    let shift = random.between(2, 11);
    let shifted = |word: &str, shift: i64| -> String {
        word.bytes()
            .map(|byte| letter(i64::from(byte - b'a') + shift))
            .collect()
    };
    let asked = &two[1][..3 + random.index(4)];
    let answer = shifted(asked, shift);
    let wrong = [
        upper(asked),
        shifted(asked, shift - 1),
        shifted(asked, shift + 1),
        shifted(asked, -shift),
    ];
    let wrong: Vec<_> = wrong.iter().map(String::as_str).collect();
    let prompt = format!(
        "In a code every letter is replaced by the one a fixed number of places later in the alphabet, where A follows Z. {} is written {}. How is {} written?",
        upper(two[0]),
        shifted(two[0], shift),
        upper(asked)
    );
    Item::option("cipher", prompt, &answer, &wrong)
}

/// Two sequences that take turns.
fn woven(random: &mut Random) -> Item {
    let [a, b] = [(); 2].map(|()| random.between(2, 60));
    let (up, factor) = (random.between(2, 15), random.between(2, 3));
    let term = |at: i64| {
        let turn = at / 2;
        if at % 2 == 0 {
            a + turn * up
        } else {
            b * factor.pow(u32::try_from(turn).expect("few turns"))
        }
    };
    let shown: Vec<_> = (0..7).map(|at| term(at).to_string()).collect();
    let prompt = format!(
        "Two sequences are written in turns, a term of the one and a term of the other: {}, ... In one of them the difference between neighbours is fixed, in the other each term is the one before times a fixed number. What comes next?",
        shown.join(", ")
    );
    Item::number("woven", prompt, term(7))
}
