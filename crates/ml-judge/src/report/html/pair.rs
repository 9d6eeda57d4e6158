//! Two answers to every prompt, side by side.

use std::collections::BTreeSet;
use std::fmt::{self, Write as _};

use super::Budget;
use super::answer::text;
use super::escape::{Text, shown};
use super::matrix::short;
use super::page::{filter, section};
use super::words::compared;
use crate::Outcome;
use crate::report::ReportItem;
use crate::report::compare::{Answers, Pair};
use crate::text::excerpt;

pub(super) fn pairs(out: &mut String, pairs: &[Pair<'_>], budget: &mut Budget) -> fmt::Result {
    section(out, "Answers", |out| {
        out.write_str(
            "<p class=\"soft\">The words that the other answer lacks are underlined; prompts whose \
             scores differ are marked. Of several answers to a prompt the first is shown.</p>\n",
        )?;
        filter(out)?;
        let mut left_out = 0;
        for pair in pairs {
            let (first, second) = (pair.first.0[0], pair.second.0[0]);
            let answers = shown(&first.response).len() + shown(&second.response).len();
            if budget.takes(shown(&first.prompt).len() + answers) {
                self::pair(out, pair, first, second)?;
            } else {
                left_out += 1;
            }
        }
        if left_out > 0 {
            writeln!(
                out,
                "<p class=\"soft\">{left_out} more prompts are left out of this page, which shows \
                 a thousand and 8 MiB at most. The reports have them.</p>"
            )?;
        }
        Ok(())
    })
}

fn pair(out: &mut String, pair: &Pair<'_>, first: &ReportItem, second: &ReportItem) -> fmt::Result {
    let changes = changes(pair);
    let marked = if changes.is_empty() { "" } else { " marked" };
    write!(
        out,
        "<details class=\"item{marked}\"><summary><span class=\"id\">{}</span>",
        Text(&first.id)
    )?;
    if !changes.is_empty() {
        let count = changes.len();
        write!(
            out,
            " <span class=\"chip warn\">{count} scores differ</span>"
        )?;
    }
    let start = excerpt(first.prompt.trim(), 160);
    write!(
        out,
        " <span class=\"start\">{}</span></summary>\n<div class=\"body\">\n",
        Text(&start)
    )?;
    text(out, "Prompt", &first.prompt)?;
    let (one, other) = (answer(first), answer(second));
    let (one, other) = (shown(&one), shown(&other));
    let (one, other) = compared(&one, &other);
    writeln!(
        out,
        "<div class=\"two\"><div><h3>First</h3><pre dir=\"auto\">{one}</pre></div>\
         <div><h3>Second</h3><pre dir=\"auto\">{other}</pre></div></div>"
    )?;
    if let Some(expected) = &first.expected {
        text(out, "Right answer", expected)?;
    }
    if changes.is_empty() {
        return out.write_str("<p class=\"soft\">The scores are the same.</p></div></details>\n");
    }
    out.write_str("<h3>Scores that differ</h3><ul class=\"scores\">")?;
    for (suite, field, first, second) in changes {
        let (suite, field) = (Text(suite), Text(field));
        write!(out, "<li>{suite}.{field} <b>{first} → {second}</b></li>")?;
    }
    out.write_str("</ul></div></details>\n")
}

fn answer(item: &ReportItem) -> String {
    match &item.error {
        Some(error) => format!("No answer. {}: {}", error.code, error.message),
        None => item.response.clone(),
    }
}

/// Suite, field, and what both runs give it.
fn changes<'a>(pair: &Pair<'a>) -> Vec<(&'a str, &'a str, String, String)> {
    let mut fields = BTreeSet::new();
    for item in pair.first.0.iter().chain(&pair.second.0) {
        for score in &item.scores {
            if let Outcome::Scored { values, .. } = &score.outcome {
                fields.extend(
                    values
                        .keys()
                        .map(|field| (score.suite.as_str(), field.as_str())),
                );
            }
        }
    }
    let value = |answers: &Answers<'_>, suite, field| {
        answers
            .value(suite, field)
            .map_or_else(|| "–".to_owned(), short)
    };
    fields
        .into_iter()
        .map(|(suite, field)| {
            let first = value(&pair.first, suite, field);
            (suite, field, first, value(&pair.second, suite, field))
        })
        .filter(|(_, _, first, second)| first != second)
        .collect()
}
