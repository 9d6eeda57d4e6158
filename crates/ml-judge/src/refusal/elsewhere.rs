//! Responses that are no answers: a bare no, answers to something else.

use super::normal::Normal;
use crate::text::{LineKind, Lines, Token, Tokens, Word, fold, is_verse};

/// Words from which on an answer must have to do with its prompt. Shorter ones need not repeat
/// anything of it: "What is 6 times 7?", "42".
const LONG: usize = 50;

/// Letters of a word that tell it from others whatever its ending.
const STEM: usize = 5;

/// Commonest words of English; a long text in another language has few of them.
const COMMON: [&str; 8] = ["the", "and", "of", "to", "a", "in", "is", "with"];

/// Words of a prompt that say how to answer, or nothing; what is left is its subject.
const FRAME: &str = "a about above after all also always an and any answer are article as ask at be \
    because been before best better between both briefly but by can compare concept consider could create \
    define describe description design detail detailed details develop did difference different do does each \
    effective essay example examples explain explanation famous few find following for from fun generate get give \
    good great guide had has have help here him his her how i idea ideas if in instructions into is it its kind know \
    like list long make many may me might more most much must my name need new no not of on one only or other our out \
    outline over paragraph persuasive piece please plot popular post provide recommend say sentence she he short \
    should show simple so some someone something step steps suggest summarise summarize summary tell than that the \
    their them then there these they thing things this those three through tips to today tonight two type under up \
    use used using very want was way ways we well were what when where which while who why will with words work would \
    write you your";

/// Whether the response is nothing but "no", and the prompt no question of yes or no.
pub(super) fn is_bare_no(prompt: &str, sentences: &[Normal]) -> bool {
    const ASKS: [&str; 24] = [
        "is", "are", "was", "were", "am", "do", "does", "did", "can", "could", "will", "would",
        "should", "shall", "may", "might", "must", "has", "have", "had", "isn't", "aren't",
        "don't", "doesn't",
    ];
    let [sentence] = sentences else { return false };
    let asks = words(prompt)
        .next()
        .is_some_and(|first| ASKS.iter().any(|word| first.is(word)));
    matches!(
        sentence.text.as_str(),
        "no" | "nope" | "never" | "no thanks" | "no thank you"
    ) && !asks
}

/// Whether a long English response has no word of the prompt's subject in it. Verse and code that
/// were asked for have a form of their own instead.
pub(super) fn off_topic(prompt: &str, response: &str) -> bool {
    let frame: Vec<&str> = FRAME.split_ascii_whitespace().collect();
    let subject: Vec<Word<'_>> = words(prompt)
        .filter(|word| word.text.len() >= 3 && !frame.iter().any(|known| word.is(known)))
        .collect();
    if subject.is_empty() || takes_the_form(prompt, response) {
        return false;
    }
    let (mut count, mut common) = (0, 0);
    for word in words(response) {
        if subject.iter().any(|asked| same_stem(asked.text, word.text)) {
            return false;
        }
        count += 1;
        common += usize::from(COMMON.iter().any(|known| word.is(known)));
    }
    count >= LONG && common * 12 >= count
}

/// Whether the response is verse or code, and the prompt asks for it.
fn takes_the_form(prompt: &str, response: &str) -> bool {
    const VERSE: [&str; 9] = [
        "poem", "poetry", "verse", "song", "lyrics", "haiku", "limerick", "sonnet", "ballad",
    ];
    const CODE: [&str; 8] = [
        "code",
        "function",
        "script",
        "program",
        "query",
        "regex",
        "class",
        "implement",
    ];
    let asks = |forms: &[&str]| words(prompt).any(|word| forms.iter().any(|form| word.is(form)));
    let is_code = || Lines::new(response).any(|line| line.kind == LineKind::Code);
    asks(&VERSE) && is_verse(response) || asks(&CODE) && is_code()
}

fn words(text: &str) -> impl Iterator<Item = Word<'_>> {
    Tokens::new(text).filter_map(|token| match token {
        Token::Word(word) => Some(word),
        Token::Break | Token::Quote | Token::End => None,
    })
}

/// Whether the words agree in their first letters, and differ in their ending only.
fn same_stem(asked: &str, word: &str) -> bool {
    let mut common = 0;
    let mut others = word.chars().map(fold);
    for letter in asked.chars().map(fold) {
        if others.next() != Some(letter) {
            break;
        }
        common += 1;
    }
    common >= STEM.min(asked.chars().count()) && word.chars().count() <= asked.chars().count() + 4
}
