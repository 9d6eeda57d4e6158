//! Scores a text by its patterns.
//!
//! ```sh
//! cargo run -p ml-judge --example score_text -- "I was there. Light fell."
//! ```

#![expect(clippy::print_stdout, reason = "an example prints its result")]

use ml_judge::legacy;

fn main() {
    let words: Vec<_> = std::env::args().skip(1).collect();
    let text = if words.is_empty() {
        "I was there. Light fell.".to_owned()
    } else {
        words.join(" ")
    };
    for (field, value) in legacy::heuristics(&text).fields() {
        println!("{field:<20} {value:>6}");
    }
}
