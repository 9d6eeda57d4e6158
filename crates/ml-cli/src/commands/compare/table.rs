//! A comparison in a table and in words.

use std::fmt::{self, Write as _};
use std::path::Path;

use ml_judge::report::{Change, ComparisonRow, FieldComparison, FieldKind, Report, RunComparison};

use super::differing::differing;
use super::{CompareArgs, Reports};
use crate::screen::Paint;
use crate::table::{Cell, Table, Tone};

/// All there is to say.
pub(super) fn shown(
    args: &CompareArgs,
    reports: &Reports,
    comparison: &RunComparison,
    paint: Paint,
) -> String {
    let mut text = String::new();
    let mut line = |line: &dyn fmt::Display| {
        let _ = writeln!(text, "{line}");
    };
    line(&paint.dim(run("A", &args.first, &reports.first)));
    line(&paint.dim(run("B", &args.second, &reports.second)));
    line(&paint.dim(pairs(comparison)));
    line(&Lines(table(comparison, paint)));
    for note in &comparison.notes {
        line(&format_args!("{} {note}", paint.warn("note:")));
    }
    for left in &comparison.left_out {
        let field = left.field.as_ref().map(|field| format!(".{field}"));
        let name = format!("{}{}", left.suite, field.unwrap_or_default());
        line(&format_args!(
            "{} {name}: {}",
            paint.warn("left out:"),
            left.reason
        ));
    }
    for (field, row) in comparison.fields.iter().zip(comparison.rows()) {
        line(&sentence(field, &row));
    }
    for field in comparison.fields.iter().filter(|field| is_told(field)) {
        for item in items(field, reports, args.items) {
            line(&item);
        }
    }
    text
}

/// A table without the end of its last line.
struct Lines(Table<9>);

impl fmt::Display for Lines {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0.to_string().trim_end())
    }
}

fn run(letter: &str, path: &Path, report: &Report) -> String {
    let mut run = format!("{letter}  {}", path.display());
    for model in report
        .models()
        .into_iter()
        .filter(|model| !model.is_empty())
    {
        let _ = write!(run, " · {model}");
    }
    if let Some(temperature) = report
        .run
        .sampling
        .as_ref()
        .and_then(|sampling| sampling.temperature)
    {
        let _ = write!(run, " · temperature {temperature}");
    }
    if report.run.epochs > 1 {
        let _ = write!(run, " · asked {} times", report.run.epochs);
    }
    run
}

fn pairs(comparison: &RunComparison) -> String {
    let mut pairs = format!("{} prompts in both", comparison.pairs);
    for (letter, only) in [
        ("A", &comparison.only_first),
        ("B", &comparison.only_second),
    ] {
        if only.count > 0 {
            let _ = write!(pairs, ", {} only in {letter}", only.count);
        }
    }
    pairs
}

fn table(comparison: &RunComparison, paint: Paint) -> Table<9> {
    let titles = [
        "FIELD",
        "N",
        "A",
        "B",
        "DIFFERENCE",
        "95 % INTERVAL",
        "P",
        "EFFECT",
        "VERDICT",
    ];
    let mut table = Table::new(titles, paint);
    for row in comparison.rows() {
        let tone = match row.change {
            Change::Better => Tone::Good,
            Change::Worse => Tone::Bad,
            Change::Different => Tone::Warn,
            Change::CannotTell => Tone::Dim,
        };
        let note = (!row.note.is_empty()).then_some(row.note.as_str());
        let cells = [
            row.label.as_str().into(),
            row.n.to_string().into(),
            row.first.as_str().into(),
            row.second.as_str().into(),
            row.difference.as_str().into(),
            row.interval.as_str().into(),
            row.p.as_str().into(),
            row.effect.as_str().into(),
            Cell::new(row.change.name(), tone),
        ];
        table.push(cells, note);
    }
    table
}

/// The verdict on a field, in words.
fn sentence(field: &FieldComparison, row: &ComparisonRow) -> String {
    let ComparisonRow { label, p, n, .. } = row;
    match field.change {
        Change::Better | Change::Worse => {
            let change = row.change.name();
            format!("B is {change} in {label}: {} (p {p})", row.difference)
        }
        Change::Different => format!("B is different in {label}: {} (p {p})", row.difference),
        Change::CannotTell if field.is_same() => {
            format!("nobody can tell in {label}: of {n} prompts none differs")
        }
        Change::CannotTell if row.detectable.is_empty() => {
            format!("nobody can tell in {label}: {n} prompts are too few to show a difference")
        }
        Change::CannotTell => format!(
            "nobody can tell in {label}: with {n} prompts a difference of {} would mostly have \
             shown (p {p})",
            row.detectable
        ),
    }
}

/// Whether its items are of interest: numbers differ a little almost everywhere.
fn is_told(field: &FieldComparison) -> bool {
    field.kind == FieldKind::Verdict || field.change != Change::CannotTell
}

/// The items that differ most, and how many more there are.
fn items(field: &FieldComparison, reports: &Reports, most: usize) -> Vec<String> {
    let differing = differing(field, &reports.first, &reports.second);
    if differing.is_empty() || most == 0 {
        return Vec::new();
    }
    let (suite, name) = (&field.suite, &field.field);
    let mut lines = vec![format!("{suite}.{name} differs in {}:", differing.len())];
    for item in differing.iter().take(most) {
        let (first, second) = (number(item.first), number(item.second));
        lines.push(format!("  {}  {first} → {second}", item.id));
    }
    if differing.len() > most {
        lines.push(format!(
            "  and {} more: --items N names more",
            differing.len() - most
        ));
    }
    lines
}

/// Two decimals at most.
fn number(value: f64) -> String {
    let text = format!("{value:.2}");
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_have_the_decimals_that_they_need() {
        for (value, expected) in [
            (1.0, "1"),
            (0.0, "0"),
            (0.5, "0.5"),
            (3.256, "3.26"),
            (10.0, "10"),
        ] {
            assert_eq!(number(value), expected);
        }
    }
}
