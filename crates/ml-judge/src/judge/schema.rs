//! JSON schemas of a judge's answers.

use serde_json::{Map, Value, json};

use crate::{Rubric, rubric::Scale};

/// The longest note, in characters: a weak judge that repeats itself still comes to the end of its
/// object within the token limit.
const LONGEST_NOTE: u32 = 500;

/// An object with a number per dimension and the note.
pub(super) fn scores(rubric: &Rubric) -> Value {
    let number = number(rubric.scale());
    let dimensions = rubric.dimensions().iter();
    let mut properties: Map<_, _> = dimensions
        .map(|dimension| (dimension.name.clone(), number.clone()))
        .collect();
    properties.insert(rubric.note().to_owned(), note());
    object(&properties)
}

/// An object with the winner and the note.
pub(super) fn preference(rubric: &Rubric) -> Value {
    let mut properties = Map::new();
    let winner = json!({"type": "string", "enum": ["1", "2", "tie"]});
    properties.insert("winner".to_owned(), winner);
    properties.insert(rubric.note().to_owned(), note());
    object(&properties)
}

fn note() -> Value {
    json!({"type": "string", "maxLength": LONGEST_NOTE})
}

fn object(properties: &Map<String, Value>) -> Value {
    let required: Vec<_> = properties.keys().cloned().collect();
    json!({
        "type": "object",
        "properties": properties,
        "required": required,
        "additionalProperties": false,
    })
}

/// Whole numbers of a short scale are listed, since not every server enforces bounds.
#[expect(
    clippy::cast_possible_truncation,
    reason = "the bounds are checked to be small first"
)]
fn number(scale: Scale) -> Value {
    const LONGEST_LIST: f64 = 100.0;
    let Scale { min, max, decimals } = scale;
    if decimals {
        return json!({"type": "number", "minimum": min, "maximum": max});
    }
    if max - min > LONGEST_LIST || min.abs() > 1e6 {
        return json!({"type": "integer", "minimum": min, "maximum": max});
    }
    let numbers: Vec<_> = (min.ceil() as i64..=max.floor() as i64).collect();
    json!({"type": "integer", "enum": numbers})
}
