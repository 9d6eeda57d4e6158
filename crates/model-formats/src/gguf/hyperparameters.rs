//! A model's sizes and settings in the metadata.

use std::collections::BTreeMap;
use std::fmt::Display;

use serde_json::Value;

use super::{GgufFault, GgufValue};

/// The metadata of one architecture: `context_length` stands for `llama.context_length`.
#[derive(Debug, Clone, Copy)]
pub(super) struct Hyperparameters<'a> {
    metadata: &'a BTreeMap<String, GgufValue>,
    /// As in `general.architecture`.
    architecture: &'a str,
}

impl<'a> Hyperparameters<'a> {
    pub(super) fn new(metadata: &'a BTreeMap<String, GgufValue>, architecture: &'a str) -> Self {
        Self {
            metadata,
            architecture,
        }
    }

    /// A size or count, positive and less than 2^31.
    pub(super) fn size(&self, name: &str) -> Result<u64, GgufFault> {
        self.optional_size(name)?
            .ok_or_else(|| GgufFault::MissingKey {
                key: self.key(name),
            })
    }

    pub(super) fn optional_size(&self, name: &str) -> Result<Option<u64>, GgufFault> {
        self.find(name, "a positive number below 2^31", |value| {
            value.as_u64().filter(|size| (1..1 << 31).contains(size))
        })
    }

    /// A size that is 0 where the model has no such thing.
    pub(super) fn size_or_zero(&self, name: &str) -> Result<u64, GgufFault> {
        let size = self.find(name, "a number below 2^31", |value| {
            value.as_u64().filter(|size| *size < 1 << 31)
        })?;
        Ok(size.unwrap_or(0))
    }

    /// A number of type F32.
    pub(super) fn float(&self, name: &str) -> Result<Option<Float>, GgufFault> {
        self.find(name, "a finite number", |value| {
            value.as_f64().and_then(Float::new)
        })
    }

    pub(super) fn text(&self, name: &str) -> Result<Option<&'a str>, GgufFault> {
        self.find(name, "a text", GgufValue::as_str)
    }

    pub(super) fn get(&self, name: &str) -> Option<&'a GgufValue> {
        self.metadata.get(&self.key(name))
    }

    pub(super) fn key(&self, name: &str) -> String {
        format!("{}.{name}", self.architecture)
    }

    pub(super) fn unsupported(&self, name: &str, value: impl Display) -> GgufFault {
        GgufFault::UnsupportedValue {
            key: self.key(name),
            value: value.to_string(),
        }
    }

    fn find<T>(
        &self,
        name: &str,
        expected: &'static str,
        read: impl Fn(&'a GgufValue) -> Option<T>,
    ) -> Result<Option<T>, GgufFault> {
        let Some(value) = self.get(name) else {
            return Ok(None);
        };
        match read(value) {
            Some(value) => Ok(Some(value)),
            None => Err(GgufFault::Mistyped {
                key: self.key(name),
                expected,
            }),
        }
    }
}

/// A finite number that was stored in single precision.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Float(f64);

impl Float {
    fn new(number: f64) -> Option<Self> {
        number.is_finite().then_some(Self(number))
    }

    pub(super) const fn get(self) -> f64 {
        self.0
    }

    pub(super) fn is(self, number: f64) -> bool {
        self.0.total_cmp(&number).is_eq()
    }

    /// The shortest decimal that stands for it: `1e-5` rather than `9.999999747378752e-6`.
    pub(super) fn json(self) -> Value {
        shortest(self.0)
    }
}

impl From<Float> for Value {
    fn from(float: Float) -> Self {
        float.json()
    }
}

/// A number of single precision by the shortest decimal that stands for it.
pub(super) fn shortest(number: f64) -> Value {
    #[expect(
        clippy::cast_possible_truncation,
        reason = "it was of single precision"
    )]
    let single = number as f32;
    if f64::from(single).to_bits() == number.to_bits() {
        single
            .to_string()
            .parse::<f64>()
            .map_or(Value::Null, Value::from)
    } else {
        Value::from(number)
    }
}
