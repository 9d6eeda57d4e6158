//! Reads settings into the types that own them; a refusal names the key and where it was written.

use std::borrow::Cow;
use std::collections::btree_map;
use std::fmt;
use std::slice;

use serde::de::value::StrDeserializer;
use serde::de::{
    DeserializeOwned, DeserializeSeed, Deserializer, EnumAccess, Error as _, MapAccess, SeqAccess,
    Unexpected, VariantAccess, Visitor,
};

use super::key::dotted;
use super::nearest::nearest;
use super::tree::{Entry, Value};
use super::{ConfigError, Origin};

/// Reads one entry, whose keys are `path`, or says everything that is wrong with it.
pub(super) fn read<T: DeserializeOwned>(path: &[&str], entry: &Entry) -> Result<T, Errors> {
    let mut errors = Vec::new();
    let mut rest = Cow::Borrowed(entry);
    loop {
        let fault = match T::deserialize(Reader(&rest)) {
            Ok(value) if errors.is_empty() => return Ok(value),
            Ok(_) => return Err(errors),
            Err(fault) => fault,
        };
        let keys: Vec<String> = fault.keys().map(ToOwned::to_owned).collect();
        errors.push(fault.into_error(path, &entry.origin));
        // What is left without the key in question may have more that is wrong.
        if !rest.to_mut().remove(&keys) {
            return Err(errors);
        }
    }
}

type Errors = Vec<ConfigError>;

/// Why a value does not fit its type.
#[derive(Debug)]
struct Fault {
    /// Where the innermost key in question was written.
    origin: Option<Origin>,
    /// The keys that lead to it, innermost first.
    path: Vec<String>,
    problem: Problem,
}

#[derive(Debug)]
enum Problem {
    UnknownKey {
        key: String,
        known: &'static [&'static str],
    },
    Other(String),
}

impl Fault {
    fn new(problem: Problem) -> Self {
        Self {
            origin: None,
            path: Vec::new(),
            problem,
        }
    }

    /// Adds where the fault is, unless something further in has said so.
    fn at(mut self, origin: &Origin) -> Self {
        self.origin.get_or_insert_with(|| origin.clone());
        self
    }

    fn within(mut self, key: &str, origin: &Origin) -> Self {
        self.path.push(key.to_owned());
        self.at(origin)
    }

    /// The keys that lead to what is wrong, from the outside in.
    fn keys(&self) -> impl Iterator<Item = &str> {
        let unknown = match &self.problem {
            Problem::UnknownKey { key, .. } => Some(key.as_str()),
            Problem::Other(_) => None,
        };
        self.path.iter().rev().map(String::as_str).chain(unknown)
    }

    fn into_error(self, path: &[&str], origin: &Origin) -> ConfigError {
        let path: Vec<&str> = path.iter().copied().chain(self.keys()).collect();
        let key = dotted(&path);
        let origin = self.origin.clone().unwrap_or_else(|| origin.clone());
        match self.problem {
            Problem::UnknownKey { key: name, known } => ConfigError::UnknownKey {
                origin,
                key,
                nearest: nearest(&name, known).map(ToOwned::to_owned),
                known: known.iter().map(|&known| known.to_owned()).collect(),
            },
            Problem::Other(message) => ConfigError::Invalid {
                origin,
                key,
                message,
            },
        }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.problem {
            Problem::UnknownKey { key, .. } => write!(f, "unknown key {key:?}"),
            Problem::Other(message) => f.write_str(message),
        }
    }
}

impl std::error::Error for Fault {}

impl serde::de::Error for Fault {
    fn custom<T: fmt::Display>(message: T) -> Self {
        Self::new(Problem::Other(message.to_string()))
    }

    fn unknown_field(field: &str, expected: &'static [&'static str]) -> Self {
        Self::new(Problem::UnknownKey {
            key: field.to_owned(),
            known: expected,
        })
    }

    fn unknown_variant(variant: &str, expected: &'static [&'static str]) -> Self {
        let hint = nearest(variant, expected).map_or_else(
            || format!("it must be one of {}", expected.join(", ")),
            |nearest| format!("did you mean {nearest:?}?"),
        );
        Self::custom(format_args!("{variant:?} is not known: {hint}"))
    }

    fn missing_field(field: &'static str) -> Self {
        Self::custom(format_args!("the key {field:?} is missing"))
    }
}

/// Reads one entry.
#[derive(Clone, Copy)]
struct Reader<'de>(&'de Entry);

