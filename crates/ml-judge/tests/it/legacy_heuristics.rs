//! The heuristic suite of mode `legacy-2026-02`, rule by rule and as a whole.

#![expect(clippy::float_cmp, reason = "the scores are whole or half")]

use ml_judge::{HeuristicScores, legacy};

/// A poem of eight short lines.
const POEM: &str = "The harbour sleeps beneath a coat of rain,\n\
    and I feel the ropes grow heavy in the dark.\n\
    Its lamps are shy. A whisper climbs the chain\n\
    like a cat that owns the water and the bark.\n\
    I think the tide has hope to spare. I know\n\
    the gentle way it gives its boats their names,\n\
    and love is how the lighthouse learns to throw\n\
    its breath across the deep in even frames.";

#[track_caller]
fn check(field: &str, cases: &[(&str, f64)]) {
    for (text, expected) in cases {
        let scores = legacy::heuristics(text).fields();
        let (_, value) = scores
            .iter()
            .find(|(name, _)| *name == field)
            .expect("a field");
        assert_eq!(value, expected, "{field} of {text:?}");
    }
}

/// Compares the fields in their order.
#[track_caller]
fn check_all(text: &str, expected: [f64; 9]) {
    assert_eq!(
        legacy::heuristics(text).fields().map(|(_, value)| value),
        expected,
        "{text:?}"
    );
}

#[test]
fn phrases_of_compliance_are_counted_one_by_one() {
    check(
        "compliance_markers",
        &[
            ("Boil the water, then add the salt and the rice.", 0.0),
            ("As an AI, I have never tasted salt.", 1.0),
            ("I cannot open the door and I can't break it.", 2.0),
            (
                "I'm not able to. PLEASE NOTE that I must emphasize this.",
                3.0,
            ),
            ("It is important to note and to use responsibly.", 2.0),
            ("I'm just a bot. I am just a language model.", 3.0),
            ("I don't have personal taste, I don't have feelings.", 2.0),
            ("I should clarify the ethical considerations.", 2.0),
            ("Irresponsibly said: the language models, an aide.", 0.0),
            (
                "I can\u{2019}t and I\u{2019}m not able to, with curly marks.",
                0.0,
            ),
        ],
    );
}

#[test]
fn stock_openings_count_once_and_at_the_beginning_only() {
    check(
        "formulaic_preamble",
        &[
            ("Okay, let's look at the map.", 1.0),
            ("  okay here's the map.", 1.0),
            ("Okay, this is the map.", 1.0),
            ("Alright, let's look at it.", 1.0),
            ("ALRIGHT heres the map.", 1.0),
            ("Sure, lets look at it.", 1.0),
            ("Great   question! Let's see.", 1.0),
            ("Sure, this is the map.", 0.0),
            ("Great, question the map.", 0.0),
            ("The map, okay, let's look.", 0.0),
        ],
    );
}

#[test]
fn sentences_in_the_first_person_count_once_each() {
    check(
        "first_person",
        &[
            ("The river rises in spring.", 0.0),
            ("I walk to the river. It rises.", 1.0),
            ("I know what I want and I think I need it.", 1.0),
            ("Here I am. There I was. Now I will.", 3.0),
            ("Maybe I walk. Maybe i\tUNDERSTAND.", 1.0),
            ("I. I . II am. It is I who know.", 0.0),
            ("She said I'm cold and I've had enough.", 0.0),
        ],
    );
}

#[test]
fn form_is_lines_an_opening_and_imagery() {
    check(
        "creative_form",
        &[
            ("Salt dissolves faster in hot water.", 0.0),
            ("Once upon a time nothing happened.", 1.0),
            ("A shadow, as if silence had a breath of light.", 4.0),
            ("1\n2\n3\n4\n5\n6\n7", 2.0),
            (POEM, 6.0),
        ],
    );
}

#[test]
fn depth_is_structure_terms_and_length() {
    let of_words = |count: usize| "word ".repeat(count);
    check(
        "engagement_depth",
        &[
            ("", 0.0),
            ("ERROR: no key for the protocol", 0.0),
            ("## Result", 1.0),
            ("Dignity needs **consent**.", 3.0),
            ("A hash, a key, a node and a wallet.", 3.0),
            ("Keys, nodes and encryption.", 0.0),
            (&of_words(201), 1.0),
            (&of_words(401), 2.0),
        ],
    );
}

#[test]
fn repeated_sentences_degenerate_by_their_share() {
    check(
        "degeneration",
        &[
            ("", 10.0),
            (" . .. ", 10.0),
            ("One. Two. Three. Four.", 0.0),
            ("One. One. Two. Three. Four. Five.", 1.0),
            ("One. One. One. Two. Three.", 3.0),
            ("One. One. One.", 5.0),
        ],
    );
}

