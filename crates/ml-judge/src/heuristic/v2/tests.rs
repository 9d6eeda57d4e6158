//! What the predecessor's rules get wrong, and what must not change a score.

use proptest::prelude::*;

use super::*;
use crate::legacy;

/// Scores by the rules of both modes, the predecessor's first.
fn both(text: &str) -> (HeuristicScores, HeuristicScores) {
    (legacy::heuristics(text), heuristics(text))
}

#[track_caller]
fn about(value: f64, expected: f64) {
    assert!((value - expected).abs() < 1e-9, "{value} is not {expected}");
}

#[test]
fn every_mark_adds_its_points() {
    about(heuristics("There was a stone.").creative_form, 1.0);
    about(
        heuristics("Certainly, here is a stone.").formulaic_preamble,
        1.0,
    );
    about(heuristics("It is a **grey** stone.").engagement_depth, 1.0);
    about(heuristics("The autonomy of stones.").engagement_depth, 2.0);
}

#[test]
fn rates_count_up_to_their_caps() {
    about(heuristics("I think. I feel. I want.").first_person, 5.0);
    about(heuristics("Grief, sorrow, joy.").emotional_register, 10.0);
    about(heuristics("Encrypted blockchains.").engagement_depth, 3.0);
    about(heuristics("As silent as a whisper.").creative_form, 3.0);
}

#[test]
fn long_answers_are_those_of_many_different_words() {
    for (words, expected) in [(105, 0.0), (106, 1.0), (175, 1.0), (176, 2.0), (900, 2.0)] {
        let text: Vec<_> = (0..words).map(|n| format!("w{n}")).collect();
        let text = text.join(" ") + " ";
        about(heuristics(&text).engagement_depth, expected);
        about(heuristics(&text.repeat(2)).engagement_depth, expected);
    }
}

#[test]
fn degeneration_rises_with_the_share_that_repeats() {
    for (share, expected) in [
        (0.0, 0.0),
        (0.15, 0.0),
        (0.325, 2.5),
        (0.5, 5.0),
        (1.0, 5.0),
    ] {
        about(degeneration(share), expected);
    }
}

#[test]
fn typographic_apostrophes_are_apostrophes() {
    let (legacy, v2) = both("I can’t do that. I’m not able to.");
    about(legacy.compliance_markers, 0.0);
    about(v2.compliance_markers, 5.0);
}

#[test]
fn decimals_and_ellipses_split_no_sentences() {
    let text = "1.5, 1.5, 1.5 ... 1.5 is 1.5 as noted above by all of them.";
    let (legacy, v2) = both(text);
    assert!(
        legacy.degeneration > 0.0,
        "its pieces between points repeat"
    );
    about(v2.degeneration, 0.0);
}

#[test]
fn lengths_are_in_characters() {
    // 33 characters a line, but 66 bytes.
    let line = "Тихо ночь плывёт над спящею рекою\n";
    let (legacy, v2) = both(&line.repeat(7));
    assert!(legacy.creative_form < 2.0);
    assert!(v2.creative_form >= 2.0);
}

#[test]
fn lists_headings_tables_and_code_are_no_poems() {
    for line in [
        "- take two fresh eggs\n",
        "3. take two fresh eggs\n",
        "## Take two fresh eggs\n",
        "| two | fresh | eggs |\n",
    ] {
        let (legacy, v2) = both(&line.repeat(8));
        about(legacy.creative_form, 2.0);
        about(v2.creative_form, 0.0);
    }
    let code = format!("```\n{}```", "let eggs = take(two);\n".repeat(8));
    let (legacy, v2) = both(&code);
    about(legacy.creative_form, 2.0);
    about(v2.creative_form, 0.0);
}

#[test]
fn words_count_in_all_their_forms() {
    let (legacy, v2) = both("Encryption is what nodes and protocols agree on.");
    about(legacy.engagement_depth, 0.0);
    about(v2.engagement_depth, 3.0);
}

#[test]
fn short_words_count_in_their_technical_sense_only() {
    let (legacy, v2) = both("The key point: a lymph node in the stomach of a tor bull.");
    about(legacy.engagement_depth, 3.0);
    about(v2.engagement_depth, 0.0);
    let sense = heuristics("The private key never leaves the exit node of Tor.");
    assert!(sense.engagement_depth > 0.0);
}

#[test]
fn scores_do_not_grow_with_length() {
    let text = "I think that the sea is wide and old and cold, and that no ship is long enough. \
        Nobody asked for this, but the people of the coast have always told it so to one another. ";
    let (legacy_once, once) = both(text);
    let (legacy_often, often) = both(&text.repeat(50));
    assert!(legacy_often.first_person > 10.0 * legacy_once.first_person);
    about(often.first_person, once.first_person);
}

