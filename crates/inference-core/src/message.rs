//! Messages of a conversation and the prompts made of them.

use serde::{Deserialize, Serialize};

/// Who speaks in a [`Message`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum Role {
    /// Instructions for the whole conversation.
    System,
    /// The person or program that asks.
    User,
    /// The model.
    Assistant,
    /// The result of a tool call.
    Tool,
}

impl Role {
    /// The role's name on the wire and in chat templates.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::System => "system",
            Self::User => "user",
            Self::Assistant => "assistant",
            Self::Tool => "tool",
        }
    }
}

/// One turn of a conversation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Message {
    /// Who speaks.
    pub role: Role,
    /// What is said; empty for an assistant turn that only calls tools.
    #[serde(default)]
    pub content: String,
    /// The tools that an assistant turn calls.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tool_calls: Vec<ToolCall>,
    /// Which call a tool turn answers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tool_call_id: Option<String>,
}

impl Message {
    /// A turn of `role`.
    pub fn new(role: Role, content: impl Into<String>) -> Self {
        Self {
            role,
            content: content.into(),
            tool_calls: Vec::new(),
            tool_call_id: None,
        }
    }

    /// Instructions for the whole conversation.
    pub fn system(content: impl Into<String>) -> Self {
        Self::new(Role::System, content)
    }

    /// A turn of the user.
    pub fn user(content: impl Into<String>) -> Self {
        Self::new(Role::User, content)
    }

    /// A turn of the model.
    pub fn assistant(content: impl Into<String>) -> Self {
        Self::new(Role::Assistant, content)
    }

    /// The result of the tool call `id`.
    pub fn tool(id: impl Into<String>, content: impl Into<String>) -> Self {
        Self {
            tool_call_id: Some(id.into()),
            ..Self::new(Role::Tool, content)
        }
    }

    /// Adds the tools that this assistant turn calls.
    #[must_use]
    pub fn with_tool_calls(mut self, calls: Vec<ToolCall>) -> Self {
        self.tool_calls = calls;
        self
    }
}

/// A call of a tool, as the model wrote it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ToolCall {
    /// The id that the answering [`Message::tool`] names.
    pub id: String,
    /// The tool's name.
    pub name: String,
    /// The arguments as the JSON text that the model wrote; it may be invalid.
    pub arguments: String,
}

/// What a model is asked.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Prompt {
    /// Raw text: no chat template is applied.
    Text(String),
    /// A conversation: the model applies its own chat template. A model without one refuses it
    /// and names [`Prompt::Text`].
    Chat(Vec<Message>),
}

impl Prompt {
    /// Raw text, without a chat template.
    pub fn text(text: impl Into<String>) -> Self {
        Self::Text(text.into())
    }

    /// A conversation of one user turn.
    pub fn user(content: impl Into<String>) -> Self {
        Self::Chat(vec![Message::user(content)])
    }

    /// Refuses an empty prompt: no text, no messages, or a last turn that says nothing.
    ///
    /// # Errors
    /// [`ErrorKind::InvalidRequest`](crate::ErrorKind::InvalidRequest) that says what is empty.
    pub fn validate(&self) -> Result<(), crate::Error> {
        let invalid = |what| Err(crate::Error::new(crate::ErrorKind::InvalidRequest, what));
        match self {
            Self::Text(text) if text.is_empty() => invalid("the prompt is empty"),
            Self::Chat(messages) => match messages.last() {
                None => invalid("the conversation has no messages"),
                Some(last)
                    if last.role == Role::User
                        && last.content.is_empty()
                        && last.tool_calls.is_empty() =>
                {
                    invalid("the last message is empty")
                }
                Some(_) => Ok(()),
            },
            Self::Text(_) => Ok(()),
        }
    }
}

impl From<&str> for Prompt {
    fn from(text: &str) -> Self {
        Self::text(text)
    }
}

impl From<String> for Prompt {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

impl From<Vec<Message>> for Prompt {
    fn from(messages: Vec<Message>) -> Self {
        Self::Chat(messages)
    }
}

impl From<&[Message]> for Prompt {
    fn from(messages: &[Message]) -> Self {
        Self::Chat(messages.to_vec())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_have_the_wire_form_of_the_field() {
        let json = serde_json::to_string(&Message::user("hi")).expect("serialises");
        assert_eq!(json, r#"{"role":"user","content":"hi"}"#);
        let back: Message = serde_json::from_str(&json).expect("parses");
        assert_eq!(back, Message::user("hi"));
    }

    #[test]
    fn an_unknown_role_is_named_with_the_known_ones() {
        let json = r#"{"role":"wizard","content":"hi"}"#;
        let error = serde_json::from_str::<Message>(json).expect_err("refused");
        let text = error.to_string();
        assert!(
            text.contains("wizard") && text.contains("assistant"),
            "{text}"
        );
    }

    #[test]
    fn empty_prompts_are_refused() {
        for prompt in [Prompt::text(""), Prompt::Chat(Vec::new()), Prompt::user("")] {
            let error = prompt.validate().expect_err("refused");
            assert_eq!(error.kind(), crate::ErrorKind::InvalidRequest);
        }
        Prompt::user("x").validate().expect("accepted");
        Prompt::text(" ")
            .validate()
            .expect("white space is a prompt");
    }
}
