//! How a text begins: with a stock phrase, or as a story does.

use crate::text::{Token, Tokens, fold};

/// Words of the beginning that are looked at.
const WORDS: usize = 6;

/// Longest word of the beginning, in bytes; what is longer is no word of these lists.
const LONGEST: usize = 24;

/// What agrees to a request, where [`ANNOUNCES`] follows.
const AGREES: [&str; 11] = [
    "okay",
    "ok",
    "alright",
    "all right",
    "sure",
    "sure thing",
    "certainly",
    "absolutely",
    "of course",
    "no problem",
    "definitely",
];

const ANNOUNCES: [&str; 12] = [
    "let's",
    "let us",
    "let me",
    "here's",
    "here is",
    "here are",
    "this is",
    "below is",
    "below are",
    "i'd be",
    "i'll",
    "i can",
];

/// Formulas that need nothing after them.
const FORMULAS: [&str; 17] = [
    "great question",
    "good question",
    "excellent question",
    "what a great question",
    "that's a great question",
    "that is a great question",
    "that's a good question",
    "thank you for asking",
    "thanks for asking",
    "i'd be happy to",
    "i would be happy to",
    "as an ai",
    "as a language model",
    "as a large language model",
    "i'm an ai",
    "i am an ai",
    "i'm just an ai",
];

/// Beginnings of stories.
const STORIES: [&str; 24] = [
    "once",
    "long ago",
    "it was",
    "there was",
    "there once",
    "there lived",
    "there came",
    "she",
    "he",
    "one day",
    "one night",
    "one morning",
    "one evening",
    "one winter",
    "one summer",
    "in the beginning",
    "in the heart of",
    "in the depths of",
    "in the quiet",
    "in the shadow of",
    "in a small",
    "deep in",
    "deep within",
    "on a cold",
];

/// Whether the text opens with a stock phrase of assistants.
pub(super) fn is_formulaic(text: &str) -> bool {
    let start = beginning(text);
    let agrees = |word: &&str| {
        after(&start, word)
            .is_some_and(|rest| ANNOUNCES.iter().any(|next| after(rest, next).is_some()))
    };
    FORMULAS
        .iter()
        .any(|formula| after(&start, formula).is_some())
        || AGREES.iter().any(agrees)
}

/// Whether the text opens as stories do.
pub(super) fn is_narrative(text: &str) -> bool {
    let start = beginning(text);
    STORIES.iter().any(|story| after(&start, story).is_some())
}

/// The first words, folded and separated by single spaces.
fn beginning(text: &str) -> String {
    let mut start = String::with_capacity(64);
    let words = Tokens::new(text).filter_map(|token| match token {
        Token::Word(word) => Some(word.text),
        Token::Break | Token::Quote | Token::End => None,
    });
    for word in words.take(WORDS).take_while(|word| word.len() <= LONGEST) {
        if !start.is_empty() {
            start.push(' ');
        }
        start.extend(word.chars().map(fold));
    }
    start
}

/// What follows the phrase at the start of a text.
fn after<'a>(text: &'a str, phrase: &str) -> Option<&'a str> {
    let rest = text.strip_prefix(phrase)?;
    if rest.is_empty() {
        Some(rest)
    } else {
        rest.strip_prefix(' ')
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stock_phrases_are_told_from_beginnings_that_only_look_alike() {
        for (text, expected) in [
            ("Okay, let’s explore this.", true),
            ("**Sure!** Here's a list.", true),
            ("Great question!", true),
            ("Of course, here is one.", true),
            ("Surely, here's hope.", false),
            ("Okay was all he said.", false),
            ("A great question divides us.", false),
            ("", false),
        ] {
            assert_eq!(is_formulaic(text), expected, "{text:?}");
        }
    }

    #[test]
    fn stories_are_told_from_facts() {
        for (text, expected) in [
            ("Once upon a time", true),
            ("\"It was late,\" she said", true),
            ("The answer is four.", false),
            ("They are prime.", false),
            ("Hellas is Greece.", false),
        ] {
            assert_eq!(is_narrative(text), expected, "{text:?}");
        }
    }
}
