//! What several attempts at each prompt say together.

use std::fmt::{self, Write as _};

use super::chart::{self, Axis};
use super::escape::Text;
use super::page::{scrolled, section};
use crate::report::{PassRow, Report};
use crate::stats::Estimate;

pub(super) fn passes(out: &mut String, report: &Report) -> fmt::Result {
    if report.passes.is_empty() {
        return Ok(());
    }
    section(out, "Several attempts", |out| {
        out.write_str(
            "<p class=\"soft\">How likely at least one of k attempts at a prompt is right \
             (pass@k), and how likely all of them are (pass^k), with the intervals of 95 %.</p>\n",
        )?;
        scrolled(out, "Several attempts", |out| {
            out.write_str(
                "<table><thead><tr><th>Field</th><th class=\"number\">k</th>\
                 <th class=\"number\">n</th><th class=\"number\">pass@k</th>\
                 <th class=\"number\">Interval</th><th></th><th class=\"number\">pass^k</th>\
                 <th class=\"number\">Interval</th><th></th>\
                 <th>Note</th></tr></thead><tbody>\n",
            )?;
            for (rate, row) in report.passes.iter().zip(report.pass_rows()) {
                let PassRow { label, k, n, .. } = &row;
                write!(
                    out,
                    "<tr><th scope=\"row\">{}</th><td class=\"number\">{k}</td>\
                     <td class=\"number\">{n}</td>",
                    Text(label)
                )?;
                share(
                    out,
                    &rate.pass_at_k,
                    &row.pass_at_k,
                    &row.pass_at_k_interval,
                )?;
                share(
                    out,
                    &rate.pass_hat_k,
                    &row.pass_hat_k,
                    &row.pass_hat_k_interval,
                )?;
                writeln!(out, "<td class=\"note\">{}</td></tr>", Text(&row.note))?;
            }
            out.write_str("</tbody></table>")
        })
    })
}

fn share(out: &mut String, estimate: &Estimate, value: &str, interval: &str) -> fmt::Result {
    write!(
        out,
        "<td class=\"number\">{value}</td><td class=\"soft number\">{interval}</td><td>"
    )?;
    let words = format!("{value}, interval {interval}");
    chart::interval(out, estimate, Axis::UNIT, &words)?;
    out.write_str("</td>")
}
