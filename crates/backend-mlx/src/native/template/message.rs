//! A conversation as templates see it: the dictionaries of Hugging Face's `apply_chat_template`.

use inference_core::{Message, Role, ToolCall};
use minijinja::Value;

/// The messages, in their order.
pub(super) fn values(messages: &[Message]) -> Value {
    messages.iter().map(value).collect()
}

fn value(message: &Message) -> Value {
    let mut fields = vec![
        ("role", Value::from(message.role.as_str())),
        ("content", Value::from(message.content.as_str())),
    ];
    // Templates ask whether the fields exist.
    if !message.tool_calls.is_empty() {
        fields.push(("tool_calls", message.tool_calls.iter().map(call).collect()));
    }
    if let Some(id) = &message.tool_call_id {
        fields.push(("tool_call_id", Value::from(id.as_str())));
    }
    Value::from_pairs(fields)
}

fn call(call: &ToolCall) -> Value {
    let function = [
        ("name", Value::from(call.name.as_str())),
        ("arguments", arguments(&call.arguments)),
    ];
    Value::from_pairs([
        ("id", Value::from(call.id.as_str())),
        ("type", Value::from("function")),
        ("function", Value::from_pairs(function)),
    ])
}

/// Templates expect a dictionary; what the model wrote wrongly stays the text that it is.
fn arguments(json: &str) -> Value {
    match serde_json::from_str::<Value>(json) {
        Ok(value) if value.kind() == minijinja::value::ValueKind::Map => value,
        _ => Value::from(json),
    }
}

/// The conversation without its system message, whose text goes before that of the user's first
/// turn, with an empty line between; none where it does not begin with the two.
///
/// That is where Gemma's documentation puts system instructions, where the template of Gemma 3
/// and llama.cpp's formatter for Gemma 2 put them, and, with Mistral's older templates, Mistral's
/// own tooling.
pub(super) fn without_system(messages: &[Message]) -> Option<Vec<Message>> {
    let [system, user, rest @ ..] = messages else {
        return None;
    };
    if (system.role, user.role) != (Role::System, Role::User) {
        return None;
    }
    let mut user = user.clone();
    if !system.content.is_empty() {
        user.content = format!("{}\n\n{}", system.content, user.content);
    }
    Some([&[user], rest].concat())
}
