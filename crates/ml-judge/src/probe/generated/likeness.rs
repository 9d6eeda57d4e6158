//! Analogies over tables of pairs.

use super::random::Random;
use super::{Item, Template};

pub(super) const ANALOGY: &[Template] = &[capital, past_tense, opposite, letters];

pub(super) const CAPITALS: [(&str, &str); 32] = [
    ("France", "Paris"),
    ("Italy", "Rome"),
    ("Spain", "Madrid"),
    ("Portugal", "Lisbon"),
    ("Germany", "Berlin"),
    ("Poland", "Warsaw"),
    ("Austria", "Vienna"),
    ("Hungary", "Budapest"),
    ("Greece", "Athens"),
    ("Finland", "Helsinki"),
    ("Sweden", "Stockholm"),
    ("Norway", "Oslo"),
    ("Denmark", "Copenhagen"),
    ("Ireland", "Dublin"),
    ("Belgium", "Brussels"),
    ("Latvia", "Riga"),
    ("Estonia", "Tallinn"),
    ("Bulgaria", "Sofia"),
    ("Romania", "Bucharest"),
    ("Serbia", "Belgrade"),
    ("Croatia", "Zagreb"),
    ("Egypt", "Cairo"),
    ("Kenya", "Nairobi"),
    ("Ghana", "Accra"),
    ("Ethiopia", "Addis Ababa"),
    ("Japan", "Tokyo"),
    ("Thailand", "Bangkok"),
    ("Cuba", "Havana"),
    ("Peru", "Lima"),
    ("Canada", "Ottawa"),
    ("Australia", "Canberra"),
    ("Uruguay", "Montevideo"),
];

pub(super) const PAST: [(&str, &str); 36] = [
    ("go", "went"),
    ("see", "saw"),
    ("take", "took"),
    ("buy", "bought"),
    ("think", "thought"),
    ("bring", "brought"),
    ("teach", "taught"),
    ("catch", "caught"),
    ("fly", "flew"),
    ("grow", "grew"),
    ("know", "knew"),
    ("draw", "drew"),
    ("throw", "threw"),
    ("write", "wrote"),
    ("ride", "rode"),
    ("drive", "drove"),
    ("speak", "spoke"),
    ("break", "broke"),
    ("choose", "chose"),
    ("freeze", "froze"),
    ("swim", "swam"),
    ("begin", "began"),
    ("drink", "drank"),
    ("ring", "rang"),
    ("stand", "stood"),
    ("hold", "held"),
    ("keep", "kept"),
    ("sleep", "slept"),
    ("leave", "left"),
    ("lose", "lost"),
    ("sell", "sold"),
    ("tell", "told"),
    ("run", "ran"),
    ("give", "gave"),
    ("eat", "ate"),
    ("fall", "fell"),
];

/// Opposites that have one usual word only.
pub(super) const OPPOSITES: [(&str, &str); 23] = [
    ("up", "down"),
    ("left", "right"),
    ("day", "night"),
    ("early", "late"),
    ("full", "empty"),
    ("heavy", "light"),
    ("deep", "shallow"),
    ("long", "short"),
    ("rough", "smooth"),
    ("true", "false"),
    ("north", "south"),
    ("east", "west"),
    ("first", "last"),
    ("push", "pull"),
    ("above", "below"),
    ("inside", "outside"),
    ("hot", "cold"),
    ("always", "never"),
    ("wet", "dry"),
    ("strong", "weak"),
    ("thick", "thin"),
    ("buyer", "seller"),
    ("import", "export"),
];

/// An analogy over two pairs of a table, where the second words of the others are wrong.
fn pairs(
    template: &'static str,
    random: &mut Random,
    table: &[(&'static str, &'static str)],
) -> Item {
    let two = random.some(table, 2);
    let ((a, b), (c, answer)) = (two[0], two[1]);
    let prompt = format!("{a} is to {b} as {c} is to what? Give one term.");
    let others: Vec<_> = table.iter().map(|(_, second)| *second).collect();
    let prompt = capitalised(&prompt);
    Item::option(template, prompt, answer, &others)
}

fn capitalised(text: &str) -> String {
    let mut letters = text.chars();
    let first = letters.next().into_iter().flat_map(char::to_uppercase);
    first.chain(letters).collect()
}

fn capital(random: &mut Random) -> Item {
    pairs("capital", random, &CAPITALS)
}

fn past_tense(random: &mut Random) -> Item {
    pairs("past tense", random, &PAST)
}

fn opposite(random: &mut Random) -> Item {
    pairs("opposite", random, &OPPOSITES)
}

/// Letters that are moved along the alphabet, all by the same number.
fn letters(random: &mut Random) -> Item {
    let shift = u8::try_from(random.between(1, 5)).expect("up to 5");
    let mut group = || -> String {
        let letter = |_| char::from(b'A' + u8::try_from(random.index(20)).expect("up to 19"));
        (0..3).map(letter).collect()
    };
    let (from, asked) = (group(), group());
    let moved = |group: &str, by: u8| -> String {
        group
            .bytes()
            .map(|letter| char::from(letter + by))
            .collect()
    };
    let prompt = format!(
        "{from} becomes {} when every letter is replaced by the letter a fixed number of places later in the alphabet. What does {asked} become in the same way?",
        moved(&from, shift)
    );
    let answer = moved(&asked, shift);
    let wrong = [moved(&asked, shift - 1), moved(&asked, shift + 1)];
    Item::option("letters", prompt, &answer, &[&wrong[0], &wrong[1]])
}
