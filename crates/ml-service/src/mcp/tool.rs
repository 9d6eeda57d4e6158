//! The tools of the protocol, by name.

use futures::future::BoxFuture;
use inference_core::{Error, ErrorKind};
use rmcp::model::{JsonObject, ToolAnnotations};
use serde_json::Value;

use super::probe::ProbeModel;
use crate::tools::{Backends, Call, Generate, ScoreAnswer, Status, Tool};

/// Every tool.
pub(super) static TOOLS: [Entry; 5] = [
    Entry::of::<Generate>(
        "ml_generate",
        "Ask a language model of this machine a question and return its answer.",
    ),
    Entry::of::<ScoreAnswer>(
        "ml_score",
        "Score an answer to a prompt: by patterns in the text, by the right answer, or by rubrics \
         with a language model as judge.",
    ),
    Entry::of::<ProbeModel>(
        "ml_probe",
        "Ask a language model questions with known answers, check its answers and say how many of \
         them are right.",
    ),
    Entry::of::<Status>(
        "ml_status",
        "List the language models that can be asked, and say which of them is the default.",
    ),
    Entry::of::<Backends>(
        "ml_backends",
        "List the programs and libraries that run language models here, and which of them work.",
    ),
];

/// A tool whose types are forgotten.
pub(super) struct Entry {
    pub(super) name: &'static str,
    /// What it does, for the model that decides over calling it.
    description: &'static str,
    describe: fn(&Self) -> rmcp::model::Tool,
    run: Run,
}

type Run = for<'a> fn(&'static str, &'a Call, JsonObject) -> BoxFuture<'a, Result<Value, Error>>;

impl Entry {
    const fn of<T: Tool + 'static>(name: &'static str, description: &'static str) -> Self {
        Self {
            name,
            description,
            describe: describe::<T>,
            run: |name, call, arguments| Box::pin(run::<T>(name, call, arguments)),
        }
    }

    pub(super) fn find(name: &str) -> Option<&'static Self> {
        TOOLS.iter().find(|tool| tool.name == name)
    }

    /// Its name, description and schemas.
    pub(super) fn describe(&self) -> rmcp::model::Tool {
        (self.describe)(self)
    }

    /// Reads the arguments and does it.
    pub(super) fn run<'a>(
        &self,
        call: &'a Call,
        arguments: JsonObject,
    ) -> BoxFuture<'a, Result<Value, Error>> {
        (self.run)(self.name, call, arguments)
    }
}

fn describe<T: Tool>(entry: &Entry) -> rmcp::model::Tool {
    let annotations = ToolAnnotations::new().read_only(true).open_world(false);
    rmcp::model::Tool::new(entry.name, entry.description, JsonObject::new())
        .with_input_schema::<T::Arguments>()
        .with_output_schema::<T::Output>()
        .with_annotations(annotations)
}

async fn run<T: Tool>(
    name: &'static str,
    call: &Call,
    arguments: JsonObject,
) -> Result<Value, Error> {
    let arguments = serde_json::from_value(Value::Object(arguments)).map_err(|error| {
        let message = format!("the arguments of {name} are wrong: {error}");
        Error::new(ErrorKind::InvalidRequest, message)
    })?;
    let output = T::run(call, arguments).await?;
    serde_json::to_value(output).map_err(|error| {
        let message = format!("the result of {name} is no JSON");
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
