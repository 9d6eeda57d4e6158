//! Reports as the cells of a table.

use super::{Aggregate, Change, FieldComparison, FieldKind, PassRate, Report, RunComparison};
use crate::stats::Interval;

/// A mean for people.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Row {
    /// What it is the mean of.
    pub label: String,
    /// The number of prompts.
    pub n: usize,
    /// The mean: of verdicts as a percentage.
    pub value: String,
    /// Its interval at 95 %; empty where there is none.
    pub interval: String,
    /// What readers should know: what was left unscored or failed, and whether to believe it.
    pub note: String,
}

/// What several attempts at each prompt say together, for people.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct PassRow {
    /// The suite and the field.
    pub label: String,
    /// How many attempts.
    pub k: u32,
    /// The number of prompts.
    pub n: usize,
    /// pass@k as a percentage: how likely at least one is right.
    pub pass_at_k: String,
    /// Its interval at 95 %; empty where there is none.
    pub pass_at_k_interval: String,
    /// pass^k as a percentage: how likely all are right.
    pub pass_hat_k: String,
    /// Its interval, likewise.
    pub pass_hat_k_interval: String,
    /// What readers should know: the prompts with fewer attempts, and whether to believe it.
    pub note: String,
}

/// A field of two runs for people.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct ComparisonRow {
    /// The suite and the field.
    pub label: String,
    /// The number of prompts.
    pub n: usize,
    /// The first run's mean.
    pub first: String,
    /// The second run's.
    pub second: String,
    /// The second's less the first's; of verdicts in percentage points, `pp`.
    pub difference: String,
    /// Its interval at 95 %; empty where there is none.
    pub interval: String,
    /// The p-value, corrected for the number of fields.
    pub p: String,
    /// The size of the difference, Cohen's h or d; empty where differences do not vary.
    pub effect: String,
    /// The smallest difference that would have shown; empty where none would.
    pub detectable: String,
    /// The verdict.
    pub change: Change,
    /// What readers should know.
    pub note: String,
}

impl Report {
    /// The means over all items, a row for each field, and a row for each suite that scored
    /// nothing. The models are named where there are several.
    pub fn rows(&self) -> Vec<Row> {
        let several = self.models().len() > 1;
        let means = self
            .aggregates
            .iter()
            .filter(|mean| mean.category.is_none());
        let row = |mean: &Aggregate| {
            let label = format!("{}.{}", mean.suite, mean.field);
            if several {
                return mean.row(format!("{} {label}", mean.model));
            }
            mean.row(label)
        };
        means.map(row).chain(self.unscored_rows()).collect()
    }

    /// What several attempts say, a row for each field and `k`. The models are named where there
    /// are several.
    pub fn pass_rows(&self) -> Vec<PassRow> {
        let several = self.models().len() > 1;
        let row = |rate: &PassRate| {
            let label = format!("{}.{}", rate.suite, rate.field);
            rate.row(if several {
                format!("{} {label}", rate.model)
            } else {
                label
            })
        };
        self.passes.iter().map(row).collect()
    }

    /// The means of a field: a row for each category, and `all` of them last.
    pub fn category_rows(&self, suite: &str, field: &str) -> Vec<Row> {
        let of_field = |mean: &&Aggregate| mean.suite == suite && mean.field == field;
        let means = || self.aggregates.iter().filter(of_field);
        let parts = means().filter_map(|mean| Some(mean.row(mean.category.clone()?)));
        let whole = means().filter(|mean| mean.category.is_none());
        parts
            .chain(whole.map(|mean| mean.row("all".into())))
            .collect()
    }

    /// Suites that gave no value at all, with the commonest reason.
    fn unscored_rows(&self) -> impl Iterator<Item = Row> {
        let without_values = self.counts.unscored.iter().filter(|(suite, _)| {
            let mut scored = self.aggregates.iter();
            !scored.any(|mean| mean.suite == **suite)
        });
        without_values.map(|(suite, reasons)| {
            let commonest = reasons.iter().max_by_key(|(_, count)| **count);
            let reason = commonest.map_or("", |(reason, _)| reason.as_str());
            Row {
                label: suite.clone(),
                n: 0,
                value: "–".into(),
                interval: String::new(),
                note: format!("{} unscored: {reason}", self.counts.unscored_of(suite)),
            }
        })
    }
}

impl Aggregate {
    fn row(&self, label: String) -> Row {
        let estimate = &self.estimate;
        Row {
            label,
            n: estimate.n,
            value: value(self.kind, estimate.value),
            interval: interval(self.kind, estimate.interval),
            note: self.note(),
        }
    }

    /// What readers should know of it.
    pub(super) fn note(&self) -> String {
        let mut notes = Vec::new();
        if let Some(reason) = &self.untrusted {
            notes.push(format!("untrusted: {reason}"));
        }
        if self.unscored > 0 {
            notes.push(format!("{} unscored", self.unscored));
        }
        if self.failed > 0 {
            notes.push(format!("{} without an answer", self.failed));
        }
        if self.values > self.estimate.n {
            notes.push(format!("{} answers", self.values));
        }
        notes.join("; ")
    }
}

