//! Why an answer ended.

use std::fmt;

use serde::de::{Deserializer, Error, Visitor};
use serde::{Deserialize, Serialize, Serializer};

/// The `finish_reason` of a choice.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum FinishReason {
    /// The model ended its turn, or a stop string was met.
    Stop,
    /// The limit of tokens, or the end of the context, was reached.
    Length,
    /// The model calls tools.
    ToolCalls,
    /// A filter of the server held the rest back.
    ContentFilter,
    /// The older name of [`FinishReason::ToolCalls`].
    FunctionCall,
    /// A reason that this crate does not know.
    Other(String),
}

impl FinishReason {
    /// The reason as it is written on the wire.
    pub fn as_str(&self) -> &str {
        match self {
            Self::Stop => "stop",
            Self::Length => "length",
            Self::ToolCalls => "tool_calls",
            Self::ContentFilter => "content_filter",
            Self::FunctionCall => "function_call",
            Self::Other(reason) => reason,
        }
    }
}

impl From<&str> for FinishReason {
    fn from(reason: &str) -> Self {
        match reason {
            "stop" => Self::Stop,
            "length" => Self::Length,
            "tool_calls" => Self::ToolCalls,
            "content_filter" => Self::ContentFilter,
            "function_call" => Self::FunctionCall,
            other => Self::Other(other.to_owned()),
        }
    }
}

impl fmt::Display for FinishReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl Serialize for FinishReason {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl<'de> Deserialize<'de> for FinishReason {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Reason;

        impl Visitor<'_> for Reason {
            type Value = FinishReason;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a finish reason")
            }

            fn visit_str<E: Error>(self, reason: &str) -> Result<FinishReason, E> {
                Ok(FinishReason::from(reason))
            }
        }

        deserializer.deserialize_str(Reason)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reasons_round_trip_and_unknown_ones_are_kept() {
        for reason in [
            "stop",
            "length",
            "tool_calls",
            "content_filter",
            "function_call",
            "abort",
        ] {
            let json = format!("\"{reason}\"");
            let read: FinishReason = serde_json::from_str(&json).expect("parses");
            assert_eq!(read.to_string(), reason);
            assert_eq!(serde_json::to_string(&read).expect("writes"), json);
        }
        assert_eq!(
            FinishReason::from("abort"),
            FinishReason::Other("abort".to_owned())
        );
    }
}
