//! The form that an answer must have.

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// The `response_format` of a request.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
#[non_exhaustive]
pub enum ResponseFormat {
    /// Any text.
    Text,
    /// Any JSON object. llama-server also takes a schema here.
    JsonObject {
        /// The schema, where one is given.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        schema: Option<Value>,
    },
    /// JSON that satisfies a schema.
    JsonSchema {
        /// The schema and its name.
        json_schema: JsonSchema,
    },
}

/// A named JSON schema.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct JsonSchema {
    /// A name for the model; servers want one.
    #[serde(default)]
    pub name: String,
    /// The schema.
    pub schema: Value,
    /// Whether the answer must satisfy it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub strict: Option<bool>,
}

impl ResponseFormat {
    /// JSON that must satisfy `schema`.
    pub fn schema(name: impl Into<String>, schema: Value) -> Self {
        Self::JsonSchema {
            json_schema: JsonSchema {
                name: name.into(),
                schema,
                strict: Some(true),
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn formats_have_the_published_form() {
        let schema = json!({"type": "object"});
        for (format, wire) in [
            (ResponseFormat::Text, json!({"type": "text"})),
            (
                ResponseFormat::JsonObject { schema: None },
                json!({"type": "json_object"}),
            ),
            (
                ResponseFormat::schema("answer", schema.clone()),
                json!({"type": "json_schema",
                       "json_schema": {"name": "answer", "schema": schema, "strict": true}}),
            ),
        ] {
            assert_eq!(serde_json::to_value(&format).expect("writes"), wire);
            assert_eq!(
                serde_json::from_value::<ResponseFormat>(wire).expect("parses"),
                format
            );
        }
    }
}
