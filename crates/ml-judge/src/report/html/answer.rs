//! Every answer, to be opened and read.

use std::fmt::{self, Write as _};

use super::Budget;
use super::escape::{Text, shown};
use super::matrix::short;
use super::page::{filter, section};
use crate::report::{Direction, ReportItem};
use crate::text::excerpt;
use crate::{Outcome, Score};

/// The item's id, and which of several answers it is.
pub(super) fn name(item: &ReportItem) -> String {
    match item.epoch {
        0 => item.id.clone(),
        epoch => format!("{} ({})", item.id, epoch + 1),
    }
}

pub(super) fn answers(out: &mut String, items: &[ReportItem], budget: &mut Budget) -> fmt::Result {
    section(out, "Answers", |out| {
        filter(out)?;
        let mut left_out = 0;
        for (place, item) in items.iter().enumerate() {
            let bytes = shown(&item.prompt).len() + shown(&item.response).len();
            if budget.takes(bytes) {
                answer(out, place, item)?;
            } else {
                left_out += 1;
            }
        }
        if left_out > 0 {
            writeln!(
                out,
                "<p class=\"soft\">{left_out} more answers are left out of this page, which shows \
                 a thousand and 8 MiB at most. The JSON has them.</p>"
            )?;
        }
        Ok(())
    })
}

fn answer(out: &mut String, place: usize, item: &ReportItem) -> fmt::Result {
    let verdict = verdict(item);
    let marked = if matches!(verdict, Some(("bad", _))) {
        " marked"
    } else {
        ""
    };
    write!(
        out,
        "<details class=\"item{marked}\" id=\"item-{place}\"><summary><span class=\"id\">{}</span>",
        Text(&name(item))
    )?;
    if let Some((class, word)) = verdict {
        write!(out, " <span class=\"chip {class}\">{word}</span>")?;
    }
    let start = excerpt(item.prompt.trim(), 160);
    write!(
        out,
        " <span class=\"start\">{}</span></summary>\n<div class=\"body\">\n",
        Text(&start)
    )?;
    facts(out, item)?;
    text(out, "Prompt", &item.prompt)?;
    if !item.reasoning.is_empty() {
        text(out, "Thinking", &item.reasoning)?;
    }
    match &item.error {
        Some(error) => text(
            out,
            "No answer",
            &format!("{}: {}", error.code, error.message),
        )?,
        None => text(out, "Answer", &item.response)?,
    }
    if let Some(expected) = &item.expected {
        text(out, "Right answer", expected)?;
    }
    for score in &item.scores {
        self::score(out, score)?;
    }
    out.write_str("</div></details>\n")
}

/// What an answer is, where one word says it.
fn verdict(item: &ReportItem) -> Option<(&'static str, &'static str)> {
    if item.error.is_some() {
        return Some(("bad", "failed"));
    }
    let of_suite = |suite| {
        Some((
            Direction::of(suite, "correct"),
            item.value(suite, "correct")?,
        ))
    };
    match of_suite("probe").or_else(|| of_suite("exact"))? {
        (Direction::Higher, value) if value > 0.5 => Some(("good", "right")),
        _ => Some(("bad", "wrong")),
    }
}

fn facts(out: &mut String, item: &ReportItem) -> fmt::Result {
    let mut facts = Vec::new();
    facts.extend(item.category.clone());
    facts.extend(Some(&item.model).filter(|model| !model.is_empty()).cloned());
    facts.extend(
        item.finish_reason
            .map(|reason| format!("ended by {}", reason.as_str())),
    );
    let tokens = item.usage.and_then(|usage| usage.generated_tokens);
    facts.extend(tokens.map(|tokens| format!("{tokens} tokens")));
    facts.extend(item.seconds.map(|seconds| format!("{seconds:.2} s")));
    write!(out, "<p class=\"soft\">{}</p>", Text(&facts.join(" · ")))
}

pub(super) fn text(out: &mut String, heading: &str, text: &str) -> fmt::Result {
    let text = shown(text);
    writeln!(
        out,
        "<h3>{heading}</h3><pre dir=\"auto\">{}</pre>",
        Text(&text)
    )
}

pub(super) fn score(out: &mut String, score: &Score) -> fmt::Result {
    let (suite, version) = (Text(&score.suite), Text(&score.version));
    write!(
        out,
        "<h3>{suite} <span class=\"soft\">{version}</span></h3><ul class=\"scores\">"
    )?;
    match &score.outcome {
        Outcome::Unscored { reason, .. } => {
            write!(out, "<li class=\"warn\">unscored: {}</li>", Text(reason))?;
        }
        Outcome::Scored { values, notes } => {
            for (field, value) in values {
                write!(out, "<li>{} <b>{}</b></li>", Text(field), short(*value))?;
            }
            for (name, note) in notes {
                let note = shown(note);
                write!(out, "<li>{}: {}</li>", Text(name), Text(&note))?;
            }
        }
    }
    out.write_str("</ul>\n")?;
    score.members.iter().try_for_each(|member| {
        let judge = member
            .judge
            .as_ref()
            .map_or("a judge", |judge| &judge.model);
        write!(out, "<p class=\"soft\">{}</p>", Text(judge))?;
        self::score(out, member)
    })
}
