//! Tables of means and of differences.

use std::collections::BTreeSet;
use std::fmt::{self, Write as _};

use super::chart::{self, Axis};
use super::escape::Text;
use super::page::{scrolled, section};
use crate::report::{Aggregate, Change, FieldKind, Report, RunComparison, row};

/// The numbers of a field by the items of a model.
fn numbers(report: &Report, mean: &Aggregate) -> Vec<f64> {
    let items = report.items.iter().filter(|item| item.model == mean.model);
    items
        .filter_map(|item| item.value(&mean.suite, &mean.field))
        .collect()
}

fn axis(kind: FieldKind, numbers: &[f64]) -> Axis {
    match kind {
        FieldKind::Verdict => Axis::UNIT,
        FieldKind::Number => Axis::over(numbers.iter().copied()),
    }
}

/// The means over all items.
pub(super) fn means(out: &mut String, report: &Report) -> fmt::Result {
    let several = report.models().len() > 1;
    section(out, "Means", |out| {
        out.write_str(
            "<p class=\"soft\">Each with the interval that holds the true mean in 95 of 100 such \
             samples, and the distribution of what it is the mean of. Answers that failed and \
             scores without values count in none.</p>\n",
        )?;
        scrolled(out, "Means", |out| {
            out.write_str(
                "<table><thead><tr><th>Field</th><th class=\"number\">n</th>\
                 <th class=\"number\">Mean</th><th class=\"number\">Interval</th><th></th>\
                 <th>Distribution</th>\
                 <th>Note</th></tr></thead><tbody>\n",
            )?;
            let mut last = None;
            let whole = report
                .aggregates
                .iter()
                .filter(|mean| mean.category.is_none());
            for mean in whole {
                if last != Some((&mean.model, &mean.suite)) {
                    last = Some((&mean.model, &mean.suite));
                    suite(out, mean, several)?;
                }
                let numbers = numbers(report, mean);
                mean_row(
                    out,
                    mean,
                    &mean.field,
                    axis(mean.kind, &numbers),
                    Some(&numbers),
                )?;
            }
            out.write_str("</tbody></table>")
        })
    })
}

fn suite(out: &mut String, mean: &Aggregate, several: bool) -> fmt::Result {
    out.write_str("<tr class=\"suite\"><th colspan=\"7\">")?;
    if several {
        write!(out, "{} · ", Text(&mean.model))?;
    }
    write!(out, "{}", Text(&mean.suite))?;
    if let Some(reason) = &mean.untrusted {
        let reason = Text(reason);
        write!(
            out,
            " <span class=\"chip warn\" title=\"{reason}\">untrusted</span>"
        )?;
    }
    out.write_str("</th></tr>\n")
}

fn mean_row(
    out: &mut String,
    mean: &Aggregate,
    label: &str,
    axis: Axis,
    numbers: Option<&[f64]>,
) -> fmt::Result {
    let estimate = &mean.estimate;
    let value = row::value(mean.kind, estimate.value);
    let interval = row::interval(mean.kind, estimate.interval);
    write!(
        out,
        "<tr><th scope=\"row\">{}</th><td class=\"number\">{}</td><td class=\"number\">{value}</td>\
         <td class=\"soft number\">{interval}</td><td>",
        Text(label),
        estimate.n
    )?;
    let words = format!("{value}, interval {interval}");
    chart::interval(out, estimate, axis, &words)?;
    out.write_str("</td>")?;
    if let Some(numbers) = numbers {
        out.write_str("<td>")?;
        match mean.kind {
            FieldKind::Verdict => chart::verdicts(out, numbers)?,
            FieldKind::Number => chart::distribution(out, numbers)?,
        }
        out.write_str("</td>")?;
    }
    writeln!(out, "<td class=\"note\">{}</td></tr>", Text(&mean.note()))
}

/// The means over categories, field by field; verdicts are shown at once.
pub(super) fn categories(out: &mut String, report: &Report) -> fmt::Result {
    let parts = || {
        report
            .aggregates
            .iter()
            .filter(|mean| mean.category.is_some())
    };
    let fields: BTreeSet<_> = parts()
        .map(|mean| (&mean.model, &mean.suite, &mean.field))
        .collect();
    if fields.is_empty() {
        return Ok(());
    }
    section(out, "By category", |out| {
        for (model, suite, field) in fields {
            let of_field = |mean: &&Aggregate| {
                (&mean.model, &mean.suite, &mean.field) == (model, suite, field)
            };
            let open = parts()
                .find(of_field)
                .is_some_and(|mean| mean.kind == FieldKind::Verdict);
            let open = if open { " open" } else { "" };
            let name = Text(field);
            writeln!(
                out,
                "<details class=\"item\"{open}><summary><span class=\"id\">{} · {name}</span> \
                 <span class=\"start\">{}</span></summary>",
                Text(suite),
                Text(model)
            )?;
            let label = format!("{suite} {field} by category");
            scrolled(out, &label, |out| {
                out.write_str(
                    "<table><thead><tr><th>Category</th><th class=\"number\">n</th>\
                     <th class=\"number\">Mean</th><th class=\"number\">Interval</th><th></th>\
                     <th>Note</th></tr>\
                     </thead><tbody>\n",
                )?;
                for mean in parts().filter(of_field) {
                    let axis = axis(mean.kind, &numbers(report, mean));
                    let category = mean.category.as_deref().unwrap_or_default();
                    mean_row(out, mean, category, axis, None)?;
                }
                out.write_str("</tbody></table>")
            })?;
            out.write_str("</details>\n")?;
        }
        Ok(())
    })
}

/// The verdict on every field.
pub(super) fn comparisons(out: &mut String, comparison: &RunComparison) -> fmt::Result {
    section(out, "Fields", |out| {
        scrolled(out, "Fields", |out| {
            out.write_str(
                "<table><thead><tr><th>Field</th><th>Second run is</th>\
                 <th class=\"number\">First</th><th class=\"number\">Second</th>\
                 <th class=\"number\">Difference</th><th class=\"number\">Interval</th><th></th>\
                 <th class=\"number\">p, corrected</th><th class=\"number\">Detectable</th>\
                 <th class=\"number\">n</th><th>Note</th></tr></thead><tbody>\n",
            )?;
            for (field, row) in comparison.fields.iter().zip(comparison.rows()) {
                let class = match row.change {
                    Change::Better => "good",
                    Change::Worse => "bad",
                    Change::Different => "warn",
                    Change::CannotTell => "",
                };
                write!(
                    out,
                    "<tr><th scope=\"row\">{}</th><td><span class=\"chip {class}\">{}</span></td>\
                     <td class=\"number\">{}</td><td class=\"number\">{}</td>\
                     <td class=\"number\">{}</td><td class=\"soft number\">{}</td><td>",
                    Text(&row.label),
                    row.change.name(),
                    row.first,
                    row.second,
                    row.difference,
                    row.interval
                )?;
                let ends = field.difference.interval;
                let ends = ends.map_or([0.0; 2], |interval| [interval.low, interval.high]);
                let axis = Axis::around_zero(ends.into_iter().chain([field.difference.value]));
                let words = format!("{}, interval {}", row.difference, row.interval);
                chart::interval(out, &field.difference, axis, &words)?;
                writeln!(
                    out,
                    "</td><td class=\"number\">{}</td>\
                     <td class=\"number\">{}</td><td class=\"number\">{}</td>\
                     <td class=\"note\">{}</td></tr>",
                    Text(&row.p),
                    row.detectable,
                    row.n,
                    Text(&row.note)
                )?;
            }
            out.write_str("</tbody></table>")
        })
    })
}
