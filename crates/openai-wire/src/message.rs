//! The messages of a conversation, as a request carries them.

use std::borrow::Cow;
use std::fmt;

use serde::de::value::SeqAccessDeserializer;
use serde::de::{Deserializer, Error, SeqAccess, Visitor};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::{ToolCall, lenient::or_default};

/// Who speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum Role {
    /// Instructions for the whole conversation.
    System,
    /// OpenAI's newer name of [`Role::System`].
    Developer,
    /// The person or program that asks.
    User,
    /// The model.
    Assistant,
    /// The result of a tool call.
    Tool,
}

/// One turn of a conversation.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ChatMessage {
    /// Who speaks.
    pub role: Role,
    /// What is said; none for an assistant turn that only calls tools.
    #[serde(default)]
    pub content: Option<Content>,
    /// The speaker's name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The tools that an assistant turn calls.
    #[serde(
        default,
        skip_serializing_if = "Vec::is_empty",
        deserialize_with = "or_default"
    )]
    pub tool_calls: Vec<ToolCall>,
    /// Which call a tool turn answers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tool_call_id: Option<String>,
    /// What the model thought before an assistant turn.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reasoning_content: Option<String>,
}

impl ChatMessage {
    /// A turn of `role` that says `text`.
    pub fn new(role: Role, text: impl Into<String>) -> Self {
        Self {
            role,
            content: Some(Content::Text(text.into())),
            name: None,
            tool_calls: Vec::new(),
            tool_call_id: None,
            reasoning_content: None,
        }
    }
}

/// What a turn says.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(untagged)]
pub enum Content {
    /// Text.
    Text(String),
    /// Parts, which may be images or sound.
    Parts(Vec<ContentPart>),
}

/// One part of a turn.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ContentPart {
    /// `text`, `image_url`, `input_audio`, …
    #[serde(rename = "type")]
    pub kind: String,
    /// The text of a text part.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
    /// The fields of every other kind.
    #[serde(flatten)]
    pub other: Map<String, Value>,
}

impl Content {
    /// The text, its parts joined.
    ///
    /// # Errors
    /// The kind of the first part that is not text.
    pub fn text(&self) -> Result<Cow<'_, str>, &str> {
        match self {
            Self::Text(text) => Ok(Cow::Borrowed(text)),
            Self::Parts(parts) => parts
                .iter()
                .map(|part| part.text.as_deref().ok_or(part.kind.as_str()))
                .collect::<Result<String, _>>()
                .map(Cow::Owned),
        }
    }
}

impl From<&str> for Content {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl<'de> Deserialize<'de> for Content {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct TextOrParts;

        impl<'de> Visitor<'de> for TextOrParts {
            type Value = Content;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a string or an array of content parts")
            }

            fn visit_str<E: Error>(self, text: &str) -> Result<Content, E> {
                Ok(Content::Text(text.to_owned()))
            }

            fn visit_string<E: Error>(self, text: String) -> Result<Content, E> {
                Ok(Content::Text(text))
            }

            fn visit_seq<A: SeqAccess<'de>>(self, seq: A) -> Result<Content, A::Error> {
                Vec::deserialize(SeqAccessDeserializer::new(seq)).map(Content::Parts)
            }
        }

        deserializer.deserialize_any(TextOrParts)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(json: &str) -> ChatMessage {
        serde_json::from_str(json).expect("parses")
    }

    #[test]
    fn content_is_text_or_parts_of_text() {
        let text = |json| {
            read(json)
                .content
                .expect("content")
                .text()
                .expect("text")
                .into_owned()
        };
        assert_eq!(text(r#"{"role":"user","content":"a\nb"}"#), "a\nb");
        let parts =
            r#"{"role":"user","content":[{"type":"text","text":"a"},{"type":"text","text":"b"}]}"#;
        assert_eq!(text(parts), "ab");
    }

    #[test]
    fn a_part_that_is_not_text_is_named_and_kept() {
        let json = r#"{"role":"user","content":[{"type":"image_url","image_url":{"url":"x"}}]}"#;
        let message = read(json);
        assert_eq!(
            message.content.as_ref().expect("content").text(),
            Err("image_url")
        );
        assert_eq!(serde_json::to_string(&message).expect("writes"), json);
    }

    #[test]
    fn a_turn_that_only_calls_tools_has_no_content() {
        let json = r#"{"role":"assistant","content":null,"tool_calls":[
            {"id":"c","type":"function","function":{"name":"f","arguments":"{}"}}]}"#;
        let message = read(json);
        assert_eq!(message.content, None);
        assert_eq!(message.tool_calls, [ToolCall::new("c", "f", "{}")]);
    }

    #[test]
    fn an_unknown_role_is_named_with_the_known_ones() {
        let error = serde_json::from_str::<ChatMessage>(r#"{"role":"wizard","content":""}"#)
            .expect_err("refused")
            .to_string();
        assert!(
            error.contains("wizard") && error.contains("assistant"),
            "{error}"
        );
    }

    #[test]
    fn wrong_content_says_what_is_expected() {
        let error = serde_json::from_str::<ChatMessage>(r#"{"role":"user","content":3}"#)
            .expect_err("refused")
            .to_string();
        assert!(error.contains("array of content parts"), "{error}");
    }
}
