//! The tables that templates take facts and words from.

use super::*;

/// Templates of facts about the world and of words, which nothing in the prompt tells: capitals of
/// countries, past tenses of irregular verbs, opposites.
pub(super) const TABLES: [&str; 3] = ["capital", "past tense", "opposite"];

#[test]
fn no_term_of_a_table_has_two_partners() {
    let tables: [&[(&str, &str)]; 3] = [&likeness::CAPITALS, &likeness::PAST, &likeness::OPPOSITES];
    for table in tables {
        let mut terms = HashSet::new();
        for term in table.iter().flat_map(|(one, other)| [*one, *other]) {
            assert!(terms.insert(term.to_lowercase()), "{term} occurs twice");
            let plain = |c: char| c.is_ascii_alphabetic() || c == ' ';
            assert!(
                !term.is_empty() && term.trim() == term && term.chars().all(plain),
                "{term:?}"
            );
        }
    }
}

#[test]
fn analogies_are_of_pairs_of_one_table() {
    let tables: [(&str, &[(&str, &str)]); 3] = [
        ("capital", &likeness::CAPITALS),
        ("past tense", &likeness::PAST),
        ("opposite", &likeness::OPPOSITES),
    ];
    let mut seen = HashSet::new();
    for item in items(9, "analogy", likeness::ANALOGY, 800).expect("enough") {
        let Some((_, table)) = tables.iter().find(|(name, _)| *name == item.template) else {
            continue;
        };
        seen.insert(item.template);
        let prompt = item.prompt.to_lowercase();
        let inside = prompt
            .strip_suffix(" to what? give one term.")
            .expect("the question");
        let (example, asked) = inside.split_once(" as ").expect("two parts");
        let pair = |one: &str, other: &str| format!("{one} is to {other}").to_lowercase();
        assert!(
            table.iter().any(|(one, other)| pair(one, other) == example),
            "{prompt}"
        );
        let Check::Texts { any, not } = &item.check else {
            panic!("{:?}", item.check);
        };
        let [answer] = &any[..] else {
            panic!("{any:?}")
        };
        let asks = |(one, other): &&(&str, &str)| {
            format!("{one} is").to_lowercase() == asked && other == answer
        };
        assert!(table.iter().any(|pair| asks(&pair)), "{prompt}");
        assert!(
            not.len() == table.len() - 1 && !not.contains(answer),
            "{prompt}"
        );
    }
    assert_eq!(seen, HashSet::from(TABLES));
}

#[test]
fn words_and_names_occur_once() {
    for list in [&pattern::WORDS[..], &names::PEOPLE] {
        let distinct: HashSet<_> = list.iter().collect();
        assert_eq!(distinct.len(), list.len());
    }
    // Slices of words are taken up to the sixth letter.
    let six_letters = |word: &&str| word.len() == 6 && word.bytes().all(|b| b.is_ascii_lowercase());
    assert!(pattern::WORDS.iter().all(six_letters));
}
