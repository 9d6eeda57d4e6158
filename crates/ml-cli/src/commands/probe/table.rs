//! What came of probes, as tables.

use std::fmt::Write as _;

use ml_judge::report::{Report, ReportItem, Row};
use ml_judge::{Outcome, Probe, ProbeSet};

use crate::bulk;
use crate::screen::Paint;
use crate::table::{Cell, Table, Tone};

/// The field of a checked probe.
const CORRECT: &str = "correct";

/// The tables: how many answers are right by category, what several answers to each probe say
/// together, then the means of what judges said.
///
/// They depend on the answers alone, not on how many of them were asked in this run.
pub(super) fn shown(set: &ProbeSet, report: &Report, paint: Paint) -> String {
    let mut text = format!("{}\n", paint.dim(heading(set, report)));
    if set.probes().iter().any(|probe| probe.check.is_some()) {
        let _ = write!(text, "{}", checked(set, report, paint));
    }
    text.push_str(&bulk::passes(report, paint));
    let checked = format!("{}.", Probe::SUITE);
    let mut judged = report.rows();
    judged.retain(|row| !row.label.starts_with(&checked) && row.label != Probe::SUITE);
    if !judged.is_empty() {
        let _ = write!(text, "{}", means(&judged, paint));
    }
    text
}

/// What was asked, and how.
fn heading(set: &ProbeSet, report: &Report) -> String {
    let run = &report.run;
    let mut heading = format!(
        "{} · probes {} {}",
        report.models().join(", "),
        set.name(),
        set.version()
    );
    if let Some(sampling) = &run.sampling {
        let temperature = sampling.temperature.unwrap_or_default();
        let _ = write!(heading, " · temperature {temperature}");
        if let Some(tokens) = sampling.max_tokens {
            let _ = write!(heading, " · at most {tokens} tokens");
        }
    }
    if run.epochs > 1 {
        let _ = write!(heading, " · asked {} times", run.epochs);
    }
    let _ = write!(heading, " · mode {}", run.mode);
    heading
}

fn checked(set: &ProbeSet, report: &Report, paint: Paint) -> Table<5> {
    let mut table = Table::new(
        ["CATEGORY", "   N", "RIGHT", "  SHARE", "95 % INTERVAL"],
        paint,
    );
    let shares = report.category_rows(Probe::SUITE, CORRECT);
    for category in set.categories() {
        let of_category = |item: &&ReportItem| item.category.as_deref() == Some(category);
        let tally = Tally::of(report.items.iter().filter(of_category));
        let share = shares.iter().find(|row| row.label == category);
        tally.add_to(&mut table, category, share);
    }
    let all = Tally::of(report.items.iter());
    all.add_to(&mut table, "all", shares.last());
    table
}

/// How the answers to checked probes are.
#[derive(Debug, Default, PartialEq, Eq)]
struct Tally {
    right: usize,
    checked: usize,
    failed: usize,
    unscored: usize,
}

impl Tally {
    fn of<'a>(items: impl Iterator<Item = &'a ReportItem>) -> Self {
        let mut tally = Self::default();
        for item in items {
            tally.failed += usize::from(item.error.is_some());
            for score in item
                .scores
                .iter()
                .filter(|score| score.suite == Probe::SUITE)
            {
                if let Outcome::Unscored { .. } = score.outcome {
                    tally.unscored += 1;
                } else {
                    tally.checked += 1;
                    tally.right += usize::from(score.value(CORRECT) == Some(1.0));
                }
            }
        }
        tally
    }

    /// Adds a line, unless these probes are for a judge alone.
    fn add_to(&self, table: &mut Table<5>, name: &str, share: Option<&Row>) {
        if *self == Self::default() {
            return;
        }
        let (n, value, interval) = match share {
            Some(row) => (row.n, row.value.as_str(), row.interval.as_str()),
            None => (0, "", ""),
        };
        let right = if self.checked == n {
            self.right.to_string()
        } else {
            format!("{} of {}", self.right, self.checked)
        };
        let cells = [
            name.into(),
            format!("{n:>4}").into(),
            format!("{right:>5}").into(),
            format!("{value:>7}").into(),
            interval.into(),
        ];
        table.push(cells, self.note().as_deref());
    }

    fn note(&self) -> Option<String> {
        let mut parts = Vec::new();
        if self.failed > 0 {
            parts.push(format!("{} without an answer", self.failed));
        }
        if self.unscored > 0 {
            parts.push(format!("{} unscored", self.unscored));
        }
        (!parts.is_empty()).then(|| parts.join(", "))
    }
}

fn means(rows: &[Row], paint: Paint) -> Table<4> {
    let mut table = Table::new(["JUDGED", "   N", "MEAN", "95 % INTERVAL"], paint);
    let mut said = "";
    for row in rows {
        let is_untrusted = row.note.contains("untrusted");
        let tone = if is_untrusted {
            Tone::Warn
        } else {
            Tone::Plain
        };
        let cells = [
            row.label.as_str().into(),
            format!("{:>4}", row.n).into(),
            Cell::new(&row.value, tone),
            row.interval.as_str().into(),
        ];
        // The fields of a suite mostly share their note.
        let note = (!row.note.is_empty() && row.note != said).then_some(row.note.as_str());
        said = &row.note;
        table.push(cells, note);
    }
    table
}
