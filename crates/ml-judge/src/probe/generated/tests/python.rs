//! What generated Python programs print, from Python itself.

use super::*;

/// What Python 3.11 prints for [`EACH`] programs of every template and seed, a line each.
const PRINTED: &str = include_str!("python/printed.txt");
const SEEDS: [u64; 4] = [7, 77, 777, 7_777];
const EACH: usize = 50;

#[test]
fn python_prints_what_is_expected() {
    let templates = code::CODE.iter();
    let drawn = templates.flat_map(|template| SEEDS.map(|seed| (*template, seed)));
    let drawn =
        drawn.flat_map(|(template, seed)| items(seed, "code", &[template], EACH).expect("enough"));
    let mut printed = PRINTED.lines();
    for item in drawn {
        let probe = probe("code", item);
        assert_eq!(
            probe.expected.as_deref(),
            printed.next(),
            "{}",
            probe.prompt
        );
    }
    assert_eq!(printed.next(), None);
}
