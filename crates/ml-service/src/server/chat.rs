//! `POST /v1/chat/completions`.

use std::sync::Arc;

use axum::extract::{Extension, Request, State};
use axum::response::Response;
use inference_core::{Message, Prompt, Role, Tool, ToolCall, ToolChoice};
use openai_wire::{ChatMessage, ToolDefinition};
use serde_json::json;

use super::ask::{Ask, AskKind};
use super::client::Client;
use super::config::Limits;
use super::exchange::Exchange;
use super::failure::Failure;
use super::fields::Fields;
use super::state::ServerState;
use super::{answer, body, sampling};

pub(super) async fn chat(
    State(state): State<Arc<ServerState>>,
    Extension(exchange): Extension<Exchange>,
    Extension(client): Extension<Client>,
    request: Request,
) -> Result<Response, Failure> {
    let limits = &state.config().limits;
    let fields = Fields::parse(&body::read(request.into_body(), limits).await?)?;
    answer::answer(&state, exchange, client, ask(fields, limits)?).await
}

fn ask(mut fields: Fields, limits: &Limits) -> Result<Ask, Failure> {
    let model = fields.take("model")?;
    let prompt = prompt(fields.require("messages")?, limits)?;
    let mut sampling = sampling::take(&mut fields, limits)?;
    sampling.options.logprobs = logprobs(&mut fields)?;
    (sampling.options.tools, sampling.options.tool_choice) = tools(&mut fields)?;
    sampling::refuse_rest(fields)?;
    Ok(Ask {
        kind: AskKind::Chat,
        model,
        prompts: vec![prompt],
        sampling,
    })
}

fn prompt(messages: Vec<ChatMessage>, limits: &Limits) -> Result<Prompt, Failure> {
    if messages.len() > limits.messages {
        let message = format!(
            "messages has {} messages, but may have {}",
            messages.len(),
            limits.messages
        );
        return Err(Failure::field("messages", message));
    }
    let messages = messages.into_iter().enumerate();
    let messages = messages.map(|(index, message)| self::message(index, message));
    let prompt = Prompt::Chat(messages.collect::<Result<_, _>>()?);
    let refused = |error: inference_core::Error| Failure::field("messages", error.message());
    prompt.validate().map_err(refused)?;
    Ok(prompt)
}

fn message(index: usize, message: ChatMessage) -> Result<Message, Failure> {
    let role = match message.role {
        openai_wire::Role::System | openai_wire::Role::Developer => Role::System,
        openai_wire::Role::User => Role::User,
        openai_wire::Role::Assistant => Role::Assistant,
        openai_wire::Role::Tool => Role::Tool,
        _ => return Err(unsupported(index, "role", "this role")),
    };
    if message.name.is_some() && role != Role::Tool {
        return Err(unsupported(index, "name", "a speaker's name"));
    }
    let text = match &message.content {
        Some(content) => content
            .text()
            .map_err(|kind| unsupported(index, "content", kind))?
            .into_owned(),
        None => String::new(),
    };
    let calls = message.tool_calls.into_iter().map(|call| ToolCall {
        id: call.id,
        name: call.function.name,
        arguments: call.function.arguments,
    });
    let mut turn = Message::new(role, text).with_tool_calls(calls.collect());
    turn.tool_call_id = message.tool_call_id;
    Ok(turn)
}

fn unsupported(index: usize, field: &str, what: &str) -> Failure {
    let param = format!("messages[{index}].{field}");
    let message = format!("{param}: {what} is not supported");
    Failure::unsupported(param, message)
}

fn logprobs(fields: &mut Fields) -> Result<Option<u8>, Failure> {
    let wanted = fields.take("logprobs")?.unwrap_or(false);
    let alternatives = sampling::alternatives(fields, "top_logprobs")?;
    if alternatives.is_some() && !wanted {
        let message = "top_logprobs is set, but logprobs is not true";
        return Err(Failure::field("top_logprobs", message));
    }
    Ok(wanted.then_some(alternatives.unwrap_or(0)))
}

/// The tools, and which of them has to be called.
type Tools = (Option<Vec<Tool>>, Option<ToolChoice>);

fn tools(fields: &mut Fields) -> Result<Tools, Failure> {
    let tools = fields
        .take::<Vec<ToolDefinition>>("tools")?
        .unwrap_or_default();
    let choice = match fields.take("tool_choice")? {
        None | Some(openai_wire::ToolChoice::Auto) => None,
        Some(openai_wire::ToolChoice::None) => return Ok((None, None)),
        Some(openai_wire::ToolChoice::Required) => Some(ToolChoice::Required),
        Some(openai_wire::ToolChoice::Function(name)) => Some(ToolChoice::Named(name)),
        Some(_) => {
            let message = "tool_choice: this choice is not supported";
            return Err(Failure::unsupported("tool_choice", message));
        }
    };
    let is_there = match &choice {
        None => true,
        Some(ToolChoice::Named(name)) => tools.iter().any(|tool| tool.function.name == *name),
        Some(_) => !tools.is_empty(),
    };
    if !is_there {
        let message = "tool_choice wants a tool to be called that is not among the tools";
        return Err(Failure::field("tool_choice", message));
    }
    if tools.is_empty() {
        return Ok((None, None));
    }
    let tools = tools.into_iter().enumerate().map(|(index, tool)| {
        if tool.kind != "function" || tool.function.name.is_empty() {
            let param = format!("tools[{index}]");
            let message = format!("{param} is no function with a name");
            return Err(Failure::field(param, message));
        }
        let nothing = || json!({"type": "object", "properties": {}});
        Ok(Tool {
            name: tool.function.name,
            description: tool.function.description.unwrap_or_default(),
            parameters: tool.function.parameters.unwrap_or_else(nothing),
        })
    });
    Ok((Some(tools.collect::<Result<_, _>>()?), choice))
}

#[cfg(test)]
mod tests;
