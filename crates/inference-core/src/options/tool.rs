//! Tools that a model may call, and that it must.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{Error, ErrorKind};

/// A tool that the model may call.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Tool {
    /// The name that the model calls.
    pub name: String,
    /// What it does, for the model.
    #[serde(default)]
    pub description: String,
    /// JSON schema of the arguments.
    pub parameters: Value,
}

/// That a tool must be called.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum ToolChoice {
    /// One at least, whichever.
    Required,
    /// The one of this name.
    Named(String),
}

/// Refuses a choice among tools that are not there.
pub(super) fn require_known(choice: Option<&ToolChoice>, tools: &[Tool]) -> Result<(), Error> {
    let message = match choice {
        Some(ToolChoice::Named(name)) if !tools.iter().any(|tool| tool.name == *name) => {
            format!("tool_choice names {name:?}, which is not among the tools")
        }
        Some(ToolChoice::Required) if tools.is_empty() => {
            "tool_choice wants a tool to be called, but there are no tools".to_owned()
        }
        _ => return Ok(()),
    };
    Err(Error::new(ErrorKind::InvalidRequest, message))
}
