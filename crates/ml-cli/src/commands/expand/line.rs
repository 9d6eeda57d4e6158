//! A prompt as it is read, an answer and a failure as they are written.

use inference_core::{FinishReason, Message, ModelInfo, Prompt, Role, Usage};
use ml_judge::{Done, Failure};
use ml_service::system_message;
use serde::{Deserialize, Serialize, Serializer};
use serde_json::{Map, Value};

use crate::bulk::Named;

/// The fields of a JSON object.
type Fields = Map<String, Value>;

/// A prompt.
#[derive(Debug, Deserialize)]
#[serde(try_from = "Fields")]
pub(super) struct PromptLine {
    pub(super) id: String,
    text: Text,
    system: Option<String>,
    /// All that the line had.
    fields: Fields,
}

#[derive(Debug)]
enum Text {
    Prompt(String),
    Messages(Vec<Message>),
}

impl Named for PromptLine {
    fn id(&self) -> &str {
        &self.id
    }
}

impl TryFrom<Fields> for PromptLine {
    type Error = String;

    fn try_from(fields: Fields) -> Result<Self, String> {
        let text = |name: &str| match fields.get(name) {
            None | Some(Value::Null) => Ok(None),
            Some(Value::String(text)) => Ok(Some(text.clone())),
            Some(_) => Err(format!("the field `{name}` is no text")),
        };
        let id = match fields.get("id") {
            // Numbers are common, and as good as names.
            Some(Value::Number(number)) => number.to_string(),
            _ => text("id")?.ok_or("the field `id` is missing")?,
        };
        let system = text("system")?;
        let messages = match fields.get("messages") {
            None | Some(Value::Null) => None,
            Some(messages) => Some(read_messages(messages, system.is_some())?),
        };
        let text = match (messages, text("prompt")?) {
            (Some(messages), _) => Text::Messages(messages),
            (None, Some(prompt)) if !prompt.is_empty() => Text::Prompt(prompt),
            (None, Some(_)) => return Err("the field `prompt` is empty".into()),
            (None, None) => return Err("there is neither `prompt` nor `messages`".into()),
        };
        Ok(Self {
            id,
            text,
            system,
            fields,
        })
    }
}

fn read_messages(messages: &Value, has_system: bool) -> Result<Vec<Message>, String> {
    let messages = Vec::<Message>::deserialize(messages)
        .map_err(|error| format!("the field `messages`: {error}"))?;
    if messages.is_empty() {
        return Err("the field `messages` is empty".into());
    }
    if has_system && messages.iter().any(|message| message.role == Role::System) {
        return Err("there is a `system` and a system message in `messages`: keep one".into());
    }
    Ok(messages)
}

impl PromptLine {
    /// What the model is sent. Without any instructions in the line there are those of the command
    /// line, or the default of the model.
    pub(super) fn prompt(&self, system: Option<&str>, model: &ModelInfo) -> Prompt {
        let messages = match &self.text {
            Text::Prompt(prompt) => vec![Message::user(prompt)],
            Text::Messages(messages) => messages.clone(),
        };
        let begun = messages.iter().any(|message| message.role == Role::System);
        let system = if begun {
            None
        } else {
            system_message(self.system.as_deref().or(system), model)
        };
        let system = system.into_iter().map(Message::system);
        Prompt::Chat(system.chain(messages).collect())
    }

    /// What was asked, in one text: of a conversation the last turn of the user.
    pub(super) fn asked(&self) -> &str {
        match &self.text {
            Text::Prompt(prompt) => prompt,
            Text::Messages(messages) => {
                let mut users = messages.iter().rev();
                let last = users.find(|message| message.role == Role::User);
                last.map_or("", |message| &message.content)
            }
        }
    }
}

/// The fields of a prompt's line, but for those that the line written has of its own.
#[derive(Debug)]
struct Kept<'a> {
    fields: &'a Fields,
    own: &'static [&'static str],
}

impl Serialize for Kept<'_> {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        let is_kept = |(name, _): &(&String, &Value)| !self.own.contains(&name.as_str());
        to.collect_map(self.fields.iter().filter(is_kept))
    }
}

