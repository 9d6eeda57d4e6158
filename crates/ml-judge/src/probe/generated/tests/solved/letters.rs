//! Patterns of letters and numbers.

use super::*;

const ALPHABET: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZ";

pub(super) fn solve(template: &str, prompt: &str, n: &[i64]) -> Option<Found> {
    let found = match template {
        "letter sum" => Found::Number(letter_sum(prompt, n)?),
        "letter groups" => Found::Text(next_group(prompt)?),
        "letters" => {
            let (from, rest) = prompt.split_once(" becomes ")?;
            let to = rest.split_once(" when ")?.0;
            let asked = between(prompt, "What does ", " become in");
            Found::Text(same_shift(from, to, asked)?)
        }
        "cipher" => {
            let from = between(prompt, "follows Z. ", " is written ");
            let to = between(prompt, " is written ", ". How");
            let asked = between(prompt, "How is ", " written?");
            Found::Text(same_shift(from, to, asked)?)
        }
        "woven" => {
            let differences = [n[2] - n[0], n[4] - n[2], n[6] - n[4]];
            let ratio = only(2..99, |ratio| n[1] * ratio == n[3] && n[3] * ratio == n[5])?;
            let fixed = differences == [differences[0]; 3];
            // Not the other way round, too.
            let one_way = n[3] - n[1] != n[5] - n[3] && n.len() == 7;
            return (fixed && one_way).then(|| Found::Number(n[5] * ratio));
        }
        _ => return None,
    };
    Some(found)
}

/// The letter so many places later, going round.
fn later(letter: char, places: usize) -> Option<char> {
    let mut from_it = ALPHABET.chars().cycle().skip_while(|one| *one != letter);
    from_it.nth(places)
}

fn moved(text: &str, places: usize) -> Option<String> {
    text.chars().map(|letter| later(letter, places)).collect()
}

/// What a text becomes by the one shift that turns another into a third.
fn same_shift(from: &str, to: &str, asked: &str) -> Option<String> {
    let shift = only(0..26, |shift| moved(from, *shift).as_deref() == Some(to))?;
    moved(asked, shift)
}

fn next_group(prompt: &str) -> Option<String> {
    let groups = between(prompt, "groups ", ", ...").split(", ");
    let groups: Vec<Vec<char>> = groups.map(|group| group.chars().collect()).collect();
    let next = |at: usize| {
        let step = only(0..26, |step| {
            let mut pairs = groups.windows(2);
            pairs.all(|pair| later(pair[0][at], *step) == Some(pair[1][at]))
        })?;
        later(groups.last()?[at], step)
    };
    (0..3).map(next).collect()
}

/// The sum of letters, whose worth is counted up from A.
fn letter_sum(prompt: &str, n: &[i64]) -> Option<i64> {
    let [first, second, last, example_worth] = n[..] else {
        return None;
    };
    let mut worth = HashMap::new();
    let mut next = first;
    for letter in ALPHABET.chars() {
        worth.insert(letter, next);
        next += second - first;
    }
    let sum = |text: &str| text.chars().map(|letter| worth[&letter]).sum::<i64>();
    let example = between(prompt, " So ", " is worth ");
    let asked = between(prompt, "What is ", " worth?");
    (worth[&'Z'] == last && sum(example) == example_worth).then(|| sum(asked))
}
