//! Errors, in every form that servers send them.

use serde::de::{Deserializer, Error};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::lenient::string_or_number;

/// What a server says went wrong.
///
/// It reads from OpenAI's object, from a bare string, and from the `detail` of `FastAPI`, as a
/// string or a list of what is wrong with the request.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct ApiError {
    /// For people.
    pub message: String,
    /// The kind, such as `invalid_request_error`.
    #[serde(rename = "type", skip_serializing_if = "Option::is_none")]
    pub kind: Option<String>,
    /// A name such as `context_length_exceeded`, or the HTTP status written out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub code: Option<String>,
    /// The field of the request that is wrong.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub param: Option<String>,
    /// llama-server: tokens of a prompt that is too long.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub n_prompt_tokens: Option<u64>,
    /// llama-server: tokens that the context holds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub n_ctx: Option<u64>,
}

/// The body of a reply that failed: `{"error":{…}}`.
///
/// It also reads `{"error":"…"}`, `{"detail":…}` and a bare `{"message":"…"}`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct ErrorResponse {
    /// What went wrong.
    pub error: ApiError,
}

impl ApiError {
    /// An error with a message.
    pub fn new(message: impl Into<String>) -> Self {
        Self {
            message: message.into(),
            ..Self::default()
        }
    }

    /// Adds the kind, such as `invalid_request_error`.
    #[must_use]
    pub fn with_kind(mut self, kind: impl Into<String>) -> Self {
        self.kind = Some(kind.into());
        self
    }

    /// Adds the code, such as `context_length_exceeded`.
    #[must_use]
    pub fn with_code(mut self, code: impl Into<String>) -> Self {
        self.code = Some(code.into());
        self
    }

    /// Names the field of the request that is wrong.
    #[must_use]
    pub fn with_param(mut self, param: impl Into<String>) -> Self {
        self.param = Some(param.into());
        self
    }

    /// Whether the server refused the prompt because it does not fit the context.
    pub fn is_context_exceeded(&self) -> bool {
        let is = |name: &Option<String>, wanted| name.as_deref() == Some(wanted);
        is(&self.kind, "exceed_context_size_error")
            || is(&self.code, "context_length_exceeded")
            || is(&self.kind, "context_length_exceeded")
            || self.message.contains("maximum context length")
            || self.message.contains("Context size has been exceeded")
    }

    fn from_value(value: Value) -> Option<Self> {
        match value {
            Value::String(message) => Some(Self::new(message)),
            Value::Object(object) => Self::from_object(object),
            Value::Array(details) => Some(Self::new(validation(&details))),
            _ => None,
        }
    }

    fn from_object(object: Map<String, Value>) -> Option<Self> {
        #[derive(Default, Deserialize)]
        #[serde(default)]
        struct Object {
            message: Option<Value>,
            #[serde(rename = "type", deserialize_with = "string_or_number")]
            kind: Option<String>,
            #[serde(deserialize_with = "string_or_number")]
            code: Option<String>,
            #[serde(deserialize_with = "string_or_number")]
            param: Option<String>,
            n_prompt_tokens: Option<u64>,
            n_ctx: Option<u64>,
        }

        let object: Object = serde_json::from_value(Value::Object(object)).ok()?;
        let message = match object.message? {
            Value::String(message) => message,
            other => other.to_string(),
        };
        Some(Self {
            message,
            kind: object.kind,
            code: object.code,
            param: object.param,
            n_prompt_tokens: object.n_prompt_tokens,
            n_ctx: object.n_ctx,
        })
    }
}

/// `FastAPI`'s list of what is wrong with a request, in one line.
fn validation(details: &[Value]) -> String {
    let line = |detail: &Value| {
        let place = detail["loc"].as_array().map(|loc| {
            let parts = loc.iter().map(|part| match part {
                Value::String(name) => name.clone(),
                other => other.to_string(),
            });
            parts.collect::<Vec<_>>().join(".")
        });
        match (place, detail["msg"].as_str()) {
            (Some(place), Some(message)) => format!("{place}: {message}"),
            (None, Some(message)) => message.to_owned(),
            _ => detail.to_string(),
        }
    };
    details.iter().map(line).collect::<Vec<_>>().join("; ")
}

