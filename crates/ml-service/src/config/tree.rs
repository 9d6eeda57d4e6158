//! The settings as they were written, each with its origin.

use std::collections::BTreeMap;
use std::ops::Range;
use std::path::Path;

use toml::de::{DeArray, DeTable, DeValue};

use super::{ConfigError, Origin};

/// Settings by key, in the order of their names.
pub(crate) type Table = BTreeMap<String, Entry>;

/// A value and where it was written.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Entry {
    pub(crate) origin: Origin,
    pub(crate) value: Value,
}

/// A value as TOML knows it; dates are strings.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Value {
    Bool(bool),
    Integer(i64),
    Float(f64),
    String(String),
    Array(Vec<Entry>),
    Table(Table),
}

impl Entry {
    /// The entry of this key, where this is a table that has one.
    pub(crate) fn get(&self, key: &str) -> Option<&Self> {
        match &self.value {
            Value::Table(table) => table.get(key),
            _ => None,
        }
    }

    /// The entry of this key, where this is a table that has one.
    pub(crate) fn get_mut(&mut self, key: &str) -> Option<&mut Self> {
        match &mut self.value {
            Value::Table(table) => table.get_mut(key),
            _ => None,
        }
    }

    /// Takes out what these keys lead to; `false` where they lead nowhere.
    pub(crate) fn remove(&mut self, keys: &[String]) -> bool {
        match (keys, &mut self.value) {
            ([key], Value::Table(table)) => table.remove(key).is_some(),
            ([key, rest @ ..], Value::Table(table)) => {
                table.get_mut(key).is_some_and(|entry| entry.remove(rest))
            }
            _ => false,
        }
    }
}

/// Reads the text of a file.
pub(crate) fn parse(text: &str, path: &Path) -> Result<Table, ConfigError> {
    let reader = Reader { text, path };
    let table = DeTable::parse(text).map_err(|error| {
        let (line, column) = reader.position(error.span().unwrap_or_default());
        ConfigError::Syntax {
            file: path.to_owned(),
            line,
            column,
            message: error.message().to_owned(),
        }
    })?;
    reader.table(table.into_inner())
}

struct Reader<'a> {
    text: &'a str,
    path: &'a Path,
}

impl Reader<'_> {
    fn table(&self, table: DeTable<'_>) -> Result<Table, ConfigError> {
        table
            .into_iter()
            .map(|(key, value)| {
                let origin = self.origin(key.span());
                let value = self.value(value.into_inner(), &origin, key.as_ref())?;
                Ok((key.into_inner().into_owned(), Entry { origin, value }))
            })
            .collect()
    }

    fn value(&self, value: DeValue<'_>, origin: &Origin, key: &str) -> Result<Value, ConfigError> {
        let out_of_range = |number: &str| ConfigError::Invalid {
            origin: origin.clone(),
            key: key.to_owned(),
            message: format!("the number {number} is too large"),
        };
        Ok(match value {
            DeValue::String(text) => Value::String(text.into_owned()),
            DeValue::Integer(number) => i64::from_str_radix(number.as_str(), number.radix())
                .map(Value::Integer)
                .map_err(|_| out_of_range(number.as_str()))?,
            DeValue::Float(number) => number
                .as_str()
                .parse()
                .map(Value::Float)
                .map_err(|_| out_of_range(number.as_str()))?,
            DeValue::Boolean(value) => Value::Bool(value),
            DeValue::Datetime(date) => Value::String(date.to_string()),
            DeValue::Array(items) => Value::Array(self.array(items, key)?),
            DeValue::Table(table) => Value::Table(self.table(table)?),
        })
    }

    fn array(&self, items: DeArray<'_>, key: &str) -> Result<Vec<Entry>, ConfigError> {
        let items = items.into_iter().map(|item| {
            let origin = self.origin(item.span());
            let value = self.value(item.into_inner(), &origin, key)?;
            Ok(Entry { origin, value })
        });
        items.collect()
    }

    fn origin(&self, span: Range<usize>) -> Origin {
        Origin::File {
            path: self.path.to_owned(),
            line: self.position(span).0,
        }
    }

    /// Line and column of the first byte, both counted from 1.
    fn position(&self, span: Range<usize>) -> (usize, usize) {
        let before = &self.text.as_bytes()[..span.start.min(self.text.len())];
        let line_start = before
            .iter()
            .rposition(|byte| *byte == b'\n')
            .map_or(0, |at| at + 1);
        let line = before.split(|byte| *byte == b'\n').count();
        let column = String::from_utf8_lossy(&before[line_start..])
            .chars()
            .count()
            + 1;
        (line, column)
    }
}
