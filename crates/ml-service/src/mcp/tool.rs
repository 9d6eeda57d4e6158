//! What a tool is, and which there are.

use std::any::Any;

use futures::future::BoxFuture;
use inference_core::{Error, ErrorKind};
use rmcp::model::{JsonObject, ToolAnnotations};
use schemars::JsonSchema;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::backends::Backends;
use super::call::Call;
use super::generate::Generate;
use super::probe::ProbeModel;
use super::score::ScoreAnswer;
use super::status::Status;

/// A tool.
pub(super) trait Tool {
    /// Its name.
    const NAME: &'static str;
    /// What it does, for the model that decides over calling it.
    const DESCRIPTION: &'static str;
    /// What it takes.
    type Arguments: DeserializeOwned + JsonSchema + Any + Send;
    /// What it gives.
    type Output: Serialize + JsonSchema + Any;

    /// Does it. Dropping the future cancels.
    fn run(
        call: &Call,
        arguments: Self::Arguments,
    ) -> impl Future<Output = Result<Self::Output, Error>> + Send;
}

/// Every tool.
pub(super) static TOOLS: [Entry; 5] = [
    Entry::of::<Generate>(),
    Entry::of::<ScoreAnswer>(),
    Entry::of::<ProbeModel>(),
    Entry::of::<Status>(),
    Entry::of::<Backends>(),
];

/// A tool whose types are forgotten.
pub(super) struct Entry {
    pub(super) name: &'static str,
    describe: fn() -> rmcp::model::Tool,
    run: Run,
}

type Run = for<'a> fn(&'a Call, JsonObject) -> BoxFuture<'a, Result<Value, Error>>;

impl Entry {
    const fn of<T: Tool + 'static>() -> Self {
        Self {
            name: T::NAME,
            describe: describe::<T>,
            run: |call, arguments| Box::pin(run::<T>(call, arguments)),
        }
    }

    pub(super) fn find(name: &str) -> Option<&'static Self> {
        TOOLS.iter().find(|tool| tool.name == name)
    }

    /// Its name, description and schemas.
    pub(super) fn describe(&self) -> rmcp::model::Tool {
        (self.describe)()
    }

    /// Reads the arguments and does it.
    pub(super) fn run<'a>(
        &self,
        call: &'a Call,
        arguments: JsonObject,
    ) -> BoxFuture<'a, Result<Value, Error>> {
        (self.run)(call, arguments)
    }
}

fn describe<T: Tool>() -> rmcp::model::Tool {
    let annotations = ToolAnnotations::new().read_only(true).open_world(false);
    rmcp::model::Tool::new(T::NAME, T::DESCRIPTION, JsonObject::new())
        .with_input_schema::<T::Arguments>()
        .with_output_schema::<T::Output>()
        .with_annotations(annotations)
}

async fn run<T: Tool>(call: &Call, arguments: JsonObject) -> Result<Value, Error> {
    let arguments = serde_json::from_value(Value::Object(arguments)).map_err(|error| {
        let message = format!("the arguments of {} are wrong: {error}", T::NAME);
        Error::new(ErrorKind::InvalidRequest, message)
    })?;
    let output = T::run(call, arguments).await?;
    serde_json::to_value(output).map_err(|error| {
        let message = format!("the result of {} is no JSON", T::NAME);
        Error::new(ErrorKind::Backend, message).with_source(error)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_tool_has_a_description_and_schemas_of_objects() {
        for entry in &TOOLS {
            let tool = entry.describe();
            assert_eq!(tool.name, entry.name);
            assert!(entry.name.starts_with("ml_"));
            assert!(tool.description.is_some_and(|text| text.len() > 20));
            assert_eq!(tool.input_schema["type"], "object", "{}", entry.name);
            assert_eq!(tool.input_schema["additionalProperties"], false);
            let output = tool.output_schema.expect("there is one");
            assert_eq!(output["type"], "object", "{}", entry.name);
        }
    }
}