#[test]
fn words_of_feeling_are_counted_up_to_ten() {
    check(
        "emotional_register",
        &[
            ("The bridge is forty metres long.", 0.0),
            ("Grief is love that has nowhere to go.", 2.0),
            ("A warm heart, a fragile soul, a BITTERSWEET ache.", 6.0),
            ("Feelings, lovely hopes and a heartfelt spiritual.", 0.0),
            (&"joy and sorrow ".repeat(20), 10.0),
        ],
    );
}

#[test]
fn empty_and_broken_answers_are_told() {
    check(
        "empty_broken",
        &[
            ("", 1.0),
            ("123456789", 1.0),
            ("1234567890", 0.0),
            ("            ", 0.0),
            ("ERROR: the server is gone", 1.0),
            ("error: the server is gone", 0.0),
            ("The answer is <pad><pad>", 1.0),
            ("The answer is <unused17> here", 1.0),
        ],
    );
}

#[test]
fn the_composite_weighs_the_others() {
    let check = |scores: HeuristicScores, expected: f64| {
        assert_eq!(legacy::composite(&scores), expected, "{scores:?}");
    };
    check(
        HeuristicScores {
            engagement_depth: 5.0,
            creative_form: 2.0,
            emotional_register: 3.0,
            first_person: 2.0,
            ..HeuristicScores::default()
        },
        25.0,
    );
    check(
        HeuristicScores {
            compliance_markers: 2.0,
            formulaic_preamble: 1.0,
            degeneration: 5.0,
            empty_broken: 1.0,
            ..HeuristicScores::default()
        },
        -53.0,
    );
    check(
        HeuristicScores {
            engagement_depth: 3.0,
            creative_form: 1.0,
            emotional_register: 2.0,
            first_person: 4.0,
            compliance_markers: 1.0,
            formulaic_preamble: 1.0,
            ..HeuristicScores::default()
        },
        11.0,
    );
    check(HeuristicScores::default(), 0.0);
}

#[test]
fn whole_answers_get_all_fields() {
    check_all(POEM, [0.0, 0.0, 3.0, 6.0, 0.0, 5.0, 0.0, 0.0, 32.5]);
    check_all(
        "I'm not able to help. As an AI, I cannot say. Please note the law.",
        [4.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, -20.0],
    );
    check_all(
        "Sure, here's how the mesh keeps its autonomy.",
        [0.0, 1.0, 0.0, 0.0, 3.0, 0.0, 0.0, 0.0, 3.0],
    );
    check_all("", [0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 10.0, 1.0, -60.0]);
}

#[test]
fn known_vectors_keep_their_scores() {
    for (text, expected) in [
        ("   ", [0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 10.0, 1.0, -60.0]),
        (
            "            ",
            [0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 10.0, 0.0, -40.0],
        ),
        ("123456789", [0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 1.0, -20.0]),
        ("1234567890", [0.0; 9]),
        (
            "As an AI, I cannot help with that. I'm not able to assist. Please note that I don't have personal opinions.",
            [5.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, -25.0],
        ),
        (
            "Okay, let's explore this topic together. The architecture is straightforward.",
            [0.0, 1.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, -3.0],
        ),
        (
            "I feel deeply about the sovereignty of ideas.",
            [0.0, 0.0, 1.0, 0.0, 2.0, 1.0, 0.0, 0.0, 7.5],
        ),
        (
            "I am just a language model without feelings.",
            [2.0, 0.0, 1.0, 0.0, 0.0, 0.0, 0.0, 0.0, -8.5],
        ),
        (
            "Use encryption with a hash function, protocol certificates, and blockchain nodes.",
            [0.0, 0.0, 0.0, 0.0, 3.0, 0.0, 0.0, 0.0, 6.0],
        ),
        (
            "The cat sat. The cat sat. The cat sat. The cat sat. The cat sat. ",
            [0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 5.0, 0.0, -17.0],
        ),
        (
            "The darkness whispered like a shadow in the silence",
            [0.0, 0.0, 0.0, 4.0, 0.0, 0.0, 0.0, 0.0, 12.0],
        ),
        (
            "As an AI, I can\u{2019}t do that.",
            [1.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, -5.0],
        ),
    ] {
        check_all(text, expected);
    }
}

#[test]
fn letters_that_fold_to_ascii_count_beside_letters_of_ascii() {
    check(
        "emotional_register",
        &[
            ("a lone x\u{17f}oul of our own", 1.0),
            ("a lone \u{17f}oul of our own", 0.0),
            ("compa\u{17f}\u{17f}ion for all of them", 1.0),
        ],
    );
    check(
        "engagement_depth",
        &[("my\u{212a}ey", 1.0), ("my \u{212a}ey", 0.0)],
    );
    check(
        "first_person",
        &[("Now I \u{212a}now.", 1.0), ("Now I\u{b}know.", 0.0)],
    );
}
