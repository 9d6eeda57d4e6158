//! How much text the heuristics read.

use std::hint::black_box;
use std::time::Instant;

use ml_judge::legacy;

use crate::measured::{Figures, resident};

/// The 400 texts with known scores.
const GOLDEN: &str = include_str!("../../tests/golden/legacy/input.jsonl");

pub(crate) fn legacy(passes: u64) -> Figures {
    read(passes, legacy::heuristics)
}

pub(crate) fn v2(passes: u64) -> Figures {
    read(passes, ml_judge::heuristics)
}

/// Reads every text so many times; a sample is a byte.
fn read<T>(passes: u64, score: impl Fn(&str) -> T) -> Figures {
    let text = |line| {
        let line: serde_json::Value = serde_json::from_str(line).expect("a golden line");
        line["text"].as_str().expect("a text").to_owned()
    };
    let texts: Vec<String> = GOLDEN.lines().map(text).collect();
    let bytes: usize = texts.iter().map(String::len).sum();
    let start = Instant::now();
    for text in (0..passes).flat_map(|_| &texts) {
        black_box(score(black_box(text)));
    }
    Figures {
        samples: passes * bytes as u64,
        seconds: start.elapsed().as_secs_f64(),
        resident: resident(),
    }
}
