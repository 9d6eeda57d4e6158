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

/// Sizes beyond this are damage, not models.
const LARGEST: u64 = 1 << 24;

impl<'a> Config<'a> {
    pub(crate) fn new(value: &'a Value) -> Self {
        Self { value, at: "" }
    }

    /// This object, with the fields of another one that it lacks.
    pub(crate) fn or_else(&self, defaults: &Value) -> Value {
        let mut filled = defaults.clone();
        if let (Some(filled), Some(own)) = (filled.as_object_mut(), self.value.as_object()) {
            let set = own.iter().filter(|(_, value)| !value.is_null());
            filled.extend(set.map(|(field, value)| (field.clone(), value.clone())));
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
            let size = value.as_u64().filter(|size| (1..=LARGEST).contains(size))?;
            usize::try_from(size).ok()
        };
        self.convert(field, "a whole number of 1 to 16777216", convert)
    }

    pub(crate) fn number(&self, field: &str) -> Result<f32, LoadError> {
        self.optional_number(field)?
            .ok_or_else(|| self.missing(field))
    }

    pub(crate) fn optional_number(&self, field: &str) -> Result<Option<f32>, LoadError> {
        #[expect(
            clippy::cast_possible_truncation,
            reason = "single precision is what the network computes in"
        )]
        let convert = |value: &Value| {
            let number = value.as_f64()? as f32;
            (number.is_finite() && number > 0.0).then_some(number)
        };
        self.convert(field, "a number above 0", convert)
    }

    pub(crate) fn flag(&self, field: &str) -> Result<Option<bool>, LoadError> {
        self.convert(field, "true or false", Value::as_bool)
    }

    pub(crate) fn numbers(&self, field: &str) -> Result<Vec<f32>, LoadError> {
        #[expect(
            clippy::cast_possible_truncation,
            reason = "single precision is what the network computes in"
        )]
        let convert = |value: &Value| {
            let numbers = value.as_array()?.iter();
            numbers
                .map(|number| number.as_f64().map(|number| number as f32))
                .collect::<Option<Vec<_>>>()
        };
        self.convert(field, "a list of numbers", convert)?
            .ok_or_else(|| self.missing(field))
    }

    pub(crate) fn texts(&self, field: &str) -> Result<Option<Vec<&'a str>>, LoadError> {
        let convert = |value: &'a Value| {
            let texts = value.as_array()?.iter();
            texts.map(Value::as_str).collect::<Option<Vec<_>>>()
        };
        self.convert(field, "a list of texts", convert)
    }

    /// Refuses a field that says what is not supported.
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
