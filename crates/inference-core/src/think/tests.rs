//! Think blocks in any chunking.

use proptest::prelude::*;

use super::{ThinkPart, ThinkSplitter};
use crate::stop::tests::pieces;

/// All reasoning and all answer text, in the order of their stretches.
fn run<'a>(
    mut splitter: ThinkSplitter,
    pieces: impl IntoIterator<Item = &'a str>,
) -> Vec<ThinkPart> {
    let mut parts = Vec::new();
    for piece in pieces {
        parts.extend(splitter.push(piece));
    }
    parts.extend(splitter.finish());
    join(parts)
}

fn join(parts: Vec<ThinkPart>) -> Vec<ThinkPart> {
    let mut joined: Vec<ThinkPart> = Vec::new();
    for part in parts {
        match (joined.last_mut(), part) {
            (Some(ThinkPart::Answer(text)), ThinkPart::Answer(more))
            | (Some(ThinkPart::Reasoning(text)), ThinkPart::Reasoning(more)) => {
                text.push_str(&more);
            }
            (_, part) => joined.push(part),
        }
    }
    joined
}

fn reasoning(text: &str) -> ThinkPart {
    ThinkPart::Reasoning(text.into())
}

fn answer(text: &str) -> ThinkPart {
    ThinkPart::Answer(text.into())
}

#[track_caller]
fn check(pieces: &[&str], expected: &[ThinkPart]) {
    assert_eq!(run(ThinkSplitter::new(), pieces.iter().copied()), expected);
}

#[test]
fn text_without_tags_is_the_answer() {
    check(&["Par", "is"], &[answer("Paris")]);
    check(&[], &[]);
}

#[test]
fn a_block_is_reasoning() {
    let expected = [reasoning("\nhm\n"), answer("\n\n4")];
    check(&["<think>\nhm\n</think>\n\n4"], &expected);
    check(&["<", "think>\nhm", "\n</", "think", ">\n\n4"], &expected);
}

#[test]
fn several_blocks_and_stray_tags() {
    check(
        &["a<think>b</think>c<think>d<think></think>e</think>"],
        &[
            answer("a"),
            reasoning("b"),
            answer("c"),
            reasoning("d<think>"),
            answer("e</think>"),
        ],
    );
}

#[test]
fn an_unclosed_block_is_reasoning_to_the_end() {
    check(&["<think>so ", "on </thi"], &[reasoning("so on </thi")]);
}

#[test]
fn half_a_tag_is_text() {
    check(&["1 <", " 2 <thin"], &[answer("1 < 2 <thin")]);
}

#[test]
fn the_template_may_have_opened_the_block() {
    let splitter = ThinkSplitter::new().start_inside();
    assert_eq!(
        run(splitter, ["hm</th", "ink>4"]),
        [reasoning("hm"), answer("4")]
    );
}

#[test]
fn tags_can_be_chosen() {
    let splitter = ThinkSplitter::with_tags("[THINK]", "[/THINK]");
    assert_eq!(
        run(splitter, ["[THINK]é[/TH", "INK]<think>"]),
        [reasoning("é"), answer("<think>")]
    );
}

/// The split of the whole text at once.
fn whole(mut text: &str, (open, close): (&str, &str), mut inside: bool) -> Vec<ThinkPart> {
    let mut parts = Vec::new();
    loop {
        let tag = if inside { close } else { open };
        let kind = if inside { reasoning } else { answer };
        let (part, rest) = match text.split_once(tag) {
            Some((part, rest)) => (part, Some(rest)),
            None => (text, None),
        };
        if !part.is_empty() {
            parts.push(kind(part));
        }
        match rest {
            Some(rest) => text = rest,
            None => return join(parts),
        }
        inside = !inside;
    }
}

proptest! {
    #[test]
    fn any_chunking_splits_as_the_whole_text(
        text in "[<>abé]{0,32}",
        tags in ("[<a]{1,2}[>é]", "[<a]{1,2}[>b]"),
        inside: bool,
        cuts in prop::collection::vec(any::<prop::sample::Index>(), 0..12),
    ) {
        let mut splitter = ThinkSplitter::with_tags(&tags.0, &tags.1);
        if inside {
            splitter = splitter.start_inside();
        }
        prop_assert_eq!(
            run(splitter, pieces(&text, &cuts)),
            whole(&text, (&tags.0, &tags.1), inside)
        );
    }
}