impl<'de> Deserializer<'de> for Reader<'de> {
    type Error = Fault;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        match &self.0.value {
            Value::Bool(value) => visitor.visit_bool(*value),
            Value::Integer(value) => visitor.visit_i64(*value),
            Value::Float(value) => visitor.visit_f64(*value),
            Value::String(value) => visitor.visit_borrowed_str(value),
            Value::Array(items) => visitor.visit_seq(Items(items.iter())),
            Value::Table(table) => visitor.visit_map(Keys {
                entries: table.iter(),
                next: None,
            }),
        }
        .map_err(|fault| fault.at(&self.0.origin))
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        visitor.visit_some(self)
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        visitor: V,
    ) -> Result<V::Value, Fault> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _name: &'static str,
        _variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Fault> {
        let access = match &self.0.value {
            Value::String(variant) => Variant {
                name: variant,
                content: None,
            },
            Value::Table(table) if table.len() == 1 => {
                let (name, content) = table.iter().next().expect("the table has one entry");
                Variant {
                    name,
                    content: Some(content),
                }
            }
            _ => {
                let unexpected = Unexpected::Other("another type");
                let fault = Fault::invalid_type(unexpected, &"a string");
                return Err(fault.at(&self.0.origin));
            }
        };
        visitor
            .visit_enum(access)
            .map_err(|fault| fault.at(&self.0.origin))
    }

    serde::forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf unit
        unit_struct seq tuple tuple_struct map struct identifier ignored_any
    }
}

struct Items<'de>(slice::Iter<'de, Entry>);

impl<'de> SeqAccess<'de> for Items<'de> {
    type Error = Fault;

    fn next_element_seed<T: DeserializeSeed<'de>>(
        &mut self,
        seed: T,
    ) -> Result<Option<T::Value>, Fault> {
        let item = self.0.next();
        item.map(|item| seed.deserialize(Reader(item))).transpose()
    }
}

struct Keys<'de> {
    entries: btree_map::Iter<'de, String, Entry>,
    next: Option<(&'de String, &'de Entry)>,
}

impl<'de> MapAccess<'de> for Keys<'de> {
    type Error = Fault;

    fn next_key_seed<K: DeserializeSeed<'de>>(
        &mut self,
        seed: K,
    ) -> Result<Option<K::Value>, Fault> {
        self.next = self.entries.next();
        let Some((key, entry)) = self.next else {
            return Ok(None);
        };
        seed.deserialize(StrDeserializer::<Fault>::new(key))
            .map(Some)
            .map_err(|fault| fault.at(&entry.origin))
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, Fault> {
        let (key, entry) = self.next.take().expect("a value is read after its key");
        seed.deserialize(Reader(entry))
            .map_err(|fault| fault.within(key, &entry.origin))
    }
}

struct Variant<'de> {
    name: &'de str,
    content: Option<&'de Entry>,
}

impl<'de> EnumAccess<'de> for Variant<'de> {
    type Error = Fault;
    type Variant = Content<'de>;

    fn variant_seed<V: DeserializeSeed<'de>>(
        self,
        seed: V,
    ) -> Result<(V::Value, Self::Variant), Fault> {
        let variant = seed.deserialize(StrDeserializer::<Fault>::new(self.name))?;
        Ok((variant, Content(self.content)))
    }
}

/// What stands behind a variant's name.
struct Content<'de>(Option<&'de Entry>);

impl<'de> VariantAccess<'de> for Content<'de> {
    type Error = Fault;

    fn unit_variant(self) -> Result<(), Fault> {
        match self.0 {
            None => Ok(()),
            Some(_) => Err(Fault::custom("it takes no value")),
        }
    }

    fn newtype_variant_seed<T: DeserializeSeed<'de>>(self, seed: T) -> Result<T::Value, Fault> {
        match self.0 {
            Some(entry) => seed.deserialize(Reader(entry)),
            None => Err(Fault::custom("it needs a value")),
        }
    }

    fn tuple_variant<V: Visitor<'de>>(self, _len: usize, visitor: V) -> Result<V::Value, Fault> {
        match self.0 {
            Some(entry) => Reader(entry).deserialize_any(visitor),
            None => Err(Fault::custom("it needs a value")),
        }
    }

    fn struct_variant<V: Visitor<'de>>(
        self,
        _fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Fault> {
        self.tuple_variant(0, visitor)
    }
}
