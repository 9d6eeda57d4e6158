//! The filter `tojson` as Hugging Face has it: Python's `json.dumps`, which escapes no HTML.

use std::fmt::Write as _;

use minijinja::value::{Kwargs, ValueKind};
use minijinja::{Error, ErrorKind, State, Value};

use super::python;

/// Most spaces of an indentation: a template cannot make a text large by it.
const MAX_INDENT: usize = 64;

/// How values become text.
struct Dumps {
    indent: Option<usize>,
    ensure_ascii: bool,
    sort_keys: bool,
    between: String,
    after_key: String,
}

/// `value | tojson(ensure_ascii=false, indent=none, separators=none, sort_keys=false)`.
#[expect(
    clippy::needless_pass_by_value,
    reason = "filters take their options so"
)]
pub(super) fn tojson(
    state: &State<'_, '_>,
    value: &Value,
    options: Kwargs,
) -> Result<Value, Error> {
    let indent: Option<usize> = options.get("indent")?;
    if indent.is_some_and(|spaces| spaces > MAX_INDENT) {
        let message = format!("tojson: an indent above {MAX_INDENT}");
        return Err(Error::new(ErrorKind::InvalidOperation, message));
    }
    let between = if indent.is_some() { "," } else { ", " };
    let usual = || vec![between.to_owned(), ": ".to_owned()];
    let separators: Option<Vec<String>> = options.get("separators")?;
    let [between, after_key] = separators.unwrap_or_else(usual).try_into().map_err(|_| {
        Error::new(
            ErrorKind::InvalidOperation,
            "tojson: separators are two strings",
        )
    })?;
    let dumps = Dumps {
        indent,
        ensure_ascii: options
            .get::<Option<bool>>("ensure_ascii")?
            .unwrap_or(false),
        sort_keys: options.get::<Option<bool>>("sort_keys")?.unwrap_or(false),
        between,
        after_key,
    };
    options.assert_all_used()?;
    let mut json = String::new();
    dumps.write(state, value, 0, &mut json)?;
    Ok(Value::from(json))
}

impl Dumps {
    fn write(
        &self,
        state: &State<'_, '_>,
        value: &Value,
        depth: usize,
        json: &mut String,
    ) -> Result<(), Error> {
        // Paid for piece by piece: a list that holds another twice, which holds another twice,
        // and so on, is small, and has no end when it is written.
        let text = value.as_str().map_or(0, str::len);
        let spaces = depth * self.indent.unwrap_or(0);
        state.consume_fuel(1 + ((text + spaces) / 64) as u64)?;
        match value.kind() {
            ValueKind::None => json.push_str("null"),
            ValueKind::Bool => json.push_str(if value.is_true() { "true" } else { "false" }),
            ValueKind::Number if value.is_integer() => json.push_str(&value.to_string()),
            ValueKind::Number => json.push_str(&python::float(f64::try_from(value.clone())?)),
            ValueKind::String => self.string(value.as_str().unwrap_or_default(), json),
            ValueKind::Seq | ValueKind::Iterable => {
                let items: Vec<Value> = value.try_iter()?.collect();
                self.list(('[', ']'), depth, json, items, |item, json| {
                    self.write(state, &item, depth + 1, json)
                })?;
            }
            ValueKind::Map => {
                let mut keys: Vec<Value> = value.try_iter()?.collect();
                if self.sort_keys {
                    keys.sort();
                }
                self.list(('{', '}'), depth, json, keys, |key, json| {
                    self.string(&key.to_string(), json);
                    json.push_str(&self.after_key);
                    self.write(state, &value.get_item(&key)?, depth + 1, json)
                })?;
            }
            kind => {
                let message = format!("tojson: {kind} is not JSON serializable");
                return Err(Error::new(ErrorKind::BadSerialization, message));
            }
        }
        Ok(())
    }

    fn list(
        &self,
        (open, close): (char, char),
        depth: usize,
        json: &mut String,
        items: Vec<Value>,
        mut each: impl FnMut(Value, &mut String) -> Result<(), Error>,
    ) -> Result<(), Error> {
        json.push(open);
        let filled = !items.is_empty();
        for (place, item) in items.into_iter().enumerate() {
            if place > 0 {
                json.push_str(&self.between);
            }
            self.line(depth + 1, json);
            each(item, json)?;
        }
        if filled {
            self.line(depth, json);
        }
        json.push(close);
        Ok(())
    }

    fn line(&self, depth: usize, json: &mut String) {
        if let Some(indent) = self.indent {
            json.push('\n');
            json.extend(std::iter::repeat_n(' ', indent * depth));
        }
    }

    fn string(&self, text: &str, json: &mut String) {
        json.push('"');
        for character in text.chars() {
            match character {
                '"' => json.push_str("\\\""),
                '\\' => json.push_str("\\\\"),
                '\n' => json.push_str("\\n"),
                '\r' => json.push_str("\\r"),
                '\t' => json.push_str("\\t"),
                '\u{8}' => json.push_str("\\b"),
                '\u{c}' => json.push_str("\\f"),
                other if other < ' ' || (self.ensure_ascii && !other.is_ascii()) => {
                    for unit in other.encode_utf16(&mut [0; 2]) {
                        write!(json, "\\u{unit:04x}").expect("strings take all that is written");
                    }
                }
                other => json.push(other),
            }
        }
        json.push('"');
    }
}