impl<'de> Deserialize<'de> for ApiError {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let value = Value::deserialize(deserializer)?;
        // An error object without a message is still an error: show it whole.
        let text = value.to_string();
        Ok(Self::from_value(value).unwrap_or_else(|| Self::new(text)))
    }
}

impl<'de> Deserialize<'de> for ErrorResponse {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let mut body = Map::deserialize(deserializer)?;
        let inner = ["error", "detail", "errors"]
            .into_iter()
            .find_map(|name| body.remove(name).filter(|value| !value.is_null()));
        let error = match inner {
            Some(value) => serde_json::from_value(value).ok(),
            None => ApiError::from_object(body),
        };
        error
            .map(|error| Self { error })
            .ok_or_else(|| D::Error::custom("the body has no error, detail or message"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(json: &str, message: &str, kind: Option<&str>, code: Option<&str>) -> ApiError {
        let error = serde_json::from_str::<ErrorResponse>(json)
            .expect("parses")
            .error;
        assert_eq!(error.message, message);
        assert_eq!(error.kind.as_deref(), kind);
        assert_eq!(error.code.as_deref(), code);
        error
    }

    #[test]
    fn every_form_is_read() {
        check(
            r#"{"error":{"code":400,"message":"'messages' is required","type":"invalid_request_error"}}"#,
            "'messages' is required",
            Some("invalid_request_error"),
            Some("400"),
        );
        check(
            r#"{"error":{"message":"Wrong key","type":"x","param":null,"code":"invalid_api_key"}}"#,
            "Wrong key",
            Some("x"),
            Some("invalid_api_key"),
        );
        check(
            r#"{"error":"model not loaded"}"#,
            "model not loaded",
            None,
            None,
        );
        check(r#"{"detail":"Not Found"}"#, "Not Found", None, None);
        check(
            r#"{"detail":[{"loc":["body","messages",0],"msg":"field required","type":"missing"}]}"#,
            "body.messages.0: field required",
            None,
            None,
        );
        check(
            r#"{"object":"error","message":"too long","type":"BadRequestError","code":400}"#,
            "too long",
            Some("BadRequestError"),
            Some("400"),
        );
        check(
            r#"{"error":{"reason":"?"}}"#,
            r#"{"reason":"?"}"#,
            None,
            None,
        );
    }

    #[test]
    fn a_body_without_an_error_is_none() {
        for json in ["{}", r#"{"error":null}"#, r#"{"choices":[]}"#, "[]", "3"] {
            serde_json::from_str::<ErrorResponse>(json).expect_err(json);
        }
    }

    #[test]
    fn a_prompt_that_does_not_fit_is_recognised() {
        let llama = check(
            r#"{"error":{"code":400,"message":"request (3031 tokens) exceeds the available context size (2048 tokens)","type":"exceed_context_size_error","n_prompt_tokens":3031,"n_ctx":2048}}"#,
            "request (3031 tokens) exceeds the available context size (2048 tokens)",
            Some("exceed_context_size_error"),
            Some("400"),
        );
        assert!(llama.is_context_exceeded());
        assert_eq!(
            (llama.n_prompt_tokens, llama.n_ctx),
            (Some(3031), Some(2048))
        );
        assert!(
            ApiError::new("x")
                .with_code("context_length_exceeded")
                .is_context_exceeded()
        );
        assert!(
            ApiError::new("This model's maximum context length is 4096 tokens.")
                .is_context_exceeded()
        );
        assert!(!ApiError::new("bad grammar").is_context_exceeded());
    }

    #[test]
    fn an_error_is_written_as_openai_writes_it() {
        let body = ErrorResponse {
            error: ApiError::new("no such model").with_kind("invalid_request_error"),
        };
        assert_eq!(
            serde_json::to_string(&body).expect("writes"),
            r#"{"error":{"message":"no such model","type":"invalid_request_error"}}"#
        );
    }
}