/// An answer: the line of its prompt with what came of it, in the form that `ml score` reads.
#[derive(Debug, Serialize)]
pub(super) struct AnswerLine<'a> {
    #[serde(flatten)]
    fields: Kept<'a>,
    id: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    epoch: Option<u32>,
    prompt: &'a str,
    response: &'a str,
    model: &'a str,
    elapsed_seconds: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    finish_reason: Option<FinishReason>,
    #[serde(skip_serializing_if = "Option::is_none")]
    usage: Option<Usage>,
    #[serde(skip_serializing_if = "str::is_empty")]
    reasoning: &'a str,
}

impl<'a> AnswerLine<'a> {
    const OWN: [&'static str; 9] = [
        "id",
        "epoch",
        "prompt",
        "response",
        "model",
        "elapsed_seconds",
        "finish_reason",
        "usage",
        "reasoning",
    ];

    /// `epoch` tells several answers to the prompt apart.
    pub(super) fn new(prompt: &'a PromptLine, epoch: Option<u32>, done: &'a Done) -> Self {
        let answer = done.answer.as_ref().and_then(|answer| answer.as_ref().ok());
        let facts = answer.map(|answer| &answer.record.facts);
        let response = &done.response;
        Self {
            fields: Kept {
                fields: &prompt.fields,
                own: &Self::OWN,
            },
            id: &response.id,
            epoch,
            prompt: &response.prompt,
            response: &response.response,
            model: &response.model,
            elapsed_seconds: response.elapsed_seconds,
            finish_reason: facts.map(|facts| facts.finish_reason),
            usage: facts.map(|facts| facts.usage),
            reasoning: facts.map_or("", |facts| &facts.reasoning),
        }
    }
}

/// A prompt without an answer: its line with the reason.
#[derive(Debug, Serialize)]
pub(super) struct FailureLine<'a> {
    #[serde(flatten)]
    fields: Kept<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    epoch: Option<u32>,
    error: Reason,
}

#[derive(Debug, Serialize)]
struct Reason {
    code: &'static str,
    message: String,
}

impl<'a> FailureLine<'a> {
    /// `epoch` tells several answers to the prompt apart.
    pub(super) fn new(prompt: &'a PromptLine, epoch: Option<u32>, failure: &Failure) -> Self {
        let error = Reason {
            code: failure.code(),
            message: failure.to_string(),
        };
        let fields = Kept {
            fields: &prompt.fields,
            own: &["epoch", "error"],
        };
        Self {
            fields,
            epoch,
            error,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(line: &str) -> Result<PromptLine, String> {
        serde_json::from_str(line).map_err(|error| error.to_string())
    }

    #[test]
    fn prompts_are_a_text_or_messages() {
        let server = ModelInfo::new("http", "m");
        let line = read(r#"{"id": 7, "prompt": "2 + 2?", "system": "Be brief."}"#).expect("read");
        assert_eq!(line.id, "7");
        let expected = vec![Message::system("Be brief."), Message::user("2 + 2?")];
        assert_eq!(line.prompt(Some("other"), &server), Prompt::Chat(expected));
        let line = read(
            r#"{"id": "a", "messages": [{"role": "user", "content": "Hi"},
                {"role": "assistant", "content": "Yes?"}, {"role": "user", "content": "Why?"}]}"#,
        )
        .expect("read");
        assert_eq!(line.asked(), "Why?");
        let Prompt::Chat(messages) = line.prompt(Some("Be kind."), &server) else {
            panic!("it is a conversation");
        };
        assert_eq!((messages.len(), messages[0].role), (4, Role::System));
    }

    #[test]
    fn what_is_missing_or_contradictory_is_named() {
        for (line, named) in [
            (r#"{"prompt": "x"}"#, "`id`"),
            (r#"{"id": "a"}"#, "`messages`"),
            (r#"{"id": "a", "prompt": ""}"#, "empty"),
            (r#"{"id": "a", "prompt": 4}"#, "no text"),
            (r#"{"id": "a", "messages": []}"#, "empty"),
            (
                r#"{"id": "a", "system": "x", "messages": [{"role": "system", "content": "y"}]}"#,
                "keep one",
            ),
        ] {
            let error = read(line).expect_err("refused");
            assert!(error.contains(named), "{line}: {error}");
        }
    }
}
