//! Stop strings in any chunking.

use proptest::prelude::*;

use super::StopMatcher;

fn run<'a>(stops: &[&str], pieces: impl IntoIterator<Item = &'a str>) -> (String, Option<String>) {
    let mut matcher = StopMatcher::new(stops);
    let mut text = String::new();
    for piece in pieces {
        let step = matcher.push(piece);
        text.push_str(&step.text);
        if step.stopped {
            break;
        }
    }
    text.push_str(&matcher.finish().text);
    (text, matcher.matched().map(str::to_owned))
}

#[track_caller]
fn check(stops: &[&str], pieces: &[&str], text: &str, matched: Option<&str>) {
    let result = run(stops, pieces.iter().copied());
    assert_eq!((result.0.as_str(), result.1.as_deref()), (text, matched));
}

#[test]
fn cuts_before_the_earliest_stop() {
    check(&["STOP"], &["hello STOP world"], "hello ", Some("STOP"));
    check(
        &["STOP"],
        &["hello S", "TO", "P", "never"],
        "hello ",
        Some("STOP"),
    );
    check(&["b", "a"], &["xxab"], "xx", Some("a"));
    check(&["\n\n"], &["a\n", "b\n", "\nc"], "a\nb", Some("\n\n"));
}

#[test]
fn a_start_that_comes_to_nothing_is_shown() {
    check(&["STOP"], &["ST", "AND ", "STO"], "STAND STO", None);
}

#[test]
fn waits_for_the_stop_that_starts_first() {
    check(&["abcd", "bc"], &["xabc", "d"], "x", Some("abcd"));
    check(&["abcd", "bc"], &["xabc", "e"], "xa", Some("bc"));
    check(&["abcd", "bc"], &["xabc"], "xa", Some("bc"));
    check(&["STOPPED", "STOP"], &["a STOPPED"], "a ", Some("STOP"));
}

#[test]
fn empty_stops_are_ignored() {
    check(&["", ""], &["all", " of it"], "all of it", None);
    check(&["", "!"], &["hey!"], "hey", Some("!"));
}

#[test]
fn nothing_comes_after_the_end() {
    let mut matcher = StopMatcher::new(["!"]);
    assert!(matcher.push("a!b").stopped);
    assert_eq!(matcher.push("more").text, "");
    assert_eq!(matcher.finish().text, "");
}

#[test]
fn characters_stay_whole() {
    check(&["é!"], &["caf", "é", "è!"], "caféè!", None);
    check(&["é!"], &["caf", "é", "!"], "caf", Some("é!"));
}

#[test]
fn a_hostile_stop_string_costs_linear_time() {
    let stop = "a".repeat(100_000) + "b";
    let mut matcher = StopMatcher::new([&stop]);
    let piece = "a".repeat(1000);
    for _ in 0..2000 {
        let _ = matcher.push(&piece);
        assert!(matcher.held_back() < stop.len());
    }
}

/// The text before the stop that starts first, found in the whole text at once.
fn whole(text: &str, stops: &[String]) -> String {
    let starts = stops.iter().filter(|stop| !stop.is_empty());
    let cut = starts.filter_map(|stop| text.find(stop.as_str())).min();
    text[..cut.unwrap_or(text.len())].to_owned()
}

/// The same text, divided at (roughly) these places.
pub(crate) fn pieces<'a>(text: &'a str, cuts: &[prop::sample::Index]) -> Vec<&'a str> {
    let borders: Vec<usize> = (0..=text.len())
        .filter(|&i| text.is_char_boundary(i))
        .collect();
    let mut at: Vec<usize> = cuts.iter().map(|cut| *cut.get(&borders)).collect();
    at.extend([0, text.len()]);
    at.sort_unstable();
    at.windows(2).map(|pair| &text[pair[0]..pair[1]]).collect()
}

proptest! {
    #[test]
    fn any_chunking_cuts_as_the_whole_text(
        text in "[abé]{0,24}",
        stops in prop::collection::vec("[abé]{0,4}", 0..4),
        cuts in prop::collection::vec(any::<prop::sample::Index>(), 0..12),
    ) {
        let longest = stops.iter().map(String::len).max().unwrap_or(0);
        let mut matcher = StopMatcher::new(&stops);
        let mut shown = String::new();
        for piece in pieces(&text, &cuts) {
            shown.push_str(&matcher.push(piece).text);
            prop_assert!(whole(&text, &stops).starts_with(&shown));
            prop_assert!(matcher.held_back() <= longest.saturating_sub(1));
        }
        shown.push_str(&matcher.finish().text);
        prop_assert_eq!(shown, whole(&text, &stops));
    }

    #[test]
    fn the_matched_stop_does_not_depend_on_the_chunking(
        text in "[ab]{0,16}",
        stops in prop::collection::vec("[ab]{1,4}", 0..4),
        cuts in prop::collection::vec(any::<prop::sample::Index>(), 0..8),
    ) {
        let stops: Vec<&str> = stops.iter().map(String::as_str).collect();
        prop_assert_eq!(run(&stops, pieces(&text, &cuts)), run(&stops, [text.as_str()]));
    }
}
