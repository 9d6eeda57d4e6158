//! Tools that a model may call, and its calls, whole or in pieces.

use std::fmt;

use serde::de::value::MapAccessDeserializer;
use serde::de::{Deserializer, Error, MapAccess, Visitor};
use serde::{Deserialize, Serialize, Serializer};
use serde_json::Value;

use crate::Text;

/// A tool offered to the model.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ToolDefinition {
    /// Always `function`.
    #[serde(rename = "type", default = "function_kind")]
    pub kind: String,
    /// The function.
    pub function: FunctionDefinition,
}

/// The function behind a tool.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct FunctionDefinition {
    /// The name that the model calls.
    pub name: String,
    /// What it does, for the model.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// JSON schema of the arguments.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parameters: Option<Value>,
    /// Whether the arguments must satisfy the schema.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub strict: Option<bool>,
}

impl ToolDefinition {
    /// A tool that is the function.
    pub fn new(function: FunctionDefinition) -> Self {
        Self {
            kind: function_kind(),
            function,
        }
    }
}

/// Whether the model may, must or must not call tools.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum ToolChoice {
    /// The model decides.
    Auto,
    /// No tool is called.
    None,
    /// At least one tool is called.
    Required,
    /// The tool of this name is called.
    Function(String),
}

/// A whole call of a tool.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ToolCall {
    /// The id that the answering tool message names; empty where the server gives none.
    #[serde(default)]
    pub id: String,
    /// Always `function`.
    #[serde(rename = "type", default = "function_kind")]
    pub kind: String,
    /// What is called.
    pub function: FunctionCall,
}

/// The name and arguments of a call.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct FunctionCall {
    /// The tool's name.
    pub name: String,
    /// The arguments as the JSON text that the model wrote; it may be invalid.
    #[serde(default)]
    pub arguments: String,
}

impl ToolCall {
    /// A call of the function `name` with `arguments` as JSON text.
    pub fn new(
        id: impl Into<String>,
        name: impl Into<String>,
        arguments: impl Into<String>,
    ) -> Self {
        Self {
            id: id.into(),
            kind: function_kind(),
            function: FunctionCall {
                name: name.into(),
                arguments: arguments.into(),
            },
        }
    }
}

/// A piece of a call in a stream: the first names id and function, all extend the arguments.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ToolCallDelta<'a> {
    /// Which call of the answer this extends.
    #[serde(default)]
    pub index: u32,
    /// The call's id.
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    pub id: Option<Text<'a>>,
    /// Always `function`.
    #[serde(
        borrow,
        rename = "type",
        default,
        skip_serializing_if = "Option::is_none"
    )]
    pub kind: Option<Text<'a>>,
    /// What is called.
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    pub function: Option<FunctionCallDelta<'a>>,
}

/// A piece of the name and arguments of a call.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct FunctionCallDelta<'a> {
    /// The tool's name.
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    pub name: Option<Text<'a>>,
    /// More of the arguments' JSON text.
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    pub arguments: Option<Text<'a>>,
}

fn function_kind() -> String {
    "function".to_owned()
}

impl Serialize for ToolChoice {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Auto => serializer.serialize_str("auto"),
            Self::None => serializer.serialize_str("none"),
            Self::Required => serializer.serialize_str("required"),
            Self::Function(name) => {
                serde_json::json!({"type": "function", "function": {"name": name}})
                    .serialize(serializer)
            }
        }
    }
}

impl<'de> Deserialize<'de> for ToolChoice {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Choice;

        impl<'de> Visitor<'de> for Choice {
            type Value = ToolChoice;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("\"auto\", \"none\", \"required\" or a function by name")
            }

            fn visit_str<E: Error>(self, choice: &str) -> Result<ToolChoice, E> {
                match choice {
                    "auto" => Ok(ToolChoice::Auto),
                    "none" => Ok(ToolChoice::None),
                    "required" => Ok(ToolChoice::Required),
                    other => Err(E::unknown_variant(other, &["auto", "none", "required"])),
                }
            }

            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<ToolChoice, A::Error> {
                #[derive(Deserialize)]
                struct Named {
                    function: Name,
                }
                #[derive(Deserialize)]
                struct Name {
                    name: String,
                }
                Named::deserialize(MapAccessDeserializer::new(map))
                    .map(|named| ToolChoice::Function(named.function.name))
            }
        }

        deserializer.deserialize_any(Choice)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn choices_round_trip_in_both_forms() {
        for (json, choice) in [
            (r#""auto""#, ToolChoice::Auto),
            (r#""none""#, ToolChoice::None),
            (r#""required""#, ToolChoice::Required),
            (
                r#"{"function":{"name":"clock"},"type":"function"}"#,
                ToolChoice::Function("clock".to_owned()),
            ),
        ] {
            assert_eq!(
                serde_json::from_str::<ToolChoice>(json).expect("parses"),
                choice
            );
            let written = serde_json::to_string(&choice).expect("writes");
            assert_eq!(
                serde_json::from_str::<ToolChoice>(&written).expect("parses"),
                choice
            );
        }
    }

    #[test]
    fn an_unknown_choice_is_named() {
        let error = serde_json::from_str::<ToolChoice>(r#""maybe""#).expect_err("refused");
        assert!(error.to_string().contains("maybe"), "{error}");
    }

    #[test]
    fn pieces_of_a_call_borrow() {
        let json =
            r#"{"index":1,"id":"c1","type":"function","function":{"name":"f","arguments":""}}"#;
        let delta: ToolCallDelta<'_> = serde_json::from_str(json).expect("parses");
        assert_eq!(delta.index, 1);
        assert_eq!(delta.function.expect("function").name.expect("name"), "f");
        let more: ToolCallDelta<'_> =
            serde_json::from_str(r#"{"function":{"arguments":"{\"a\":"}}"#).expect("parses");
        assert_eq!(
            more.function.expect("function").arguments.expect("some"),
            "{\"a\":"
        );
    }
}
