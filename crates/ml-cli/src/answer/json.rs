//! An answer as one JSON object, whole or failed.

use inference_core::{
    Error, FinishReason, Metrics, ModelInfo, Partial, Retry, Token, ToolCall, Usage,
};
use serde::Serialize;

use super::Answer;

/// What `ml generate --json` prints.
#[derive(Debug, Default, Serialize)]
pub(crate) struct AnswerJson<'a> {
    /// The answer, or what came of it.
    text: &'a str,
    #[serde(skip_serializing_if = "str::is_empty")]
    reasoning: &'a str,
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    tool_calls: &'a [ToolCall],
    /// The tokens with their log probabilities, where asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    logprobs: Option<&'a [Token]>,
    /// `null` where the answer failed.
    finish_reason: Option<FinishReason>,
    usage: Option<Usage>,
    metrics: Option<Metrics>,
    model: Option<&'a str>,
    backend: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<ErrorJson>,
}

/// What went wrong, and whether the same request may be sent again.
#[derive(Debug, Serialize)]
pub(crate) struct ErrorJson {
    code: &'static str,
    message: String,
    retry: &'static str,
    /// Seconds to wait, where the server named them.
    #[serde(skip_serializing_if = "Option::is_none")]
    retry_after: Option<f64>,
}

impl<'a> AnswerJson<'a> {
    /// An answer of a model; `logprobs` says whether they were asked for.
    pub(crate) fn new(answer: &'a Answer, model: &'a ModelInfo, logprobs: bool) -> Self {
        let Partial {
            text,
            reasoning,
            tokens,
            tool_calls,
            ..
        } = &answer.parts;
        let summary = answer.end.as_ref().ok();
        Self {
            text,
            reasoning,
            tool_calls,
            logprobs: logprobs.then_some(tokens),
            finish_reason: summary.map(|summary| summary.finish_reason),
            usage: summary.map(|summary| summary.usage),
            metrics: summary.map(|summary| summary.metrics),
            model: Some(&model.name),
            backend: Some(&model.backend),
            error: answer.end.as_ref().err().map(ErrorJson::new),
        }
    }

    /// A failure before there was a model to answer.
    pub(crate) fn failed(error: &'a anyhow::Error) -> Self {
        Self {
            backend: error.downcast_ref().and_then(Error::backend),
            error: Some(ErrorJson::of(error)),
            ..Self::default()
        }
    }

    /// The object on one line.
    pub(crate) fn line(&self) -> String {
        crate::screen::json_line(self)
    }
}

impl ErrorJson {
    /// Any error that ends a command.
    pub(crate) fn of(error: &anyhow::Error) -> Self {
        match error.downcast_ref() {
            Some(known) => Self::new(known),
            None => Self {
                code: "failed",
                message: chain(error.chain()),
                retry: "never",
                retry_after: None,
            },
        }
    }

    fn new(error: &Error) -> Self {
        let (retry, after) = match error.retry() {
            Retry::Never => ("never", None),
            Retry::After(time) => ("after", Some(time.as_secs_f64())),
            Retry::Backoff => ("backoff", None),
            Retry::WhenLoaded => ("when_loaded", None),
            Retry::ShrinkContext => ("shrink_context", None),
            _ => ("unknown", None),
        };
        Self {
            code: error.code(),
            message: chain(anyhow::Chain::new(error)),
            retry,
            retry_after: after,
        }
    }
}

/// An error and its causes in one line.
fn chain<'e>(errors: impl Iterator<Item = &'e (dyn std::error::Error + 'static)>) -> String {
    let messages: Vec<_> = errors.map(ToString::to_string).collect();
    messages.join(": ")
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use inference_core::{ErrorKind, Summary};
    use serde_json::{Value, json};

    use super::*;

    fn answer(end: Result<Summary, Error>) -> Answer {
        let mut parts = Partial::default();
        parts.text = "Par".into();
        parts.tokens = vec![Token::new("Par").with_logprob(-0.5, Vec::new())];
        Answer { parts, end }
    }

    fn printed(json: &AnswerJson<'_>) -> Value {
        let line = json.line();
        assert_eq!(line.matches('\n').count(), 1, "{line}");
        serde_json::from_str(&line).expect("JSON")
    }

    #[test]
    fn a_whole_answer_has_no_error() {
        let summary = Summary::new(FinishReason::Stop, Usage::new(3, 1), Metrics::default());
        let answer = answer(Ok(summary));
        let info = ModelInfo::new("toy", "tiny");
        let json = printed(&AnswerJson::new(&answer, &info, false));
        assert_eq!(json["text"], "Par");
        assert_eq!(json["finish_reason"], "stop");
        assert_eq!(json["usage"]["generated_tokens"], 1);
        assert_eq!(
            (&json["model"], &json["backend"]),
            (&json!("tiny"), &json!("toy"))
        );
        assert_eq!((json.get("error"), json.get("logprobs")), (None, None));
    }

    #[test]
    fn a_failed_answer_keeps_what_came_and_says_when_to_try_again() {
        let error = Error::new(ErrorKind::RateLimited, "slow down")
            .with_retry(Retry::After(Duration::from_secs(3)))
            .with_source(std::io::Error::other("429"));
        let answer = answer(Err(error));
        let info = ModelInfo::new("toy", "tiny");
        let json = printed(&AnswerJson::new(&answer, &info, true));
        assert_eq!(json["text"], "Par");
        assert_eq!(json["finish_reason"], Value::Null);
        assert_eq!(json["logprobs"][0]["logprob"], -0.5);
        let expected = json!({
            "code": "rate_limited", "message": "slow down: 429",
            "retry": "after", "retry_after": 3.0,
        });
        assert_eq!(json["error"], expected);
    }

    #[test]
    fn a_failure_before_the_model_is_an_object_too() {
        let error = anyhow::anyhow!("no such key").context("ml.toml: bad");
        let json = printed(&AnswerJson::failed(&error));
        assert_eq!(json["text"], "");
        assert_eq!(json["error"]["code"], "failed");
        assert_eq!(json["error"]["message"], "ml.toml: bad: no such key");
    }
}
