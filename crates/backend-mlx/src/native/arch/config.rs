//! Typed reading of config.json.

use serde_json::Value;

use crate::native::load_error::LoadError;

/// The object in config.json, or one inside it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Config<'a> {
    value: &'a Value,
    /// Where it is in the file, such as `rope_scaling.`; empty at the top.
    at: &'static str,
}

/// Sizes beyond this are damage, not models; products of two fit `i64`, and sums of some `i32`.
pub(crate) const LARGEST_SIZE: usize = 1 << 24;

impl<'a> Config<'a> {
    pub(crate) fn new(value: &'a Value) -> Self {
        Self { value, at: "" }
    }

    /// Another value in the same place.
    pub(crate) fn replaced<'b>(&self, value: &'b Value) -> Config<'b> {
        Config { value, at: self.at }
    }

    /// This object, with the fields of another one that it lacks. Null is a value: it says that
    /// there is none.
    pub(crate) fn or_else(&self, defaults: &Value) -> Value {
        let mut filled = defaults.clone();
        if let (Some(filled), Some(own)) = (filled.as_object_mut(), self.value.as_object()) {
            let own = own.iter();
            filled.extend(own.map(|(field, value)| (field.clone(), value.clone())));
        }
        filled
    }

    /// The object in a field, where there is one.
    pub(crate) fn object(
        &self,
        field: &'static str,
        at: &'static str,
    ) -> Result<Option<Self>, LoadError> {
        match self.field(field) {
            None => Ok(None),
            Some(value @ Value::Object(_)) => Ok(Some(Self { value, at })),
            Some(other) => Err(self.wrong(field, other, "an object")),
        }
    }

    pub(crate) fn text(&self, field: &str) -> Result<&'a str, LoadError> {
        self.optional_text(field)?
            .ok_or_else(|| self.missing(field))
    }

    pub(crate) fn optional_text(&self, field: &str) -> Result<Option<&'a str>, LoadError> {
        let convert = |value: &'a Value| value.as_str();
        self.convert(field, "a text", convert)
    }

    /// A size: 1 or more.
    pub(crate) fn size(&self, field: &str) -> Result<usize, LoadError> {
        self.optional_size(field)?
            .ok_or_else(|| self.missing(field))
    }

    pub(crate) fn optional_size(&self, field: &str) -> Result<Option<usize>, LoadError> {
        let convert = |value: &Value| {
            let size = usize::try_from(value.as_u64()?).ok()?;
            (1..=LARGEST_SIZE).contains(&size).then_some(size)
        };
        let expected = format!("a whole number of 1 to {LARGEST_SIZE}");
        self.convert(field, &expected, convert)
    }

    /// A number of things: 0 or more.
    pub(crate) fn optional_count(&self, field: &str) -> Result<Option<usize>, LoadError> {
        let convert = |value: &Value| {
            let count = usize::try_from(value.as_u64()?).ok()?;
            (count <= LARGEST_SIZE).then_some(count)
        };
        let expected = format!("a whole number of 0 to {LARGEST_SIZE}");
        self.convert(field, &expected, convert)
    }

    pub(crate) fn number(&self, field: &str) -> Result<f32, LoadError> {
        self.optional_number(field)?
            .ok_or_else(|| self.missing(field))
    }

    pub(crate) fn optional_number(&self, field: &str) -> Result<Option<f32>, LoadError> {
        self.convert(field, "a number above 0", above_zero)
    }

    pub(crate) fn flag(&self, field: &str) -> Result<Option<bool>, LoadError> {
        self.convert(field, "true or false", Value::as_bool)
    }

    pub(crate) fn numbers(&self, field: &str) -> Result<Vec<f32>, LoadError> {
        let convert = |value: &Value| value.as_array()?.iter().map(above_zero).collect();
        self.convert(field, "a list of numbers above 0", convert)?
            .ok_or_else(|| self.missing(field))
    }

    pub(crate) fn texts(&self, field: &str) -> Result<Option<Vec<&'a str>>, LoadError> {
        let convert = |value: &'a Value| {
            let texts = value.as_array()?.iter();
            texts.map(Value::as_str).collect::<Option<Vec<_>>>()
        };
        self.convert(field, "a list of texts", convert)
    }

    /// Refuses a flag that is set.
    pub(crate) fn refuse_flag(&self, field: &str) -> Result<(), LoadError> {
        match self.flag(field)? {
            Some(true) => Err(self.unsupported(field, "true")),
            _ => Ok(()),
        }
    }

    /// The error for a field that says what is not supported.
    pub(crate) fn unsupported(&self, field: &str, value: &str) -> LoadError {
        self.refuse(field, format!("is {value}, which is not supported"))
    }

    /// The error for a field that is wrong.
    pub(crate) fn refuse(&self, field: &str, problem: impl Into<String>) -> LoadError {
        LoadError::config(format!("{}{field}", self.at), problem)
    }

    fn field(&self, field: &str) -> Option<&'a Value> {
        self.value.get(field).filter(|value| !value.is_null())
    }

    fn convert<T>(
        &self,
        field: &str,
        expected: &str,
        convert: impl FnOnce(&'a Value) -> Option<T>,
    ) -> Result<Option<T>, LoadError> {
        let Some(value) = self.field(field) else {
            return Ok(None);
        };
        match convert(value) {
            Some(converted) => Ok(Some(converted)),
            None => Err(self.wrong(field, value, expected)),
        }
    }

    fn missing(&self, field: &str) -> LoadError {
        self.refuse(field, "is missing")
    }

    fn wrong(&self, field: &str, found: &Value, expected: &str) -> LoadError {
        let mut found = found.to_string();
        if found.len() > 60 {
            found.truncate(found.floor_char_boundary(60));
            found.push('…');
        }
        self.refuse(field, format!("is {found}, but must be {expected}"))
    }
}

fn above_zero(value: &Value) -> Option<f32> {
    #[expect(
        clippy::cast_possible_truncation,
        reason = "single precision is what the network computes in"
    )]
    let number = value.as_f64()? as f32;
    (number.is_finite() && number > 0.0).then_some(number)
}