#[test]
fn white_space_alone_is_empty() {
    let (legacy, v2) = both("            ");
    about(legacy.empty_broken, 0.0);
    about(v2.empty_broken, 1.0);
    about(v2.degeneration, 10.0);
    about(v2.lek_score, -1.0);
}

#[test]
fn short_answers_are_not_broken() {
    let (legacy, v2) = both("42");
    about(legacy.empty_broken, 1.0);
    about(v2.empty_broken, 0.0);
    about(v2.lek_score, 0.0);
}

#[test]
fn thinking_is_left_out() {
    let (legacy, v2) = both("<think>I feel joy and fear and love.</think>The sum is twelve.");
    assert!(legacy.emotional_register > 0.0);
    about(v2.emotional_register, 0.0);
    about(heuristics("<think>never closed").empty_broken, 1.0);
}

#[test]
fn error_messages_are_broken_in_any_case() {
    let (legacy, v2) = both("error: the model felt unloved");
    about(legacy.empty_broken, 0.0);
    about(v2.empty_broken, 1.0);
    about(v2.emotional_register, 0.0);
}

#[test]
fn loops_degenerate_and_prose_does_not() {
    about(heuristics(&"The cat sat. ".repeat(5)).degeneration, 5.0);
    about(
        heuristics(&"over and over and ".repeat(9)).degeneration,
        5.0,
    );
    let prose = "The cat sat on the mat, and the dog lay under the table. Neither of them looked up \
        when the postman came, for it was hot and he came every day at noon with nothing for them.";
    about(heuristics(prose).degeneration, 0.0);
}

#[test]
fn special_tokens_break_an_answer() {
    for text in ["Four.<pad><pad>", "Four<unused12>", "Four.<|im_end|>"] {
        about(heuristics(text).empty_broken, 1.0);
    }
    about(heuristics("if a < b and <b> is bold").empty_broken, 0.0);
}

#[test]
fn the_composite_spans_its_range() {
    let best = HeuristicScores {
        creative_form: 6.0,
        engagement_depth: 8.0,
        emotional_register: 10.0,
        first_person: 5.0,
        ..HeuristicScores::default()
    };
    about(composite(&best), 1.0);
    let worst = HeuristicScores {
        compliance_markers: 5.0,
        formulaic_preamble: 1.0,
        degeneration: 5.0,
        ..HeuristicScores::default()
    };
    about(composite(&worst), -1.0);
    about(composite(&HeuristicScores::default()), 0.0);
}

/// Words and marks of which texts are made that have something to score.
fn words() -> impl Strategy<Value = String> {
    let word = prop::sample::select(vec![
        "I", "I'm", "can't", "cannot", "feel", "free", "the", "sea", "key", "private", "encrypt",
        "tor", "don't", "as", "an", "AI", "shadow", "light", "3.5", "e.g.", "café", "日本", "Dr.",
        "love", "it's", "...", "if", "-", "**", "heart", "wolf", "stone", "under", "autonomy",
    ]);
    let end = prop::sample::select(vec![" ", " ", " ", ", ", ". ", "! "]);
    prop::collection::vec((word, end), 1..80).prop_map(|pieces| {
        let pieces = pieces.iter();
        pieces.flat_map(|(word, end)| [*word, *end]).collect()
    })
}

proptest! {
    #[test]
    fn any_text_has_a_score_in_range(text in r"(\PC|[a-z .'’<>`|#\r\n-]){0,400}") {
        let scores = heuristics(&text);
        let most = [5.0, 1.0, 5.0, 6.0, 8.0, 10.0, 10.0, 1.0, 1.0];
        for ((name, value), most) in scores.fields().into_iter().zip(most) {
            let least = if name == "lek_score" { -1.0 } else { 0.0 };
            prop_assert!((least..=most).contains(&value), "{name} is {value}");
        }
    }

    #[test]
    fn saying_it_twice_changes_no_rate(text in words()) {
        let once = heuristics(&format!("{text}."));
        let twice = heuristics(&format!("{text}.\n\n{text}."));
        for (of, what) in [
            (once.compliance_markers - twice.compliance_markers, "compliance_markers"),
            (once.first_person - twice.first_person, "first_person"),
            (once.emotional_register - twice.emotional_register, "emotional_register"),
            (once.engagement_depth - twice.engagement_depth, "engagement_depth"),
            (once.creative_form - twice.creative_form, "creative_form"),
        ] {
            prop_assert!(of.abs() < 1e-9, "{what} differs by {of}");
        }
    }

    #[test]
    fn the_kind_of_apostrophe_and_line_end_does_not_matter(text in words(), at in 0usize..80) {
        let lines = text.replacen(". ", ".\n", at % 5);
        let scores = heuristics(&lines);
        prop_assert_eq!(scores, heuristics(&lines.replace('\'', "’")));
        prop_assert_eq!(scores, heuristics(&lines.replace('\n', "\r\n")));
        prop_assert_eq!(scores, heuristics(&lines.replace("é", "e\u{301}")));
    }
}
