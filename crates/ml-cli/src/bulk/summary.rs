//! What a run comes to in the end: a line on stderr, and the exit code.

use std::fmt::Write as _;

use ml_judge::{RunSummary, Tally};

use crate::failure::Failure;
use crate::screen::{self, Screen};

/// Says what came of a run, and why what failed did.
pub(crate) fn say_summary(summary: &RunSummary, screen: Screen) {
    screen::say(screen.err.dim(line(summary)));
    if !summary.failures.is_empty() {
        let reasons = summary.failures.iter();
        let reasons: Vec<_> = reasons.map(|(code, n)| format!("{n} {code}")).collect();
        let reasons = reasons.join(", ");
        screen::say(format_args!("{} {reasons}", screen.err.warn("failed:")));
    }
}

/// Fails where something was tried and never worked.
///
/// # Errors
/// [`Failure::Said`] with the exit code 1; what failed has been named.
pub(crate) fn verdict(summary: &RunSummary, screen: Screen) -> Result<(), Failure> {
    let failed = summary.entirely_failed();
    if failed.is_empty() {
        return Ok(());
    }
    let failed = failed.join(", ");
    screen::say(format_args!(
        "{} nothing came of {failed}",
        screen.err.bad("error:")
    ));
    Err(Failure::Said(1))
}

fn line(summary: &RunSummary) -> String {
    let mut line = format!("{} items", summary.items + summary.skipped);
    let answers = summary.answers;
    if answers != Tally::default() {
        let _ = write!(line, " · answers: {}", tally(answers));
    }
    for (suite, scores) in &summary.suites {
        let _ = write!(line, " · {suite}: {}", tally(*scores));
    }
    if summary.generated_tokens > 0 {
        let (prompt, generated) = (summary.prompt_tokens, summary.generated_tokens);
        let _ = write!(line, " · {prompt} prompt and {generated} generated tokens");
    }
    let _ = write!(line, " · {:.1} s", summary.seconds);
    line
}

fn tally(tally: Tally) -> String {
    let mut parts = vec![format!("{} new", tally.new)];
    if tally.recorded > 0 {
        parts.push(format!("{} from the ledger", tally.recorded));
    }
    if tally.failed > 0 {
        parts.push(format!("{} failed", tally.failed));
    }
    parts.join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_line_counts_what_there_was() {
        let mut summary = RunSummary::default();
        summary.items = 3;
        summary.answers.new = 1;
        summary.answers.recorded = 2;
        summary.generated_tokens = 8;
        summary.prompt_tokens = 27;
        summary.seconds = 1.25;
        assert_eq!(
            line(&summary),
            "3 items · answers: 1 new, 2 from the ledger · 27 prompt and 8 generated tokens · 1.2 s"
        );
    }
}
