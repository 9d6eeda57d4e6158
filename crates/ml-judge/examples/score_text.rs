//! Scores a text by its patterns, by the current rules and by those of February 2026.
//!
//! ```sh
//! cargo run -p ml-judge --example score_text -- "I was there. Light fell."
//! ```

#![expect(clippy::print_stdout, reason = "an example prints its result")]

use ml_judge::{HeuristicSuite, Mode};

fn main() {
    let words: Vec<_> = std::env::args().skip(1).collect();
    let text = if words.is_empty() {
        "I was there. Light fell.".to_owned()
    } else {
        words.join(" ")
    };
    let [legacy, current] = Mode::ALL.map(|mode| HeuristicSuite::new(mode).scores(&text).fields());
    println!("{:<20} {:>14} {:>8}", "", Mode::Legacy202602, Mode::V2);
    for ((field, legacy), (_, current)) in legacy.into_iter().zip(current) {
        println!("{field:<20} {legacy:>14.1} {current:>8.2}");
    }
}
