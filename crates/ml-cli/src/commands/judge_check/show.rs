//! What was measured, as a table.

use std::fmt::Write as _;

use ml_judge::stats::Estimate;
use ml_judge::trust::{Trust, TrustRecord};

use crate::screen::Paint;
use crate::table::Table;

/// A line for each measure that has a value.
pub(super) fn table(record: &TrustRecord, field: &str, paint: Paint) -> String {
    let mut text = heading(record, field);
    let mut table = Table::new(["MEASURE", "VALUE", "95 % INTERVAL", "ITEMS"], paint);
    for (name, estimate) in measures(record) {
        if let Some(estimate) = estimate {
            table.push(cells(name, &estimate).map(Into::into), None);
        }
    }
    let _ = write!(text, "{table}");
    for (reason, times) in &record.reliability.unscored_reasons {
        let _ = writeln!(text, "unscored {times}×: {reason}");
    }
    text
}

/// Whether the suite's scores are believed from now on.
pub(super) fn verdict(trust: &Trust, paint: Paint) -> String {
    match trust {
        Trust::Trusted => format!("{}\n", paint.good("trusted")),
        Trust::Untrusted { reason } => format!("{}: {reason}\n", paint.warn("untrusted")),
    }
}

fn heading(record: &TrustRecord, field: &str) -> String {
    let subject = &record.subject;
    let judges: Vec<_> = subject.judges.iter().map(|judge| &*judge.model).collect();
    let judged = match judges.as_slice() {
        [] => String::new(),
        judges => format!(" judged by {}", judges.join(", ")),
    };
    let (suite, mode) = (&subject.suite, subject.mode);
    let (items, compared) = (record.items, record.compared);
    let gold = &record.gold.name;
    format!("{suite} {field} ({mode}){judged}: {compared} of {items} items of {gold} compared\n")
}

fn measures(record: &TrustRecord) -> [(&'static str, Option<Estimate>); 17] {
    let (agreement, reliability) = (&record.agreement, &record.reliability);
    [
        ("accuracy", agreement.accuracy),
        ("precision", agreement.precision),
        ("recall", agreement.recall),
        ("F1", agreement.f1),
        ("Cohen's kappa", agreement.kappa),
        ("Krippendorff's alpha, nominal", agreement.alpha.nominal),
        ("Krippendorff's alpha, ordinal", agreement.alpha.ordinal),
        ("Krippendorff's alpha, interval", agreement.alpha.interval),
        ("alpha between people", agreement.between_people),
        ("mean absolute error", agreement.mean_absolute_error),
        ("order flips", reliability.order_flips),
        ("same in all repeats", reliability.same_in_repeats),
        ("deviation of repeats", reliability.deviation_of_repeats),
        ("unscored", reliability.unscored),
        ("calls that failed", reliability.failed),
        ("unreadable of the others", reliability.unreadable),
        ("alpha that decides", record.alpha()),
    ]
}

fn cells(name: &str, estimate: &Estimate) -> [String; 4] {
    let interval = match estimate.interval {
        Some(interval) => format!("{:.3} to {:.3}", interval.low, interval.high),
        None => "unknown".to_owned(),
    };
    let value = format!("{:.3}", estimate.value);
    [name.to_owned(), value, interval, estimate.n.to_string()]
}
