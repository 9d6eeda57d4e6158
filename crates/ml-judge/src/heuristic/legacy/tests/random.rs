//! Random texts of the words that count score as by the oracle.

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;

use super::oracle;
use crate::heuristic::legacy::heuristics;
use crate::heuristic::legacy::opening::{PREAMBLES, STORIES};
use crate::heuristic::legacy::phrase::{PHRASES, VERBS};

/// What stands between words, and what looks like a letter, a space or a full stop but is none.
const BETWEEN: &[&str] = &[
    "",
    " ",
    " ",
    " ",
    "  ",
    "\t",
    "\u{b}",
    "\u{c}",
    "\r\n",
    "\n",
    "\n\n\n\n\n\n\n",
    ".",
    ". ",
    ", ",
    "...",
    "-",
    "_",
    "'",
    "’",
    "\u{a0}",
    "\u{85}",
    "\u{2028}",
    "\u{202f}",
    "é",
    "\u{17f}",
    "\u{212a}",
    "日",
    "𝔘",
    "İ",
    "0",
    "##",
    "**",
    "#",
    "*",
    "<pad>",
    "<unused",
    "<",
    "ERROR",
    "I ",
    "I\u{b}",
    "i\t",
    "I",
    " I ",
    ". I ",
    ".I\n",
    "I.",
    "x",
    ",",
];

fn words() -> Vec<&'static str> {
    let phrases = PHRASES.iter().flat_map(|(_, phrases)| *phrases);
    let next = PREAMBLES.iter().flat_map(|(_, _, next)| *next);
    phrases
        .chain(&VERBS)
        .chain(&STORIES)
        .chain(next)
        .copied()
        .chain(PREAMBLES.iter().map(|(word, _, _)| *word))
        .collect()
}

/// A word in one of the ways to write it.
fn written(word: &str, how: u8) -> String {
    match how {
        0 => word.to_uppercase(),
        1 => word.replace('s', "\u{17f}"),
        2 => word.replace('k', "\u{212a}"),
        3 => word.replacen('s', "\u{17f}", 1).replace('k', "\u{212a}"),
        4 => word.chars().skip(1).collect(),
        5 => word.replace(' ', "\n"),
        _ => word.to_owned(),
    }
}

fn texts() -> impl Strategy<Value = String> {
    let word = (select(words()), 0..12_u8).prop_map(|(word, how)| written(word, how));
    let piece = prop_oneof![
        3 => word,
        3 => select(BETWEEN).prop_map(str::to_owned),
        1 => any::<char>().prop_map(String::from),
    ];
    let repeated = (vec(piece, 0..24), 1..40_usize);
    let part =
        repeated.prop_map(|(pieces, times)| pieces.concat().repeat(times % 20 / 19 * times + 1));
    vec(part, 0..4).prop_map(|parts| parts.concat())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4096))]

    #[test]
    fn random_texts_score_as_by_the_oracle(text in texts()) {
        prop_assert_eq!(heuristics(&text), oracle::heuristics(&text));
    }
}
