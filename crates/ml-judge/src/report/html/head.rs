//! What a page is about.

use std::fmt::{self, Write as _};

use super::escape::Text;
use super::page::section;
use crate::report::{Report, RunComparison, RunDescription, RunKind};

pub(super) fn title(run: &RunDescription) -> String {
    let kind = match run.kind {
        RunKind::Probe => "Probes",
        RunKind::Score => "Scores",
    };
    format!("{kind}: {}", subject(run))
}

/// Whom or what the run is about.
fn subject(run: &RunDescription) -> String {
    let model = run.model.as_ref().map(ToString::to_string);
    let named = model.or_else(|| run.input.clone());
    named.unwrap_or_else(|| "answers".into())
}

/// What the only model is called, or else the subject.
fn heading(report: &Report) -> String {
    match report.models()[..] {
        [model] if !model.is_empty() => model.to_owned(),
        _ => subject(&report.run),
    }
}

pub(super) fn run(out: &mut String, report: &Report) -> fmt::Result {
    let run = &report.run;
    let heading = heading(report);
    let kind = match run.kind {
        RunKind::Probe => "What a model answered to probes",
        RunKind::Score => "What answers are worth",
    };
    write!(
        out,
        "<header>\n<p class=\"kind\">{kind}</p>\n<h1>{}</h1>\n",
        Text(&heading)
    )?;
    facts(out, report)?;
    out.write_str("<dl class=\"how\">")?;
    how(out, run)?;
    for suite in &report.suites {
        line(out, &format!("Suite {}", suite.name), &suite.rules())?;
        if let Some(reason) = suite.untrusted() {
            write!(
                out,
                "<dt></dt><dd><span class=\"chip warn\">untrusted</span> {}</dd>",
                Text(reason)
            )?;
        }
    }
    out.write_str("</dl>\n")?;
    failures(out, report)?;
    out.write_str("</header>\n")
}

fn facts(out: &mut String, report: &Report) -> fmt::Result {
    let counts = &report.counts;
    let unscored: u64 = counts
        .unscored
        .values()
        .flat_map(|by_reason| by_reason.values())
        .sum();
    out.write_str("<dl class=\"facts\">")?;
    for (name, value) in [
        ("items", counts.items.to_string()),
        ("with an answer", counts.answered.to_string()),
        ("without an answer", counts.failures().to_string()),
        ("unscored", unscored.to_string()),
        ("tokens generated", counts.generated_tokens.to_string()),
        ("seconds", format!("{:.1}", counts.seconds)),
    ] {
        write!(out, "<div><dt>{name}</dt><dd>{value}</dd></div>")?;
    }
    out.write_str("</dl>\n")
}

fn how(out: &mut String, run: &RunDescription) -> fmt::Result {
    if let Some(model) = &run.model {
        line(out, "Model", &model.to_string())?;
    }
    if let Some(input) = &run.input {
        line(out, "Answers", input)?;
    }
    if let Some(probes) = &run.probes {
        line(
            out,
            "Probes",
            &format!("{} {}", probes.name, probes.version),
        )?;
    }
    if let Some(seed) = run.seed {
        line(out, "Seed of the probes", &seed.to_string())?;
    }
    if let Some(sampling) = &run.sampling {
        let json = serde_json::to_value(sampling).unwrap_or_default();
        let options = json.as_object().into_iter().flatten();
        let set = options.filter(|(_, value)| !value.is_null());
        let words: Vec<_> = set.map(|(name, value)| format!("{name} {value}")).collect();
        line(out, "Sampling", &words.join(", "))?;
    }
    if run.epochs > 1 {
        line(out, "Epochs", &run.epochs.to_string())?;
    }
    line(out, "Mode", run.mode.name())?;
    line(out, "From", &run.started)?;
    line(out, "To", &run.ended)
}

fn line(out: &mut String, name: &str, value: &str) -> fmt::Result {
    write!(out, "<dt>{}</dt><dd>{}</dd>", Text(name), Text(value))
}

/// Why some items have no answer or no score.
fn failures(out: &mut String, report: &Report) -> fmt::Result {
    let counts = &report.counts;
    if counts.failed.is_empty() && counts.unscored.is_empty() {
        return Ok(());
    }
    out.write_str("<h3>What counts in no mean</h3>\n<ul>")?;
    for (code, count) in &counts.failed {
        write!(out, "<li>{count} without an answer: {}</li>", Text(code))?;
    }
    for (suite, reasons) in &counts.unscored {
        for (reason, count) in reasons {
            let (suite, reason) = (Text(suite), Text(reason));
            write!(out, "<li>{count} unscored by {suite}: {reason}</li>")?;
        }
    }
    out.write_str("</ul>\n")
}

pub(super) fn comparison(
    out: &mut String,
    comparison: &RunComparison,
    reports: [&Report; 2],
) -> fmt::Result {
    out.write_str("<header>\n<p class=\"kind\">Comparison of two runs</p>\n<h1>")?;
    let (first, second) = (&comparison.first, &comparison.second);
    let [one, other] = reports.map(heading);
    let (one, other) = (Text(&one), Text(&other));
    write!(
        out,
        "{one} <span class=\"soft\">and</span> {other}</h1>\n<div class=\"two\">"
    )?;
    for (which, run) in [("First", first), ("Second", second)] {
        write!(out, "<div><h3>{which}</h3><dl class=\"how\">")?;
        how(out, run)?;
        out.write_str("</dl></div>")?;
    }
    write!(
        out,
        "</div>\n<p>{} prompts are in both runs. Differences are the second run less the first. \
         Verdicts hold for all fields together: where nothing differs, any of them is wrong with a \
         probability of at most {} %.</p>\n</header>\n",
        comparison.pairs,
        comparison.alpha * 100.0
    )
}

/// What was not compared.
pub(super) fn left_out(out: &mut String, comparison: &RunComparison) -> fmt::Result {
    let only = [
        ("first", &comparison.only_first),
        ("second", &comparison.only_second),
    ];
    let is_whole = only.iter().all(|(_, only)| only.count == 0);
    if is_whole && comparison.left_out.is_empty() && comparison.notes.is_empty() {
        return Ok(());
    }
    section(out, "What is not compared", |out| {
        out.write_str("<ul>")?;
        for note in &comparison.notes {
            write!(out, "<li>{}</li>", Text(note))?;
        }
        for left in &comparison.left_out {
            let field = left.field.as_deref().unwrap_or("all fields");
            let (suite, field) = (Text(&left.suite), Text(field));
            write!(out, "<li>{suite}, {field}: {}</li>", Text(&left.reason))?;
        }
        for (which, only) in only {
            if only.count > 0 {
                let (count, ids) = (only.count, only.ids.join(", "));
                let more = if count > only.ids.len() { " …" } else { "" };
                let ids = Text(&ids);
                write!(
                    out,
                    "<li>{count} prompts only in the {which} run: {ids}{more}</li>"
                )?;
            }
        }
        out.write_str("</ul>\n")
    })
}
