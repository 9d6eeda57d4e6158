//! Text that borrows from the JSON it was read from where that holds no escapes.

use std::borrow::Cow;
use std::fmt;
use std::ops::Deref;

use serde::de::{Deserializer, Visitor};
use serde::{Deserialize, Serialize};

/// A string of a stream chunk: borrowed from the event unless an escape forced a copy.
///
/// `Option<Cow<str>>` always copies when it is read; `Option<Text>` does not. A null reads as
/// the empty string.
#[derive(Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(transparent)]
pub struct Text<'a>(pub Cow<'a, str>);

impl Text<'_> {
    /// The text, copied if it was borrowed.
    pub fn into_owned(self) -> String {
        self.0.into_owned()
    }
}

impl Deref for Text<'_> {
    type Target = str;

    fn deref(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Text<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&*self.0, f)
    }
}

impl fmt::Display for Text<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self)
    }
}

impl<'a> From<&'a str> for Text<'a> {
    fn from(text: &'a str) -> Self {
        Self(Cow::Borrowed(text))
    }
}

impl From<String> for Text<'_> {
    fn from(text: String) -> Self {
        Self(Cow::Owned(text))
    }
}

impl PartialEq<str> for Text<'_> {
    fn eq(&self, other: &str) -> bool {
        **self == *other
    }
}

impl PartialEq<&str> for Text<'_> {
    fn eq(&self, other: &&str) -> bool {
        **self == **other
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for Text<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(TextVisitor)
    }
}

struct TextVisitor;

impl<'de> Visitor<'de> for TextVisitor {
    type Value = Text<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a string")
    }

    fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Self::Value, E> {
        Ok(Text(Cow::Borrowed(text)))
    }

    fn visit_str<E>(self, text: &str) -> Result<Self::Value, E> {
        Ok(Text(Cow::Owned(text.to_owned())))
    }

    fn visit_string<E>(self, text: String) -> Result<Self::Value, E> {
        Ok(Text(Cow::Owned(text)))
    }

    fn visit_unit<E>(self) -> Result<Self::Value, E> {
        Ok(Text::default())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_without_escapes_is_borrowed_also_in_an_option() {
        let json = r#""Zürich""#;
        let text: Option<Text<'_>> = serde_json::from_str(json).expect("parses");
        assert!(
            matches!(text, Some(Text(Cow::Borrowed("Zürich")))),
            "{text:?}"
        );
    }

    #[test]
    fn escapes_are_resolved_in_a_copy() {
        let text: Text<'_> = serde_json::from_str(r#""a\n\u00fc""#).expect("parses");
        assert_eq!(text, "a\nü");
    }

    #[test]
    fn null_is_none_in_an_option_and_empty_otherwise() {
        assert_eq!(
            serde_json::from_str::<Option<Text<'_>>>("null").expect("parses"),
            None
        );
        assert_eq!(
            serde_json::from_str::<Text<'_>>("null").expect("parses"),
            ""
        );
    }

    #[test]
    fn a_number_is_refused() {
        let error = serde_json::from_str::<Text<'_>>("7").expect_err("refused");
        assert!(error.to_string().contains("expected a string"), "{error}");
    }
}
