//! Reports as pages for people: one file, no fetches, readable without a script.

mod answer;
mod chart;
mod escape;
mod field;
mod head;
mod matrix;
mod page;
mod pair;
mod pass;
mod words;

use std::fmt;

use super::compare::RunComparison;
use super::{Report, compare::Pairs};

/// How much of the texts of a report a page shows.
#[derive(Debug)]
struct Budget {
    answers: usize,
    bytes: usize,
}

/// The most answers, or pairs of answers, that a page shows, and the most lines of its matrix.
const MAX_ANSWERS: usize = 1_000;
/// The most bytes of texts that a page shows.
const MAX_BYTES: usize = 8 << 20;

impl Report {
    /// A page with the run, the means and their distributions, the scores of every item and the
    /// answers, in the browser's light or dark colours.
    ///
    /// It shows up to 1,000 answers and 8 MiB of texts, of each text up to 20,000 characters, and
    /// says what it leaves out. Whatever comes from a model is escaped; control characters and
    /// those that change the direction of text are shown by their numbers.
    pub fn html(&self) -> String {
        written(|out| {
            let title = head::title(&self.run);
            page::begin(out, &title)?;
            head::run(out, self)?;
            field::means(out, self)?;
            pass::passes(out, self)?;
            field::categories(out, self)?;
            matrix::matrix(out, self)?;
            answer::answers(out, &self.items, &mut Budget::new())?;
            page::end(out)
        })
    }
}

impl RunComparison {
    /// A page with the verdict on every field and both answers to every prompt, with what differs
    /// highlighted. The reports must be those that were compared. Bounds and escapes are those of
    /// [`Report::html`].
    pub fn html(&self, first: &Report, second: &Report) -> String {
        written(|out| {
            page::begin(out, "Comparison of two runs")?;
            head::comparison(out, self, [first, second])?;
            field::comparisons(out, self)?;
            head::left_out(out, self)?;
            let pairs = Pairs::of(&first.items, &second.items);
            pair::pairs(out, &pairs.both, &mut Budget::new())?;
            page::end(out)
        })
    }
}

impl Budget {
    fn new() -> Self {
        Self {
            answers: MAX_ANSWERS,
            bytes: MAX_BYTES,
        }
    }

    /// Whether an answer of so many bytes may still be shown.
    fn takes(&mut self, bytes: usize) -> bool {
        if self.answers == 0 || self.bytes < bytes {
            return false;
        }
        self.answers -= 1;
        self.bytes -= bytes;
        true
    }
}

fn written(write: impl FnOnce(&mut String) -> fmt::Result) -> String {
    let mut out = String::new();
    write(&mut out).expect("a string takes everything");
    out
}
