//! The scores of every item at a glance.

use std::collections::BTreeMap;
use std::fmt::{self, Write as _};

use super::MAX_ANSWERS;
use super::escape::Text;
use super::page::section;
use crate::report::{Direction, FieldKind, Report, ReportItem};

/// A field as a column.
struct Column<'a> {
    suite: &'a str,
    field: &'a str,
    kind: FieldKind,
    direction: Direction,
    /// The least and the greatest number.
    range: (f64, f64),
}

pub(super) fn matrix(out: &mut String, report: &Report) -> fmt::Result {
    let columns = columns(report);
    if columns.is_empty() {
        return Ok(());
    }
    section(out, "Items and fields", |out| {
        let left_out = report.items.len().saturating_sub(MAX_ANSWERS);
        if left_out > 0 {
            writeln!(
                out,
                "<p class=\"soft\">The first {MAX_ANSWERS} items; {left_out} more are in the JSON.</p>"
            )?;
        }
        out.write_str(
            "<div class=\"scroll matrix\" role=\"region\" tabindex=\"0\" \
             aria-label=\"Items and fields\"><table><thead><tr><th>Item</th>",
        )?;
        for column in &columns {
            let (suite, field) = (Text(column.suite), Text(column.field));
            write!(out, "<th scope=\"col\">{suite}<br>{field}</th>")?;
        }
        out.write_str("</tr></thead><tbody>\n")?;
        for (place, item) in report.items.iter().take(MAX_ANSWERS).enumerate() {
            let name = super::answer::name(item);
            let name = Text(&name);
            write!(
                out,
                "<tr><th scope=\"row\"><a href=\"#item-{place}\">{name}</a></th>"
            )?;
            for column in &columns {
                cell(out, column, item)?;
            }
            out.write_str("</tr>\n")?;
        }
        out.write_str("</tbody></table></div>\n")
    })
}

fn columns(report: &Report) -> Vec<Column<'_>> {
    let mut ranges: BTreeMap<(&str, &str), (FieldKind, f64, f64)> = BTreeMap::new();
    for mean in report
        .aggregates
        .iter()
        .filter(|mean| mean.category.is_none())
    {
        let range = ranges.entry((&mean.suite, &mean.field));
        range.or_insert((mean.kind, f64::INFINITY, f64::NEG_INFINITY));
    }
    for ((suite, field), (_, low, high)) in &mut ranges {
        for value in report
            .items
            .iter()
            .filter_map(|item| item.value(suite, field))
        {
            *low = low.min(value);
            *high = high.max(value);
        }
    }
    let column = |((suite, field), (kind, low, high))| Column {
        suite,
        field,
        kind,
        direction: Direction::of(suite, field),
        range: (low, high),
    };
    ranges.into_iter().map(column).collect()
}

fn cell(out: &mut String, column: &Column<'_>, item: &ReportItem) -> fmt::Result {
    let Some(value) = item.value(column.suite, column.field) else {
        let why = if item.error.is_some() {
            "failed"
        } else {
            "–"
        };
        return write!(out, "<td class=\"none\">{why}</td>");
    };
    if column.kind == FieldKind::Number {
        let shade = shade(value, column.range);
        return write!(out, "<td class=\"s{shade}\">{}</td>", short(value));
    }
    let yes = value > 0.5;
    let class = match (column.direction, yes) {
        (Direction::Higher, true) | (Direction::Lower, false) => "good",
        (Direction::Higher, false) | (Direction::Lower, true) => "bad",
        (Direction::Unknown, true) => "warn",
        (Direction::Unknown, false) => "",
    };
    let text = if yes { "yes" } else { "no" };
    write!(out, "<td class=\"{class}\">{text}</td>")
}

/// One of five shades.
fn shade(value: f64, (low, high): (f64, f64)) -> u8 {
    let share = (value - low) / (high - low);
    match share {
        share if share >= 0.8 => 5,
        share if share >= 0.6 => 4,
        share if share >= 0.4 => 3,
        share if share >= 0.2 => 2,
        _ => 1,
    }
}

/// Up to two decimals, as far as they say something.
pub(super) fn short(value: f64) -> String {
    let text = format!("{value:.2}");
    let text = text.trim_end_matches('0').trim_end_matches('.');
    if text == "-0" {
        "0".into()
    } else {
        text.replace('-', "\u{2212}")
    }
}
