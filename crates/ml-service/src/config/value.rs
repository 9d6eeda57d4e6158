//! Values that are narrower than their type: what else would be refused only at the load.

use std::time::Duration;

use serde::de::Error;
use serde::{Deserialize, Deserializer};

use super::nearest;

/// What a server may be said to be.
const DIALECTS: [&str; 5] = ["openai", "llama-server", "vllm", "ollama", "mlx-lm"];

pub(super) fn positive<'de, D: Deserializer<'de>>(value: D) -> Result<Option<u32>, D::Error> {
    match u32::deserialize(value)? {
        0 => Err(D::Error::custom("it is 0, but must be 1 or more")),
        number => Ok(Some(number)),
    }
}

pub(super) fn layers<'de, D: Deserializer<'de>>(value: D) -> Result<Option<i32>, D::Error> {
    match i32::deserialize(value)? {
        layers if layers < -1 => {
            let message = format!("it is {layers}, but must be -1 (all) or more");
            Err(D::Error::custom(message))
        }
        layers => Ok(Some(layers)),
    }
}

/// A time in seconds, whole or not.
pub(super) fn seconds<'de, D: Deserializer<'de>>(value: D) -> Result<Option<Duration>, D::Error> {
    let seconds = f64::deserialize(value)?;
    match Duration::try_from_secs_f64(seconds) {
        Ok(time) if !time.is_zero() => Ok(Some(time)),
        _ => {
            let message = format!("it is {seconds}, but must be a number of seconds above 0");
            Err(D::Error::custom(message))
        }
    }
}

pub(super) fn address<'de, D: Deserializer<'de>>(value: D) -> Result<Option<String>, D::Error> {
    let url = String::deserialize(value)?;
    let rest = url
        .strip_prefix("http://")
        .or_else(|| url.strip_prefix("https://"));
    let is_host = |rest: &str| !rest.is_empty() && !rest.starts_with(['/', ':', '?', '#']);
    // A query may hold a key: the address itself is not shown.
    if rest.is_some_and(is_host) && !url.contains(['?', '#']) {
        return Ok(Some(url));
    }
    let message = "it must be an address like http://localhost:8080, without query or fragment";
    Err(D::Error::custom(message))
}

/// The name of an environment variable. What is not one may be the key itself, and is not shown.
pub(super) fn variable<'de, D: Deserializer<'de>>(value: D) -> Result<Option<String>, D::Error> {
    let name = String::deserialize(value)?;
    let starts_well = name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_');
    if starts_well && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_') {
        return Ok(Some(name));
    }
    let message = "it must be the name of an environment variable, such as OPENAI_API_KEY, and \
                   not the key itself";
    Err(D::Error::custom(message))
}

pub(super) fn dialect<'de, D: Deserializer<'de>>(value: D) -> Result<Option<String>, D::Error> {
    let name = String::deserialize(value)?;
    if DIALECTS.contains(&name.as_str()) {
        return Ok(Some(name));
    }
    let hint = match nearest(&name, &DIALECTS) {
        Some(nearest) => format!("did you mean {nearest:?}?"),
        None => format!("there is {}", DIALECTS.join(", ")),
    };
    let message = format!("there is no dialect {name:?}; {hint}");
    Err(D::Error::custom(message))
}
