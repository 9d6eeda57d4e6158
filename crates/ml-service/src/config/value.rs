//! Values that are narrower than their type: what else would be refused only at the load.

use std::fmt;
use std::time::Duration;

use serde::de::{Error, Visitor};
use serde::{Deserialize, Deserializer};

use super::nearest;

/// What a server may be said to be.
const DIALECTS: [&str; 5] = ["openai", "llama-server", "vllm", "ollama", "mlx-lm"];

/// How MLX may be told to keep keys and values.
const KV_CACHES: [&str; 3] = ["full", "8bit", "4bit"];

/// Units of sizes, and their bytes.
const UNITS: [(&str, u64); 7] = [
    ("B", 1),
    ("kB", 1000),
    ("MB", 1000 * 1000),
    ("GB", 1000 * 1000 * 1000),
    ("KiB", 1 << 10),
    ("MiB", 1 << 20),
    ("GiB", 1 << 30),
];

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
    one_of("dialect", &DIALECTS, value)
}

pub(super) fn kv_cache<'de, D: Deserializer<'de>>(value: D) -> Result<Option<String>, D::Error> {
    one_of("KV cache", &KV_CACHES, value)
}

fn one_of<'de, D: Deserializer<'de>>(
    what: &str,
    known: &[&str],
    value: D,
) -> Result<Option<String>, D::Error> {
    let name = String::deserialize(value)?;
    if known.contains(&name.as_str()) {
        return Ok(Some(name));
    }
    let hint = match nearest(&name, known) {
        Some(nearest) => format!("did you mean {nearest:?}?"),
        None => format!("there is {}", known.join(", ")),
    };
    let message = format!("there is no {what} {name:?}; {hint}");
    Err(D::Error::custom(message))
}

/// A number of bytes, or a text with a unit, such as `512 MiB` or `1.5 GB`.
pub(super) fn bytes<'de, D: Deserializer<'de>>(value: D) -> Result<Option<u64>, D::Error> {
    value.deserialize_any(Bytes).map(Some)
}

struct Bytes;

impl Visitor<'_> for Bytes {
    type Value = u64;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a number of bytes, or a text like \"512 MiB\"")
    }

    fn visit_i64<E: Error>(self, bytes: i64) -> Result<u64, E> {
        u64::try_from(bytes).map_err(|_| E::custom(format!("it is {bytes}, but must be 0 or more")))
    }

    fn visit_u64<E: Error>(self, bytes: u64) -> Result<u64, E> {
        Ok(bytes)
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<u64, E> {
        size(text).ok_or_else(|| {
            let units = UNITS.map(|(unit, _)| unit).join(", ");
            let message = format!("{text:?} is no size like \"512 MiB\" (units are {units})");
            E::custom(message)
        })
    }
}

fn size(text: &str) -> Option<u64> {
    let digits = text.find(|c: char| !c.is_ascii_digit() && c != '.')?;
    let (number, unit) = text.split_at(digits);
    let unit = unit.trim();
    let (_, bytes) = UNITS.iter().find(|(name, _)| *name == unit)?;
    if let Ok(whole) = number.parse::<u64>() {
        return whole.checked_mul(*bytes);
    }
    #[expect(
        clippy::cast_precision_loss,
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a fraction of a unit needs no last byte, and digits are never negative"
    )]
    number
        .parse::<f64>()
        .ok()
        .map(|number| (number * *bytes as f64) as u64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_size_is_a_number_and_a_unit() {
        for (text, bytes) in [
            ("512 MiB", Some(512 << 20)),
            ("512MiB", Some(512 << 20)),
            ("1.5 GB", Some(1_500_000_000)),
            ("0 B", Some(0)),
            ("512", None),
            ("512 mib", None),
            ("-1 MiB", None),
            ("MiB", None),
            (". MiB", None),
            ("99999999999 GiB", None),
            ("", None),
        ] {
            assert_eq!(size(text), bytes, "{text:?}");
        }
    }
}