impl PassRate {
    fn row(&self, label: String) -> PassRow {
        let (any, all) = (&self.pass_at_k, &self.pass_hat_k);
        PassRow {
            label,
            k: self.k,
            n: any.n,
            pass_at_k: value(FieldKind::Verdict, any.value),
            pass_at_k_interval: interval(FieldKind::Verdict, any.interval),
            pass_hat_k: value(FieldKind::Verdict, all.value),
            pass_hat_k_interval: interval(FieldKind::Verdict, all.interval),
            note: self.note(),
        }
    }

    /// What readers should know of it.
    fn note(&self) -> String {
        let mut notes = Vec::new();
        if let Some(reason) = &self.untrusted {
            notes.push(format!("untrusted: {reason}"));
        }
        if self.without > 0 {
            notes.push(format!("{} prompts with fewer attempts", self.without));
        }
        notes.join("; ")
    }
}

impl RunComparison {
    /// A row for each field.
    pub fn rows(&self) -> Vec<ComparisonRow> {
        self.fields.iter().map(FieldComparison::row).collect()
    }
}

impl FieldComparison {
    fn row(&self) -> ComparisonRow {
        let mut notes = Vec::new();
        if let Some(reason) = &self.untrusted {
            notes.push(format!("untrusted: {reason}"));
        }
        if self.without_value > 0 {
            notes.push(format!(
                "{} prompts lack a value in one of the runs",
                self.without_value
            ));
        }
        ComparisonRow {
            label: format!("{}.{}", self.suite, self.field),
            n: self.n,
            first: value(self.kind, self.first),
            second: value(self.kind, self.second),
            difference: difference(self.kind, self.difference.value),
            interval: difference_interval(self.kind, self.difference.interval),
            p: p_value(self.adjusted_p),
            effect: self
                .effect
                .map_or_else(String::new, |effect| fixed(effect, 2)),
            detectable: self.detectable.map_or_else(String::new, |least| {
                let least = difference(self.kind, least);
                least.trim_start_matches('+').to_owned()
            }),
            change: self.change,
            note: notes.join("; "),
        }
    }
}

/// A mean: two decimals, of verdicts a percentage with one.
pub(super) fn value(kind: FieldKind, value: f64) -> String {
    match kind {
        FieldKind::Verdict => format!("{} %", fixed(value * 100.0, 1)),
        FieldKind::Number => fixed(value, 2),
    }
}

/// A difference, with its sign: two decimals, or so many that two digits of a small one show; of
/// verdicts percentage points with one.
pub(super) fn difference(kind: FieldKind, difference: f64) -> String {
    let text = match kind {
        FieldKind::Verdict => fixed(difference * 100.0, 1),
        FieldKind::Number => fixed(difference, decimals(difference)),
    };
    let is_zero = text.chars().all(|c| matches!(c, '0' | '.'));
    let sign = if difference > 0.0 && !is_zero {
        "+"
    } else {
        ""
    };
    match kind {
        FieldKind::Verdict => format!("{sign}{text} pp"),
        FieldKind::Number => format!("{sign}{text}"),
    }
}

pub(super) fn interval(kind: FieldKind, interval: Option<Interval>) -> String {
    let Some(Interval { low, high }) = interval else {
        return String::new();
    };
    match kind {
        FieldKind::Verdict => format!("{} – {} %", fixed(low * 100.0, 1), fixed(high * 100.0, 1)),
        FieldKind::Number => format!("{} – {}", fixed(low, 2), fixed(high, 2)),
    }
}

fn difference_interval(kind: FieldKind, interval: Option<Interval>) -> String {
    match (kind, interval) {
        (FieldKind::Verdict, interval) => self::interval(kind, interval).replace('%', "pp"),
        (FieldKind::Number, None) => String::new(),
        (FieldKind::Number, Some(Interval { low, high })) => {
            let decimals = decimals(low).max(decimals(high));
            format!("{} – {}", fixed(low, decimals), fixed(high, decimals))
        }
    }
}

/// Two, or so many that two digits of a number near zero show; six at most.
fn decimals(value: f64) -> usize {
    let steps = [0.1, 0.01, 0.001, 0.0001];
    2 + steps
        .iter()
        .filter(|step| value != 0.0 && value.abs() < **step)
        .count()
}

pub(super) fn p_value(p: f64) -> String {
    if p < 0.001 {
        return "< 0.001".into();
    }
    format!("{p:.3}")
}

/// The number with so many decimals, never a negative zero, with a typographic minus.
fn fixed(value: f64, decimals: usize) -> String {
    let text = format!("{value:.decimals$}");
    match text.strip_prefix('-') {
        Some(rest) if rest.chars().all(|c| matches!(c, '0' | '.')) => rest.to_owned(),
        Some(rest) => format!("\u{2212}{rest}"),
        None => text,
    }
}
