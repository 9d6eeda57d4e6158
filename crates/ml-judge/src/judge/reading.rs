//! A judge's answer → numbers, or what is wrong with it.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use crate::json::objects;
use crate::text::cut;
use crate::{Material, Rubric};

/// The most of an answer that an error quotes, in bytes.
const LONGEST_QUOTE: usize = 120;

/// What is wrong with a judge's answer; written so that the judge can mend it.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum Unreadable {
    /// Nothing but white space, thinking apart.
    #[error("it is empty")]
    Empty,
    /// No complete JSON object has one of the fields that were asked for.
    #[error("it has no complete JSON object with the field {field:?}: {quote:?}")]
    NoObject {
        /// The first field that was asked for.
        field: String,
        /// How it begins.
        quote: String,
    },
    /// The only object also stands in what was to be judged.
    #[error("its JSON object is copied from the material")]
    Copied,
    /// The object lacks a field.
    #[error("its JSON object lacks the field {field:?}")]
    Missing {
        /// The field.
        field: String,
    },
    /// A field is no number.
    #[error("{field:?} is not a number but {found}")]
    NotANumber {
        /// The field.
        field: String,
        /// How what is there instead begins.
        found: String,
    },
    /// A number lies off the scale.
    #[error("{field:?} is {number}, but must be from {scale}")]
    OutOfRange {
        /// The field.
        field: String,
        /// The number.
        number: f64,
        /// The scale, such as `1 to 10`.
        scale: String,
    },
    /// The winner of a comparison is none that was offered.
    #[error("\"winner\" is {found}, but must be \"1\", \"2\" or \"tie\"")]
    NoWinner {
        /// How what is there begins.
        found: String,
    },
}

/// What was read.
#[derive(Debug, PartialEq)]
pub(super) struct Scores {
    pub(super) values: BTreeMap<String, f64>,
    pub(super) note: Option<String>,
}

/// Reads a number for every dimension. Unknown fields are ignored.
pub(super) fn scores(
    reply: &str,
    rubric: &Rubric,
    shown: &[(Material, &str)],
) -> Result<Scores, Unreadable> {
    let dimensions = rubric.dimensions().iter();
    let fields: Vec<_> = dimensions
        .map(|dimension| dimension.name.as_str())
        .collect();
    let texts: Vec<_> = shown.iter().map(|(_, text)| *text).collect();
    let object = answer(reply, &fields, &texts)?;
    let mut values = BTreeMap::new();
    for field in fields {
        values.insert(field.to_owned(), number(&object, field, rubric)?);
    }
    let note = note(&object, rubric);
    Ok(Scores { values, note })
}

/// The judge's reasons.
pub(super) fn note(object: &Map<String, Value>, rubric: &Rubric) -> Option<String> {
    let note = object.get(rubric.note())?.as_str()?;
    Some(note.to_owned())
}

/// The last complete object that has all the fields and stands in none of the texts that are
/// judged. What the judge thinks before it answers is not its answer.
pub(super) fn answer(
    reply: &str,
    fields: &[&str],
    judged: &[&str],
) -> Result<Map<String, Value>, Unreadable> {
    let reply = after_thinking(reply);
    if reply.trim().is_empty() {
        return Err(Unreadable::Empty);
    }
    let judged: Vec<_> = judged
        .iter()
        .flat_map(|text| objects(text))
        .filter_map(|object| with_fields(object.members, fields).ok())
        .collect();
    let mut found = None;
    let mut wrong = Unreadable::NoObject {
        field: fields[0].to_owned(),
        quote: cut(reply.trim(), LONGEST_QUOTE).into_owned(),
    };
    for object in objects(reply) {
        match with_fields(object.members, fields) {
            Ok(members) if judged.contains(&members) => wrong = Unreadable::Copied,
            Ok(members) => found = Some(members),
            Err(Some(missing)) => {
                wrong = Unreadable::Missing {
                    field: missing.to_owned(),
                }
            }
            Err(None) => {}
        }
    }
    found.ok_or(wrong)
}

/// The reply after the think block that it begins with; nothing where that is not closed. Tags
/// further on are what a judge quotes.
fn after_thinking(reply: &str) -> &str {
    match reply.trim_start().strip_prefix("<think>") {
        Some(thinking) => thinking
            .split_once("</think>")
            .map_or("", |(_, answer)| answer),
        None => reply,
    }
}

/// The object itself, or the first within it, that has all the fields; else the first field that
/// it lacks, where it has others.
fn with_fields<'a>(
    members: Map<String, Value>,
    fields: &[&'a str],
) -> Result<Map<String, Value>, Option<&'a str>> {
    let mut lacking = fields.iter().filter(|field| !members.contains_key(**field));
    let Some(first) = lacking.next() else {
        return Ok(members);
    };
    let has_others = lacking.count() + 1 < fields.len();
    let mut missing = has_others.then_some(*first);
    for inner in members.into_iter().flat_map(|(_, value)| objects_of(value)) {
        match with_fields(inner, fields) {
            Ok(inner) => return Ok(inner),
            Err(inner) => missing = missing.or(inner),
        }
    }
    Err(missing)
}

/// The object that a value is, or those of the list that it is.
fn objects_of(value: Value) -> Vec<Map<String, Value>> {
    match value {
        Value::Object(object) => vec![object],
        Value::Array(items) => items.into_iter().flat_map(objects_of).collect(),
        _ => Vec::new(),
    }
}

/// The number of a field: a JSON number or a string that holds one; `true` and `false` where the
/// scale is a verdict.
fn number(object: &Map<String, Value>, field: &str, rubric: &Rubric) -> Result<f64, Unreadable> {
    let scale = rubric.scale();
    let number = match &object[field] {
        Value::Number(number) => number.as_f64(),
        Value::String(text) => text.trim().parse().ok(),
        Value::Bool(verdict) if scale.is_verdict() => Some(f64::from(u8::from(*verdict))),
        _ => None,
    };
    match number.filter(|number| number.is_finite()) {
        None => Err(Unreadable::NotANumber {
            field: field.to_owned(),
            found: found(&object[field]),
        }),
        Some(number) if scale.contains(number) => Ok(number),
        Some(number) => Err(Unreadable::OutOfRange {
            field: field.to_owned(),
            number,
            scale: scale.to_string(),
        }),
    }
}

/// How a value begins.
pub(super) fn found(value: &Value) -> String {
    cut(&value.to_string(), LONGEST_QUOTE).into_owned()
}

#[cfg(test)]
mod tests;
