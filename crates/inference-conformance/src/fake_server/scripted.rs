//! A scripted model behind HTTP.

use futures::executor::block_on;
use inference_core::{
    Error, ErrorKind, GenerateOptions, Generation, Message, Prompt, TextModel as _, Token,
};
use serde_json::{Value, json};

use super::{Reply, Request, events};
use crate::ScriptedModel;

/// A handler that serves a scripted model on `/v1/chat/completions` and `/v1/completions`, always
/// as a stream. It honours what the model does, and ignores all other fields.
///
/// The whole answer is made before its first byte is sent, so that scripts must end.
pub fn scripted(model: ScriptedModel) -> impl Fn(&Request) -> Reply + Send + Sync + 'static {
    move |request| {
        let body = request.json();
        let chat = request.path.ends_with("/chat/completions");
        let Some(prompt) = prompt(&body, chat) else {
            return Reply::error(404, "no such path, or no prompt");
        };
        let answer = model.generate(prompt, options(&body)).into_generation();
        match block_on(answer) {
            Ok(answer) if chat => Reply::sse(chat_events(&answer)),
            Ok(answer) => {
                let mut events = events::completion(answer.tokens.iter().map(|token| &token.text));
                if let Some(end) = events.iter_mut().rev().nth(1) {
                    *end = end.replace("\"stop\"", &format!("\"{}\"", reason(&answer)));
                }
                Reply::sse(events)
            }
            Err(failed) => refusal(&failed.error),
        }
    }
}

fn prompt(body: &Value, chat: bool) -> Option<Prompt> {
    if chat {
        let messages: Vec<Message> = serde_json::from_value(body["messages"].clone()).ok()?;
        return Some(Prompt::Chat(messages));
    }
    body["prompt"].as_str().map(Prompt::text)
}

fn options(body: &Value) -> GenerateOptions {
    let number = |name: &str| body[name].as_u64().and_then(|n| u32::try_from(n).ok());
    let mut options = GenerateOptions::default();
    options.max_tokens = number("max_tokens").or_else(|| number("max_completion_tokens"));
    options.temperature = body["temperature"].as_f64();
    options.seed = body["seed"].as_u64();
    options.stop = match &body["stop"] {
        Value::String(stop) => Some(vec![stop.clone()]),
        stops => serde_json::from_value(stops.clone()).ok(),
    };
    if body["logprobs"] == true {
        let count = body["top_logprobs"].as_u64().unwrap_or(0);
        options.logprobs = u8::try_from(count).ok();
    }
    options
}

fn chat_events(answer: &Generation) -> Vec<String> {
    let usage = &answer.usage;
    let (prompt, generated) = (usage.prompt_tokens, usage.generated_tokens);
    let mut all = vec![events::role()];
    all.extend(answer.tokens.iter().map(delta));
    all.extend([
        events::finish(reason(answer)),
        events::usage(prompt.unwrap_or(0), generated.unwrap_or(0)),
        events::DONE.to_owned(),
    ]);
    all
}

fn delta(token: &Token) -> String {
    let Some(logprob) = token.logprob else {
        return events::delta(&token.text);
    };
    let alternatives: Vec<Value> = token
        .alternatives
        .iter()
        .map(|other| json!({"token": other.text, "logprob": other.logprob}))
        .collect();
    let logprobs = json!({"content": [
        {"token": token.text, "logprob": logprob, "top_logprobs": alternatives},
    ]});
    events::delta_with(&token.text, &logprobs)
}

fn reason(answer: &Generation) -> &'static str {
    answer.finish_reason.as_str()
}

fn refusal(error: &Error) -> Reply {
    match error.kind() {
        ErrorKind::ContextExceeded => {
            let error = json!({
                "code": 400,
                "message": error.message(),
                "type": "exceed_context_size_error",
            });
            Reply::json(400, json!({"error": error}).to_string())
        }
        ErrorKind::InvalidRequest | ErrorKind::Unsupported => Reply::error(400, error.message()),
        _ => Reply::error(500, error.message()),
    }
}
