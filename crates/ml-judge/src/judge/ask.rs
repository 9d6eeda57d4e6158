//! One question to a judge, and the one chance to repair its answer.

use std::collections::BTreeMap;
use std::error::Error as _;
use std::fmt::Write as _;

use inference_core::{Error, FinishReason, Generation, Message, Retry};
use serde_json::Value;

use super::{Judge, Unreadable, prompt};
use crate::text::cut;
use crate::{Cause, Material};

/// The longest reason of an unscored outcome, in bytes.
const LONGEST_REASON: usize = 600;

/// The most of an unreadable answer that goes into the second request, in bytes.
const LONGEST_ECHO: usize = 4000;

/// What a judge found.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Assessment {
    /// Number by dimension, all on the rubric's scale.
    pub values: BTreeMap<String, f64>,
    /// The judge's reasons, where it gave any.
    pub note: Option<String>,
    /// Whether it took the second request.
    pub repaired: bool,
}

/// Why a judge found nothing.
#[derive(Debug, Clone, thiserror::Error)]
#[non_exhaustive]
pub enum Unjudged {
    /// The rubric shows something that is not there; nothing was asked.
    #[error("the rubric shows {}, of which this response has none", material.name())]
    Lacking {
        /// What is not there.
        material: Material,
    },
    /// No answer came. It was not asked again.
    #[error("the judge did not answer")]
    Failed {
        /// What the backend says.
        source: Error,
    },
    /// An answer came that cannot be used, and a second one that cannot either.
    #[error("the judge's answer cannot be used, nor its second one{}", ended(*finish_reason))]
    Unreadable {
        /// What is wrong with the second answer.
        source: Unreadable,
        /// What is wrong with the first.
        first: Unreadable,
        /// How the second ended.
        finish_reason: FinishReason,
    },
}

impl Unjudged {
    /// The whole of it in one line of at most 600 bytes, causes included.
    pub fn reason(&self) -> String {
        let mut reason = self.to_string();
        let mut source = self.source();
        while let Some(cause) = source {
            write!(reason, ": {cause}").expect("a string takes everything");
            source = cause.source();
        }
        if let Self::Failed { source } = self {
            write!(reason, " ({})", source.code()).expect("a string takes everything");
            if let Retry::After(wait) = source.retry() {
                write!(reason, ", to be tried again after {wait:?}")
                    .expect("a string takes everything");
            }
        }
        cut(&reason, LONGEST_REASON).into_owned()
    }

    /// What failed; nothing did where nothing was asked.
    pub fn cause(&self) -> Option<Cause> {
        match self {
            Self::Lacking { .. } => None,
            Self::Failed { source } => Some(source.into()),
            Self::Unreadable { .. } => Some(Cause::Unreadable),
        }
    }
}

fn ended(reason: FinishReason) -> &'static str {
    match reason {
        FinishReason::Length => ", which was cut off at the token limit",
        FinishReason::ContentFilter => ", which the server withheld in part",
        _ => "",
    }
}

/// What was read of an answer.
pub(super) struct Read<T> {
    pub(super) value: T,
    pub(super) repaired: bool,
}

/// Asks, reads, and asks once more where the answer cannot be read.
pub(super) async fn ask<T>(
    judge: &Judge,
    prompt: String,
    schema: Value,
    read: impl Fn(&str) -> Result<T, Unreadable>,
) -> Result<Read<T>, Unjudged> {
    let mut options = judge.options.clone();
    options.schema = judge.is_constrained().then_some(schema);
    let mut messages = vec![Message::user(prompt)];
    let chat = async |messages: &[Message]| {
        let answer = judge.backend.chat(messages, &options).await;
        answer.map_err(|failed| Unjudged::Failed {
            source: failed.error,
        })
    };
    let answer = chat(&messages).await?;
    let first = match read(&answer.text) {
        Ok(value) => {
            return Ok(Read {
                value,
                repaired: false,
            });
        }
        Err(first) => first,
    };
    messages.push(Message::assistant(echo(&answer)));
    messages.push(Message::user(prompt::repair(&format!(
        "{first}{}",
        ended(answer.finish_reason)
    ))));
    let answer = chat(&messages).await?;
    match read(&answer.text) {
        Ok(value) => Ok(Read {
            value,
            repaired: true,
        }),
        Err(source) => Err(Unjudged::Unreadable {
            source,
            first,
            finish_reason: answer.finish_reason,
        }),
    }
}

/// The answer as the judge's own turn; not empty, which some chat templates refuse.
fn echo(answer: &Generation) -> String {
    match answer.text.trim() {
        "" => "(no answer)".to_owned(),
        text => cut(text, LONGEST_ECHO).into_owned(),
    }
}
