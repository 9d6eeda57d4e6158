//! Fields that chats and text completions have in common.

use inference_core::GenerateOptions;
use openai_wire::{ResponseFormat, StreamOptions};
use serde::Deserialize;
use serde_json::{Value, json};

use super::ask::{Delivery, Sampling};
use super::config::Limits;
use super::failure::Failure;
use super::fields::Fields;

/// Stop strings of a request, as OpenAI has it.
const MOST_STOPS: usize = 4;

/// Alternatives for each token, as OpenAI has it.
const MOST_ALTERNATIVES: u8 = 20;

const MAX_TOKENS: [&str; 2] = ["max_tokens", "max_completion_tokens"];
const REPEAT_PENALTY: [&str; 2] = ["repeat_penalty", "repetition_penalty"];
const REPEAT_WINDOW: [&str; 2] = ["repeat_last_n", "repetition_context_size"];

/// Fields that change nothing in an answer: who asks, and how OpenAI keeps, routes and bills it.
const HARMLESS: &[&str] = &[
    "metadata",
    "prediction",
    "prompt_cache_key",
    "prompt_cache_retention",
    "safety_identifier",
    "service_tier",
    "store",
    "user",
];

#[derive(Deserialize)]
#[serde(untagged)]
enum Stop {
    One(String),
    Many(Vec<String>),
}

pub(super) fn take(fields: &mut Fields, limits: &Limits) -> Result<Sampling, Failure> {
    let mut options = GenerateOptions::default();
    let max_tokens = fields.take_any(MAX_TOKENS)?;
    let max_tokens_field = max_tokens.map_or(MAX_TOKENS[0], |(name, _)| name);
    options.max_tokens = max_tokens
        .map(|(name, asked)| tokens(name, asked, limits))
        .transpose()?;
    options.temperature = fields.take("temperature")?;
    in_range("temperature", options.temperature, 0.0, 2.0)?;
    options.top_p = fields.take("top_p")?;
    options.min_p = fields.take("min_p")?;
    options.top_k = fields.take::<i64>("top_k")?.map(top_k).transpose()?;
    options.repeat_penalty = fields.take_any(REPEAT_PENALTY)?.map(|(_, penalty)| penalty);
    options.repeat_window = fields.take_any(REPEAT_WINDOW)?.map(|(_, window)| window);
    options.seed = fields.take("seed")?;
    options.stop = fields.take("stop")?.map(stops).transpose()?;
    options.stop_tokens = fields.take("stop_token_ids")?;
    options.schema = fields.take("response_format")?.and_then(schema);
    options.validate().map_err(|error| {
        let named = error.message().split(' ').next().unwrap_or_default();
        Failure::field(named, error.message())
    })?;
    Ok(Sampling {
        options,
        max_tokens_field,
        answers: answers(fields, limits)?,
        delivery: delivery(fields)?,
    })
}

/// How many alternatives a field asks for.
pub(super) fn alternatives(fields: &mut Fields, name: &'static str) -> Result<Option<u8>, Failure> {
    match fields.take::<u8>(name)? {
        Some(asked) if asked > MOST_ALTERNATIVES => {
            let message =
                format!("{name} is {asked}, but must be between 0 and {MOST_ALTERNATIVES}");
            Err(Failure::field(name, message))
        }
        asked => Ok(asked),
    }
}

/// Refuses what is left, unless it changes nothing.
pub(super) fn refuse_rest(fields: Fields) -> Result<(), Failure> {
    let honoured = |name: &str, value: &Value| {
        HARMLESS.contains(&name) || neutral(name).is_some_and(|neutral| same(&neutral, value))
    };
    match fields.rest().find(|(name, value)| !honoured(name, value)) {
        Some((name, _)) => {
            let message = format!("{name} is not supported");
            Err(Failure::unsupported(name, message))
        }
        None => Ok(()),
    }
}

/// The value of a field that is not supported which asks for what is done anyway.
fn neutral(name: &str) -> Option<Value> {
    match name {
        "presence_penalty" | "frequency_penalty" => Some(json!(0.0)),
        "logit_bias" => Some(json!({})),
        "best_of" => Some(json!(1)),
        "echo" => Some(json!(false)),
        "suffix" => Some(json!("")),
        "parallel_tool_calls" => Some(json!(true)),
        "modalities" => Some(json!(["text"])),
        _ => None,
    }
}

fn same(neutral: &Value, value: &Value) -> bool {
    match (neutral.as_f64(), value.as_f64()) {
        (Some(neutral), Some(value)) => neutral.total_cmp(&value).is_eq(),
        _ => neutral == value,
    }
}

fn tokens(name: &'static str, asked: i64, limits: &Limits) -> Result<u32, Failure> {
    let most = limits
        .max_tokens
        .unwrap_or(GenerateOptions::TO_CONTEXT_END - 1);
    match u32::try_from(asked) {
        Ok(tokens) if (1..=most).contains(&tokens) => Ok(tokens),
        _ => {
            let message = format!("{name} is {asked}, but must be between 1 and {most}");
            Err(Failure::field(name, message))
        }
    }
}

fn in_range(name: &str, value: Option<f64>, least: f64, most: f64) -> Result<(), Failure> {
    match value {
        Some(value) if !(least..=most).contains(&value) => {
            let message = format!("{name} is {value}, but must be between {least} and {most}");
            Err(Failure::field(name, message))
        }
        _ => Ok(()),
    }
}

/// 0 and less keep all tokens, as other servers have it.
fn top_k(asked: i64) -> Result<u32, Failure> {
    u32::try_from(asked.max(0))
        .map_err(|_| Failure::field("top_k", format!("top_k is {asked}, which is too large")))
}

fn stops(stop: Stop) -> Result<Vec<String>, Failure> {
    let stops = match stop {
        Stop::One(stop) => vec![stop],
        Stop::Many(stops) => stops,
    };
    if stops.len() > MOST_STOPS {
        let message = format!(
            "stop has {} strings, but may have {MOST_STOPS}",
            stops.len()
        );
        return Err(Failure::field("stop", message));
    }
    Ok(stops)
}

fn schema(format: ResponseFormat) -> Option<Value> {
    match format {
        ResponseFormat::JsonObject { schema } => {
            Some(schema.unwrap_or_else(|| json!({"type": "object"})))
        }
        ResponseFormat::JsonSchema { json_schema } => Some(json_schema.schema),
        _ => None,
    }
}

fn answers(fields: &mut Fields, limits: &Limits) -> Result<u32, Failure> {
    let asked = fields.take("n")?.unwrap_or(1);
    if (1..=limits.answers).contains(&asked) {
        return Ok(asked);
    }
    let message = format!("n is {asked}, but must be between 1 and {}", limits.answers);
    Err(Failure::field("n", message))
}

fn delivery(fields: &mut Fields) -> Result<Delivery, Failure> {
    let options = fields.take::<StreamOptions>("stream_options")?;
    match (fields.take("stream")?.unwrap_or(false), options) {
        (true, options) => Ok(Delivery::Stream {
            include_usage: options.is_some_and(|options| options.include_usage),
        }),
        (false, None) => Ok(Delivery::Whole),
        (false, Some(_)) => {
            let message = "stream_options is for streams, but stream is not true";
            Err(Failure::field("stream_options", message))
        }
    }
}

#[cfg(test)]
mod tests;
