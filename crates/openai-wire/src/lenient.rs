//! Readers for values that servers write in more than one way.

use std::fmt;
use std::marker::PhantomData;

use serde::Deserialize;
use serde::de::value::SeqAccessDeserializer;
use serde::de::{Deserializer, SeqAccess, Visitor};

/// Null reads as the default.
pub(crate) fn or_default<'de, T, D>(deserializer: D) -> Result<T, D::Error>
where
    T: Deserialize<'de> + Default,
    D: Deserializer<'de>,
{
    Ok(Option::deserialize(deserializer)?.unwrap_or_default())
}

/// A list that nearly always has one element, for which it makes room; null reads as empty.
pub(crate) fn few<'de, T, D>(deserializer: D) -> Result<Vec<T>, D::Error>
where
    T: Deserialize<'de>,
    D: Deserializer<'de>,
{
    struct Few<T>(PhantomData<T>);

    impl<'de, T: Deserialize<'de>> Visitor<'de> for Few<T> {
        type Value = Vec<T>;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("an array")
        }

        fn visit_unit<E>(self) -> Result<Vec<T>, E> {
            Ok(Vec::new())
        }

        fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Vec<T>, A::Error> {
            let mut list = Vec::new();
            while let Some(element) = seq.next_element()? {
                if list.is_empty() {
                    list.reserve_exact(1);
                }
                list.push(element);
            }
            Ok(list)
        }
    }

    deserializer.deserialize_any(Few(PhantomData))
}

/// Seconds since the epoch, which some servers write as a fraction or leave null.
pub(crate) fn seconds<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u64, D::Error> {
    struct Seconds;

    impl Visitor<'_> for Seconds {
        type Value = u64;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("seconds since the epoch")
        }

        fn visit_u64<E>(self, seconds: u64) -> Result<u64, E> {
            Ok(seconds)
        }

        fn visit_i64<E>(self, seconds: i64) -> Result<u64, E> {
            Ok(u64::try_from(seconds).unwrap_or(0))
        }

        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "the cast saturates and drops the fraction, which is what is wanted"
        )]
        fn visit_f64<E>(self, seconds: f64) -> Result<u64, E> {
            Ok(seconds as u64)
        }

        fn visit_unit<E>(self) -> Result<u64, E> {
            Ok(0)
        }
    }

    deserializer.deserialize_any(Seconds)
}

/// One string, an array of strings, or null.
pub(crate) fn strings<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<String>, D::Error> {
    struct Strings;

    impl<'de> Visitor<'de> for Strings {
        type Value = Vec<String>;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("a string or an array of strings")
        }

        fn visit_str<E>(self, text: &str) -> Result<Self::Value, E> {
            Ok(vec![text.to_owned()])
        }

        fn visit_unit<E>(self) -> Result<Self::Value, E> {
            Ok(Vec::new())
        }

        fn visit_seq<A: SeqAccess<'de>>(self, seq: A) -> Result<Self::Value, A::Error> {
            Vec::deserialize(SeqAccessDeserializer::new(seq))
        }
    }

    deserializer.deserialize_any(Strings)
}

/// A string, or a number written out as one.
pub(crate) fn string_or_number<'de, D>(deserializer: D) -> Result<Option<String>, D::Error>
where
    D: Deserializer<'de>,
{
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Either {
        Text(String),
        Number(serde_json::Number),
        Other(serde::de::IgnoredAny),
    }

    Ok(match Option::deserialize(deserializer)? {
        Some(Either::Text(text)) => Some(text),
        Some(Either::Number(number)) => Some(number.to_string()),
        Some(Either::Other(_)) | None => None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, PartialEq, Deserialize)]
    struct Sample {
        #[serde(default, deserialize_with = "or_default")]
        list: Vec<u8>,
        #[serde(default, deserialize_with = "seconds")]
        created: u64,
        #[serde(default, deserialize_with = "strings")]
        stop: Vec<String>,
        #[serde(default, deserialize_with = "string_or_number")]
        code: Option<String>,
    }

    #[track_caller]
    fn check(json: &str, list: &[u8], created: u64, stop: &[&str], code: Option<&str>) {
        let sample: Sample = serde_json::from_str(json).expect("parses");
        assert_eq!(sample.list, list);
        assert_eq!(sample.created, created);
        assert_eq!(sample.stop, stop);
        assert_eq!(sample.code.as_deref(), code);
    }

    #[test]
    fn every_spelling_is_read() {
        check("{}", &[], 0, &[], None);
        check(
            r#"{"list":null,"created":null,"stop":null,"code":null}"#,
            &[],
            0,
            &[],
            None,
        );
        check(
            r#"{"list":[1],"created":1.75,"stop":"END","code":400}"#,
            &[1],
            1,
            &["END"],
            Some("400"),
        );
        check(
            r#"{"created":7,"stop":["a","b"],"code":"full"}"#,
            &[],
            7,
            &["a", "b"],
            Some("full"),
        );
        check(r#"{"created":-1,"code":{}}"#, &[], 0, &[], None);
    }

    #[test]
    fn a_wrong_stop_says_what_is_expected() {
        let error = serde_json::from_str::<Sample>(r#"{"stop":3}"#).expect_err("refused");
        assert!(error.to_string().contains("array of strings"), "{error}");
    }
}
